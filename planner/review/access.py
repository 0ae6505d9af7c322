"""Who may do what: users with a role and a password, sessions that the server knows, limits to what one may ask.

On this machine alone (``127.0.0.1``) nobody logs in: whoever can open the page is its owner.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from planner.errors import Fault, PlannerError
from planner.review.pacing import Rate, RateError, Turns
from planner.review.people import People
from planner.review.records import NAME_MOST, ROLES
from planner.review.store import Store
from planner.words import Words

COOKIE = "planner-session"
LASTS_S = 12 * 3600
"""How long a session lasts."""
PASSWORD_LEAST, PASSWORD_MOST = 10, 200
TRIES, TRIES_ALL, TRIES_S = 5, 30, 60.0
"""Passwords tried for a name from an address, and for a name or from an address in all, in how long."""
HASHED = 2
"""Passwords looked at at a time: each takes 64 MB."""
WAITING, WORKING, LONG = (12, 60), (4, 12), (2, 4)
"""At a time of one person, and of all: what may wait for a solve; what takes seconds; what takes minutes."""
WRONG = Words("用户名或口令不对", "the name or the password is not right")
TRY_AGAIN = Words("请重新输入", "Try again")
TOO_MANY = Words("尝试次数过多", "too many attempts")
WAIT = Words("请一分钟后再试", "Wait a minute")
TOO_SHORT = Words("口令须有 {least} 至 {most} 个字符", "a password has {least} to {most} signs")
LONGER = Words("请另设口令", "Choose another")
BAD_NAME = Words("用户名须有 1 至 {most} 个可见字符", "a name has 1 to {most} signs that show")
NO_ROLE = Words("没有角色“{role}”", "there is no role {role!r}")
ONE_OF = Words("可选：{roles}", "One of {roles}")


class UnknownError(PlannerError):
    """Nobody is logged in, or not with this password."""


class ForbiddenError(PlannerError):
    """Whoever is logged in may not do that."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever asks."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Return whether this is allowed what a role is."""
        order = list(ROLES)
        return order.index(self.role) >= order.index(role)


LOCAL = Who("local", "owner")
"""Whoever sits at this machine."""


class Access:
    """Passwords, sessions, and how much is asked at a time.

    Parameters
    ----------
    store : Store
    local : bool
        Whether only this machine is listened to, and nobody logs in.
    """

    def __init__(self, store: Store, *, local: bool) -> None:
        self.people, self.local = People(store), local
        self.hasher = PasswordHasher()
        self.waiting, self.working, self.long = Turns(*WAITING), Turns(*WORKING), Turns(*LONG)
        self._tries = Rate(TRIES, TRIES_S)
        self._of_name, self._from = Rate(TRIES_ALL, TRIES_S), Rate(TRIES_ALL, TRIES_S)
        self._hashing = threading.Semaphore(HASHED)
        self._nobody = self.hasher.hash(secrets.token_urlsafe(16))

    def add(self, name: str, password: str | None, role: str, author: str) -> None:
        """Let somebody in, or change role and password; no password leaves the one there is.

        Raises
        ------
        PlannerError
            Name, password or role cannot be; the only owner would be one no more.
        MissingError
            No password, and nobody of that name.
        """
        faults = []
        if not (0 < len(name) <= NAME_MOST and name.isprintable() and name.strip() == name):
            faults.append(Fault("", "", BAD_NAME.fill(most=NAME_MOST), TRY_AGAIN))
        if password is not None and not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
            faults.append(Fault("", "", TOO_SHORT.fill(least=PASSWORD_LEAST, most=PASSWORD_MOST), LONGER))
        if role not in ROLES:
            faults.append(Fault("", "", NO_ROLE.fill(role=role), ONE_OF.fill(roles=", ".join(ROLES))))
        if faults:
            raise PlannerError(faults)
        self.people.keep(name, role, None if password is None else self.hasher.hash(password), author)

    def login(self, name: str, password: str, address: str) -> tuple[Who, str]:
        """Return who it is and the cookie of a new session.

        Raises
        ------
        UnknownError
            No such user, or another password: which of them is not told, nor by how long it takes.
        RateError
            It was tried too often.
        """
        tried = ((self._tries, f"{name}\n{address}"), (self._of_name, name), (self._from, address))
        if not all(rate.allows(key) for rate, key in tried):
            raise RateError(Fault("", "", TOO_MANY, WAIT))
        user, cookie, now = self.people.user(name), secrets.token_urlsafe(32), int(time.time())
        try:
            with self._hashing:
                self.hasher.verify(self._nobody if user is None else user.hash, password)
        except (VerificationError, InvalidHashError):
            user = None
        if user is None or not self.people.begin(user, _key(cookie), now, now + LASTS_S):
            raise UnknownError(Fault("", "", WRONG, TRY_AGAIN))
        return Who(user.name, user.role), cookie

    def logout(self, cookie: str | None) -> None:
        """End the session of a cookie, if it is of one."""
        if cookie and not self.local:
            self.people.end(_key(cookie))

    def who(self, cookie: str | None) -> Who | None:
        """Return whose session a cookie is of; None where it is of none, forged, or over."""
        if self.local:
            return LOCAL
        user = self.people.of(_key(cookie), int(time.time())) if cookie else None
        return None if user is None else Who(user.name, user.role)

    def is_of_a_form(self, cookie: str | None, token: str | None) -> bool:
        """Return whether a request that changes something comes from a page of the session."""
        if self.local:
            return True
        return bool(cookie and token) and hmac.compare_digest(form_token(cookie or "").encode(), (token or "").encode())


def _key(cookie: str) -> str:
    """Return what is kept of a cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def form_token(cookie: str) -> str:
    """Return what a page of a session has to send along with whatever changes something."""
    return hmac.new(cookie.encode(), b"form", "sha256").hexdigest()

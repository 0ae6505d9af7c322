"""Who may do what: users with a role and a password, sessions in a signed cookie, a rate that guessing exceeds.

On this machine alone (``127.0.0.1``) nobody logs in: whoever can open the page is its owner.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

from planner.errors import Fault, PlannerError
from planner.review.records import NAME_MOST, User
from planner.review.store import Store
from planner.words import Words

ROLES = ("viewer", "planner", "owner")
"""Each may do what those before it may."""
COOKIE = "planner-session"
LASTS_S = 12 * 3600
"""How long a session lasts."""
PASSWORD_LEAST, PASSWORD_MOST = 10, 200
TRIES, TRIES_S = 5, 60.0
"""Passwords tried for a name or from an address, in how long."""
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


class RateError(PlannerError):
    """Too much was asked in too short a time."""


class Rate:
    """How often something may be done by each key: `most` times at once, and again as time goes by."""

    def __init__(self, most: int, per_s: float) -> None:
        self.most, self.per_s = most, per_s
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Return whether it may be done once more, and count it.

        Examples
        --------
        >>> rate = Rate(2, 60.0)
        >>> [rate.allows("a"), rate.allows("a"), rate.allows("a"), rate.allows("b")]
        [True, True, False, True]
        """
        now = time.monotonic()
        with self._lock:
            left, at = self._left.get(key, (float(self.most), now))
            left = min(float(self.most), left + (now - at) * self.most / self.per_s)
            self._left[key] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > 10_000:
                full = [name for name, (_, then) in self._left.items() if now - then > self.per_s]
                for name in full or list(self._left)[:5_000]:
                    del self._left[name]
            return left >= 1


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever asks."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Return whether this is allowed what a role is."""
        return ROLES.index(self.role) >= ROLES.index(role)


LOCAL = Who("local", "owner")
"""Whoever sits at this machine."""


class Access:
    """Passwords and sessions.

    Parameters
    ----------
    store : Store
    local : bool
        Whether only this machine is listened to, and nobody logs in.
    """

    def __init__(self, store: Store, *, local: bool) -> None:
        self.store, self.local = store, local
        self.hasher = PasswordHasher()
        secret = store.secret("session", secrets.token_urlsafe(48))
        self._sessions = URLSafeTimedSerializer(secret, salt="planner-session")
        self._forms = Signer(secret, salt="planner-csrf")
        self._tries = Rate(TRIES, TRIES_S)
        self._nobody = self.hasher.hash(secrets.token_urlsafe(16))

    def add(self, name: str, password: str, role: str, author: str) -> None:
        """Let somebody in, or change role and password.

        Raises
        ------
        PlannerError
            Name, password or role cannot be.
        """
        faults = []
        if not (0 < len(name) <= NAME_MOST and name.isprintable() and name.strip() == name):
            faults.append(Fault("name", "", BAD_NAME.fill(most=NAME_MOST), TRY_AGAIN))
        if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
            faults.append(Fault("password", "", TOO_SHORT.fill(least=PASSWORD_LEAST, most=PASSWORD_MOST), LONGER))
        if role not in ROLES:
            faults.append(Fault("role", "", NO_ROLE.fill(role=role), ONE_OF.fill(roles=", ".join(ROLES))))
        if faults:
            raise PlannerError(faults)
        self.store.keep_user(name, role, self.hasher.hash(password), author)

    def login(self, name: str, password: str, address: str) -> tuple[Who, str]:
        """Return who it is and the cookie of a session.

        Raises
        ------
        UnknownError
            No such user, or another password: which of them is not told.
        RateError
            It was tried too often.
        """
        if not (self._tries.allows(f"name {name}") and self._tries.allows(f"address {address}")):
            raise RateError(Fault("", "", TOO_MANY, WAIT))
        user = self.store.user(name)
        try:
            self.hasher.verify(self._nobody if user is None else user.hash, password)
        except (VerificationError, InvalidHashError):
            user = None
        if user is None:
            raise UnknownError(Fault("", "", WRONG, TRY_AGAIN))
        return Who(user.name, user.role), self._sessions.dumps([user.name, user.since])

    def who(self, cookie: str | None) -> Who | None:
        """Return whose session a cookie is of; None where it is of none, forged, or over."""
        if self.local:
            return LOCAL
        user = None if not cookie else self._user(cookie)
        return None if user is None else Who(user.name, user.role)

    def _user(self, cookie: str) -> User | None:
        try:
            name, since = self._sessions.loads(cookie, max_age=LASTS_S)
        except (BadSignature, TypeError, ValueError):
            return None
        user = self.store.user(str(name))
        return user if user is not None and user.since == since else None

    def form_token(self, cookie: str) -> str:
        """Return what a page of this session has to send along with whatever changes something."""
        return self._forms.get_signature(cookie).decode("ascii")

    def is_of_a_form(self, cookie: str | None, token: str | None) -> bool:
        """Return whether a request that changes something comes from a page of the session."""
        if self.local:
            return True
        return bool(cookie and token) and hmac.compare_digest(self.form_token(cookie or ""), token or "")

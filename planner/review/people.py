"""Who may log in, and the sessions of those who have, in the database of the review.

Of a password only its hash is kept, of a session only the hash of its cookie: whoever reads the file can be nobody.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from planner.errors import Fault, PlannerError
from planner.review.records import SESSIONS, USERS, MissingError, User
from planner.review.store import Store, note
from planner.words import Words

OWNER = "owner"
LAST_OWNER = Words("{name} 是唯一的负责人", "{name} is the only owner")
ANOTHER_FIRST = Words("请先另设一位负责人", "Let another owner in first")
NOBODY = Words("没有用户“{name}”", "there is no user {name!r}")
LIST_THEM = Words("请查看用户列表", "Look at the list of users")
NEW_PASSWORD = Words("新用户须给出口令", "Somebody new needs a password")


class People:
    """Users and sessions.

    Parameters
    ----------
    store : Store
        In whose database they are.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def every(self) -> list[User]:
        """Return everybody who may log in, by name."""
        with self.store.reading() as connection:
            return [User(**row._mapping) for row in connection.execute(select(USERS).order_by(USERS.c.name))]

    def user(self, name: str) -> User | None:
        """Return a user; None where there is none of that name."""
        with self.store.reading() as connection:
            return _user(connection, name)

    def keep(self, name: str, role: str, hash: str | None, author: str) -> None:
        """Let somebody in, or change role and password (None leaves the one there is); their sessions are over.

        Raises
        ------
        PlannerError
            The only owner would be one no more.
        MissingError
            There is nobody of that name, whose password could stay.
        """
        with self.store.writing() as connection:
            user = _user(connection, name)
            if user is None and hash is None:
                raise MissingError(Fault("", "", NOBODY.fill(name=name), NEW_PASSWORD))
            if user is None:
                connection.execute(insert(USERS).values(name=name, role=role, hash=hash))
            else:
                if role != OWNER:
                    _another_owner(connection, name)
                kept = {"role": role, "hash": hash or user.hash}
                connection.execute(update(USERS).where(USERS.c.name == name).values(kept))
                connection.execute(delete(SESSIONS).where(SESSIONS.c.user == name))
            note(connection, author, "user", {"name": name, "role": role})

    def remove(self, name: str, author: str) -> None:
        """Let somebody in no more; their sessions are over, what they did stays.

        Raises
        ------
        MissingError
            There is nobody of that name.
        PlannerError
            It is the only owner.
        """
        with self.store.writing() as connection:
            if _user(connection, name) is None:
                raise MissingError(Fault("", "", NOBODY.fill(name=name), LIST_THEM))
            _another_owner(connection, name)
            connection.execute(delete(SESSIONS).where(SESSIONS.c.user == name))
            connection.execute(delete(USERS).where(USERS.c.name == name))
            note(connection, author, "user_removed", {"name": name})

    # Sessions

    def begin(self, user: User, key: str, now: int, ends: int) -> bool:
        """Begin a session; return whether the user is still as when the password was looked at.

        Parameters
        ----------
        user : User
        key : str
            Hash of its cookie.
        now, ends : int
            Seconds since 1970; sessions that have ended are forgotten.
        """
        with self.store.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.ends <= now))
            if _user(connection, user.name, hold=True) != user:
                return False
            connection.execute(insert(SESSIONS).values(key=key, user=user.name, ends=ends))
            return True

    def of(self, key: str, now: int) -> User | None:
        """Return whose session it is; None where it is over or never was."""
        asked = select(USERS).join(SESSIONS).where(SESSIONS.c.key == key, SESSIONS.c.ends > now)
        with self.store.reading() as connection:
            row = connection.execute(asked).first()
        return None if row is None else User(**row._mapping)

    def end(self, key: str) -> None:
        """End a session."""
        with self.store.writing() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.key == key))


def _user(connection: Connection, name: str, *, hold: bool = False) -> User | None:
    asked = select(USERS).where(USERS.c.name == name)
    row = connection.execute(asked.with_for_update() if hold else asked).first()
    return None if row is None else User(**row._mapping)


def _another_owner(connection: Connection, name: str) -> None:
    """Raise where somebody is the only owner; nobody else can change owners meanwhile."""
    owners = connection.execute(select(USERS.c.name).where(USERS.c.role == OWNER).with_for_update()).scalars().all()
    if owners == [name]:
        raise PlannerError(Fault("", "", LAST_OWNER.fill(name=name), ANOTHER_FIRST))

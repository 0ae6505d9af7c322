"""Who asks, whether they may, and whether they may now: what stands before every answer of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from planner.errors import Fault
from planner.review.access import COOKIE, Access, ForbiddenError, UnknownError, Who
from planner.review.desk import Desk
from planner.review.forms import Number
from planner.review.records import ROLES
from planner.words import Words

CHANGES = ("POST", "PUT", "PATCH", "DELETE")
LOG_IN = Words("请先登录", "nobody is logged in")
TO_DO = Words("登录后再试", "Log in, then try again")
NOT_YOURS = Words("需要“{role}”角色", "it takes the role of {role}")
ASK_OWNER = Words("请联系负责人", "Ask an owner")
NO_FORM = Words("请求不是来自本页面", "the request does not come from a page of the session")
RELOAD = Words("请刷新页面", "Load the page again")


async def desk(request: Request) -> Desk:
    """Return what the review is about."""
    found: Desk = request.app.state.desk
    return found


async def access(request: Request) -> Access:
    """Return who may do what."""
    found: Access = request.app.state.access
    return found


Here = Annotated[Desk, Depends(desk)]
Gate = Annotated[Access, Depends(access)]


class AtLeast:
    """Whoever asks, if they have at least a role, and if what they change comes from a page of theirs."""

    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, request: Request, gate: Gate) -> Who:
        """Return who asks.

        Raises
        ------
        UnknownError, ForbiddenError
        """
        cookie = request.cookies.get(COOKIE)
        who = gate.who(cookie)
        if who is None:
            raise UnknownError(Fault("", "", LOG_IN, TO_DO))
        if request.method in CHANGES and not gate.is_of_a_form(cookie, request.headers.get("x-csrf-token")):
            raise ForbiddenError(Fault("", "", NO_FORM, RELOAD))
        if not who.may(self.role):
            raise ForbiddenError(Fault("", "", NOT_YOURS.fill(role=ROLES[self.role]), ASK_OWNER))
        return who


Viewer = Annotated[Who, Depends(AtLeast("viewer"))]
Planner = Annotated[Who, Depends(AtLeast("planner"))]
Owner = Annotated[Who, Depends(AtLeast("owner"))]


def variant_here(id: Number, who: Viewer, here: Here) -> int:
    """Return the number of a variant of the scenario under review; one database may hold those of others.

    Raises
    ------
    MissingError
        There is none of that number.
    """
    here.variant(id)
    return id


Id = Annotated[int, Depends(variant_here)]


async def _waiting(who: Viewer, gate: Gate) -> AsyncIterator[None]:
    with gate.waiting.turn(who.name):
        yield


async def _working(who: Viewer, gate: Gate) -> AsyncIterator[None]:
    with gate.working.turn(who.name):
        yield


async def _long(who: Viewer, gate: Gate) -> AsyncIterator[None]:
    with gate.long.turn(who.name):
        yield


WAITING, WORKING, LONG = [Depends(_waiting)], [Depends(_working)], [Depends(_long)]
"""What may wait for a solve, what takes seconds, what takes minutes: so many at a time for one person (429 beyond)."""

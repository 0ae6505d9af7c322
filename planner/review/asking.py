"""What every request goes through: who asks, whether they may, and how a refusal is told."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from planner.errors import Fault, PlannerError
from planner.review import told
from planner.review.access import COOKIE, Access, ForbiddenError, RateError, UnknownError, Who
from planner.review.desk import Desk
from planner.review.forms import Refusal
from planner.review.records import MissingError, StaleError
from planner.review.session import BusyError
from planner.words import Words

STATUS: tuple[tuple[type[PlannerError], int], ...] = (
    (MissingError, 404), (StaleError, 409), (BusyError, 503), (UnknownError, 401), (ForbiddenError, 403),
    (RateError, 429), (PlannerError, 422),
)  # fmt: skip
"""Of each error the status of its answer, the first that fits."""
REFUSED: dict[int | str, dict[str, Any]] = {
    code: {"model": Refusal, "description": said}
    for code, said in {
        400: "Not of HTTP's form", 401: "Nobody is logged in", 403: "Not allowed, or not from a page of the session",
        404: "Not there", 409: "Changed since the version seen: as it is now, and what was done since",
        413: "Too large", 415: "Not JSON", 422: "Not of the API's form, or it cannot be: why",
        429: "Too much in too short a time", 503: "Being solved: ask again",
    }.items()
}  # fmt: skip
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
LOG_IN = Words("请先登录", "nobody is logged in")
TO_DO = Words("登录后再试", "Log in, then try again")
NOT_YOURS = Words("需要“{role}”角色", "it takes a {role}")
ASK_OWNER = Words("请联系负责人", "Ask an owner")
NO_FORM = Words("请求不是来自本页面", "the request does not come from a page of the session")
RELOAD = Words("请刷新页面", "Load the page again")
BROKE = Words("服务器内部错误", "the server failed")
LOOK_AT_LOG = Words("详见服务器日志", "Its log says more")


def desk(request: Request) -> Desk:
    """Return what the review is about."""
    found: Desk = request.app.state.desk
    return found


def access(request: Request) -> Access:
    """Return who may do what."""
    found: Access = request.app.state.access
    return found


class AtLeast:
    """Whoever asks, if they have at least a role, and if what they change comes from a page of theirs."""

    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, request: Request) -> Who:
        """Return who asks.

        Raises
        ------
        UnknownError, ForbiddenError
        """
        gate, cookie = access(request), request.cookies.get(COOKIE)
        who = gate.who(cookie)
        if who is None:
            raise UnknownError(Fault("", "", LOG_IN, TO_DO))
        if request.method in CHANGES and not gate.is_of_a_form(cookie, request.headers.get("x-csrf-token")):
            raise ForbiddenError(Fault("", "", NO_FORM, RELOAD))
        if not who.may(self.role):
            raise ForbiddenError(Fault("", "", NOT_YOURS.fill(role=self.role), ASK_OWNER))
        return who


Here = Annotated[Desk, Depends(desk)]
Gate = Annotated[Access, Depends(access)]
Viewer = Annotated[Who, Depends(AtLeast("viewer"))]
Planner = Annotated[Who, Depends(AtLeast("planner"))]
Owner = Annotated[Who, Depends(AtLeast("owner"))]


def variant_here(id: Annotated[int, Path(ge=0, le=2**31 - 1)], who: Viewer, here: Here) -> int:
    """Return the number of a variant of the scenario under review; one database may hold those of others.

    Raises
    ------
    MissingError
        There is none of that number.
    """
    here.variant(id)
    return id


Id = Annotated[int, Depends(variant_here)]


def refused(_: Request, error: Exception) -> Response:
    """Return why something is not done."""
    assert isinstance(error, PlannerError)
    code = next(code for kind, code in STATUS if isinstance(error, kind))
    content: dict[str, Any] = {"detail": told.faults(error)}
    if isinstance(error, StaleError):
        content["now"] = told.variant(error.now, None)
        content["since"] = [told.event(one) for one in error.since]
    return JSONResponse(content, code)


def malformed(_: Request, error: Exception) -> Response:
    """Return what of a request is not of the API's form, each with its place."""
    assert isinstance(error, RequestValidationError)
    said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return JSONResponse({"detail": [{"zh": text, "en": text} for text in said]}, 422)


def broken(_: Request, error: Exception) -> Response:
    """Return that the server failed; what happened stands in its log, not in the answer."""
    return JSONResponse({"detail": told.faults(PlannerError(Fault("", "", BROKE, LOOK_AT_LOG)))}, 500)

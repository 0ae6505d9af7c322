"""The HTTP API, version 1: variants and their edits, questions about them, comments, who is let in.

Whoever changes a variant says which version was seen; by another one by now the edit is refused (409), with the variant
as it is and what was done since.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from planner.changes import changed_asked
from planner.review import told
from planner.review.access import COOKIE, LASTS_S, form_token
from planner.review.asking import WAITING, WORKING, Gate, Here, Id, Owner, Planner, Viewer
from planner.review.blanks import blanks as blanks_of
from planner.review.edits import Name
from planner.review.forms import (
    Blanks,
    Done,
    Fault,
    Login,
    NewComment,
    NewEdit,
    NewName,
    NewUser,
    NewVariant,
    Number,
    OneComment,
    OneVariant,
    Person,
    Price,
    Question,
    Seen,
    Spot,
    State,
    Stopped,
)
from planner.review.records import Variant
from planner.review.refusals import REFUSED

api = APIRouter(prefix="/api/v1", responses=REFUSED)
WAIT_MOST = 300.0
Wait = Annotated[float, Query(ge=0, le=WAIT_MOST, allow_inf_nan=False, description="Seconds to wait for the solve")]


# Who


@api.post("/session", tags=["who"])
def log_in(form: Login, request: Request, response: Response, gate: Gate) -> Person:
    """Log in; the answer carries what a page sends along as X-CSRF-Token to change something."""
    address = request.client.host if request.client else ""
    who, cookie = gate.login(form.name, form.password, address)
    gate.logout(request.cookies.get(COOKIE))
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, max_age=LASTS_S, httponly=True, samesite="strict", secure=secure)
    return Person(name=who.name, role=who.role, token=form_token(cookie))


@api.get("/session", tags=["who"])
def whose_session(who: Viewer, request: Request, gate: Gate) -> Person:
    """Tell who is logged in."""
    token = "" if gate.local else form_token(request.cookies.get(COOKIE, ""))
    return Person(name=who.name, role=who.role, token=token)


@api.delete("/session", tags=["who"], status_code=204)
def log_out(who: Viewer, request: Request, response: Response, gate: Gate) -> None:
    """Log out: the session is over, whoever still has its cookie."""
    gate.logout(request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE)


@api.get("/users", tags=["who"])
def users(who: Owner, gate: Gate) -> list[Person]:
    """List who is let in."""
    return [Person(name=one.name, role=one.role) for one in gate.people.every()]


@api.put("/users", tags=["who"])
def let_in(form: NewUser, who: Owner, gate: Gate) -> Person:
    """Let somebody in, or change role or password, which ends their sessions; the only owner stays one."""
    gate.add(form.name, form.password, form.role, who.name)
    return Person(name=form.name, role=form.role)


@api.delete("/users", tags=["who"], status_code=204)
def let_in_no_more(name: Annotated[Name, Query()], who: Owner, gate: Gate) -> None:
    """Let somebody in no more, which ends their sessions; what they did stays. The only owner cannot be removed."""
    gate.people.remove(name, who.name)


# Variants


@api.get("/variants", tags=["variants"])
def variants(who: Viewer, here: Here) -> list[OneVariant]:
    """List the variants, without their edits."""
    return [OneVariant(**told.variant(one, None)) for one in here.variants()]


@api.post("/variants", tags=["variants"], status_code=201)
def new_variant(form: NewVariant, who: Planner, here: Here) -> OneVariant:
    """Make a variant: of the scenario as it is, or of another variant as it stands."""
    if form.of is not None:
        here.variant(form.of)
    made = here.store.create(form.name, str(here.source), who.name, form.of)
    here.tell({"event": "variants"})
    return _told(here, made)


@api.get("/variants/{id}", tags=["variants"])
def variant(id: Id, who: Viewer, here: Here) -> OneVariant:
    """Tell of a variant: its edits, and how far its solve is."""
    return _told(here, here.store.variant(id))


@api.patch("/variants/{id}", tags=["variants"])
def rename(id: Id, form: NewName, who: Planner, here: Here) -> OneVariant:
    """Give a variant another name."""
    made = here.store.rename(id, form.version, form.name, who.name)
    here.tell({"event": "variants"})
    return _told(here, made)


@api.delete("/variants/{id}", tags=["variants"], status_code=204)
def remove(id: Id, version: Number, who: Owner, here: Here) -> None:
    """Take a variant away; what was done to it stays in the history."""
    here.store.remove(id, version, who.name)
    here.drop(id)
    here.tell({"event": "variants"})


@api.get("/variants/{id}/plan", tags=["variants"], dependencies=WAITING)
def plan(id: Id, who: Viewer, here: Here) -> dict[str, Any]:
    """Give the plan in hand: projects, who is left out and why, goals, and the layers of the map that it changes."""
    held = here.session(id).settled()
    one = here.store.variant(id)
    standing = told.standing(one, held.inputs.scenario, held.view["parts"])
    return {"version": held.version, **held.view, "standing": standing}


@api.get("/variants/{id}/blanks", tags=["variants"], dependencies=WAITING)
def blanks(id: Id, who: Viewer, here: Here) -> Blanks:
    """Tell what a project, a part or a parcel may say when added: columns, units, and the values there are."""
    held = here.session(id).settled()
    return Blanks(**blanks_of(held.moves.ground, changed_asked(held.inputs)))


# Edits


@api.post("/variants/{id}/edits", tags=["edits"], status_code=201, dependencies=WAITING)
def edit(id: Id, form: NewEdit, who: Planner, here: Here, wait: Wait = 0.0) -> OneVariant:
    """Make an edit: it is written down, and solved from the plan in hand while the events tell how far that is."""
    session = here.solving(id, who.name)
    made = session.edit(form.version, form.edit, form.others, who.name)
    if wait:
        session.settled(wait)
    doubts = [Fault(**one) for one in told.faults(session.doubts(form.edit))]
    return _told(here, made).model_copy(update={"doubts": doubts})


@api.post("/variants/{id}/undo", tags=["edits"], dependencies=WAITING)
def undo(id: Id, form: Seen, who: Planner, here: Here) -> OneVariant:
    """Take the last edit back."""
    return _told(here, here.solving(id, who.name).step(form.version, -1, who.name))


@api.post("/variants/{id}/redo", tags=["edits"], dependencies=WAITING)
def redo(id: Id, form: Seen, who: Planner, here: Here) -> OneVariant:
    """Make the edit again that was taken back last."""
    return _told(here, here.solving(id, who.name).step(form.version, 1, who.name))


@api.post("/variants/{id}/cancel", tags=["edits"])
def cancel(id: Id, who: Planner, here: Here) -> Stopped:
    """Stop the solve with the best plan so far."""
    return Stopped(stopped=here.session(id).cancel())


@api.get("/variants/{id}/state", tags=["edits"])
def state(id: Id, who: Viewer, here: Here) -> State:
    """Tell how far the solve of a variant is."""
    return State(**here.session(id).state())


# Questions


@api.post("/variants/{id}/check", tags=["questions"], dependencies=WAITING)
def check(id: Id, form: Spot, who: Viewer, here: Here) -> list[dict[str, Any]]:
    """Tell of each part whether it may stand at a place, and on which sites; or which test refuses it, with figures."""
    moves = here.session(id).settled().moves_of(form.who)
    return moves.check(form.who, form.place.meant)


@api.get("/variants/{id}/targets", tags=["questions"], dependencies=WAITING)
def targets(id: Id, project: Annotated[str, Query(max_length=120)], who: Viewer, here: Here) -> dict[str, list[str]]:
    """Tell where each part of a project may stand: parcels, and buildings for floors."""
    return here.session(id).settled().moves_of(project).targets(project)


@api.post("/variants/{id}/price", tags=["questions"], dependencies=WORKING)
def price(id: Id, form: Question, who: Viewer, here: Here) -> Price:
    """Tell what an edit costs against the plan in hand with all others settled anew, and who moves; nothing is kept."""
    return Price(**here.session(id).price(form.edit, form.others))


# Comments and history


@api.get("/variants/{id}/comments", tags=["comments"])
def comments(id: Id, who: Viewer, here: Here) -> list[OneComment]:
    """List what was said of a variant, the oldest first."""
    return [OneComment(**asdict(one)) for one in here.store.comments(id)]


@api.post("/variants/{id}/comments", tags=["comments"], status_code=201)
def comment(id: Id, form: NewComment, who: Planner, here: Here) -> OneComment:
    """Say something of a project, a part, or the variant."""
    made = here.store.comment(id, form.subject, form.text, who.name)
    here.tell({"event": "commented", "variant": id, "comment": asdict(made)})
    return OneComment(**asdict(made))


@api.get("/history", tags=["comments"])
def history(
    who: Viewer, here: Here, variant: Number | None = None, after: Number = 0, before: Number | None = None
) -> list[Done]:  # fmt: skip
    """Tell who did what when, the latest first: to one variant of this scenario, or all, those removed included.

    At most 500; `before` the last of them there are more. Who was let in is told to owners only.
    """
    done = here.history(variant, after=after, before=before, people=who.may("owner"))
    return [Done(**told.event(one)) for one in done]


@api.get("/events", tags=["comments"], response_class=StreamingResponse)
async def events(who: Viewer, here: Here, request: Request, gate: Gate) -> StreamingResponse:
    """Stream what happens to variants, as server-sent events, while the session lasts."""
    cookie = request.cookies.get(COOKIE)
    stream = here.hub.listen(lambda: gate.who(cookie) is not None, who.name)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _told(here: Here, one: Variant) -> OneVariant:
    return OneVariant(**told.variant(one, here.session(one.id).state()))

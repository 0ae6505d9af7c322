"""The HTTP API, why: reasons, smallest changes, costs, alternatives, what things are worth, two variants compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from planner.alternatives import alternatives
from planner.comparison import compare
from planner.explain import costs, why_not
from planner.explain.reasons import explain
from planner.maps.style import plain
from planner.review import told
from planner.review.asking import LONG, WAITING, WORKING, Here, Id, Viewer
from planner.review.edits import Name
from planner.review.refusals import REFUSED
from planner.telling import chain_words, decided
from planner.values import values

why = APIRouter(prefix="/api/v1/variants/{id}", tags=["understanding"], responses=REFUSED)
Project = Annotated[Name, Query()]
ALTERNATIVES_MOST = 5


class OneReason(BaseModel):
    """Why: in words, with the figures they tell."""

    subject: str
    kind: str
    words: list[str]
    place: str = ""
    need: float | str | None = None
    offer: float | str | None = None
    unit: str = ""
    price: float | None = None
    lost: list[float | None] | None = None
    moves: list[list[str]] = []
    diff: dict[str, Any] = {}


def _reason(of: Any) -> OneReason:
    said: Mapping[str, Any] = of.as_dict()
    lost = None if said["lost"] is None else [told.finite(one) for one in said["lost"]]
    return OneReason(
        subject=said["subject"], kind=said["kind"], words=[said["words_zh"], said["words_en"]], place=said["place"],
        need=plain(said["need"]), offer=plain(said["offer"]), unit=said["unit"], price=said["price"], lost=lost,
        moves=[list(map(str, move)) for move in said["moves"]], diff=dict(plain(said["diff"])),
    )  # fmt: skip


@why.get("/reasons", dependencies=WAITING)
def reasons(id: Id, project: Project, who: Viewer, here: Here) -> list[OneReason]:
    """Tell why a project is where it is, or nowhere; what else it could take, and what refuses it elsewhere."""
    held = here.session(id).settled()
    return [_reason(one) for one in explain(held.warm.case, held.warm.plan, project)]


@why.get("/repairs", dependencies=LONG)
def repairs(id: Id, project: Project, who: Viewer, here: Here) -> list[OneReason]:
    """Tell the smallest changes that would place a project while all others stay, each as keys of a scenario."""
    held = here.session(id).settled()

    def find() -> list[OneReason]:
        found = why_not(held.inputs, held.warm.case, held.warm.plan, [project])[project]
        return [_reason(one) for one in found]

    made: list[OneReason] = held.once.get(f"repairs {project}", find)
    return made


@why.get("/costs", dependencies=LONG)
def elsewhere(id: Id, project: Project, who: Viewer, here: Here) -> list[OneReason]:
    """Tell what it costs to have a project on its next sites, or placed, the others settled anew; who gives way."""
    held = here.session(id).settled()
    made: list[OneReason] = held.once.get(
        f"costs {project}", lambda: [_reason(one) for one in costs(held.warm, project)]
    )
    return made


@why.get("/alternatives", dependencies=LONG)
def others(
    id: Id, who: Viewer, here: Here, count: Annotated[int, Query(ge=2, le=ALTERNATIVES_MOST)] = 3,
    within: Annotated[float, Query(ge=0, le=1)] = 0.02, apart: Annotated[float, Query(ge=1, le=1e6)] = 5.0,
) -> dict[str, Any]:  # fmt: skip
    """Find plans nearly as good that put projects elsewhere; where all of them agree. It takes a while."""
    held = here.session(id).settled()

    def find() -> dict[str, Any]:
        found = alternatives(held.warm, count, within=within, apart=apart)
        where = found.where.reset_index()
        return {
            "plans": [{key: plan.summary[key] for key in ("score", "bound", "gap")} for plan in found.plans],
            "distances": found.distances.tolist(), "more": found.more,
            "where": [plain(row) for row in where[~where["certain"]].to_dict("records")],
            "certain": int(where["certain"].sum()),
        }  # fmt: skip

    made: dict[str, Any] = held.once.get(f"alternatives {count} {within} {apart}", find)
    return made


@why.get("/worth", dependencies=LONG)
def worth(id: Id, who: Viewer, here: Here) -> list[dict[str, Any]]:
    """Tell what one more of each thing that is short would bring, each solved again. It takes a while."""
    held = here.session(id).settled()
    made: list[dict[str, Any]] = held.once.get(
        "worth", lambda: [plain(dict(one.as_dict())) for one in values(held.inputs, held.warm)]
    )
    return made


@why.get("/compared", dependencies=WORKING)
def compared(
    id: Id, other: Annotated[int, Query(alias="with", ge=0, le=2**31 - 1)], who: Viewer, here: Here
) -> dict[str, Any]:
    """Tell what differs from another variant (A) to this one (B): totals, what decides, who moved, who made whom."""
    a, b = here.session(other).settled(), here.session(id).settled()
    pair = compare(a.warm.plan, b.warm.plan)
    return {
        "of": [a.version, b.version],
        "totals": [
            {"measure": one.measure, "words": plain(one.words), "a": plain(one.a), "b": plain(one.b), "unit": one.unit}
            for one in pair.totals
        ],
        "decides": [plain(words) for words in decided(pair)],
        "chains": [plain(chain_words(chain)) for chain in pair.chains],
        "moves": [
            {"project": move.project, "name": move.name, "change": move.change, "a": move.a, "b": move.b,
             "by": move.by, "place": move.place}
            for move in pair.moves
        ],
    }  # fmt: skip

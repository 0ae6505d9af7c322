"""The HTTP API, why: reasons, smallest changes, costs, alternatives, worth, conflicts, two plans compared.

What takes long is given up when whoever asked closes the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from planner.alternatives import alternatives
from planner.comparison import compare
from planner.conflict import conflict
from planner.explain import costs, why_not
from planner.explain.reasons import explain
from planner.maps.style import plain
from planner.repairs import repairs
from planner.review import told
from planner.review.asking import LONG, WAITING, WORKING, Here, Id, Viewer
from planner.review.edits import Name
from planner.review.exports import merged
from planner.review.forms import Number, Pair, Supposed
from planner.review.held import Held
from planner.review.questions import Stop, until
from planner.review.refusals import REFUSED
from planner.review.solving import stoppable
from planner.telling import chain_words, decided
from planner.values import values

why = APIRouter(prefix="/api/v1/variants/{id}", tags=["understanding"], responses=REFUSED)
Project = Annotated[Name, Query()]
ALTERNATIVES_MOST = 5
CONFLICT_S = 60.0
"""Longest search for what conflicts, and for what mends it; it ends as soon as all is told."""


def _settled(id: Id, here: Here) -> Held:
    return here.session(id).settled()


Settled = Annotated[Held, Depends(_settled)]


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


class OneRepair(BaseModel):
    """What mends a conflict: its price in steps, whether nothing cheaper does, each change, and keys of a scenario."""

    price: float
    least: bool
    words: list[Pair]
    keys: dict[str, Any]


class Conflicting(BaseModel):
    """Demands that leave no plan together, none where there is one; whether each is needed for that; what mends it."""

    found: bool
    reduced: bool
    demands: list[Pair]
    repairs: list[OneRepair]


def _reason(of: Any) -> OneReason:
    said: Mapping[str, Any] = of.as_dict()
    lost = None if said["lost"] is None else [told.finite(one) for one in said["lost"]]
    return OneReason(
        subject=said["subject"], kind=said["kind"], words=[said["words_zh"], said["words_en"]], place=said["place"],
        need=plain(said["need"]), offer=plain(said["offer"]), unit=said["unit"], price=said["price"], lost=lost,
        moves=[list(map(str, move)) for move in said["moves"]], diff=dict(plain(said["diff"])),
    )  # fmt: skip


@why.get("/reasons", dependencies=WAITING)
def reasons(project: Project, who: Viewer, now: Settled) -> list[OneReason]:
    """Tell why a project is where it is, or nowhere; what else it could take, and what refuses it elsewhere."""
    return [_reason(one) for one in explain(now.warm.case, now.warm.plan, project)]


@why.get("/repairs", dependencies=LONG)
async def smallest(project: Project, who: Viewer, now: Settled, request: Request) -> list[OneReason]:
    """Tell the smallest changes that would place a project while all others stay, each as keys of a scenario."""

    def find(stop: Stop) -> list[OneReason]:
        found = why_not(now.inputs, now.warm.case, now.warm.plan, [project], look=until(stop))[project]
        return [_reason(one) for one in found]

    return await now.questions.get(request, f"repairs {project}", find)


@why.get("/costs", dependencies=LONG)
async def elsewhere(project: Project, who: Viewer, now: Settled, request: Request) -> list[OneReason]:
    """Tell what it costs to have a project on its next sites, or placed, the others settled anew; who gives way."""

    def find(stop: Stop) -> list[OneReason]:
        return [_reason(one) for one in costs(stoppable(now.warm, stop), project)]

    return await now.questions.get(request, f"costs {project}", find)


@why.get("/alternatives", dependencies=LONG)
async def others(
    who: Viewer, now: Settled, request: Request,
    count: Annotated[int, Query(ge=2, le=ALTERNATIVES_MOST)] = 3,
    within: Annotated[float, Query(ge=0, le=1)] = 0.02, apart: Annotated[float, Query(ge=1, le=1e6)] = 5.0,
) -> dict[str, Any]:  # fmt: skip
    """Find plans nearly as good that put projects elsewhere; where all of them agree. It takes a while."""

    def find(stop: Stop) -> dict[str, Any]:
        found = alternatives(stoppable(now.warm, stop), count, within=within, apart=apart)
        where = found.where.reset_index()
        return {
            "plans": [{key: plan.summary[key] for key in ("score", "bound", "gap")} for plan in found.plans],
            "distances": found.distances.tolist(), "more": found.more,
            "where": [plain(row) for row in where[~where["certain"]].to_dict("records")],
            "certain": int(where["certain"].sum()),
        }  # fmt: skip

    return await now.questions.get(request, f"alternatives {count} {within} {apart}", find)


@why.get("/worth", dependencies=LONG)
async def worth(who: Viewer, now: Settled, request: Request) -> list[dict[str, Any]]:
    """Tell what one more of each thing that is short would bring, each solved again. It takes a while."""

    def find(stop: Stop) -> list[dict[str, Any]]:
        found = values(now.inputs, stoppable(now.warm, stop), told=until(stop))
        return [plain(dict(one.as_dict())) for one in found]

    return await now.questions.get(request, "worth", find)


@why.post("/conflict", dependencies=LONG)
async def conflicting(id: Id, form: Supposed, who: Viewer, here: Here, request: Request) -> Conflicting:
    """Tell which demands leave no plan under the edits that hold, or with one more; and what would mend it.

    Each repair is verified by solving it, and is an edit: keys of a scenario, of the one more as well.
    """
    session = here.session(id)
    inputs, more = await run_in_threadpool(session.supposed, form.edit)

    def find(stop: Stop) -> Conflicting:
        look = until(stop)
        found = conflict(inputs, time_limit_s=CONFLICT_S, look=look)
        mended = () if found is None else repairs(found, time_limit_s=CONFLICT_S, look=look)
        return Conflicting(
            found=found is not None, reduced=found is None or found.reduced,
            demands=[] if found is None else [plain(one.words) for one in found.demands],
            repairs=[
                OneRepair(price=one.price, least=one.least, words=[plain(words) for words in one.words],
                          keys=merged([more, one.keys]))
                for one in mended
            ],
        )  # fmt: skip

    return await session.questions.get(request, inputs.scenario.model_dump_json(), find)


@why.get("/compared", dependencies=WORKING)
def compared(
    id: Id, who: Viewer, here: Here, other: Annotated[Number | None, Query(alias="with")] = None
) -> dict[str, Any]:
    """Tell what differs from another variant, or from the plan as first opened (A), to this one (B).

    Totals, what decides, who moved, who made whom.
    """
    b = here.session(id).settled()
    a = here.session(id).first if other is None else here.session(other).settled()
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

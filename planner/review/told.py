"""What the API says of variants and plans: plain values, as JSON has them; words as pairs of Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from planner.changes import changed_asked
from planner.errors import Fault
from planner.maps.dossier import entry, facts, out, projects
from planner.maps.layers import LAYERS
from planner.maps.packed import as_told
from planner.maps.scene import Scene
from planner.maps.style import plain
from planner.maps.tested import told_tests
from planner.plan import COLUMNS, Plan
from planner.review.phrases import event_words, words_of
from planner.review.records import Edit, Event, Variant
from planner.scenario import Scenario, said
from planner.telling import goal_words, summed_up
from planner.territory import Territory
from planner.whatif import Warm

DRAWN = (
    "price_surface", "forbidden", "no_wet_process", "parcels_taken", "parcels_offered", "corridors", "left_out",
    "buildings", "plots", "links",
)  # fmt: skip
"""Layers of the map that a plan changes, or a restriction laid over the ground that keeps somebody out."""


def view(now: Warm, ground: Territory) -> dict[str, Any]:
    """Return what a page draws of a plan: facts, projects, who is left out, goals, layers that change.

    Parameters
    ----------
    now : Warm
    ground : Territory
        With the scenario's changes made.
    """
    assert now.inputs is not None  # what is reviewed has a scenario
    asked = changed_asked(now.inputs)
    scene = Scene(ground, full(now, None), asked)
    sheets = {layer.name: (layer, layer.draw(scene)) for layer in LAYERS if layer.name in DRAWN}
    drawn = {
        name: {
            "entry": entry(layer, sheet),
            **plain(as_told(list(sheet.features) if layer.symbol else sheet.features)),
        }
        for name, (layer, sheet) in sheets.items()
    }
    _, tests = told_tests(scene)
    parts: dict[str, list[str]] = {}
    for part, project in now.case.parts["project"].items():
        parts.setdefault(str(project), []).append(str(part))
    floors: dict[str, list[list[Any]]] = {}
    for floor, building in scene.building_of.items():
        floors.setdefault(building, []).append([scene.floor_number[floor], floor])
    return {
        "floors": floors, "years": list(now.inputs.scenario.years), "facts": facts(scene),
        "projects": projects(scene, tests), "out": out(scene), "goals": goals(now.plan), "parts": parts,
        "layers": drawn,
    }  # fmt: skip


def full(now: Warm, findings: pd.DataFrame | None) -> Plan:
    """Return the plan in hand with what maps and reports tell besides: years, names, and findings once there are."""
    assert now.inputs is not None
    plan = now.plan
    found = pd.DataFrame(columns=list(COLUMNS["findings"])) if findings is None else findings
    return replace(plan, findings=found, summary={**plan.summary, **summed_up(now.inputs, now.case, found)})


def goals(plan: Plan) -> list[dict[str, Any]]:
    """Return the terms of the score: weight, raw total, what there is in all, points."""
    return [
        {"goal": str(row["goal"]), "words": plain(goal_words(str(row["goal"]))), "weight": float(row["weight"]),
         "raw": float(row["raw"]), "all": float(row["normaliser"]), "points": float(row["points"])}
        for row in plan.goals.to_dict("records")
    ]  # fmt: skip


def variant(one: Variant, state: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a variant with its edits, and how far its solve is."""
    return {
        "id": one.id, "name": one.name, "version": one.version, "position": one.position, "author": one.author,
        "at": one.at, "edits": [edit(each, each.number <= one.position) for each in one.edits], "state": state,
    }  # fmt: skip


def edit(one: Edit, held: bool) -> dict[str, Any]:
    """Return an edit in words, as it was asked, and as a scenario has it."""
    return {**asdict(one), "held": held, "words": plain(words_of(one.asked, one.diff))}


def event(one: Event) -> dict[str, Any]:
    """Return what was done."""
    return {**asdict(one), "words": plain(event_words(one.what, one.detail))}


def faults(found: Iterable[Fault]) -> list[dict[str, Any]]:
    """Return what is wrong."""
    return [
        {"zh": fault.words("zh"), "en": fault.words("en"), "where": fault.where, "column": fault.column,
         "features": list(fault.features)}
        for fault in found
    ]  # fmt: skip


def price(now: Warm) -> dict[str, Any]:
    """Return what an answer costs against the plan before, and who moves."""
    lost = now.lost
    both = now.score is not None and now.before is not None and now.before.score is not None
    return {
        "lost": None if lost is None else [finite(one) for one in lost],
        "score": now.score, "bound": finite(now.bound), "gap": now.gap,
        "moves": now.moves.to_dict("records") if both else [],
    }  # fmt: skip


def standing(one: Variant, scenario: Scenario, parts: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return which projects are locked or banned somewhere, and which are signed off still, or which of their parts.

    Parameters
    ----------
    one : Variant
    scenario : Scenario
        With its edits.
    parts : mapping of str to sequence of str
        By project; one of which all parts are signed off is so as a whole.
    """
    signs: dict[str, Mapping[Any, Any]] = {}
    for edit in one.held:
        kind, who = edit.asked["kind"], edit.asked.get("who", "")
        if kind == "sign":
            locks = {name: place for name, place in edit.diff.get("locks", {}).items() if place is not None}
            parted: dict[str, Mapping[Any, Any]] = {name: {"locks": {name: place}} for name, place in locks.items()}
            signs |= parted or {who: edit.diff}
        elif kind == "free":  # a project that fits nowhere is signed off without any keys
            signs = {name: diff for name, diff in signs.items() if name != who and not name.startswith(f"{who}/")}
    signed = {name for name, diff in signs.items() if _holds(scenario, name, diff)}
    whole = {project for project, of in parts.items() if project in signed or signed.issuperset(of)}
    return {
        "locked": sorted({*(who.split("/")[0] for who in scenario.locks), *scenario.must_place}),
        "banned": sorted({ban.project.split("/")[0] for ban in scenario.bans}),
        "signed": sorted({*whole, *(name for name in signed if name.split("/")[0] not in whole)}),
    }  # fmt: skip


def _holds(scenario: Scenario, who: str, diff: Mapping[str, Any]) -> bool:
    """Return whether a scenario still says what somebody signed off."""
    now = said(scenario)
    locks, bans = diff.get("locks", {}), [ban for ban in diff.get("bans", ()) if ban["project"] == who]
    return all((now.get("locks") or {}).get(name) == place for name, place in locks.items()) and all(
        ban in (now.get("bans") or ()) for ban in bans
    )


def finite(value: float | None) -> float | None:
    """Return a figure; None where there is none, or no end to it.

    Examples
    --------
    >>> finite(1.5), finite(float("inf")), finite(None)
    (1.5, None, None)
    """
    return None if value is None or not np.isfinite(value) else float(value)

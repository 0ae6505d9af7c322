"""What differs between two plans: totals, sums by park, projects that moved.

Reads plans only. What may be said about two optima comes from both scores and both bounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from planner.layers import taken_m2
from planner.model import GOALS
from planner.plan import Plan
from planner.projects import first_parts
from planner.words import GLOSSARY, Words

Change = Literal["moved", "newly_placed", "newly_left_out", "only_in_a", "only_in_b"]
SUMS = ("projects", "land_m2", "floor_m2", "power_kva")
"""What is added up by park."""
SUM_WORDS = {
    "projects": Words("落位项目", "projects placed"),
    "land_m2": Words("用地", "land"),
    "floor_m2": Words("厂房楼面", "floor space"),
    "power_kva": Words("用电", "power"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of two plans; None where a plan has none."""

    measure: str
    words: Words
    a: float | None
    b: float | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One project that is not where it was."""

    project: str
    name: str
    change: Change
    a: str
    """Sites and years in the first plan, part by part; empty where it is not placed."""
    b: str


@dataclass(frozen=True)
class Comparison:
    """Two plans side by side.

    Attributes
    ----------
    totals : tuple of Total
    parks : DataFrame
        Indexed by park: `SUMS` of both plans, columns ``projects_a``, ``projects_b`` …
    moves : tuple of Move
        By kind of change, then project.
    comparable : bool
        Whether both scores add up the same goals with the same weights and normalisers.
    optimum_difference : (float, float) or None
        Between these two lies the best possible score of b less that of a; None where it cannot be told.
    """

    totals: tuple[Total, ...]
    parks: pd.DataFrame
    moves: tuple[Move, ...]
    comparable: bool
    optimum_difference: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, for JSON."""
        return {
            "totals": [
                {
                    "measure": t.measure,
                    "words_zh": t.words.zh,
                    "words_en": t.words.en,
                    "a": t.a,
                    "b": t.b,
                    "unit": t.unit,
                }
                for t in self.totals
            ],
            "parks": self.parks.reset_index().to_dict("records"),
            "moves": [asdict(move) for move in self.moves],
            "comparable": self.comparable,
            "optimum_difference": None if self.optimum_difference is None else list(self.optimum_difference),
        }


def compare(a: Plan, b: Plan) -> Comparison:
    """Return what differs between two plans."""
    comparable = all(a.summary.get(key) == b.summary.get(key) for key in ("weights", "normalisers"))
    return Comparison(
        tuple(_totals(a, b)), _parks(a, b), tuple(_moves(a, b)), comparable, _difference(a, b, comparable)
    )


def _totals(a: Plan, b: Plan) -> Iterable[Total]:
    for name in ("score", "bound", "gap"):
        yield Total(name, GLOSSARY[name], a.summary.get(name), b.summary.get(name), "" if name == "gap" else "points")
    for name, words in (("placed", SUM_WORDS["projects"]), ("left_out", Words("未落位项目", "projects left out"))):
        yield Total(name, words, float(a.summary["counts"][name]), float(b.summary["counts"][name]))
    sums = [by_park(plan).sum() for plan in (a, b)]
    for name, unit in (("land_m2", "m²"), ("floor_m2", "m²"), ("power_kva", "kVA")):
        yield Total(name, SUM_WORDS[name], float(sums[0][name]), float(sums[1][name]), unit)
    raws = [dict(zip(plan.goals["goal"], plan.goals["raw"], strict=True)) if len(plan.goals) else {} for plan in (a, b)]
    for goal in GOALS:
        if goal.name in raws[0] or goal.name in raws[1]:
            was, now = (_number(one.get(goal.name)) for one in raws)
            yield Total(goal.name, goal.words, was, now, goal.unit)


def by_park(plan: Plan) -> pd.DataFrame:
    """Return the sums of a plan by park.

    A project counts where its first part stands (the first share of it, where it has several), so that sums add up.

    Returns
    -------
    DataFrame
        Indexed by park: `SUMS`; land and floors are what is taken, power what is asked.
    """
    placed = plan.placements
    if placed.empty:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in SUMS}).rename_axis("park")
    home = placed[placed["part"].isin(first_parts(placed.set_index("part")))].drop_duplicates("project")
    sums = pd.DataFrame(
        {
            "park": placed["park"],
            "land_m2": placed["land_m2"].astype(float).fillna(0.0),
            "floor_m2": taken_m2(placed, plan.uses[plan.uses["place_kind"] == "floor"]),
            "power_kva": placed["power_kva"].astype(float).fillna(0.0),
        }
    )
    found = sums.groupby("park").sum()
    found.insert(0, "projects", home.groupby("park").size().reindex(found.index, fill_value=0).astype(float))
    return found


def _parks(a: Plan, b: Plan) -> pd.DataFrame:
    sums = [by_park(plan) for plan in (a, b)]
    parks = sums[0].index.union(sums[1].index)
    sides = [one.reindex(parks, fill_value=0.0).add_suffix(end) for one, end in zip(sums, ("_a", "_b"), strict=True)]
    return pd.concat(sides, axis=1).rename_axis("park")


def _moves(a: Plan, b: Plan) -> Iterable[Move]:
    """Yield projects that moved, came, went, or that only one plan was asked about.

    A run of floors filled from its other end is the same floors: no move.
    """
    asked = [_asked(plan) for plan in (a, b)]
    sites = [_sites(plan) for plan in (a, b)]
    stands = [_stands(plan) for plan in (a, b)]
    found: list[Move] = []
    for project in sorted({**asked[0], **asked[1]}):
        was, now = (side.get(project, "") for side in sites)
        name = asked[0].get(project) or asked[1].get(project) or ""
        change: Change
        if project not in asked[1]:
            change = "only_in_a"
        elif project not in asked[0]:
            change = "only_in_b"
        elif stands[0].get(project) == stands[1].get(project):
            continue
        else:
            change = "newly_left_out" if not now else "newly_placed" if not was else "moved"
        found.append(Move(project, name, change, was, now))
    order = ("newly_placed", "newly_left_out", "moved", "only_in_a", "only_in_b")
    return sorted(found, key=lambda move: order.index(move.change))


def _asked(plan: Plan) -> dict[str, str]:
    """Return every project a plan was asked about, with its name."""
    frames = [frame for frame in (plan.placements, plan.left_out) if len(frame)]
    return {
        str(p): str(name or "") for frame in frames for p, name in zip(frame["project"], frame["name"], strict=True)
    }


def _sites(plan: Plan) -> dict[str, str]:
    """Return where each placed project stands: site and year of each part."""
    found: dict[str, list[str]] = {}
    for row in plan.placements.sort_values("part").to_dict("records") if len(plan.placements) else ():
        found.setdefault(str(row["project"]), []).append(f"{row['site']} {int(row['start_year'])}")
    return {project: ", ".join(parts) for project, parts in found.items()}


def _stands(plan: Plan) -> dict[str, set[tuple[str, str, int]]]:
    """Return part, site and year of each placement of a project; a run of floors by its floors, from either end."""
    found: dict[str, set[tuple[str, str, int]]] = {}
    for row in plan.placements.to_dict("records"):
        site = ";".join(sorted(str(row["places"]).split(";"))) if row["kind"] == "unit" else str(row["site"])
        found.setdefault(str(row["project"]), set()).add((str(row["part"]), site, int(row["start_year"])))
    return found


def _difference(a: Plan, b: Plan, comparable: bool) -> tuple[float, float] | None:
    """Return the least and the most by which the best score of b exceeds that of a.

    Neither optimum is known: each lies between its plan's score and its bound.
    """
    figures = [plan.summary.get(name) for plan in (a, b) for name in ("score", "bound")]
    if not comparable or any(figure is None for figure in figures):
        return None
    score_a, bound_a, score_b, bound_b = (float(figure) for figure in figures if figure is not None)
    return score_b - bound_a, bound_b - score_a


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def amount(value: float | str) -> str:
    """Return a figure as a planner reads it: thousands parted, decimals only where they tell something.

    Examples
    --------
    >>> [amount(figure) for figure in (8175.82, 4000.0, 25.0, 4.25, 0.5, "M1", float("nan"))]
    ['8,176', '4,000', '25', '4.25', '0.5', 'M1', '—']
    >>> amount("")
    ''
    """
    if isinstance(value, str):
        return value
    if not np.isfinite(value):
        return "—"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")

"""What differs between two plans: totals, sums by park, who moved and who made whom move, and what decides.

Reads plans only. What may be said about two optima comes from both scores and both bounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

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
DECIDING = 3
"""Goals named as what decides, those that differ most."""
LEAST_POINTS = 0.05
"""Fewer points are none, as figures are printed."""
SCORES_MORE = Words("{b} 得分比 A 高 {points} 分：{terms}", "{b} scores {points} points more than A: {terms}")
SCORES_LESS = Words("{b} 得分比 A 低 {points} 分：{terms}", "{b} scores {points} points less than A: {terms}")
SAME_SCORE = Words("两方案各项得分相同", "Both score the same on every goal")
NOT_COMPARED = Words("得分不可比", "The scores do not compare")
ONE_HAS_NO_PLAN = Words("其中一个没有方案，无从比较。", "One of them has no plan, so there is nothing to decide.")
PLACES_MORE = Words("落位项目 {count} 个", "{count} projects placed")
PLACES_AS_MANY = Words("落位项目数相同", "as many projects placed")


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
    by: str = ""
    """Who has come to most of what it held; empty where nobody has."""
    place: str = ""
    """The parcel or floor of that."""


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
    terms : mapping of str to (float, float)
        Points of each goal in both plans, those without any left out.
    """

    totals: tuple[Total, ...]
    parks: pd.DataFrame
    moves: tuple[Move, ...]
    comparable: bool
    optimum_difference: tuple[float, float] | None
    terms: Mapping[str, tuple[float, float]]

    @property
    def chains(self) -> list[list[Move]]:
        """Who makes whom move: of each chain the first comes or moves by itself, each other where the one before came.

        A project that makes several move begins a chain of its own for each but the first; of a ring any is the first.
        """
        moved = {move.project for move in self.moves}
        after: dict[str, list[Move]] = {}
        for move in self.moves:
            after.setdefault(move.by, []).append(move)

        def follow(chain: list[Move]) -> Iterator[list[Move]]:
            nexts = after.pop(chain[-1].project, [])
            for move in nexts:
                yield from follow([*chain, move] if move is nexts[0] else [chain[-1], move])
            if not nexts and len(chain) > 1:
                yield chain

        begins = [move for move in self.moves if move.by not in moved]
        return [chain for first in (*begins, *self.moves) for chain in follow([first])]

    def decides(self, b: str = "B") -> Words:
        """Return what decides between the two, in a sentence that calls the second by a letter."""
        total = {each.measure: each for each in self.totals}
        placed = _less(total["placed"])
        more = PLACES_MORE.fill(count=f"{placed:+,.0f}") if placed else PLACES_AS_MANY
        if not self.comparable:
            return _joined(NOT_COMPARED, more)
        score = total["score"]
        if score.a is None or score.b is None:
            return ONE_HAS_NO_PLAN
        gains = {goal: b - a for goal, (a, b) in self.terms.items() if abs(b - a) >= LEAST_POINTS}
        if not gains:
            return _joined(SAME_SCORE, more)
        names = {goal.name: goal.words for goal in GOALS}
        largest = sorted(gains, key=lambda goal: -abs(gains[goal]))[:DECIDING]
        said = Words(*(
            ("、" if lang == "zh" else ", ").join(
                f"{names[goal](lang) if goal in names else goal} {gains[goal]:+,.1f}" for goal in largest
            ) for lang in ("zh", "en")
        ))  # fmt: skip
        difference = score.b - score.a
        words = SCORES_MORE if difference >= 0 else SCORES_LESS
        return _joined(words.fill(b=b, points=f"{abs(difference):,.1f}", terms=said), more)

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
            "chains": [[move.project for move in chain] for chain in self.chains],
            "terms": {goal: list(points) for goal, points in self.terms.items()},
            "decides_zh": self.decides().zh,
            "decides_en": self.decides().en,
            "optimum_difference": None if self.optimum_difference is None else list(self.optimum_difference),
        }


def compare(a: Plan, b: Plan) -> Comparison:
    """Return what differs between two plans."""
    comparable = all(a.summary.get(key) == b.summary.get(key) for key in ("weights", "normalisers"))
    return Comparison(
        tuple(_totals(a, b)), _parks(a, b), tuple(_moves(a, b)), comparable, _difference(a, b, comparable), _terms(a, b)
    )


def _less(total: Total) -> float:
    """Return how much more of a figure the second plan has."""
    return (total.b or 0.0) - (total.a or 0.0)


def _joined(*said: Words) -> Words:
    return Words("；".join(one.zh for one in said) + "。", "; ".join(one.en for one in said) + ".")


def _terms(a: Plan, b: Plan) -> dict[str, tuple[float, float]]:
    """Return the points of each goal in both plans."""
    sides = [plan.goals.set_index("goal")["points"] if len(plan.goals) else pd.Series(dtype=float) for plan in (a, b)]
    both = pd.concat(sides, axis=1, keys=["a", "b"]).astype(float).fillna(0.0)
    return {str(goal): (float(row["a"]), float(row["b"])) for goal, row in both.iterrows() if row.any()}


def _totals(a: Plan, b: Plan) -> Iterable[Total]:
    for name in ("score", "bound", "gap"):
        yield Total(name, GLOSSARY[name], a.summary.get(name), b.summary.get(name), "" if name == "gap" else "points")
    for name, words in (("placed", SUM_WORDS["projects"]), ("left_out", Words("未落位项目", "projects left out"))):
        yield Total(name, words, float(_count(a, name)), float(_count(b, name)))
    sums = [by_park(plan).sum() for plan in (a, b)]
    for name, unit in (("land_m2", "m²"), ("floor_m2", "m²"), ("power_kva", "kVA")):
        yield Total(name, SUM_WORDS[name], float(sums[0][name]), float(sums[1][name]), unit)
    raws = [dict(zip(plan.goals["goal"], plan.goals["raw"], strict=True)) if len(plan.goals) else {} for plan in (a, b)]
    for goal in GOALS:
        if goal.name in raws[0] or goal.name in raws[1]:
            was, now = (_number(one.get(goal.name)) for one in raws)
            if was is not None or now is not None:  # money is left out of what is shared
                yield Total(goal.name, goal.words, was, now, goal.unit)


def _count(plan: Plan, name: str) -> int:
    """Return how many projects a plan has placed or left out, as its tables have it where its summary does not say."""
    counts: Mapping[str, Any] = plan.summary.get("counts") or {}
    table = plan.placements if name == "placed" else plan.left_out
    return int(counts[name]) if name in counts else int(table["project"].nunique()) if len(table) else 0


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
    takes = _takes(a, b)
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
        found.append(Move(project, name, change, was, now, *takes.get(project, ("", ""))))
    order = ("newly_placed", "newly_left_out", "moved", "only_in_a", "only_in_b")
    return sorted(found, key=lambda move: order.index(move.change))


def _takes(a: Plan, b: Plan) -> dict[str, tuple[str, str]]:
    """Return who comes to most of what a project holds in the first plan and not in the second; and where."""
    held = [_held(plan) for plan in (a, b)]
    gone, come = (one[~one.index.isin(other.index)].reset_index() for one, other in (held, held[::-1]))
    met = gone.merge(come, on="place", suffixes=("", "_by"))
    met = met[met["project"] != met["project_by"]].assign(m2=lambda table: table[["m2", "m2_by"]].min(axis=1))
    met["most"] = met.groupby(["project", "project_by"])["m2"].transform("sum")
    order = met.sort_values(["most", "m2", "project_by", "place"], ascending=[False, False, True, True])
    first = order.drop_duplicates("project")
    return {row["project"]: (row["project_by"], row["place"]) for row in first.to_dict("records")}


def _held(plan: Plan) -> pd.Series:
    """Return how much of each parcel or floor a project holds (m²), by place and project."""
    uses = plan.uses[plan.uses["place_kind"].isin(["parcel", "floor"])]
    project = uses["part"].map(plan.placements.drop_duplicates("part").set_index("part")["project"])
    table = pd.DataFrame({"place": uses["place"], "project": project, "m2": uses["amount_m2"].astype(float)})
    return table.groupby(["place", "project"])["m2"].sum()


def _asked(plan: Plan) -> dict[str, str]:
    """Return every project a plan was asked about, with its name."""
    frames = [frame for frame in (plan.placements, plan.left_out) if len(frame)]
    return {
        str(p): str(name or "") for frame in frames for p, name in zip(frame["project"], frame["name"], strict=True)
    }


def _sites(plan: Plan) -> dict[str, str]:
    """Return where each placed project stands: site and year of each part, parted as no language parts its words."""
    found: dict[str, list[str]] = {}
    for row in plan.placements.sort_values("part").to_dict("records") if len(plan.placements) else ():
        found.setdefault(str(row["project"]), []).append(f"{row['site']} {int(row['start_year'])}")
    return {project: " · ".join(parts) for project, parts in found.items()}


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


def arrows(moves: Iterable[Move], a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return who moved as lines from where to where; who came or went has none.

    Parameters
    ----------
    moves : iterable of Move
    a, b : GeoDataFrame
        Where the parts of both plans stand: ``project`` and geometry.

    Returns
    -------
    GeoDataFrame
        ``project``, ``name``, ``a``, ``b``, ``by``, ``place``; from the middle of all a project has to that of all it
        gets.
    """
    middles = [
        {str(project): shapely.union_all(of.geometry.to_numpy()).centroid for project, of in side.groupby("project")}
        for side in (a, b)
    ]
    moved = [move for move in moves if all(move.project in middle for middle in middles)]
    lines = [shapely.LineString([middle[move.project] for middle in middles]) for move in moved]
    columns = ("project", "name", "a", "b", "by", "place")
    told = {column: [getattr(move, column) for move in moved] for column in columns}
    return gpd.GeoDataFrame(told, geometry=lines, crs=a.crs)

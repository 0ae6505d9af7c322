"""Tiny cases: written by hand, or drawn at random with all rules mixed; and every plan of one, tried in turn.

The brute force here is the judge of the engine, so it shares nothing with the model: it walks over the rows of the
tables and adds up what they say.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from hypothesis import strategies as st

from planner.case import RULES, Case

Option = tuple[str, str, int, float]
"""Part ("P/a"), site, start year, points."""
Use = tuple[int, str, str, float]
Limit = tuple[str, str, float | None, float]
"""Kind, key, at most, points of opening it."""


def case(
    options: Iterable[Option],
    uses: Iterable[Use] = (),
    limits: Iterable[Limit] = (),
    *,
    must_place: Iterable[str] = (),
    rules: Iterable[str] = RULES,
    more_parts: Iterable[str] = (),
) -> Case:
    """Return a case of these rows; `more_parts` are parts that have no option."""
    rows = list(options)
    frame = pd.DataFrame(rows, columns=["part", "site", "start_year", "given"]).astype({"given": float})
    frame["project"] = [str(part).split("/", maxsplit=1)[0] for part in frame["part"]]
    names = sorted({*frame["part"], *more_parts})
    parts = pd.DataFrame(
        {"project": [name.split("/", maxsplit=1)[0] for name in names]},
        index=pd.Index(names, name="part", dtype=object),
    )
    return Case.from_tables(
        frame,
        pd.DataFrame(list(uses), columns=["option", "kind", "key", "amount"]).astype({"amount": float}),
        pd.DataFrame(list(limits), columns=["kind", "key", "at_most", "opening_points"]).astype({"at_most": float}),
        parts=parts,
        must_place=must_place,
        rules=frozenset(rules),
    )


@dataclass(frozen=True)
class Tables:
    """A tiny case as plain rows, so that a law can change one thing in it."""

    options: tuple[Option, ...]
    uses: tuple[Use, ...]
    limits: tuple[Limit, ...]
    must_place: tuple[str, ...] = ()
    rules: tuple[str, ...] = RULES
    more_parts: tuple[str, ...] = ()

    def case(self) -> Case:
        """Return the case of these tables."""
        return case(
            self.options,
            self.uses,
            self.limits,
            must_place=self.must_place,
            rules=self.rules,
            more_parts=self.more_parts,
        )


FLOORS = ("B1-F01", "B1-F02", "B2-F01")
PARCELS = ("J1", "J2", "J3")
YEARS = (2026, 2027, 2028)
PLANNED = "B2"


@st.composite
def tables(draw: st.DrawFn, *, whole_points: bool = True, must: bool = True) -> Tables:
    """Draw a tiny case: projects of 1–3 parts on plots that share parcels and on floors, power by year, openings."""
    number = st.integers(1, 9) if whole_points else st.floats(0.1, 9, allow_nan=False).map(lambda x: round(x, 3))
    options: list[Option] = []
    uses: list[Use] = []
    projects = [f"P{k}" for k in range(draw(st.integers(1, 4)))]
    for project in projects:
        for part in [f"{project}/{name}" for name in "abc"[: draw(st.sampled_from((1, 1, 2, 3)))]]:
            for _ in range(draw(st.integers(1, 2))):
                option = len(options)
                start = draw(st.sampled_from(YEARS))
                points = draw(number) - (draw(st.integers(0, 3)) if draw(st.booleans()) else 0)
                if draw(st.booleans()):
                    members = sorted(draw(st.sets(st.sampled_from(PARCELS), min_size=1, max_size=2)))
                    uses += [(option, "parcel", parcel, 1000.0) for parcel in members]
                    site = "+".join(members)
                else:
                    floors = draw(st.sampled_from((("B1-F01",), ("B1-F02",), FLOORS[:2], ("B2-F01",))))
                    uses += [(option, "floor", floor, draw(st.integers(1, 6))) for floor in floors]
                    if floors[0].startswith(PLANNED):
                        uses.append((option, "building", PLANNED, 1.0))
                    site = ":".join(floors)
                if draw(st.booleans()):
                    kva = draw(st.integers(1, 5))
                    uses += [(option, "power", f"K {year}", kva) for year in YEARS if year >= start]
                options.append((part, f"{site} #{option}", start, float(points)))
    limits: list[Limit] = [("parcel", parcel, 1000.0, 0.0) for parcel in PARCELS]
    limits += [("floor", floor, float(draw(st.integers(3, 9))), 0.0) for floor in FLOORS]
    level = 0
    for year in YEARS:
        level += draw(st.integers(0, 5))
        limits.append(("power", f"K {year}", float(level), 0.0))
    if draw(st.booleans()):
        limits.append(("building", PLANNED, None, float(draw(st.integers(1, 5)))))
    else:
        uses = [use for use in uses if use[1] != "building"]
    wanted = projects[: draw(st.sampled_from((0, 0, 1, 2, 4)))] if must else []
    hopeless = ("P0/z",) if draw(st.integers(0, 9)) == 0 else ()
    return Tables(tuple(options), tuple(uses), tuple(limits), tuple(wanted), RULES, hopeless)


@dataclass(frozen=True)
class Best:
    """The best plans of a case: their score, and the options of one of them."""

    score: float
    chosen: tuple[int, ...]


def best_plan(posed: Case) -> Best | None:
    """Return the best of all plans, tried one by one; None where none keeps the rules. All rules must be on."""
    assert posed.rules == set(RULES)
    points = posed.points()
    of_part: dict[str, list[int]] = {str(part): [] for part in posed.parts.index}
    for option, part in enumerate(posed.options["part"]):
        of_part[str(part)].append(option)
    uses: defaultdict[int, list[tuple[tuple[str, str], float]]] = defaultdict(list)
    for option, kind, key, amount in posed.uses.itertuples(index=False):
        uses[int(option)].append(((kind, key), 1.0 if kind == "parcel" else float(amount)))
    most = {(row.kind, row.key): 1.0 if row.kind == "parcel" else row.at_most for row in posed.limits.itertuples()}
    opening = {(row.kind, row.key): row.opening_points for row in posed.limits.itertuples() if row.opening_points}
    best: Best | None = None
    used: defaultdict[tuple[str, str], float] = defaultdict(float)

    def walk(ways: list[list[tuple[int, ...]]], chosen: tuple[int, ...]) -> None:
        """Try every way to place the next project; uses only grow, so what is too much stays too much."""
        nonlocal best
        if any(total > most[key] + 1e-9 for key, total in used.items() if key[0] != "building"):
            return
        if not ways:
            opened = sum(cost for key, cost in opening.items() if used.get(key))
            score = float(sum(points[option] for option in chosen) - opened)
            if best is None or score > best.score:
                best = Best(score, tuple(sorted(chosen)))
            return
        for way in ways[0]:
            taken = [use for option in way for use in uses[option]]
            for key, amount in taken:
                used[key] += amount
            walk(ways[1:], chosen + way)
            for key, amount in taken:
                used[key] -= amount

    walk(_ways(posed, of_part), ())
    return best


def _ways(posed: Case, of_part: dict[str, list[int]]) -> list[list[tuple[int, ...]]]:
    """Return for each project every way to place it whole, and not at all unless it must be placed."""
    ways = []
    for project, must in posed.projects["must_place"].items():
        parts = [part for part, of in posed.parts["project"].items() if of == project]
        whole = [tuple(way) for way in itertools.product(*(of_part[str(part)] for part in parts))]
        ways.append(whole if must else [(), *whole])
    return ways

"""What an audit knows before it judges: what each placement really stands on.

Parks, usable land and free floors come from the ground as measured again. Of the plan only who, where, from when and
how much is taken at its word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from planner.audit.changes import (
    Around,
    Places,
    around_of,
    asked_after,
    changed,
    confined,
    excluded,
    home,
    reserved_blocks,
)
from planner.audit.ground import (
    Ground,
    Record,
    drawn,
    given,
    ground_of,
    listed,
    number,
    rows,
    under,
    usable_pieces,
    yes,
    zones,
)
from planner.audit.needs import Needs, needs_of
from planner.plan import Plan
from planner.projects import Projects
from planner.scenario import Scenario
from planner.territory import Territory

CUT_SLACK_M2 = 1.0
"""What the area of a cut may be off by."""
DRAWN = ("industrial_line", "protective_distance", "metro_distance")
"""Tests of local fit that measure how a place lies to restrictions as drawn."""


class Check(NamedTuple):
    """One thing asked, what was found, whether it was kept, and by how much it was missed; figures as text."""

    asked: str
    found: str
    unit: str
    kept: bool
    missed: float = 0.0


class Finding(NamedTuple):
    """A check with the key it was made for: a part, a parcel, a floor, a park and year."""

    key: str
    asked: str
    found: str
    unit: str
    kept: bool
    missed: float = 0.0


def finding(key: str, check: Check) -> Finding:
    """Return a check with its key."""
    return Finding(key, *check)


def figure(value: float | None) -> str:
    """Return a number as printed in findings.

    Examples
    --------
    >>> figure(26000.0), figure(6.5), figure(1712.3456789), figure(None)
    ('26000', '6.5', '1712.345679', '')
    """
    return "" if value is None else f"{round(value, 6):.15g}"


def worst(checks: Iterable[Check]) -> Check | None:
    """Return the first check that failed, else the first; None of none."""
    made = list(checks)
    return next((check for check in made if not check.kept), made[0] if made else None)


def portion(m2: float, land: BaseGeometry) -> float:
    """Return which share of some land an area is; all of it where there is none.

    Examples
    --------
    >>> portion(25.0, shapely.box(0, 0, 10, 10)), portion(0.0, shapely.Polygon())
    (0.25, 1.0)
    """
    return m2 / land.area if land.area else 1.0


# What was placed


@dataclass(frozen=True)
class Placed:
    """One row of the plan's placements, on the ground.

    Attributes
    ----------
    needs : Needs
    start_year : int
    places : tuple of str
        Parcels or floors, as the placement lists them.
    parcels, floors : dict of str to Record
        Those of them that are parcels, and floors.
    buildings : dict of str to Record
        Buildings of the floors.
    parks : tuple of str
        Home parks of the places, each once; more than one is a fault of the site.
    usable : dict of str to geometry
        Usable land of each parcel.
    cut : geometry or None
        The piece cut for this part, where the plan says so.
    held_m2 : dict of str to float
        Land held of each parcel: its usable land, the piece cut from it, or a joint share.
    share : float
        Of its part; 1 but for a divisible one.
    taken_m2 : mapping of str to float
        What the plan's uses take for this part, by place; of a share what all of it would take there.
    row : Record
        The placement as the plan has it.
    """

    needs: Needs
    start_year: int
    places: tuple[str, ...]
    parcels: dict[str, Record]
    floors: dict[str, Record]
    buildings: dict[str, Record]
    parks: tuple[str, ...]
    usable: dict[str, BaseGeometry]
    cut: BaseGeometry | None
    held_m2: dict[str, float]
    share: float
    taken_m2: Mapping[str, float]
    row: Record

    @property
    def park(self) -> str:
        """The home park of the site; of its first place where there are several."""
        return self.parks[0] if self.parks else ""

    @property
    def land(self) -> list[BaseGeometry]:
        """Land of the plot: the piece cut for it, else the usable land of its parcels."""
        return list(self.usable.values()) if self.cut is None else [self.cut]

    @property
    def usable_m2(self) -> float:
        """Usable land of the plot (m²)."""
        return float(sum(self.held_m2.values()))


@dataclass(frozen=True)
class Facts:
    """All an audit measures by.

    Attributes
    ----------
    plan : Plan
    scenario : Scenario
    ground : Ground
        The layers as changed.
    around : dict of str to tuple of str
        Parks around every parcel and floor, its home first.
    asked : Projects
    needs : dict of str to Needs
        By part.
    placed : tuple of Placed
        Placements of parts somebody asked for.
    strangers : tuple of str
        Parts placed that nobody asked for.
    forbidden, no_wet_process : tuple of geometry
        Land where nothing is built, and where wet processes are kept out.
    near : mapping of str to tuple of geometry
        Restrictions as drawn, by the test of local fit that asks about them.
    surfaces : tuple of (geometry, Record)
        Surfaces that limit heights: where each holds, and the restriction it is.
    reserved : tuple of (frozenset of str, str)
        Parcels kept back, and the tier they are kept for.
    banned, confined : dict of str to frozenset of str
        By part, places it must not take, and the only places it may take; a part named in neither is in neither.
    normalisers : mapping of str to float
        What each goal is divided by.
    earlier : mapping of str to frozenset of str
        Places an earlier plan has each part on.
    """

    plan: Plan
    scenario: Scenario
    ground: Ground
    around: Around
    asked: Projects
    needs: dict[str, Needs]
    placed: tuple[Placed, ...]
    strangers: tuple[str, ...]
    forbidden: tuple[BaseGeometry, ...]
    no_wet_process: tuple[BaseGeometry, ...]
    near: Mapping[str, tuple[BaseGeometry, ...]]
    surfaces: tuple[tuple[BaseGeometry, Record], ...]
    reserved: tuple[tuple[Places, str], ...]
    banned: dict[str, Places]
    confined: dict[str, Places]
    normalisers: Mapping[str, float]
    earlier: Mapping[str, frozenset[str]]


def gather(
    plan: Plan,
    scenario: Scenario,
    territory: Territory,
    asked: Projects,
    normalisers: Mapping[str, float],
    earlier: Mapping[str, frozenset[str]],
) -> Facts:
    """Return all an audit measures by, from the layers, the projects as asked and the scenario."""
    ground = changed(ground_of(territory), scenario.changes)
    asked = asked_after(asked, scenario.changes)
    around = around_of(ground)
    needs = needs_of(asked, ground.tables, scenario.years)
    parts = {part: need.project for part, need in needs.items()}
    forbidden = tuple(zones(ground, "forbids"))
    return Facts(
        plan=plan,
        scenario=scenario,
        ground=ground,
        around=around,
        asked=asked,
        needs=needs,
        placed=placed_on(ground, around, needs, plan, scenario.sites.joint, forbidden),
        strangers=tuple(row["part"] for row in rows(plan.placements) if row["part"] not in needs),
        forbidden=forbidden,
        no_wet_process=tuple(zones(ground, "no_wet_process")),
        near={test: tuple(drawn(ground, test)) for test in DRAWN},
        surfaces=tuple(under(ground, "height")),
        reserved=reserved_blocks(ground, around, scenario, forbidden),
        banned=excluded(ground, around, scenario, parts),
        confined=confined(ground, around, scenario, parts),
        normalisers=normalisers,
        earlier=earlier,
    )


def _held_m2(land: BaseGeometry, cut: BaseGeometry | None, asked_m2: float | None) -> float:
    """Return the land held of a parcel; a piece as large as asked, measuring aside, counts as what was asked."""
    if cut is None:
        return float(land.area)
    found_m2 = float(land.intersection(cut).area)
    return asked_m2 if asked_m2 is not None and abs(found_m2 - asked_m2) <= CUT_SLACK_M2 else found_m2


def placed_on(
    ground: Ground,
    around: Around,
    needs: Mapping[str, Needs],
    plan: Plan,
    joint: bool,
    forbidden: Sequence[BaseGeometry],
) -> tuple[Placed, ...]:
    """Return the placements of the plan on the ground, those of parts that nobody asked for aside.

    Where joint taking is asked for, of a parcel open to it a part holds what the plan says.
    """
    placements = [row for row in rows(plan.placements) if row["part"] in needs]
    taken: dict[str, dict[str, float]] = {}
    for use in rows(plan.uses):
        of_part = taken.setdefault(use["part"], {})
        of_part[use["place"]] = of_part.get(use["place"], 0.0) + float(use["amount_m2"])
    listing = Counter((row["part"], place) for row in placements for place in listed(row["places"]))
    named = {place for _, place in listing}
    usable = usable_pieces(ground, sorted(named & ground.parcels.keys()), forbidden)
    found = []
    for row in placements:
        places = listed(row["places"])
        parcels = {place: ground.parcels[place] for place in places if place in ground.parcels}
        floors = {place: ground.floors[place] for place in places if place in ground.floors}
        cut = shapely.from_wkt(row["cut"]) if given(row.get("cut")) else None
        share = number(row.get("share", 1.0)) or 0.0
        takes = {place: m2 / max(listing[row["part"], place], 1) for place, m2 in taken.get(row["part"], {}).items()}
        if share < 1.0:  # the part has other shares elsewhere
            takes = {place: m2 / share for place, m2 in takes.items() if share and place in places}
        held = {parcel: _held_m2(usable[parcel], cut, needs[row["part"]].land_m2) for parcel in parcels}
        for parcel in parcels:
            if joint and cut is None and yes(parcels[parcel]["joint"]):
                held[parcel] = min(held[parcel], takes.get(parcel, 0.0))
        found.append(
            Placed(
                needs=needs[row["part"]],
                start_year=int(row["start_year"]),
                places=places,
                parcels=parcels,
                floors=floors,
                buildings={floor["building_id"]: ground.buildings[floor["building_id"]] for floor in floors.values()},
                parks=tuple(dict.fromkeys(home(around, place) for place in (*parcels, *floors))),
                usable={parcel: usable[parcel] for parcel in parcels},
                cut=cut,
                held_m2=held,
                share=share,
                taken_m2=takes,
                row=row,
            )
        )
    return tuple(found)

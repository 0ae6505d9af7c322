"""Every test of local fit, measured again on each placement: what the part asks, what its place really offers.

A test is a function from the facts and one placement to the checks it makes; none where the test does not concern
that kind of site or the need is not given. Scalar arithmetic throughout, one placement at a time: it is read more
often than it is run. It knows nothing of rules that couple placements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from planner.audit.changes import on_offer
from planner.audit.facts import Check, Facts, Placed, figure
from planner.audit.ground import SERVICES_M, given, lowest_over, number, yes
from planner.territory import ON_OFFER

AREA_SLACK_M2 = 0.01
"""Two ways of measuring one area may differ by this much (m²)."""
SLACK = 1e-9
"""Relative, for sums of decimal numbers."""
NONE = "∅"
HIGHEST_FLOOR = {"G": 1.0, "L": 3.0, "U": math.inf}

Checks = Iterator[Check]


def at_least(need: float, offer: float, unit: str, slack: float = 0.0) -> Check:
    """Return the check that a place offers what is needed.

    Examples
    --------
    >>> at_least(6.5, 5.0, "kN/m²")
    Check(asked='≥ 6.5', found='5', unit='kN/m²', kept=False, missed=1.5)
    """
    kept = offer >= need - slack - SLACK * abs(need)
    return Check(f"≥ {figure(need)}", figure(offer), unit, kept, 0.0 if kept else need - offer)


def at_most(limit: float, found: float, unit: str, slack: float = 0.0) -> Check:
    """Return the check that no more is taken than the place allows.

    Examples
    --------
    >>> at_most(24.0, 24.0, "m").kept
    True
    """
    kept = found <= limit + slack + SLACK * abs(limit)
    return Check(f"≤ {figure(limit)}", figure(found), unit, kept, 0.0 if kept else found - limit)


def equal(asked: object, found: object, unit: str = "") -> Check:
    """Return the check that two things are the same."""
    return Check(f"= {asked}", str(found), unit, asked == found)


def none_of(found: list[str]) -> Check:
    """Return the check that there is nothing of the kind."""
    return Check(NONE, ";".join(found) or NONE, "", not found)


def one_of(allowed: tuple[str, ...], found: set[str], unit: str = "") -> Check:
    """Return the check that everything found is allowed."""
    return Check(";".join(allowed), ";".join(sorted(found)), unit, found <= set(allowed))


def available(facts: Facts, placed: Placed) -> Checks:
    """Ask that parcels are free or in preparation, with the year they come free, and that of a floor something is."""
    for parcel in placed.parcels.values():
        state = str(parcel["state"]) + ("" if given(parcel["ready_year"]) else " (ready_year ?)")
        yield Check(";".join(ON_OFFER), state, "", on_offer(parcel))
    for floor in placed.floors.values():
        yield Check("> 0", figure(floor["free_m2"]), "m²", floor["free_m2"] > 0)


def site_kind(facts: Facts, placed: Placed) -> Checks:
    """Ask that a part on land takes an own plot (P), and a part on floors some floor (G, L or U)."""
    accepts = placed.needs.accepts
    if placed.parcels:
        yield Check(";".join(accepts), "P", "", "P" in accepts)
    if placed.floors:
        yield Check(";".join(accepts), "G;L;U", "", any(kind in accepts for kind in HIGHEST_FLOOR))


def zoned(facts: Facts, placed: Placed) -> Checks:
    """Ask that the land class takes the part; a building whose class is not given passes."""
    allowed = placed.needs.land_classes
    for place in (*placed.parcels.values(), *placed.buildings.values()):
        if allowed and given(place["land_class"]):
            yield one_of(allowed, {str(place["land_class"])})


def restrictions(facts: Facts, placed: Placed) -> Checks:
    """Ask that something usable is left of every parcel once forbidden land is cut away."""
    for piece in placed.usable.values():
        yield Check("> 0", figure(piece.area), "m²", piece.area > 0)


def area_window(facts: Facts, placed: Placed) -> Checks:
    """Ask that a plot is neither smaller nor larger than wanted; floors hold the floor space, no share too small."""
    needs = placed.needs
    if placed.parcels and needs.land_m2 is not None and needs.land_max_m2 is not None:
        yield at_least(needs.land_m2, placed.usable_m2, "m²", AREA_SLACK_M2)
        yield at_most(needs.land_max_m2, placed.usable_m2, "m²", AREA_SLACK_M2)
    if placed.floors and needs.gfa_m2 is not None:
        free_m2 = sum(floor["free_m2"] for floor in placed.floors.values())
        yield at_least(needs.gfa_m2, free_m2, "m²", AREA_SLACK_M2)
    for name, floor in placed.floors.items():
        taken_m2 = placed.taken_m2.get(name, 0.0)
        if given(floor["unit_min_m2"]) and taken_m2 < floor["area_m2"] - AREA_SLACK_M2:
            yield at_least(float(floor["unit_min_m2"]), taken_m2, "m²", AREA_SLACK_M2)


def far_volume(facts: Facts, placed: Placed) -> Checks:
    """Ask that the floor space fits the plot: gfa ≤ Σ usable land × FAR limit."""
    gfa_m2 = placed.needs.gfa_m2
    allowed_m2 = over_parcels(placed, "far_max")
    if gfa_m2 is not None and allowed_m2 is not None:
        yield at_most(allowed_m2, gfa_m2, "m²", AREA_SLACK_M2)


def height(facts: Facts, placed: Placed) -> Checks:
    """Ask that the storeys the floor space takes stay below the height limit of parcels and of surfaces over them.

    storeys = gfa ÷ (Σ usable land × coverage limit), rounded up; each is the clear height asked and 0.8 m of services.
    """
    gfa_m2, clear_m = placed.needs.gfa_m2, placed.needs.clear_height_m
    footprint_m2 = over_parcels(placed, "coverage_max")
    limits_m = [number(parcel["height_limit_m"]) for parcel in placed.parcels.values()]
    limits_m += [lowest_over(land, facts.surfaces) for land in placed.usable.values()]
    limit_m = min((limit for limit in limits_m if limit is not None), default=None)
    if gfa_m2 is None or clear_m is None or limit_m is None or not footprint_m2:
        return
    storeys = math.ceil(gfa_m2 / footprint_m2 - SLACK)
    yield at_most(limit_m, storeys * (clear_m + SERVICES_M), "m")


def floor_load(facts: Facts, placed: Placed) -> Checks:
    """Ask that every floor bears the load."""
    if placed.needs.load_kn_m2 is not None:
        for floor in placed.floors.values():
            yield at_least(placed.needs.load_kn_m2, float(floor["load_kn_m2"]), "kN/m²")


def clear_height(facts: Facts, placed: Placed) -> Checks:
    """Ask that every floor is high enough; a clear height that is not given is the storey less 0.8 m."""
    for floor in placed.floors.values():
        storey_m = number(floor["storey_height_m"])
        clear_m = number(floor["clear_height_m"])
        if clear_m is None and storey_m is not None:
            clear_m = storey_m - SERVICES_M
        if clear_m is not None and placed.needs.clear_height_m is not None:
            yield at_least(placed.needs.clear_height_m, clear_m, "m")


def ground_floor(facts: Facts, placed: Placed) -> Checks:
    """Ask that no floor is higher up than the part goes: G the ground floor, L up to the third, U any."""
    highest = max((HIGHEST_FLOOR.get(kind, 0.0) for kind in placed.needs.accepts), default=0.0)
    for floor in placed.floors.values():
        number_of_floor = float(floor["floor"])
        asked = "≤ " + (figure(highest) if highest < math.inf else "∞")
        yield Check(asked, figure(number_of_floor), "", number_of_floor <= highest)


def fire_class(facts: Facts, placed: Placed) -> Checks:
    """Ask that the process is no more dangerous than the building was designed for; 甲 and 乙 never go upstairs."""
    asked = placed.needs.fire_class
    table = facts.ground.tables["fire_classes"]
    severity = {str(c): float(s) for c, s in zip(table["fire_class"], table["severity"], strict=True)}
    upstairs = {str(c): yes(u) for c, u in zip(table["fire_class"], table["upstairs"], strict=True)}
    if not asked:
        return
    for building in placed.buildings.values():
        designed = str(building["production_class"]) if given(building["production_class"]) else ""
        kept = upstairs[asked] and (not designed or severity[asked] <= severity[designed])
        yield Check(asked, designed, "", kept)


def wet_process(facts: Facts, placed: Placed) -> Checks:
    """Ask that a wet process is in a park that takes them, and where no restriction keeps them out."""
    if not placed.needs.wet_process:
        return
    takes = yes(facts.ground.parks[placed.park]["wet_process"]) if placed.park in facts.ground.parks else False
    yield Check("yes", "yes" if takes else "no", "", takes)
    keeps_out = facts.no_wet_process
    for place in (*placed.parcels.values(), *placed.buildings.values()):
        touching = sum(zone.intersects(place["geometry"]) for zone in keeps_out)
        yield at_most(0, touching, "")


def wanted_years(facts: Facts, placed: Placed) -> Checks:
    """Ask that a start is within the years wanted and the horizon."""
    first, last, start = placed.needs.first, placed.needs.last, placed.start_year
    yield Check(f"{first} … {last}", str(start), "", first <= start <= last)


def ready_year(facts: Facts, placed: Placed) -> Checks:
    """Ask that a start on land is not before each of its parcels is ready."""
    for parcel in placed.parcels.values():
        if given(parcel["ready_year"]):
            yield at_least(int(parcel["ready_year"]), placed.start_year, "")


def delivery_year(facts: Facts, placed: Placed) -> Checks:
    """Ask that a start on floors is not before the building is delivered; one whose year is not given is there."""
    for building in placed.buildings.values():
        if given(building["delivery_year"]):
            yield at_least(int(building["delivery_year"]), placed.start_year, "")


def reserved(facts: Facts, placed: Placed) -> Checks:
    """Ask that land kept for one tier is not given to another."""
    for block, tier in facts.reserved:
        if not block.isdisjoint(placed.places):
            yield Check(tier, placed.needs.tier, "", placed.needs.tier == tier)


def banned(facts: Facts, placed: Placed) -> Checks:
    """Ask that no place is one the scenario excludes for the part or its project."""
    if (never := facts.banned.get(placed.needs.part)) is not None:
        yield none_of([place for place in placed.places if place in never])


def locked_elsewhere(facts: Facts, placed: Placed) -> Checks:
    """Ask that every place is one that the locks and ``only`` of the part or its project name, if any do."""
    if (allowed := facts.confined.get(placed.needs.part)) is not None:
        yield none_of([place for place in placed.places if place not in allowed])


def over_parcels(placed: Placed, ratio: str) -> float | None:
    """Return Σ land held × a ratio of each parcel (m²); None without parcels or where one does not give it."""
    ratios = {name: number(parcel[ratio]) for name, parcel in placed.parcels.items()}
    if not ratios or None in ratios.values():
        return None
    return sum(placed.held_m2[name] * value for name, value in ratios.items() if value is not None)


TESTS: Mapping[str, Callable[[Facts, Placed], Checks]] = {
    test.__name__: test
    for test in (
        available,
        site_kind,
        zoned,
        restrictions,
        area_window,
        far_volume,
        height,
        floor_load,
        clear_height,
        ground_floor,
        fire_class,
        wet_process,
        wanted_years,
        ready_year,
        delivery_year,
        reserved,
        banned,
        locked_elsewhere,
    )
}
"""Every test of local fit, by the name a refusal bears."""

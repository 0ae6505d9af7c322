"""Every test of local fit, measured again on each placement: what the part asks, what its place really offers.

A test is a function from the facts and one placement to the checks it makes; none where the test does not concern
that kind of site or the need is not given. Scalar arithmetic throughout, one placement at a time: it is read more
often than it is run. It knows nothing of rules that couple placements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import shapely
from shapely.geometry.base import BaseGeometry

from planner.audit.changes import on_offer
from planner.audit.facts import Check, Facts, Placed, figure, portion
from planner.audit.ground import SERVICES_M, Record, given, listed, lowest_over, nearest_m, number, yes
from planner.audit.thresholds import per_ha
from planner.territory import ON_OFFER

AREA_SLACK_M2 = 0.01
"""Two ways of measuring one area may differ by this much (m²)."""
SHARED_M2 = 1.0
"""Land and a restriction that share no more than this (m²) do not meet."""
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
    """Ask that something usable is left of every parcel once forbidden land is cut away, and no building is on any."""
    for piece in placed.usable.values():
        yield Check("> 0", figure(piece.area), "m²", piece.area > 0)
    for building in placed.buildings.values():
        shape = building["geometry"]
        under = [zone.intersection(shape) for zone in facts.forbidden if zone.intersects(shape)]
        reached = [part for part in under if part.area > SHARED_M2 or shape.area == 0]
        yield at_most(0, len(reached), "")


def industrial_line(facts: Facts, placed: Placed) -> Checks:
    """Ask that industry is inside the industrial line by half at least, where the territory has such a line."""
    lines = [line for line in facts.near["industrial_line"] if line.area > 0]
    if not lines:
        return
    kinds = [row for row in facts.ground.tables["restriction_kinds"] if row["test"] == "industrial_line"]
    inside = {land_class for row in kinds for land_class in listed(row["land_classes"])}
    if inside.isdisjoint(placed.needs.land_classes):
        return
    for land in standing(placed):
        pieces = [line.intersection(land) for line in lines if line.intersects(land)]
        within_m2 = shapely.union_all(pieces).area
        yield at_least(0.5, within_m2 / land.area if land.area else float(bool(pieces)), "")


def protective_distance(facts: Facts, placed: Placed) -> Checks:
    """Ask that schools, hospitals and housing are as far away as the process needs."""
    yield from far_from(facts.near["protective_distance"], placed, placed.needs.protective_distance_m)


def metro_distance(facts: Facts, placed: Placed) -> Checks:
    """Ask that metro lines are as far away as the vibration class needs."""
    yield from far_from(facts.near["metro_distance"], placed, vibration(facts, placed.needs.vibration_class)[1])


def area_window(facts: Facts, placed: Placed) -> Checks:
    """Ask that a plot is neither smaller nor larger than wanted; floors hold the floor space, no share too small."""
    needs = placed.needs
    if placed.parcels and needs.land_m2 is not None and needs.land_max_m2 is not None:
        yield at_least(needs.land_m2, placed.usable_m2, "m²", AREA_SLACK_M2)
        yield at_most(needs.land_max_m2, placed.usable_m2, "m²", AREA_SLACK_M2)
    by_net = facts.scenario.tests.net_need and needs.net_m2 is not None
    if placed.floors and needs.gfa_m2 is not None and not by_net:
        free_m2 = sum(floor["free_m2"] for floor in placed.floors.values())
        yield at_least(needs.gfa_m2, free_m2, "m²", AREA_SLACK_M2)
    for name, floor in placed.floors.items():
        taken_m2 = placed.taken_m2.get(name, 0.0)
        if given(floor["unit_min_m2"]) and taken_m2 < floor["area_m2"] - AREA_SLACK_M2:
            yield at_least(float(floor["unit_min_m2"]), taken_m2, "m²", AREA_SLACK_M2)


def net_need(facts: Facts, placed: Placed) -> Checks:
    """Ask that what is free of the floors, of each its usable ratio, comes to the net need."""
    if placed.floors and placed.needs.net_m2 is not None:
        net_m2 = sum(floor["free_m2"] * usable_ratio(placed, floor) for floor in placed.floors.values())
        yield at_least(placed.needs.net_m2, net_m2, "m²", AREA_SLACK_M2)


def usable_ratio(placed: Placed, floor: Record) -> float:
    """Return what share of a floor is net: its own figure, else the usual one of the part; 0 without either."""
    own = number(floor["usable_ratio"])
    return (placed.needs.usable_ratio or 0.0) if own is None else own


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


def column_grid(facts: Facts, placed: Placed) -> Checks:
    """Ask that columns stand far enough apart on every floor."""
    for floor in placed.floors.values():
        yield from given_at_least(placed.needs.column_grid_m, number(floor["column_grid_m"]), "m")


def vibration_class(facts: Facts, placed: Placed) -> Checks:
    """Ask that no floor shakes more than the process bears; a class not given is what its band of floors reaches."""
    need_um_s, _ = vibration(facts, placed.needs.vibration_class)
    if need_um_s is None:
        return
    for floor in placed.floors.values():
        name = str(floor["vibration_class"] or "")
        for band in facts.ground.tables["floor_bands"]:
            if not name and band["floor_from"] <= floor["floor"] <= band["floor_to"]:
                name = str(band["vibration_class"])
        found_um_s, _ = vibration(facts, name)
        if found_um_s is not None:
            yield Check(placed.needs.vibration_class, name, "", found_um_s <= need_um_s)


def goods_lift(facts: Facts, placed: Placed) -> Checks:
    """Ask that a goods lift carries the heaviest piece to every floor above the first."""
    for floor in placed.floors.values():
        building = placed.buildings[floor["building_id"]]
        none = given(building["lift_count"]) and building["lift_count"] == 0
        if floor["floor"] > 1:
            yield from given_at_least(placed.needs.lift_piece_t, 0.0 if none else number(building["lift_t"]), "t")


def site_power(facts: Facts, placed: Placed) -> Checks:
    """Ask that the land held of parcels has the power, where each parcel gives it: of a piece its share."""
    powers = {name: number(parcel["power_kva"]) for name, parcel in placed.parcels.items()}
    if powers and None not in powers.values():
        held = {name: portion(placed.held_m2[name], placed.usable[name]) for name in powers}
        offer = sum(kva * held[name] for name, kva in powers.items() if kva is not None)
        yield from given_at_least(placed.needs.power_kva, offer, "kVA")


def rent_ceiling(facts: Facts, placed: Placed) -> Checks:
    """Ask that no rent is above what the part pays at most."""
    most = placed.needs.rent_max_cny_m2_month
    for building in placed.buildings.values():
        rent = number(building["rent_cny_m2_month"])
        if most is not None and rent is not None:
            yield at_most(most, rent, "元/m²·月")


def investment_per_ha(facts: Facts, placed: Placed) -> Checks:
    """Ask that the project's investment comes to the park's threshold on every hectare of the plot."""
    yield from given_at_least(*per_ha(facts, placed, "investment_yi"), "亿元/ha")


def output_per_ha(facts: Facts, placed: Placed) -> Checks:
    """Ask that the project's yearly output comes to the park's threshold on every hectare of the plot."""
    yield from given_at_least(*per_ha(facts, placed, "output_yi"), "亿元/ha")


def tax_per_ha(facts: Facts, placed: Placed) -> Checks:
    """Ask that the project's yearly tax comes to the park's threshold on every hectare of the plot."""
    yield from given_at_least(*per_ha(facts, placed, "tax_yi"), "亿元/ha")


def fire_class(facts: Facts, placed: Placed) -> Checks:
    """Ask that the process is no more dangerous than the building was designed for; 甲 and 乙 never go upstairs."""
    asked = placed.needs.fire_class
    table = facts.ground.tables["fire_classes"]
    severity = {str(row["fire_class"]): float(row["severity"]) for row in table}
    upstairs = {str(row["fire_class"]): yes(row["upstairs"]) for row in table}
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


def standing(placed: Placed) -> list[BaseGeometry]:
    """Return what a placement stands on: the usable land of its parcels, the footprints of its buildings."""
    return [*placed.usable.values(), *(building["geometry"] for building in placed.buildings.values())]


def far_from(shapes: Iterable[BaseGeometry], placed: Placed, need_m: float | None) -> Checks:
    """Ask that every place is at least so far from the nearest of some shapes."""
    if need_m is not None:
        for land in standing(placed):
            yield from given_at_least(need_m, None if land.is_empty else nearest_m(land, shapes), "m")


def given_at_least(need: float | None, offer: float | None, unit: str) -> Checks:
    """Ask that a place offers what is needed, where both are given."""
    if need is not None and offer is not None:
        yield at_least(need, offer, unit)


def vibration(facts: Facts, name: str) -> tuple[float | None, float | None]:
    """Return what a vibration class bears (µm/s) and its distance from metro lines (m); None where it says nothing."""
    for row in facts.ground.tables["vibration_classes"] if name else ():
        if row["vibration_class"] == name:
            return number(row["velocity_um_s"]), number(row["metro_distance_m"])
    return None, None


def over_parcels(placed: Placed, ratio: str) -> float | None:
    """Return Σ land held × a ratio of each parcel (m²); None without parcels or where one does not give it."""
    ratios = {name: number(parcel[ratio]) for name, parcel in placed.parcels.items()}
    if not ratios or None in ratios.values():
        return None
    return sum(placed.held_m2[name] * value for name, value in ratios.items() if value is not None)


TESTS: Mapping[str, Callable[[Facts, Placed], Checks]] = {
    test.__name__: test
    for test in (
        available, site_kind, zoned, restrictions, industrial_line, protective_distance, metro_distance,
        area_window, net_need, far_volume, height, floor_load, clear_height, column_grid, ground_floor, fire_class,
        vibration_class, goods_lift, site_power, wet_process, wanted_years, ready_year, delivery_year, rent_ceiling,
        investment_per_ha, output_per_ha, tax_per_ha, reserved, banned, locked_elsewhere,
    )
}  # fmt: skip
"""Every test of local fit, by the name a refusal bears."""

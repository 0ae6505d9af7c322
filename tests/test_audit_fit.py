"""Tests of local fit and sites, measured by the audit on a plan made by hand: what is wrong is named with its figures.

Each test changes one thing in the plan of `audit_bench` and says which figures follow.
"""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
import shapely
from audit_bench import PLACED, WHOLE, Bench, Wrong, bench_in, lonlat, plan_of, question
from small import CRS, parcel_boxes

from planner.audit import measure
from planner.errors import ScenarioError
from planner.projects import Projects


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_in(tmp_path_factory.mktemp("small"))


# Tests of local fit


def test_a_parcel_that_is_not_on_offer(bench: Bench) -> None:
    wrong = bench.moved("P-002/main", "YL", 2026, {"YL-11": WHOLE})
    assert wrong == {("available", "P-002/main"): ("free;in_preparation", "occupied (ready_year ?)")}


def test_places_withdrawn(bench: Bench) -> None:
    """A parcel becomes other use; a floor has nothing left, so 2000 m² are 2000 too many; so has each of a building."""
    wrong = bench.wrong(changes=[{"withdraw": ["YL-01", "B01-F02", "B02"]}])
    assert wrong == {
        ("available", "P-002/main"): ("free;in_preparation", "other_use"),
        ("available", "P-008/research"): ("> 0", "0"),
        ("available", "P-003/main"): ("> 0", "0"),
        ("area_window", "P-008/research"): ("≥ 2000", "0"),
        ("area_window", "P-003/main"): ("≥ 2000", "0"),
        ("floor_not_overfilled", "B01-F02"): ("≤ 0", "2000"),
        ("floor_not_overfilled", "B02-F01"): ("≤ 0", "2000"),
        ("site", "P-008/research"): ("≤ 0", "2000"),
        ("site", "P-003/main"): ("≤ 0", "2000"),
    }


def test_a_plot_project_on_a_floor(bench: Bench) -> None:
    wrong = bench.moved("P-004/main", "YL", 2028, {"B02-F01": 500})
    assert wrong["site_kind", "P-004/main"] == ("P", "G;L;U")
    assert wrong["ground_floor", "P-004/main"] == ("≤ 0", "1")


def test_the_wrong_land_class(bench: Bench) -> None:
    """XQD-09 is M0; A08.2 goes on M1 by its industry's rule."""
    wrong = bench.moved("P-002/main", "XQD", 2028, {"XQD-09": WHOLE})
    assert wrong == {("zoned", "P-002/main"): ("M1", "M0")}


def test_forbidden_land(bench: Bench) -> None:
    """An ecological line over all of YL-01 leaves 0 of 30,000 m²."""
    west, south, east, north = parcel_boxes()["YL-01"]
    around = lonlat((west - 5, south - 5), (east + 5, south - 5), (east + 5, north + 5), (west - 5, north + 5))
    wrong = bench.wrong(changes=[{"restrict": {"polygon": around, "kind": "ecological_line"}}])
    assert wrong["restrictions", "P-002/main"] == ("> 0", "0")
    assert wrong["area_window", "P-002/main"] == ("≥ 30000", "0")


def test_a_corridor_laid_by_the_scenario(bench: Bench) -> None:
    """A strip of 2 × 10 m along the middle of YL-02 (200 m × 150 m) leaves two pieces of 90 m × 150 m = 13,500 m²."""
    west, south, east, north = parcel_boxes()["YL-02"]
    middle = (west + east) / 2
    line = lonlat((middle, south - 50), (middle, north + 20 + 160))
    wrong = bench.wrong(changes=[{"corridor": {"line": line, "half_width_m": 10}}])
    need, offer = wrong["area_window", "P-008/production"]
    assert need == "≥ 30000"
    assert float(offer) == pytest.approx(13_500, abs=0.1)


def test_a_plot_too_small_and_too_large(bench: Bench) -> None:
    """YL-08, cut by the corridor like YL-03, holds 12,000 of 30,000 m²; P-007 takes 15,000 at most, YL-04 has 30,000.

    At FAR 3, 12,000 m² take 36,000 m² of floor space, not 45,000.
    """
    small = bench.moved("P-002/main", "YL", 2028, {"YL-08": 12_000})
    assert small == {
        ("area_window", "P-002/main"): ("≥ 30000", "12000"),
        ("far_volume", "P-002/main"): ("≤ 36000", "45000"),
    }
    large = bench.moved("P-007/main", "YL", 2026, {"YL-04": WHOLE})
    assert large == {("area_window", "P-007/main"): ("≤ 15000", "30000")}


def test_a_share_below_the_least(bench: Bench) -> None:
    """400 m² wanted, 500 the least share of a floor: 500 are to be taken."""
    little = bench.needing("P-014/main", gfa_m2=400.0)
    wrong = bench.wrong(plan_of(PLACED | {"P-014/main": ("XQD", 2027, {"B03-F04": 400})}), little)
    assert wrong == {
        ("area_window", "P-014/main"): ("≥ 500", "400"),
        ("site", "P-014/main"): ("= 500", "400"),
    }
    assert bench.wrong(plan_of(PLACED | {"P-014/main": ("XQD", 2027, {"B03-F04": 500})}), little) == {}


def test_less_net_space_than_is_needed(bench: Bench) -> None:
    """P-014 takes 1,000 of 1,500 m² at 80 %: 800 net would do, 801 want 1.25 m² more, 1,201 more than there is.

    By the usual 65 % 800 are 1,230.77 m².
    """
    enough, short, large = (
        bench.needing("P-014/main", gfa_m2=None, net_m2=net_m2) for net_m2 in (800.0, 801.0, 1201.0)
    )
    assert bench.wrong(asked=enough) == {}
    assert bench.wrong(asked=short) == {("site", "P-014/main"): ("= 1001.25", "1000")}
    assert bench.wrong(asked=large) == {
        ("net_need", "P-014/main"): ("≥ 1201", "1200"),
        ("site", "P-014/main"): ("= 1501.25", "1000"),
    }
    by_part = bench.wrong(asked=enough, tests={"net_need": False})
    assert by_part == {("site", "P-014/main"): ("= 1230.769231", "1000")}


def test_more_floor_space_than_the_plot_may_have(bench: Bench) -> None:
    """FAR 1 on 30,000 m² allows 30,000 of the 45,000 m² wanted."""
    wrong = bench.wrong(changes=[{"set": {"layer": "parcels", "id": "YL-01", "far_max": 1}}])
    assert wrong == {("far_volume", "P-002/main"): ("≤ 30000", "45000")}


def test_higher_than_allowed(bench: Bench) -> None:
    """45,000 m² on half of 30,000 m² are 3 storeys of 6 + 0.8 m: 20.4 m, where 20 m are allowed; 20.4 m would do."""
    limit = {"layer": "parcels", "id": "YL-01", "height_limit_m": "20 m"}
    assert bench.wrong(changes=[{"set": limit}]) == {("height", "P-002/main"): ("≤ 20", "20.4")}
    assert bench.wrong(changes=[{"set": limit | {"height_limit_m": 20.4}}]) == {}


def test_too_heavy_too_low_and_too_high_up(bench: Bench) -> None:
    """P-003 wants 15 kN/m², 6 m, the ground floor and VC-B; B02-F02 has 10, 5.8 − 0.8 = 5, VC-A, and is the second."""
    assert bench.moved("P-003/main", "YL", 2027, {"B02-F02": 2000}) == {
        ("floor_load", "P-003/main"): ("≥ 15", "10"),
        ("clear_height", "P-003/main"): ("≥ 6", "5"),
        ("ground_floor", "P-003/main"): ("≤ 1", "2"),
        ("vibration_class", "P-003/main"): ("VC-B", "VC-A"),
    }


def test_a_process_more_dangerous_than_the_building(bench: Bench) -> None:
    """B01 set to 戊 takes neither P-008's research (丁) nor P-009's production (丙); 甲 goes up nowhere."""
    wrong = bench.wrong(changes=[{"set": {"layer": "buildings", "id": "B01", "production_class": "戊"}}])
    assert wrong == {
        ("fire_class", "P-008/research"): ("丁", "戊"),
        ("fire_class", "P-009/production"): ("丙", "戊"),
    }
    unsaid = [{"set": {"layer": "buildings", "id": "B01", "production_class": None}}]
    assert bench.wrong(changes=unsaid) == {}
    explosive = bench.needing("P-008/research", fire_class="甲")
    assert bench.wrong(asked=explosive, changes=unsaid) == {("fire_class", "P-008/research"): ("甲", "")}


def over(low: tuple[float, float], high: tuple[float, float], kind: str) -> dict[str, object]:
    """Return the change that lays a restriction of a kind over a box."""
    (west, south), (east, north) = low, high
    polygon = lonlat((west, south), (east, south), (east, north), (west, north))
    return {"restrict": {"polygon": polygon, "kind": kind}}


def test_a_building_on_forbidden_land(bench: Bench) -> None:
    """A level 1 water source reaches 20 m into B04: nothing may be there. One that ends at its wall takes nothing."""
    reaches = over((487_120, 2_520_590), (487_300, 2_520_700), "water_source_1")
    assert bench.wrong(changes=[reaches]) == {("restrictions", "P-011/main"): ("≤ 0", "1")}
    assert bench.wrong(changes=[over((487_140, 2_520_590), (487_300, 2_520_700), "water_source_1")]) == {}


def test_outside_the_industrial_line(bench: Bench) -> None:
    """A line round YL and JB, and round XQD but for 140 m of the 200 m of XQD-06 (487,000 to 487,200): 0.3 are inside.

    B03 and B04 lie in it; with 80 m left out, 0.6 of XQD-06 do.
    """
    west = over((484_900, 2_517_900), (486_500, 2_520_900), "industrial_line")
    south = over((486_900, 2_519_900), (488_500, 2_520_160), "industrial_line")

    def north(x: float) -> dict[str, object]:
        return over((x, 2_520_160), (488_500, 2_520_900), "industrial_line")

    buildings = over((486_900, 2_520_500), (488_500, 2_520_900), "industrial_line")
    (key, (asked, found)), *more = bench.wrong(changes=[west, south, north(487_140), buildings]).items()
    assert (key, asked, more) == (("industrial_line", "P-004/main"), "≥ 0.5", [])
    assert float(found) == pytest.approx(0.3, abs=1e-4)
    assert bench.wrong(changes=[west, south, north(487_080), buildings]) == {}


def test_too_near_a_school(bench: Bench) -> None:
    """60 m north of B05, whose wet process asks for 61 m."""
    school = over((485_000, 2_518_210), (485_040, 2_518_260), "sensitive_site")
    (key, (asked, found)), *more = bench.wrong(asked=wet_at(bench, 61), changes=[school]).items()
    assert (key, asked, more) == (("protective_distance", "P-009/wet"), "≥ 61", [])
    assert float(found) == pytest.approx(60, abs=0.01)
    assert bench.wrong(asked=wet_at(bench, 59.9), changes=[school]) == {}


def wet_at(bench: Bench, distance_m: float) -> Projects:
    return bench.needing("P-009/wet", protective_distance_m=distance_m)


def test_too_near_a_metro_line(bench: Bench) -> None:
    """VC-C wants 200 m; 150 m north of XQD-04 and 05 runs a line. VC-B bears it. P-001 says so, not its industry."""
    metro = over((486_900, 2_520_300), (488_500, 2_520_310), "metro")
    fine = bench.needing("P-001/main", vibration_class="VC-C")
    (key, (asked, found)), *more = bench.wrong(asked=fine, changes=[metro]).items()
    assert (key, asked, more) == (("metro_distance", "P-001/main"), "≥ 200", [])
    assert float(found) == pytest.approx(150, abs=0.01)
    assert bench.wrong(asked=bench.needing("P-001/main", vibration_class="VC-B"), changes=[metro]) == {}


def test_what_a_building_must_offer(bench: Bench) -> None:
    """P-011 on B04-F04: columns 8.4 m apart, VC-A, a lift of 3 t, 35 元; each asked for a little more."""
    asked = bench.needing(
        "P-011/main", column_grid_m=8.5, vibration_class="VC-B", lift_piece_t=3.1, rent_max_cny_m2_month=34.9
    )
    assert bench.wrong(asked=asked) == {
        ("column_grid", "P-011/main"): ("≥ 8.5", "8.4"),
        ("vibration_class", "P-011/main"): ("VC-B", "VC-A"),
        ("goods_lift", "P-011/main"): ("≥ 3.1", "3"),
        ("rent_ceiling", "P-011/main"): ("≤ 34.9", "35"),
    }
    just = bench.needing(
        "P-011/main", column_grid_m=8.4, vibration_class="VC-A", lift_piece_t=3.0, rent_max_cny_m2_month=35.0
    )
    assert bench.wrong(asked=just) == {}


def test_a_piece_too_heavy_for_any_lift_goes_to_the_ground_floor(bench: Bench) -> None:
    """P-003 is on B02-F01: 9 t need no lift. On F02 of a building without any, 0 t go up."""
    heavy = bench.needing("P-003/main", lift_piece_t=9.0)
    assert bench.wrong(asked=heavy) == {}
    none = [{"set": {"layer": "buildings", "id": "B01", "lift_count": 0}}]
    light = bench.needing("P-008/research", lift_piece_t=0.5)
    assert bench.wrong(asked=light, changes=none) == {("goods_lift", "P-008/research"): ("≥ 0.5", "0")}


def test_power_at_the_site(bench: Bench) -> None:
    """P-001's two parcels have 3,000 and 4,000 kVA, and it wants 8,000; where one gives none, nobody knows."""
    first = {"set": {"layer": "parcels", "id": "XQD-04", "power_kva": "3 MVA"}}
    second = {"set": {"layer": "parcels", "id": "XQD-05", "power_kva": 4000}}
    assert bench.wrong(changes=[first, second]) == {("site_power", "P-001/main"): ("≥ 8000", "7000")}
    assert bench.wrong(changes=[first]) == {}


def test_thresholds_hold_where_the_scenario_asks(bench: Bench) -> None:
    """A hectare owes 3.2 亿元 of investment, 6.4 of output and 0.5597 of tax (the table's ``*``).

    P-004 brings 12, 18 and 1 on 3 ha: 4, 6, 0.3333. P-007 brings 4, 6 and 0.4 on 1.2 ha: 3.333, 5, 0.3333. P-001, P-002
    and P-008 bring more.
    """
    every = {f"{figure}_per_ha": True for figure in ("investment", "output", "tax")}
    assert bench.wrong(tests=every) == {
        ("output_per_ha", "P-004/main"): ("≥ 6.4", "6"),
        ("output_per_ha", "P-007/main"): ("≥ 6.4", "5"),
        ("tax_per_ha", "P-004/main"): ("≥ 0.5597", "0.333333"),
        ("tax_per_ha", "P-007/main"): ("≥ 0.5597", "0.333333"),
    }
    assert bench.wrong() == {}


def test_a_test_switched_off_is_not_measured(bench: Bench) -> None:
    plan = plan_of(PLACED | {"P-003/main": ("YL", 2027, {"B02-F02": 2000})})
    off = ("floor_load", "clear_height", "vibration_class")
    assert bench.wrong(plan, tests=dict.fromkeys(off, False)) == {("ground_floor", "P-003/main"): ("≤ 1", "2")}
    assert not set(off) & set(bench.findings(plan, tests=dict.fromkeys(off, False))["rule"])


def test_wet_in_the_wrong_place(bench: Bench) -> None:
    """YL takes no wet processes; JB does, but not where a level 2 water source reaches B05."""
    wrong = bench.moved("P-009/wet", "YL", 2026, {"B01-F03": 1000})
    assert wrong == {("wet_process", "P-009/wet"): ("yes", "no")}
    around = lonlat((484_990, 2_518_090), (485_020, 2_518_090), (485_020, 2_518_200))
    source = {"restrict": {"polygon": around, "kind": "water_source_2"}}
    assert bench.wrong(changes=[source]) == {("wet_process", "P-009/wet"): ("≤ 0", "1")}


def test_too_early_and_too_late(bench: Bench) -> None:
    """XQD-06 is ready in 2028, B04 delivered in 2029, and P-003 wants to start by 2028."""
    plan = plan_of(
        PLACED
        | {
            "P-004/main": ("XQD", 2027, {"XQD-06": WHOLE}),
            "P-011/main": ("XQD", 2028, {"B04-F04": 2000}),
            "P-003/main": ("YL", 2029, {"B02-F01": 2000}),
        }
    )
    assert bench.wrong(plan) == {
        ("ready_year", "P-004/main"): ("≥ 2028", "2027"),
        ("delivery_year", "P-011/main"): ("≥ 2029", "2028"),
        ("wanted_years", "P-003/main"): ("2026 … 2028", "2029"),
    }


def test_land_kept_for_a_tier(bench: Bench) -> None:
    """P-004, 关键性, and P-001, 战略级, are in the block of XQD's ten parcels; P-007, 关键性, in one listed."""
    largest = {"park": "新桥东", "for": "战略级", "block": "largest"}
    key = {("reserved", "P-004/main"): ("战略级", "关键性")}
    assert bench.wrong(reserve=[largest]) == key
    assert bench.wrong(reserve=[largest | {"for": "关键性"}]).keys() == {("reserved", "P-001/main")}
    assert bench.wrong(reserve=[{"for": "战略级", "block": ["YL-03"]}]).keys() == {("reserved", "P-007/main")}


def test_the_largest_block_is_measured_on_what_is_left_of_the_land(bench: Bench) -> None:
    """With XQD-03 and XQD-08 withdrawn, 01, 02, 06, 07 and 04, 05, 09, 10 are two blocks of 120,000 m².

    The first identifier decides: P-004 on XQD-06 is in the block, P-001 on XQD-04 and 05 is not. A strip taken from
    XQD-01 makes the other the larger.
    """
    apart = {"withdraw": ["XQD-03", "XQD-08"]}
    largest = [{"park": "XQD", "for": "规模级", "block": "largest"}]
    assert bench.wrong(changes=[apart], reserve=largest).keys() == {("reserved", "P-004/main")}
    west, south, _, north = parcel_boxes()["XQD-01"]
    strip = {"corridor": {"line": lonlat((west, south), (west, north)), "half_width_m": 5}}
    assert bench.wrong(changes=[apart, strip], reserve=largest).keys() == {("reserved", "P-001/main")}


def test_banned(bench: Bench) -> None:
    """By the park's name, a building, a list of parcels."""
    bans = [
        {"project": "P-002", "place": "燕罗"},
        {"project": "P-008/research", "place": "B01"},
        {"project": "P-001", "place": ["XQD-01", "XQD-04"]},
        {"project": "P-011", "place": "B04-F05"},
    ]
    assert bench.wrong(bans=bans) == {
        ("banned", "P-002/main"): ("∅", "YL-01"),
        ("banned", "P-008/research"): ("∅", "B01-F02"),
        ("banned", "P-001/main"): ("∅", "XQD-04"),
    }


def test_locked_elsewhere(bench: Bench) -> None:
    wrong = bench.wrong(locks={"P-002": "YL-04"}, only={"P-008/research": {"building": "B03"}, "P-011": "XQD"})
    assert wrong == {
        ("locked_elsewhere", "P-002/main"): ("∅", "YL-01"),
        ("locked_elsewhere", "P-008/research"): ("∅", "B01-F02"),
        ("locks", "P-002/main"): ("YL-04", "YL-01"),
    }
    assert bench.wrong(locks={"P-012": "B01"}).keys() == {("must_place", "P-012"), ("locks", "P-012/main")}
    assert bench.wrong(locks={"P-012": "B01"}, rules={"must_place": False}) == {}


def test_a_name_that_no_place_bears_is_an_error(bench: Bench) -> None:
    for keys in (
        {"locks": {"P-002": "YL-99"}},
        {"changes": [{"withdraw": ["YL-99"]}]},
        {"reserve": [{"block": ["YL-99"], "for": "战略级"}]},
    ):
        with pytest.raises(ScenarioError, match="YL-99"):
            bench.findings(**keys)


def test_a_zone_is_a_place_too(bench: Bench) -> None:
    """YL-01 and 02 lie in a headquarters zone inside YL: their home is YL, but a place called 总部区 is theirs.

    P-008's production on YL-02 is in it, P-007 on YL-03 is not; the load stays with YL.
    """
    parks = bench.territory.parks
    zone = parks.loc[["JB"]].rename(index={"JB": "HQ"}).assign(name_zh="总部区", name_en="HQ", aliases=[("总部",)])
    zone["geometry"] = shapely.box(484_980, 2_519_980, 485_430, 2_520_160)
    territory = dataclasses.replace(bench.territory, parks=pd.concat([parks, zone]))
    only = {"P-008/production": "总部", "P-007": {"park": "总部区"}}
    found = measure(plan_of(PLACED), question(only=only), territory, bench.asked)
    broken = found[~found["kept"]]
    assert broken[["rule", "key"]].to_numpy().tolist() == [["locked_elsewhere", "P-007/main"]]
    power = found[found["rule"] == "power"].set_index("key")
    assert power.loc["YL 2026", "found"] == "6700"


def test_a_park_that_someone_decided(bench: Bench) -> None:
    """YL-01 is told to belong to JB, and so is its load of 4000 kVA: JB has 2000 in 2026 and takes 200 already."""
    change = {"set": {"layer": "parcels", "id": "YL-01", "park": "JB"}}
    wrong = bench.wrong(changes=[change])
    assert wrong["site", "P-002/main"] == ("= JB", "YL")
    assert wrong["power", "JB 2026"] == ("≤ 2000", "4200")


def test_values_set_by_the_scenario(bench: Bench) -> None:
    """A quantity carries its unit; a clear height not given follows the storey: 3.9 − 0.8 = 3.1 m."""
    floor = {"layer": "floors", "id": "B01-F04"}
    changes = [{"set": floor | {"load_kn_m2": "0.6 t/m²", "storey_height_m": 3.9, "occupied_m2": 500}}]
    wrong = bench.wrong(changes=changes)
    assert wrong["floor_load", "P-009/production"] == ("≥ 7.5", "5.886")
    assert wrong["clear_height", "P-009/production"] == ("≥ 3.6", "3.1")
    assert wrong["floor_not_overfilled", "B01-F04"] == ("≤ 1500", "2000")
    power = [{"set": {"layer": "supply", "id": supply, "power_mva": "1.5 MVA"}} for supply in ("0",)]
    wet = [{"set": {"layer": "parks", "id": "JB", "wet_process": "no"}}]
    wrong = bench.wrong(changes=power + wet, rules={"power": {"JB": {2030: "100 kVA"}}})
    assert wrong == {("wet_process", "P-009/wet"): ("yes", "no"), ("power", "JB 2030"): ("≤ 100", "200")}


def test_a_line_takes_its_distance_and_an_area_only_one_of_its_own(bench: Bench) -> None:
    """A 500 kV line takes 32.5 m on each side; drawn as an area it takes itself, with a distance of its own that more.

    Along the west edge of YL-01 (200 m × 150 m): a line leaves 167.5 m × 150 m = 25,125 m², an area 10 m wide 28,500,
    one of 10 m with 5 m around 27,750.
    """
    west, south, _, north = parcel_boxes()["YL-01"]

    def left(shape: shapely.Geometry, distance_m: float) -> float:
        restrictions = bench.territory.restrictions
        row = restrictions.iloc[[0]].assign(kind="corridor_500kv", distance_m=distance_m)
        row = row.rename(index={"R-01": "R-09"}).set_geometry([shape], crs=CRS)
        territory = dataclasses.replace(bench.territory, restrictions=pd.concat([restrictions, row]))
        found = measure(plan_of(PLACED), question(), territory, bench.asked).set_index(["rule", "key"])
        return float(str(found.loc[("area_window", "P-002/main"), "found"]))

    line = shapely.LineString([(west, south - 100), (west, north + 100)])
    area = shapely.box(west - 10, south - 100, west + 10, north + 100)
    nothing = float("nan")
    assert left(line, nothing) == pytest.approx(25_125)
    assert left(line, 20) == pytest.approx(27_000)
    assert left(area, nothing) == pytest.approx(28_500)
    assert left(area, 5) == pytest.approx(27_750)


# Sites


@pytest.mark.parametrize(
    ("takes", "park", "wanted", "found"),
    [
        ({"XQD-03": WHOLE, "XQD-05": WHOLE}, "XQD", "= 1", "2"),  # a parcel between them
        ({"XQD-01": WHOLE, "XQD-07": WHOLE}, "XQD", "= 1", "2"),  # 28 m apart, but corner to corner
        ({"XQD-04": WHOLE, "YL-05": WHOLE}, "XQD", "= 1", "2"),  # two parks
        ({"XQD-04": WHOLE, "XQD-05": WHOLE}, "YL", "= XQD", "YL"),  # the wrong park
        ({"XQD-04": WHOLE, "XQD-05": 29_000}, "XQD", "= 30000", "29000"),  # not all of its land
        ({"XQD-04": WHOLE, "B03-F01": 2000}, "XQD", "= unit", "plot;unit"),  # neither plot nor unit
        ({"XQD-04": WHOLE, "XQD-99": WHOLE}, "XQD", "∅", "XQD-99"),  # no such parcel
    ],
)  # fmt: skip
def test_a_plot_that_is_none(bench: Bench, takes: dict[str, float], park: str, wanted: str, found: str) -> None:
    wrong = bench.moved("P-001/main", park, 2028, takes)
    assert wrong["site", "P-001/main"] == (wanted, found)


def test_a_street_too_wide_and_too_many_parcels(bench: Bench) -> None:
    """XQD-04 and 05 have 20 m between them and face each other along 170 m.

    Of XQD-04's edge, the 150 m along the street lie within 30 m of XQD-05 and 10 m of each side edge: 170 m.
    """
    key = ("site", "P-001/main")
    assert bench.wrong(sites={"street_gap_m": 19})[key] == ("= 1", "2")
    assert bench.wrong(sites={"street_gap_m": 20}) == {}
    assert bench.wrong(sites={"facing_m": 169}) == {}
    assert bench.wrong(sites={"facing_m": 171})[key] == ("= 1", "2")
    assert bench.wrong(sites={"plot_parcels_max": 1})[key] == ("≤ 1", "2")


@pytest.mark.parametrize(
    ("takes", "wanted", "found"),
    [
        ({"B02-F04": 2000, "B02-F06": 2000}, "= 2", "3"),  # a floor between them
        ({"B02-F04": 2000, "B01-F04": 2000}, "≤ 1", "2"),  # two buildings
        ({"B02-F04": 2000, "B02-F05": 1500}, "= 2000", "1500"),  # 500 m² short
        ({"B02-F04": 1500, "B02-F05": 1500, "B02-F06": 1000}, "= 2000", "1500"),  # spread over three
        ({"B02-F04": 4000}, "≤ 2000", "4000"),  # more than the floor has
    ],
)
def test_a_unit_that_is_none(bench: Bench, takes: dict[str, float], wanted: str, found: str) -> None:
    """P-009's production wants 4000 m²: two floors of 2000."""
    wrong = bench.moved("P-009/production", "YL", 2027, takes)
    assert wrong["site", "P-009/production"] == (wanted, found)


def test_a_run_whose_last_floor_holds_the_rest(bench: Bench) -> None:
    """3000 m² on B03: F06 whole and the 1000 m² free of F05; or F06 and half of F05 where all is free, as on B04.

    F05 whole is not vacant: 1000 m² are let, so it cannot be the whole floor with the rest on F06.
    """
    wants = bench.needing("P-009/production", gfa_m2=3000.0)

    def on(takes: dict[str, float]) -> Wrong:
        return bench.wrong(plan_of(PLACED | {"P-009/production": ("XQD", 2029, takes)}), wants)

    assert on({"B03-F05": 1000, "B03-F06": 2000}) == {}
    assert on({"B04-F05": 1000, "B04-F06": 2000}) == {}
    assert on({"B04-F05": 2000, "B04-F06": 1000}) == {}
    assert on({"B03-F05": 2000, "B03-F06": 1000})["site", "P-009/production"] == ("= 0", "1000")
    assert on({"B04-F05": 1500, "B04-F06": 1500})["site", "P-009/production"] == ("= 2000", "1500")


def test_uses_that_are_not_the_places(bench: Bench) -> None:
    """The placement says YL-01, its uses YL-04."""
    plan = plan_of(PLACED)
    uses = plan.uses.replace({"place": {"YL-01": "YL-04"}})
    wrong = bench.wrong(dataclasses.replace(plan, uses=uses))
    assert wrong == {("site", "P-002/main"): ("= YL-01", "YL-04")}

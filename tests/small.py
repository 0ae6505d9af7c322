"""A tiny but complete territory with projects, every number round, so that tests can state what follows by hand.

::

    y 2520900  ┌────────── YL 燕罗 ──────────┐      ┌───────── XQD 新桥东 ────────┐
               │ B01 B02                     │      │ B03 B04                     │
       +340    │  11   12   13|  14   15     │      │  11   12   13   14   15     │   3 rows of 5 parcels,
       +170    │  06   07   08|  09   10     │      │  06   07   08   09   10     │   200 m × 150 m = 30,000 m²,
    2520000    │  01   02   03|  04   05     │      │  01   02   03   04   05     │   streets of 20 m
               └──────────────|──────────────┘      └─────────────────────────────┘
             x 484900      485540          486500  486900                       488500
                              corridor, 20 m each side; x < 487210 in XQD: water source, level 2
    2518000    JB 江碧 with B05, takes wet processes

On offer are parcels 01–10 of YL and of XQD (20 parcels, 600,000 m²): 01–05 free from 2026, 06–10 in preparation, ready
in 2028. The corridor leaves 12,000 m² (80 m × 150 m) of YL-03, YL-08 and YL-13. Each building has six floors of
2,000 m²: F01 15 kN/m² and clear 6.2 m, F02–F03 10 and 5.0, F04–F06 7.5 and 4.0. Let or committed: B01-F06 whole,
B03-F04 500, B03-F05 1,000 m²; so 60,000 m² of floors, 56,500 m² free.

Twenty projects of 24 parts. P-020 fits nowhere: 25 kN/m² where no floor carries more than 15.
"""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import shapely

from planner import intake

CRS = "EPSG:4547"
EAST, NORTH = 485_000, 2_520_000
ORIGIN = {"YL": (EAST, NORTH), "XQD": (EAST + 2000, NORTH)}
PARK_BOX = {
    "YL": (484_900, 2_519_900, 486_500, 2_520_900),  # 1,600 m × 1,000 m = 160 ha
    "XQD": (486_900, 2_519_900, 488_500, 2_520_900),  # 160 ha
    "JB": (484_900, 2_518_000, 485_900, 2_518_500),  # 1,000 m × 500 m = 50 ha
}
BUILDING_AT = {
    "B01": (485_000, 2_520_600),
    "B02": (485_100, 2_520_600),
    "B03": (487_000, 2_520_600),
    "B04": (487_100, 2_520_600),
    "B05": (485_000, 2_518_100),
}
YEARS = (2026, 2027, 2028, 2029, 2030)
POWER_MVA = {"YL": 10, "XQD": 8, "JB": 2}
"""Capacity added each year from 2026."""

YAML = """\
title: {zh: 小区, en: Small}
illustrative: {zh: 测试用虚构数据, en: Invented for tests}
crs: EPSG:4547
bounds_lonlat: [113.74, 22.52, 113.98, 22.87]
layers:
  parks: {file: small.gpkg, layer: parks, table: parks.csv}
  parcels: {file: small.gpkg, layer: parcels, table: parcels.csv}
  buildings: {file: small.gpkg, layer: buildings, table: buildings.csv}
  restrictions: {file: small.gpkg, layer: restrictions, table: restrictions.csv}
  floors: {table: floors.csv}
  supply: {table: supply.csv}
  figures: {table: figures.csv}
tables: tables
"""

SCENARIO = """\
title: {zh: 小情景, en: Small}
territory: territory.yaml
projects: projects.csv
years: [2026, 2030]
goals: {tier: 10, investment: 1, output: 1, tax: 3, fit: 5, waited: 1, spare_land: 1}
rules:
  each_part_placed_with_its_project: true
  must_place: true
  parcel_used_once: true
  floor_not_overfilled: true
  power: true
sites: {street_gap_m: 30, facing_m: 20, plot_parcels_max: 3, unit_floors_max: 12}
solver: {gap: 0.1 %, time_limit_s: 30, seed: 1}
"""

PARKS = """\
park_id,name_zh,name_en,aliases,roles,leading_industries,wet_process
YL,燕罗,Yanluo,燕罗国际智能制造生态城,growth_pole,A05;A06,no
XQD,新桥东,Xinqiao East,新桥东先进制造产业园,growth_pole;pilot,A03,no
JB,江碧,Jiangbi,江碧环保园,specialised,,yes
"""
RESTRICTIONS = """\
restriction_id,kind,name_zh,name_en,distance_m,height_limit_m
R-01,corridor,走廊,corridor,20,
R-02,water_source_2,水源二级保护区,water source zone,,
"""
FIGURES = """\
subject,measure_zh,measure_en,value,unit,source,source_date,confidence,note_zh,note_en
YL,规划面积,planned area,36.5,km²,invented,2024,low,,
XQD,规划面积,planned area,2.3,km²,invented,2024,low,,
BA,年整备用地,land prepared a year,,ha,invented,2024,low,未提供,not given
"""
FIT = """\
industry_id,park_id,fit,reason_zh,reason_en,source,source_date,confidence
*,*,0.5,未给出,not given,invented,2024,low
A05,YL,1,主导产业,leading industry,invented,2024,low
A03,XQD,1,主导产业,leading industry,invented,2024,low
"""
# id, tier, industry, cluster, role, supplies, 亿元 invested, put out, taxed a year, years, then parts:
# part, industry, accepts, land m², most land m², floors m², clear height, load, fire class, power kVA, wet
Part = tuple[str, str, str, object, object, object, object, object, str, object, str]
PROJECTS: tuple[tuple[str, str, str, str, str, str, float, float, float, int, int, tuple[Part, ...]], ...] = (
    ("P-001", "战略级", "A03.3", "C02", "链主", "", 50, 80, 4, 2026, 2030,
     (("main", "", "P", 60000, 60000, 120000, 6, 10, "丙", 8000, "no"),)),
    ("P-002", "战略级", "A08.2", "C15", "", "", 30, 60, 3, 2026, 2030,
     (("main", "", "P", 30000, 30000, 45000, 6, 15, "丁", 4000, "no"),)),
    ("P-003", "关键性", "A06.2", "C09", "", "", 10, 15, 1, 2026, 2028,
     (("main", "", "P;G", 30000, 39000, 2000, 6, 15, "丁", 1000, "no"),)),
    ("P-004", "关键性", "A07.2", "C16", "", "", 12, 18, 1, 2027, 2030,
     (("main", "", "P", 30000, 30000, "", 6, 15, "丁", 2000, "no"),)),
    ("P-005", "规模级", "A09.2", "B6", "", "", 5, 8, 0.5, 2026, 2030,
     (("main", "", "P", 30000, 30000, "", 6.5, 15, "丁", 1000, "no"),)),
    ("P-006", "战略级", "A05.1", "C10", "链主", "", 60, 90, 5, 2026, 2030,
     (("main", "", "P", 90000, 90000, 180000, 6, 10, "丁", 6000, "no"),)),
    ("P-007", "关键性", "A10.2", "C20", "", "", 4, 6, 0.4, 2026, 2030,
     (("main", "", "P", 10000, 15000, "", 6, 15, "丁", 500, "no"),)),
    ("P-008", "战略级", "A06.1", "C12", "", "", 20, 30, 2, 2026, 2030,
     (("production", "", "P", 30000, 30000, 45000, 6, 15, "丁", 2000, "no"),
      ("research", "A06.4", "U", "", "", 2000, 3.5, 6.5, "丁", 200, "no"))),
    ("P-009", "关键性", "A04.1", "C05", "supplier", "P-001", 8, 12, 0.8, 2026, 2030,
     (("production", "", "U", "", "", 4000, 3.6, 7.5, "丙", 500, "no"),
      ("wet", "", "U", "", "", 1000, 3.6, 7.5, "丙", 200, "yes"))),
    ("P-010", "关键性", "A05.2", "C10", "supplier", "P-006", 6, 10, 0.6, 2026, 2030,
     (("hq", "", "U", "", "", 1000, 3, 5, "戊", 100, "no"),
      ("production", "", "G", "", "", 2000, 6, 12, "丁", 400, "no"),
      ("store", "", "L", "", "", 2000, 4.5, 10, "丁", 50, "no"))),
    ("P-011", "规模级", "A01.1", "C01", "", "", 2, 4, 0.2, 2026, 2030,
     (("main", "", "U", "", "", 2000, 3.4, 6.5, "丙", 200, "no"),)),
    ("P-012", "规模级", "A01.2", "C04", "", "", 2, 4, 0.2, 2026, 2030,
     (("main", "", "U", "", "", 2000, 3.4, 6.5, "丙", 200, "no"),)),
    ("P-013", "规模级", "A04.1", "C05", "supplier", "P-001", 3, 5, 0.3, 2026, 2030,
     (("main", "", "U", "", "", 4000, 3.6, 7.5, "丙", 400, "no"),)),
    ("P-014", "规模级", "A09.3", "B6", "", "", 2, 3, 0.2, 2027, 2030,
     (("main", "", "U", "", "", 1000, 3.6, 6.5, "丁", 100, "no"),)),
    ("P-015", "规模级", "A11.2", "C17", "", "", 3, 4, 0.3, 2026, 2030,
     (("main", "", "U;L", "", "", 2000, 3.5, 6.5, "丙", 300, "no"),)),
    ("P-016", "关键性", "A04.2", "C12", "", "", 5, 8, 0.5, 2026, 2030,
     (("main", "", "G;L", "", "", 2000, 4.6, 10, "丁", 300, "no"),)),
    ("P-017", "关键性", "A06.3", "C11", "", "", 5, 7, 0.5, 2026, 2030,
     (("main", "", "L", "", "", 4000, 4.6, 10, "丁", 600, "no"),)),
    ("P-018", "规模级", "B5", "C06", "", "", 1, 2, 0.1, 2026, 2030,
     (("main", "", "", "", "", 1000, "", "", "", "", ""),)),
    ("P-019", "规模级", "A06.2", "C09", "", "", 4, 6, 0.3, 2026, 2026,
     (("main", "", "G", "", "", 2000, 6, 15, "丁", 500, "no"),)),
    ("P-020", "规模级", "A06.2", "C09", "", "", 3, 5, 0.3, 2026, 2030,
     (("main", "", "U", "", "", 2000, 4, 25, "丁", 300, "no"),)),
)  # fmt: skip
"""Three parts of it are left to the industry's rules: everything but the floor space of P-018."""

PROJECT_HEADER = (
    "project_id", "name", "firm", "industry", "cluster", "tier", "chain_role", "supplies", "investment_yi",
    "output_yi", "tax_yi", "jobs", "year_first", "year_last", "part", "part_industry", "accepts", "land_m2",
    "land_max_m2", "gfa_m2", "clear_height_m", "load_kn_m2", "fire_class", "power_kva", "wet_process",
    "land_classes", "note",
)  # fmt: skip


def write_small(folder: Path) -> Path:
    """Write territory.yaml, its layers and tables, and projects.csv into a folder; return the territory.yaml."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    texts = {
        "territory.yaml": YAML,
        "parks.csv": PARKS,
        "restrictions.csv": RESTRICTIONS,
        "figures.csv": FIGURES,
        "tables/fit.csv": FIT,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, rows in {
        "parcels.csv": _parcels(),
        "buildings.csv": _buildings(),
        "floors.csv": _floors(),
        "supply.csv": _supply(),
        "projects.csv": _projects(),
    }.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    intake.write_layers(folder / "small.gpkg", shapes())
    return folder / "territory.yaml"


def write_small_scenario(folder: Path) -> Path:
    """Write the territory, the projects and small.yaml into a folder; return the scenario."""
    write_small(folder)
    path = folder / "small.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def shapes() -> dict[str, gpd.GeoDataFrame]:
    """Return the geometry of every layer, with its id only."""
    parcels = {name: shapely.box(*box) for name, box in parcel_boxes().items()}
    buildings = {name: shapely.box(x, y, x + 40, y + 50) for name, (x, y) in BUILDING_AT.items()}
    restrictions = {
        "R-01": shapely.LineString([(485_540, 2_519_900), (485_540, 2_520_550)]),
        "R-02": shapely.box(486_950, 2_519_950, 487_210, 2_520_550),
    }
    made = {
        "parks": ("park_id", {name: shapely.box(*box) for name, box in PARK_BOX.items()}),
        "parcels": ("parcel_id", parcels),
        "buildings": ("building_id", buildings),
        "restrictions": ("restriction_id", restrictions),
    }
    return {
        layer: gpd.GeoDataFrame({key: list(of)}, geometry=list(of.values()), crs=CRS)
        for layer, (key, of) in made.items()
    }


def parcel_boxes() -> dict[str, tuple[int, int, int, int]]:
    """Return the box of each parcel, 200 m × 150 m with streets of 20 m."""
    boxes = {}
    for park, (east, north) in ORIGIN.items():
        for k in range(15):
            x, y = east + 220 * (k % 5), north + 170 * (k // 5)
            boxes[f"{park}-{k + 1:02d}"] = (x, y, x + 200, y + 150)
    return boxes


Rows = list[list[object]]


def _parcels() -> Rows:
    rows: Rows = [["parcel_id", "lot_id", "park", "state", "land_class", "far_max", "coverage_max", "height_limit_m",
                   "ready_year", "power_kva", "divisible", "joint", "published_area_m2"]]  # fmt: skip
    states = ["free"] * 5 + ["in_preparation"] * 5 + ["occupied", "occupied", "committed", "other_use", "other_use"]
    classes = ["M1"] * 8 + ["M0"] * 2 + ["M1"] * 3 + ["GIC", "G"]
    years = [2026] * 5 + [2028] * 5 + [""] * 5
    for name in parcel_boxes():
        k = int(name[-2:]) - 1
        rows.append([name, "", "", states[k], classes[k], 3, 0.5, 60, years[k], "", "no", "yes", 30000])
    return rows


def _buildings() -> Rows:
    rows: Rows = [["building_id", "name_zh", "name_en", "park", "stage", "pilot", "land_class", "delivery_year",
                   "storeys", "height_m", "lift_count", "lift_t", "power_kva", "fire_resistance",
                   "production_class", "sprinklers", "rent_cny_m2_month", "supply_source"]]  # fmt: skip
    stages = {"B01": ("built", 2025), "B02": ("started", 2027), "B03": ("built", 2025), "B04": ("planned", 2029),
              "B05": ("built", 2025)}  # fmt: skip
    for name, (stage, year) in stages.items():
        pilot = "yes" if name == "B03" else "no"
        rows.append([name, f"{name}栋", f"Block {name}", "", stage, pilot, "M1", year, 6, 33, 4, 3, 6000, "一级",
                     "丙", "yes", 35, "新供"])  # fmt: skip
    return rows


def _floors() -> Rows:
    rows: Rows = [["building_id", "floor", "area_m2", "usable_ratio", "storey_height_m", "clear_height_m",
                   "load_kn_m2", "column_grid_m", "unit_min_m2", "vibration_class", "occupied_m2",
                   "occupied_as"]]  # fmt: skip
    bands = {1: (7, 15), 2: (5.8, 10), 3: (5.8, 10), 4: (4.8, 7.5), 5: (4.8, 7.5), 6: (4.8, 7.5)}
    taken = {("B01", 6): (2000, "let"), ("B03", 4): (500, "let"), ("B03", 5): (1000, "committed")}
    for name in BUILDING_AT:
        for floor, (storey_m, load_kn_m2) in bands.items():
            used, used_as = taken.get((name, floor), ("", ""))
            still = "VC-B" if floor == 1 else "VC-A"
            rows.append([name, floor, 2000, 0.8, storey_m, "", load_kn_m2, 8.4, 500, still, used, used_as])
    return rows


def _supply() -> Rows:
    rows: Rows = [["park", "year", "power_mva", "water_m3_day", "waste_water_m3_day", "gas_m3_day", "source"]]
    for park, added in POWER_MVA.items():
        rows += [[park, year, added * (k + 1), 1000, 800, "", "invented"] for k, year in enumerate(YEARS)]
    return rows


def _projects() -> Rows:
    rows: Rows = [list(PROJECT_HEADER)]
    for name, tier, industry, cluster, role, supplies, *money_and_years, parts in PROJECTS:
        invested, out, tax, first, last = money_and_years
        for k, (part, part_industry, accepts, land, most, gfa, clear, load, fire, kva, wet) in enumerate(parts):
            said: list[object] = [f"项目{name[-2:]}", f"试例{name[-2:]}公司", industry, cluster, tier, role, supplies,
                                  invested, out, tax, 100, first, last]  # fmt: skip
            rows.append([name, *(said if k == 0 else [""] * len(said)), part, part_industry, accepts, land, most,
                         gfa, clear, load, fire, kva, wet, "", ""])  # fmt: skip
    return rows

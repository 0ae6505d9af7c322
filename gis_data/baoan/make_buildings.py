"""Put 工业上楼 buildings on committed land and fill in their floors.

Floors follow the expert bands (ground floor heavy, loads falling with height) with heavy and low variants.
It does not know one real building; stages and totals follow the published programme figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import affinity
from shapely.geometry import Polygon
from shapely.ops import unary_union
from shapes import as_polygon, rectangle, rounded

GAP_M, SETBACK_M = 15.0, 8.0

# GFA wanted by park, usual rent (CNY per m² and month), names in Chinese and English.
GFA_M2: list[tuple[str, bool, float]] = [  # park, inside the pilot 石岩总部经济园区, m²
    ("XQD", False, 1_838_000), ("SY", True, 430_000), ("SY", False, 340_000), ("YL", False, 730_000),
    ("SGHZ", False, 690_000), ("SJ", False, 200_000), ("SG", False, 190_000), ("LXH", False, 150_000),
    ("JB", False, 170_000), ("JGS", False, 120_000), ("FY", False, 110_000), ("HC", False, 70_000),
    ("JW", False, 75_000), ("TZS", False, 50_000),
]
RENT: dict[str, float] = {"XQD": 35, "SY": 33.5, "YL": 31, "SGHZ": 38.5, "SJ": 34, "SG": 31.5, "LXH": 38, "JB": 33,
                          "JGS": 43, "FY": 37, "HC": 39, "JW": 41.5, "TZS": 41}
NAMES: dict[str, tuple[str, str]] = {
    "XQD": ("新桥东先进制造园", "Xinqiao East Works"), "SY": ("石岩智造园", "Shiyan Smart Works"),
    "YL": ("燕罗智造谷", "Yanluo Smart Valley"), "SGHZ": ("福海母工厂园", "Fuhai Mother-Factory Park"),
    "SJ": ("沙井上楼产业园", "Shajing Vertical Works"), "SG": ("松岗优质厂房", "Songgang Works"),
    "LXH": ("立新湖智造园", "Lixin Lake Works"), "JB": ("江碧循环产业楼", "Jiangbi Circular Works"),
    "JGS": ("尖岗山中试楼", "Jiangang Pilot House"), "FY": ("福永上楼产业园", "Fuyong Vertical Works"),
    "HC": ("航城优质厂房", "Hangcheng Works"), "JW": ("九围研发制造楼", "Jiuwei R&D Works"),
    "TZS": ("铁仔山精密园", "Tiezai Precision Park"),
}
PILOT_PLACE, PILOT_EDGE_M = "石岩总部经济园区", 60.0
STOREYS, STOREYS_P = (12, 15, 21, 18, 10, 9, 17), (0.26, 0.28, 0.14, 0.12, 0.08, 0.06, 0.06)
LOW_STOREYS, LOW_STOREYS_P = (8, 6, 7), (0.5, 0.25, 0.25)
BUILT_M2, STARTED_M2 = 850_000.0, 3_900_000.0  # started counts the built ones


@dataclass(frozen=True)
class Floor:
    """One floor before anyone is on it; the names are the columns of floors.csv."""

    floor: int
    area_m2: int
    usable_ratio: float
    storey_height_m: float
    clear_height_m: float
    load_kn_m2: float
    column_grid_m: float
    unit_min_m2: int
    vibration_class: str


@dataclass(frozen=True)
class Block:
    """One building as drawn: its park, running number there, footprint, land class and floors."""

    park: str
    number: int
    footprint: Polygon
    land_class: str
    floors: tuple[Floor, ...]

    @property
    def gfa_m2(self) -> int:
        """Floor area of all floors."""
        return sum(row.area_m2 for row in self.floors)


@dataclass(frozen=True)
class Band:
    """Floors from `first` on: clear height range (m), loads to draw (kN/m²), column grids (m)."""

    first: int
    clear_m: tuple[float, float]
    loads: tuple[float, ...]
    heavy: tuple[float, ...]
    grids: tuple[float, ...]
    vibration: str


BANDS = [Band(1, (6.0, 7.2), (12, 15, 15, 15), (18, 20), (8.4, 9.0, 10.0, 12.0), "VC-B"),
         Band(2, (5.4, 6.0), (8, 10, 10, 10), (12, 12), (8.4, 9.0, 10.0), "VC-A"),
         Band(4, (4.5, 5.2), (6.5, 7.5, 7.5), (10, 10), (8.4, 9.0), "VC-A"),
         Band(7, (4.2, 4.5), (5, 6.5, 6.5), (7.5, 7.5), (8.4,), "")]


def band_of(floor: int) -> Band:
    """Return the band a floor belongs to.

    >>> band_of(3).loads
    (8, 10, 10, 10)
    """
    return [band for band in BANDS if band.first <= floor][-1]


def footprints(parcel: Polygon, angle: float, count: int, rng: np.random.Generator) -> list[Polygon]:
    """Return up to `count` rectangles inside a parcel, in rows along its block's direction, a lane apart."""
    inner = affinity.rotate(parcel.buffer(-SETBACK_M), -angle, origin=(0, 0))
    if inner.is_empty:
        return []
    length, width = float(rng.integers(56, 84)), float(rng.integers(34, 48))
    left, low, right, high = inner.bounds
    if (high - low) > 1.25 * (right - left):
        length, width = width, length
    found: list[Polygon] = []
    y = low + width / 2
    while y + width / 2 <= high + 1 and len(found) < count:
        x = left + length / 2
        while x + length / 2 <= right + 1 and len(found) < count:
            box = rectangle(x, y, length, width, 0.0)
            if inner.contains(box):
                found.append(box)
                x += length + GAP_M
            else:
                x += 6.0
        y += width + GAP_M if found and abs(found[-1].centroid.y - y) < 1 else 6.0
    if found:  # in the middle of the parcel where the rows allow it
        middle, group = inner.centroid, unary_union(found)
        for share in (1.0, 0.5):
            dx, dy = share * (middle.x - group.envelope.centroid.x), share * (middle.y - group.envelope.centroid.y)
            if inner.contains(affinity.translate(group, dx, dy)):
                found = [affinity.translate(box, dx, dy) for box in found]
                break
    return [as_polygon(rounded(affinity.rotate(box, angle, origin=(0, 0)))) for box in found]


def floor_rows(storeys: int, area_m2: int, *, heavy: bool, ramp: bool, rng: np.random.Generator) -> tuple[Floor, ...]:
    """Return the floors of one building, nobody on them.

    Parameters
    ----------
    heavy : the heavy loads of each band.
    ramp : trucks reach floors 1-3, which carry 24.5 kN/m² as in a published building.
    """
    picks = {band.first: (round(float(rng.uniform(*band.clear_m)), 1),
                          float(rng.choice(band.heavy if heavy else band.loads)),
                          float(rng.choice(band.grids))) for band in BANDS}
    over = 0.32 if storeys >= 21 else 0.6 if storeys >= 17 else 0.8
    usable = round(float(rng.uniform(0.66, 0.75)), 2)
    unit = int(rng.choice([500, 800, 1000]))
    rows = []
    for floor in range(1, storeys + 1):
        band = band_of(floor)
        clear, load, grid = picks[band.first]
        if storeys >= 17:
            clear = band.clear_m[0]
        if ramp and floor <= 3:
            load, grid = 24.5, 12.0
        vibration = "VC-C" if floor == 1 and heavy and not ramp else band.vibration
        rows.append(Floor(floor, area_m2, usable, round(clear + over, 2), clear, load, grid, min(unit, area_m2),
                          vibration))
    return tuple(rows)


def choose_parcels(parcels: gpd.GeoDataFrame, park: str, pilot: Polygon, in_pilot: bool) -> gpd.GeoDataFrame:
    """Return the parcels of a park that may carry new blocks, the best first: committed, then larger."""
    pool = parcels[(parcels["_park"] == park) & parcels["land_class"].isin(["M1", "M0"]) & ~parcels["_wires"]
                   & parcels["state"].isin(["committed", "occupied"])
                   & (parcels.area > (0.55e4 if park == "JB" else 1.1e4)) & (parcels.area < 9e4)]
    pool = pool[pool.within(pilot.buffer(PILOT_EDGE_M)) == in_pilot]
    rank = pd.DataFrame({"state": pool["state"], "area": -pool.area.round(1), "parcel_id": pool["parcel_id"]},
                        index=pool.index)
    return pool.loc[rank.sort_values(["state", "area", "parcel_id"]).index]


def buildings_on(parcel: pd.Series, wanted_m2: float,
                 rng: np.random.Generator) -> list[tuple[Polygon, tuple[Floor, ...]]]:
    """Return new blocks on one parcel within its FAR, coverage and height limit: footprint and floors."""
    limit = float(parcel["height_limit_m"]) if parcel["height_limit_m"] != "" else 100.0
    room = min(float(parcel["far_max"]) * parcel.geometry.area, wanted_m2)
    cover = float(parcel["coverage_max"]) * parcel.geometry.area
    found: list[tuple[Polygon, tuple[Floor, ...]]] = []
    boxes = footprints(parcel.geometry, float(parcel["_angle"]), 5, rng)
    low_rise = parcel["_park"] in {"YL", "SG", "JB"} and rng.random() < 0.4
    for box in boxes:
        area = int(round(box.area, -1))
        if area > cover:
            break
        names, chances = (LOW_STOREYS, LOW_STOREYS_P) if low_rise else (STOREYS, STOREYS_P)
        storeys = int(rng.choice(names, p=chances))
        heavy = bool(rng.random() < (0.55 if low_rise else 0.2))
        ramp = bool(heavy and storeys >= 8 and rng.random() < 0.35)
        while storeys > 4:
            floors = floor_rows(storeys, area, heavy=heavy, ramp=ramp, rng=rng)
            if height_of(floors) <= min(limit, 100.0) and storeys * area <= 1.04 * room:
                break
            storeys -= 1
        if storeys < 5:
            break
        found.append((box, floors))
        room -= storeys * area
        cover -= area
    return found


def height_of(floors: tuple[Floor, ...]) -> float:
    """Return a building's height in metres."""
    return round(sum(row.storey_height_m for row in floors), 1)


VACANT = {"built": 0.05, "started": 0.12, "planned": 0.40}
"""Share of a stage's floors that nobody has taken yet: built ones are nearly full, planned ones half open."""


def occupied(floors: tuple[Floor, ...], stage: str, rng: np.random.Generator) -> list[int]:
    """Return the m² let or committed on each floor.

    What is free is one run of whole floors (tenants commit to blocks of floors), most often the upper ones, at times
    from the ground up; a few other floors are let in part.
    """
    share = VACANT[stage]
    count = round(float(np.clip(rng.beta(1.1, 1.1 * (1 - share) / share), 0, 1)) * len(floors))
    where = rng.random()
    highest = len(floors) - count + 1
    start = 1 if where < 0.3 else highest if where < 0.75 else int(rng.integers(1, highest + 1))
    taken = []
    for row in floors:
        part = rng.random() < 0.05
        if start <= row.floor < start + count:
            taken.append(0)
        else:
            taken.append(int(round(row.area_m2 * float(rng.uniform(0.3, 0.7)), -1)) if part else row.area_m2)
    return taken


def stages(gfa: list[int], rng: np.random.Generator) -> list[str]:
    """Return a stage for every building so that built and started reach their totals."""
    order = sorted(range(len(gfa)), key=lambda i: (float(rng.random()), i))
    result, total = ["planned"] * len(gfa), 0.0
    for i in order:
        if total + gfa[i] > STARTED_M2 + 12_000:
            continue
        result[i] = "built" if total < BUILT_M2 else "started"
        total += gfa[i]
    return result


def buildings(parcels: gpd.GeoDataFrame, parks: gpd.GeoDataFrame,
              rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the buildings layer and the floors table."""
    pilot = parks.loc[parks["name_zh"] == PILOT_PLACE, "geometry"].iloc[0]
    drawn: list[Block] = []
    number = dict.fromkeys(NAMES, 0)
    for park, in_pilot, wanted in GFA_M2:
        left = wanted
        for _, parcel in choose_parcels(parcels, park, pilot, in_pilot).iterrows():
            if left < 9_000:
                break
            for box, floors in buildings_on(parcel, left, rng):
                number[park] += 1
                drawn.append(Block(park, number[park], box, str(parcel["land_class"]), floors))
                left -= drawn[-1].gfa_m2
    stage = stages([block.gfa_m2 for block in drawn], rng)
    rows: list[dict[str, object]] = []
    listed: list[dict[str, object]] = []
    for serial, block in enumerate(drawn):
        key = f"B{serial + 1:02d}"
        in_pilot = block.park == "XQD" or block.footprint.within(pilot.buffer(PILOT_EDGE_M))
        rows.append({"building_id": key} | describe(block, stage[serial], in_pilot, rng))
        for floor, taken in zip(block.floors, occupied(block.floors, stage[serial], rng), strict=True):
            word = "" if taken == 0 else "let" if stage[serial] == "built" else "committed"
            listed.append({"building_id": key} | asdict(floor) | {"occupied_m2": taken, "occupied_as": word})
    layer = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[block.footprint for block in drawn], crs="EPSG:4547")
    return layer, pd.DataFrame(listed)


def describe(block: Block, stage: str, in_pilot: bool, rng: np.random.Generator) -> dict[str, object]:
    """Return one building's columns."""
    park, storeys, gfa_m2 = block.park, len(block.floors), block.gfa_m2
    heavy = block.floors[0].load_kn_m2 >= 18
    zh, en = NAMES[park]
    year = {"built": 2025, "started": int(rng.choice([2026, 2027, 2028], p=[0.45, 0.38, 0.17])),
            "planned": int(rng.choice([2028, 2029], p=[0.35, 0.65]))}[stage]
    return {
        "name_zh": f"{zh}{block.number}栋", "name_en": f"{en} Block {block.number}", "park": "", "stage": stage,
        "pilot": "yes" if in_pilot else "no", "land_class": block.land_class, "delivery_year": year, "storeys": storeys,
        "height_m": height_of(block.floors), "lift_count": max(2, round(gfa_m2 / 11_000) + heavy),
        "lift_t": 5 if heavy else 3, "power_kva": int(round(gfa_m2 * float(rng.uniform(0.09, 0.14)), -2)),
        "fire_resistance": "二级" if storeys <= 6 and rng.random() < 0.5 else "一级",
        "production_class": str(rng.choice(["丙", "丁", "戊"], p=[0.72, 0.22, 0.06])),
        "sprinklers": "yes" if storeys >= 9 or rng.random() < 0.7 else "no",
        "rent_cny_m2_month": round(2 * float(np.clip(RENT[park] + 3.0 * heavy * 0.5 + rng.normal(0, 2.0), 25, 45))) / 2,
        "supply_source": str(rng.choice(["上楼", "工改工", "新供"], p=[0.62, 0.26, 0.12])) if park != "XQD" else
        str(rng.choice(["上楼", "工改工"], p=[0.5, 0.5]))}

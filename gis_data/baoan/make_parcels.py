"""Give parcels their columns: land class, state, what is on offer and when, planning conditions, readiness.

Offered land comes in runs of neighbouring parcels, about 105 ha a year. Everything here is illustrative; it
does not know one real parcel, price or land-use right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import airspace
import geopandas as gpd
import numpy as np
import pandas as pd
import places
import shapely
from make_blocks import Leaf
from shapely.geometry import LineString, Polygon
from shapes import metres

YEARS = (2026, 2027, 2028, 2029, 2030)
# VA per m² of floor space at FAR, by large block (0: none, 2: the one prepared for a fab, 1: the others). Usual plant
# is built for 80-150, packaging, test and the like for 300-500.
POWER_VA_M2 = {0: 110.0, 1: 350.0, 2: 500.0}
PREPARED_HA_A_YEAR = 374.0  # mean of 2021-2023, all uses
INDUSTRIAL_SHARE = 0.28     # assumed, see README
POLES = ("YL", "SY", "XQD", "SGHZ")

# Land on offer by park, ha. Sum about 5 years x 105 ha.
OFFER_HA: dict[str, float] = {
    "YL": 198, "SY": 84, "XQD": 48, "SGHZ": 82, "JB": 8, "SG": 19, "SJ": 19, "FY": 8, "HC": 8, "LXH": 9,
    "JGS": 6, "DCW": 14, "HYXC": 8, "JW": 4, "XXSZ": 3, "TZS": 3,
}
# Share of M0 (research and new industry) among industrial parcels, and of W0 (logistics).
M0_SHARE = {"SY": 0.14, "XQD": 0.22, "SGHZ": 0.14, "XBZX": 0.6, "BAC": 0.7, "JW": 0.55, "JCD": 0.35, "LXH": 0.25,
            "JGS": 0.6, "TZS": 0.5, "XXSZ": 0.7, "YL": 0.05, "HYXC": 0.3, "SG": 0.05, "SJ": 0.08, "FY": 0.1,
            "HC": 0.12}
W0_SHARE = {"SGHZ": 0.05, "JCD": 0.2, "HC": 0.08, "DCW": 0.2, "HYXC": 0.08, "SG": 0.04, "YL": 0.03, "FY": 0.05}
FAR = {"M1": (2.5, 3.5), "M0": (4.0, 5.0), "W0": (2.0, 2.5), "GIC": (1.2, 2.0), "R2": (2.8, 4.2), "C1": (3.0, 5.0)}
FAR_PARK = {"XQD": (3.8, 4.6), "YL": (2.5, 3.5), "SY": (2.5, 3.5), "JB": (3.2, 4.0), "DCW": (1.5, 2.0),
            "SGHZ": (3.0, 4.0), "HYXC": (1.5, 2.5)}
COVERAGE = {"M1": (0.40, 0.55), "M0": (0.38, 0.45), "W0": (0.45, 0.60), "GIC": (0.30, 0.35), "R2": (0.25, 0.30),
            "C1": (0.35, 0.45)}

# The utility corridor the scenario asks about: along 新桥东, tested here so that it has land to cut.
CORRIDOR_LINE = [(113.8534, 22.7254), (113.8610, 22.7469)]
CORRIDOR_HALF_WIDTH_M = 54.0


@dataclass
class Parcel:
    """One parcel while its columns are being decided (the only mutable record of the generator)."""

    leaf: Leaf
    parcel_id: str
    land_class: str
    state: str
    ready_year: int = 0
    cluster: int = -1
    columns: dict[str, object] = field(default_factory=dict)

    @property
    def shape(self) -> Polygon:
        """The parcel's polygon in metres."""
        return self.leaf.shape

    @property
    def ha(self) -> float:
        """The parcel's measured area in hectares."""
        return float(self.leaf.shape.area) / 1e4


def land_class(leaf: Leaf, rng: np.random.Generator) -> str:
    """Draw a parcel's land class from what its park is for."""
    if leaf.strategic:
        return "M1"
    if leaf.town:
        return str(rng.choice(["R2", "C1", "GIC", "G"], p=[0.55, 0.18, 0.19, 0.08]))
    if leaf.shape.area < 0.45e4 and leaf.park != "JB":
        return str(rng.choice(["G", "GIC", "S"], p=[0.6, 0.25, 0.15]))
    draw = rng.random()
    if draw < 0.045:
        return "GIC"
    if draw < 0.075:
        return "G"
    if rng.random() < W0_SHARE.get(leaf.park, 0.0):
        return "W0"
    return "M0" if rng.random() < M0_SHARE.get(leaf.park, 0.0) else "M1"


def neighbours(parcels: list[Parcel], gap_m: float = 29.0) -> dict[int, list[int]]:
    """Return, for each parcel, the industrial parcels within a street's width."""
    tree = shapely.STRtree([p.shape for p in parcels])
    first, second = tree.query([p.shape for p in parcels], predicate="dwithin", distance=gap_m)
    found: dict[int, list[int]] = {i: [] for i in range(len(parcels))}
    for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
        if a != b and parcels[b].land_class in {"M1", "M0"}:
            found[a].append(b)
    return found


def strategic_offer(parcels: list[Parcel]) -> list[list[int]]:
    """Return the large blocks, each as one run of parcels."""
    numbers = sorted({p.leaf.strategic for p in parcels} - {0})
    return [[i for i, p in enumerate(parcels) if p.leaf.strategic == number] for number in numbers]


def corridor_offer(parcels: list[Parcel]) -> list[list[int]]:
    """Return the parcels of 新桥东 along the corridor, until its offer is used up."""
    line = LineString(metres(CORRIDOR_LINE))
    strip = line.buffer(CORRIDOR_HALF_WIDTH_M, cap_style="flat")
    cut = [(i, p.shape.intersection(strip).area / p.shape.area) for i, p in enumerate(parcels)
           if p.leaf.park == "XQD" and p.land_class in {"M1", "M0"} and p.shape.intersects(strip)]
    chosen, ha = [], 0.0
    for i, _ in sorted(cut, key=lambda row: (-round(row[1], 6), row[0])):
        if ha + parcels[i].ha <= OFFER_HA["XQD"]:
            chosen.append(i)
            ha += parcels[i].ha
    by_group = sorted({parcels[i].leaf.group for i in chosen})
    return [[i for i in chosen if parcels[i].leaf.group == group] for group in by_group]


def clusters_on_offer(parcels: list[Parcel], rng: np.random.Generator) -> list[list[int]]:
    """Choose the runs of neighbouring parcels on offer, park by park, until each park's hectares are reached."""
    near = neighbours(parcels)
    found = strategic_offer(parcels) + corridor_offer(parcels)
    taken = {i for run in found for i in run}
    groups_used = {(parcels[i].leaf.park, parcels[i].leaf.group) for i in taken}
    for park, wanted in OFFER_HA.items():
        have = sum(parcels[i].ha for i in taken if parcels[i].leaf.park == park)
        pool = [i for i, p in enumerate(parcels) if p.leaf.park == park and p.land_class in {"M1", "M0"}
                and i not in taken and (0.4 if park == "JB" else 0.9) < p.ha < (12.0 if park == "DCW" else 7.5)]
        order = [pool[k] for k in rng.permutation(len(pool))]
        for start in order:
            if wanted - have < (0.6 if park == "JB" else 2.0):
                break
            key = (park, parcels[start].leaf.group)
            if start in taken or key in groups_used or park == "XQD":
                continue
            length = int(rng.choice([1, 2, 3, 4, 5], p=[0.10, 0.17, 0.29, 0.26, 0.18]))
            run = [start]
            while len(run) < length:
                here = shapely.union_all([parcels[i].shape for i in run]).centroid
                edge = sorted({j for i in run for j in near[i] if j in pool and j not in run and j not in taken},
                              key=lambda j: (round(parcels[j].shape.centroid.distance(here), 1), j))
                edge = [j for j in edge if parcels[j].leaf.group == key[1]]
                if not edge:
                    break
                run.append(edge[0])
            ha = sum(parcels[i].ha for i in run)
            while len(run) > 1 and ha > wanted - have + 1.5:
                ha -= parcels[run.pop()].ha
            if ha > wanted - have + 2.5:
                continue
            found.append(run)
            taken.update(run)
            groups_used.add(key)
            have += ha
    return found


def phase(parcels: list[Parcel], runs: list[list[int]], rng: np.random.Generator) -> None:
    """Give each run a ready year so that every year brings about the same hectares; one run may span two years."""
    left = dict.fromkeys(YEARS, PREPARED_HA_A_YEAR * INDUSTRIAL_SHARE)
    fixed = {1: 2026, 2: 2028, 3: 2027, 4: 2027}
    order = sorted(range(len(runs)), key=lambda k: (not parcels[runs[k][0]].leaf.strategic,
                                                    -sum(parcels[i].ha for i in runs[k]), k))
    for k in order:
        strategic = parcels[runs[k][0]].leaf.strategic
        room = [year for year in YEARS if left[year] > 0] or list(YEARS)
        weight = np.array([max(left[year], 1.0) for year in room]) ** 3
        year = fixed.get(strategic) or int(rng.choice(room, p=weight / weight.sum()))
        for place, i in enumerate(runs[k]):
            late = not strategic and place >= 2 and rng.random() < 0.25 and year < YEARS[-1]
            parcels[i].ready_year = year + int(late)
            parcels[i].cluster = k
            left[parcels[i].ready_year] -= parcels[i].ha
    for i in [i for run in runs for i in run]:
        parcels[i].state = "free" if parcels[i].ready_year == 2026 else "in_preparation"


def conditions(parcel: Parcel, surfaces: list[airspace.Surface], rng: np.random.Generator) -> dict[str, object]:
    """Return the planning conditions of a parcel: FAR, coverage, height."""
    park, kind = parcel.leaf.park, parcel.land_class
    row: dict[str, object] = {"far_max": "", "coverage_max": ""}
    if kind in FAR:
        low, high = FAR_PARK.get(park, FAR[kind]) if kind == "M1" else FAR[kind]
        if parcel.leaf.strategic:
            low, high = 2.0, 2.0
        row["far_max"] = round(float(rng.integers(round(low * 10), round(high * 10) + 1)) / 10, 1)
        least, most = COVERAGE[kind]
        row["coverage_max"] = round(float(rng.integers(round(least * 100), round(most * 100)) / 100), 2)
    limit = airspace.height_limit_m(parcel.shape, surfaces)
    row["height_limit_m"] = round(limit, 1) if math.isfinite(limit) and kind != "G" else ""
    return row


def offer(parcel: Parcel, rng: np.random.Generator) -> dict[str, object]:
    """Return the columns only land on offer has: how and when it is prepared, what is ready, how it may be used."""
    year, far = parcel.ready_year, float(str(parcel.columns["far_max"]))
    tool = str(rng.choice(["土地整备", "城市更新", "综合整治", "收回储备"], p=[0.52, 0.26, 0.10, 0.12]))
    a_ha = {"土地整备": (0.25, 0.55), "城市更新": (0.70, 1.30), "综合整治": (0.15, 0.30),
            "收回储备": (0.10, 0.25)}[tool]
    flats: dict[str, object] = {
        "ready_year": year, "preparation_tool": tool,
        "preparation_cost_yi": round(parcel.ha * float(rng.uniform(*a_ha)), 2),
        "tenure": {"土地整备": "国有（整备收回）", "城市更新": "原农村集体", "综合整治": "合作整备",
                   "收回储备": "国有储备"}[tool],
        "divisible": "yes" if parcel.ha >= 2.5 and rng.random() < 0.75 else "no",
        "joint": "yes" if parcel.ha >= 3.0 and rng.random() < 0.6 else "no",
        "existing_gfa_m2": 0 if year == 2026 else int(round(parcel.ha * float(rng.uniform(3000, 14000)), -2))}
    density = POWER_VA_M2.get(parcel.leaf.strategic, POWER_VA_M2[1])
    flats["power_kva"] = int(round(parcel.shape.area * far * density / 1000, -2))
    waits = year - 2026
    for flag, chance in (("ready_tenure", 0.95), ("ready_cleared", 0.8), ("ready_planning", 0.85),
                         ("ready_eia", 0.6), ("ready_preview", 0.65)):
        done = rng.random() < chance - 0.28 * waits
        planned = rng.random() < 0.5
        month, day = int(rng.integers(1, 13)), int(rng.integers(1, 29))
        flats[flag] = "done" if done else f"{max(year - 1, 2026)}-{month:02d}-{day:02d}" if planned else ""
    return flats


def lot_id(number: int, park_number: int) -> str:
    """Return a land-lot number in the form Bao'an uses (A and four digits after three).

    >>> lot_id(465, 9)
    'A409-0465'
    """
    return f"A{400 + park_number:03d}-{number:04d}"


def parcels(leaves: list[Leaf], rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the parcels layer with all its columns.

    Parameters
    ----------
    leaves : shapes from `make_blocks.blocks`, in order.
    """
    surfaces = airspace.surfaces()
    lines = [LineString(metres(path)).buffer(25) for _, _, _, path in places.POWER_LINES]
    wires = shapely.union_all(lines)
    number: dict[tuple[str, int], int] = {}
    records: list[Parcel] = []
    for leaf in leaves:
        key = (leaf.park, leaf.group)
        number[key] = number.get(key, 0) + 1
        kind = land_class(leaf, rng)
        if leaf.park == "XQD" and kind in {"GIC", "G"} and leaf.shape.area > 4e4:
            kind = "M1"
        state = "other_use" if kind not in {"M1", "M0", "W0"} else "occupied"
        records.append(Parcel(leaf, f"{leaf.park}-{leaf.group:02d}-{number[key]:02d}", kind, state))
    phase(records, clusters_on_offer(records, rng), rng)
    names = list(dict.fromkeys(leaf.park for leaf in leaves))
    for serial, parcel in enumerate(records):
        if parcel.state == "occupied" and rng.random() < (0.5 if parcel.leaf.park == "XQD" else 0.11):
            parcel.state = "committed"
        parcel.columns.update(conditions(parcel, surfaces, rng))
        if parcel.ready_year:
            parcel.columns.update(offer(parcel, rng))
            listed = parcel.ready_year == 2026 and rng.random() < 0.5
        else:
            parcel.columns["tenure"] = str(rng.choice(["国有已出让", "原农村集体", "历史遗留"], p=[0.55, 0.33, 0.12]))
            share = {"occupied": (0.9, 2.4), "committed": (0.0, 0.6), "other_use": (0.5, 2.2)}[parcel.state]
            gfa = parcel.shape.area * float(rng.uniform(*share))
            parcel.columns["existing_gfa_m2"] = "" if parcel.land_class in {"G", "S"} else int(round(gfa, -2))
            listed = parcel.columns["tenure"] == "国有已出让"
        parcel.columns["lot_id"] = lot_id(100 + serial, names.index(parcel.leaf.park) + 1) if listed else ""
        drift = 1 + float(rng.normal(0, 0.0008))
        parcel.columns["published_area_m2"] = round(parcel.shape.area * drift, 2) if listed else ""
        parcel.columns["near_wires"] = bool(parcel.shape.intersects(wires))
    return as_layer(records)


COLUMNS = ["parcel_id", "lot_id", "park", "state", "land_class", "far_max", "coverage_max", "height_limit_m",
           "ready_year", "preparation_tool", "preparation_cost_yi", "power_kva", "tenure", "divisible", "joint",
           "published_area_m2", "existing_gfa_m2", "ready_tenure", "ready_cleared", "ready_planning", "ready_eia",
           "ready_preview"]


def as_layer(records: list[Parcel]) -> gpd.GeoDataFrame:
    """Return the records as a layer; columns that start with an underscore stay inside the generator."""
    rows = []
    for parcel in records:
        row = {name: parcel.columns.get(name, "") for name in COLUMNS}
        row |= {"parcel_id": parcel.parcel_id, "state": parcel.state, "land_class": parcel.land_class,
                "_park": parcel.leaf.park, "_cluster": parcel.cluster, "_angle": parcel.leaf.angle_deg,
                "_strategic": parcel.leaf.strategic, "_wires": parcel.columns["near_wires"]}
        rows.append(row)
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=[p.shape for p in records], crs="EPSG:4547")


def on_offer(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the parcels on offer."""
    return layer[layer["state"].isin(["free", "in_preparation"])]

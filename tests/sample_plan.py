"""A small made-up territory and a made-up plan on any territory, for tests that need a plan but no solver."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from planner.plan import Plan
from planner.territory import LAYERS, Territory, measured_area_m2
from planner.words import Words

CRS = "EPSG:4547"
EAST, NORTH = 485_000.0, 2_512_000.0
"""South-west corner of the sample: in the middle of Bao'an."""
HOSTILE = (
    "<img src=x onerror=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "${window.pwned=1} `{{7*7}}` {% raw %}",
    "\"'><svg onload=window.pwned=1> & \\u003c",
    "شركة الروبوتات المتقدمة",
    "长" * 200,
)
"""Names a layer or a list of projects may hold; none of them may do anything but be read."""
CLUSTERS = tuple(f"C{k:02d}" for k in range(1, 21)) + tuple(f"B{k}" for k in range(1, 7))
TIERS = pd.DataFrame({"tier": ["战略级", "关键性", "规模级"], "en": ["strategic", "key", "scale"], "points": [5, 3, 1]})
KINDS = pd.DataFrame(
    [
        ("ecological_line", "生态控制线", "ecological control line", "forbids", 0.0),
        ("corridor_220kv", "220千伏高压走廊", "220 kV corridor", "forbids", 20.0),
        ("water_source_2", "饮用水源二级保护区", "water source zone, level 2", "no_wet_process", 0.0),
        ("airport_surface", "机场净空面", "airport obstacle surface", "height", 0.0),
        ("metro", "地铁控制保护区", "metro control zone", "inform", 50.0),
    ],
    columns=["kind", "zh", "en", "effect", "distance_m"],
)
INDUSTRIES = pd.DataFrame(
    [(code, f"集群{code}", f"cluster {code}") for code in CLUSTERS], columns=["industry_id", "zh", "en"]
)


def _frame(layer: str, rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return rows as a table with every column of a layer; what a row does not give is not given."""
    columns = {column.name: column for column in LAYERS[layer].columns}
    table = pd.DataFrame([{**dict.fromkeys(columns), **row} for row in rows])
    for name, column in columns.items():
        if column.kind in ("number", "whole"):
            table[name] = table[name].astype(float)
        elif column.kind == "list":
            table[name] = [value if isinstance(value, tuple) else () for value in table[name]]
    return table


def _places(layer: str, rows: Sequence[dict[str, object]]) -> gpd.GeoDataFrame:
    table = _frame(layer, rows)
    key = LAYERS[layer].key
    return gpd.GeoDataFrame(table.set_index(key), geometry="geometry", crs=CRS)


def _box(x: float, y: float, wide: float, deep: float) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + wide, NORTH + y + deep)


def sample_territory(parcels: int = 30, buildings: int = 5, storeys: int = 4, name_zh: str = "样板园") -> Territory:
    """Return a territory of square blocks: one growth pole over the western half, one park over the rest.

    Parameters
    ----------
    parcels, buildings, storeys : int
        How many; every third parcel is occupied, one committed, the rest on offer from 2026, 2027 or 2028.
    name_zh : str
        Chinese name of the second park and of the first building (for hostile names).
    """
    across = int(np.ceil(np.sqrt(parcels)))
    side = across * 220.0
    states = ("free", "in_preparation", "occupied")
    lots: list[dict[str, object]] = []
    for k in range(parcels):
        state = "committed" if k == 2 else states[k % 3]
        lots.append({
            "parcel_id": f"样板-{k:03d}", "lot_id": f"A{400 + k}-0{k:03d}", "state": state, "land_class": "M1",
            "far_max": 3.0, "coverage_max": 0.5, "ready_year": None if k % 3 == 2 else 2026 + k % 3 + (k % 2),
            "ready_tenure": "done", "divisible": True,
            "geometry": _box(k % across * 220, k // across * 220, 200, 200),
        })  # fmt: skip
    blocks: list[dict[str, object]] = []
    floors: list[dict[str, object]] = []
    for b in range(buildings):
        blocks.append({
            "building_id": f"B{b + 1:02d}", "name_zh": name_zh if b == 0 else f"样板{b + 1}号厂房",
            "name_en": f"Sample block {b + 1}", "stage": ("built", "started", "planned")[b % 3],
            "delivery_year": 2026, "storeys": storeys, "height_m": storeys * 5.0,
            "geometry": _box(b % 12 * 90, -150 - b // 12 * 90, 60, 50),
        })  # fmt: skip
        floors += [
            {"building_id": f"B{b + 1:02d}", "floor": f, "area_m2": 2000.0, "storey_height_m": 7.0 if f == 1 else 5.0,
             "load_kn_m2": 15.0 if f == 1 else 7.5, "occupied_m2": 500.0 if f % 2 else None,
             "occupied_as": "let" if f % 2 else None}
            for f in range(1, storeys + 1)
        ]  # fmt: skip
    whole = _box(-400, -700, side + 800, side + 1100)
    places = _places("parcels", lots)
    places["area_m2"] = measured_area_m2(places)
    half = EAST + side / 2
    west_of = shapely.get_x(shapely.centroid(places.geometry.to_numpy())) < half
    places["home_park"] = np.where(west_of, "YL", "YB")
    homes = _places("buildings", blocks)
    homes["home_park"] = "YB"
    table = _frame("floors", floors)
    numbers = zip(table["building_id"], table["floor"], strict=True)
    table.index = pd.Index([f"{building}-F{int(floor):02d}" for building, floor in numbers])
    table["free_m2"] = table["area_m2"] - table["occupied_m2"].fillna(0)
    corners = gpd.GeoSeries([whole], crs=CRS).to_crs("EPSG:4326").total_bounds
    line = shapely.LineString([(EAST - 300, NORTH + 210), (EAST + side, NORTH + 210)])
    return Territory(
        name="sample", title=Words("样板区", "Sample district"),
        illustrative=Words("几何为示意，不作依据", "Geometry is illustrative and no basis for decisions"),
        crs=CRS, bounds_lonlat=tuple(float(x) for x in corners),
        parks=_places("parks", [
            {"park_id": "YL", "name_zh": "燕罗", "name_en": "Yanluo", "aliases": ("湾区芯城",),
             "roles": ("growth_pole",), "leading_industries": ("C02",), "wet_process": False,
             "geometry": _box(-50, -50, side / 2, side + 100)},
            {"park_id": "YB", "name_zh": name_zh, "name_en": "Sample park", "roles": ("innovation_park", "pilot"),
             "wet_process": True, "geometry": _box(side / 2, -400, side / 2, side + 450)}]),
        parcels=places, buildings=homes, floors=table,
        restrictions=_places("restrictions", [
            {"restriction_id": "R1", "kind": "ecological_line", "name_zh": "样板山",
             "geometry": _box(-300, 250, 150, 300)},
            {"restriction_id": "R2", "kind": "corridor_220kv", "geometry": line},
            {"restriction_id": "R3", "kind": "airport_surface", "height_limit_m": 60, "geometry": whole}]),
        backdrop=_places("backdrop", [
            {"backdrop_id": "K1", "kind": "district", "name_zh": "样板区", "name_en": "Sample", "geometry": whole},
            {"backdrop_id": "K2", "kind": "road", "geometry": line},
            {"backdrop_id": "K3", "kind": "place", "name_zh": "样板村", "name_en": "Sample village",
             "geometry": shapely.Point(EAST, NORTH)}]),
        supply=_frame("supply", [{"park": "YL", "year": 2026, "power_mva": 60.0, "source": "示意"}]),
        figures=_frame("figures", [
            {"subject": "YL", "measure_zh": "规划面积", "measure_en": "planned area", "value": 36.5, "unit": "km²",
             "source": "公开报道", "source_date": "2023-01-05", "confidence": "high", "note_zh": "约",
             "note_en": "about"},
            {"subject": "YL", "measure_zh": "厂房面积", "measure_en": "plant area", "unit": "万 m²",
             "source": "公开报道", "source_date": "2022", "confidence": "low", "note_zh": "另一口径"}]),
        tables={"tiers": TIERS, "restriction_kinds": KINDS, "industries": INDUSTRIES},
    )  # fmt: skip


def sample_plan(
    territory: Territory, plots: int = 6, units: int = 6, left_out: int = 4, names: Sequence[str] = ()
) -> Plan:
    """Return a plan nobody solved for: plots on the first parcels on offer, units on the first free floors.

    Parameters
    ----------
    territory : Territory
    plots, units, left_out : int
        At most so many of each.
    names : sequence of str
        Names of the first projects, in order (for hostile names).
    """
    lots = territory.parcels
    offered = lots[lots["state"].isin(("free", "in_preparation")) & lots["ready_year"].notna()]
    floors = territory.floors[territory.floors["free_m2"] > 0].sort_values(["floor", "building_id"])
    title = [*names, *(f"示例项目 {k:03d}" for k in range(len(names), plots + units + left_out))]
    tiers = tuple(TIERS["tier"])
    placements: list[dict[str, object]] = []
    uses: list[dict[str, object]] = []

    def asked(k: int) -> dict[str, object]:
        return {
            "part": f"P-{k:03d}/main", "project": f"P-{k:03d}", "name": title[k], "firm": f"示例单位{k}",
            "industry": CLUSTERS[k % len(CLUSTERS)], "cluster": CLUSTERS[k % len(CLUSTERS)],
            "tier": tiers[min(2, k % 5)], "start_year": 2026 + k % 3, "power_kva": 800.0 + k, "points": 0.25,
            "points_tier": 0.2, "points_tax": 0.05,
        }  # fmt: skip

    for k, (name, lot) in enumerate(offered.head(plots).iterrows()):
        placements.append({
            **asked(k), "kind": "plot", "site": f"S{k}", "park": lot["home_park"], "places": str(name),
            "land_m2": lot["area_m2"], "gfa_m2": np.nan, "compartments": np.nan,
        })  # fmt: skip
        use = {"part": f"P-{k:03d}/main", "place_kind": "parcel", "place": str(name), "amount_m2": lot["area_m2"]}
        uses.append(use)
    homes = territory.buildings["home_park"]
    for k, (name, floor) in enumerate(floors.head(units).iterrows(), start=plots):
        taken = float(floor["free_m2"]) * (0.6 if k % 2 else 1.0)
        placements.append({
            **asked(k), "kind": "unit", "site": f"S{k}", "park": homes[floor["building_id"]], "places": str(name),
            "land_m2": np.nan, "gfa_m2": taken, "compartments": 1.0,
        })  # fmt: skip
        uses.append({"part": f"P-{k:03d}/main", "place_kind": "floor", "place": str(name), "amount_m2": taken})
    causes = ("fits_nowhere", "outbid", "rule", "part_left_out")
    where = [*map(str, lots.index[:left_out:2]), *map(str, territory.floors.index[:left_out:2])]
    out = [
        {"project": f"P-{k:03d}", "name": title[k], "cluster": CLUSTERS[k % len(CLUSTERS)], "tier": tiers[k % 3],
         "cause": causes[k % 4], "by": "area_window", "part": f"P-{k:03d}/main", "need": 52000.0, "offer": 40000.0,
         "unit": "m²", "place": "" if k % 4 == 3 else where[k % len(where)] if where else "",
         "words_zh": "需要用地 5.2 公顷，最大可供地块 4 公顷",
         "words_en": "asks for 5.2 ha of land; the largest plot has 4 ha"}
        for k in range(plots + units, plots + units + left_out)
    ]  # fmt: skip
    out_columns = ["project", "name", "cluster", "tier", "cause", "by", "part", "place", "need", "offer", "unit",
                   "words_zh", "words_en"]  # fmt: skip
    placed = len({row["project"] for row in placements})
    return Plan(
        summary={
            "title": {"zh": "样板方案", "en": "Sample plan"}, "status": "within_gap", "score": 71.25, "bound": 72.0,
            "gap": 0.0104, "solver_gap": 0.008, "years": [2026, 2030], "terms": {"tier": 40.0, "tax": 31.25},
            "counts": {"projects": placed + len(out), "placed": placed, "left_out": len(out)},
        },
        placements=pd.DataFrame(placements), uses=pd.DataFrame(uses),
        left_out=pd.DataFrame(out, columns=out_columns), goals=pd.DataFrame(), findings=pd.DataFrame(),
        prices=pd.DataFrame(),
    )  # fmt: skip

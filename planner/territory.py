"""What is there: parks, parcels, buildings, floors, restrictions, supply; and what can be measured of it.

Pure geometry in one projected working CRS in metres. A Territory is data: it is read by `intake`, changed (as a new
one) by `changes`, and knows nothing of files, projects or scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.columns import Column, listed, number, text, whole, yes_no
from planner.words import Words

STATES = ("free", "in_preparation", "committed", "occupied", "other_use")
ON_OFFER = ("free", "in_preparation")
"""States of a parcel that is on offer once it has a ready year."""
STAGES = ("planned", "started", "built")
ROLES = ("growth_pole", "hq_zone", "innovation_park", "specialised", "pilot", "outside", "other")
SERVICES_M = 0.8
"""Storey height less this is the clear height where none is given (ducts and structure; an expert default)."""
YEARS = (1990, 2100)
ROUNDING_M = 0.001
"""What the position of an edge may be off by: a street of 30 m drawn askew is one of 30 m."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a territory: its words, its identifier, its columns, its kinds of geometry."""

    name: str
    words: Words
    key: str
    columns: tuple[Column, ...]
    geometry: tuple[str, ...] = ()
    required: bool = True

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)


AREAS = ("Polygon", "MultiPolygon")
LAYERS: Mapping[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer(
            "parks",
            Words("园区", "parks"),
            "park_id",
            (
                text("park_id", "园区编号", "park id", required=True),
                text("name_zh", "中文名", "Chinese name", required=True),
                text("name_en", "英文名", "English name", required=True),
                listed("aliases", "别名", "aliases"),
                listed("roles", "角色", "roles", allowed=ROLES),
                listed("leading_industries", "主导产业", "leading industries"),
                yes_no("wet_process", "可承接湿法工艺", "takes wet processes"),
            ),
            AREAS,
        ),
        Layer(
            "parcels",
            Words("地块", "parcels"),
            "parcel_id",
            (
                text("parcel_id", "法定图则地块编号", "plan parcel number", required=True),
                text("lot_id", "宗地号", "lot number"),
                text("park", "所属园区", "park"),
                text("state", "状态", "state", required=True, allowed=STATES),
                text("land_class", "用地性质", "land class", required=True),
                number("far_max", "容积率上限", "FAR limit", "", 0.1, 15),
                number("coverage_max", "建筑覆盖率上限", "coverage limit", "", 0.05, 1),
                number("height_limit_m", "限高", "height limit", "m", 3, 600),
                whole("ready_year", "整备完成年份", "ready year", "", *YEARS),
                text("preparation_tool", "整备方式", "preparation tool"),
                number("preparation_cost_yi", "整备成本", "preparation cost", "亿元"),
                number("power_kva", "地块供电", "power at the parcel", "kVA"),
                text("tenure", "权属", "tenure"),
                yes_no("divisible", "可分割", "divisible"),
                yes_no("joint", "可联合拿地", "open to joint taking"),
                number("published_area_m2", "公布面积", "published area", "m²", 1, 5e7),
                number("existing_gfa_m2", "现状建筑面积", "existing floor area", "m²"),
                text("ready_tenure", "权属清", "tenure cleared"),
                text("ready_cleared", "净地", "cleared land"),
                text("ready_planning", "规划条件", "planning conditions"),
                text("ready_eia", "环评", "environmental assessment"),
                text("ready_preview", "预审", "pre-examination"),
            ),
            AREAS,
        ),
        Layer(
            "buildings",
            Words("工业上楼厂房", "industry-upstairs buildings"),
            "building_id",
            (
                text("building_id", "厂房编号", "building id", required=True),
                text("name_zh", "中文名", "Chinese name", required=True),
                text("name_en", "英文名", "English name"),
                text("park", "所属园区", "park"),
                text("stage", "建设阶段", "stage", required=True, allowed=STAGES),
                yes_no("pilot", "试点", "pilot"),
                text("land_class", "用地性质", "land class"),
                whole("delivery_year", "交付年份", "delivery year", "", *YEARS),
                whole("storeys", "层数", "storeys", "", 1, 150, required=True),
                number("height_m", "建筑高度", "height", "m", 3, 700),
                whole("lift_count", "货梯数", "goods lifts"),
                number("lift_t", "货梯载重", "lift load", "t", 0, 100),
                number("power_kva", "供电容量", "power", "kVA"),
                text("fire_resistance", "耐火等级", "fire resistance", allowed=("一级", "二级")),
                text("production_class", "生产类别", "production class", allowed=("丙", "丁", "戊")),
                yes_no("sprinklers", "自动喷淋", "sprinklers"),
                number("rent_cny_m2_month", "租金", "rent", "元/m²·月", 0, 1000),
                text("supply_source", "供应来源", "source of supply"),
            ),
            (*AREAS, "Point"),
        ),
        Layer(
            "floors",
            Words("楼层", "floors"),
            "floor_id",
            (
                text("building_id", "厂房编号", "building id", required=True),
                whole("floor", "楼层", "floor", "", 1, 150, required=True),
                number("area_m2", "建筑面积", "floor area", "m²", 1, 1e6, required=True),
                number("usable_ratio", "使用率", "usable ratio", "", 0.1, 1),
                number("storey_height_m", "层高", "storey height", "m", 2, 60),
                number("clear_height_m", "净高", "clear height", "m", 1.5, 60),
                number("load_kn_m2", "楼面荷载", "floor load", "kN/m²", 0.5, 200, required=True),
                number("column_grid_m", "柱距", "column grid", "m", 2, 60),
                number("unit_min_m2", "最小分隔单元", "least unit", "m²", 1, 1e6),
                text("vibration_class", "振动等级", "vibration class"),
                number("occupied_m2", "已占用", "occupied", "m²"),
                text("occupied_as", "占用方式", "occupied as", allowed=("let", "committed")),
            ),
        ),
        Layer(
            "restrictions",
            Words("限制要素", "restrictions"),
            "restriction_id",
            (
                text("restriction_id", "限制编号", "restriction id", required=True),
                text("kind", "类别", "kind", required=True),
                text("name_zh", "中文名", "Chinese name"),
                text("name_en", "英文名", "English name"),
                number("distance_m", "控制距离", "distance", "m", 0, 20000),
                number("height_limit_m", "限高", "height limit", "m", 0, 5000),
            ),
            ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", "MultiPoint"),
            required=False,
        ),
        Layer(
            "backdrop",
            Words("底图要素", "backdrop"),
            "backdrop_id",
            (
                text("backdrop_id", "编号", "id", required=True),
                text("kind", "类别", "kind", required=True),
                text("name_zh", "中文名", "Chinese name"),
                text("name_en", "英文名", "English name"),
            ),
            ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", "MultiPoint"),
            required=False,
        ),
        Layer(
            "supply",
            Words("供应能力", "supply"),
            "supply_id",
            (
                text("park", "园区", "park", required=True),
                whole("year", "年份", "year", "", *YEARS, required=True),
                number("power_mva", "供电", "power", "MVA"),
                number("water_m3_day", "供水", "water", "m³/d"),
                number("waste_water_m3_day", "污水处理", "waste water", "m³/d"),
                number("gas_m3_day", "供气", "gas", "m³/d"),
                text("source", "来源", "source"),
            ),
            required=False,
        ),
        Layer(
            "figures",
            Words("公布数据", "published figures"),
            "figure_id",
            (
                text("subject", "对象", "subject", required=True),
                text("measure_zh", "指标", "measure (Chinese)", required=True),
                text("measure_en", "指标(英)", "measure (English)", required=True),
                Column("value", "number", Words("数值", "value")),
                text("unit", "单位", "unit"),
                text("source", "来源", "source"),
                text("source_date", "日期", "date"),
                text("confidence", "可信度", "confidence"),
                text("note", "备注", "note"),
            ),
            required=False,
        ),
    )
}
"""Every layer of a territory with its canonical columns."""


@dataclass(frozen=True)
class Territory:
    """What is there.

    Attributes
    ----------
    name : str
        Folder name.
    title : Words
        What it is called.
    illustrative : Words or None
        Why it must not be taken for real, printed on every map; None for real data.
    crs : str
        Working CRS, projected, metres.
    bounds_lonlat : tuple of float
        West, south, east, north of the district (degrees, WGS84 / CGCS2000).
    parks, parcels, buildings, restrictions, backdrop : GeoDataFrame
        Indexed by identifier, columns as in `LAYERS`, in `crs`. Parcels and buildings carry ``home_park`` and
        ``zones`` (tuple of park ids) besides, parcels ``area_m2`` (measured).
    floors : DataFrame
        Indexed by floor id (``B07-F03``); ``free_m2`` = area − occupied.
    supply, figures : DataFrame
        As in `LAYERS`, numbered.
    tables : mapping of str to DataFrame
        Reference tables by name (``process_rules`` …), all columns as text where not numbers.
    files : mapping of str to str
        Every file read, relative name to SHA-256.
    """

    name: str
    title: Words
    illustrative: Words | None
    crs: str
    bounds_lonlat: tuple[float, float, float, float]
    parks: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    floors: pd.DataFrame
    restrictions: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    supply: pd.DataFrame
    figures: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str] = field(default_factory=dict)

    def park_names(self) -> dict[str, str]:
        """Return every name a park goes by (id, Chinese, English, aliases) and the ids it may mean, joined by ";"."""
        names: dict[str, list[str]] = {}
        for park_id, park in self.parks.iterrows():
            called = {str(park_id), park["name_zh"], park["name_en"], *park["aliases"]}
            for name in called:
                names.setdefault(name, []).append(str(park_id))
        return {name: ";".join(ids) for name, ids in names.items()}


def measured_area_m2(places: gpd.GeoDataFrame) -> pd.Series:
    """Return the area of each place in its projected CRS.

    Parameters
    ----------
    places : GeoDataFrame
        In a projected CRS in metres (EPSG:4547 in Shenzhen, where it is within 5 ppm of the geodesic area).

    Returns
    -------
    Series of float, m²
    """
    return pd.Series(shapely.area(places.geometry.to_numpy()), index=places.index, dtype=float, name="area_m2")


def zones_of(places: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the parks that hold most of each place, and the one that is its home.

    The home park is the growth pole that holds most of the place, else the smallest park that does.

    Parameters
    ----------
    places, parks : GeoDataFrame
        Same CRS; parks with ``roles``.

    Returns
    -------
    DataFrame
        Indexed like `places`: ``home_park`` (str, empty where none), ``zones`` (tuple of str, smallest park first).
    """
    park_ids = parks.index.to_numpy(dtype=object)
    shapes = parks.geometry.to_numpy()
    size_m2 = shapely.area(shapes)
    pole = np.array(["growth_pole" in roles for roles in parks["roles"]], dtype=bool)
    geometry = places.geometry.to_numpy()
    place, park = shapely.STRtree(shapes).query(geometry, predicate="intersects")
    inside = _share_inside(geometry[place], shapes[park]) > 0.5
    held = pd.DataFrame({"place": place[inside], "park": park[inside]})
    held["size_m2"] = size_m2[held["park"]]
    held["not_pole"] = ~pole[held["park"]]
    by_size = held.sort_values(["place", "size_m2", "park"])
    zones = by_size.groupby("place")["park"].agg(lambda parks_of: tuple(park_ids[parks_of]))  # type: ignore[type-var]
    home = (
        held.sort_values(["place", "not_pole", "size_m2", "park"]).drop_duplicates("place").set_index("place")["park"]
    )
    every = pd.RangeIndex(len(places))
    return pd.DataFrame(
        {
            "home_park": [park_ids[k] if k >= 0 else "" for k in home.reindex(every, fill_value=-1)],
            "zones": [found if isinstance(found, tuple) else () for found in zones.reindex(every)],
        },
        index=places.index,
    )


def _share_inside(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the share of each a (by area; a point counts whole) that lies in its b."""
    area = shapely.area(a)
    share = np.ones(len(a))
    wide = area > 0
    share[wide] = shapely.area(shapely.intersection(a[wide], b[wide])) / area[wide]
    return share


def usable(parcels: gpd.GeoDataFrame, forbidden: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return what is left of each parcel once forbidden land is cut away.

    A plant needs one connected piece, so what counts is the largest connected piece; smaller ones are lost to it.

    Parameters
    ----------
    parcels : GeoDataFrame
    forbidden : ndarray of geometry
        Areas no site may lie in, same CRS; may overlap each other.

    Returns
    -------
    GeoDataFrame
        Indexed like `parcels`: geometry (largest usable piece, empty where nothing is left), ``usable_m2``,
        ``cut_m2`` (forbidden land inside), ``pieces`` (how many pieces were left).
    """
    shapes = parcels.geometry.to_numpy().copy()
    area = shapely.area(shapes)
    left = shapes.copy()
    shapely.prepare(forbidden)
    cutter, parcel = shapely.STRtree(shapes).query(forbidden, predicate="intersects")
    for j in np.unique(parcel):  # only parcels that are really touched
        left[j] = shapely.difference(shapes[j], shapely.union_all(forbidden[cutter[parcel == j]]))
    remaining = shapely.area(left)
    pieces, owner = shapely.get_parts(left, return_index=True)
    wide = shapely.area(pieces) > 0  # what is left of nothing is an empty polygon, no piece
    pieces, owner = pieces[wide], owner[wide]
    order = np.lexsort((shapely.area(pieces), owner))
    last = np.r_[owner[order][1:] != owner[order][:-1], True] if len(order) else np.zeros(0, bool)
    largest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    largest[owner[order][last]] = pieces[order][last]
    return gpd.GeoDataFrame(
        {
            "usable_m2": shapely.area(largest),
            "cut_m2": area - remaining,
            "pieces": np.bincount(owner, minlength=len(shapes)),
        },
        geometry=largest,
        index=parcels.index,
        crs=parcels.crs,
    )


def contiguity(plots: gpd.GeoDataFrame, street_gap_m: float, facing_m: float) -> pd.DataFrame:
    """Return the pairs of plots that share a border or face each other across a street.

    Two plots face each other when the part of either's edge that lies within the street gap of the other is at
    least `facing_m` long, so that plots which only meet corner to corner across a crossing are not neighbours.

    Parameters
    ----------
    plots : GeoDataFrame
        Polygons in a projected CRS in metres.
    street_gap_m : float
        Widest street that does not part neighbours (30 m in practice).
    facing_m : float
        Least length of edge that faces the other plot.

    Returns
    -------
    DataFrame
        One row a pair, ``a`` < ``b`` in the order of `plots`: labels ``a``, ``b``, ``gap_m``, ``facing_m``.
    """
    shapes = plots.geometry.to_numpy()
    labels = plots.index.to_numpy(dtype=object)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=street_gap_m + ROUNDING_M)
    once = a < b
    a, b = a[once], b[once]
    edge = shapely.boundary(shapes)
    near = shapely.buffer(shapes, street_gap_m + ROUNDING_M)
    facing = np.minimum(
        shapely.length(shapely.intersection(edge[a], near[b])),
        shapely.length(shapely.intersection(edge[b], near[a])),
    )
    keep = facing >= facing_m - ROUNDING_M
    a, b = a[keep], b[keep]
    pairs = pd.DataFrame(
        {
            "a": labels[a],
            "b": labels[b],
            "gap_m": shapely.distance(shapes[a], shapes[b]),
            "facing_m": facing[keep],
        }
    )
    return pairs.iloc[np.lexsort((b, a))].reset_index(drop=True)

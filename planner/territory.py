"""What is there: parks, parcels, buildings, floors, restrictions, supply; and what can be measured of it.

Pure geometry in one projected working CRS in metres. A Territory is data: it is read by `intake`, changed (as a new
one) by `changes`, and knows nothing of files, projects or scenarios.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.columns import VIBRATION_CLASSES, Column, listed, number, text, whole, yes_no
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

SLIVER_M2 = 0.01
"""Less land is no piece: what is left between two cuts that meet."""


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
                number("far_max", "容积率上限", "FAR limit", "", 0.1, 15, sense="cap"),
                number("coverage_max", "建筑覆盖率上限", "coverage limit", "", 0.05, 1, sense="cap"),
                number("height_limit_m", "限高", "height limit", "m", 3, 600, sense="cap"),
                whole("ready_year", "整备完成年份", "ready year", "", *YEARS, sense="cost"),
                text("preparation_tool", "整备方式", "preparation tool"),
                number("preparation_cost_yi", "整备成本", "preparation cost", "亿元", sense="cost"),
                number("power_kva", "地块供电", "power at the parcel", "kVA"),
                text("tenure", "权属", "tenure"),
                yes_no("divisible", "可分割", "divisible"),
                yes_no("joint", "可联合拿地", "open to joint taking"),
                number("published_area_m2", "公布面积", "published area", "m²", 1, 5e7),
                number("existing_gfa_m2", "现状建筑面积", "existing floor area", "m²", sense="cost"),
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
                text("complex", "所属综合体", "complex"),
                text("stage", "建设阶段", "stage", required=True, allowed=STAGES),
                yes_no("pilot", "试点", "pilot"),
                text("land_class", "用地性质", "land class"),
                whole("delivery_year", "交付年份", "delivery year", "", *YEARS, sense="cost"),
                whole("storeys", "层数", "storeys", "", 1, 150, required=True),
                number("height_m", "建筑高度", "height", "m", 3, 700),
                whole("lift_count", "货梯数", "goods lifts"),
                number("lift_t", "货梯载重", "lift load", "t", 0, 100),
                number("power_kva", "供电容量", "power", "kVA"),
                number("waste_water_m3_day", "污水处理能力", "waste water", "m³/d", sense="cap"),
                text("fire_resistance", "耐火等级", "fire resistance", allowed=("一级", "二级")),
                text("production_class", "生产类别", "production class", allowed=("丙", "丁", "戊")),
                yes_no("sprinklers", "自动喷淋", "sprinklers"),
                number("rent_cny_m2_month", "租金", "rent", "元/m²·月", 0, 1000, sense="cost"),
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
                number("unit_min_m2", "最小分隔单元", "least unit", "m²", 1, 1e6, sense="need"),
                text("vibration_class", "振动等级", "vibration class", allowed=VIBRATION_CLASSES),
                number("occupied_m2", "已占用", "occupied", "m²", sense="cost"),
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
                number("distance_m", "控制距离", "distance", "m", 0, 20000, sense="need"),
                number("voltage_kv", "电压等级", "voltage", "kV", 0, 2000),
                number("height_limit_m", "限高", "height limit", "m", 0, 5000, sense="cap"),
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
                text("note_zh", "备注", "note (Chinese)"),
                text("note_en", "备注(英)", "note (English)"),
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
    systems : mapping of str to str
        In which coordinate system each layer is written, by layer, and who says so.
    written : mapping of str to mapping
        Layer to identifier to column to its figure as the file has it ("约 3 亩"), where that is more than the number
        kept.
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
    systems: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def park_names(self) -> dict[str, str]:
        """Return every name a park goes by (id, Chinese, English, aliases) and the ids it may mean, joined by ";"."""
        names: dict[str, list[str]] = {}
        called = (self.parks[column] for column in ("name_zh", "name_en", "aliases"))
        for park_id, zh, en, aliases in zip(self.parks.index, *called, strict=True):
            for name in {str(park_id), zh, en, *aliases}:
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
    home = (
        held.sort_values(["place", "not_pole", "size_m2", "park"]).drop_duplicates("place").set_index("place")["park"]
    )
    every = pd.RangeIndex(len(places))
    return pd.DataFrame(
        {
            "home_park": [park_ids[k] if k >= 0 else "" for k in home.reindex(every, fill_value=-1)],
            "zones": grouped(by_size["place"].to_numpy(), park_ids[by_size["park"]], len(places)),
        },
        index=places.index,
    )


def grouped(group: NDArray[np.int64], values: NDArray[np.object_], count: int) -> NDArray[np.object_]:
    """Return the values of each of `count` groups as a tuple, in their order; `group` ascends.

    Examples
    --------
    >>> grouped(np.array([0, 0, 2]), np.array(["a", "b", "c"], dtype=object), 3).tolist()
    [('a', 'b'), (), ('c',)]
    """
    ends = np.searchsorted(group, np.arange(count + 1)).tolist()
    listed_values = values.tolist()
    found = np.empty(count, dtype=object)
    found[:] = [tuple(listed_values[a:b]) for a, b in itertools.pairwise(ends)]
    return found


def _share_inside(a: NDArray[np.object_], b: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return the share of each a (by area; a point counts whole) that lies in its b."""
    area = shapely.area(a)
    share = np.ones(len(a))
    shapely.prepare(b)
    wide = (area > 0) & ~shapely.contains_properly(b, a)
    share[wide] = shapely.area(shapely.intersection(a[wide], b[wide])) / area[wide]
    return share


def outside(shapes: NDArray[np.object_], forbidden: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what is left of each shape once forbidden land is cut away, all its pieces; empty where nothing is.

    Only shapes that are really touched are cut, none that lies wholly inside forbidden land, and none with a long
    outline where a piece of it will do.

    Parameters
    ----------
    shapes, forbidden : ndarray of geometry
        Polygons in one CRS; those of `forbidden` may overlap each other.
    """
    left = shapes.copy()
    tree = shapely.STRtree(shapes)
    shapely.prepare(forbidden)
    cutter, place = tree.query(forbidden, predicate="intersects")
    gone = np.zeros(len(shapes), dtype=bool)
    gone[place[shapely.contains_properly(forbidden[cutter], shapes[place])]] = True
    left[gone] = shapely.Polygon()
    cutters = subdivided(forbidden[np.unique(cutter[~gone[place]])])
    shapely.prepare(cutters)
    cutter, place = tree.query(cutters, predicate="intersects")
    cutter, place = cutter[~gone[place]], place[~gone[place]]
    order = np.lexsort((cutter, place))
    cutter, place = cutter[order], place[order]
    nth = np.arange(len(place)) - np.searchsorted(place, place)
    for turn in range(nth.max(initial=-1) + 1):  # the first cut of every shape, then the second
        now = nth == turn
        left[place[now]] = shapely.difference(left[place[now]], cutters[cutter[now]])
    return left


def subdivided(shapes: NDArray[np.object_], vertices: int = 64) -> NDArray[np.object_]:
    """Return polygons cut in halves until none has more than so many vertices: together they cover the same land."""
    done, large = [], shapely.get_parts(shapes)
    while len(large):
        few = shapely.get_num_coordinates(large) <= vertices
        done.append(large[few])
        large = large[~few]
        west, south, east, north = shapely.bounds(large).T
        wide = east - west > north - south
        x, y = np.where(wide, (west + east) / 2, east), np.where(wide, north, (south + north) / 2)
        low = shapely.intersection(large, shapely.box(west, south, x, y))
        high = shapely.intersection(large, shapely.box(np.where(wide, x, west), np.where(wide, south, y), east, north))
        large = shapely.get_parts(np.concatenate([low, high]))
        large = large[shapely.get_dimensions(large) == 2]
    return np.concatenate([*done, np.zeros(0, dtype=object)])


def usable(parcels: gpd.GeoDataFrame, forbidden: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return what is left of each parcel once forbidden land is cut away.

    A plant needs one connected piece, so what counts is the largest; the smaller ones are kept beside it, as land
    that is free but lost to the plant. Of pieces equally large (to 0.01 m²) the westernmost counts, then the
    southernmost.

    Parameters
    ----------
    parcels : GeoDataFrame
    forbidden : ndarray of geometry
        Areas no site may lie in, same CRS; may overlap each other.

    Returns
    -------
    GeoDataFrame
        Indexed like `parcels`: geometry (largest usable piece, empty where nothing is left), ``usable_m2``,
        ``cut_m2`` (forbidden land inside), ``pieces`` (how many pieces were left), ``rest`` (the other pieces as one
        geometry, empty where there are none).
    """
    shapes = parcels.geometry.to_numpy()
    left = outside(shapes, forbidden)
    pieces, owner = shapely.get_parts(left, return_index=True)
    wide = shapely.area(pieces) > SLIVER_M2  # what is left of nothing is an empty polygon, a cut may leave lines
    pieces, owner = pieces[wide], owner[wide]
    west, south = shapely.bounds(pieces)[:, :2].T
    order = np.lexsort((south, west, -shapely.area(pieces).round(2), owner))
    pieces, owner = pieces[order], owner[order]
    first = np.r_[True, owner[1:] != owner[:-1]] if len(owner) else np.zeros(0, bool)
    largest = np.full(len(shapes), shapely.Polygon(), dtype=object)
    largest[owner[first]] = pieces[first]
    several, nth = np.unique(owner[~first], return_inverse=True)
    rest = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    rest[several] = shapely.multipolygons(pieces[~first], indices=nth) if len(several) else rest[:0]
    return gpd.GeoDataFrame(
        {
            "usable_m2": shapely.area(largest),
            "cut_m2": shapely.area(shapes) - shapely.area(left),
            "pieces": np.bincount(owner, minlength=len(shapes)),
            "rest": gpd.array.from_shapely(rest, crs=parcels.crs),
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

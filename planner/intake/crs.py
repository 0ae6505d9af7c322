"""Which CRS is this? What is declared is checked against where the district and the other layers lie.

A suggestion is always words in a fault, with its figures, never a correction: whoever knows confirms it as ``crs:`` in
territory.yaml or by ``--crs``. Bounds cannot show a shift of 600 m (GCJ-02, BD-09) or 77 m (Beijing 1954); a layer in
place can (`alignment`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from planner.errors import Fault
from planner.intake.alignment import Reference, Shift, cut_by, shift_of
from planner.intake.systems import WGS84, System, placed
from planner.quantities import shown
from planner.words import Words

WORKING = "EPSG:4547"
"""In which a layer by itself is measured."""
Bounds = tuple[float, float, float, float]

LONLAT = "EPSG:4490"
"""CGCS2000 longitude and latitude, in which bounds are given; EPSG:4326 within centimetres."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CRS met in practice."""

    crs: str
    words: Words

    @property
    def said(self) -> Words:
        """The CRS and what it is."""
        return Words(f"{self.crs}（{self.words.zh}）", f"{self.crs} ({self.words.en})")


CANDIDATES = (
    Candidate(LONLAT, Words("CGCS2000 经纬度", "CGCS2000 longitude, latitude")),
    Candidate("EPSG:4547", Words("CGCS2000 3 度带，中央经线 114°", "CGCS2000, 3° zone, meridian 114°")),
    Candidate("EPSG:4526", Words("CGCS2000 3 度带，带号前缀 38", "CGCS2000, 3° zone 38, with the zone's prefix")),
    Candidate("EPSG:4508", Words("CGCS2000 6 度带，中央经线 111°", "CGCS2000, 6° zone, meridian 111°")),
    Candidate("EPSG:4497", Words("CGCS2000 6 度带，带号前缀 19", "CGCS2000, 6° zone 19, with the zone's prefix")),
    Candidate("EPSG:32649", Words("UTM 49N", "UTM 49N")),
    Candidate("EPSG:3857", Words("网络墨卡托（面积虚增 18%）", "web mercator, whose areas are 18 % too large")),
)
"""Tried against the bounds of a layer, as they are and with the axes swapped."""
MISTAKEN_FOR = (
    (System(shifted="GCJ-02"), Words("GCJ-02（高德、腾讯坐标）", "GCJ-02, the shift of AutoNavi's and Tencent's maps")),
    (System(shifted="BD-09"), Words("BD-09（百度坐标）", "BD-09, the shift of Baidu's maps")),
    (System("EPSG:2435"), Words("北京 54，中央经线 114°", "Beijing 1954, 3° zone, meridian 114°")),
    (System("EPSG:2383"), Words("西安 80，中央经线 114°", "Xi'an 1980, 3° zone, meridian 114°")),
)
"""What a layer may be written in whose bounds look right: systems that lie 70 to 1,250 m aside."""
CITY: Bounds = (113.7, 22.4, 114.7, 22.9)
"""Shenzhen, only to word a suggestion where no territory.yaml says where a layer should lie."""
FIRST_ZONE, LAST_ZONE, CGCS2000_3 = 25, 45, 4534
"""Zones of 3° by their meridian over 3, and the EPSG code of the first."""
AREA_PPM = 100
"""A working CRS that shows areas larger or smaller by more is refused (EPSG:4547 in Bao'an: 5)."""


def known_crs(text: object) -> pyproj.CRS | None:
    """Return a CRS by its name, or None when there is none of that name."""
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def working_crs_fault(where: str, text: object, bounds_lonlat: Bounds | None = None) -> Fault | None:
    """Return what is wrong with a working CRS: it must be known, projected, in metres, and true in areas."""
    crs = known_crs(text)
    remedy = Words("深圳用 EPSG:4547", "In Shenzhen use EPSG:4547")
    if crs is None or not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        rule = Words(
            f"工作坐标系应为以米为单位的投影坐标系，现为 {shown(text)}",
            f"the working CRS must be projected, in metres; found {shown(text)}",
        )
        return Fault(where, "", rule, remedy)
    off = 0.0 if bounds_lonlat is None else area_scale(crs, bounds_lonlat) - 1
    if bounds_lonlat is None or abs(off) * 1e6 <= AREA_PPM:
        return None
    rule = Words(
        f"按 {text} 量算的面积相差 {off:+.2%}，不可用作工作坐标系",
        f"areas in {text} are off by {off:+.2%}: it is no working CRS",
    )
    zone = round((bounds_lonlat[0] + bounds_lonlat[2]) / 6)
    if FIRST_ZONE <= zone <= LAST_ZONE:
        code = f"EPSG:{CGCS2000_3 + zone - FIRST_ZONE}"
        remedy = Words(
            f"此处用 {code}（CGCS2000 3 度带，中央经线 {3 * zone}°），或更正 bounds_lonlat",
            f"Here use {code} (CGCS2000, 3° zone, meridian {3 * zone}°), or correct bounds_lonlat",
        )
    return Fault(where, "", rule, remedy)


def area_scale(crs: pyproj.CRS | str, bounds_lonlat: Bounds) -> float:
    """Return by what factor a projected CRS shows areas too large in the middle of a district (1 for degrees).

    Examples
    --------
    >>> round(area_scale("EPSG:3857", (113.74, 22.52, 113.98, 22.87)), 2)
    1.17
    """
    known = pyproj.CRS(crs)
    if not known.is_projected:
        return 1.0
    west, south, east, north = bounds_lonlat
    base = pyproj.Transformer.from_crs(LONLAT, known.geodetic_crs, always_xy=True)
    lon, lat = base.transform((west + east) / 2, (south + north) / 2)
    return float(pyproj.Proj(known).get_factors(lon, lat).areal_scale)


def undeclared(
    where: str, shapes: gpd.GeoSeries, bounds_lonlat: Bounds | None, beside: Reference | None = None
) -> Fault:
    """Return the fault of a layer without a CRS, with what its bounds, and a layer beside it, suggest."""
    rule = Words("未声明坐标系", "no CRS is declared")
    return Fault(where, "geometry", rule, _remedy(suggested(shapes, bounds_lonlat or CITY, beside)))


def contradicted(where: str, found: pyproj.CRS, declared: str) -> Fault:
    """Return the fault of a layer whose file and whose territory.yaml say different CRSs."""
    rule = Words(
        f"文件的坐标系为 {name_of(found)}，territory.yaml 声明为 {declared}",
        f"the file says its CRS is {name_of(found)}, territory.yaml says {declared}",
    )
    wrong = f"crs: {declared} instead of {name_of(found)}"
    remedy = Words(
        f"请删去 territory.yaml 中的 crs；如文件有误，写 {wrong}",
        f"Remove crs: from territory.yaml, or, where the file is wrong, write {wrong}",
    )
    return Fault(where, "geometry", rule, remedy)


def elsewhere(
    where: str, layer: gpd.GeoDataFrame, bounds_lonlat: Bounds, beside: Reference | None = None
) -> Fault | None:
    """Return the fault of a layer that, taken by its own CRS, lies nowhere in the district.

    Parameters
    ----------
    where : str
    layer : GeoDataFrame
        With a CRS.
    bounds_lonlat : tuple of float
        West, south, east, north, degrees.
    beside : Reference, optional
        A layer in place, to rank suggestions by.
    """
    frame = box_in(bounds_lonlat, layer.crs)
    west, south, east, north = frame.bounds
    found = layer.geometry.bounds.to_numpy()
    found = found[np.isfinite(found).all(axis=1)]
    if not len(found):
        return None
    inside = (found[:, 2] >= west) & (found[:, 0] <= east) & (found[:, 3] >= south) & (found[:, 1] <= north)
    if inside.any():
        return None
    extent = ", ".join(f"{value:g}" for value in (*found[:, :2].min(axis=0), *found[:, 2:].max(axis=0)))
    rule = Words(
        f"按 {name_of(layer.crs)} 全部位于辖区之外，范围 {extent}",
        f"taken as {name_of(layer.crs)} it lies wholly outside the district; its bounds are {extent}",
    )
    remedy = _remedy(suggested(layer.geometry, bounds_lonlat, beside), f" instead of {name_of(layer.crs)}")
    return Fault(where, "geometry", rule, remedy)


@dataclass(frozen=True)
class Proposal:
    """A system in which a layer would lie in the district, with the figures that speak for it or against it.

    Attributes
    ----------
    system : System
    words : Words
    area_ratio : float
        Area by its own coordinates over the area on the ground.
    shift : Shift or None
        Against a reference; None without one, or where no corners meet.
    cut : tuple of int or None
        How many features, of how many, the reference's borders cut; None without a reference.
    """

    system: System
    words: Words
    area_ratio: float
    shift: Shift | None = None
    cut: tuple[int, int] | None = None

    @property
    def figures(self) -> Words:
        """The figures in words."""
        zh, en = [f"面积 × {self.area_ratio:.4f}"], [f"areas × {self.area_ratio:.4f}"]
        if self.shift is not None:
            zh.append(f"与参照图层相差 {self.shift.words.zh}")
            en.append(f"{self.shift.words.en} aside of the reference")
        elif self.cut is not None:
            zh.append(f"被参照图层边界切割 {self.cut[0]}/{self.cut[1]}")
            en.append(f"{self.cut[0]} of {self.cut[1]} cut by the reference's borders")
        return Words("，".join(zh), ", ".join(en))


def proposals(shapes: gpd.GeoSeries, bounds_lonlat: Bounds, beside: Reference | None = None) -> list[Proposal]:
    """Return in which systems coordinates would lie in the district, the likeliest first.

    Parameters
    ----------
    shapes : GeoSeries
        As the file has them; a CRS it may have is not looked at.
    bounds_lonlat : tuple of float
        West, south, east, north, degrees.
    beside : Reference, optional
        A layer in place; with one, systems are ranked, and those are proposed as well that bounds cannot tell apart.
    """
    bounds = shapes.bounds.to_numpy()
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return []
    # the middle of the middle feature: one stray feature must not hide where the others lie
    x, y = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    found = []
    for candidate in CANDIDATES:
        frame, ratio = _lies(candidate.crs, bounds_lonlat)
        if shapely.contains_xy(frame, x, y):
            found.append(Proposal(System(candidate.crs), candidate.said, ratio))
        elif shapely.contains_xy(frame, y, x):
            said = Words(f"{candidate.said.zh}，但两轴颠倒", f"{candidate.said.en} with its axes swapped")
            found.append(Proposal(System(candidate.crs, swapped=True), said, ratio))
    if beside is None:
        return found
    by_bounds = [_judged(one, shapes, beside) for one in found]
    least = min(map(_doubt, by_bounds), default=(0, 0.0))
    # the same coordinates on another datum, or with the shift of a public map: only where that fits better
    aside = [_judged(one, shapes, beside) for first in found[:1] for one in _like(first)]
    return sorted([*by_bounds, *(one for one in aside if _doubt(one) < least)], key=_doubt)


@cache
def _lies(crs: str, bounds_lonlat: Bounds) -> tuple[shapely.Polygon, float]:
    """Return where a district lies in a CRS, and by what factor its areas are too large there."""
    return box_in(bounds_lonlat, crs), area_scale(crs, bounds_lonlat)


def _like(one: Proposal) -> list[Proposal]:
    """Return the systems that bounds cannot tell from a proposed one."""
    made = []
    for system, words in MISTAKEN_FOR:
        if not system.crs or one.system.crs == "EPSG:4547":
            like = System(system.crs or one.system.crs, one.system.swapped, system.shifted)
            said = Words(f"{like}（{words.zh}）", f"{like} ({words.en})")
            made.append(Proposal(like, said, one.area_ratio))
    return made


def _judged(one: Proposal, shapes: gpd.GeoSeries, beside: Reference) -> Proposal:
    """Return a proposal with what a reference says of it."""
    there = taken_as(shapes, one.system, beside.crs)
    return replace(one, shift=shift_of(there, beside.shapes), cut=cut_by(there, beside.shapes))


def suggested(shapes: gpd.GeoSeries, bounds_lonlat: Bounds | None, beside: Reference | None = None) -> list[Words]:
    """Return in which CRS, or with which axes swapped, the coordinates would lie in the district, with figures."""
    if bounds_lonlat is None:
        return []
    return [
        Words(f"{one.words.zh}：{one.figures.zh}", f"{one.words.en}: {one.figures.en}")
        for one in proposals(shapes, bounds_lonlat, beside)
    ]


def rough(where: str, crs: pyproj.CRS, working: str) -> list[Fault]:
    """Return, as a warning, that the way from a CRS to the working one is not known better than to some ten metres.

    So it is between datums of different ellipsoids (Beijing 1954, Xi'an 1980): their real parameters are not public.
    """
    if _alike(crs, pyproj.CRS(working)):
        return []
    rule = Words(
        f"{name_of(crs)} 到 {working} 没有公开的精确转换，可能相差数十米",
        f"no exact transformation from {name_of(crs)} to {working} is public; it may be off by some ten metres",
    )
    remedy = Words(
        "请在 territory.yaml 的 crs 中写控制点 points 或四参数 four、七参数 seven",
        "Give control points (points:), four or seven parameters under crs: in territory.yaml",
    )
    return [Fault(where, "geometry", rule, remedy, fatal=False)]


def _alike(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Tell whether two CRSs have one ellipsoid, to a metre: WGS 84 and CGCS2000 are then one datum to centimetres."""
    a, b = one.ellipsoid, other.ellipsoid
    return a is not None and b is not None and abs(a.semi_major_metre - b.semi_major_metre) < 1


def taken_as(shapes: gpd.GeoSeries, system: System, crs: str) -> NDArray[np.object_]:
    """Return coordinates, taken as written in a system, in a CRS."""
    layer = gpd.GeoDataFrame(geometry=shapes.to_numpy(), crs=system.crs or WGS84)
    there = placed(layer, system)
    if not _alike(pyproj.CRS(there.crs), pyproj.CRS(crs)):
        there = there.to_crs(WGS84)  # by way of WGS 84 PROJ knows more than straight on
    return np.asarray(there.to_crs(crs).geometry, dtype=object)


def _doubt(one: Proposal) -> tuple[int, float]:
    """Return what speaks against a proposal: a shift first, then how many features are cut."""
    if one.shift is not None:
        return 0, one.shift.far_m
    cut, many = one.cut or (0, 1)
    return 1, cut / max(many, 1)


def to_working(layer: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a layer in the working CRS, east before north; coordinates already in it are not touched."""
    working = pyproj.CRS(crs)
    if layer.crs is not None and pyproj.CRS(layer.crs).equals(working, ignore_axis_order=True):
        return layer.set_crs(crs, allow_override=True)
    if layer.crs is not None and not _alike(pyproj.CRS(layer.crs), working):
        layer = layer.to_crs(WGS84)  # by way of WGS 84 PROJ knows more than straight on
    there = layer.to_crs(crs)
    return there.set_geometry(shapely.normalize(there.geometry.to_numpy()), crs=there.crs)


def box_in(bounds_lonlat: Bounds, crs: pyproj.CRS | str) -> shapely.Polygon:
    """Return the box around the district in a CRS, east before north."""
    change = pyproj.Transformer.from_crs(LONLAT, crs, always_xy=True)
    return shapely.box(*change.transform_bounds(*bounds_lonlat))


def name_of(crs: pyproj.CRS) -> str:
    """Return what a CRS is called, by its code where it has one."""
    code = crs.to_authority()
    return ":".join(code) if code else crs.name


def _remedy(found: list[Words], instead: str = "") -> Words:
    """Return what to do about a CRS that is missing, or (`instead` of it) wrong."""
    how = Words("", "")
    if instead:
        en = f"(crs: the one confirmed{instead}, where the file itself says that)"
        how = Words(f"；如文件自身写错，写“crs: 所确认的{instead}”", en)
    if not found:
        return Words(
            f"请向数据提供方确认坐标系，并在 territory.yaml 写明 crs{how.zh}",
            f"Ask whoever made the file for its CRS and write it as crs: in territory.yaml {how.en}".rstrip(),
        )
    zh, en = " 或 ".join(said.zh for said in found), " or ".join(said.en for said in found)
    return Words(
        f"坐标看似 {zh}；请确认后在 territory.yaml 写明 crs{how.zh}",
        f"The coordinates look like {en}; when that is confirmed write it as crs: in territory.yaml {how.en}".rstrip(),
    )

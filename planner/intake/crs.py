"""Which CRS is this? What is declared is checked against where the district lies; nothing is guessed silently.

A suggestion is always words in a fault, never a correction. It knows the systems met in Shenzhen's files; it does
not know shifted ones (GCJ-02, BD-09), whose 600 m bounds alone cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError

from planner.errors import Fault
from planner.words import Words

Bounds = tuple[float, float, float, float]

LONLAT = "EPSG:4490"
"""CGCS2000 longitude and latitude, in which bounds are given; EPSG:4326 within centimetres."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A CRS met in practice."""

    crs: str
    words: Words


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


def known_crs(text: object) -> pyproj.CRS | None:
    """Return a CRS by its name, or None when there is none of that name."""
    try:
        return pyproj.CRS.from_user_input(text)
    except CRSError:
        return None


def working_crs_fault(where: str, text: object) -> Fault | None:
    """Return what is wrong with a working CRS: it must be known, projected and in metres."""
    crs = known_crs(text)
    metres = crs is not None and crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)
    if metres:
        return None
    rule = Words(
        f"工作坐标系应为以米为单位的投影坐标系，现为 {text!r}",
        f"the working CRS must be projected, in metres; found {text!r}",
    )
    return Fault(where, "crs", rule, Words("深圳用 EPSG:4547", "In Shenzhen use EPSG:4547"))


def undeclared(where: str, shapes: gpd.GeoSeries, bounds_lonlat: Bounds | None) -> Fault:
    """Return the fault of a layer without a CRS, with what its bounds suggest."""
    rule = Words("未声明坐标系", "no CRS is declared")
    return Fault(where, "geometry", rule, _remedy(suggested(shapes, bounds_lonlat)))


def contradicted(where: str, found: pyproj.CRS, declared: str) -> Fault:
    """Return the fault of a layer whose file and whose territory.yaml say different CRSs."""
    rule = Words(
        f"文件的坐标系为 {name_of(found)}，territory.yaml 声明为 {declared}",
        f"the file says its CRS is {name_of(found)}, territory.yaml says {declared}",
    )
    remedy = Words("请删去错误的一处", "Remove crs: from territory.yaml, or correct the file")
    return Fault(where, "geometry", rule, remedy)


def elsewhere(where: str, layer: gpd.GeoDataFrame, bounds_lonlat: Bounds) -> Fault | None:
    """Return the fault of a layer that, taken by its own CRS, lies nowhere in the district.

    Parameters
    ----------
    where : str
    layer : GeoDataFrame
        With a CRS.
    bounds_lonlat : tuple of float
        West, south, east, north, degrees.
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
    return Fault(where, "geometry", rule, _remedy(suggested(layer.geometry, bounds_lonlat)))


def suggested(shapes: gpd.GeoSeries, bounds_lonlat: Bounds | None) -> list[Words]:
    """Return in which CRS, or with which axes swapped, the coordinates would lie in the district."""
    bounds = shapes.bounds.to_numpy()
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if bounds_lonlat is None or not len(bounds):
        return []
    # the middle of the middle feature: one stray feature must not hide where the others lie
    x, y = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    found = []
    for candidate in CANDIDATES:
        frame = box_in(bounds_lonlat, pyproj.CRS(candidate.crs))
        said = Words(f"{candidate.crs}（{candidate.words.zh}）", f"{candidate.crs} ({candidate.words.en})")
        if shapely.contains_xy(frame, x, y):
            found.append(said)
        elif shapely.contains_xy(frame, y, x):
            found.append(Words(f"{said.zh}，但两轴颠倒", f"{said.en} with its axes swapped"))
    return found


def to_working(layer: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return a layer in the working CRS, east before north; coordinates already in it are not touched."""
    working = pyproj.CRS(crs)
    if layer.crs is not None and pyproj.CRS(layer.crs).equals(working, ignore_axis_order=True):
        return layer.set_crs(crs, allow_override=True)
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


def _remedy(found: list[Words]) -> Words:
    if not found:
        return Words(
            "请向数据提供方确认坐标系，并在 territory.yaml 写明 crs",
            "Ask whoever made the file for its CRS and write it as crs: in territory.yaml",
        )
    zh, en = " 或 ".join(said.zh for said in found), " or ".join(said.en for said in found)
    return Words(
        f"坐标看似 {zh}；请确认后在 territory.yaml 写明 crs",
        f"The coordinates look like {en}; when that is confirmed write it as crs: in territory.yaml",
    )

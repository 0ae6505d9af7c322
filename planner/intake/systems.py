"""In which system coordinates are written, where its name alone does not say: axes, shifted maps, local grids.

A CRS that PROJ knows needs nothing of this. It knows the two shifts of public maps (GCJ-02 and BD-09, by the formula
in circulation, which is not official) and local grids by the parameters a user has; it guesses none of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.exceptions import CRSError

from planner.quantities import UnreadableError, nearest, shown
from planner.words import Words

Array = NDArray[np.float64]
WGS84 = "EPSG:4326"
SWAPPED = "swapped"
INSTEAD = " instead of "
KEYS = ("crs", "instead_of", "axes", "shifted", "points", "four", "seven")
FOUR = ("east_m", "north_m", "clockwise_s", "scale_ppm")
SEVEN = ("dx_m", "dy_m", "dz_m", "rx_s", "ry_s", "rz_s", "scale_ppm")
CONVENTIONS = ("position_vector", "coordinate_frame")
POINTS_AGREE_M = 0.5
"""Control points that miss by more are not those of one grid."""
ARC_SECOND = np.pi / 648_000
A, EE = 6_378_245.0, 0.00669342162296594323
"""Krasovsky's ellipsoid as the published formula of GCJ-02 has it."""
BD_TURN = np.pi * 3000 / 180
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""Outside of it the published formula moves nothing."""
ROUNDS = 8
"""Steps of the inverse: the shift changes by 1e-4 of itself where it moves a point, so four reach 1e-12°."""


def to_gcj02(lonlat: Array) -> Array:
    """Return WGS84 longitudes and latitudes as GCJ-02 shows them (高德, 腾讯).

    Parameters
    ----------
    lonlat : ndarray of float, (n, 2)
        Degrees.

    Examples
    --------
    >>> to_gcj02(np.array([[113.912316, 22.543847]])).round(6).tolist()
    [[113.917176, 22.540796]]
    >>> to_gcj02(np.zeros((0, 2))).shape
    (0, 2)
    """
    x, y = lonlat[:, 0] - 105, lonlat[:, 1] - 35
    root, pi = np.sqrt(np.abs(x)), np.pi
    ripple = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    latitude = np.radians(lonlat[:, 1])
    magic = 1 - EE * np.sin(latitude) ** 2
    shift = np.column_stack(
        [
            np.degrees(east / (A / np.sqrt(magic) * np.cos(latitude))),
            np.degrees(north / (A * (1 - EE) / magic**1.5)),
        ]
    )
    west, south, far, high = CHINA
    inside = np.all((lonlat >= (west, south)) & (lonlat <= (far, high)), axis=1, keepdims=True)
    moved: Array = lonlat + np.where(inside, shift, 0)
    return moved


def to_bd09(lonlat: Array) -> Array:
    """Return WGS84 longitudes and latitudes as BD-09 shows them (百度): GCJ-02, turned and moved once more."""
    x, y = to_gcj02(lonlat).T
    far = np.hypot(x, y) + 0.00002 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BD_TURN)
    return np.column_stack([far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006])


SHIFTS: Mapping[str, Callable[[Array], Array]] = {"GCJ-02": to_gcj02, "BD-09": to_bd09}
"""Every shifted system of public maps, from WGS84."""


def unshifted(lonlat: Array, shifted: str) -> Array:
    """Return WGS84 longitudes and latitudes of shifted ones, to better than 1e-9 degrees (0.1 mm).

    Parameters
    ----------
    lonlat : ndarray of float, (n, 2)
        Degrees.
    shifted : {'GCJ-02', 'BD-09'}

    Examples
    --------
    >>> unshifted(to_bd09(np.array([[113.86, 22.7]])), "BD-09").round(9).tolist()
    [[113.86, 22.7]]
    """
    shift = SHIFTS[shifted]
    found = lonlat.copy()
    for _ in range(ROUNDS):
        found = found + (lonlat - shift(found))
    return found


@dataclass(frozen=True, slots=True)
class Similarity:
    """A local grid onto another one: turned, scaled, moved (four parameters).

    Attributes
    ----------
    east_m, north_m : float
        Where the origin of the local grid lies.
    clockwise_s : float
        By how many arc seconds the local grid is turned, clockwise on the map.
    scale_ppm : float
        By how many millionths it is enlarged.
    """

    east_m: float = 0.0
    north_m: float = 0.0
    clockwise_s: float = 0.0
    scale_ppm: float = 0.0

    def __call__(self, xy: Array) -> Array:
        """Return local positions (n, 2), east first, in the other grid.

        Examples
        --------
        >>> Similarity(100, 200, clockwise_s=90 * 3600)(np.array([[0.0, 10.0]])).round(6).tolist()
        [[110.0, 200.0]]
        """
        turn, scale = self.clockwise_s * ARC_SECOND, 1 + self.scale_ppm * 1e-6
        east = self.east_m + scale * (xy[:, 0] * np.cos(turn) + xy[:, 1] * np.sin(turn))
        north = self.north_m + scale * (xy[:, 1] * np.cos(turn) - xy[:, 0] * np.sin(turn))
        return np.column_stack([east, north])


def fitted(points: Array) -> tuple[Similarity, Array]:
    """Return the similarity that least squares fit to control points, and by how much it misses each (m).

    Parameters
    ----------
    points : ndarray of float, (n, 4)
        Local x and y, east and north in the other grid; two points or more, not all in one place.

    Examples
    --------
    >>> grid, missed = fitted(np.array([[0, 0, 100, 200], [10, 0, 110, 200], [0, 10, 100, 210.0]]))
    >>> round(grid.east_m, 6), round(grid.scale_ppm, 3) + 0.0, missed.round(6).tolist()
    (100.0, 0.0, [0.0, 0.0, 0.0])
    """
    here, there = points[:, :2] @ [1, 1j], points[:, 2:] @ [1, 1j]  # a similarity is one complex factor and a shift
    from_middle = here - here.mean()
    factor = np.vdot(from_middle, there - there.mean()) / np.vdot(from_middle, from_middle)
    origin = there.mean() - factor * here.mean()
    grid = Similarity(
        float(origin.real),
        float(origin.imag),
        float(-np.angle(factor) / ARC_SECOND),
        float((np.abs(factor) - 1) * 1e6),
    )
    return grid, np.abs(factor * here + origin - there)


@dataclass(frozen=True, slots=True)
class System:
    """In which system a layer's coordinates are written.

    Attributes
    ----------
    crs : str
        A CRS that PROJ knows; for a local grid the one it is carried into. Empty for the file's own.
    swapped : bool
        North stands where east is expected.
    shifted : {'', 'GCJ-02', 'BD-09'}
        The shift of a public map that lies on it.
    local : Similarity or None
        From the local grid into `crs`.
    seven : tuple of float
        Geocentric shift (m), rotation (", position vector), scale (ppm) from the datum of `crs` to CGCS2000.
    instead_of : str
        The CRS that the file says and that is wrong; empty where it says none, or the same.
    """

    crs: str = ""
    swapped: bool = False
    shifted: str = ""
    local: Similarity | None = None
    seven: tuple[float, ...] = ()
    instead_of: str = ""

    @property
    def plain(self) -> bool:
        """Whether the CRS says it all."""
        return self == System(self.crs, instead_of=self.instead_of)

    def __str__(self) -> str:
        """Return it as territory.yaml may say it."""
        said: dict[str, Any] = {"crs": self.crs}
        if self.local is not None:
            said["four"] = {name: float(f"{getattr(self.local, name):.9g}") for name in FOUR}
        if self.seven:
            said["seven"] = dict(zip(SEVEN, self.seven, strict=True))
        swapped = SWAPPED if self.swapped else ""
        if len(said) > 1:
            rest = {"axes": swapped, "shifted": self.shifted, "instead_of": self.instead_of}
            return json.dumps(said | {key: value for key, value in rest.items() if value})
        text = " ".join(filter(None, (self.crs, swapped, self.shifted)))
        return text + INSTEAD + self.instead_of if self.instead_of else text


def system(said: object) -> System:
    """Return the system that a user names: ``EPSG:4547 swapped``, ``GCJ-02``, or a mapping of `KEYS`.

    Parameters
    ----------
    said : object
        A text (``EPSG:3857 instead of EPSG:4547`` where a file is wrong), or from YAML ``{crs: EPSG:4547, points:
        [[x, y, east, north], …]}``, ``{crs: …, four: {…}}``, ``{crs: …, seven: {…}}``; beside each ``axes: swapped``,
        ``shifted: GCJ-02``, ``instead_of: …``.

    Raises
    ------
    UnreadableError
        Not a system, with what would be one.

    Examples
    --------
    >>> str(system("EPSG:4547 swapped")), str(system("gcj-02")), str(system({"crs": "EPSG:4490", "shifted": "BD-09"}))
    ('EPSG:4547 swapped', 'GCJ-02', 'EPSG:4490 BD-09')
    """
    if not isinstance(said, Mapping):
        text, _, wrong = str(said).partition(INSTEAD)
        words = text.split()
        upper = [word.upper() for word in words]
        shifted = next((name for name in SHIFTS if name in upper), "")
        rest = [word for word in words if word.upper() not in SHIFTS and word.lower() != SWAPPED]
        return _known(System(" ".join(rest), SWAPPED.upper() in upper, shifted, instead_of=wrong.strip()), said)
    if strange := [str(key) for key in said if key not in KEYS]:
        near = nearest(strange[0], list(KEYS)) or ", ".join(KEYS)
        raise UnreadableError(
            Words(f"坐标系中未知的键 {shown(strange[0])}", f"unknown key {shown(strange[0])} of a CRS"),
            Words(f"最接近：{near}", f"Nearest known: {near}"),
        )
    if said.get("axes") not in (None, SWAPPED):
        raise _unreadable(f"axes: {shown(said['axes'])}", "axes: swapped")
    if said.get("shifted") not in (None, *SHIFTS):
        raise _unreadable(f"shifted: {shown(said['shifted'])}", " | ".join(SHIFTS))
    if sum(key in said for key in ("points", "four", "seven")) > 1:
        raise _unreadable("points + four + seven", "points: … | four: … | seven: …")
    local: Similarity | None = None
    seven: tuple[float, ...] = ()
    if "points" in said:
        local = _from_points(said["points"])
    elif "four" in said:
        local = Similarity(**_numbers(said["four"], FOUR, ("east_m", "north_m")))
    elif "seven" in said:
        seven = _seven(said["seven"])
    crs = str(said.get("crs") or "")
    if not crs and (local is not None or seven):
        raise _unreadable("crs", "crs: EPSG:4547")
    shifted, wrong = str(said.get("shifted") or ""), str(said.get("instead_of") or "")
    return _known(System(crs, said.get("axes") == SWAPPED, shifted, local, seven, wrong), said)


def placed(layer: gpd.GeoDataFrame, given: System) -> gpd.GeoDataFrame:
    """Return a layer in a CRS that PROJ knows, east before north, from one written in a system.

    Parameters
    ----------
    layer : GeoDataFrame
        With the CRS of the system, or its own where the system names none.
    given : System
    """
    if given.plain:
        return layer
    if given.swapped:
        layer = layer.set_geometry(moved(layer.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=layer.crs)
    if given.local is not None:
        layer = layer.set_geometry(moved(layer.geometry.to_numpy(), given.local), crs=layer.crs)
    if given.seven:
        bound = BoundCRS(given.crs, WGS84, ToWGS84Transformation(pyproj.CRS(given.crs).geodetic_crs, *given.seven))
        layer = layer.set_crs(bound, allow_override=True).to_crs(WGS84)
    if given.shifted:
        there = layer.to_crs(WGS84)
        layer = there.set_geometry(
            moved(there.geometry.to_numpy(), lambda xy: unshifted(xy, given.shifted)), crs=WGS84
        )
    return layer


def moved(shapes: NDArray[np.object_], change: Callable[[Array], Array]) -> NDArray[np.object_]:
    """Return shapes with every position changed, what is none left as it is."""
    return np.asarray(shapely.transform(shapes, change), dtype=object)


def _known(made: System, said: object) -> System:
    """Return a system whose CRS PROJ knows."""
    if made == System(instead_of=made.instead_of):
        raise _unreadable(shown(said), "EPSG:4547")
    for name in filter(None, (made.crs, made.instead_of)):
        try:
            pyproj.CRS.from_user_input(name)
        except CRSError:
            raise UnreadableError(
                Words(f"未知的坐标系 {name!r}", f"there is no CRS {name!r}"),
                Words(
                    "例如 EPSG:4547、EPSG:4547 swapped、GCJ-02、BD-09",
                    "Write for example EPSG:4547, EPSG:4547 swapped, GCJ-02, BD-09",
                ),
            ) from None
    return made


def _from_points(said: object) -> Similarity:
    rows = [row for row in said if isinstance(row, Sequence)] if isinstance(said, Sequence) else []
    try:
        points = np.array(rows, dtype=float).reshape(-1, 4)
    except (TypeError, ValueError):
        points = np.zeros((0, 4))
    if len(points) < 2 or not np.isfinite(points).all() or np.ptp(points[:, :2], axis=0).max() == 0:
        raise _unreadable(f"points: {shown(said)}", "points: [[x, y, east, north], [x, y, east, north]]")
    grid, missed = fitted(points)
    if missed.max() > POINTS_AGREE_M:
        far = ", ".join(f"{value:.2f}" for value in missed)
        raise UnreadableError(
            Words(f"控制点相互不符，残差（m）依次为 {far}", f"the control points do not agree; they miss by {far} m"),
            Words("请更正残差最大的点；北坐标在前时写 axes: swapped", "Correct the worst; write axes: swapped where "
                  "north stands first"),
        )  # fmt: skip
    return grid


def _seven(said: object) -> tuple[float, ...]:
    convention = said.get("convention", CONVENTIONS[0]) if isinstance(said, Mapping) else CONVENTIONS[0]
    if convention not in CONVENTIONS:
        raise _unreadable(f"convention: {shown(convention)}", " | ".join(CONVENTIONS))
    rest = {k: v for k, v in said.items() if k != "convention"} if isinstance(said, Mapping) else said
    numbers = _numbers(rest, SEVEN, SEVEN)
    sign = 1 if convention == CONVENTIONS[0] else -1
    return tuple(value * sign if name.startswith("r") else value for name, value in numbers.items())


def _numbers(said: object, known: Sequence[str], needed: Sequence[str]) -> dict[str, float]:
    """Return parameters by name, in the order of `known`."""
    example = "{" + ", ".join(f"{name}: 0" for name in known) + "}"
    if not isinstance(said, Mapping) or not set(needed) <= set(said) <= set(known):
        raise _unreadable(shown(said), example)
    try:
        return {name: float(said[name]) for name in known if name in said}
    except (TypeError, ValueError):
        raise _unreadable(shown(said), example) from None


def _unreadable(found: str, example: str) -> UnreadableError:
    rule = Words(f"坐标系的写法无法识别：{found}", f"this is no CRS: {found}")
    return UnreadableError(rule, Words(f"例如 {example}", f"Write {example}"))

"""A folder of unknown files, read: every layer of every file, and in which system it seems to be.

It reads each layer once, whole, and says nothing of what it may be: that is `guessing`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import DataError
from planner.intake import vector
from planner.intake.columnar import sheet_of
from planner.intake.crs import LONLAT, Bounds, proposals, to_working
from planner.intake.reference import REFERENCE
from planner.intake.systems import WGS84, placed
from planner.intake.table import Sheet
from planner.words import Words

SHENZHEN: Bounds = (113.70, 22.40, 114.70, 22.90)
"""Where files without a CRS are looked for when no other file says where the district is."""


@dataclass(frozen=True)
class Source:
    """One layer or table of a file, read.

    Attributes
    ----------
    file, layer : str
        Path from the folder; layer in it, empty where it has but one.
    frame : DataFrame
        A GeoDataFrame where it has geometry, in the system it seems to be in.
    sheet : Sheet
        Its columns.
    crs : str
        That system as territory.yaml says it; empty where the file declares its own.
    because : tuple of Words
        Why that one.
    area_m2 : ndarray of float
        Of each feature; none where they are not known.
    """

    file: str
    layer: str
    frame: pd.DataFrame
    sheet: Sheet
    crs: str = ""
    because: tuple[Words, ...] = ()
    area_m2: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def drawn(self) -> bool:
        """Whether it has geometry."""
        return isinstance(self.frame, gpd.GeoDataFrame)

    @property
    def size_m2(self) -> float:
        """The area of its middle feature; NaN where it has none."""
        wide = self.area_m2[self.area_m2 > 0]
        return float(np.median(wide)) if len(wide) else float("nan")

    @property
    def where(self) -> str:
        """What it is called."""
        return vector.place(self.file, self.layer or None)


def sources_of(folder: Path) -> tuple[list[Source], list[tuple[str, Words]]]:
    """Return every layer of every file that can be read, and those that cannot, with what is wrong."""
    found: list[Source] = []
    unread: list[tuple[str, Words]] = []
    for file in _files(folder):
        name = file.relative_to(folder).as_posix()
        try:
            for layer in vector.layers_of(file):
                where = vector.place(name, layer)
                try:
                    frame = vector.read_any(file, layer, None, where=where)
                    found.append(Source(name, layer or "", frame, sheet_of(frame, where)))
                except DataError as error:
                    unread.append((where, error.faults[0].rule))
        except DataError as error:
            unread.append((name, error.faults[0].rule))
    return found, unread


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if vector.is_layer(path):
            yield path
        elif path.is_dir() and not is_tables(path):
            yield from _files(path)


def is_tables(folder: Path) -> bool:
    """Tell whether a folder holds reference tables."""
    return folder.is_dir() and any(path.stem in REFERENCE for path in folder.glob("*.csv"))


def in_place(one: Source, bounds: Bounds) -> Source:
    """Return a source with the system it seems to be in, where its file names none, and the size of its features."""
    if not isinstance(one.frame, gpd.GeoDataFrame) or not len(one.frame):
        return one
    frame, crs = one.frame, ""
    because: tuple[Words, ...] = ()
    if frame.crs is None:
        found = proposals(frame.geometry, bounds)
        if not found:
            rule = Words(
                "未声明坐标系，按常用坐标系都不在辖区内", "declares no CRS, and lies in the district in no usual one"
            )
            return replace(one, because=(rule,))
        crs = str(found[0].system)
        others = "、".join(str(other.system) for other in found[1:])
        said = Words(f"未声明坐标系，坐标看似 {crs}", f"declares no CRS; its coordinates look like {crs}")
        if others:
            said = Words(f"{said.zh}，也可能是 {others}", f"{said.en}, or {others}")
        because = (said,)
        frame = placed(frame.set_crs(found[0].system.crs or WGS84), found[0].system)
    made = replace(one, frame=frame, crs=crs, because=because)
    metres = to_working(frame, working_crs(bounds_around([lonlat_bounds(made)])))
    return replace(made, area_m2=shapely.area(metres.geometry.to_numpy()))


def lonlat_bounds(one: Source) -> np.ndarray:
    """Return the bounds of each feature in degrees, shape (n, 4); none where its CRS is not known."""
    if not isinstance(one.frame, gpd.GeoDataFrame) or one.frame.crs is None or not len(one.frame):
        return np.zeros((0, 4))
    return np.asarray(one.frame.to_crs(LONLAT).bounds.dropna(), dtype=float)


def bounds_around(boxes: Sequence[np.ndarray]) -> Bounds | None:
    """Return the bounds around features, rounded outwards to 0.01°, those far away from all others aside."""
    every = np.concatenate([np.zeros((0, 4)), *boxes])
    if not len(every):
        return None
    middle = (every[:, :2] + every[:, 2:]) / 2
    far = np.abs(middle - np.median(middle, axis=0)).max(axis=1)
    every = every[far <= 5 * np.quantile(far, 0.9) + 0.01]
    west, south = np.floor(every[:, :2].min(axis=0) * 100) / 100
    east, north = np.ceil(every[:, 2:].max(axis=0) * 100) / 100
    return (float(west), float(south), float(east), float(north))


def working_crs(bounds: Bounds | None) -> str:
    """Return the CGCS2000 zone of 3° (without prefix) around the middle of the district.

    Examples
    --------
    >>> working_crs((113.74, 22.52, 113.98, 22.87)), working_crs((116.0, 39.6, 116.8, 40.2)), working_crs(None)
    ('EPSG:4547', 'EPSG:4548', 'EPSG:4547')
    """
    if bounds is None:
        return "EPSG:4547"
    meridian = min(max(3 * round((bounds[0] + bounds[2]) / 6), 75), 135)
    return f"EPSG:{4534 + (meridian - 75) // 3}"

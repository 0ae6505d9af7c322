"""坐标成果: text files of boundary points as land offices of China exchange them, a plot after the other.

::

    [属性描述]
    坐标系=2000国家大地坐标系
    几度分带=3
    带号=38
    [地块坐标]
    5,1.5,YL-01,燕罗一号,面,,工业用地,0601,@       points, hectares, number, name, kind, sheet, use, class
    J1,1,2520000.000,38485000.000                  point, ring, X (north), Y (east, with the number of its zone)
    ...

X is north and Y is east. A ring inside another is a hole, one outside of it a further part. A plot with a line that
cannot be read is named and keeps no geometry; the others are read. The format has no count of plots: a file cut
exactly between two plots is told only where its header says how many there are, as some add. It does not know what the
plots are for.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from planner.errors import SHOWN, DataError, Fault
from planner.intake.columnar import with_sheet
from planner.intake.encoding import CORRECT_TEXT, NO_TEXT, Text, decoded
from planner.intake.sources import refuse_many, with_faults
from planner.intake.table import LINE, Sheet
from planner.words import Words

FIELDS = ("地块面积", "地块编号", "地块名称", "记录图形属性", "图幅号", "地块用途", "地类编码")
"""Fields of a plot's line after the number of its points, in the order of the format."""
AREA, KIND = FIELDS[0], FIELDS[3]
HECTARES = "公顷"
"""Unit of a plot's area where none is written."""
PLOTS = "[地块坐标]"
SECTION = re.compile(r"^[\[【](.+?)[\]】]")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
LETTERS = "JjＪDdPpTtKkSsZz-_ "
"""What the number of a point begins with."""
PLOTS_TOLD = ("地块数", "地块个数", "地块总数", "宗地数")
POINTS_TOLD = ("界址点数", "界址点总数", "总点数")
"""Keys of a header that say how many there are: not of the format, but some add them."""
RINGS_MOST = 2_000
"""Most rings of a plot."""
POINTS_LEAST = {"点": 1, "线": 2, "面": 3}

PREFIX_M = 1_000_000
"""The number of a zone stands before the millions of metres of its easting."""
NORTH_M = (300_000.0, 6_000_000.0)
"""Northings of China."""
# first zone, EPSG code with the zone's prefix, EPSG code by central meridian
ZONES = {
    "2000": {3: (25, 4513, 4534), 6: (13, 4491, 4502)},
    "80": {3: (25, 2349, 2370), 6: (13, 2327, 2338)},
    "54": {3: (25, 2401, 2422), 6: (13, 21413, 21453)},
}
LAST = {3: 45, 6: 23}


@dataclass
class Plot:
    """One plot while it is read."""

    line: int
    fields: list[str]
    told: float | None = None
    rings: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether points are missing: fewer than its line says and not closed, or their numbers jump."""
        if self.as_told or self.told is None:
            return False
        numbers = [int(digits) for name in self.names if (digits := name.lstrip(LETTERS)).isdecimal()]
        highest = accumulate(numbers, max)  # a ring ends with its first
        jumps = len(numbers) == len(self.names) and any(b > a + 1 for a, b in zip(highest, numbers[1:], strict=False))
        points = self.rings[-1][1] if self.rings else []
        return jumps or (sum(len(ring) for _, ring in self.rings) < self.told and points[:1] != points[-1:])

    @property
    def as_told(self) -> bool:
        """Whether there are as many points as its line says, counting the repeated first point of a ring or not."""
        each = [(len(ring), len(_open(ring))) for _, ring in self.rings]
        return self.told is None or self.told in (sum(n for n, _ in each), sum(n for _, n in each))


def is_one(path: Path) -> bool:
    """Tell whether a text file is one of coordinates, by its first lines."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    return any(name.encode(encoding) in head for name in ("地块坐标", "属性描述") for encoding in ("utf-8", "gb18030"))


def read(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return the plots of a text file of coordinates, a row a plot.

    The CRS is the one its header tells, where Y agrees with it; else none.

    Raises
    ------
    DataError
        Not text, or no plots.
    """
    said = decoded(path.read_bytes(), where, encoding)
    header, plots, odd = _parsed(said.text)
    refuse_many(len(plots), where)
    if not plots:
        rule = Words(f"没有地块：{PLOTS} 之后没有坐标", f"has no plots: no coordinates after {PLOTS}")
        remedy = Words("应为“点号,圈号,X,Y”各行", "It should hold lines of point, ring, X (north), Y (east)")
        raise DataError(Fault(where, "", rule, remedy))
    width = max(len(plot.fields) for plot in plots)
    names = [*FIELDS, *(f"属性{k + 2}" for k in range(len(FIELDS), width))][: max(width, len(FIELDS))]
    rows = [[*plot.fields, *[""] * (len(names) - len(plot.fields))] for plot in plots]
    columns = pd.DataFrame(rows, columns=names, dtype=object)
    columns[AREA] = [f"{text} {HECTARES}" if _number(text) is not None else text for text in columns[AREA]]
    shapes, faults = _shapes(where, plots)
    crs, doubts = _crs(where, header, shapes)
    frame: pd.DataFrame = gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)
    with_sheet(frame, Sheet(where, columns, np.array([plot.line for plot in plots], dtype=np.int64)))
    faults += _incomplete(where, said, header, plots)
    if odd:
        rule = Words("不属于任何地块的行，应为“点号,圈号,X,Y”", "lines of no plot, and no points (point, ring, X, Y)")
        faults.append(_named(where, rule, odd))
    return with_faults(frame, [*faults, *doubts])


def _incomplete(where: str, said: Text, header: Mapping[str, str], plots: Sequence[Plot]) -> list[Fault]:
    """Return what tells that something of the file is missing or no text, beside the plots themselves."""
    faults = []
    points = sum(len(plot.names) for plot in plots)
    for keys, count, zh, en in ((PLOTS_TOLD, len(plots), "地块", "plots"), (POINTS_TOLD, points, "界址点", "points")):
        told = next((number for key in keys if (number := _number(header.get(key, ""))) is not None), count)
        if told != count:
            said_en = f"has {count} {en}, and its header says {told:g}"
            rule = Words(f"文件头称有 {told:g} 个{zh}，实有 {count} 个", said_en)
            remedy = Words("文件可能不完整，请重新导出", "It may be cut off: export it again")
            faults.append(Fault(where, "", rule, remedy))
    known = {line for plot in plots for line in plot.wrong}
    if lines := [line for line in said.lines if line not in known]:
        rule = NO_TEXT.fill(encoding=said.encoding)
        faults.append(Fault(where, "", rule, CORRECT_TEXT, tuple(LINE("en", n=line) for line in lines)))
    if said.text[-1:] not in ("\r", "\n"):
        rule = Words("最后一行没有换行符", "its last line has no line end")
        remedy = Words("文件可能被截断，请核对最后一行", "The file may be cut off: look at its last line")
        faults.append(Fault(where, "", rule, remedy, fatal=False))
    return faults


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _parsed(text: str) -> tuple[dict[str, str], list[Plot], list[int]]:
    """Return the header, the plots, and the lines that belong to no plot and are no points."""
    header: dict[str, str] = {}
    plots: list[Plot] = []
    odd: list[int] = []
    for number, raw in enumerate(io.StringIO(text, newline=None), 1):
        line = (raw if "," in raw else raw.replace("，", ",")).strip()
        if not line or SECTION.match(line):
            continue
        if line.rstrip(", \t").endswith("@"):
            fields = [part.strip() for part in line.rstrip(", \t").removesuffix("@").rstrip(",").split(",")]
            plots.append(Plot(number, fields))
        elif "=" in line and not plots:
            key, _, value = line.partition("=")
            header[key.strip()] = value.strip()
        elif (point := _point(line if line.isascii() else line.translate(WIDE))) is None:
            (plots[-1].wrong if plots else odd).append(number)
        else:
            if not plots:
                plots.append(Plot(number, []))
            name, ring, xy = point
            plots[-1].names.append(name)
            rings = plots[-1].rings
            if not rings or rings[-1][0] != ring:
                rings.append((ring, []))
            rings[-1][1].append(xy)
    for plot in plots:
        first = plot.fields[0] if plot.fields else ""
        if not first or _number(first) is not None:
            plot.told, plot.fields = _number(first), plot.fields[1:]
    return header, plots, odd


def _point(line: str) -> tuple[str, str, tuple[float, float]] | None:
    """Return the number and the ring of a point, and where it is, east before north."""
    cells = [cell.strip() for cell in line.rstrip(", ").split(",")]
    if len(cells) not in (3, 4):
        return None
    north, east = _number(cells[-2]), _number(cells[-1])
    if north is None or east is None:
        return None
    return cells[0], (cells[1] if len(cells) == 4 else "1"), (east, north)


def _shapes(where: str, plots: Sequence[Plot]) -> tuple[NDArray[np.object_], list[Fault]]:
    """Return the geometry of each plot, None for one that is damaged, and the faults of those."""
    shapes = np.full(len(plots), None, dtype=object)
    found: dict[str, list[Plot]] = {kind: [] for kind in ("wrong", *TROUBLES)}
    for k, plot in enumerate(plots):
        kind = plot.fields[FIELDS.index(KIND)] if len(plot.fields) > FIELDS.index(KIND) else ""
        least = POINTS_LEAST.get(kind, 3)
        rings = [np.array(_open(ring)) for _, ring in plot.rings]
        if trouble := _trouble(plot, rings, least):
            found[trouble].append(plot)
        elif least == 1:
            shapes[k] = shapely.multipoints(np.concatenate(rings))
        elif least == 2:
            shapes[k] = shapely.MultiLineString(rings)
        else:
            shapes[k] = _polygon(rings)
    faults = []
    if wrong := found["wrong"]:
        said = ", ".join(str(plot.wrong[0]) for plot in wrong[:SHOWN]) + (" …" if len(wrong) > SHOWN else "")
        rule = Words(f"地块有不可读的坐标行（第 {said} 行）", f"plots have lines that are no points (line {said})")
        faults.append(_named(where, rule, [plot.line for plot in wrong]))
    for kind, rule in TROUBLES.items():
        faults += [_named(where, rule, [plot.line for plot in found[kind]])] if found[kind] else []
    if told := [plot.line for plot in plots if not plot.wrong and not plot.as_told and not plot.is_cut]:
        rule = Words("界址点数与坐标行数不符", "plots have another number of points than their line says")
        faults.append(_named(where, rule, told, fatal=False))
    return shapes, faults


TROUBLES = {
    "short": Words("地块的界址点不足", "plots have too few points"),
    "cut": Words("地块缺界址点（少于首行所述，或点号不连续），其后的地块也可能缺失",
                 "plots lack points (fewer than their line says, or numbers jump); plots after them may be missing"),
    "many": Words(f"地块的圈数超过 {RINGS_MOST}", f"plots have more than {RINGS_MOST} rings"),
}  # fmt: skip
"""Why a plot keeps no geometry, beside lines that cannot be read."""


def _trouble(plot: Plot, rings: Sequence[NDArray[np.float64]], least: int) -> str:
    """Return why a plot keeps no geometry: "wrong", one of `TROUBLES`, or "" where it does."""
    if plot.wrong:
        return "wrong"
    if len(rings) > RINGS_MOST:
        return "many"
    if plot.is_cut:
        return "cut"
    return "short" if not rings or any(len(ring) < least for ring in rings) else ""


def _open(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a ring without its first point repeated at its end."""
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def _polygon(rings: Sequence[NDArray[np.float64]]) -> shapely.Geometry:
    """Return rings as one polygon, or several: a ring inside an odd number of others is a hole of the smallest."""
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    whole = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    area = shapely.area(whole)
    depth = np.zeros(len(rings), dtype=np.int64)
    around: list[list[int]] = [[] for _ in rings]
    for a, b in zip(*shapely.STRtree(whole).query(whole), strict=True):
        if area[a] < area[b] and bool(shapely.intersects_xy(whole[b], rings[a]).all()):
            around[a].append(int(b))
            depth[a] += 1
    parts = []
    holes: list[list[int]] = [[] for _ in rings]
    for hole in np.flatnonzero(depth % 2 == 1).tolist():
        for shell in around[hole]:
            if depth[shell] == depth[hole] - 1:
                holes[shell].append(hole)
    for shell in np.flatnonzero(depth % 2 == 0).tolist():
        parts.append(shapely.Polygon(rings[shell], [rings[hole] for hole in holes[shell]]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _named(where: str, rule: Words, lines: Sequence[int], *, fatal: bool = True) -> Fault:
    remedy = Words("请更正后重新导出", "Correct them, or export the file again")
    return Fault(where, "geometry", rule, remedy, tuple(LINE("en", n=line) for line in lines), fatal)


def _crs(where: str, header: dict[str, str], shapes: NDArray[np.object_]) -> tuple[pyproj.CRS | None, list[Fault]]:
    """Return the CRS that the header tells, and doubts about it: Y of another zone, X and Y swapped."""
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return None, []
    east, north = np.median((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    if not NORTH_M[0] < north < NORTH_M[1] and NORTH_M[0] < east < NORTH_M[1] * 10 and north > 180:
        said = Words("X 应为北，现约为 {x:.0f}，Y 约为 {y:.0f}", "X must be north; it is {x:.0f}, and Y {y:.0f}")
        rule = said.fill(x=north, y=east)
        remedy = Words("X、Y 可能颠倒；请核对并声明 crs", "X and Y may be swapped; check, and declare crs:")
        return None, [Fault(where, "geometry", rule, remedy, fatal=False)]
    named = header.get("坐标系", "")
    local = any(word in named for word in ("独立", "地方", "城市", "local"))  # whatever it is based on
    datum = None if local else next((of for of in ZONES if of in named), None)
    told = _number(header.get("带号", ""))
    prefix = int(east // PREFIX_M)
    zone = int(told) if told is not None else prefix
    degrees = next((of for of, (first, *_) in ZONES["2000"].items() if first <= zone <= LAST[of]), None)
    if datum is None or degrees is None:
        return None, []
    if prefix not in (0, zone) or _number(header.get("几度分带", "").removesuffix("度")) not in (None, degrees):
        rule = Words(
            f"带号 {zone}、几度分带 {header.get('几度分带', '')} 与 Y（约 {east:.0f}）不符",
            f"zone {zone} of {header.get('几度分带', '?')}° does not go with Y, which is about {east:.0f}",
        )
        remedy = Words("请更正文件头，或声明 crs", "Correct the header, or declare crs:")
        return None, [Fault(where, "geometry", rule, remedy, fatal=False)]
    first, with_prefix, by_meridian = ZONES[datum][degrees]
    return pyproj.CRS.from_epsg((with_prefix if prefix else by_meridian) + zone - first), []


def text(frame: gpd.GeoDataFrame, where: str) -> str:
    """Return plots as a text file of coordinates.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons in one of the Gauss-Krüger zones of China; columns among `FIELDS`.
    where : str
        What the file is called in faults.

    Raises
    ------
    DataError
        The format cannot hold it: another CRS, other columns, no polygons, commas in texts.
    """
    zone = _zone_of(frame.crs)
    others = [str(name) for name in frame.columns if name not in (*FIELDS, frame.geometry.name)]
    cells = frame.reindex(columns=list(FIELDS)).astype(object).fillna("").astype(str)
    faults = []
    if zone is None:
        rule = Words("坐标成果只能用国家高斯-克吕格分带坐标", "its CRS is none of China's Gauss-Krüger zones")
        faults.append(Fault(where, "geometry", rule, Words("请先转换，如 EPSG:4526", "Transform it, say to EPSG:4526")))
    if others:
        rule = Words(f"坐标成果没有这些列：{', '.join(others)}", f"the format has no columns {', '.join(others)}")
        faults.append(Fault(where, "", rule, Words(f"可用：{'、'.join(FIELDS)}", f"It has {', '.join(FIELDS)}")))
    if cells.apply(lambda column: column.str.contains(r"[,，@\r\n]")).to_numpy().any():
        rule = Words("文字不能含逗号、@ 或换行", "texts cannot hold a comma, @ or the end of a line")
        faults.append(Fault(where, "", rule, Words("请更正", "Correct them")))
    if not frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        rule = Words("地块须为面", "a plot has to be a polygon")
        faults.append(Fault(where, "geometry", rule, Words("请转换几何类型", "Convert them")))
    if faults or zone is None:
        raise DataError(faults)
    datum, degrees, number = zone
    named = {"2000": "2000国家大地坐标系", "80": "1980西安坐标系", "54": "1954北京坐标系"}[datum]
    lines = ["[属性描述]", "格式版本号=1.01版本", f"坐标系={named}", f"几度分带={degrees}", "投影类型=高斯克吕格",
             "计量单位=米", f"带号={number}", "精度=0.001", "转换参数=,,,,,,", PLOTS]  # fmt: skip
    for row, shape in zip(cells.to_numpy(), frame.geometry, strict=True):
        rings = [ring.coords for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
        fields = [row[0].removesuffix(HECTARES).strip(), *row[1:]]
        fields[FIELDS.index(KIND)] = "面"
        lines.append(",".join([str(sum(map(len, rings))), *fields, "@"]))
        first = 1
        for ring, points in enumerate(rings, 1):
            last = len(points) - 1
            lines += [f"J{first + k % last},{ring},{y:.6f},{x:.6f}" for k, (x, y, *_) in enumerate(points)]
            first += last
    return "\r\n".join([*lines, ""])


def _zone_of(crs: pyproj.CRS | None) -> tuple[str, int, int] | None:
    """Return datum, width in degrees and number of the zone that a CRS is."""
    code = crs.to_epsg() if crs is not None else None
    for datum, widths in ZONES.items():
        for degrees, (first, *bases) in widths.items():
            for base in bases:
                if code is not None and base <= code <= base + LAST[degrees] - first:
                    return datum, degrees, first + code - base
    return None

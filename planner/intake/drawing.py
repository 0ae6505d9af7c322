"""Drawings (DXF): the closed outlines of one layer of the drawing, each with the text written inside it.

A drawing has no attributes; what surveyors write into an outline is its number. An outline that does not close is
named, never closed. It does not know where a drawing lies: DXF has no CRS.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import DataError, Fault
from planner.intake import ogr
from planner.intake.damaged import FAILURES
from planner.intake.sources import chosen, openable, refuse_many, with_faults
from planner.words import Words

LAYER, HANDLE, TEXT, BLOCK = "Layer", "EntityHandle", "Text", "BlockName"
POINT, LINE, POLYGON = 0, 1, 3


def layers(path: Path) -> list[str]:
    """Return the layers of a drawing that hold lines or outlines."""
    entities, _ = _entities(path, path.name)
    shapes = entities.geometry.to_numpy()
    return sorted(set(entities[LAYER][shapely.get_dimensions(shapes) > 0].astype(str)))


def read(path: Path, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return what is drawn on a layer: closed lines as polygons, others as lines; with ``handle`` and ``text``.

    Raises
    ------
    DataError
        Not a drawing, no such layer, or several and none named.
    """
    entities, faults = _entities(path, where, encoding)
    shapes = entities.geometry.to_numpy()
    drawn = shapely.get_dimensions(shapes) > 0
    names = sorted(set(entities[LAYER][drawn].astype(str)))
    named = chosen(names, layer, where)
    if named is None:
        rule = Words("没有线或多段线", "has no lines or polylines")
        raise DataError(Fault(where, "", rule, Words("请检查图纸", "Check the drawing")))
    mine = drawn & (entities[LAYER] == named).to_numpy(dtype=bool)
    kinds = shapely.get_type_id(shapes)
    closed = shapely.is_closed(shapes) & (shapely.get_num_coordinates(shapes) >= 4) & (kinds == LINE)
    outlines = shapes.copy()
    vertices, of = shapely.get_coordinates(shapes[closed], return_index=True)
    outlines[closed] = shapely.polygons(shapely.linearrings(vertices, indices=of))
    text = entities[TEXT].fillna("").to_numpy(dtype=object)
    written = (kinds == POINT) & (text != "")
    frame = gpd.GeoDataFrame(
        {
            "layer": named,
            "handle": entities[HANDLE][mine].fillna("").to_numpy(dtype=object),
            "text": _inside(outlines[mine], shapes[written], text[written]),
        },
        geometry=outlines[mine],
    )
    faults += _told(frame, where)
    if BLOCK in entities and (blocks := int(entities[BLOCK].notna().sum())):
        rule = Words(f"有 {blocks} 个块参照未读取", f"{blocks} inserted blocks are not read")
        remedy = Words("如其中有边界，请先分解（EXPLODE）", "If outlines are in them, explode them first (EXPLODE)")
        faults.append(Fault(where, "", rule, remedy, fatal=False))
    made: pd.DataFrame = frame
    return with_faults(made, faults)


def _entities(path: Path, where: str, encoding: str | None = None) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return everything in a drawing; a hatch repeats the outline it fills and is left out."""
    refuse_many(_inserted(path.read_bytes()), where)
    with openable(path) as gdal_path:
        try:
            frame, said = ogr.bulk(gdal_path, "entities", encoding, where)
        except (*FAILURES, UnicodeDecodeError) as error:
            raise DataError(ogr.unreadable(path, where, error)) from error
    if not isinstance(frame, gpd.GeoDataFrame) or LAYER not in frame:
        raise DataError(ogr.unreadable(path, where, "ENTITIES"))
    kinds = frame["SubClasses"].fillna("").astype(str) if "SubClasses" in frame else pd.Series("", index=frame.index)
    kept = ~kinds.str.contains("AcDbHatch").to_numpy(dtype=bool) & ~frame.geometry.isna().to_numpy()
    return frame[kept].reset_index(drop=True), [ogr.warning(where, one) for one in said]


def _inserted(data: bytes) -> int:
    r"""Return how often blocks are inserted: one record may stand for columns and rows of them.

    Examples
    --------
    >>> _inserted(b"0\nINSERT\n10\n0\n70\n3\n71\n4\n0\nINSERT\n0\nEOF\n"), _inserted(b"")
    (13, 0)
    """
    lines = data.split(b"\n") if b"INSERT" in data else []
    count = 0
    for at in (k for k in range(1, len(lines), 2) if lines[k].strip() == b"INSERT" and lines[k - 1].strip() == b"0"):
        each = 1
        for k in range(at + 1, len(lines) - 1, 2):
            if (code := lines[k].strip()) == b"0":
                break
            if code in (b"70", b"71") and lines[k + 1].strip().isdigit():
                each *= max(1, int(lines[k + 1]))
        count += each
    return count


def _inside(outlines: NDArray[np.object_], points: NDArray[np.object_], texts: NDArray[np.object_]) -> list[str]:
    """Return the texts written in each outline, joined by ";"; a text in two nested outlines belongs to the inner."""
    found: list[list[str]] = [[] for _ in outlines]
    area = shapely.area(outlines)
    text, outline = shapely.STRtree(outlines).query(points, predicate="intersects") if len(outlines) else ([], [])
    pairs = pd.DataFrame({"text": text, "outline": outline})
    pairs = pairs[area[pairs["outline"]] > 0].assign(area=lambda pair: area[pair["outline"]])
    inner = pairs.sort_values("area").drop_duplicates("text").sort_values("text")
    for at, of in zip(inner["text"], inner["outline"], strict=True):
        found[of].append(str(texts[at]).strip())
    return [";".join(one) for one in found]


def _told(frame: gpd.GeoDataFrame, where: str) -> list[Fault]:
    """Return which lines do not close, and where the texts come from."""
    names = np.array([handle or f"feature {k + 1}" for k, handle in enumerate(frame["handle"])], dtype=object)
    shapes = frame.geometry.to_numpy()
    faults = []
    polygons = shapely.get_type_id(shapes) == POLYGON
    if polygons.any() and not polygons.all():
        rule = Words("多段线不闭合，按线读取", "polylines that do not close are read as lines")
        remedy = Words("如为边界，请在 CAD 中闭合", "Close them in the CAD if they are outlines")
        faults.append(Fault(where, "geometry", rule, remedy, tuple(map(str, names[~polygons])), fatal=False))
    if told := int((frame["text"] != "").sum()):
        said = Words("{n}/{all} 个边界内写有文字，读作 text 列", "{n} of {all} outlines hold a text: column text")
        rule = said.fill(n=told, all=len(frame))
        remedy = Words("可在 columns 中指明其含义", "Say what it means under columns:")
        faults.append(Fault(where, "text", rule, remedy, fatal=False))
    return faults

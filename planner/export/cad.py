"""Placed plots as a drawing (DXF): closed polylines, a layer a cluster, each with its project written inside.

The only importer of ezdxf.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import ezdxf
import geopandas as gpd
import numpy as np
import shapely
from ezdxf import colors
from ezdxf.document import Drawing
from ezdxf.layouts import Modelspace
from shapely.geometry.base import BaseGeometry

from planner.maps.style import INK, LEFT_OUT, family_of
from planner.maps.texts import text
from planner.territory import Territory
from planner.words import Lang, Words

METRES = 6
"""Code of the unit of a drawing."""
NO_NAME = re.compile(r"[<>/\\\":;?*|=,'`\x00-\x1f]")
"""What the name of a layer cannot hold."""
LONGEST_NAME = 120
NOTE, NO_CLUSTER = Words("说明", "note"), Words("未注明集群", "no cluster")
TEXTS = Words("{layer}_注记", "{layer}_text")
LETTER_SHARE, LEAST_M, MOST_M = 0.06, 2.0, 12.0
"""Height of letters: a share of the size of the plot, within bounds (m)."""
VERSION, CODE_PAGE = "R2004", "gbk"
"""What every CAD reads as it is, and GDAL; signs that the code page has not are written by their number."""


def drawing(plots: gpd.GeoDataFrame, territory: Territory, lang: Lang) -> bytes:
    """Return plots as a drawing, in metres of the territory's CRS: x east, y north.

    Parameters
    ----------
    plots : GeoDataFrame
        Layer ``placed_plots`` of a plan.
    territory : Territory
    lang : {'zh', 'en'}

    Returns
    -------
    bytes
    """
    with _no_clock():
        doc = ezdxf.new(VERSION, units=METRES)
        doc.encoding = CODE_PAGE
        _drawn(doc, plots, territory, lang)
        stream = io.StringIO()
        doc.write(stream)
    return stream.getvalue().encode(doc.output_encoding, "dxfreplace")


def _drawn(doc: Drawing, plots: gpd.GeoDataFrame, territory: Territory, lang: Lang) -> None:
    """Draw every plot, and say that the data are illustrative where they are."""
    doc.styles.get("Standard").dxf.font = "simsun.ttc" if lang == "zh" else "arial.ttf"
    space = doc.modelspace()
    terms = territory.tables.get("industries")
    named = dict(zip(terms.iloc[:, 0], terms[lang], strict=True)) if terms is not None and lang in terms else {}
    for row, shape in zip(plots.to_dict("records"), plots.geometry, strict=True):
        cluster = text(row.get("cluster"))
        layer = _layer(doc, f"{cluster} {named.get(cluster, '')}" if cluster else NO_CLUSTER(lang),
                       family_of(cluster).colour)  # fmt: skip
        _outlined(space, shape, layer)
        told = [text(row["project"]), text(row["name"]), f"{shape.area:,.0f} m²"]
        _written(doc, space, shape, TEXTS(lang, layer=layer), told)
    if territory.illustrative is not None and len(plots):
        west, south, *_ = plots.total_bounds
        _text(space, territory.illustrative(lang), (west, south - 40), 20.0, _layer(doc, NOTE(lang), LEFT_OUT))


def _layer(doc: Drawing, said: str, colour: str) -> str:
    """Return the name of a layer, made where there is none yet."""
    name = NO_NAME.sub("_", said).strip()[:LONGEST_NAME] or "0"
    if name not in doc.layers:
        made = doc.layers.add(name)
        made.rgb = colors.RGB.from_hex(colour)
    return name


def _outlined(space: Modelspace, shape: BaseGeometry, layer: str) -> None:
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            points = shapely.get_coordinates(ring)[:-1].tolist()
            space.add_lwpolyline(points, close=True, dxfattribs={"layer": layer})


def _written(doc: Drawing, space: Modelspace, shape: BaseGeometry, layer: str, lines: list[str]) -> None:
    """Write lines inside of a plot, one below the other."""
    inside = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    height = float(np.clip(np.sqrt(shapely.area(shape)) * LETTER_SHARE, LEAST_M, MOST_M))
    named = _layer(doc, layer, INK)
    _text(space, "\n".join(lines), tuple(inside), height, named, middle=True)


def _text(
    space: Modelspace, text: str, at: tuple[float, ...], height: float, layer: str, *, middle: bool = False
) -> None:
    attributes = {"layer": layer, "char_height": height, "insert": at, "attachment_point": 5 if middle else 1}
    space.add_mtext(inert(text), dxfattribs=attributes)


def inert(text: str) -> str:
    r"""Return a text whose signs give a drawing no orders; its lines as paragraphs.

    Examples
    --------
    >>> inert("a\\P{b}^J\nc")
    'a\\\\P\\{b\\}^ J\\Pc'
    """
    clean = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    for sign, told in (("\\", "\\\\"), ("{", "\\{"), ("}", "\\}"), ("^", "^ "), ("\n", "\\P")):
        clean = clean.replace(sign, told)
    return clean


@contextmanager
def _no_clock() -> Iterator[None]:
    """Leave dates and random identifiers out of what is written."""
    options = ezdxf.options
    was = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = was

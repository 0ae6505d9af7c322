"""The map of faults: what `planner check` found, where it lies, one fault after the other; one file, no network.

It draws outlines and lists; it does not know what makes a fault. Text of layers reaches the page as data only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import Fault
from planner.maps.page import Frame, make_self_contained, number, root
from planner.maps.style import plain
from planner.words import Lang, Words

FEATURES_MAX = 4000
"""Faulty features drawn, errors before warnings; the list names all."""
BESIDE_MAX = 4000
"""Sound features drawn for orientation, spread evenly."""
SPOTS_MAX = 500
"""Spots drawn of one fault."""
SCRIPTS = ("core.js", "faults.js")
STYLES = ("page.css", "faults.css")
DECIMALS = 7
"""Of degrees: a centimetre."""
LEFT_OFF = Words("图上只绘出 {all} 个有问题要素中的 {drawn} 个，错误在先；全部见 --csv",
                 "Of {all} faulty features {drawn} are drawn, errors first; --csv names all")  # fmt: skip
BESIDE_LEFT_OFF = Words("没有问题的 {all} 个要素只绘出 {drawn} 个，供定位",
                        "Of {all} sound features {drawn} are drawn, for orientation")  # fmt: skip
TITLE = Words("{title}：数据问题", "{title}: faults")
PAGE = {
    "title": Words("数据问题", "Faults"),
    "errors": Words("错误", "errors"),
    "warnings": Words("提醒", "warnings"),
    "all": Words("全部", "all"),
    "error": Words("错误", "error"),
    "warning": Words("提醒", "warning"),
    "none": Words("没有发现问题", "Nothing found"),
    "next": Words("下一个", "Next"),
    "previous": Words("上一个", "Previous"),
    "features": Words("个要素", "features"),
    "not_drawn": Words("无图形，不在地图上", "has no outline, is not on the map"),
    "partly": Words("{drawn}/{all} 个要素已绘出", "{drawn} of {all} features drawn"),
    "language": Words("English", "中文"),
    "remedy": Words("处理", "Remedy"),
    "list": Words("数据问题列表", "List of faults"),
    "keys": Words("按 ← → 逐个查看", "← → step through"),
    "beside": Words("其他要素", "other features"),
}


@dataclass(frozen=True)
class Outlines:
    """What faults may point at.

    Attributes
    ----------
    title : Words
    crs : str
        Of `Fault.spots`.
    layers : mapping of str to GeoDataFrame
        By `Fault.where`: identifier as index, geometry in longitude and latitude.
    beside : mapping of str to str
        Other names faults have for a layer (that of the table with its columns).
    """

    title: Words
    crs: str
    layers: Mapping[str, gpd.GeoDataFrame]
    beside: Mapping[str, str] = field(default_factory=dict)


def draw_faults(faults: Sequence[Fault], outlines: Outlines, lang: Lang = "zh") -> folium.Map:
    """Return faults as a map to click through, errors first.

    Parameters
    ----------
    faults : sequence of Fault
    outlines : Outlines
    lang : {'zh', 'en'}
        Language the page opens in; both are in it.
    """
    ordered = sorted(faults, key=lambda fault: not fault.fatal)
    features, drawn = _features(ordered, outlines)
    left = left_off(ordered, outlines)
    told: dict[str, Any] = {
        "lang": lang,
        "left": None if left is None else plain(left),
        "words": plain(PAGE),
        "facts": {"title": plain(TITLE.fill(title=outlines.title))},
        "name": plain(outlines.title),
        "faults": [
            {
                "fatal": fault.fatal, "place": ".".join(filter(None, (fault.where, fault.column))),
                "rule": plain(fault.rule), "remedy": plain(fault.remedy), "names": list(fault.features[:50]),
                "many": len(fault.features), "drawn": drawn[k], "spots": _spots(fault, outlines.crs),
            }
            for k, fault in enumerate(ordered)
        ],
        "features": features,
    }  # fmt: skip
    drawing = folium.Map(location=[22.7, 113.9], tiles=None, zoom_control=False, attribution_control=False,
                         prefer_canvas=True, maxZoom=24, zoom_snap=0.25)  # fmt: skip
    figure = root(drawing)
    make_self_contained(figure, told["facts"], lang, SCRIPTS, STYLES)
    drawing.add_child(Frame(told))
    number(figure)
    return drawing


def left_off(faults: Sequence[Fault], outlines: Outlines) -> Words | None:
    """Return, where more is faulty (or sound) than a page can bear, how much of it is drawn; None where all is."""
    many = {(name, int(row)) for _, name, rows in _named(faults, outlines) for row in rows}
    rest = sum(map(len, outlines.layers.values())) - len(many)
    if len(many) > FEATURES_MAX:
        return LEFT_OFF.fill(drawn=f"{FEATURES_MAX:,}", all=f"{len(many):,}")
    return BESIDE_LEFT_OFF.fill(drawn=f"{BESIDE_MAX:,}", all=f"{rest:,}") if rest > BESIDE_MAX else None


def _named(faults: Sequence[Fault], outlines: Outlines) -> Iterator[tuple[int, str, NDArray[np.int64]]]:
    """Yield each fault whose layer is drawn: its position, the layer, and the rows of it that it names."""
    for k, fault in enumerate(faults):
        name = outlines.beside.get(fault.where, fault.where)
        if name in outlines.layers:
            rows = outlines.layers[name].index.get_indexer_for(list(dict.fromkeys(fault.features)))
            yield k, name, rows[rows >= 0]


def _features(faults: Sequence[Fault], outlines: Outlines) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """Return the features to draw, and for each fault which of them it names."""
    position: dict[tuple[str, str, int], int] = {}
    shapes: list[shapely.Geometry] = []
    made: list[dict[str, Any]] = []
    drawn: list[list[int]] = [[] for _ in faults]
    for k, name, rows in _named(faults, outlines):
        layer = outlines.layers[name]
        for row in rows:
            shape, at = layer.geometry.iloc[row], (name, str(layer.index[row]), int(row))
            if at not in position:
                if shape is None or shape.is_empty or len(made) >= FEATURES_MAX:
                    continue
                position[at] = len(made)
                shapes.append(shape)
                made.append({"label": at[1], "layer": name, "faults": []})
            drawn[k].append(position[at])
            made[position[at]]["faults"].append(k)
    sound = [np.zeros(0, dtype=object)]
    for name, layer in outlines.layers.items():
        told = [row for of, _, row in position if of == name]
        sound.append(np.delete(layer.geometry.to_numpy(), told))
    rest = np.concatenate(sound)
    rest = rest[~(shapely.is_missing(rest) | shapely.is_empty(rest))]
    chosen = np.unique(np.linspace(0, max(len(rest) - 1, 0), BESIDE_MAX).astype(int))[: len(rest)]
    shapes += list(rest[chosen])
    made += [{"label": "", "layer": "", "faults": []} for _ in chosen]
    rounded = shapely.set_precision(np.array(shapes, dtype=object), 10.0**-DECIMALS, mode="pointwise")
    texts = shapely.to_geojson(rounded)
    return [{**about, "shape": json.loads(text)} for about, text in zip(made, texts, strict=True)], drawn


def _spots(fault: Fault, crs: str) -> list[list[float]]:
    """Return where exactly to look, longitude and latitude."""
    points = gpd.GeoSeries(shapely.points(fault.spots[:SPOTS_MAX]), crs=crs).to_crs("EPSG:4326") if fault.spots else []
    return [[round(point.x, DECIMALS), round(point.y, DECIMALS)] for point in points]

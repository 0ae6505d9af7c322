"""How layers look in a desktop GIS: the table ``layer_styles`` of a GeoPackage, with a QML style for each layer.

Colours and words are those of the map, so that both show the same. QGIS reads the table by itself; other programs see
a plain table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

import geopandas as gpd
import pandas as pd

from planner.maps.layers import BACKDROP, PARK_KINDS, RESTRICTION_LOOKS, RESTRICTION_OTHER
from planner.maps.style import INK, PAPER, POLE, Look, family_of, ready_colour
from planner.territory import Territory
from planner.words import BUILT, STATE, Lang, Words

TABLE = "layer_styles"
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
GEOMETRY = "geom"
"""Column of the geometry in every GeoPackage written."""
PIXEL_MM = 0.26
DATE = "2000-01-01T00:00:00.000Z"
STATE_LOOKS: Mapping[str, Look] = {
    "free": Look("#E9B44C", "#C0923A", 0.7), "in_preparation": Look("#F9E4AD", "#C0923A", 0.7),
    "committed": Look("#CBC7D2", "#B3AEBD", 0.6), "occupied": Look("#DEDBD5", "#CBC7BF", 0.6),
    "other_use": Look("#ECEAE5", "#DAD7D0", 0.6),
}  # fmt: skip
STAGE_LOOKS: Mapping[str, Look] = {
    "built": Look("#8C959D", "#5D6770", 1, 0.9), "started": Look("#B4BBC1", "#6F7982", 1, 0.9),
    "planned": Look("#FFFFFF", "#6F7982", 1.2, 0.8, "4 2"),
}  # fmt: skip
LABELLED: Mapping[str, int] = {
    "placed_plots": 25_000, "placed_units": 8_000, "unplaced_parcels": 15_000, "parcels": 12_000, "buildings": 8_000,
}  # fmt: skip
"""Denominator of the scale from which names show: nearer than a whole park, where they would hide what they name."""
IS_POLE = "CASE WHEN \"roles\" LIKE '%growth_pole%' THEN 'growth_pole' ELSE 'park' END"
"""Which kind of park one is, as QGIS works it out."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a layer looks: by the values of a column, each with its words; and what it is labelled by, if it is.

    Attributes
    ----------
    column : str
        A column, or an expression as QGIS knows it.
    looks : sequence of (str, str, Look)
        Value, words, look.
    label : str
        A column; empty for none.
    label_scale : int
        Denominator of the scale from which labels show; 0 where they always do.
    """

    column: str
    looks: Sequence[tuple[str, str, Look]]
    label: str = ""
    label_scale: int = 0

    @property
    def priority(self) -> int:
        """Whose label stands where two would: the one that shows from afar (0 to 10)."""
        return 10 - min(round(10_000 / self.label_scale * 5), 10) if self.label_scale else 10


def layer_styles(layers: Mapping[str, pd.DataFrame], territory: Territory, lang: Lang) -> pd.DataFrame:
    """Return the styles of some layers as the table that QGIS looks for.

    Parameters
    ----------
    layers : mapping of str to DataFrame
        Tables without geometry, and layers that have no style, are passed over.
    territory : Territory
        Whose reference tables name what stands in the layers.
    lang : {'zh', 'en'}

    Returns
    -------
    DataFrame
        A row a layer: ``f_table_name``, ``styleName``, ``styleQML``, ``useAsDefault`` …
    """
    rows = []
    for name, layer in layers.items():
        style = _style(name, layer, territory, lang) if isinstance(layer, gpd.GeoDataFrame) and len(layer) else None
        if style is not None:
            kind = str(layer.geometry.geom_type.iloc[0]).removeprefix("Multi")
            rows.append((name, qml(style, kind)))
    table = pd.DataFrame(rows, columns=["f_table_name", "styleQML"], dtype=object)
    return pd.DataFrame({
        "f_table_catalog": "", "f_table_schema": "", "f_table_name": table["f_table_name"],
        "f_geometry_column": GEOMETRY, "styleName": table["f_table_name"], "styleQML": table["styleQML"],
        "styleSLD": "", "useAsDefault": True, "description": "", "owner": "planner", "ui": "", "update_time": DATE,
    })  # fmt: skip


def _style(name: str, layer: gpd.GeoDataFrame, territory: Territory, lang: Lang) -> Style | None:
    """Return how a layer of a plan or of a territory looks; None for one that has no style."""
    if name in ("placed_plots", "placed_units"):
        return Style("cluster", _clusters(layer, territory, lang), "project", LABELLED[name])
    if name == "unplaced_parcels":
        years = tuple(sorted({int(year) for year in layer["ready_year"].dropna()}))
        ready = [(str(year), str(year), Look(ready_colour(year, years), "#C0923A", 0.7)) for year in years]
        return Style("ready_year", ready, "parcel_id", LABELLED[name])
    known: Mapping[str, tuple[str, Mapping[str, Words], Mapping[str, Look], str]] = {
        "parcels": ("state", STATE, STATE_LOOKS, "parcel_id"),
        "buildings": ("stage", BUILT, STAGE_LOOKS, "building_id"),
        "backdrop": ("kind", {kind: words for kind, (words, _) in BACKDROP.items()},
                     {kind: look for kind, (_, look) in BACKDROP.items()}, ""),
    }  # fmt: skip
    if name in known:
        column, words, looks, label = known[name]
        there = [value for value in looks if (layer[column] == value).any()]
        return Style(column, [(value, words[value](lang), looks[value]) for value in there], label,
                     LABELLED.get(name, 0))  # fmt: skip
    if name == "parks":
        poles = [(kind, of.words(lang), of.look) for kind, of in PARK_KINDS.items()]
        return Style(IS_POLE, poles, f"name_{lang}")
    if name == "restrictions":
        terms = territory.tables.get("restriction_kinds")
        named = dict(zip(terms["kind"], terms[lang], strict=True)) if terms is not None else {}
        kinds = sorted(set(layer["kind"].astype(str)))
        return Style("kind", [(kind, named.get(kind, kind), RESTRICTION_LOOKS.get(kind, RESTRICTION_OTHER))
                              for kind in kinds])  # fmt: skip
    return None


def _clusters(layer: pd.DataFrame, territory: Territory, lang: Lang) -> list[tuple[str, str, Look]]:
    """Return the clusters of a layer, each in the colour of its family."""
    terms = territory.tables.get("industries")
    named = dict(zip(terms.iloc[:, 0], terms[lang], strict=True)) if terms is not None and lang in terms else {}
    found = sorted({str(cluster) for cluster in layer["cluster"].dropna() if cluster})
    looks = [(cluster, f"{cluster} {named.get(cluster, '')}".strip(), Look(family_of(cluster).colour, PAPER, 1.0, 0.9))
             for cluster in found]  # fmt: skip
    none = family_of(None)
    return [*looks, ("", none.words(lang), Look(none.colour, PAPER, 1.0, 0.9))]


def qml(style: Style, geometry: str) -> str:
    """Return a style as QGIS writes it.

    Parameters
    ----------
    style : Style
    geometry : {'Polygon', 'LineString', 'Point'}

    Examples
    --------
    >>> "categorizedSymbol" in qml(Style("kind", [("a", "A & B", Look("#FF0000"))]), "Polygon")
    True
    """
    root = Xml.Element("qgis", version="3.28.0", styleCategories="Symbology|Labeling")
    renderer = Xml.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=style.column, forceraster="0",
                              symbollevels="0", enableorderby="0")  # fmt: skip
    categories = Xml.SubElement(renderer, "categories")
    for k, (value, words, _) in enumerate(style.looks):
        Xml.SubElement(categories, "category", symbol=str(k), value=value, label=words, render="true", type="string")
    symbols = Xml.SubElement(renderer, "symbols")
    for k, (_, _, look) in enumerate(style.looks):
        _symbol(symbols, str(k), look, geometry)
    if style.label:
        _labelled(root, style)
    Xml.SubElement(root, "layerGeometryType").text = {"Point": "0", "LineString": "1"}.get(geometry, "2")
    return DOCTYPE + Xml.tostring(root, encoding="unicode")


def _symbol(symbols: Xml.Element, name: str, look: Look, geometry: str) -> None:
    kind = {"Point": "marker", "LineString": "line"}.get(geometry, "fill")
    symbol = Xml.SubElement(symbols, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    drawn = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}[kind]
    layer = Xml.SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "locked": "0", "pass": "0"})
    line, width = _rgba(look.stroke or look.fill or INK), f"{look.weight * PIXEL_MM:.2f}"
    dashed = "dash" if look.dash else "solid"
    said: dict[str, str] = {
        "marker": {"color": _rgba(look.fill or INK), "outline_color": line, "name": "circle", "size": "2"},
        "line": {"line_color": line, "line_width": width, "line_width_unit": "MM", "line_style": dashed},
        "fill": {
            "color": _rgba(look.fill or PAPER, look.opacity), "style": "solid" if look.fill else "no",
            "outline_color": line, "outline_style": dashed, "outline_width": width, "outline_width_unit": "MM",
        },
    }[kind]  # fmt: skip
    options = Xml.SubElement(layer, "Option", type="Map")
    for key, value in said.items():
        Xml.SubElement(options, "Option", name=key, value=value, type="QString")
        Xml.SubElement(layer, "prop", k=key, v=value)


def _labelled(root: Xml.Element, style: Style) -> None:
    """Write the names of a layer within its areas; those that always show are larger, and none keeps others away."""
    labeling = Xml.SubElement(root, "labeling", type="simple")
    settings = Xml.SubElement(labeling, "settings", calloutType="simple")
    size, weight, colour = ("8", "50", INK) if style.label_scale else ("11", "75", POLE)
    text = Xml.SubElement(settings, "text-style", fieldName=style.label, isExpression="0", fontSize=size,
                          fontSizeUnit="Point", textColor=_rgba(colour), textOpacity="1", fontFamily="Noto Sans SC",
                          fontWeight=weight, useSubstitutions="0")  # fmt: skip
    Xml.SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM",
                   bufferColor=_rgba(PAPER), bufferOpacity="1")  # fmt: skip
    Xml.SubElement(settings, "placement", placement="1", centroidInside="1", priority=str(style.priority))
    Xml.SubElement(settings, "rendering", drawLabels="1", obstacle="0", scaleVisibility=str(int(style.label_scale > 0)),
                   scaleMin="0", scaleMax=str(style.label_scale))  # fmt: skip


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Return a colour as QGIS writes it.

    Examples
    --------
    >>> _rgba("#14467A", 0.5)
    '20,70,122,128'
    """
    parts = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return ",".join(str(part) for part in (*parts, round(opacity * 255)))

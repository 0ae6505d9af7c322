"""The files of an export: which layers, under which names, and what a format could not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from planner.errors import DataError, Fault
from planner.export.cad import drawing
from planner.export.styles import TABLE, layer_styles
from planner.intake import write_layers
from planner.intake.writing import DBF_NAME_BYTES, DBF_TEXT_BYTES, write_layer, written
from planner.layers import layers_of
from planner.plan import Plan
from planner.territory import Territory
from planner.words import Lang, Words

LONLAT = "EPSG:4326"
ENCODINGS = ("utf-8", "gbk")
OF_TERRITORY = ("parks", "parcels", "buildings", "restrictions")
"""Layers of the ground that a database holds besides those of the plan."""
DERIVED = ("zones",)
"""Columns of the ground that are worked out anew wherever it is read."""
DATABASE = "database.gpkg"
SHORT = {"compartments": "fire_comp", "building_id": "build_id"}
"""Names for a Shapefile of columns whose own are too long, where cutting them would tell nothing."""
RENAMED = Words("{file}：列 {long} 改名为 {short}（Shapefile 列名至多 10 字节）",
                "{file}: column {long} is called {short} (names in a Shapefile have 10 bytes at most)")  # fmt: skip
CUT = Words("{file}：{count} 处文字超过 254 字节，已截断（列 {column}）",
            "{file}: {count} texts beyond 254 bytes are cut (column {column})")  # fmt: skip
NOT_IN_GBK = Words("{file}：{count} 处文字含 GBK 没有的字符，以 ? 代替（列 {column}）",
                   "{file}: {count} texts have signs that GBK has not, given as ? (column {column})")  # fmt: skip
NOTHING_PLACED = Words("没有落位地块，未写出 DXF", "No plot is placed: no DXF is written")
ONLY_SHP = Words("编码 gbk 只用于 shp（dxf 总是 GBK）", "gbk is for shp only (a dxf is GBK always)")


@dataclass(frozen=True)
class Exported:
    """What was written, and what is not in it as it was."""

    files: tuple[Path, ...]
    notes: tuple[Words, ...] = ()


Writer = Callable[[Plan, Territory, Path, str, Lang], Exported]
"""From a plan, its ground, a folder, an encoding and a language to what was written."""


def export(
    plan: Plan, territory: Territory, folder: Path, form: str, lang: Lang, encoding: str = "utf-8"
) -> Exported:  # fmt: skip
    """Write a plan as files for others.

    Parameters
    ----------
    plan : Plan
    territory : Territory
        With the scenario's changes made (see `changes.changed`).
    folder : Path
        Made where it is missing.
    form : {'gpkg', 'geojson', 'shp', 'kml', 'dxf'}
    lang : {'zh', 'en'}
        Of the words in styles and drawings.
    encoding : {'utf-8', 'gbk'}
        Of a Shapefile's texts.

    Raises
    ------
    DataError
        An unknown format or encoding.
    """
    if form not in FORMATS:
        rule = Words("未知格式 {form}", "unknown format {form}").fill(form=form)
        raise DataError(Fault("--format", "", rule, Words(f"可用：{', '.join(FORMATS)}", f"Use {', '.join(FORMATS)}")))
    if encoding not in ENCODINGS or (encoding != "utf-8" and form != "shp"):
        rule = Words("编码 {encoding} 不能用于 {form}", "{form} is not written in {encoding}")
        raise DataError(Fault("--encoding", "", rule.fill(encoding=encoding, form=form), ONLY_SHP))
    folder.mkdir(parents=True, exist_ok=True)
    return FORMATS[form](plan, territory, folder, encoding, lang)


def database(plan: Plan, territory: Territory, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return all that a database of a plan holds: its layers, the ground, its tables, and how layers look."""
    ground = {name: _of_territory(getattr(territory, name)) for name in OF_TERRITORY}
    layers: dict[str, pd.DataFrame] = {**layers_of(plan, territory), **{k: v for k, v in ground.items() if len(v)}}
    tables = {name: frame for name in ("placements", "left_out") if len(frame := getattr(plan, name))}
    if territory.illustrative is not None:
        label = territory.illustrative
        tables["about"] = pd.DataFrame({"zh": [label.zh], "en": [label.en]})
    return {**layers, **tables, TABLE: layer_styles(layers, territory, lang)}


def _of_territory(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kept = layer.drop(columns=[name for name in DERIVED if name in layer])
    there = ~(kept.geometry.isna() | kept.geometry.is_empty)
    found: gpd.GeoDataFrame = kept[there]
    return found


def _gpkg(plan: Plan, territory: Territory, folder: Path, encoding: str, lang: Lang) -> Exported:
    file = folder / DATABASE
    write_layers(file, database(plan, territory, lang))
    return Exported((file,))


def _each(suffix: str) -> Writer:
    """Return a writer of a file a layer, in longitude and latitude; in KML every place has a name."""

    def write(plan: Plan, territory: Territory, folder: Path, encoding: str, lang: Lang) -> Exported:
        files = []
        for name, layer in layers_of(plan, territory).items():
            files.append(folder / f"{name}{suffix}")
            named = layer if "name" in layer or suffix != ".kml" else layer.assign(name=layer["parcel_id"])
            write_layer(files[-1], named.to_crs(LONLAT), name)
        return Exported(tuple(files))

    return write


def _shp(plan: Plan, territory: Territory, folder: Path, encoding: str, lang: Lang) -> Exported:
    files, notes = [], list[Words]()
    for name, layer in layers_of(plan, territory).items():
        files.append(folder / f"{name}.shp")
        fitting, told = fitted(layer, files[-1].name, encoding)
        write_layer(files[-1], fitting, name, encoding)
        notes += told
    return Exported(tuple(files), tuple(notes))


def fitted(layer: gpd.GeoDataFrame, file: str, encoding: str) -> tuple[gpd.GeoDataFrame, list[Words]]:
    """Return a layer as a Shapefile can hold it, and what had to be changed.

    Parameters
    ----------
    layer : GeoDataFrame
    file : str
        What the file is called in notes.
    encoding : {'utf-8', 'gbk'}
    """
    notes = []
    names = short_names([str(name) for name in layer.columns if name != layer.geometry.name])
    renamed = layer.rename(columns=names)
    notes += [RENAMED.fill(file=file, long=long, short=short) for long, short in names.items() if long != short]
    for column in names.values():
        values = renamed[column].tolist()
        bytes_of = [value.encode(encoding, "replace") if isinstance(value, str) else b"" for value in values]
        lost = sum(isinstance(value, str) and told.decode(encoding) != value
                   for value, told in zip(values, bytes_of, strict=True))  # fmt: skip
        cut = sum(len(told) > DBF_TEXT_BYTES for told in bytes_of)
        if lost or cut:
            held = [_held(told, encoding) if isinstance(value, str) else value
                    for value, told in zip(values, bytes_of, strict=True)]  # fmt: skip
            renamed[column] = pd.Series(held, renamed.index, dtype=object)
        counts = ((NOT_IN_GBK, lost), (CUT, cut))
        notes += [words.fill(file=file, count=count, column=column) for words, count in counts if count]
    return renamed, notes


def _held(told: bytes, encoding: str) -> str:
    """Return as much of a text as a Shapefile holds; no sign is cut in two."""
    return told[:DBF_TEXT_BYTES].decode(encoding, "ignore")


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """Return a name of ten bytes for each column, its own where it is short enough, none twice.

    Examples
    --------
    >>> short_names(["name", "compartments", "a_long_column", "a_long_columns"])
    {'name': 'name', 'compartments': 'fire_comp', 'a_long_column': 'a_long_col', 'a_long_columns': 'a_long_c_1'}
    >>> short_names([])
    {}
    """
    found: dict[str, str] = {}
    for column in columns:
        short = SHORT.get(column, column) if len(column.encode()) > DBF_NAME_BYTES else column
        first = _bytes(short, DBF_NAME_BYTES)
        turn, name = 0, first
        while name in found.values():
            turn += 1
            name = f"{_bytes(short, DBF_NAME_BYTES - 1 - len(str(turn)))}_{turn}"
        found[column] = name
    return found


def _bytes(text: str, most: int) -> str:
    return text.encode()[:most].decode("utf-8", "ignore")


def _dxf(plan: Plan, territory: Territory, folder: Path, encoding: str, lang: Lang) -> Exported:
    plots = layers_of(plan, territory).get("placed_plots")
    if plots is None:
        return Exported((), (NOTHING_PLACED,))
    return Exported((written(drawing(plots, territory, lang), folder / "placed_plots.dxf"),))


FORMATS: Mapping[str, Writer] = {
    "gpkg": _gpkg, "geojson": _each(".geojson"), "shp": _shp, "kml": _each(".kml"), "dxf": _dxf,
}  # fmt: skip
"""What a plan can be written as, by name."""

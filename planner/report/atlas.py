"""The atlas of plots (地块详细指引图集): a page for each placement on land, with its map, conditions and corners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from planner.layers import land_taken
from planner.maps.scene import field_of, fields
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.report.book import Book
from planner.report.booklet import paper, title_block
from planner.report.drawing import Chart
from planner.report.landtable import COLUMNS, land_table
from planner.report.pages import NO_PLACEMENTS
from planner.report.paper import Beside, Block, Facts, Heading, Paper, Picture, Section, Table, Text
from planner.report.plates import legend, of_plot, whereabouts
from planner.report.printing import laid_out, printable, with_unit
from planner.words import GLOSSARY, STATE, Words

TITLE = Words("地块详细指引图集", "Atlas of plots")
NUMBER = Words("图 {number}", "Plate {number}")
WHERE = Words("位置示意", "where it lies")
CORNERS = Words("界址点坐标（{crs}，X 为北坐标，Y 为东坐标，单位 m）", "Corners ({crs}; X north, Y east, in metres)")
CORNER = Words("点号", "point")
FIRST_CORNERS = Words(
    "仅列前 {few} 点，其余 {rest} 点见空间数据库。", "The first {few}; the other {rest} stand in the spatial database."
)
PARCELS = Words("地块", "Parcels")
CONDITIONS = Words("规划与供地条件", "Conditions")
ASKED = {column.name: column for column in PROJECT_COLUMNS}
WIDE_MM, HIGH_MM, SMALL_MM = 128.0, 106.0, 44.0
"""Size of the map of a plot; width of the one that shows where it lies."""
MOST_CORNERS = 21
PARCEL_COLUMNS = fields(
    "parcels", "parcel_id", "lot_id", "land_class", "far_max", "coverage_max", "ready_year", "tenure"
)
OF_PROJECT = ("firm", "industry", "tier", "investment_yi", "output_yi", "tax_yi", "jobs", "land_m2", "gfa_m2",
              "power_kva", "water_m3_day", "fire_class")  # fmt: skip
OF_PLACE = ("park", "given_m2", "far", "far_max", "investment_ha", "output_ha", "tax_ha", "ready_year", "start_year",
            "chain")  # fmt: skip


def atlas(book: Book, chart: Chart | None = None) -> Paper:
    """Return a page for each placement on land, in the order of the land table."""
    chart = chart or Chart.of(book.scene)
    pages = list(_plates(book, chart))
    front = Section((*title_block(book), Heading(book.say(TITLE), 2), *(
        () if pages else (Text(book.say(NO_PLACEMENTS), "note"),)
    )))  # fmt: skip
    return paper(book, pages or [front])


def _plates(book: Book, chart: Chart) -> Iterator[Section]:
    table, placed = land_table(book), book.scene.placements
    plots = placed[placed["kind"] == "plot"]
    outlines = dict(zip(map(str, book.territory.parcels.index), book.territory.parcels.geometry, strict=True))
    taken = land_taken(plots.assign(places=plots["places"].map(";".join)), outlines)
    land = dict(zip(zip(plots["part"], plots["places"], strict=True), taken, strict=True))
    shapes = [land.get((part, run)) for part, run in zip(table["part"], table["run"], strict=True)]
    drawn = [(k, shape) for k, shape in enumerate(shapes) if shape is not None and not shape.is_empty]
    for number, (k, shape) in enumerate(drawn, 1):
        yield _plate(book, chart, number, table.iloc[k], shape)


def _plate(book: Book, chart: Chart, number: int, row: pd.Series, shape: BaseGeometry) -> Section:
    """Return the page of one plot."""
    called = dict.fromkeys((NUMBER(book.lang, number=number), str(row["project"]), str(row["name"])))
    head = ("\u3000" if book.lang == "zh" else "  ").join(printable(each) for each in called)
    drawn = of_plot(book, chart, str(row["part"]), shape, WIDE_MM, HIGH_MM)
    parcels = book.territory.parcels
    there = parcels.loc[[place for place in row["run"] if place in parcels.index]]
    rows = there.rename_axis(parcels.index.name or "parcel_id").reset_index()
    rows["state"] = [book.say(STATE.get(state, state)) for state in rows["state"]]
    aside: tuple[Block, ...] = (
        Picture(whereabouts(book, shape, SMALL_MM, number), book.say(WHERE)), Text(book.say(WHERE), "note"),
        legend(drawn, book, 1),
    )  # fmt: skip
    facts = (*_of_project(book, row), *_facts(book, COLUMNS, row, OF_PLACE))
    conditions = ((book.say(CONDITIONS), printable(str(row["conditions"]))),)
    return Section((
        Heading(head, 2), Beside(((Picture(drawn.svg, head),), aside), (WIDE_MM, SMALL_MM + 2)),
        Facts(tuple(facts), 3), Facts(conditions),
        Heading(book.say(PARCELS), 3), laid_out(rows, PARCEL_COLUMNS, book.lang), *_corners(book, shape),
    ), whole=True)  # fmt: skip


def _facts(book: Book, columns: Any, row: pd.Series, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    by_key = {field.key: field for field in columns}
    return [(book.say(by_key[key].words), with_unit(row[key], by_key[key].form, book.lang)) for key in keys
            if key in row and not pd.isna(row[key]) and row[key] != ""]  # fmt: skip


def _of_project(book: Book, row: pd.Series) -> list[tuple[str, str]]:
    """Return what is known of the project and of the part that stands here."""
    known: dict[str, Any] = {"firm": row["firm"], "tier": row["tier"]}
    if row["project"] in book.projects.index:
        told = book.projects.loc[row["project"]]
        known |= {name: told[name] for name in OF_PROJECT if name in told and name not in known}
    if row["part"] in book.parts.index:
        told = book.parts.loc[row["part"]]
        known |= {name: told[name] for name in OF_PROJECT if name in told and name not in ("firm", "tier")}
    if "industry" in known:
        known["industry"] = book.industry(known["industry"])
    columns = [field_of(ASKED[name]) for name in OF_PROJECT]
    first = [(book.say(GLOSSARY["part"]), printable(str(row["part"])))]
    return first + _facts(book, columns, pd.Series(known, dtype=object), OF_PROJECT)


def _corners(book: Book, shape: BaseGeometry) -> tuple[Block, ...]:
    """Return the corners of a plot, ring by ring, as a surveyor lists them: X north, Y east."""
    points = [ring[:-1] for ring in _rings(shape)]
    xy = np.concatenate(points)
    told = [(str(k), f"{north:.3f}", f"{east:.3f}") for k, (east, north) in enumerate(xy.tolist(), 1)][:MOST_CORNERS]
    across = 3 if len(told) > 6 else 1
    each = -(-len(told) // across)
    rows = [sum((told[k + turn * each] if k + turn * each < len(told) else ("", "", "") for turn in range(across)), ())
            for k in range(each)]  # fmt: skip
    heads = (book.say(CORNER), "X", "Y") * across
    more = len(xy) - len(told)
    note = (Text(FIRST_CORNERS(book.lang, few=len(told), rest=more), "note"),) if more else ()
    return (Heading(CORNERS(book.lang, crs=book.territory.crs), 3),
            Table(heads, tuple(rows), (1.0, 2.0, 2.0) * across, (True,) * 3 * across,
                  (False,) * 3 * across), *note)  # fmt: skip


def _rings(shape: BaseGeometry) -> Iterator[Any]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield from (shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors))

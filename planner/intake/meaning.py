"""Sheets become typed columns: which column is which, numbers with units, lists, yes and no; every bad cell at once.

A `Read` is what a sheet means, by canonical columns. A figure that is approximate, a range or a bound is read at the
end that is safe for its column, and said; one merged over several rows is said once or asked about. It does not know
what a row stands for: identifiers and plausibility are for `health`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import SHOWN, Fault
from planner.intake.cells import PLAIN, nothing, objects, parsed, plainly
from planner.intake.matching import Meant, matched, readable, unit_of, unit_of_head
from planner.intake.reading import POWER_FACTOR, half_width
from planner.intake.table import LINE, Sheet
from planner.intake.totals import SUMMED, totals
from planner.quantities import measure_of, shown
from planner.words import Lang, Words

Naming = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Read:
    """A table as it is meant: canonical columns, a label and a line for each row, and what could not be read.

    Attributes
    ----------
    where : str
    frame : DataFrame
        Every canonical column, typed; rows in file order.
    labels : ndarray of str
        Identifier of each row, its line where it has none.
    lines : ndarray of int
    line_words : Words
    present : frozenset of str
        Canonical columns the file has.
    faults : tuple of Fault
    letters : mapping of str to str
        Canonical column to its letter in a workbook.
    written : mapping of str to ndarray of str
        Columns of numbers as the file has them: the original beside what was read.
    units : mapping of str to str
        Canonical column to the unit that its head gives, where that is not the column's own.
    """

    where: str
    frame: pd.DataFrame
    labels: NDArray[np.object_]
    lines: NDArray[np.int64]
    line_words: Words = LINE
    present: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = field(default=())
    letters: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def quoted(self, column: str) -> list[str]:
        """Return the values of a column of numbers, beside what the file writes where that is more than a number."""
        unit = self.units.get(column, "")
        pairs = zip(self.frame[column], self.written[column], strict=True)
        return [
            f"{value:g}" if PLAIN.fullmatch(text) and not unit else f"{shown(f'{text} {unit}'.strip())} → {value:g}"
            for value, text in pairs
        ]

    def originals(self) -> dict[str, dict[str, str]]:
        """Return the figures that the file writes otherwise than they are kept: by label and column, as text."""
        found: dict[str, dict[str, str]] = {}
        for column, texts in self.written.items():
            unit = self.units.get(column, "")
            for label, text in zip(self.labels, texts, strict=True):
                plain = PLAIN.fullmatch(text) is not None
                if text and (unit or not plain):
                    found.setdefault(str(label), {})[column] = f"{text} {unit}" if plain else text
        return found

    def place(self, column: str, row: int, lang: Lang) -> str:
        """Return where a cell is: C7 in a workbook, the line of its row elsewhere."""
        letter = self.letters.get(column)
        return f"{letter}{self.lines[row]}" if letter else self.line_words(lang, n=self.lines[row])

    def unread(self, column: str) -> NDArray[np.bool_]:
        """Return the rows whose cell could not be read, so that it is not called missing as well."""
        names = {name for fault in self.faults if fault.fatal and fault.column == column for name in fault.features}
        return np.array([label in names for label in self.labels], dtype=bool)

    def fault(
        self,
        column: str,
        rows: NDArray[np.bool_],
        rule: Words,
        remedy: Words,
        *,
        values: Iterable[object] | None = None,
        said: Sequence[str] | None = None,
        fatal: bool = True,
    ) -> list[Fault]:
        """Return a fault of some rows (none for no rows), naming their values and lines; all their labels.

        Parameters
        ----------
        column : str
        rows : ndarray of bool
        rule, remedy : Words
        values : iterable, optional
            What was found, one a row of the table; the column's own values by default.
        said : sequence of str, optional
            In place of values: what to say of each row, as it is.
        fatal : bool
        """
        at = np.flatnonzero(rows)
        if not len(at):
            return []
        cells = self.frame[column].to_numpy(dtype=object) if values is None else np.array(values, dtype=object)
        found = [said[k] if said else _value(cells[k]) for k in at[:SHOWN]]
        more = len(at) - SHOWN
        words = []
        for lang, comma in (("zh", "、"), ("en", ", ")):
            places = comma.join(
                f"{value} ({self.place(column, k, lang)})"  # type: ignore[arg-type]
                for value, k in zip(found, at[:SHOWN], strict=True)
            )
            words.append(places + (f" … (+{more})" if more > 0 else ""))
        whole = Words(f"{rule.zh}，现为 {words[0]}", f"{rule.en}; found {words[1]}")
        return [Fault(self.where, column, whole, remedy, tuple(map(str, self.labels[at])), fatal)]


def typed(
    sheet: Sheet,
    columns: Sequence[Column],
    key: Sequence[str],
    *,
    synonyms: Mapping[str, str] | None = None,
    declared: Mapping[str, Meant] | None = None,
    named: Naming = "-".join,
    shared: Collection[str] = (),
) -> Read:
    """Return a sheet by its canonical columns, with every cell that cannot be read as a fault.

    Not given is "" for text, () for a list, NaN for a number, None for yes or no.

    Parameters
    ----------
    sheet : Sheet
    columns : sequence of Column
    key : sequence of str
        Columns that name a row.
    synonyms : mapping of str to str, optional
        Other name in lower case to canonical name.
    declared : mapping of str to Meant, optional
        File column to its meaning.
    named : callable, optional
        From the texts of the key to what a row is called; "" for nothing.
    shared : collection of str, optional
        Columns that say one thing of several rows, so that a figure merged over them is that of all.
    """
    match, told = matched(sheet, columns, synonyms or {}, declared or {})
    texts = {name: _texts(sheet.cells[source], key=name in key) for name, source in match.items()}
    labels = _labels(sheet, [texts[name] for name in key if name in texts], named)
    factors = {meant.canonical: meant.unit for meant in (declared or {}).values() if meant.unit}
    made: dict[str, Any] = {}
    units: dict[str, str] = {}
    faults: list[Callable[[Read], list[Fault]]] = []
    for column in columns:
        if column.name not in texts:
            made[column.name] = nothing(column, len(sheet.cells))
            continue
        source, said = match[column.name], texts[column.name]
        unit = factors.get(column.name, "")
        if not unit or not readable(unit, column):  # an unreadable one is told once, not of every cell
            unit = unit_of_head(source, column)
        cells = parsed(said, column, unit)
        doubtful = cells.doubtful
        once = sheet.repeated.get(source)
        if once is not None:
            doubtful = doubtful & ~once  # said of the first
            if column.kind in ("number", "whole") and column.name not in shared:
                faults.append(partial(_merged, column=column, rows=once & (said != "")))
        made[column.name] = cells.values
        for rows, remedy in cells.wrong:
            told_of = partial(Read.fault, column=column.name, values=said, rule=cells.rule)
            faults.append(partial(told_of, rows=rows, remedy=remedy))
        faults.append(partial(_doubtful, column=column, rows=doubtful, texts=said, values=cells.values))
        units |= {column.name: unit} if unit else {}
        if sheet.totals and column.kind in ("number", "whole"):
            twice = np.zeros(len(said), dtype=bool) if once is None else once
            if column.name in shared:
                twice = twice | pd.DataFrame({"of": texts.get(key[0], labels), "said": said}).duplicated().to_numpy()
            found = totals(sheet, column, source, np.where(twice, "", said), unit)
            faults.append(lambda _, found=found: found)  # type: ignore[misc]
    frame = pd.DataFrame(made, index=pd.RangeIndex(len(sheet.cells)))
    letters = {name: sheet.letters[source] for name, source in match.items() if source in sheet.letters}
    written = {column.name: texts[column.name] for column in columns
               if column.name in texts and column.kind in ("number", "whole")}  # fmt: skip
    kept = (letters, written, units)
    read = Read(sheet.where, frame, labels, sheet.lines, sheet.line_words, frozenset(match), (), *kept)
    found = [fault for said_of in faults for fault in said_of(read)]
    return replace(read, faults=(*sheet.faults, *told, *found))


def _merged(read: Read, column: Column, rows: NDArray[np.bool_]) -> list[Fault]:
    """Return the figures merged over several rows that may be the sum of them or each one's."""
    if unit_of(column) not in SUMMED:
        return []
    zh = f"{column.words.zh}的单元格合并了多行，是合计还是各行的值不明"
    rule = Words(zh, f"a merged cell gives {column.words.en} for several rows: their sum, or each one's?")
    remedy = Words("请取消合并，逐行填写", "Unmerge it, and give each row its own")
    return read.fault(column.name, rows, rule, remedy, values=read.written[column.name])


def _doubtful(
    read: Read, column: Column, rows: NDArray[np.bool_], texts: NDArray[np.object_], values: NDArray[np.float64]
) -> list[Fault]:
    """Return the figures that were chosen from what their cells leave open, as a warning with what was chosen."""
    said = [f"{shown(text)} → {value:.12g}" if row else ""
            for text, value, row in zip(texts, values, rows, strict=True)] if rows.any() else []  # fmt: skip
    unit = f" ({column.unit})" if column.unit else ""
    most = column.sense in ("need", "cost")
    rule = Words(
        f"{column.words.zh}为约数、区间或界限，取{'大' if most else '小'}值{unit}",
        f"{column.words.en} is approximate, a range or a bound; its {'most' if most else 'least'} is taken{unit}",
    )
    remedy = Words("如不符，请填确切数值", "If not so, give the figure itself")
    active = any("w" in text.lower() or "瓦" in text for text in (*texts[rows], read.units.get(column.name, "")))
    if active and measure_of(unit_of(column)) is measure_of("kva"):
        remedy = Words(
            f"千瓦按功率因数 {POWER_FACTOR} 至 1 换算；{remedy.zh}",
            f"kW are taken at a power factor of {POWER_FACTOR} to 1. {remedy.en}",
        )
    return read.fault(column.name, rows, rule, remedy, said=said, fatal=False)


def _texts(cells: pd.Series, *, key: bool) -> NDArray[np.object_]:
    """Return cells as texts: a vector file's numbers written plainly, codes half-width."""
    missing = cells.isna().to_numpy(dtype=bool)
    values = cells.to_numpy(dtype=object)
    texts = ["" if gone else plainly(value) for value, gone in zip(values, missing, strict=True)]
    return objects([text if text.isascii() else half_width(text, key=key) for text in texts])


def _labels(sheet: Sheet, keys: Sequence[NDArray[np.object_]], named: Naming) -> NDArray[np.object_]:
    """Return what each row is called: its key, its line where it has none."""
    lines = [sheet.line_words("en", n=n) for n in sheet.lines]
    if not keys:
        return objects(lines)
    names = [named(parts) if parts[0] else "" for parts in zip(*keys, strict=True)]
    return objects([name or line for name, line in zip(names, lines, strict=True)])


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return shown(";".join(map(str, value)))
    if isinstance(value, float):
        return shown("") if np.isnan(value) else f"{value:g}"
    return shown(value)

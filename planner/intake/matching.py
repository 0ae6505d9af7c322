"""Which column is which: a file's columns matched to the canonical ones, declared, by name, by words, by synonym.

What was matched by anything but its name is told, what was not used too. It does not read cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planner.columns import Column
from planner.errors import Fault
from planner.intake.table import Sheet
from planner.quantities import UnreadableError, nearest, quantity
from planner.words import Words

NO_WORDS = Words("", "")
UNITS = ("t_per_shift", "cny_m2_month", "kn_m2", "va_m2", "m3_day", "m2", "kva", "mva", "yi", "year", "m", "t")
"""Units as they end a column's name, the longest first."""
SHARES = frozenset({"coverage_max", "usable_ratio", "fit"})
DBF_NAME = 10
"""Characters a Shapefile leaves of a column's name."""


@dataclass(frozen=True)
class Meant:
    """What a file's column stands for where its name does not say so (``columns:`` in territory.yaml)."""

    canonical: str
    unit: str = ""


def matched(
    sheet: Sheet, columns: Sequence[Column], synonyms: Mapping[str, str], declared: Mapping[str, Meant]
) -> tuple[dict[str, str], list[Fault]]:
    """Return which file column holds each canonical one: declared, by its name, by its words, by a synonym."""
    known = {column.name: column for column in columns}
    by_name = {name.casefold(): name for name in known}
    cut = Counter(name[:DBF_NAME] for name in known)
    short = {name[:DBF_NAME].casefold(): name for name in known if cut[name[:DBF_NAME]] == 1}
    by_words = {said.casefold(): name for name, column in known.items() for said in (column.words.zh, column.words.en)}
    ranked: dict[str, list[tuple[int, str]]] = {}
    unused: list[str] = []
    for source in map(str, sheet.cells.columns):
        folded = source.strip().casefold()
        ranks = (declared[source].canonical if source in declared else None, by_name.get(folded),
                 by_words.get(folded), synonyms.get(folded), short.get(folded))  # fmt: skip
        rank = next((k for k, name in enumerate(ranks) if name in known), None)
        if rank is None:
            unused.append(source)
        else:
            ranked.setdefault(str(ranks[rank]), []).append((rank, source))
    match, faults, told = {}, _declared_wrongly(sheet, known, declared), []
    for name, sources in ranked.items():
        best = min(rank for rank, _ in sources)
        first, *others = [source for rank, source in sources if rank == best]
        if others:
            twice = ", ".join((first, *others))
            rule = Words(f"{twice} 都可表示 {name}", f"{twice} all stand for {name}")
            remedy = Words("请在 territory.yaml 的 columns 中指明一列", "Say which in territory.yaml, columns:")
            faults.append(Fault(sheet.where, name, rule, remedy))
        unused += [source for rank, source in sources if rank > best]
        match[name] = first
        if best >= 2:
            told.append(f"{first} → {name}")
    if told:
        rule = Words("按同义词识别的列：" + "；".join(told), "columns read by a synonym: " + "; ".join(told))
        remedy = Words("如不符，请在 columns 中指明", "If one is wrong, say so in territory.yaml, columns:")
        faults.append(Fault(sheet.where, "", rule, remedy, fatal=False))
    if unused:
        meant = [(source, nearest(source, [name for name in known if name not in match])) for source in unused]
        near = "; ".join(f"{source} ~ {name}" for source, name in meant if name)
        rule = Words("未使用的列：" + ", ".join(unused), "columns not used: " + ", ".join(unused))
        remedy = Words("如需使用，请在 columns 中指明", "To use one, say so in territory.yaml, columns:")
        if near:
            remedy = Words(f"最接近的列名：{near}。{remedy.zh}", f"Nearest known: {near}. {remedy.en}")
        faults.append(Fault(sheet.where, "", rule, remedy, fatal=False))
    return match, faults


def _declared_wrongly(sheet: Sheet, known: Mapping[str, Column], declared: Mapping[str, Meant]) -> list[Fault]:
    """Return the declared columns that are not in the file or mean nothing here."""
    faults = []
    header = [str(name) for name in sheet.cells.columns]
    for source, meant in declared.items():
        if source not in header:
            near = nearest(source, header)
            rule = Words(
                f"territory.yaml 声明的列 {source} 不在文件中",
                f"column {source}, declared in territory.yaml, is missing",
            )
            remedy = Words(f"现有列：{near or ', '.join(header)}", f"The file has {near or ', '.join(header)}")
            faults.append(Fault(sheet.where, source, rule, remedy))
        if meant.canonical not in known:
            close = nearest(meant.canonical, list(known)) or ", ".join(known)
            rule = Words(f"未知的规范列名 {meant.canonical}", f"{meant.canonical} is not a column of this layer")
            remedy = Words(f"最接近：{close}", f"Nearest known: {close}")
            faults.append(Fault(sheet.where, source, rule, remedy))
        elif meant.unit and (wrong := _unit_fault(meant.unit, known[meant.canonical])):
            faults.append(Fault(sheet.where, source, *wrong))
    return faults


def _unit_fault(unit: str, column: Column) -> tuple[Words, Words] | None:
    try:
        quantity(f"1 {unit}", unit_of(column))
    except UnreadableError as error:
        return error.rule, error.remedy
    return None


def unit_of(column: Column) -> str:
    """Return the unit a column is stored in, by the end of its name.

    Examples
    --------
    >>> from planner.columns import number
    >>> unit_of(number("load_kn_m2", "荷载", "load", "kN/m²")), unit_of(number("jobs", "就业", "jobs", ""))
    ('kn_m2', 'count')
    """
    if column.name in SHARES:
        return "share"
    ending = next((unit for unit in UNITS if column.name.endswith(f"_{unit}")), "count")
    return "t" if ending == "t_per_shift" else ending

"""Which column is which: a file's columns matched to the canonical ones, declared, by name, by words, by synonym.

A head is compared without its unit (用地面积（亩）), spaces, full-width forms and marks; under several heads by all of
them, then by each; where a Shapefile cut it after 10 bytes, by how it begins. What was matched by anything but its name
is told, what was not used too, and two columns for one meaning are asked about. It does not read cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from planner.columns import Column
from planner.errors import Fault
from planner.intake.grid import UNDER
from planner.intake.table import Sheet
from planner.quantities import WIDE, UnreadableError, is_unit, nearest, quantity
from planner.words import Words

NO_WORDS = Words("", "")
UNITS = ("t_per_shift", "cny_m2_month", "kn_m2", "va_m2", "m3_day", "m2", "kva", "mva", "kv", "yi", "m", "t")
"""Units as they end a column's name, the longest first."""
SHARES = frozenset({"coverage_max", "usable_ratio", "fit"})
DBF_NAME = 10
"""Bytes a Shapefile leaves of a column's name: five Chinese characters in GBK, three in UTF-8."""
DECLARED, NAME, WORD, SYNONYM, BEGINNING = range(5)
"""How a column was recognised, the surest first."""
PART_OF_HEAD = 10
"""Added where only one of the heads a column stands under was recognised."""
_UNIT = re.compile(
    r"(.+?)\s*(?:[(（\[【](?:单位[:：]?)?([^()（）\[\]【】]+)[)）\]】]|[/／_:：,，]\s*(.+)|\s([^\s]+))", re.DOTALL
)


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
    names = _Names.of(columns, synonyms)
    ranked: dict[str, list[tuple[int, str]]] = {}
    unused: list[str] = []
    faults = _declared_wrongly(sheet, known, declared)
    for source in map(str, sheet.cells.columns):
        meant = declared.get(source)
        rank, found = (DECLARED, {meant.canonical} & known.keys()) if meant else names.meaning(source)
        if len(found) > 1:
            faults.append(_cut_ambiguously(sheet, source, sorted(found)))
        for name in found if len(found) == 1 else ():
            ranked.setdefault(name, []).append((rank, source))
        if not found and meant is None:
            unused.append(source)
    match, told = {}, []
    for name, sources in ranked.items():
        best = min(rank for rank, _ in sources)
        first, *others = [source for rank, source in sources if rank == best]
        if others:
            faults.append(_ambiguous(sheet, known[name], (first, *others)))
        unused += [source for rank, source in sources if rank > best]
        match[name] = first
        if best > NAME:
            told.append(f"{first} → {name}")
    if told:
        rule = Words("按同义词识别的列：" + "；".join(told), "columns read by a synonym: " + "; ".join(told))
        remedy = Words("如不符，请在 columns 中指明", "If one is wrong, say so under columns:")
        faults.append(Fault(sheet.where, "", rule, remedy, fatal=False))
    if unused:
        close = [(source, nearest(source, [name for name in known if name not in match])) for source in unused]
        near = "; ".join(f"{source} ~ {name}" for source, name in close if name)
        rule = Words("未使用的列：" + ", ".join(unused), "columns not used: " + ", ".join(unused))
        remedy = Words("如需使用，请在 columns 中指明", "To use one, say so under columns:")
        if near:
            remedy = Words(f"最接近的列名：{near}。{remedy.zh}", f"Nearest known: {near}. {remedy.en}")
        faults.append(Fault(sheet.where, "", rule, remedy, fatal=False))
    return match, faults


def _ambiguous(sheet: Sheet, column: Column, sources: Sequence[str]) -> Fault:
    """Return the question which of several file columns is meant."""
    rule = Words(
        f"{'、'.join(sources)} 都可表示 {column.name}（{column.words.zh}）",
        f"{', '.join(sources)} all stand for {column.name} ({column.words.en})",
    )
    said = f"columns: {{{sources[0]}: {column.name}}}"
    remedy = Words(
        f"请在 columns 中指明一列，例如 {said}；或在文件中把该列改名为 {column.name}",
        f"Say which under columns:, for example {said}; or name that column {column.name} in the file",
    )
    return Fault(sheet.where, column.name, rule, remedy)


def _cut_ambiguously(sheet: Sheet, source: str, names: Sequence[str]) -> Fault:
    """Return the question what a column means whose cut name begins several names, as a warning: it is not used."""
    zh = f"列名 {source} 被截断，可能是 {'、'.join(names)}，未使用"
    rule = Words(zh, f"{source} is cut; it may be {', '.join(names)}; not used")
    said = f"columns: {{{source}: {names[0]}}}"
    remedy = Words(f"请在 columns 中指明，例如 {said}", f"Say which under columns:, for example {said}")
    return Fault(sheet.where, source, rule, remedy, fatal=False)


@dataclass(frozen=True)
class _Names:
    """Every name that columns go by, folded: by rank, name to canonical name."""

    by_rank: Mapping[int, Mapping[str, str]]

    @classmethod
    def of(cls, columns: Sequence[Column], synonyms: Mapping[str, str]) -> _Names:
        own = {column.name for column in columns}
        words = {_folded(said): column.name for column in columns for said in (column.words.zh, column.words.en)}
        others = {_folded(other): name for other, name in synonyms.items() if name in own}
        return cls({NAME: {_folded(name): name for name in own}, WORD: words, SYNONYM: others})

    def meaning(self, source: str) -> tuple[int, set[str]]:
        """Return how a column is recognised and what it means: nothing, one thing, several where its name is cut."""
        for part, said in _ways(source):
            for rank, names in self.by_rank.items():
                if (found := names.get(_folded(said))) is not None:
                    return rank + part, {found}
        cut = _folded(source).rstrip("\ufffd")
        if not _is_cut(cut):
            return BEGINNING, set()
        return BEGINNING, {of for names in self.by_rank.values() for full, of in names.items() if full.startswith(cut)}


def _is_cut(name: str) -> bool:
    """Tell whether a name may be what a Shapefile left of one: as many bytes as it leaves, less a cut character."""
    return any(DBF_NAME - spare < len(name.encode(encoding)) <= DBF_NAME
               for encoding, spare in (("gb18030", 2), ("utf-8", 3)))  # fmt: skip


def _ways(source: str) -> Iterator[tuple[int, str]]:
    """Yield what a column may be called: all of its head, without its unit, then each head, the lowest first."""
    heads = source.split(UNDER)
    name, unit = _name_and_unit(heads[-1])
    yield 0, source
    if unit:
        yield 0, "".join((*heads[:-1], name))
    if len(heads) > 1:
        yield 0, "".join(heads)
        yield PART_OF_HEAD, name
        yield from ((PART_OF_HEAD, _name_and_unit(head)[0]) for head in reversed(heads[:-1]))


def _name_and_unit(head: str) -> tuple[str, str]:
    """Return a head without the unit it ends in, and that unit; "" where it names none."""
    match = _UNIT.fullmatch(head.strip())
    unit = next((text.strip() for text in match.groups()[1:] if text), "") if match else ""
    return (match[1], unit) if match and is_unit(unit) else (head.strip(), "")


def unit_in(source: str) -> str:
    """Return the unit that a column's head names, "" for none.

    Examples
    --------
    >>> unit_in("用地面积（亩）"), unit_in("投资额_亿元"), unit_in("用地需求 / 面积 (公顷)"), unit_in("荷载/kN/m²")
    ('亩', '亿元', '公顷', 'kN/m²')
    >>> unit_in("净高"), unit_in("")
    ('', '')
    """
    return _name_and_unit(source.rpartition(UNDER)[2])[1]


def unit_of_head(source: str, column: Column) -> str:
    """Return the unit that bare numbers of a file's column are in; "" for that of the canonical one.

    A single letter outside brackets (YDMJ_M) is a unit only where the column measures that.

    Examples
    --------
    >>> from planner.columns import number
    >>> area = number("area_m2", "面积", "area", "m²")
    >>> unit_of_head("面积/亩", area), unit_of_head("area_m2", area), unit_of_head("MJ_M", area)
    ('亩', '', '')
    >>> unit_of_head("far_min", number("far_min", "容积率下限", "least FAR", ""))  # no minutes
    ''
    """
    unit = "" if source == column.name else unit_in(source)
    if not unit:
        return ""
    try:
        return "" if quantity(f"1 {unit}", unit_of(column)) == 1 else unit
    except UnreadableError:
        return unit if len(unit) > 1 or source.rstrip()[-1] in ")）]】" else ""


def _folded(name: str) -> str:
    """Return a name as it is compared: half-width, lower case, without spaces, marks of required fields and colons."""
    return re.sub(r"[\s*]+|[:：]$", "", name.translate(WIDE)).replace("(", "（").replace(")", "）").casefold()


def _declared_wrongly(sheet: Sheet, known: Mapping[str, Column], declared: Mapping[str, Meant]) -> list[Fault]:
    """Return the declared columns that are not in the file or mean nothing here."""
    faults = []
    header = [str(name) for name in sheet.cells.columns]
    for source, meant in declared.items():
        if source not in header:
            near = nearest(source, header)
            rule = Words(
                f"columns 声明的列 {source} 不在文件中",
                f"column {source}, declared under columns:, is missing",
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


def readable(unit: str, column: Column) -> bool:
    """Tell whether figures in a unit can be those of a column."""
    return _unit_fault(unit, column) is None


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
    if "year" in column.name.split("_"):
        return "year"
    ending = next((unit for unit in UNITS if column.name.endswith(f"_{unit}")), "count")
    return "t" if ending == "t_per_shift" else ending

"""A table of projects becomes Projects: a row is a part, and what is said of a project may stand on any of its rows.

Everything wrong is gathered before anything is raised, with lines and values. It knows columns and reference
tables; it does not know places.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.columns import Column
from planner.errors import Fault
from planner.intake import health, vector
from planner.intake.cells import CORRECT
from planner.intake.matching import Meant, matched
from planner.intake.meaning import Read, typed
from planner.intake.reference import synonyms_of
from planner.intake.table import Sheet, read_sheet
from planner.projects import COLUMNS, PART_COLUMNS, PROJECT_COLUMNS, Projects, rule_of_industry
from planner.words import Words

MAIN = "main"
"""Name of the only part of a project that names none."""
CLUSTER_LAYERS = ("B", "C")
"""Layers of the taxonomy whose members are clusters (5+1 and 20)."""


def read_asked(
    path: Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    worksheet: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, Meant] | None = None,
) -> tuple[Projects | None, list[Fault]]:
    """Return the projects of a table and everything wrong in it; None in their place where a fault is fatal.

    Parameters
    ----------
    path : Path
    tables : mapping of str to DataFrame
        Reference tables.
    worksheet, encoding : str, optional
        Which worksheet of a workbook, or the encoding of a text, where the file does not tell.
    columns : mapping of str to Meant, optional
        What columns of the file stand for, where their names do not tell.

    Raises
    ------
    DataError
        The file itself cannot be read.
    """
    synonyms = synonyms_of(tables, "projects")
    said = columns or {}

    def is_projects(sheet: Sheet) -> bool:
        return "project_id" in matched(sheet, COLUMNS, synonyms, said)[0]

    sheet = read_sheet(path, path.name, encoding, worksheet, wanted=is_projects)
    shared = [column.name for column in PROJECT_COLUMNS]
    read = typed(
        sheet, COLUMNS, ("project_id", "part"), synonyms=synonyms, declared=said, named=_part_name, shared=shared
    )
    if not len(read.frame):
        rule = Words("没有项目", "has no projects")
        return None, [Fault(read.where, "", rule, Words("请至少填一行", "Give at least one row"))]
    if "project_id" not in read.present:  # which rows belong together is not known: nothing more can be said of them
        return None, [*read.faults, *health.missing_columns(read, COLUMNS)]
    projects, faults = projects_of(read, tables)
    return None if projects is None else replace(projects, files=vector.hashes(path, path.name)), faults


def projects_of(
    read: Read, tables: Mapping[str, pd.DataFrame], beside: Collection[str] = ()
) -> tuple[Projects | None, list[Fault]]:
    """Return the projects of a table as read and everything wrong in it; None in their place where a fault is fatal.

    Parameters
    ----------
    read : Read
        By `COLUMNS`, a row a part.
    tables : mapping of str to DataFrame
        Reference tables.
    beside : collection of str
        Projects that there are besides, which those of the table may supply.
    """
    per_row = [*_per_row(PROJECT_COLUMNS), *PART_COLUMNS]
    faults = [*read.faults, *health.missing_columns(read, COLUMNS), *health.column_faults(read, per_row)]
    whole, found = _gathered(read)
    faults += found
    faults += _identifiers(read)
    faults += _known(whole, tables, beside)
    faults += _parts(whole, tables, read.unread)
    if any(fault.fatal for fault in faults):
        return None, faults
    return replace(_made(whole), written=read.originals()), faults


def _per_row(columns: tuple[Column, ...]) -> list[Column]:
    """Return project columns as each row must give them: only the project's id is needed on every row."""
    return [
        Column(c.name, c.kind, c.words, c.unit, c.name == "project_id", c.least, c.most, c.allowed) for c in columns
    ]


def _gathered(read: Read) -> tuple[Read, list[Fault]]:
    """Return the table with every project column on every row of its project, and where rows disagree or none says."""
    faults: list[Fault] = []
    frame = read.frame.copy()
    project = frame["project_id"]
    first = ~project.duplicated().to_numpy() & (project != "").to_numpy()
    for column in PROJECT_COLUMNS[1:]:
        values = frame[column.name]
        given = values.where(_given(values, column))
        by = given.groupby(project)
        different = (by.transform("nunique") > 1).to_numpy(dtype=bool)
        rule = Words(
            f"同一项目各行的{column.words.zh}应一致", f"the rows of one project must agree on its {column.words.en}"
        )
        remedy = Words("只在一行填写，或各行一致", "Give it on one row only, or the same on all")
        faults += read.fault(column.name, different & given.notna().to_numpy(), rule, remedy)
        told = by.transform("first")
        frame[column.name] = told.where(told.notna(), values)
        if column.required and column.name in read.present:
            nobody = first & told.isna().to_numpy() & ~read.unread(column.name)
            rule = Words(f"{column.words.zh}必填", f"{column.words.en} must be given")
            faults += read.fault(column.name, nobody, rule, health.EMPTY_OK)
    frame["part"] = frame["part"].where(frame["part"] != "", MAIN)
    return replace(read, frame=frame, faults=()), faults


def _given(values: pd.Series, column: Column) -> NDArray[np.bool_]:
    if column.kind in ("number", "whole"):
        return values.notna().to_numpy(dtype=bool)
    return np.array([value not in ("", (), None) for value in values], dtype=bool)


def _part_name(key: Sequence[str]) -> str:
    """Return the id of a part from its project's and its own name."""
    part = key[1] if len(key) > 1 else ""
    return f"{key[0]}/{part or MAIN}"


def _identifiers(read: Read) -> list[Fault]:
    """Return parts that stand twice, and names that would not read back from a part's id."""
    frame = read.frame
    part = frame["part"].where(frame["part"] != "", MAIN)
    pair = frame["project_id"] + "/" + part
    twice = pair.duplicated(keep=False).to_numpy() & (frame["project_id"] != "").to_numpy()
    rule = Words("同一项目的分项只能出现一次", "a part of a project must stand once only")
    remedy = Words("项目编号重复请改号；多分项请各取名", "Two projects: give one another id. Two parts: name each")
    faults = read.fault("part", twice, rule, remedy, values=pair)
    for column in ("project_id", "part"):
        slash = frame[column].str.contains("/").to_numpy(dtype=bool)
        rule = Words("编号中不能有“/”", "an identifier must not hold a slash")
        faults += read.fault(column, slash, rule, Words("请改号", "Rename it"))
    return faults


def _known(read: Read, tables: Mapping[str, pd.DataFrame], beside: Collection[str]) -> list[Fault]:
    """Return industries, clusters and chain leaders that are not known."""
    industries = tables["industries"]
    ids = list(industries["industry_id"])
    clusters = list(industries.loc[industries["layer"].isin(CLUSTER_LAYERS), "industry_id"])
    what, remedy = Words("产业", "industry"), Words("编号见 industries.csv", "The ids are in industries.csv")
    faults: list[Fault] = []
    first = ~read.frame["project_id"].duplicated().to_numpy()
    project = replace(
        read,
        frame=read.frame[first].reset_index(drop=True),
        labels=read.frame.loc[first, "project_id"].to_numpy(dtype=object),
        lines=read.lines[first],
        written={},
    )
    for column in ("industry", "secondary_industries"):
        faults += health.unknown(project, column, ids, what, _by_name(project, column, industries) or remedy)
    faults += health.unknown(read, "part_industry", ids, what, remedy)
    faults += health.unknown(
        project,
        "cluster",
        clusters,
        Words("集群", "cluster"),
        Words("C01–C20 或 B1–B6", "Clusters are C01–C20 and B1–B6"),
    )
    leaders = sorted({*read.frame["project_id"], *beside} - {""})
    remedy = Words("请更正项目编号", "Correct the project id")
    faults += health.unknown(project, "supplies", leaders, Words("项目", "project"), remedy)
    itself = np.array(
        [name in led for name, led in zip(project.labels, project.frame["supplies"], strict=True)], dtype=bool
    )
    rule = Words("项目不能是自己的配套", "a project cannot supply itself")
    faults += project.fault("supplies", itself, rule, remedy)
    chain = zip(project.labels, project.frame["supplies"], strict=True)
    circle = _circle({name: set(led) - {name} for name, led in chain})
    rule = Words("配套关系不能成环：{who}", "suppliers must not supply one another in a circle: {who}")
    members = np.isin(project.labels.astype(str), circle)
    faults += project.fault("supplies", members, rule.fill(who=" → ".join(circle)), remedy)
    years = project.frame["year_first"].to_numpy(dtype=float), project.frame["year_last"].to_numpy(dtype=float)
    rule = Words("最早年份不能晚于最晚年份", "the first year must not be after the last")
    said = [f"{a:g} > {b:g}" for a, b in zip(*years, strict=True)]
    return faults + project.fault("year_first", years[0] > years[1], rule, CORRECT, said=said)


def _circle(supplies: Mapping[str, Set[str]]) -> list[str]:
    """Return projects that supply one another in a circle, the first one once more at the end; [] where none do.

    Examples
    --------
    >>> _circle({"P": {"Q"}, "Q": {"R"}, "R": set()}), sorted(set(_circle({"P": {"Q"}, "Q": {"P"}})))
    ([], ['P', 'Q'])
    """
    try:
        TopologicalSorter(supplies).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _by_name(read: Read, column: str, industries: pd.DataFrame) -> Words | None:
    """Return the ids of industries that were given by name."""
    by_name = {
        name: of
        for of, zh, en in zip(industries["industry_id"], industries["zh"], industries["en"], strict=True)
        for name in (zh, en)
    }
    cells = [(value,) if isinstance(value, str) else value for value in read.frame[column]]
    named = sorted({item for items in cells for item in items if item in by_name})
    if not named:
        return None
    said = ", ".join(f"{name} = {by_name[name]}" for name in named)
    return Words(f"请写编号：{said}", f"Write the id: {said}")


def _parts(read: Read, tables: Mapping[str, pd.DataFrame], unread: Callable[[str], NDArray[np.bool_]]) -> list[Fault]:
    """Return parts whose needs do not go together."""
    frame = read.frame
    industry = frame["part_industry"].where(frame["part_industry"] != "", frame["industry"])
    rules = tables["process_rules"].set_index("industry_id")
    table = tables["industries"]
    parents = {k: v for k, v in zip(table["industry_id"], table["parent"], strict=True) if v}
    usual = rules["accepts"].reindex(rule_of_industry(industry.fillna(""), parents, rules)).to_numpy()
    accepts: list[tuple[str, ...]] = [
        own or (told if isinstance(told, tuple) else ()) for own, told in zip(frame["accepts"], usual, strict=True)
    ]
    said = [
        ";".join(kinds) + ("" if own else " (industry)") for kinds, own in zip(accepts, frame["accepts"], strict=True)
    ]
    land, gfa, most = (frame[name].to_numpy(dtype=float) for name in ("land_m2", "gfa_m2", "land_max_m2"))
    plot = np.array(["P" in kinds for kinds in accepts], dtype=bool)
    inside = np.array([bool({"G", "L", "U"} & set(kinds)) for kinds in accepts], dtype=bool)
    return [
        *read.fault(
            "land_m2", plot & np.isnan(land) & ~unread("land_m2"),
            Words("接受独立用地（P）的分项须填用地需求", "a part that accepts an own plot (P) needs land_m2"),
            Words("请补 land_m2，或更正 accepts", "Give land_m2, or correct accepts"), said=said,
        ),
        *read.fault(
            "gfa_m2", inside & np.isnan(gfa) & ~unread("gfa_m2"),
            Words("接受楼层（G、L、U）的分项须填建筑面积", "a part that accepts floors (G, L, U) needs gfa_m2"),
            Words("请补 gfa_m2，或更正 accepts", "Give gfa_m2, or correct accepts"), said=said,
        ),
        *read.fault(
            "land_max_m2", most < land,
            Words("用地上限不能小于用地需求", "the most land must not be less than the land asked for"),
            CORRECT, said=[f"{m:g} < {n:g} m²" for m, n in zip(most, land, strict=True)],
        ),
    ]  # fmt: skip


def _made(read: Read) -> Projects:
    """Return the two tables in canonical order."""
    frame = read.frame
    own = frame["part_industry"]
    parts: dict[str, Any] = {column.name: frame[column.name] for column in PART_COLUMNS}
    parts["project"] = frame["project_id"]
    parts["industry"] = own.where(own != "", frame["industry"])
    by_part = pd.DataFrame(parts)
    by_part.index = pd.Index(read.labels, dtype=object, name="part_id")
    projects = frame[[column.name for column in PROJECT_COLUMNS]].drop_duplicates("project_id").set_index("project_id")
    projects.index = projects.index.astype(object)
    order = by_part.sort_values(["project", "part"]).index
    return Projects(projects.sort_index(), by_part.loc[order])

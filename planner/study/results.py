"""What comes of a study: one SQLite file with every run, and how often each project and placement is there.

SQLite, because it is one file with many tables, needs no server, and opens in a desktop GIS, a spreadsheet's import,
pandas and any language; Parquet would be a file for each table.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from planner.changes import changed_asked
from planner.comparison import SUMS
from planner.study.asking import Study
from planner.study.running import Result

FILE = "study.sqlite"
TABLES: Mapping[str, tuple[str, ...]] = {
    "runs": ("run", "kind", "number", "scenario", "status", "score", "bound", "gap", "solver_gap", "projects",
             "placed", "left_out", "options"),
    "asked": ("run", "what", "value"),
    "goals": ("run", "goal", "raw", "points"),
    "poles": ("run", "park", *SUMS),
    "placements": ("run", "part", "project", "park", "site", "start_year", "share"),
    "left_out": ("run", "project", "cause"),
    "faults": ("run", "zh", "en"),
    "shares": ("project", "park", "site", "in_base", "runs", "share", "standard_error"),
    "seconds": ("run", "step", "seconds"),
}  # fmt: skip
"""Tables of the file and their columns; all but ``seconds`` are the same whenever the study is solved.

Runs of the same content have one name: ``runs`` has a row for each, the others hold what came of it once.
"""
VARIED = ("monte_carlo", "sweep", "scenario")
"""Kinds of runs: shares are of the first of them that a study has."""


def tables(study: Study, results: Sequence[Result]) -> dict[str, pd.DataFrame]:
    """Return the tables of a study, of all runs that are solved."""
    counts = ("projects", "placed", "left_out", "options")
    rows: dict[str, list[Sequence[Any]]] = {name: [] for name in TABLES}
    for one in results:
        of = one.get("counts", {})
        figures = (one.get(key) for key in ("status", "score", "bound", "gap", "solver_gap"))
        rows["runs"].append((one["run"], one["kind"], one["number"], study.labels[one["of"]], *figures,
                             *(of.get(count) for count in counts)))  # fmt: skip
    for name, one in {one["run"]: one for one in results}.items():
        rows["asked"] += [(name, what, _text(value)) for what, value in one["asked"].items()]
        for table in ("goals", "poles", "placements", "left_out"):
            rows[table] += [(name, *row) for row in one.get(table, ())]
        rows["faults"] += [(name, fault["zh"], fault["en"]) for fault in one["faults"]]
        rows["seconds"] += [(name, step, value) for step, value in one["seconds"].items()]
    found = {name: pd.DataFrame(rows[name], columns=list(columns)) for name, columns in TABLES.items()}
    every = sorted({str(name) for inputs in study.inputs for name in changed_asked(inputs).projects.index})
    found["shares"] = shares(found["runs"], found["placements"], every)
    return found


def shares(runs: pd.DataFrame, placements: pd.DataFrame, projects: Iterable[str]) -> pd.DataFrame:
    """Return in which share of the runs each project is placed, and stands in each park and on each site.

    Parameters
    ----------
    runs : DataFrame
        Columns ``run``, ``kind``, ``score`` (none where there is no plan: such a run counts for nothing). Runs of one
        name count as often as they are there.
    placements : DataFrame
        Columns ``run``, ``project``, ``park``, ``site``.
    projects : iterable of str

    Returns
    -------
    DataFrame
        ``project``, ``park`` ("" for anywhere), ``site`` ("" for anywhere there), ``in_base``, ``runs``, ``share``,
        ``standard_error`` √(p (1 − p) / n). A project of several parts stands where any of them does.

    Examples
    --------
    >>> runs = pd.DataFrame({"run": ["b", "1", "2", "3"], "kind": ["base", *["sweep"] * 3], "score": [1, 1, 2, None]})
    >>> where = pd.DataFrame({"run": ["b", "1"], "project": "P", "park": "K", "site": "s"})
    >>> shares(runs, where, ["P"])[["site", "in_base", "runs", "share"]].values.tolist()
    [['', True, 2, 0.5], ['', True, 2, 0.5], ['s', True, 2, 0.5]]
    """
    kind = next((kind for kind in VARIED if (runs["kind"] == kind).any()), "base")
    counted = runs.loc[(runs["kind"] == kind) & runs["score"].notna(), "run"]
    base = runs.loc[runs["kind"] == "base", "run"]
    of = placements[["run", "project", "park", "site"]]
    of = pd.concat([of.assign(park="", site=""), of.assign(site=""), of]).drop_duplicates()
    anywhere = pd.DataFrame({"project": list(projects), "park": "", "site": ""})
    keys = ["project", "park", "site"]
    inside = of[of["run"].isin([*counted, *base])][keys]
    found = pd.concat([anywhere, inside]).drop_duplicates().sort_values(keys, ignore_index=True)
    times = of.assign(times=of["run"].map(counted.value_counts())).groupby(keys)["times"].sum()
    there = set(of[of["run"].isin(base)][keys].itertuples(index=False, name=None))
    rows = list(found.itertuples(index=False, name=None))
    n = len(counted)
    found["in_base"] = [row in there for row in rows]
    found["runs"] = n
    found["share"] = [times.get(row, 0) / n if n else math.nan for row in rows]
    found["standard_error"] = [math.sqrt(p * (1 - p) / n) if n else math.nan for p in found["share"]]
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def save(study: Study, found: Mapping[str, pd.DataFrame], folder: Path) -> Path:
    """Write the tables as one file, all of it or nothing; return where it is."""
    file, aside = folder / FILE, folder / f".{FILE}"
    aside.unlink(missing_ok=True)
    with sqlite3.connect(aside) as database:
        told = {"title_zh": study.title.zh, "title_en": study.title.en, "base": study.labels[0]}
        pd.DataFrame(told.items(), columns=["key", "value"]).to_sql("study", database, index=False)
        for name, frame in found.items():
            frame.to_sql(name, database, index=False)
    database.close()
    aside.replace(file)
    return file

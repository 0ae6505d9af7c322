"""The answer: who goes where, what was proved, who is left out; saved as one folder.

A plan is tables and a summary. It does not know the model that found it, and whoever reads a saved one needs neither
case nor solver.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from planner.case import Case
from planner.errors import DataError, Fault
from planner.extra import COLUMNS as EXTRA
from planner.extra import extra_of
from planner.intake import write_layers
from planner.intake.vector import layers_of, read_any
from planner.left_out import COLUMNS as LEFT_OUT
from planner.left_out import left_out
from planner.options import compartments, sites_listed
from planner.proofs import Proof, load_proof, save_proof
from planner.words import Words

NO_COLUMN = Words("方案缺少此列", "the plan has no such column")
SOLVE_AGAIN = Words("请用 planner solve 重新求解", "Solve again with planner solve")
STAGE_PROOF = "proof-{}.npz"
"""File of the proof of a stage, counted from 1; that of the last stage, the plan's own, is proof.npz."""
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "placements": (
        "part", "project", "name", "firm", "cluster", "tier", "industry", "kind", "site", "park", "places", "cut",
        "share", "land_m2", "gfa_m2", "power_kva", "compartments", "start_year", "points",
    ),
    "uses": ("part", "place_kind", "place", "amount_m2"),
    "left_out": (*LEFT_OUT, "name", "tier", "cluster"),
    "goals": ("goal", "weight", "raw", "normaliser", "points"),
    "findings": ("rule", "key", "asked", "found", "unit", "kept"),
    "prices": ("rule", "key", "price"),
    "extra": EXTRA,
}  # fmt: skip
"""Tables of a plan and their columns (placements have one of points for each goal besides)."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "placements": ("part", "project", "name", "kind", "site", "park", "places", "land_m2", "gfa_m2", "power_kva",
                   "start_year"),
    "uses": COLUMNS["uses"], "left_out": ("project", "name", "cause"), "goals": ("goal", "raw", "normaliser", "points"),
    "findings": COLUMNS["findings"], "prices": ("rule", "price"),
}  # fmt: skip
"""Columns that every version has written, without which a plan says nothing; of an older one others may be missing."""
TABLES = tuple(COLUMNS)


@dataclass(frozen=True)
class Solved:
    """What an engine hands over: the options chosen and their shares, the points of each goal, what was proved."""

    chosen: tuple[int, ...]
    score: float | None
    bound: float | None
    solver_bound: float | None
    status: str
    proof: Proof | None
    seconds: float
    seconds_formulate: float
    points: Mapping[str, float] = field(default_factory=dict)
    opened: tuple[str, ...] = ()
    prices: tuple[tuple[tuple[str, str], float], ...] | None = None
    mode: str = "weighted"
    stages: tuple[Mapping[str, Any], ...] = ()
    stage_proofs: tuple[Proof, ...] = ()
    shares: tuple[float, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The options chosen, and what was proved of them.

    Attributes
    ----------
    summary : mapping
        The content of plan.json: title, status, score, bound, gap, counts, terms, provenance …
    placements, uses, left_out, goals, findings, prices : DataFrame
        The tables of plan.gpkg.
    proof : Proof or None
        From which the bound is recomputed; None without a plan.
    stage_proofs : tuple of Proof
        Of the stages before the last, in their order.
    extra : DataFrame
        Constraints that a planner has added; a table as well.
    """

    summary: Mapping[str, Any]
    placements: pd.DataFrame
    uses: pd.DataFrame
    left_out: pd.DataFrame
    goals: pd.DataFrame
    findings: pd.DataFrame
    prices: pd.DataFrame
    proof: Proof | None = field(default=None, repr=False)
    stage_proofs: tuple[Proof, ...] = field(default=(), repr=False)
    extra: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(EXTRA)))


def gap_of(score: float, bound: float) -> float:
    """Return (bound − score) / max(|score|, 1), the share by which a plan may fall short of the best.

    Examples
    --------
    >>> gap_of(200.0, 203.0)
    0.015
    >>> gap_of(0.0, 0.0)
    0.0
    """
    difference = bound - score
    scale = max(abs(score), 1.0)
    return 0.0 if difference <= 1e-9 * scale else difference / scale


def plan_of(case: Case, solved: Solved) -> Plan:
    """Return the plan of a case that an engine's choice of options makes."""
    placements = _placements(case, solved)
    uses = _uses(case, solved)
    left = left_out(case, solved.chosen, solved.shares)
    figures = case.projects.reindex(left["project"])
    for column in ("name", "cluster", "tier"):
        left[column] = figures[column].to_numpy() if column in figures else ""
    goals = _goals(case, solved)
    no_plan = solved.score is None or solved.bound is None
    summary = {
        "title": {"zh": case.title.zh, "en": case.title.en},
        "status": solved.status,
        "score": solved.score,
        "bound": None if no_plan else solved.bound,
        "gap": None if solved.score is None or solved.bound is None else gap_of(solved.score, solved.bound),
        "solver_bound": solved.solver_bound,
        "solver_gap": (
            None if solved.score is None or solved.solver_bound is None else gap_of(solved.score, solved.solver_bound)
        ),
        "mode": solved.mode,
        "stages": [dict(stage) for stage in solved.stages],
        "seconds": {"formulate": round(solved.seconds_formulate, 3), "solve": round(solved.seconds, 3)},
        "counts": {
            "projects": len(case.projects),
            "placed": placements["project"].nunique(),
            "left_out": len(left),
            "parts": len(case.parts),
            "sites": len(case.sites),
            "options": len(case.options),
            "refusals": len(case.refusals),
            **sites_listed(case.sites_missing),
        },
        "terms": dict(zip(goals["goal"], goals["points"].tolist(), strict=True)),
        "soft": {rule: -solved.points.get(rule, 0.0) for rule in sorted(case.soft)},
        "left_out": left[["project", "cause", "by", "need", "offer", "unit"]].to_dict("records"),
        "normalisers": case.goals["normaliser"].to_dict(),
        "weights": case.goals["weight"].to_dict(),
        "opened": list(solved.opened),
        "engine": None,
    }
    priced = [(rule, key, price) for (rule, key), price in solved.prices or () if abs(price) > 1e-9]
    prices = pd.DataFrame(priced, columns=list(COLUMNS["prices"]))
    findings = pd.DataFrame(columns=list(COLUMNS["findings"]))
    proofs = solved.proof, solved.stage_proofs
    return Plan(summary, placements, uses, left, goals, findings, prices, *proofs, extra_of(case))


def _placements(case: Case, solved: Solved) -> pd.DataFrame:
    """Return one row for each part placed, of a divisible one for each share."""
    options = case.options.iloc[list(solved.chosen)].reset_index(drop=True)
    frame = options[["part", "project"]].copy()
    for column in ("name", "firm", "cluster", "tier"):
        frame[column] = options["project"].map(case.projects[column]) if column in case.projects else ""
    frame["industry"] = options["part"].map(case.parts["industry"]) if "industry" in case.parts else ""
    site = case.sites.reindex(options["site"])
    posed = len(case.sites) > 0
    frame["kind"] = site["kind"].to_numpy() if posed else ""
    frame["site"] = options["site"]
    frame["park"] = options["park"]
    frame["places"] = [";".join(places) for places in site["places"]] if posed else options["site"]
    frame["cut"] = [_outline(piece) for piece in site["geometry"]] if posed else ""
    land = site["usable_m2"].to_numpy(dtype=float) if posed else np.full(len(frame), np.nan)
    frame["share"] = share = np.asarray(solved.shares or np.ones(len(frame)))
    frame["land_m2"] = np.where(land > 0, land * share, np.nan)
    for column in ("gfa_m2", "power_kva"):
        asked = case.parts[column].reindex(options["part"]).to_numpy(dtype=float) if column in case.parts else np.nan
        frame[column] = share * asked
    frame["compartments"] = compartments(case.uses_of("floor"), case.places, pd.Series(share, list(solved.chosen)))
    frame["start_year"] = options["start_year"]
    goals = list(case.option_goals())
    frame["points"] = share * options[goals].sum(axis=1).to_numpy(dtype=float)
    for goal in goals:
        frame[f"points_{goal}"] = share * options[goal]
    return frame


def _outline(piece: BaseGeometry | None) -> str:
    """Return a piece cut from a parcel as text (WKT, in metres to 6 decimals); empty for a site of whole places."""
    return "" if piece is None else str(shapely.to_wkt(piece, rounding_precision=6))


def _uses(case: Case, solved: Solved) -> pd.DataFrame:
    """Return what each placed part takes of each parcel and floor."""
    share = pd.Series(solved.shares or 1.0, index=list(solved.chosen), dtype=float)
    of_places = case.uses["kind"].isin(("parcel", "parcel_share", "floor"))
    taken = case.uses[case.uses["option"].isin(solved.chosen) & of_places]
    return pd.DataFrame(
        {
            "part": case.options["part"].to_numpy()[taken["option"].to_numpy(dtype=np.int64)],
            "place_kind": taken["kind"].replace("parcel_share", "parcel").to_numpy(),
            "place": taken["key"].to_numpy(),
            "amount_m2": taken["amount"].to_numpy(dtype=float) * share.loc[taken["option"]].to_numpy(),
        }
    )


def _goals(case: Case, solved: Solved) -> pd.DataFrame:
    """Return the terms of the score: weight, raw total, normaliser, points of each goal."""
    rows = []
    for goal, asked in case.goals.iterrows():
        points = solved.points.get(str(goal), 0.0)
        weight, normaliser = float(asked["weight"]), float(asked["normaliser"])
        raw = abs(points) * normaliser / (weight * 100) if weight else 0.0
        rows.append((str(goal), weight, raw, normaliser, points))
    return pd.DataFrame(rows, columns=["goal", "weight", "raw", "normaliser", "points"])


def save(
    plan: Plan, folder: Path, layers: Mapping[str, pd.DataFrame], more: Mapping[str, Callable[[Path], None]]
) -> None:
    """Write a plan as a folder, all of it or nothing.

    Everything is written into a new folder beside, which then takes the place of an older plan of the same name.

    Parameters
    ----------
    plan : Plan
    folder : Path
    layers : mapping of str to DataFrame
        Layers of plan.gpkg besides the tables (see `layers_of`), and how they look.
    more : mapping of str to callable
        Further files: name to what writes it (map.html …).

    Raises
    ------
    DataError
        The folder holds something that is not a plan.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "plan.json").exists():
        rule = Words("文件夹非空，且不是方案", "is not empty and holds no plan")
        raise DataError(Fault(str(folder), "", rule, Words("用 --out 另选文件夹", "Choose another folder with --out")))
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        tables = {name: getattr(plan, name) for name in TABLES}
        write_layers(aside / "plan.gpkg", {**layers, **{name: frame for name, frame in tables.items() if len(frame)}})
        if plan.proof is not None:
            save_proof(plan.proof, aside / "proof.npz")
        for number, proof in enumerate(plan.stage_proofs, 1):
            save_proof(proof, aside / STAGE_PROOF.format(number))
        for name, write in more.items():
            write(aside / name)
        text = json.dumps(plan.summary, ensure_ascii=False, indent=1, default=_plain, allow_nan=False)
        (aside / "plan.json").write_text(text + "\n", encoding="utf-8")
        aside.chmod(0o755)
        put_in_place(aside, folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def put_in_place(aside: Path, folder: Path) -> None:
    """Put a finished folder in the place of an older one."""
    if not folder.exists():
        aside.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    old.rmdir()
    folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path) -> Plan:
    """Read a plan that was saved.

    Raises
    ------
    DataError
        There is no plan, it cannot be read, or its tables lack columns that it needs.
    """
    path = folder / "plan.json"
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        tables = {name: _table(folder / "plan.gpkg", name) for name in TABLES}
        proof = load_proof(folder / "proof.npz") if (folder / "proof.npz").exists() else None
        stages = (folder / STAGE_PROOF.format(k + 1) for k in range(len(summary.get("stages", ()))))
        of_stages = tuple(load_proof(file) for file in stages if file.exists())
    except (OSError, ValueError, KeyError) as error:
        rule = Words("读不出方案：{error}", "no plan can be read here: {error}").fill(error=error)
        remedy = Words("请给出 planner solve 写出的文件夹", "Name a folder that planner solve has written")
        raise DataError(Fault(str(path), "", rule, remedy)) from error
    gone = [Fault(str(folder / "plan.gpkg"), f"{name}.{column}", NO_COLUMN, SOLVE_AGAIN)
            for name, columns in NEEDED.items() for column in columns if column not in tables[name]]  # fmt: skip
    if gone:
        raise DataError(gone)
    return Plan(summary, **tables, proof=proof, stage_proofs=of_stages)


def _table(path: Path, name: str) -> pd.DataFrame:
    """Return one table; one that was empty when saved has its columns and no rows."""
    if name not in layers_of(path):
        return pd.DataFrame(columns=list(COLUMNS[name]))
    return pd.DataFrame(read_any(path, name, None, where=name))


def _plain(value: object) -> object:
    """Return a number of numpy's as one of Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not for JSON")

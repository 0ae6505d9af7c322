"""A study run: each run solved once, on any executor, and kept as it ends; taken up again where it stopped.

Every run begins from the base solution, never from another run, so that what comes of it does not depend on who solved
what before. A result is written aside and renamed: a study killed at any moment has whole results or none of a run.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from planner.case import Case, pose
from planner.comparison import by_park
from planner.errors import Fault, PlannerError, SolveError
from planner.intake.inputs import Inputs
from planner.model import Model, formulate
from planner.plan import Plan
from planner.solve import solve
from planner.solve.answer import Earlier
from planner.solve.carrying import read
from planner.study.asking import Run, Study, asked_of
from planner.whatif import warm
from planner.words import Words

RUNS = "runs"
"""Folder of the results, a file each."""
FAULT = "fault"
"""Status of a run whose scenario cannot be posed or solved: what it asks contradicts itself."""
FAILED = Words("求解时出错（{error}）", "solving failed ({error})")
REPORT = Words("这是程序的错误，请报告；已完成的结果保留着", "A mistake of planner: report it. What is solved is kept")
LOST = Words("工作进程丢失（{error}）", "workers are lost ({error})")
GOES_ON = Words("已完成的结果保留着，重新运行即可继续", "What is solved is kept: the same command goes on")
Result = Mapping[str, Any]
Progress = Callable[[int, int, Result], None]
"""Told how many runs are done, of how many, and the last result."""


class RunError(Exception):
    """Solving a run ended in what nobody expects, so that it is no result; a worker says so."""


@dataclass
class Basis:
    """What all runs share, at each worker once.

    Attributes
    ----------
    inputs : tuple of Inputs
        Of the base, and of the scenarios listed.
    known : Earlier or None
        The solution of the base.
    """

    inputs: tuple[Inputs, ...]
    known: Earlier | None

    @cached_property
    def posed(self) -> tuple[Case, Model]:
        """The case of the base, and its model."""
        case = pose(self.inputs[0])
        return case, formulate(case)

    def carried(self, case: Case) -> Earlier | None:
        """Return what is known of the base as it reads in another case."""
        if self.known is None:
            return None
        (old_case, old), new = self.posed, formulate(case)
        return read(self.known, old_case, old, case, new).earlier


def run_study(study: Study, folder: Path, executor: Executor, progress: Progress | None = None) -> None:
    """Solve the runs of a study that are not solved yet; keep each result in the folder as it comes.

    Parameters
    ----------
    study : Study
    folder : Path
    executor : Executor
        One with a method ``kept`` is sent what all runs share once (`study.cluster`).
    progress : callable, optional

    Raises
    ------
    SolveError
        The workers are lost, or solving a run failed. What was solved is kept, and solving the study again goes on from
        there.
    """
    kept = folder / RUNS
    kept.mkdir(parents=True, exist_ok=True)
    base = study.runs[0]
    known = _based(study, kept)
    left = {run.name: run for run in study.runs if not _file(kept, run).exists()}
    count = len({run.name for run in study.runs})
    if progress is not None:
        progress(count - len(left), count, read_result(kept, base))
    basis = getattr(executor, "kept", lambda value: value)(Basis(study.inputs, known))
    asked = {executor.submit(solved, basis, run): run for run in left.values()}
    lost: dict[str, Exception] = {}
    done = count - len(left)
    try:
        for future in as_completed(asked):
            try:
                result = future.result()
            except Exception as error:  # of the worker, or of a run: what a scenario cannot be is a result
                lost[asked[future].name] = error
                continue
            _write(_file(kept, asked[future]), result)
            done += 1
            if progress is not None:
                progress(done, count, result)
    finally:
        for future in asked:
            future.cancel()
    if lost:
        raise SolveError(list(_faults_of(lost)))


def _faults_of(lost: Mapping[str, Exception]) -> Iterator[Fault]:
    """Yield that runs failed, and that workers are lost, each with the first reason and the runs concerned."""
    for failed, rule, remedy in ((True, FAILED, REPORT), (False, LOST, GOES_ON)):
        of = {name: why for name, why in lost.items() if isinstance(why, RunError) == failed}
        for why in list(of.values())[:1]:
            yield Fault("planner study", "", rule.fill(error=why or type(why).__name__), remedy, tuple(of))


def _based(study: Study, kept: Path) -> Earlier | None:
    """Return the solution of the base, from where all runs begin; solved once, and kept beside its result."""
    base = study.runs[0]
    file = _file(kept, base).with_suffix(".npz")
    inputs = asked_of(study.inputs[0], base)
    if not _file(kept, base).exists():
        known = None
        if inputs.scenario.mode.kind == "weighted":
            asked = inputs.scenario.solver.model_dump(exclude={"effort"})
            try:
                first = warm(inputs, effort=inputs.scenario.solver.effort, **asked)
            except PlannerError as error:
                result = _contradicts(base, error)
            else:
                known = first.kept.known
                result = _told(first.plan, base, inputs, {"solve": first.seconds})
        else:
            result = solved(Basis(study.inputs, None), base)
        _write(file, known)
        _write(_file(kept, base), result)
    return _read_known(file)


def solved(basis: Basis, run: Run) -> Result:
    """Return the result of one run; at a worker, by one thread.

    A scenario that cannot be posed is a result too, with its faults.

    Raises
    ------
    RunError
        Anything else went wrong.
    """
    began = time.monotonic()
    try:
        inputs = asked_of(basis.inputs[run.of], run)
        case = pose(inputs)
        posed = time.monotonic()
        asked = {**inputs.scenario.solver.model_dump(), "threads": 1}
        weighted = inputs.scenario.mode.kind == "weighted"
        plan = solve(case, mode=inputs.scenario.mode, earlier=basis.carried(case) if weighted else None, **asked)
    except PlannerError as error:
        return _contradicts(run, error)
    except Exception as error:
        raise RunError(f"{type(error).__name__}: {error}") from error
    return _told(plan, run, inputs, {"pose": posed - began, "solve": time.monotonic() - posed})


def _contradicts(run: Run, error: PlannerError) -> Result:
    faults = [{"zh": fault.words("zh"), "en": fault.words("en")} for fault in error.faults]
    return {**_asked(run), "status": FAULT, "score": None, "faults": faults, "seconds": {}}


def _asked(run: Run) -> dict[str, Any]:
    asked = {**run.keys, **{f"{layer} {name} {column}": value for layer, name, column, value in run.cells}}
    return {"run": run.name, "kind": run.kind, "number": run.number, "of": run.of, "asked": asked}


def _told(plan: Plan, run: Run, inputs: Inputs, seconds: Mapping[str, float]) -> Result:
    said, parks = plan.summary, by_park(plan)
    return {
        **_asked(run),
        **{key: said[key] for key in ("status", "score", "bound", "gap", "solver_gap")},
        "counts": {name: said["counts"][name] for name in ("projects", "placed", "left_out", "options")},
        "goals": [list(row) for row in plan.goals[["goal", "raw", "points"]].itertuples(index=False)],
        "poles": [
            [str(park), *map(float, row)] for park, row in zip(parks.index, parks.to_numpy(), strict=True)
            if "growth_pole" in inputs.territory.parks.loc[park, "roles"]
        ],
        "placements": [
            [str(row["part"]), str(row["project"]), str(row["park"]), site_of(row, inputs.territory.floors),
             int(row["start_year"]), float(row["share"])]
            for row in plan.placements.to_dict("records")
        ],
        "left_out": [[str(row["project"]), str(row["cause"])] for row in said["left_out"]],
        "faults": [],
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
    }  # fmt: skip


def site_of(row: Mapping[Any, Any], floors: pd.DataFrame) -> str:
    """Return the site of a placement; a run of floors from its lowest up, whichever end is filled last.

    Parameters
    ----------
    row : mapping
        Of the placements of a plan.
    floors : DataFrame
        Of the territory: ``building_id`` and ``floor``.
    """
    if row["kind"] != "unit":
        return str(row["site"])
    run = floors.loc[str(row["places"]).split(";")].sort_values(["building_id", "floor"])
    of = [list(zip(map(str, own.index), own["floor"], strict=True)) for _, own in run.groupby("building_id")]
    return "+".join(each[0][0] + (f":F{int(each[-1][1]):02d}" if len(each) > 1 else "") for each in of)


def read_result(kept: Path, run: Run) -> Result:
    """Return the result of a run that is solved, whichever of its name it was solved as."""
    return {**json.loads(_file(kept, run).read_text(encoding="utf-8")), **_asked(run)}


def results(study: Study, folder: Path) -> list[Result]:
    """Return the results of all runs that are solved, in the order of the study."""
    kept = folder / RUNS
    return [read_result(kept, run) for run in study.runs if _file(kept, run).exists()]


def _file(kept: Path, run: Run) -> Path:
    return kept / f"{run.name}.json"


def _write(file: Path, value: object) -> None:
    """Write a result as text, or a solution as plain arrays; all of it or nothing."""
    descriptor, aside = tempfile.mkstemp(prefix=".", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as written:
            if file.suffix == ".npz":
                known = value if isinstance(value, Earlier) else Earlier(np.zeros(0), np.zeros(0))
                begin = np.cumsum([0, *map(len, known.patterns)])
                columns = np.concatenate([np.zeros(0, np.int64), *known.patterns])
                np.savez_compressed(written, x=known.x, prices=known.prices, begin=begin, columns=columns)
            else:
                text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
                written.write(text.encode())
        Path(aside).chmod(0o644)
        Path(aside).replace(file)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _read_known(file: Path) -> Earlier | None:
    with np.load(file, allow_pickle=False) as kept:
        if not len(kept["x"]):
            return None
        patterns = np.split(kept["columns"], kept["begin"][1:-1]) if len(kept["begin"]) > 1 else []
        return Earlier(kept["x"], kept["prices"], tuple(patterns))


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not for JSON")

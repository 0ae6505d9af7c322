"""A study of Bao'an on two workers, against one solve after the other on one: how near it comes to half the time.

A Monte Carlo over ready years and power, each run to 1 % or the percent given, by processes of one thread. A machine is
not equally quick all the time, nor one draw as hard as the next: so it goes by turns, some runs on one worker, then
these and more on two, and the two are compared on the runs that both have solved.

::

    python benchmarks/study.py [runs] [alone] [turns] [percent]    # prints what it came to, as JSON
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from planner.study import asking
from planner.study.cluster import executor
from planner.study.running import RUNS, results, run_study

SAMPLE = Path(__file__).resolve().parents[1] / "scenarios" / "base.yaml"
WORKERS = 2
STUDY = """\
base: base.yaml
monte_carlo:
  runs: {runs}
  seed: {seed}
  inputs:
    - {{layer: parcels, column: ready_year, as: plus, discrete: {{values: [0, 1]}}}}
    - {{layer: parts, column: power_kva, as: times, uniform: {{least: 0.8, most: 1.2}}}}
"""


class Turn(NamedTuple):
    """Some runs of a study: the time from the first to the last (s), and what each took at its worker (s)."""

    clock: float
    each: dict[str, float]


def took(study: asking.Study, folder: Path, workers: int) -> Turn:
    """Solve the runs of a study but the base, which is solved; without what starts the workers."""
    began: list[float] = []
    with executor(workers=workers) as cluster:
        run_study(study, folder, cluster, lambda *_: began.append(time.monotonic()))
    told = results(study, folder)[1:]
    return Turn(began[-1] - began[0], {one["run"]: sum(one["seconds"].values()) for one in told})


def turns_of(runs: int, alone: int, turns: int, percent: float) -> Iterator[tuple[Turn, Turn]]:
    """Yield for each turn the runs on one worker, and these and more on all."""
    with tempfile.TemporaryDirectory() as made:
        here = Path(made)
        (here / "base.yaml").write_text(f"extends: {SAMPLE}\nsolver: {{gap: {percent} %}}\n", encoding="utf-8")
        for turn in range(turns):
            pair = []
            for count, workers in ((alone, 1), (runs, WORKERS)):
                file, folder = here / f"{turn}-{workers}.yaml", here / f"{turn}-{workers}"
                file.write_text(STUDY.format(runs=count // turns, seed=turn + 1), encoding="utf-8")
                study = asking.load(file)
                (folder / RUNS).mkdir(parents=True)
                base = here / "0-1" / RUNS
                for kept in base.glob(f"{study.runs[0].name}.*"):
                    if folder != base.parent:
                        shutil.copy(kept, folder / RUNS)
                pair.append(took(study, folder, workers))
            yield pair[0], pair[1]


def measured(runs: int = 48, alone: int = 16, turns: int = 4, percent: float = 1) -> dict[str, float]:
    """Return what a run takes alone, what all take on all workers, and the share of perfect scaling.

    What all would take alone is not known but of the runs that were; the others are taken to be as much slower beside
    one another as these were.
    """
    ones, alls = zip(*turns_of(runs, alone, turns, percent), strict=True)
    clock = sum(turn.clock for turn in alls)
    solo = sum(turn.clock for turn in ones)
    beside = sum(many.each[run] for one, many in zip(ones, alls, strict=True) for run in one.each)
    work = sum(sum(turn.each.values()) for turn in alls)
    return {
        "runs": sum(len(turn.each) for turn in alls), "alone": sum(len(turn.each) for turn in ones),
        "alone_s": solo / sum(len(turn.each) for turn in ones), "all_s": clock,
        "scaling": work * solo / beside / WORKERS / clock,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(*map(int, sys.argv[1:]))))

"""A study of Bao'an on two workers, against one solve after the other on one: how near it comes to half the time.

A Monte Carlo over ready years and power, each run to 1 % or the percent given, by processes of one thread. First the
base, from which all begin; then so many runs on one worker, each timed as it ends; then all runs anew on two.

::

    python benchmarks/study.py [runs] [alone] [percent]    # prints what it came to, as JSON
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from planner.study import asking
from planner.study.cluster import executor
from planner.study.running import run_study

SAMPLE = Path(__file__).resolve().parents[1] / "scenarios" / "base.yaml"
WORKERS = 2
STUDY = """\
base: base.yaml
monte_carlo:
  runs: {runs}
  seed: 1
  inputs:
    - {{layer: parcels, column: ready_year, as: plus, discrete: {{values: [0, 1]}}}}
    - {{layer: parts, column: power_kva, as: times, uniform: {{least: 0.8, most: 1.2}}}}
"""


def took(study: asking.Study, folder: Path, workers: int) -> float:
    """Return how long the runs of a study take, without the base and without what starts the workers (s)."""
    began: list[float] = []
    with executor(workers=workers) as cluster:
        run_study(study, folder, cluster, lambda *_: began.append(time.monotonic()))
    return began[-1] - began[0]


def measured(runs: int = 40, alone: int = 12, percent: int = 1) -> dict[str, float]:
    """Return what a run takes alone, what all take on all workers, and the share of perfect scaling."""
    with tempfile.TemporaryDirectory() as made:
        here, seconds = Path(made), {}
        (here / "base.yaml").write_text(f"extends: {SAMPLE}\nsolver: {{gap: {percent} %}}\n", encoding="utf-8")
        for name, count, workers in (("alone", alone, 1), ("all", runs, WORKERS)):
            file = here / f"{name}.yaml"
            file.write_text(STUDY.format(runs=count), encoding="utf-8")
            seconds[name] = took(asking.load(file), here / name, workers)
            shutil.rmtree(here / name)
    each = seconds["alone"] / alone
    return {
        "runs": runs, "alone": alone, "alone_s": each, "all_s": seconds["all"],
        "scaling": runs * each / WORKERS / seconds["all"],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(*map(int, sys.argv[1:]))))

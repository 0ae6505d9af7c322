"""The base scenario, read and posed once in a process; and solved once for all, as a planner would.

Of the solve: the command, its folder, what it printed. Test processes that run side by side share it: the first one
solves, the others wait.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from planner.case import Case, pose
from planner.intake.inputs import Inputs, read
from planner.scenario import load

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "scenarios" / "base.yaml"


@cache
def base() -> Inputs:
    """Return the base scenario with all it names; not to be written to."""
    return read(SCENARIO)


@cache
def posed_base() -> Case:
    """Return the base scenario posed; not to be written to."""
    return pose(base())


def extended(path: Path) -> Inputs:
    """Return a scenario that extends the base one and names no other layers or projects: these are not read again."""
    return replace(base(), scenario=load(path), root=base())


@dataclass(frozen=True)
class Solved:
    """Folder of the plan, what the command printed in English, its exit code."""

    folder: Path
    printed: str
    code: int


def solved_base(factory: pytest.TempPathFactory) -> Solved:
    """Return the base scenario solved by the command, once a test run."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "base"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = folder / "printed.txt"
        if not said.exists():
            command = [sys.executable, "-m", "planner", "solve", str(SCENARIO), "--out", str(folder / "plan")]
            done = subprocess.run([*command, "--lang", "en"], check=False, stdout=subprocess.PIPE, encoding="utf-8")
            (folder / "code").write_text(str(done.returncode), encoding="utf-8")
            said.write_text(done.stdout, encoding="utf-8")
    return Solved(folder / "plan", said.read_text(encoding="utf-8"), int((folder / "code").read_text(encoding="utf-8")))

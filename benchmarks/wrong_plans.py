"""Plans made wrong on purpose, in the families of the tests, and what the audit finds of them.

The code is that of ``tests/families.py``; here it is only counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import families
from small import write_small_scenario

from planner.intake.inputs import read

MANY = 300
"""Mutants of each kind that really break what they are made to break."""


def counted() -> dict[str, Mapping[str, int]]:
    """Return, by rule, test or way of falsifying, how many were made, really wrong, found, and called wrong falsely."""
    with tempfile.TemporaryDirectory() as folder:
        small = read(write_small_scenario(Path(folder)))
        return {name: count for run in families.RUNS.values() for name, count in run(small, MANY).counts.items()}

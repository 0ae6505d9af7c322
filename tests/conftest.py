"""What the tests share: repeatable random examples, and the tiny territory, read once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from small import write_small_scenario

from planner.intake.inputs import Inputs, read

# Derandomised: the same examples in every run, so that a red test is red again. Engines start slowly: no deadline.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tiny territory, its projects and its scenario; not to be written to."""
    folder = tmp_path_factory.mktemp("small-once")
    write_small_scenario(folder)
    return folder


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Inputs:
    """Return the tiny territory with its projects and its scenario."""
    return read(small_folder / "small.yaml")

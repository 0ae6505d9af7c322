"""What the tests share: repeatable random examples, the order of files, and the tiny territory, read once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from opened import CHROMIUM, FLAGS, Opened
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


LONGEST = (
    "test_cli", "test_laws", "test_bad_input", "test_scenarios_solve", "test_readme", "test_notebooks", "test_health",
    "test_map_page", "test_map_tools", "test_acceptance", "test_growing", "test_pricing", "test_published", "test_crs",
    "test_modes", "test_case", "test_fuzz", "test_model",
)  # fmt: skip
"""Files that take longest, longest first: workers that take the next file each end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; xdist must not order them again (``--no-loadscope-reorder``)."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"page tests must run in CI, and there is no Chromium at {CHROMIUM}")
        pytest.skip(f"no Chromium at {CHROMIUM} (set CHROMIUM to its path)")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Opened]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    yield Opened(context.new_page())
    context.close()

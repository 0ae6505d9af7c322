"""A scenario with everything it names: the territory, the projects, and those its goals are measured against."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from planner import intake
from planner import scenario as scenarios
from planner.errors import Fault, ScenarioError
from planner.projects import Projects
from planner.scenario import Scenario
from planner.territory import Territory
from planner.words import Words


@dataclass(frozen=True)
class Inputs:
    """What a plan is made from.

    Attributes
    ----------
    scenario : Scenario
    territory : Territory
        As its layers say; the scenario's changes are not made yet.
    projects : Projects
    root : Inputs or None
        Those of the root of `extends`, on whose projects goals are normalised; None where this is the root.
    files : mapping of str to str
        Every file read, name to SHA-256.
    """

    scenario: Scenario
    territory: Territory
    projects: Projects
    root: Inputs | None = None

    @property
    def files(self) -> Mapping[str, str]:
        """Every file read, name to SHA-256: scenario files, layers and tables, projects."""
        written = self.scenario.document.files if self.scenario.document else ()
        scenarios_read = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
        return {**scenarios_read, **self.territory.files, **self.projects.files}


def read(path: str | Path) -> Inputs:
    """Read a scenario file and everything it names.

    Raises
    ------
    ScenarioError, DataError
        All faults of what was read, at once.
    """
    scenario, root = scenarios.load(path), scenarios.root(path)
    territory = intake.read_territory(_named(scenario, "territory"))
    projects = intake.read_projects(_named(scenario, "projects"), territory.tables)
    if root == scenario or scenario.normalise == "own":
        return Inputs(scenario, territory, projects)
    same_ground = root.territory == scenario.territory
    ground = territory if same_ground else intake.read_territory(_named(root, "territory"))
    same_asked = same_ground and root.projects == scenario.projects
    asked = projects if same_asked else intake.read_projects(_named(root, "projects"), ground.tables)
    return Inputs(scenario, territory, projects, Inputs(root, ground, asked))


def _named(scenario: Scenario, key: str) -> Path:
    """Return the file a scenario names."""
    path: Path | None = getattr(scenario, key)
    if path is None:
        raise ScenarioError(
            Fault(
                scenario.where(key),
                "",
                Words("没有给出", "is not given"),
                Words(f"写 {key}: 路径", f"Write {key}: and its path"),
            )
        )
    return path

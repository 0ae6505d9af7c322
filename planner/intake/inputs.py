"""A scenario with everything it names: the territory, the projects, and those its goals are measured against."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from planner import scenario as scenarios
from planner.errors import DataError, Fault, ScenarioError
from planner.intake.asked import read_asked
from planner.intake.folder import read_folder
from planner.intake.matching import Meant
from planner.intake.reference import read_tables
from planner.intake.sources import absent
from planner.intake.systems import System
from planner.intake.vector import hashes, layers_of, read_any
from planner.projects import Projects
from planner.scenario import Scenario
from planner.territory import Territory
from planner.words import Words

PLAN, PLACEMENTS = "plan.gpkg", "placements"
"""The file of a plan that holds its tables, and the table of its placements."""


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
    earlier : mapping of str to frozenset of str
        Places that the plan of ``stability`` has each part on.
    faults : tuple of Fault
        What is doubtful in them, as `planner check` tells it; nothing of it is fatal.
    files : mapping of str to str
        Every file read, name to SHA-256.
    """

    scenario: Scenario
    territory: Territory
    projects: Projects
    root: Inputs | None = None
    earlier: Mapping[str, frozenset[str]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def files(self) -> Mapping[str, str]:
        """Every file read, name to SHA-256: scenario files, layers and tables, projects."""
        written = self.scenario.document.files if self.scenario.document else ()
        scenarios_read = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
        return {**scenarios_read, **self.territory.files, **self.projects.files, **_plan_files(self.scenario)}

    def under(self, scenario: Scenario) -> Inputs:
        """Return them with another scenario; goals are measured as before, also where this is the root."""
        return replace(self, scenario=scenario, root=self if self.root is None else self.root)


def read(path: str | Path, crs: Mapping[str, System] | None = None) -> Inputs:
    """Read a scenario file and everything it names.

    Parameters
    ----------
    path : str or Path
    crs : mapping of str to System, optional
        By layer ("" for all of them), in which system it is to be read, whatever territory.yaml says.

    Raises
    ------
    ScenarioError, DataError
        All faults of what was read, at once.
    """
    inputs, faults = look(path, crs)
    if inputs is None:
        raise DataError(fault for fault in faults if fault.fatal)
    return replace(inputs, faults=tuple(faults))


def look(path: str | Path, crs: Mapping[str, System] | None = None) -> tuple[Inputs | None, list[Fault]]:
    """Return a scenario with everything it names, and all faults of that; None in its place where one is fatal.

    Raises
    ------
    ScenarioError
        The scenario itself cannot be followed.
    """
    scenario, root = scenarios.load(path), scenarios.root(path)
    inputs, faults = _all_of(scenario, crs)
    if root == scenario or scenario.normalise == "own" or inputs is None:
        return inputs, faults
    if root.territory == scenario.territory and root.projects == scenario.projects:
        return replace(inputs, root=replace(inputs, scenario=root)), faults
    roots, found = _all_of(root, crs, inputs if root.territory == scenario.territory else None)
    return None if roots is None else replace(inputs, root=roots), [*faults, *(one for one in found if one.fatal)]


def _all_of(
    scenario: Scenario, crs: Mapping[str, System] | None, ground_of: Inputs | None = None
) -> tuple[Inputs | None, list[Fault]]:
    """Return what one scenario names and its faults; the territory from other inputs where it is the same."""
    lacking = [_not_given(scenario, key) for key in ("territory", "projects") if getattr(scenario, key) is None]
    if scenario.territory is None or scenario.projects is None:
        raise ScenarioError(lacking)
    if not scenario.territory.exists():
        raise ScenarioError(absent(scenario.territory, scenario.where("territory")))
    if ground_of is None:
        territory, own, faults = read_folder(scenario.territory, crs)
        tables = {**read_tables(None).frames, **own.frames}  # the package's in place of those that cannot be read
    else:
        territory, faults = ground_of.territory, []
        tables = dict(territory.tables)
    said, projects = scenario.projects, None
    columns = {name: Meant(one.meaning, one.unit) for name, one in said.columns.items()}
    try:
        projects, found = read_asked(
            said.table, tables, worksheet=said.worksheet, encoding=said.encoding, columns=columns
        )
        faults += found
    except DataError as error:
        faults += error.faults
    if territory is None or projects is None:
        return None, faults
    return Inputs(scenario, territory, projects, earlier=earlier(scenario)), faults


def _plan_files(scenario: Scenario) -> Mapping[str, str]:
    """Return the file of the earlier plan and its SHA-256, if one is named."""
    if scenario.stability is None:
        return {}
    file = scenario.stability.plan / PLAN
    return hashes(file, f"{scenario.stability.plan.name}/{PLAN}") if file.is_file() else {}


def earlier(scenario: Scenario) -> dict[str, frozenset[str]]:
    """Return the places that an earlier plan has each part on.

    Raises
    ------
    ScenarioError
        The goal is weighed and no plan is named, or there is none.
    """
    if scenario.stability is None:
        if scenario.goals.stability:
            remedy = Words("写 stability: {plan: 方案文件夹}", "Write stability: {plan: folder of the plan}")
            rule = Words("目标 stability 需要一个原方案", "the goal of stability needs an earlier plan")
            raise ScenarioError(Fault(scenario.where("goals", "stability"), "", rule, remedy))
        return {}
    where, file = scenario.where("stability", "plan"), scenario.stability.plan / PLAN
    if not file.is_file():
        raise ScenarioError(absent(file, where))
    if PLACEMENTS not in layers_of(file):
        return {}  # a plan that places nobody
    placed = read_any(file, PLACEMENTS, None, where=where)
    return {
        str(part): frozenset(str(places).split(";"))
        for part, places in zip(placed["part"], placed["places"], strict=True)
    }


def _not_given(scenario: Scenario, key: str) -> Fault:
    remedy = Words(f"写 {key}: 路径", f"Write {key}: and its path")
    return Fault(scenario.where(key), "", Words("没有给出", "is not given"), remedy)

"""``planner solve``: from a scenario to a folder with plan, proof and map; watched, cancellable, all or nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from planner import maps
from planner import plan as plans
from planner.audit import audit
from planner.case import Case, pose
from planner.changes import changed, changed_asked
from planner.cli import conflicting, shown
from planner.cli.handing import map_name, shared_by
from planner.cli.output import Output
from planner.cli.watching import Watch, interruptible
from planner.errors import DataError, Fault, ScenarioError
from planner.export.styles import TABLE, layer_styles
from planner.growing import solve_growing
from planner.intake.description import told
from planner.intake.inputs import Inputs, read
from planner.layers import layers_of
from planner.plan import Plan, Solved, plan_of
from planner.projects import LEADER, first_parts
from planner.quantities import UnreadableError, quantity
from planner.scenario import Scenario, Solver
from planner.scenario.modes import NAMES
from planner.sharing import Sharing
from planner.solve.gateway import write_model
from planner.solve.other import solve_by
from planner.supply import started_space
from planner.telling import summed_up
from planner.territory import Territory
from planner.words import Lang, Words

OWN_ENGINE = "highs"
PACKAGES = ("planner", "highspy", "numpy", "pandas", "geopandas", "shapely")
"""Packages whose versions a plan keeps."""

NO_PLAN = {
    "infeasible": Words("无可行方案：没有任何方案能同时满足全部约束", "No plan exists: none keeps all rules at once"),
    "time_limit": Words(
        "到达时间上限时尚未找到方案，没有写入", "No plan was found within the time limit; nothing was written"
    ),
    "effort": Words("用尽计算量仍未找到方案，没有写入", "No plan was found within the effort; nothing was written"),
    "solver_failed": Words(
        "求解器未给出方案就结束，也没有证明无解；没有写入",
        "The solver ended without a plan and without saying that there is none; nothing was written",
    ),
    "cancelled": Words("中止时尚未找到方案，没有写入", "Stopped before a plan was found; nothing was written"),
}


@dataclass(frozen=True, slots=True)
class Patience:
    """What the command line says of the solver, instead of the scenario; None where it says nothing."""

    gap: float | None = None
    time_limit_s: float | None = None
    solver: str = "HiGHS"
    start: Path | None = None
    engine: str | None = None
    scheduler: str | None = None

    @classmethod
    def of(
        cls,
        gap: str | None,
        time_limit: str | None,
        solver: str = "HiGHS",
        start: Path | None = None,
        engine: str | None = None,
        scheduler: str | None = None,
    ) -> Patience:
        """Read the texts of the options."""
        asked = {"--gap": (gap, "share", 1.0), "--time-limit": (time_limit, "s", float("inf"))}
        found: dict[str, float | None] = {}
        for option, (text, unit, most) in asked.items():
            try:
                found[option] = None if text is None else quantity(text, unit)
            except UnreadableError as error:
                raise DataError(Fault(option, "", error.rule, error.remedy)) from None
            figure = found[option]
            if figure is not None and not 0 <= figure <= most:
                rule = Words(f"值为 {text}，超出范围", f"found {text}, which is out of range")
                raise DataError(Fault(option, "", rule, Words("例如 1 % 或 60 s", "Write for example 1 % or 60 s")))
        if start is not None and solver.lower() == OWN_ENGINE:
            rule = Words("只用于 --solver 的其他求解器", "is for other solvers, named by --solver")
            raise DataError(
                Fault("--start", "", rule, Words("加上 --solver CBC，或去掉", "Add --solver CBC, or leave it out"))
            )
        for option, value in (("--engine", engine), ("--scheduler", scheduler)):
            if value is not None and solver.lower() != OWN_ENGINE:
                rule = Words(f"不能与 --solver {solver} 同用", f"cannot go with --solver {solver}")
                raise DataError(Fault(option, "", rule, Words("二者去掉一个", "Leave out one of them")))
        return cls(found["--gap"], found["--time-limit"], solver, start, engine, scheduler)

    def over(self, scenario: Solver) -> Solver:
        """Return a scenario's patience with what the command line says instead."""
        said = {"gap": self.gap, "time_limit_s": self.time_limit_s, "engine": self.engine}
        return scenario.model_copy(update={key: value for key, value in said.items() if value is not None})


STEPS = ("intake", "pose", "formulate", "solve", "audit", "write")


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds spent in each step; plan.json keeps them, so it runs until that file is written last of all."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds[name] + time.monotonic() - began, 3)


Cluster = Callable[[int], AbstractContextManager[Executor]]
"""Makes an executor, of so many processes where they are of this machine."""


def solve(
    path: Path, out: Path | None, patience: Patience, crs: list[str], with_map: bool, output: Output,
    cluster: Cluster | None = None,
) -> int:  # fmt: skip
    """Solve a scenario and write its plan; return the exit code."""
    folder = out if out is not None else Path("plans") / path.stem
    _must_be_free(folder)
    clock = Clock()
    with clock.step("intake"):
        inputs = read(path, told(crs))
    with clock.step("pose"):
        case, faults = _posed(inputs)
    settings = patience.over(inputs.scenario.solver)
    with nullcontext() if cluster is None or faults else cluster(settings.threads) as executor:
        plan = plan_of(case, NOTHING) if faults else _solved(inputs, case, settings, patience, executor, output)
    clock.seconds.update(plan.summary["seconds"])
    clash = None
    if plan.summary["status"] == "infeasible":
        output.note(conflicting.LOOKING)
        with clock.step("solve"):
            clash = conflicting.looked_for(inputs, faults)
        if faults and clash is None:  # not of what can be kept
            raise ScenarioError(faults)
    if plan.summary["score"] is None and plan.summary["status"] != "infeasible":
        output.error(NO_PLAN[plan.summary["status"]])
        return 1
    start = None if patience.start is None else str(patience.start)
    options = {
        "solver": patience.solver,
        "start": start,
        **settings.model_dump(exclude={"seed", "threads"}),
        "crs": crs,
    }
    ground = changed(inputs.territory, inputs.scenario)
    plan = completed(plan, inputs, case, ground, clock, provenance(path, folder, inputs, settings, options))
    shared = shared_by(None, [inputs], output) if with_map else None
    write(plan, folder, inputs, ground, clock, shared=shared, lang=output.lang, clash=clash)
    if output.as_json:
        output.json(conflicting.told_with(plan.summary, clash))
    output.say(*shown.plan_lines(plan, output.lang), *conflicting.lines(clash, output.lang))
    output.say(*shown.where_lines(folder, None if shared is None else map_name(shared), clock.seconds, output.lang))
    kept = plan.summary["score"] is not None and not plan.summary["audit"]["broken"]
    return 0 if kept else 1


def completed(plan: Plan, inputs: Inputs, case: Case, ground: Territory, clock: Clock, made: Mapping[str, Any]) -> Plan:
    """Return a plan with what is measured of it, its findings, and what it was made from and how (`provenance`)."""
    with clock.step("audit"):
        findings = audited(plan, inputs) if plan.summary["score"] is not None else plan.findings
    summary = {
        **plan.summary,
        **summed_up(inputs, case, findings),
        "chains": chains_placed(plan.placements, case, inputs.scenario),
        "started_space": started_space(ground, inputs.scenario, plan.summary["opened"], taken_of_floors(plan)),
        "seconds": clock.seconds,
        "provenance": made,
    }
    return replace(plan, findings=findings, summary=summary)


NOTHING = Solved((), None, None, None, "infeasible", None, 0.0, 0.0)


def _posed(inputs: Inputs) -> tuple[Case, tuple[Fault, ...]]:
    """Return the case, and what is told before solving of what nobody can keep."""
    try:
        return pose(inputs), ()
    except ScenarioError as error:
        try:
            return pose(inputs, checked=False), error.faults
        except ScenarioError:
            raise error from None


def _must_be_free(folder: Path) -> None:
    """Raise where a plan could not be written in the end, before anybody waits for it."""
    taken = folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / "plan.json").exists()))
    if taken:
        rule = Words("已被占用，且不是方案", "is in use and holds no plan")
        raise DataError(Fault(str(folder), "", rule, Words("用 --out 另选文件夹", "Choose another folder with --out")))


def export(path: Path, file: Path, crs: list[str], output: Output) -> int:
    """Write the model of a scenario for another solver; return the exit code."""
    names = write_model(pose(read(path, told(crs))), file)
    if output.as_json:
        output.json({"model": str(file), "names": str(names)})
    output.say(Words(f"模型  {file}", f"Model  {file}")(output.lang))
    output.say(Words(f"名称  {names}", f"Names  {names}")(output.lang))
    return 0


def _solved(
    inputs: Inputs, case: Case, settings: Solver, patience: Patience, executor: Executor | None, output: Output
) -> Plan:
    """Solve a case, watched; Ctrl-C once keeps the best plan so far."""
    mode, solver = inputs.scenario.mode, patience.solver
    if solver.lower() != OWN_ENGINE and mode.kind != "weighted":
        rule = Words(f"{solver} 只能求解加权总分，情景为{NAMES[mode.kind].zh}",
                     f"{solver} solves the weighted sum only; the scenario's mode is {mode.kind}")  # fmt: skip
        raise DataError(Fault("--solver", "", rule, Words("去掉 --solver，或 mode: weighted", "Leave out --solver")))
    start = None if patience.start is None else plans.load(patience.start)
    watch = Watch(output)
    with watch, interruptible(watch.interrupted) as stop:
        if solver.lower() != OWN_ENGINE:
            limits = {"gap": settings.gap, "time_limit_s": settings.time_limit_s}
            plan = solve_by(case, solver, **limits, threads=settings.threads, start=start)
            # a solver that Ctrl-C reached too has said nothing about what it did not search
            proved = plan.summary["gap"] is not None and plan.summary["gap"] <= settings.gap
            status = "cancelled" if stop.is_set() and not proved else plan.summary["status"]
            return replace(plan, summary={**plan.summary, "status": status})
        return solve_growing(
            inputs,
            case,
            mode=mode,
            gap=settings.gap,
            effort=settings.effort,
            time_limit_s=settings.time_limit_s,
            seed=settings.seed,
            threads=settings.threads,
            engine=settings.engine,
            executor=executor,
            progress=watch.progress,
            cancelled=stop.is_set,
        )


def audited(plan: Plan, inputs: Inputs) -> pd.DataFrame:
    """Return the findings of a plan."""
    return audit(plan, inputs)


def taken_of_floors(plan: Plan) -> dict[str, float]:
    """Return what a plan takes of each floor (m²)."""
    floors = plan.uses[plan.uses["place_kind"] == "floor"]
    return dict(floors.groupby("place")["amount_m2"].sum())


def chains_placed(placements: pd.DataFrame, case: Case, scenario: Scenario) -> list[dict[str, Any]] | None:
    """Return each leader placed with its park, its suppliers there and those elsewhere; None where no rule asks.

    Everyone stands where the first part does; a divisible one may stand in several parks.
    """
    rule = scenario.rules.leader_and_suppliers
    if not rule.on:
        return None
    first = placements[placements["part"].isin(first_parts(case.parts))]
    stands = first[["project", "park"]].drop_duplicates().sort_values(["project", "park"])
    leads = case.projects.index[case.projects["chain_role"] == LEADER]
    rows = []
    for leader, park in stands[stands["project"].isin(rule.leaders or leads)].itertuples(index=False):
        supplier = stands["project"].isin([name for name, of in case.projects["supplies"].items() if leader in of])
        there = stands["park"] == park
        beside = stands.loc[supplier & there, "project"]
        elsewhere = stands.loc[supplier & ~there & ~stands["project"].isin(beside), "project"]
        rows.append({"leader": leader, "park": park, "suppliers": list(beside), "elsewhere": list(elsewhere.unique())})
    return rows


def provenance(
    path: Path, folder: Path, inputs: Inputs, settings: Solver, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return where a plan comes from: scenario, every input (hash, CRS, figures as written), versions, options."""
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    scenario = path.resolve()
    return {
        "scenario": {
            "file": Path(os.path.relpath(scenario, folder.resolve())).as_posix(),
            "absolute": scenario.as_posix(),
        },
        "inputs": dict(inputs.files),
        "systems": dict(inputs.territory.systems),
        "written": {part: dict(said) for part, said in inputs.projects.written.items()},
        "versions": {**versions, "python": platform.python_version()},
        "seed": settings.seed,
        "threads": settings.threads,
        "options": dict(options),
    }


def write(
    plan: Plan, folder: Path, inputs: Inputs, ground: Territory, clock: Clock, *, shared: Sharing | None, lang: Lang,
    clash: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write a plan's folder, all of it or nothing; of one that does not exist what conflicts.

    The map is as it may be `shared`; without that there is none.
    """
    more: dict[str, Callable[[Path], None]] = {}

    def write_map(file: Path) -> None:
        assert shared is not None
        with clock.step("write"):
            asked = shared.projects(changed_asked(inputs))
            drawing = maps.draw(shared.plan(plan), shared.territory(ground), lang,
                                projects=asked, faults=shared.faults(inputs.faults))  # fmt: skip
            maps.save(drawing, file)

    with clock.step("write"):
        layers = layers_of(plan, ground)
        styled = {**layers, TABLE: layer_styles(layers, ground, lang)} if layers else layers
    if shared is not None and len(plan.placements):
        more[map_name(shared)] = write_map
    if "frontier" in plan.summary:
        points = pd.DataFrame(plan.summary["frontier"]["points"])
        more["frontier.csv"] = lambda file: points.to_csv(file, index=False)
    if clash is not None:
        more[conflicting.FILE] = lambda file: conflicting.save(clash, file)
    plans.save(plan, folder, styled, more)

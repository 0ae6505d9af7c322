"""How strong the model's relaxation is, strengthening by strengthening: the same case stated in weaker ways.

Published locations for what opening a building couples; the sample territory with clusters, links, least fills and
groups kept apart for what belongs together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import alike
import numpy as np
import scipy.sparse

import planner
from planner.case import Case
from planner.intake.inputs import Inputs
from planner.model import Model, formulate
from planner.projects import Projects
from planner.scenario import Scenario
from planner.solve import core, exact

AS_IS = "part by part"
"""The coupled case as the model states it."""
BEST_KNOWN = 2093.32
"""Points of the best plan known of the coupled case (200 s of solving)."""


@dataclass(frozen=True)
class Relaxed:
    """A statement of a case: its bound, seconds of the processor, and how many options, rows, columns, nonzeros."""

    bound: float
    seconds: float
    size: tuple[int, int, int, int]


def bounds(case: Case) -> dict[str, Relaxed]:
    """Return each statement of a case whose places are knapsacks, the weakest first."""
    model = formulate(case)
    link = np.concatenate([np.full(len(rows.keys), rows.rule == "building_opened") for rows in model.rules])
    unit = np.asarray(abs(model.A).max(axis=1).todense()).ravel() == 1
    parts, floors = np.flatnonzero(link & unit), np.flatnonzero(link & ~unit)
    opening = _openings(model, parts)
    summed = scipy.sparse.csr_matrix(
        (np.ones(len(parts)), (opening, np.arange(len(parts)))), shape=(int(opening.max()) + 1, len(parts))
    )
    others = _with(model, np.flatnonzero(~link))
    lumped = _plus(others, summed @ model.A[parts])
    relaxed = {
        "one row a building with a large coefficient": _relaxed(lumped),
        "a row for each part in it": _relaxed(_plus(others, model.A[parts])),
        "a row for each floor in it besides": _relaxed(_plus(others, model.A[np.r_[parts, floors]])),
    }
    blocks = core.fits(model)
    if blocks is not None:
        relaxed["each building packed exactly at the prices"] = _measured(
            model, lambda: core.priced(model, blocks, exact.relax(model, threads=2).prices).bound
        )
    return relaxed


def coupled(sample: Path) -> Inputs:
    """Return leaders, suppliers and every sixth other project of the sample, most of chapter 3 and its goals on."""
    given = planner.read(sample)
    projects, parts = given.projects.projects, given.projects.parts
    plain = projects.index[projects["chain_role"] == ""]
    names = sorted({*projects.index[projects["chain_role"] != ""], *plain[::6]})
    parts = parts[parts["project"].isin(names)]
    on_land = parts["land_m2"].notna().groupby(parts["project"]).agg(["all", "any"])
    land, floors = list(on_land.index[on_land["all"]]), list(on_land.index[~on_land["any"]])
    apart = [
        {"who": floors[:8], "not": "building"},
        {"who": floors[8:14], "not": "adjacent_floors"},
        {"who": land[:8], "metres": 200},
        {"who": land[8:12] + floors[14:18], "metres": 150},
    ]
    rules = {"kept_apart": apart, "leader_and_suppliers": 2, "leaders_per_cluster": True, "parts_together": "1000 m",
             "building_filled": "50 %"}  # fmt: skip
    goals = {**given.scenario.goals.weights, "chain": 2.0, "cluster": 3.0, "leftover": 1.0, "opened": 1.0}
    asked = {"title": "coupled", "years": given.scenario.years, "sites": given.scenario.sites}
    scenario = Scenario(**asked, rules=rules, goals=goals)
    return replace(given, scenario=scenario, projects=Projects(projects.loc[names], parts), root=None)


def together(inputs: Inputs) -> dict[str, Relaxed]:
    """Return each statement of a coupled case, the weakest first; after the model as it is what it does without."""
    case = planner.pose(inputs)
    model = formulate(case)
    credited = np.array([key.endswith(" main") for _, key in model.row_keys])
    rows = np.flatnonzero(credited & (np.array([rule for rule, _ in model.row_keys]) == "credited_in_main_park"))
    parks = _openings(model, rows)
    summed = scipy.sparse.csr_matrix((np.ones(len(rows)), (parks, np.arange(len(rows)))))
    others = _with(model, np.setdiff1d(np.arange(len(model.lo)), rows))
    stated = {
        "clusters credited by one row a park": _plus(others, summed @ model.A[rows]),
        AS_IS: model,
        "least fill cut to what is asked": _filled(model),
        "dominated options left out": alike.without(model, alike.dominated(case, model)),
    }
    return {name: _relaxed(each) for name, each in stated.items()}


def _filled(model: Model) -> Model:
    """Return a model in which no option fills a building by more than opening it asks for."""
    rows = np.array([rule == "building_filled" for rule, _ in model.row_keys])
    A = model.A.tocoo()
    asked = np.zeros(len(model.lo))
    np.maximum.at(asked, A.row, np.where(A.data < 0, -A.data, 0.0))
    A.data = np.where(rows[A.row], np.minimum(A.data, asked[A.row]), A.data)
    return replace(model, A=A.tocsr())


def _openings(model: Model, rows: np.ndarray) -> np.ndarray:
    """Return the building (numbered) of each link of a part to a building."""
    links = model.A[rows].tocoo()
    need = links.data < 0
    building = np.zeros(len(rows), dtype=np.int64)
    building[links.row[need]] = np.unique(links.col[need], return_inverse=True)[1]
    return building


def _with(model: Model, rows: np.ndarray) -> Model:
    return replace(model, A=model.A[rows], lo=model.lo[rows], hi=model.hi[rows], rules=())


def _plus(model: Model, links: scipy.sparse.csr_matrix) -> Model:
    """Return a model with rows besides, each at most 0."""
    count = links.shape[0]
    return replace(
        model, A=scipy.sparse.vstack([model.A, links]).tocsr(), lo=np.r_[model.lo, np.full(count, -np.inf)],
        hi=np.r_[model.hi, np.zeros(count)],
    )  # fmt: skip


def _relaxed(model: Model) -> Relaxed:
    return _measured(model, lambda: float(model.c @ exact.relax(model, threads=2).x + model.c0))


def _measured(model: Model, bound: Callable[[], float]) -> Relaxed:
    free = model.upper > model.lower
    options = int(free[model.columns_of("place")].sum())
    began = time.process_time()
    found = bound()
    return Relaxed(found, time.process_time() - began, (options, len(model.lo), int(free.sum()), model.A[:, free].nnz))

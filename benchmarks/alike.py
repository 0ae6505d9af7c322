"""Options that say nothing new to an exact search: on floors that are alike, or dominated by another of their part.

Buildings whose floors are all alike are drawn at random, and land on which plots of several parcels are worth no more
than some of their parcels alone; each case is searched to the end in several ways that have the same optimum.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model, formulate
from planner.solve import exact

SEEDS = range(5)
AS_IS = "as they are"
FLOORS, FLOOR_M2 = 4, 3_000.0
"""Floors of a building, all alike."""
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Searched:
    """A search to the end: of how many options, what they came to, seconds of the processor and nodes."""

    options: int
    score: float
    seconds: float
    nodes: int


def searched(model: Model, *, symmetry: bool = False) -> Searched:
    """Search a model to gap 0 by HiGHS alone, as `exact.search` asks it to but for symmetry."""
    solver = exact.solver_of(model, threads=1, integer=True)
    for option, value in (
        ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-6), ("mip_detect_symmetry", symmetry), ("time_limit", PATIENCE_S)
    ):  # fmt: skip
        solver.setOptionValue(option, value)
    began = time.process_time()
    solver.run()
    info = solver.getInfo()
    options = int((model.integer & (model.c != 0) & (model.upper > 0)).sum())
    return Searched(options, info.objective_function_value, time.process_time() - began, int(info.mip_node_count))


def floors(seed: int, *, buildings: int = 3, parts: int = 26, whole: float = 0.25) -> Case:
    """Return parts that each take a share of one floor of any building, some of them a whole one."""
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(parts) < whole, FLOOR_M2, rng.integers(3, 22, parts) * 100.0)
    worth = size[:, None] / 100 * rng.uniform(0.8, 1.2, (parts, buildings))
    part, building, floor = (at.ravel() for at in np.indices((parts, buildings, FLOORS)))
    name = np.array([f"B{b}-F{f}" for b, f in zip(building, floor, strict=True)], dtype=object)
    options = pd.DataFrame({"project": [f"P{p:02d}" for p in part], "site": name, "given": worth[part, building]})
    uses = pd.DataFrame({"option": options.index, "kind": "floor", "key": name, "amount": size[part]})
    limits = pd.DataFrame({"kind": "floor", "key": np.unique(name), "at_most": FLOOR_M2})
    return Case.from_tables(options, uses, limits)


def in_order(case: Case, model: Model) -> Model:
    """Return a model in which each floor of a building holds at least as much as the next one."""
    rows = pd.Index([key for _, key in model.row_keys])
    names = sorted(case.limits_of("floor").index)
    held = model.A[rows.get_indexer(pd.Index(names))]
    above = [k for k in range(len(names) - 1) if names[k].split("-")[0] == names[k + 1].split("-")[0]]
    more = held[above] - held[[k + 1 for k in above]]
    return replace(
        model, A=scipy.sparse.vstack([model.A, more]).tocsr(), lo=np.r_[model.lo, np.zeros(len(above))],
        hi=np.r_[model.hi, np.full(len(above), np.inf)],
    )  # fmt: skip


def by_turn(case: Case, model: Model) -> Model:
    """Return a model in which the first part may stand on the first floor only, the second on two, and so on.

    Floors that are alike can be counted by the first part on each: then none stands on one beyond its own number.
    """
    number = pd.factorize(case.options["part"], sort=True)[0]
    floor = case.options["site"].str.split("-F").str[1].astype(int).to_numpy()
    upper = model.upper.copy()
    upper[model.columns_of("place")] = np.where(floor > number, 0.0, 1.0)
    return replace(model, upper=upper)


def together(case: Case, model: Model) -> Model:
    """Return a model with one option for all alike floors that a part would take whole.

    A floor is then shared or not (a column each), and so many are as no part takes whole.
    """
    use = case.uses_of("floor").set_index("option")
    building = use["key"].str.split("-").str[0].to_numpy()
    whole = use["amount"].to_numpy() == FLOOR_M2
    first = use["key"].str.endswith("-F0").to_numpy()
    place = np.arange(len(model.c))[model.columns_of("place")]
    kept = np.ones(len(model.c), dtype=bool)
    kept[place[whole & ~first]] = False
    rows = pd.Index([key for _, key in model.row_keys])
    names = sorted(case.limits_of("floor").index)
    at = rows.get_indexer(pd.Index(names))
    A = model.A.tolil()
    for row in at:
        A[row, place[whole]] = 0.0
    shared = scipy.sparse.csr_matrix(
        (np.full(len(at), -FLOOR_M2), (at, np.arange(len(at)))), shape=(len(model.lo), len(at))
    )
    labels = np.unique(building)
    left = scipy.sparse.lil_matrix((len(labels), len(model.c)))
    left[np.searchsorted(labels, building[whole & first]), place[whole & first]] = 1.0
    of = scipy.sparse.csr_matrix(
        (np.ones(len(at)), (np.searchsorted(labels, [name.split("-")[0] for name in names]), np.arange(len(at))))
    )
    hi = model.hi.copy()
    hi[at] = 0.0
    return replace(
        model,
        A=scipy.sparse.bmat([[A.tocsr()[:, kept], shared], [left.tocsr()[:, kept], of]]).tocsr(),
        c=np.r_[model.c[kept], np.zeros(len(at))],
        lower=np.r_[model.lower[kept], np.zeros(len(at))],
        upper=np.r_[model.upper[kept], np.ones(len(at))],
        integer=np.r_[model.integer[kept], np.ones(len(at), dtype=bool)],
        lo=np.r_[model.lo, np.full(len(labels), -np.inf)],
        hi=np.r_[hi, np.full(len(labels), float(FLOORS))],
        blocks=(), rules=(), objectives=(),
    )  # fmt: skip


def plots(seed: int, *, parcels: int = 60, parts: int = 60, each: int = 80) -> Case:
    """Return parts that each take one of many plots of one to three parcels, larger ones worth hardly more."""
    rng = np.random.default_rng(seed)
    part = np.repeat(np.arange(parts), each)
    count = rng.integers(1, 4, len(part))
    first = rng.integers(0, parcels - 3, len(part))
    worth = rng.integers(10, 30, parts)[part] + rng.integers(0, 3, len(part)) + count * rng.integers(0, 2, len(part))
    options = pd.DataFrame(
        {"project": [f"P{p:02d}" for p in part], "site": [f"{k}+{n}" for k, n in zip(first, count, strict=True)],
         "given": worth.astype(float)}
    ).drop_duplicates(["project", "site"], ignore_index=True)  # fmt: skip
    at = options["site"].str.split("+", expand=True).astype(int).to_numpy()
    option = np.repeat(options.index.to_numpy(), at[:, 1])
    nth = np.arange(len(option)) - np.repeat(np.cumsum(at[:, 1]) - at[:, 1], at[:, 1])
    key = [f"J{k:02d}" for k in at[option, 0] + nth]
    uses = pd.DataFrame({"option": option, "kind": "parcel", "key": key, "amount": 1.0})
    return Case.from_tables(options, uses, pd.DataFrame({"kind": "parcel", "key": sorted(set(key)), "at_most": 1.0}))


def dominated(case: Case, model: Model) -> NDArray[np.bool_]:
    """Return the options (of parts placed whole) in whose stead another of their part is never worse.

    One that adds to no row more of what the row bounds, and is worth no fewer points of any goal, keeps every row that
    the other keeps; of two that are alike in all of it the first stays.
    """
    place = np.arange(len(model.c))[model.columns_of("place")]
    columns = model.A.tocsc()[:, place]
    tops, bottoms = np.isfinite(model.hi), np.isfinite(model.lo)
    goals = case.options[list(case.option_goals())].to_numpy(dtype=float)
    out = np.zeros(len(place), dtype=bool)
    for rows in case.options.groupby("part", sort=False).indices.values():
        of = columns[:, rows].toarray()
        used = np.flatnonzero(of.any(axis=1))
        bound = np.vstack([of[used][tops[used]], -of[used][bottoms[used]], -goals[rows].T])  # the less the better
        no_worse = np.array([(bound <= bound[:, [k]]).all(axis=0) for k in range(len(rows))]).T  # [better, worse]
        alike = no_worse & no_worse.T
        out[rows] = (no_worse & ~(alike & ~np.triu(np.ones_like(alike), 1))).any(axis=0)
    return out


def without(model: Model, out: NDArray[np.bool_]) -> Model:
    """Return a model in which some options are not chosen."""
    upper = model.upper.copy()
    upper[model.columns_of("place")] = np.where(out, 0.0, upper[model.columns_of("place")])
    return replace(model, upper=upper)


def floors_in_ways(seed: int) -> dict[str, Searched]:
    """Return the search over alike floors, stated in several ways."""
    case = floors(seed)
    model = formulate(case)
    return {
        AS_IS: searched(model),
        "HiGHS told to find symmetry": searched(model, symmetry=True),
        "each floor holds as much as the next": searched(in_order(case, model)),
        "the first part on the first floor only, and so on": searched(by_turn(case, model)),
        "whole ones put together": searched(together(case, model)),
    }


def plots_in_ways(seed: int) -> dict[str, Searched]:
    """Return the search over plots with and without dominated options."""
    case = plots(seed)
    model = formulate(case)
    began = time.process_time()
    rest = without(model, dominated(case, model))
    spent = time.process_time() - began
    left = searched(rest)
    return {AS_IS: searched(model), "left out, and found": replace(left, seconds=left.seconds + spent)}

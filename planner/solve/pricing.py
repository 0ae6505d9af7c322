"""Neighbourhood search: small exact subproblems around a few places, everybody else held where they are.

A neighbourhood is a handful of buildings or of blocks of parcels that compete for the same parts: who is placed there
and who is left out may move between them. Each is solved by branch and bound to the end of its effort; nothing depends
on the clock, so the same seed gives the same plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model
from planner.solve.exact import search_around

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
WIDTHS = (6, 10, 16)
"""Numbers of places opened at once, in turn."""
NEAR = 0.0004
"""Options whose reduced cost is worse than this share of the bound stay out of the neighbourhoods."""


@dataclass(frozen=True)
class _Ground:
    """Which options stand where: group of each option (building or park's plots), project of each option."""

    group: Ints
    groups: int
    project: Ints


def improve(
    case: Case,
    model: Model,
    x: Floats,
    d: Floats,
    bound: float,
    *,
    rounds: int,
    effort: int,
    seed: int,
    done: Callable[[Floats], bool],
) -> Floats:
    """Improve a plan by neighbourhoods.

    Parameters
    ----------
    case : Case
    model : Model
    x : ndarray of shape (n_columns,)
        A plan.
    d : ndarray of shape (n_columns,)
        Reduced costs.
    bound : float
    rounds : int
        Neighbourhoods tried.
    effort : int
        Branch-and-bound nodes of each.
    seed : int
    done : callable
        Asked after each with the plan so far; True ends.

    Returns
    -------
    ndarray of shape (n_columns,)
        A plan at least as good.
    """
    ground = _ground(case)
    if ground.groups < 2:
        return x
    rng = np.random.default_rng(seed)
    place, placed = model.columns_of("place"), model.columns_of("placed")
    near = d[place] >= -NEAR * max(abs(bound), 1.0)
    kin = _kinship(ground)
    for turn in range(rounds):
        width = min(WIDTHS[turn % len(WIDTHS)], ground.groups)
        first = int(rng.integers(ground.groups))
        likely = kin[first] / kin[first].sum() if kin[first].sum() > 0 else np.full(ground.groups, 1 / ground.groups)
        likely = 0.5 * likely + 0.5 / ground.groups
        opened = np.unique(np.r_[first, rng.choice(ground.groups, width - 1, replace=False, p=likely / likely.sum())])
        free = _free(ground, x[place], opened, near)
        if len(free):
            projects = np.unique(ground.project[free])
            columns = np.r_[free + place.start, projects + placed.start]
            x = search_around(model, x, columns, effort=effort, seed=seed)
        if done(x):
            break
    return x


def _ground(case: Case) -> _Ground:
    uses = case.uses[case.uses["kind"].isin(("floor", "parcel"))].drop_duplicates("option").set_index("option")
    key = uses["key"].reindex(range(len(case.options))).fillna("")
    if "building" in case.places:
        building = case.places["building"].where(
            case.places["kind"] == "floor", "plots " + case.places["park"].astype(str)
        )
        key = key.map(building).fillna("")
    group, names = pd.factorize(key, sort=True)
    project = case.projects.index.get_indexer(pd.Index(case.options["project"]))
    return _Ground(group.astype(np.int64), len(names), project.astype(np.int64))


def _kinship(ground: _Ground) -> Floats:
    """Return how many projects every two groups may both take (shape (n_groups, n_groups))."""
    takes = np.zeros((ground.groups, int(ground.project.max(initial=0)) + 1))
    takes[ground.group, ground.project] = 1.0
    kin = takes @ takes.T
    np.fill_diagonal(kin, 0.0)
    return np.asarray(kin, dtype=float)


def _free(ground: _Ground, x: Floats, opened: Ints, near: NDArray[np.bool_]) -> Ints:
    """Return the options that may change: those in the opened groups of projects placed there or left out."""
    here = np.isin(ground.group, opened)
    chosen = x > 0.5
    out = np.ones(int(ground.project.max(initial=0)) + 1, dtype=bool)
    out[ground.project[chosen]] = False
    elsewhere = np.zeros_like(out)
    elsewhere[ground.project[chosen & ~here]] = True
    movable = out.copy()
    movable[ground.project[chosen & here]] = True
    movable &= ~elsewhere
    partly = np.zeros_like(out)  # a project with one part here and one elsewhere keeps the other part
    partly[ground.project[chosen & here]] = True
    return np.flatnonzero(here & ((movable[ground.project] & near) | (chosen & partly[ground.project])))

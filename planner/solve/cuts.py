r"""Rows that every plan keeps anyway and that bring the relaxation nearer to the plans.

Most come from one kind of row, $\sum_o a_o x_o \le A$ with $x$ whole (a floor, a run of adjacent free floors, the
power of a park in a year), the others from plots that share parcels. Each is implied for whole options, never for
fractions of one, so no plan is lost and the bound stays a bound:

* *few shares*: at most $k$ options that each take more than a $(k+1)$-th of $A$ (Chvátal–Gomory rounding);
* *covers*: of some parts that fill $A$ together, and of all options as large as the one that overfills it, at most as
  many as do not (extended cover inequalities; Wolsey, Integer Programming, 2nd ed., §9.3);
* *three parcels*: of the plots that take two of three parcels, at most one;
* *site or part*: a site of several places, or one part on any of them (each pair excludes the other), at most one.

They are added where the relaxation breaks them, a round at a time. The module knows options and amounts, not what they
mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import pandas as pd
import scipy.sparse
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model
from planner.model.blocks import Rows, Terms
from planner.solve.exact import Relaxation, solver_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHARES = (1, 2, 3, 4, 5, 6)
BROKEN = 0.02
"""How far a row must be broken to be worth adding."""
ROUNDS = 6
RULE_OF = {"floor": "floor_not_overfilled", "parcel": "parcel_used_once", "power": "power"}
"""The rule that makes each kind of use scarce; one that is switched off implies nothing."""
PREFIXES = 6
"""Longest cover less one."""
NEAR = 0.0008
"""Options whose reduced cost is worse than this share of the bound stay out of the rounds (but not of the bound)."""


@dataclass(frozen=True)
class Knapsack:
    """One limit: the options that use it, their parts (numbered) and amounts."""

    key: str
    limit: float
    option: Ints
    part: Ints
    amount: Floats


@dataclass(frozen=True)
class Wholes:
    """Places each option takes so much of that no two of them can share it; and the sets of several that some take.

    Attributes
    ----------
    takes : csr_matrix of shape (n_options, n_places)
    sets : csr_matrix of shape (n_sets, n_places)
    part : ndarray of int, shape (n_options,)
    """

    takes: Any
    sets: Any
    part: Ints


@dataclass(frozen=True)
class Cut:
    """One row: options, coefficients, the most they may come to."""

    key: str
    option: Ints
    value: Floats
    most: float


def strengthened(case: Case, model: Model, relaxed: Relaxation, d: Floats, bound: float) -> tuple[Model, Floats]:
    """Return the model with the rows its relaxation breaks, added a round at a time, and its prices.

    Parameters
    ----------
    case : Case
    model : Model
        Of that case.
    relaxed : Relaxation
    d : ndarray of shape (n_columns,)
        Reduced costs of its relaxation.
    bound : float
        Of its relaxation.

    Returns
    -------
    model : Model
        With a block of rows ``implied``, only those that bind at the end.
    prices : ndarray of shape (n_rows,)
        Of its relaxation.
    """
    if "each_part_placed_with_its_project" not in case.rules:  # the rows count on one option a part
        return model, relaxed.prices
    options = model.columns_of("place")
    near = np.ones(len(model.c), dtype=bool)
    near[options] = d[options] >= -NEAR * max(abs(bound), 1.0)
    every = np.arange(len(model.c), dtype=np.int32)
    solver = solver_of(model, threads=1, integer=False)
    solver.setOptionValue("solver", "simplex")
    solver.changeColsBounds(len(every), every, model.lower, np.where(near, model.upper, model.lower))
    if relaxed.basis is not None:
        solver.setBasis(relaxed.basis)
    sacks = knapsacks(case)
    parcels = _parcel_sets(case)
    wholes = _wholes(case)
    added: list[Cut] = []
    seen: set[str] = set()
    for _ in range(ROUNDS):
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return model, relaxed.prices
        x = np.asarray(solver.getSolution().col_value)
        broken = [cut for cut in _separated(x[options], sacks, parcels, wholes) if cut.key not in seen]
        if not broken:
            break
        seen.update(cut.key for cut in broken)
        added += broken
        _add(solver, broken)
    full = with_cuts(model, added)
    while added:
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return model, relaxed.prices
        dual = np.asarray(solver.getSolution().row_dual)
        missed = np.flatnonzero(~near & (full.c - full.A.T @ dual > 1e-7))
        if not len(missed):
            binding = np.abs(dual) > 1e-7
            binding[: len(model.lo)] = True
            return with_cuts(
                model, [cut for cut, binds in zip(added, binding[len(model.lo) :], strict=True) if binds]
            ), dual[binding]
        near[missed] = True
        solver.changeColsBounds(len(missed), missed.astype(np.int32), model.lower[missed], model.upper[missed])
    return model, relaxed.prices


def _separated(x: Floats, sacks: Iterable[Knapsack], parcels: list[Cut], wholes: Wholes) -> list[Cut]:
    """Return the rows of every kind that x breaks."""
    found = [cut for cut in parcels if float(cut.value @ x[cut.option]) > cut.most + BROKEN]
    found += _site_or_part(wholes, x)
    for sack in sacks:
        at = x[sack.option]
        if float(sack.amount @ at) > 0.5 * sack.limit and np.count_nonzero(at > 1e-6) > 1:
            found += [*_few_shares(sack, x), *_covers(sack, x)]
    return found


def _few_shares(sack: Knapsack, x: Floats) -> list[Cut]:
    r"""$\sum_o \lceil (k+1)\, a_o / A - 1 \rceil\, x_o \le k$: the row times $(k+1)/A$ less a trifle, rounded down."""
    at = x[sack.option]
    found = []
    for k in SHARES:
        count = np.maximum(np.ceil((k + 1) * sack.amount / sack.limit * (1 - 1e-9) - 1), 0.0)
        if float(count @ at) > k + BROKEN:
            some = count > 0
            found.append(Cut(f"{sack.key} {k} shares", sack.option[some], count[some], float(k)))
    return found


def _covers(sack: Knapsack, x: Floats) -> list[Cut]:
    r"""$\sum_{q \in S} \sum_{o \in O_q,\, a_o \ge a_q} x_o + \sum_{o \notin S,\, a_o > t} x_o \le |S|$.

    With $S$ parts of amounts $a_q$ that fit together and $t = \max(A - \sum_S a_q, \max_S a_q)$: any $|S| + 1$ of the
    options counted, no two of one part of $S$, overfill the limit.
    """
    at = x[sack.option]
    active = np.flatnonzero(at > 1e-6)
    group, inverse = np.unique(
        np.column_stack([sack.part[active], np.round(sack.amount[active] * 1e3).astype(np.int64)]),
        axis=0,
        return_inverse=True,
    )
    inverse = inverse.ravel()
    total = np.bincount(inverse, at[active])
    part = group[:, 0]
    size = np.zeros(len(group))
    np.maximum.at(size, inverse, sack.amount[active])
    order = np.lexsort((-size, -total))
    sets = [order[[k]] for k in range(len(order)) if size[order[k]] <= sack.limit / 2]
    sets += [order[:k] for k in range(2, min(PREFIXES, len(order)) + 1)]
    found = []
    for members in sets:
        filled = float(size[members].sum())
        if filled > sack.limit or len(set(part[members].tolist())) < len(members):
            continue
        threshold = max(sack.limit - filled, float(size[members].max())) * (1 + 1e-9) + 1e-6
        counted = (sack.amount > threshold) & ~np.isin(sack.part, part[members])
        for member in members:
            counted |= (sack.part == part[member]) & (sack.amount >= size[member] - 1e-9)
        if float(at[counted].sum()) > len(members) + BROKEN:
            label = "+".join(str(part[member]) for member in sorted(members, key=lambda member: int(part[member])))
            key = f"{sack.key} cover {label} {threshold:.0f}"
            found.append(Cut(key, sack.option[counted], np.ones(int(counted.sum())), float(len(members))))
    return found


def _site_or_part(wholes: Wholes, x: Floats) -> list[Cut]:
    r"""$\sum_{o \supseteq S} x_o + \sum_{o \in O_q,\, o \cap S \ne \emptyset} x_o \le 1$ for places $S$ and a part $q$.

    Two options that hold all of $S$ share a place; so do one of them and one of part $q$ on $S$; and of part $q$ only
    one is chosen.
    """
    if not wholes.sets.shape[0]:
        return []
    active = np.flatnonzero(x > 1e-6)
    size = np.diff(wholes.sets.indptr)
    met = (wholes.sets @ wholes.takes[active].T).tocoo()
    held = met.data >= size[met.row]
    of_sets = np.bincount(met.row[held], x[active[met.col[held]]], minlength=len(size))
    pair = met.row[~held].astype(np.int64) * (int(wholes.part.max()) + 1) + wholes.part[active[met.col[~held]]]
    pairs, inverse = np.unique(pair, return_inverse=True)
    of_parts = np.bincount(inverse, x[active[met.col[~held]]], minlength=len(pairs))
    found = []
    for code in pairs[of_sets[pairs // (int(wholes.part.max()) + 1)] + of_parts > 1 + BROKEN]:
        number, part = divmod(int(code), int(wholes.part.max()) + 1)
        common = np.asarray((wholes.takes @ wholes.sets[number].T).todense()).ravel()
        option = np.flatnonzero((common >= size[number]) | ((common > 0) & (wholes.part == part)))
        found.append(Cut(f"set {number} or part {part}", option.astype(np.int64), np.ones(len(option)), 1.0))
    return found


def _wholes(case: Case) -> Wholes:
    """Return what every option takes more than half of, and the sets of several places that some option takes."""
    kinds = [kind for kind in ("parcel", "floor") if RULE_OF[kind] in case.rules]
    use = case.uses[case.uses["kind"].isin(kinds)]
    limit = case.limits.set_index(["kind", "key"])["at_most"].reindex(pd.MultiIndex.from_frame(use[["kind", "key"]]))
    whole = (use["kind"] == "parcel").to_numpy() | (
        use["amount"].to_numpy() > limit.to_numpy(dtype=float) / 2 * (1 + 1e-9)
    )
    use = use[whole]
    place, names = pd.factorize(use["kind"] + use["key"].astype(str), sort=True)
    takes = scipy.sparse.csr_matrix(
        (np.ones(len(use)), (use["option"].to_numpy(dtype=np.int64), place)), shape=(len(case.options), len(names))
    )
    takes.sort_indices()
    several = np.flatnonzero(np.diff(takes.indptr) > 1)
    first = {takes.indices[takes.indptr[o] : takes.indptr[o + 1]].tobytes(): o for o in several[::-1]}
    part = case.parts.index.get_indexer(pd.Index(case.options["part"])).astype(np.int64)
    return Wholes(takes, takes[np.array(sorted(first.values()), dtype=np.int64)], part)


def knapsacks(case: Case) -> list[Knapsack]:
    """Return the limits on floors, on runs of adjacent free floors, and on power."""
    part = pd.Index(case.parts.index).get_indexer(pd.Index(case.options["part"])).astype(np.int64)
    floors, limits = _scarce(case, "floor"), case.limits_of("floor")["at_most"]
    runs = _runs(case)
    frames = [
        (floors, limits),
        (_scarce(case, "power"), case.limits_of("power")["at_most"]),
    ]
    if len(runs):
        along = floors.assign(key=floors["key"].map(runs)).dropna(subset="key")
        frames.append(
            (
                along.groupby(["option", "key"])["amount"].sum().reset_index(),
                limits.groupby(limits.index.map(runs.to_dict())).sum(),
            )
        )
    found = []
    for use, limit in frames:
        for key, rows in use.groupby("key", sort=True):
            option = rows["option"].to_numpy(dtype=np.int64)
            amount = rows["amount"].to_numpy(dtype=float)
            if float(limit[key]) > 0 and len(option) > 1:
                found.append(Knapsack(str(key), float(limit[key]), option, part[option], amount))
    return found


def _scarce(case: Case, kind: str) -> pd.DataFrame:
    """Return the uses of a kind, none where its rule is switched off."""
    use = case.uses_of(kind)
    return use if RULE_OF[kind] in case.rules else use.iloc[:0]


def _runs(case: Case) -> pd.Series:
    """Return the run of adjacent free floors that each floor belongs to, where more than one floor long."""
    if "building" not in case.places:
        return pd.Series(dtype=object)
    floors = case.places[(case.places["kind"] == "floor") & (case.places["free_m2"] > 0)]
    floors = floors.sort_values(["building", "floor"])
    begins = (floors["building"] != floors["building"].shift()) | (floors["floor"] != floors["floor"].shift() + 1)
    label = pd.Series(floors.index, index=floors.index).where(begins).ffill()
    return (label + "…")[label.groupby(label).transform("size") > 1]


def _parcel_sets(case: Case) -> list[Cut]:
    r"""$\sum_{o:\, |o \cap T| \ge 2} x_o \le 1$ for three parcels $T$ of a plot: two such plots share one."""
    use = _scarce(case, "parcel")
    if use.empty:
        return []
    parcel, names = pd.factorize(use["key"], sort=True)
    shape = (len(case.options), len(names))
    takes = scipy.sparse.csr_matrix((np.ones(len(use)), (use["option"].to_numpy(dtype=np.int64), parcel)), shape=shape)
    triple = np.flatnonzero(np.diff(takes.indptr) == 3)
    sets = np.unique(
        np.array([takes.indices[takes.indptr[o] : takes.indptr[o + 1]] for o in triple]).reshape(-1, 3), axis=0
    )
    found = []
    for three in sets:
        held = np.asarray(takes[:, three].sum(axis=1)).ravel()
        option = np.flatnonzero(held >= 2)
        key = "+".join(str(names[member]) for member in three)
        found.append(Cut(f"{key} two of three", option.astype(np.int64), np.ones(len(option)), 1.0))
    return found


def _add(solver: highspy.Highs, cuts: list[Cut]) -> None:
    """Give the solver more rows (options are its first columns)."""
    count = np.array([len(cut.option) for cut in cuts])
    start = np.r_[0, np.cumsum(count)[:-1]].astype(np.int32)
    index = np.concatenate([cut.option for cut in cuts]).astype(np.int32)
    value = np.concatenate([cut.value for cut in cuts])
    most = np.array([cut.most for cut in cuts])
    solver.addRows(len(cuts), np.full(len(cuts), -np.inf), most, len(index), start, index, value)


def with_cuts(model: Model, cuts: list[Cut]) -> Model:
    """Return the model with a block of rows ``implied``."""
    row = np.repeat(np.arange(len(cuts)), [len(cut.option) for cut in cuts])
    option = np.concatenate([cut.option for cut in cuts]) if cuts else np.zeros(0, dtype=np.int64)
    value = np.concatenate([cut.value for cut in cuts]) if cuts else np.zeros(0)
    most = np.array([cut.most for cut in cuts])
    rows = Rows(
        "implied",
        np.array([cut.key for cut in cuts], dtype=object),
        (Terms("place", row.astype(np.int64), option, value),),
        np.full(len(cuts), -np.inf),
        most,
    )
    first = model.columns_of("place").start
    block = scipy.sparse.csr_matrix((value, (row, option + first)), shape=(len(cuts), len(model.c)))
    return replace(
        model,
        rules=(*model.rules, rows),
        A=scipy.sparse.vstack([model.A, block]).tocsr(),
        lo=np.r_[model.lo, rows.lo],
        hi=np.r_[model.hi, rows.hi],
    )

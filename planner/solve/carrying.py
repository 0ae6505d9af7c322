"""What is known of one case as it reads in another: a plan, prices, patterns and cells, and where they do not fit.

Options are told by part, site and year, all else by its keys. What a plan has and the other case does not is missing
from it; of the projects concerned, and of those for which there is no room any more, the placements have to go.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model
from planner.options import keys_of
from planner.solve import proof
from planner.solve.answer import KEPT, NOTHING, Earlier
from planner.solve.blocks import blocks_of, fitting
from planner.solve.narrowing import NONE, Like, Narrowing, Owners
from planner.solve.proof import Split

MANY = 10
"""Projects that have to go at most where a plan is mended."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Read:
    """A case as it reads in another.

    Attributes
    ----------
    earlier : Earlier
        What is known, by the columns and rows of the other.
    column : ndarray of int, shape (n_columns of the first,)
        The column of the other that each is; −1 for none.
    row : ndarray of int, shape (n_rows of the other,)
        The row of the first that each is; −1 for none.
    other_points : float
        By how much the points of the columns of both differ, as a share of all.
    """

    earlier: Earlier
    column: Ints
    row: Ints
    other_points: float


def read(earlier: Earlier, old_case: Case, old: Model, new_case: Case, new: Model) -> Read:
    """Return what is known of a case as it reads in another."""
    option = keys_of(new_case.options).get_indexer(keys_of(old_case.options))
    column = _stands(old.column_keys, new.column_keys)
    column[old.columns_of("place")] = np.where(option >= 0, new.columns_of("place").start + option, -1)
    here = column >= 0
    x = np.zeros(len(new.c))
    x[column[here]] = earlier.x[here]
    row = _stands(new.row_keys, old.row_keys)
    prices, *of_cells = (np.where(row >= 0, each[row], 0.0) for each in (earlier.prices, *earlier.cell_prices))
    patterns = tuple(column[each] for each in earlier.patterns if here[each].all())
    splits = _splits(earlier.splits, column, row)
    parted = len(splits) == len(earlier.splits)
    known = Earlier(x, prices, patterns, splits, tuple(of_cells) if parted else ())
    differ = np.abs(new.c[column[here]] - old.c[here]).sum() / max(np.abs(old.c[here]).sum(), NOTHING)
    return Read(known, column, row, float(differ))


def _stands(keys: Sequence[Hashable], among: Sequence[Hashable]) -> Ints:
    """Return where each of some keys stands among others (−1: nowhere); of those alike the how-manieth it is."""
    where = {key: number for number, key in enumerate(_numbered(among))}
    return np.array([where.get(key, -1) for key in _numbered(keys)], dtype=np.int64)


def _numbered(keys: Sequence[Hashable]) -> Iterator[tuple[Hashable, int]]:
    seen: dict[Hashable, int] = {}
    for key in keys:
        nth = seen.get(key, 0)
        seen[key] = nth + 1
        yield key, nth


def _splits(splits: Sequence[Split], column: Ints, row: Ints) -> tuple[Split, ...]:
    """Return splits by the columns and rows of another case; none where one of them is none there."""
    found = []
    for split in splits:
        there = np.flatnonzero(row == split.row)
        columns = column[split.columns]
        columns = columns[columns >= 0]
        if not len(columns) or (split.row >= 0 and not len(there)):
            return ()
        found.append(Split(split.cell, int(there[0]) if split.row >= 0 else -1, np.sort(columns)))
    return tuple(found)


@dataclass(frozen=True)
class Carried:
    """A large case, from one like it: at its prices and in its cells, with what has to be mended.

    Attributes
    ----------
    of : Narrowing
        With the plan as it was, where it fits.
    gone : ndarray of int
        Projects that cannot stay where they are.
    new : ndarray of int
        Parts that the first did not have. The price of each is so high that no packing holds it.
    """

    of: Narrowing
    gone: Ints
    new: Ints


def carried(read: Read, engine: Narrowing, model: Model, owners: Owners) -> Carried | None:
    """Return a case with what is known of one like it.

    Parameters
    ----------
    read : Read
    engine : Narrowing
        The first.
    model : Model
    owners : Owners
        Of the other.

    Returns
    -------
    Carried or None
        None where the cells are none here, or so many projects have to go that a plan is sooner searched for.
    """
    earlier, goes = read.earlier, gone(model, owners, read.earlier.x)
    if not earlier.cell_prices or len(goes) > MANY:
        return None
    block = blocks_of(model)
    if block.max(initial=-1) < 0:
        return None
    new = np.flatnonzero(read.row[owners.row] < 0)
    first, *others = (_dear(each, model, owners, new) for each in (earlier.prices, *earlier.cell_prices))
    certificate = proof.proof_of(
        model, first, block=block, splits=earlier.splits, cell_prices=others if earlier.splits else ()
    )  # fmt: skip
    try:
        proof.cells_of(model.A, certificate)
    except ValueError:  # a split that is none here
        return None
    patterns = fitting(model, block, proof.limits_within(model.A, certificate), earlier.patterns)
    like = np.full(len(model.c), -1)
    like[read.column[read.column >= 0]] = np.flatnonzero(read.column >= 0)
    of = Narrowing.of(model, owners, earlier.x, certificate, patterns, Like(engine, like))
    return Carried(of, goes, new)


def _dear(prices: Floats, model: Model, owners: Owners, parts: Ints) -> Floats:
    """Return prices at which no column of some parts is worth anything by itself."""
    made, points = prices.copy(), model.c - model.A.T @ prices
    for part in parts:
        most = points[owners.part == part].max(initial=0.0)
        made[owners.row[part]] += max(most, 0.0)
    return made


def gone(model: Model, owners: Owners, x: Floats) -> Ints:
    """Return the projects that cannot stay where a plan of another case has them.

    A part is not where it was, or is for the first time somewhere; or a row is overfilled: of it projects go until it
    is not, those that earn least. Those that must be placed by now, and are not, cannot stay out.
    """
    x, found = x.copy(), list[int]()
    used, room = model.A @ x, KEPT * (1 + np.abs(np.where(np.isfinite(model.hi), model.hi, 0.0)))
    over = used > model.hi + room
    broken = owners.row[(over | (used < model.lo - room))[owners.row]]
    some = np.unique(owners.project[np.isin(owners.part, np.flatnonzero(np.isin(owners.row, broken)))])
    asked = model.A[np.flatnonzero((model.lo > 0) & (used < model.lo - room))].getnnz(axis=0) > 0
    some = np.union1d(some, owners.project[owners.placed & asked & (x < 1 - KEPT)])
    while True:
        found += some.tolist()
        x[np.isin(owners.project, some)] = 0.0
        much = np.where(over, model.A @ x - model.hi - room, 0.0)
        some = _least(model, owners, x, np.argsort(-much)[: int((much > 0).sum())])
        if not len(some):
            return np.array(sorted(found), dtype=np.int64)


def _least(model: Model, owners: Owners, x: Floats, over: Ints) -> Ints:
    """Return projects that together take as much of the first row overfilled as is too much, and earn little."""
    earns = np.where(owners.project >= 0, model.c * x, 0.0)
    for row in over:
        entries = slice(model.A.indptr[row], model.A.indptr[row + 1])
        column, data = model.A.indices[entries], model.A.data[entries]
        here = (data > 0) & (x[column] > NOTHING) & (owners.part[column] >= 0)
        if here.any():
            taken = np.bincount(owners.project[column[here]], (data * x[column])[here])
            of = np.bincount(owners.project + 1, earns)[1 : len(taken) + 1]
            return _together(taken.astype(float), np.maximum(of, 0.0), float(data @ x[column] - model.hi[row]))
    return NONE


def _together(taken: Floats, earns: Floats, much: float) -> Ints:
    """Return who together take so much and earn little: one who alone does, or some of the others."""
    alone = np.flatnonzero(taken >= much)
    found = alone[[earns[alone].argmin()]] if len(alone) else np.flatnonzero(taken > 0)
    each = np.flatnonzero((taken > 0) & (taken < much))
    if taken[each].sum() < much:
        return found
    each = each[np.argsort(earns[each] / taken[each], kind="stable")]
    some = each[: int(np.searchsorted(np.cumsum(taken[each]), much)) + 1]
    for one in some[np.argsort(-earns[some], kind="stable")]:
        if taken[some].sum() - taken[one] >= much:
            some = some[some != one]
    return some if earns[some].sum() < earns[found].sum() else found

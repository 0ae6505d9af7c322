"""Plans that have a project elsewhere, and what no plan exceeds that has it there or elsewhere, as a figure changes.

A figure of the question (a weight, a capacity) enters the model in one of two ways: it moves points, or the upper
limits of some rows. What is proved at one figure then says something of others: the best score is convex in the points,
so that between two figures it is below the chord of their bounds; and it never falls as limits are raised. At any one
figure the bound is `proof`'s, at prices found before, and for a small model at those of its relaxation there as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.case import Case
from planner.model import Model
from planner.proofs import Proof
from planner.solve import exact, proof
from planner.solve.answer import KEPT, NOTHING, Answer
from planner.solve.warm import Kept

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
SWAPS = 500
"""Other options of a part that are tried in its place, those worth most first."""
EXACT = 1e-9
"""Of a limit that is moved: by how much it may be exceeded."""
RELAXED_UP_TO = 5_000
"""Columns up to which the relaxation is solved again at each figure."""


@dataclass(frozen=True)
class Change:
    """How a figure enters a model: points of each column for a unit of it, or the rows whose upper limit it moves."""

    points: Floats | None = None
    rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    def made(self, c: Floats, hi: Floats, by: float) -> tuple[Floats, Floats]:
        """Return points and upper limits where the figure is another."""
        limits = hi.copy()
        limits[self.rows] += by
        return (c if self.points is None else c + by * self.points), limits


@dataclass(frozen=True)
class Proved:
    """An answer with a proof, which bounds what it is asked about as a figure changes; `none` if there is no plan."""

    answer: Answer
    none: bool = False

    @classmethod
    def of(cls, answer: Answer, every: Answer) -> Proved:
        """Return an answer as proved; by the proof of all plans where it has none."""
        return cls(every if answer.certificate is None else answer, answer.status == "infeasible")

    @cached_property
    def certificate(self) -> Proof:
        """Its proof."""
        assert self.answer.certificate is not None
        return self.answer.certificate

    @cached_property
    def parted(self) -> proof.Parted:
        """The blocks of its proof."""
        return proof.parted_of(self.certificate)

    def at_most(self, change: Change, by: float, enough: float) -> float:
        """Return what no plan exceeds where a figure is another; as low as is enough, or as can be."""
        if self.none and (not len(change.rows) or by <= 0):
            return -np.inf
        c, hi = change.made(self.certificate.c, self.certificate.hi, by)
        found = proof.bound(replace(self.certificate, c=c, hi=hi), parted=None if len(change.rows) else self.parted)
        if found > enough and len(c) <= RELAXED_UP_TO:
            there = replace(self.answer.model, c=c, hi=hi)
            found = min(found, proof.bound(proof.proof_of(there, exact.relax(there).prices)))
        return found


@dataclass(frozen=True)
class Rivals:
    """A plan in hand that places a project, and others that have it elsewhere.

    Attributes
    ----------
    hand : Proved
    model : Model
    x : ndarray of shape (n_columns,)
        The plan in hand.
    own, used : ndarray of shape (n_rows,)
        What the project takes of each row, and what the whole plan does.
    stays : Proved
        Of all plans that have the project where the plan in hand has it.
    leaves : tuple of Proved
        Of all plans that have a part of it elsewhere, or nowhere: one for each part and site.
    plans : csr_matrix of shape (n_plans, n_columns)
        How other plans differ from the one in hand: the best found of `leaves`; then the project left out, and each
        part elsewhere, all else as it is.
    takes : ndarray of shape (n_plans, n_rows)
    short : ndarray of bool, shape (n_plans, n_rows)
        Rows that these break.
    """

    hand: Proved
    model: Model
    x: Floats
    own: Floats
    used: Floats
    stays: Proved
    leaves: tuple[Proved, ...]
    plans: scipy.sparse.csr_matrix
    takes: Floats
    short: Flags

    @classmethod
    def of(cls, kept: Kept, case: Case, project: str) -> Rivals:
        """Return the rivals of a solved case's plan, which places the project.

        Parameters
        ----------
        kept : Kept
        case : Case
            Whose columns these are.
        project : str
        """
        hand = kept.answer
        model, x = hand.model, hand.x
        assert x is not None
        first = model.columns_of("place").start
        part, site = (case.options[name].to_numpy(dtype=object) for name in ("part", "site"))
        own = np.flatnonzero((case.options["project"] == project).to_numpy())
        chosen = own[x[first + own] > NOTHING]
        leaves, elsewhere = [], []
        upper, lower = model.upper.copy(), model.lower.copy()
        placed = model.columns_of("placed").start + list(case.projects.index).index(project)
        lower[placed] = 1.0
        for option in chosen:
            mine = own[part[own] == part[option]]
            there = site[mine] == site[option]
            without = model.upper.copy()
            without[first + mine[there]] = 0.0
            leaves.append(kept.narrowed(case, model.lower, without).answer)
            if model.integer[first + option]:
                upper[first + mine[~there]] = 0.0
                elsewhere.append((option, mine[~there & (model.upper[first + mine] > 0)]))
        stays = kept.narrowed(case, lower, upper).answer
        taken, out = np.zeros(len(x)), np.zeros(len(x))
        taken[first + chosen] = x[first + chosen]
        out[placed] = 1.0
        found = [scipy.sparse.csr_matrix(each.x - x) for each in leaves if each.x is not None]
        found += [scipy.sparse.csr_matrix(-taken - out)]
        found += [_swapped(model, first + old, first + new) for old, new in elsewhere]
        plans = scipy.sparse.vstack([scipy.sparse.csr_matrix((0, len(x))), *found], format="csr")
        used = model.A @ x
        takes = used + (plans @ model.A.T).toarray()
        room = KEPT * (1 + np.abs(takes))
        short = (takes > model.hi + room) | (takes < model.lo - room)
        return cls(
            Proved(hand), model, x, model.A @ taken, used, Proved.of(stays, hand),
            tuple(Proved.of(each, hand) for each in leaves), plans, takes, short,
        )  # fmt: skip

    def score(self, change: Change, by: float) -> float:
        """Return what the plan in hand is worth where a figure is another; −inf where it is none."""
        c, hi = change.made(self.model.c, np.maximum(self.model.hi, self.used), by)
        stands = (self.used[change.rows] <= hi[change.rows] + EXACT).all()
        return float(self.model.c0 + c @ self.x) if stands else -np.inf

    def scores(self, change: Change, by: float) -> Floats:
        """Return what each plan that has it elsewhere is worth; −inf where it is none."""
        c, hi = change.made(self.model.c, self.model.hi, by)
        rows = change.rows
        within = self.takes[:, rows] <= hi[rows] + EXACT
        stands = within.all(axis=1) & (self.short.sum(axis=1) == self.short[:, rows].sum(axis=1))
        return np.where(stands, self.model.c0 + c @ self.x + self.plans @ c, -np.inf)

    def here_at_most(self, change: Change, by: float, enough: float) -> float:
        """Return what no plan exceeds that has the project where the plan in hand has it; as low as is enough."""
        return self.stays.at_most(change, by, enough)

    def elsewhere_at_most(self, change: Change, by: float, enough: float) -> float:
        """Return what no plan exceeds that has a part of the project elsewhere, or nowhere; as low as is enough.

        In a large case by the proof of all plans, where that of these is no better.
        """
        large = len(self.x) > RELAXED_UP_TO
        if large and max(each.answer.bound for each in self.leaves) >= self.hand.answer.bound - NOTHING:
            return self.hand.at_most(change, by, enough)
        return max(each.at_most(change, by, enough) for each in self.leaves)

    def sites(self, plan: int, case: Case, project: str) -> str:
        """Return where another plan has the project; empty for nowhere."""
        place = self.model.columns_of("place")
        x = self.x[place] + self.plans[plan].toarray().ravel()[place]
        there = case.options.iloc[np.flatnonzero(x > NOTHING)]
        return ", ".join(there.loc[there["project"] == project, "site"].astype(str))

    def wanting(self) -> Iterator[tuple[int, Ints]]:
        """Yield each plan that is worth more than the one in hand but for rows that it overfills, the best first."""
        gain = self.plans @ self.model.c
        over = (self.takes > self.model.hi) & self.short
        some = np.flatnonzero((gain > NOTHING) & self.short.any(axis=1) & (over == self.short).all(axis=1))
        for plan in some[np.argsort(-gain[some], kind="stable")]:
            yield int(plan), np.flatnonzero(self.short[plan])


def _swapped(model: Model, old: int, new: Ints) -> scipy.sparse.csr_matrix:
    """Return what differs where each of some options is taken for another."""
    best = np.sort(new[np.argsort(-model.c[new], kind="stable")[:SWAPS]])
    row = np.arange(len(best))
    cells = (np.r_[row, row], np.r_[best, np.full(len(best), old)])
    return scipy.sparse.csr_matrix((np.r_[np.ones(len(best)), -np.ones(len(best))], cells), (len(best), len(model.c)))

"""How strong the model's relaxation is, strengthening by strengthening: the same case stated in weaker ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse

from planner.case import Case
from planner.model import Model, formulate
from planner.solve import core, exact


def bounds(case: Case) -> dict[str, float]:
    """Return the bound of each statement of a case whose places are knapsacks, the weakest first."""
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
        "one row a building with a large coefficient": _bound(lumped),
        "a row for each part in it": _bound(_plus(others, model.A[parts])),
        "a row for each floor in it besides": _bound(_plus(others, model.A[np.r_[parts, floors]])),
    }
    blocks = core.fits(model)
    if blocks is not None:
        relaxed["each building packed exactly at the prices"] = core.priced(
            model, blocks, exact.relax(model, threads=2).prices
        ).bound
    return relaxed


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


def _bound(model: Model) -> float:
    relaxed = exact.relax(model, threads=2)
    return float(model.c @ relaxed.x + model.c0)

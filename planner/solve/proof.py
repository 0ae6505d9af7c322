r"""The bound of a plan recomputed from prices by plain arithmetic; no solver.

For any prices $\lambda$ with $\lambda_r \ge 0$ where only the upper side of row $r$ is bounded, $\lambda_r \le 0$ where
only the lower side is, and any sign where both are,

.. math:: \text{score of any plan} \le c_0 + \sum_r (\lambda_r^+ hi_r - \lambda_r^- lo_r)
          + \sum_j \max(d_j l_j, d_j u_j), \qquad d = c - A^T \lambda .

That is weak duality (see e.g. Wolsey, Integer Programming, 2nd ed., ch. 2): it holds whoever found the prices, so it
can be checked by whoever distrusts the solver. Everything is evaluated with the rounding error of each sum added on
the safe side.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from planner.model import Model
from planner.plan import Proof

Floats = NDArray[np.float64]
EPS = float(np.finfo(np.float64).eps)


def proof_of(model: Model, prices: Floats) -> Proof:
    """Return the proof that these prices give for a model; prices of the wrong sign count as zero."""
    allowed = np.where(np.isinf(model.hi), np.minimum(prices, 0.0), prices)
    allowed = np.where(np.isinf(model.lo), np.maximum(allowed, 0.0), allowed)
    return Proof(
        c0=model.c0,
        c=model.c,
        lower=model.lower,
        upper=model.upper,
        integer=model.integer,
        lo=model.lo,
        hi=model.hi,
        prices=allowed,
        data=model.A.data,
        indices=model.A.indices,
        indptr=model.A.indptr,
        rows=np.array([f"{rule} {key}" for rule, key in model.row_keys], dtype=np.str_),
        columns=np.array([f"{variable} {key}" for variable, key in model.column_keys], dtype=np.str_),
    )


def reduced_costs(proof: Proof) -> Floats:
    """Return d = c − Aᵀλ (points a column gains beyond the prices of what it uses; shape (n_columns,))."""
    return np.asarray(proof.c - _matrix(proof).T @ proof.prices, dtype=float)


def bound(proof: Proof) -> float:
    """Return a score no plan can exceed.

    Parameters
    ----------
    proof : Proof

    Returns
    -------
    float, points
        Rounded up by the error its own sums can carry; rounded down to a whole number where every point is one and
        every column that earns points is integer.

    Raises
    ------
    ValueError
        A price on a side without a bound, a column without finite bounds, a number that is not one.
    """
    if not (np.isfinite(proof.lower).all() and np.isfinite(proof.upper).all()):
        raise ValueError("every column needs finite bounds")
    plus, minus = np.maximum(proof.prices, 0.0), np.maximum(-proof.prices, 0.0)
    if np.isinf(proof.hi[plus > 0]).any() or np.isinf(proof.lo[minus > 0]).any():
        raise ValueError("a price stands on a side of a row that has no bound")
    matrix = _matrix(proof)
    at_rows = np.r_[plus[plus > 0] * proof.hi[plus > 0], -minus[minus > 0] * proof.lo[minus > 0]]
    d = proof.c - matrix.T @ proof.prices
    at_columns = np.maximum(d * proof.lower, d * proof.upper)
    # Error of one inner product of n terms: at most n·eps·Σ|terms|, doubled to cover the error of computing it.
    size = abs(matrix).T @ np.abs(proof.prices) + np.abs(proof.c)
    terms = np.bincount(proof.indices, minlength=len(proof.c)) + 2
    reach = np.maximum(np.abs(proof.lower), np.abs(proof.upper))
    error = 2 * EPS * float(np.sum(terms * size * reach))
    total = math.fsum([proof.c0, *at_rows.tolist(), *at_columns.tolist()])
    error += 4 * EPS * (abs(proof.c0) + float(np.abs(at_rows).sum()) + float(np.abs(at_columns).sum()))
    if not math.isfinite(total):
        raise ValueError("the proof holds a number that is not finite")
    upper = total + error
    return math.floor(upper) if _whole_points(proof) else upper


def _matrix(proof: Proof) -> scipy.sparse.csr_matrix:
    return scipy.sparse.csr_matrix((proof.data, proof.indices, proof.indptr), shape=(len(proof.lo), len(proof.c)))


def _whole_points(proof: Proof) -> bool:
    """Return whether every plan's score is a whole number."""
    earning = proof.c != 0
    return bool(
        proof.integer[earning].all()
        and (proof.c[earning] == np.floor(proof.c[earning])).all()
        and proof.c0 == math.floor(proof.c0)
    )

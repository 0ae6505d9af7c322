"""What a proof is: all that is needed to recompute the bound of a plan, and nothing of where it came from; its file."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PROOF_FORMAT = 4


@dataclass(frozen=True)
class Proof:
    """Everything needed to recompute a bound by arithmetic, and nothing of where it came from.

    Attributes
    ----------
    c0 : float
    c, lower, upper : ndarray of shape (n_columns,)
    integer : ndarray of bool, shape (n_columns,)
    lo, hi, prices : ndarray of shape (n_rows,)
        Prices in the sign of a maximisation.
    data, indices, indptr : ndarray
        The matrix by rows (CSR).
    rows, columns : ndarray of str
        ``rule key`` and ``variable key`` of each.
    block : ndarray of int, shape (n_columns,)
        The block each column is packed in, −1 for one that only prices hold.
    split_cell, split_row, split_begin, split_columns : ndarray of int
        The cells: the i-th split parts the cell `split_cell[i]` (0 is all plans) into cell 2i + 1, where none of
        `split_columns[split_begin[i]:split_begin[i + 1]]` is chosen, and cell 2i + 2, where one of them is, which are
        columns of row `split_row[i]`, of which at most one is chosen (−1: one column by itself).
    cell_prices : ndarray of shape (n_cells, n_rows)
        Of each cell not split further, in the order of their numbers.
    known : ndarray of shape (1 + n_cells, n_blocks)
        What a packing of each block is worth at `prices`, then at those of each cell: where the search for a better one
        begins. Any figure is right; one too high only loosens the bound.
    within, within_begin : ndarray
        Prices of the rows within each block, at `prices`, then in each cell: those of block k stand in
        ``within[:, within_begin[k]:within_begin[k + 1]]``, or none. Any not negative are right.
    """

    c0: float
    c: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    lo: NDArray[np.float64]
    hi: NDArray[np.float64]
    prices: NDArray[np.float64]
    data: NDArray[np.float64]
    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]
    rows: NDArray[np.str_]
    columns: NDArray[np.str_]
    block: NDArray[np.int64]
    split_cell: NDArray[np.int64]
    split_row: NDArray[np.int64]
    split_begin: NDArray[np.int64]
    split_columns: NDArray[np.int64]
    cell_prices: NDArray[np.float64]
    known: NDArray[np.float64]
    within: NDArray[np.float64]
    within_begin: NDArray[np.int64]


def save_proof(proof: Proof, path: Path) -> None:
    """Write a proof as a compressed ``.npz`` of plain arrays (no pickles)."""
    arrays = {item.name: np.asarray(getattr(proof, item.name)) for item in fields(proof)}
    with path.open("wb") as file:
        np.savez_compressed(file, format=np.array(PROOF_FORMAT), **arrays)  # type: ignore[arg-type]


def load_proof(path: Path) -> Proof:
    """Read a proof.

    Raises
    ------
    ValueError
        Not a proof file of this version.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            version = int(file["format"])
            arrays = {item.name: file[item.name] for item in fields(Proof)} if version == PROOF_FORMAT else {}
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is not a proof file: {error}") from error
    if not arrays:
        raise ValueError(f"{path} is a proof file of version {version}; this program reads version {PROOF_FORMAT}")
    return Proof(**{**arrays, "c0": float(arrays["c0"])})

"""Damaged FlatGeobuf: GDAL stops at the first record that fails its check, and without an index finds no other.

Each record is asked for by its number; those that cannot be read are then replaced by one that can, so that GDAL reads
all at once, and left out again. It knows where records begin, not what they hold.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass

import fiona
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
from numpy.typing import NDArray

from planner.intake.sources import FEATURES_MOST

BEGINS = b"fgb\x03fgb"
MAGIC = 12
"""Bytes of the mark and of the length of the header."""
COUNT, NODE_SIZE = 8, 9
"""Fields of the header: how many features, and entries of a node of the index (0 for no index)."""
ENTRY = np.dtype([("box", "<f8", 4), ("offset", "<u8")])
USUAL = 16


@dataclass(frozen=True)
class Records:
    """Where the records of a file are.

    Attributes
    ----------
    head : bytes
        What stands before them, with an index that leads to each.
    starts : ndarray of int
        Where each begins in `data`.
    data : bytes
        The whole file.
    """

    head: bytes
    starts: NDArray[np.int64]
    data: bytes

    @property
    def ends(self) -> NDArray[np.int64]:
        """Where each ends, by the length it begins with."""
        at = np.clip(self.starts[:, None] + np.arange(4), 0, len(self.data) - 1)
        lengths: NDArray[np.int64] = np.frombuffer(self.data, np.uint8)[at].astype(np.int64) @ (256 ** np.arange(4))
        return self.starts + 4 + lengths

    def replaced(self, good: NDArray[np.bool_]) -> bytes:
        """Return the file with a good record in the place of each other one."""
        first = int(np.argmax(good))
        filler = self.data[int(self.starts[first]) : int(self.ends[first])]
        parts, begin = [self.head], int(self.starts[0])
        for number in np.flatnonzero(~good):
            parts += [self.data[begin : int(self.starts[number])], filler]
            begin = int(self.starts[number + 1]) if number + 1 < len(good) else len(self.data)
        return b"".join((*parts, self.data[begin:]))


def rescued(data: bytes) -> tuple[pd.DataFrame, NDArray[np.bool_]] | None:
    """Return the features of a file that can be read, and which can; None where its header is damaged.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    Exception
        Any of `damaged.FAILURES`: nothing can be read.
    """
    records = _records(data)
    if records is None:
        return None
    whole = records.head + data[int(records.starts[0]) :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.read_info(whole)  # raises where nothing can be opened, at which fiona may crash
        with fiona.MemoryFile(whole, ext=".fgb") as memory, memory.open() as source:
            good = np.array([_there(source, number) for number in range(len(records.starts))], dtype=bool)
        good[:-1] &= records.ends[:-1] == records.starts[1:]
        if not good.any():
            return None
        whole = records.replaced(good)
        frame: pd.DataFrame = pyogrio.read_dataframe(whole, use_arrow=is_sound(whole), on_invalid="ignore")
    return (frame[good], good) if len(frame) == len(good) else None


def is_sound(source: str | bytes) -> bool:
    """Tell whether what Arrow makes of a file may be used: a feature without geometry makes GDAL's offsets wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, table = pyogrio.read_arrow(source)
    try:
        table.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _there(source: fiona.Collection, number: int) -> bool:
    try:
        return number in source
    except (RuntimeError, ValueError, LookupError, OSError, fiona.errors.FionaError):
        return False


def _records(data: bytes) -> Records | None:
    """Return where the records of a file are, by its index, else by their lengths; None where the header is damaged."""
    after = MAGIC + int.from_bytes(data[8:12], "little")
    count_at, size_at = (_field(data[MAGIC:after], number) for number in (COUNT, NODE_SIZE))
    if not data.startswith(BEGINS) or after >= len(data) or count_at is None:
        return None
    (count,) = struct.unpack_from("<Q", data, MAGIC + count_at)
    size = USUAL if size_at is None else struct.unpack_from("<H", data, MAGIC + size_at)[0]
    if not 0 < count <= FEATURES_MOST or size == 1:
        return None
    nodes = _nodes(count, size) if size else 0
    first = after + nodes * ENTRY.itemsize
    if first >= len(data):
        return None
    if size:
        leaves = np.frombuffer(data, ENTRY, count, after + (nodes - count) * ENTRY.itemsize)["offset"]
        if leaves[0] == 0 and (np.diff(leaves.astype(np.float64)) > 0).all() and leaves[-1] < len(data) - first:
            return Records(data[:first], first + leaves.astype(np.int64), data)
    starts = _walked(data, first, count)
    header = bytearray(data[:after])
    if not size and size_at is not None:
        struct.pack_into("<H", header, MAGIC + size_at, USUAL)
    index = np.zeros(_nodes(count, size or USUAL), ENTRY)
    index["offset"][-count:] = starts - first
    return Records(bytes(header) + index.tobytes(), starts, data)


def _walked(data: bytes, first: int, count: int) -> NDArray[np.int64]:
    """Return where records begin by the length of each; those after a damaged length lie where the file ends."""
    starts = np.full(count, len(data), dtype=np.int64)
    at = first
    for k in range(count):
        if at >= len(data):
            break
        starts[k] = at
        at += 4 + int.from_bytes(data[at : at + 4], "little")
    return starts


def _nodes(count: int, size: int) -> int:
    """Return how many entries the index has.

    Examples
    --------
    >>> _nodes(1, 16), _nodes(16, 16), _nodes(17, 16)
    (2, 17, 20)
    """
    nodes = level = count
    while True:
        level = -(-level // size)
        nodes += level
        if level == 1:
            return nodes


def _field(table: bytes, number: int) -> int | None:
    """Return where a field of a flat buffer's root table stands; None for one that is not given, or no such table."""
    try:
        (root,) = struct.unpack_from("<I", table, 0)
        (back,) = struct.unpack_from("<i", table, root)
        (length,) = struct.unpack_from("<H", table, root - back)
        if root - back < 0 or 4 + 2 * number >= length:
            return None
        (offset,) = struct.unpack_from("<H", table, root - back + 4 + 2 * number)
    except struct.error:
        return None
    return root + offset if offset and root + offset + 8 <= len(table) else None

"""Very many features in a few bytes: coordinates as differences of whole numbers, properties by dictionaries, gzipped.

What the page unpacks into typed arrays (`browser/packed.js`). Positions are whole units of a square that holds the
world in web Mercator; the differences between one position and the next are small, so that of their four bytes, each
kept in a plane of its own, three compress to nearly nothing. A property is a dictionary and a code a feature, the
feature's own identifier within a text being one sign; figures that nearly all differ stay a list.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.maps.many import Many
from planner.maps.style import plain

BITS = 28
"""Of a coordinate: the world is 2^28 units wide, 0.14 m in Bao'an, half a pixel at the nearest zoom."""
OWN = "\x01"
"""Stands for the identifier of the feature within a text of JSON, which cannot hold this sign as it is."""
OWN_LEAST = 3
"""Signs of an identifier that is looked for in texts: a shorter one is found where it means nothing."""
LEVEL = 6
Ints = NDArray[np.int64]


def as_told(features: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return features as the page is told them: packed where they are very many, else a collection of GeoJSON."""
    return packed(features) if isinstance(features, Many) else {"type": "FeatureCollection", "features": features}


def packed(features: Many) -> dict[str, Any]:
    """Return features as the page unpacks them.

    Parameters
    ----------
    features : Many
        Areas; each row has an ``id``.

    Returns
    -------
    dict
        ``count``; ``bits``; ``columns`` (of each property the bytes of a code, None for a text of each feature);
        ``sections`` (name and bytes of each part of the data); ``data``: base64 of gzip of the parts, one after the
        other. Texts are JSON, a line each.
    """
    sections = _geometry(features)
    columns: dict[str, int | None] = {}
    ids = [str(row["id"]) for row in features.rows]
    for key in dict.fromkeys(key for row in features.rows for key in row):
        texts, codes = _coded([row.get(key) for row in features.rows], ids if key != "id" else [""] * len(ids))
        if len(texts) * 2 > len(ids):
            columns[key] = None
            texts = [texts[code] for code in codes]
        else:
            columns[key] = width = 1 if len(texts) <= 2**8 else 2 if len(texts) <= 2**16 else 4
            sections[f"code {key}"] = _planes(np.asarray(codes, dtype=np.int64), width)
        sections[f"text {key}"] = "\n".join(texts).encode()
    data = gzip.compress(b"".join(sections.values()), LEVEL, mtime=0)
    return {
        "count": len(ids), "bits": BITS, "columns": columns,
        "sections": [[name, len(part)] for name, part in sections.items()],
        "data": base64.b64encode(data).decode("ascii"),
    }  # fmt: skip


def units(lonlat: NDArray[np.float64]) -> Ints:
    """Return degrees (n, 2) as whole units from the north-west corner of the world, east and south.

    Examples
    --------
    >>> units(np.array([[0.0, 0.0], [-180.0, 0.0]])).tolist() == [[2**27, 2**27], [0, 2**27]]
    True
    """
    sine = np.sin(np.radians(lonlat[:, 1]))
    x = (lonlat[:, 0] + 180) / 360
    y = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi)
    found: Ints = np.rint(np.column_stack([x, y]) * 2**BITS).astype(np.int64)
    return found


def _geometry(features: Many) -> dict[str, bytes]:
    """Return corners, how they make rings, rings areas, areas features; and a point inside each."""
    _, lonlat, offsets = shapely.to_ragged_array(_multi(features.shapes))
    rings, parts, whole = (np.asarray(each, dtype=np.int64) for each in offsets)
    lengths = np.diff(rings) - 1  # the last corner of a ring is its first
    kept = np.ones(len(lonlat), dtype=bool)
    kept[rings[1:] - 1] = False
    xy = units(lonlat[kept])
    outer = np.zeros(len(lengths), dtype=np.int64)
    outer[parts[:-1]] = 1
    first_ring = parts[whole]  # of each feature, and after the last how many there are
    corners = np.concatenate([[0], np.cumsum(lengths)])
    inside = units(features.at) - xy[corners[first_ring[:-1]]]
    return {
        "x": _planes(_zigzag(np.diff(xy[:, 0], prepend=0)), 4),
        "y": _planes(_zigzag(np.diff(xy[:, 1], prepend=0)), 4),
        "ring": _planes(lengths, 4),
        "outer": _planes(outer, 1),
        "rings": _planes(np.diff(first_ring), 4),
        "at x": _planes(_zigzag(inside[:, 0]), 4),
        "at y": _planes(_zigzag(inside[:, 1]), 4),
    }


def _multi(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return every area as several, so that all have one form."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=of), dtype=object)


def _zigzag(values: Ints) -> Ints:
    """Return signed numbers as unsigned ones, small ones small: 0, −1, 1, −2 … as 0, 1, 2, 3."""
    return np.where(values < 0, -2 * values - 1, 2 * values)


def _planes(values: Ints, width: int) -> bytes:
    """Return numbers of `width` bytes: the lowest byte of each, then the next of each."""
    return b"".join(((values >> 8 * k) & 255).astype(np.uint8).tobytes() for k in range(width))


def _coded(values: Sequence[Any], ids: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the different values as JSON, and which of them each feature has.

    Parameters
    ----------
    values : sequence
    ids : sequence of str
        Of the features; within a text each stands as `OWN`.
    """
    known: dict[Any, int] = {}
    order: dict[str, int] = {}
    codes: list[int] = []
    for value, own in zip(values, ids, strict=True):
        key: Any = (value.__class__, value)  # one and true are not the same
        try:
            code = known.get(key)
        except TypeError:  # a list or a mapping
            key, code = None, None
        if code is None:
            text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
            if len(own) >= OWN_LEAST and not isinstance(value, int | float):
                text = text.replace(json.dumps(own, ensure_ascii=False)[1:-1], OWN)
            code = order.setdefault(text, len(order))
            if key is not None and OWN not in text:
                known[key] = code
        codes.append(code)
    return list(order), codes

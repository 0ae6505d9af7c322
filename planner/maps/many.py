"""Features of a layer that are too many to be written one by one: their properties and shapes, kept apart.

A layer of up to `PACKED_FROM` features stays a list of GeoJSON features. A larger one whose features are areas is a
`Many`, a sequence of the same features that makes each only when it is asked for; `packed` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.maps.style import plain

PACKED_FROM = 2_000
"""Features of one layer: of more the page reads typed arrays and draws tiles, of fewer GeoJSON."""
AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Many(Sequence[dict[str, Any]]):
    """Features as GeoJSON, made when asked for.

    Attributes
    ----------
    rows : sequence of mapping
        Properties, as they come from a layer.
    shapes : ndarray of geometry, (n,)
        Areas in degrees.
    at : ndarray of float, (n, 2)
        Longitude and latitude of a point inside each.
    """

    rows: Sequence[Mapping[str, Any]]
    shapes: NDArray[np.object_]
    at: NDArray[np.float64]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    @overload
    def __getitem__(self, k: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, k: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, k: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        """Return one feature, or a list of several."""
        if isinstance(k, slice):
            return [self[one] for one in range(*k.indices(len(self)))]
        shape = shapely.geometry.mapping(self.shapes[k])
        return {"type": "Feature", "properties": {**plain(self.rows[k]), "at": self.at[k].tolist()}, "geometry": shape}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield every feature."""
        return (self[k] for k in range(len(self)))


def properties_of(features: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Return the properties of features, without making those of a `Many`."""
    return features.rows if isinstance(features, Many) else (feature["properties"] for feature in features)


def packable(shapes: NDArray[np.object_]) -> bool:
    """Return whether these are so many areas that they are to be packed."""
    return len(shapes) > PACKED_FROM and bool(np.isin(shapely.get_type_id(shapes), AREAS).all())

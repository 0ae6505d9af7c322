"""What an audit stands on: the layers as the scenario changes them, measured again, one plain record a feature.

Everything here repeats, in other words and with other code, what the planner does before it solves: apply changes,
find home parks, cut away forbidden land, tell neighbours. It shares no measure with `territory`, on purpose: a rule
misread once must not be misread twice. Places are a few hundred, so records and loops are preferred to tables. It
knows nothing of plans.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from planner.territory import Territory

Record = dict[str, Any]
"""One feature: column to value, "not given" left as it came."""

SERVICES_M = 0.8
"""Storey height less clear height, where only one of the two is known (m)."""
EDGE_STEP_M = 0.1
"""Step in which an edge is walked to see how much of it faces a neighbour (m)."""
ARC_SEGMENTS = 16
"""Straight pieces in which a quarter of a circle is drawn: a convention, which usable land depends on by a few m²."""
GAP_SLACK_M = 0.001
"""What the width of a street may be off by, as drawn (m)."""
FACING_SLACK_M = 0.25
"""What the walk may miss at the ends of a facing edge (m)."""
NOTHING_M2 = 0.01
"""Less land is what rounding leaves of none."""
LONLAT = "EPSG:4490"


def given(value: object) -> bool:
    """Return whether a cell says anything.

    Examples
    --------
    >>> [given(value) for value in (0, False, "M1", ("M1",))]
    [True, True, True, True]
    >>> [given(value) for value in (None, float("nan"), pd.NA, "", ())]
    [False, False, False, False, False]
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return False
    if isinstance(value, float):
        return not math.isnan(value)
    return not (isinstance(value, str | tuple | list) and len(value) == 0)


def number(value: Any) -> float | None:
    """Return a cell as a number, None where it says nothing."""
    return float(value) if given(value) else None


def listed(value: Any) -> tuple[str, ...]:
    """Return a cell as a tuple of texts.

    Examples
    --------
    >>> listed("M1;M0"), listed(("M1",)), listed(None)
    (('M1', 'M0'), ('M1',), ())
    """
    if not given(value):
        return ()
    return tuple(value.split(";")) if isinstance(value, str) else tuple(value)


def yes(value: Any) -> bool:
    """Return whether a cell says yes.

    Examples
    --------
    >>> yes(True), yes("yes"), yes("no"), yes(None)
    (True, True, False, False)
    """
    return given(value) and (value == "yes" if isinstance(value, str) else bool(value))


@dataclass(frozen=True)
class Ground:
    """The layers as the scenario changes them.

    Attributes
    ----------
    crs : str
        Working CRS, metres.
    parks, parcels, buildings, floors, restrictions, backdrop, supply : dict of str to Record
        By identifier; each with ``geometry`` where the layer has one, floors with ``free_m2``.
    tables : mapping of str to list of Record
        Reference tables, row by row.
    """

    crs: str
    parks: dict[str, Record]
    parcels: dict[str, Record]
    buildings: dict[str, Record]
    floors: dict[str, Record]
    restrictions: dict[str, Record]
    backdrop: dict[str, Record]
    supply: dict[str, Record]
    tables: Mapping[str, list[Record]]

    def copy(self) -> Ground:
        """Return a ground whose records can be written without touching these."""
        return replace(
            self,
            parks=_copied(self.parks),
            parcels=_copied(self.parcels),
            buildings=_copied(self.buildings),
            floors=_copied(self.floors),
            restrictions=_copied(self.restrictions),
            supply=_copied(self.supply),
        )

    def effects(self) -> dict[str, tuple[str, float]]:
        """Return what each kind of restriction does, and its usual distance (m; 0 where none is given)."""
        return {
            str(kind["kind"]): (str(kind["effect"]), number(kind["distance_m"]) or 0.0)
            for kind in self.tables["restriction_kinds"]
        }


def _copied(layer: Mapping[str, Record]) -> dict[str, Record]:
    return {name: dict(record) for name, record in layer.items()}


def rows(table: pd.DataFrame) -> list[Record]:
    """Return a table as one record a row."""
    columns = {str(name): table[name].tolist() for name in table.columns}
    return [{name: values[i] for name, values in columns.items()} for i in range(len(table))]


def records(layer: pd.DataFrame) -> dict[str, Record]:
    """Return a layer as one record a feature, by identifier."""
    return dict(zip((str(label) for label in layer.index), rows(layer), strict=True))


def ground_of(territory: Territory) -> Ground:
    """Return the layers as they are, before any change."""
    ground = Ground(
        crs=territory.crs,
        parks=records(territory.parks),
        parcels=records(territory.parcels),
        buildings=records(territory.buildings),
        floors=records(territory.floors),
        restrictions=records(territory.restrictions),
        backdrop=records(territory.backdrop),
        supply=records(territory.supply),
        tables={name: rows(table) for name, table in territory.tables.items()},
    )
    for floor in ground.floors.values():
        vacate(floor)
        if yes(floor.get("clear_height_default")):
            floor["clear_height_m"] = None  # what the layer says: nothing
    return ground


def vacate(floor: Record) -> None:
    """Write what is free of a floor: all of it, less what is let or committed."""
    floor["free_m2"] = floor["area_m2"] - (floor["occupied_m2"] if given(floor["occupied_m2"]) else 0.0)


def in_metres(shapes: Iterable[BaseGeometry], crs: str, source: str = LONLAT) -> list[BaseGeometry]:
    """Return shapes drawn in longitude and latitude in the working CRS."""
    return list(gpd.GeoSeries(list(shapes), crs=source).to_crs(crs))


# Home parks


def parks_around(places: Mapping[str, Record], parks: Mapping[str, Record]) -> dict[str, tuple[str, ...]]:
    """Return the parks that hold most of each place, the one it is at home in first.

    Most is more than half of its area (a point is held whole). Home is the park that the ``park`` column of the place
    names; else a growth pole comes before any other park, a small park before a large one, and between equals the
    first identifier.

    Parameters
    ----------
    places : mapping of str to Record
        With ``geometry`` and, where someone decided, ``park``.
    parks : mapping of str to Record
        With ``geometry`` and ``roles``.

    Returns
    -------
    dict of str to tuple of str
        Park ids by place; none where no park holds most of it.
    """
    shapes = np.array([place["geometry"] for place in places.values()], dtype=object)
    names = list(places)
    holding: dict[str, list[tuple[bool, float, str]]] = {name: [] for name in places}
    for park_id, park in parks.items():
        if given(park["geometry"]):
            rank = ("growth_pole" not in park["roles"], float(park["geometry"].area), park_id)
            for i in np.flatnonzero(share_held(shapes, park["geometry"]) > 0.5):
                holding[names[i]].append(rank)
    told = {name: (str(place["park"]),) if given(place.get("park")) else () for name, place in places.items()}
    measured = {name: tuple(park_id for *_, park_id in sorted(ranks)) for name, ranks in holding.items()}
    return {name: tuple(dict.fromkeys(told[name] + measured[name])) for name in places}


def share_held(shapes: NDArray[np.object_], park: BaseGeometry) -> NDArray[np.float64]:
    """Return the share of each shape (0–1) that lies in a park."""
    shapely.prepare(park)
    touched = shapely.intersects(park, shapes)
    area_m2 = shapely.area(shapes)
    share = np.where(touched & (area_m2 == 0), 1.0, 0.0)
    wide = touched & (area_m2 > 0)
    share[wide] = shapely.area(shapely.intersection(shapes[wide], park)) / area_m2[wide]
    return share


# Restrictions


def zone_of(restriction: Record, usual_distance_m: float) -> BaseGeometry:
    """Return the land a restriction takes.

    A line or a point takes its own distance on every side, or the usual one of its kind; an area takes itself, and
    its own distance around only if one is given with it.
    """
    shape: BaseGeometry = restriction["geometry"]
    own = restriction["distance_m"] if given(restriction.get("distance_m")) else None
    if shapely.get_dimensions(shape) == 2:
        return shape.buffer(own, quad_segs=ARC_SEGMENTS) if own else shape
    return shape.buffer(usual_distance_m if own is None else own, quad_segs=ARC_SEGMENTS)


def usual_distance_m(ground: Ground, restriction: Record) -> float:
    """Return the distance of a restriction that has none of its own: by its voltage, else by its kind (m; 0 for none).

    The table of voltages answers with its lowest voltage that is not below the line's.
    """
    line_kv = number(restriction.get("voltage_kv"))
    by_kv = sorted(
        (float(row["voltage_kv"]), float(row["distance_m"]))
        for row in ground.tables.get("restriction_distances", [])
        if row["kind"] == restriction["kind"]
    )
    answers = [distance_m for row_kv, distance_m in by_kv if line_kv is not None and row_kv >= line_kv]
    return answers[0] if answers else ground.effects()[restriction["kind"]][1]


def under(ground: Ground, effect: str) -> list[tuple[BaseGeometry, Record]]:
    """Return every restriction with one effect, and the land it takes."""
    effects = ground.effects()
    taken = [
        (zone_of(restriction, usual_distance_m(ground, restriction)), restriction)
        for restriction in ground.restrictions.values()
        if effects[restriction["kind"]][0] == effect
    ]
    return [(zone, restriction) for zone, restriction in taken if not zone.is_empty]


def zones(ground: Ground, effect: str) -> list[BaseGeometry]:
    """Return the land taken by every restriction with one effect."""
    return [zone for zone, _ in under(ground, effect)]


def drawn(ground: Ground, test: str) -> list[BaseGeometry]:
    """Return the restrictions that a test of local fit asks about, as drawn."""
    kinds = {kind["kind"] for kind in ground.tables["restriction_kinds"] if kind["test"] == test}
    return [restriction["geometry"] for restriction in ground.restrictions.values() if restriction["kind"] in kinds]


def nearest_m(land: BaseGeometry, shapes: Iterable[BaseGeometry]) -> float | None:
    """Return how far some land is from the nearest of some shapes (m); None where there is none.

    Examples
    --------
    >>> nearest_m(shapely.box(0, 0, 10, 10), [shapely.Point(13, 14), shapely.Point(30, 5)])
    5.0
    >>> nearest_m(shapely.box(0, 0, 10, 10), [])
    """
    return min((float(land.distance(shape)) for shape in shapes), default=None)


def lowest_over(land: BaseGeometry, surfaces: Iterable[tuple[BaseGeometry, Record]]) -> float | None:
    """Return the height of the lowest surface that lies over more than 1 m² of some land; None where none does."""
    heights_m = [
        number(surface["height_limit_m"])
        for zone, surface in surfaces
        if given(surface.get("height_limit_m")) and zone.intersection(land).area > 1
    ]
    return min((height for height in heights_m if height is not None), default=None)


def largest_piece_outside(shape: BaseGeometry, forbidden: Iterable[BaseGeometry]) -> BaseGeometry:
    """Return the largest connected piece of a shape once each forbidden zone is cut away in turn; maybe empty.

    Of pieces equally large (to 0.01 m²) the westernmost counts, then the southernmost.
    """
    for zone in forbidden:
        shape = shape.difference(zone)
    pieces = [piece for piece in shapely.get_parts(shape) if piece.area > NOTHING_M2]
    return min(pieces, key=lambda piece: (-round(piece.area, 2), *piece.bounds[:2]), default=shapely.Polygon())


def usable_pieces(
    ground: Ground, parcels: Collection[str], forbidden: Sequence[BaseGeometry]
) -> dict[str, BaseGeometry]:
    """Return the usable land of parcels: the largest piece outside all land where nothing is built."""
    tree = shapely.STRtree(forbidden)
    found: dict[str, BaseGeometry] = {}
    for parcel in parcels:
        shape = ground.parcels[parcel]["geometry"]
        found[parcel] = largest_piece_outside(shape, (forbidden[i] for i in sorted(tree.query(shape))))
    return found


# Neighbours


def facing_m(shape: BaseGeometry, other: BaseGeometry, street_gap_m: float) -> float:
    """Return the length of edge of a shape that lies within the street gap of another, walked in short steps.

    Examples
    --------
    Two squares of 100 m, a street of 20 m between: the edge along the street counts, and of either side edge what
    is within 30 m of the other square, 10 m each.

    >>> across = shapely.box(120, 0, 220, 100)
    >>> round(facing_m(shapely.box(0, 0, 100, 100), across, 30))
    120
    """
    edge = shapely.segmentize(shape.boundary, EDGE_STEP_M)
    length = 0.0
    shapely.prepare(other)
    for ring in shapely.get_parts(edge):
        points = shapely.get_coordinates(ring)
        steps = np.hypot(*np.diff(points, axis=0).T)
        middle = shapely.points((points[1:] + points[:-1]) / 2)
        length += float(steps[shapely.dwithin(middle, other, street_gap_m)].sum())
    return length


def are_neighbours(a: BaseGeometry, b: BaseGeometry, street_gap_m: float, facing_least_m: float) -> bool:
    """Return whether two shapes face each other over a border or a street, not only corner to corner."""
    if a.is_empty or b.is_empty or a.distance(b) > street_gap_m + GAP_SLACK_M:
        return False
    reach_m = street_gap_m + GAP_SLACK_M
    faces = min(facing_m(a, b, reach_m), facing_m(b, a, reach_m))
    return faces >= facing_least_m - FACING_SLACK_M


def connected_sets(
    pieces: Mapping[str, BaseGeometry], street_gap_m: float, facing_least_m: float
) -> list[frozenset[str]]:
    """Return the sets of parcels that hang together, neighbour by neighbour.

    Examples
    --------
    >>> row = {"A": shapely.box(0, 0, 90, 90), "B": shapely.box(100, 0, 190, 90), "C": shapely.box(300, 0, 390, 90)}
    >>> [sorted(together) for together in connected_sets(row, 30, 20)]
    [['A', 'B'], ['C']]
    >>> connected_sets({}, 30, 20)
    []
    """
    tree = shapely.STRtree(list(pieces.values()))
    names = list(pieces)
    waiting = dict.fromkeys(sorted(pieces))
    found = []
    while waiting:
        reached = [next(iter(waiting))]
        del waiting[reached[0]]
        for here in reached:  # grows while it is walked
            close = tree.query(pieces[here], predicate="dwithin", distance=street_gap_m + GAP_SLACK_M)
            for other in sorted(names[i] for i in close):
                if other in waiting and are_neighbours(pieces[here], pieces[other], street_gap_m, facing_least_m):
                    del waiting[other]
                    reached.append(other)
        found.append(frozenset(reached))
    return found

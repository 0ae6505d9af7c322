"""A territory of 100,000 parcels under 10,000 restrictions: made, checked by the planner, and measured by plain calls.

::

    python benchmarks/ground.py make FOLDER [PARCELS]   # the layers, the same at every run
    python benchmarks/ground.py plain FOLDER            # what one would write with the libraries alone
    python benchmarks/ground.py check FOLDER            # what planner check measures of it
    python benchmarks/ground.py map FOLDER              # its map

``plain`` and ``check`` keep what they measured beside the layers, and `differences` compares it; ``plain`` and ``map``
keep their seconds as well. `run.py` runs each in a process of its own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from libpysal.graph import Graph
from numpy.typing import NDArray

from planner import maps
from planner.intake import read_territory
from planner.survey import survey

CRS = "EPSG:4547"
WEST, SOUTH = 478_000.0, 2_494_000.0
"""South-west corner of the parcels (m), in Bao'an."""
SIDE_M = 55.0
PARCELS = 100_000
COLUMNS_OF_400 = 250
RESTRICTIONS = {
    "ecological_line": 400,
    "farmland": 5_400,
    "water_source_1": 600,
    "corridor": 1_600,
    "corridor_220kv": 1_000,
    "corridor_500kv": 1_000,
}
"""How many polygons each layer of restrictions has at 100,000 parcels: 10,000 in all."""
TERRITORY = """\
title: {zh: 十万地块, en: A hundred thousand parcels}
crs: EPSG:4547
bounds_lonlat: [113.70, 22.50, 114.00, 22.90]
layers:
  parks: {file: ground.gpkg, layer: parks}
  parcels: {file: ground.gpkg, layer: parcels}
  buildings: {file: ground.gpkg, layer: buildings}
  floors: {table: floors.csv}
  restrictions:
"""


def make(folder: Path, parcels: int = PARCELS) -> None:
    """Write the layers of a territory: parcels that leave no gap, and six layers of restrictions."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    columns = COLUMNS_OF_400 if parcels == PARCELS else int(np.sqrt(parcels))
    rows = parcels // columns
    blocks = _blocks(rng, columns, rows)
    count = len(blocks)
    wide, high = columns * SIDE_M, rows * SIDE_M
    layers = {
        "parks": gpd.GeoDataFrame(
            {"park_id": ["A"], "name_zh": ["甲园"], "name_en": ["A"], "roles": ["growth_pole"]},
            geometry=[shapely.box(WEST, SOUTH, WEST + wide, SOUTH + high)],
            crs=CRS,
        ),
        "parcels": gpd.GeoDataFrame(
            {
                "parcel_id": [f"D{k:06d}" for k in range(count)],
                "state": np.resize(["occupied", "free", "committed", "in_preparation"], count),
                "land_class": np.resize(["M1", "M0", "W0"], count),
                "far_max": np.resize([2.5, 3.0, 4.0], count),
                "ready_year": np.resize([2026, 2027, 2028], count),
                "published_area_m2": shapely.area(blocks).round(2),
            },
            geometry=blocks,
            crs=CRS,
        ),
        "buildings": gpd.GeoDataFrame(
            {"building_id": ["B1"], "name_zh": ["一栋"], "stage": ["built"], "storeys": [1]},
            geometry=[shapely.box(WEST + 10, SOUTH + 10, WEST + 30, SOUTH + 30)],
            crs=CRS,
        ),
    }
    text = TERRITORY
    for kind, every in RESTRICTIONS.items():
        shapes = _restrictions(rng, kind, max(1, every * count // PARCELS), wide, high)
        ids = [f"{kind}-{k}" for k in range(len(shapes))]
        layers[kind] = gpd.GeoDataFrame({"restriction_id": ids, "kind": kind}, geometry=shapes, crs=CRS)
        text += f"    - {{file: ground.gpkg, layer: {kind}}}\n"
    for name, layer in layers.items():
        layer.to_file(folder / "ground.gpkg", layer=name, engine="pyogrio")
    (folder / "floors.csv").write_text("building_id,floor,area_m2,load_kn_m2\nB1,1,400,10\n", encoding="utf-8")
    (folder / "territory.yaml").write_text(text, encoding="utf-8")


def _blocks(rng: np.random.Generator, columns: int, rows: int) -> NDArray[np.object_]:
    """Return a grid of crooked quadrilaterals, each edge of three pieces, whose neighbours share every vertex."""
    x, y = np.meshgrid(np.arange(columns + 1) * SIDE_M, np.arange(rows + 1) * SIDE_M)
    corner = np.stack([x, y], axis=2) + rng.uniform(-0.2, 0.2, (rows + 1, columns + 1, 2)) * SIDE_M
    thirds = np.array([0.0, 1 / 3, 2 / 3])[:, None]
    bend = 0.03 * SIDE_M

    def bent(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        points = a[..., None, :] + (b - a)[..., None, :] * thirds
        points[..., 1:, :] += rng.uniform(-bend, bend, points[..., 1:, :].shape)
        return points.round(2)

    corner = corner.round(2)
    east = bent(corner[:, :-1], corner[:, 1:])  # along a row, from each corner to the next
    north = bent(corner[:-1], corner[1:])
    end = corner[:-1, 1:, None], corner[1:, 1:, None], corner[1:, :-1, None]
    ring = np.concatenate(
        [
            east[:-1],
            north[:, 1:],
            end[1],
            east[1:, :, :0:-1],
            end[2],
            north[:, :-1, :0:-1],
            corner[:-1, :-1, None],
        ],
        axis=2,
    )
    ring += (WEST, SOUTH)
    return np.asarray(shapely.polygons(ring.reshape(-1, ring.shape[2], 2).round(2)), dtype=object)


def _restrictions(rng: np.random.Generator, kind: str, count: int, wide: float, high: float) -> NDArray[np.object_]:
    """Return polygons of one kind: strips for corridors, round and ragged ones else."""
    middle = rng.uniform((WEST, SOUTH), (WEST + wide, SOUTH + high), (count, 2))
    if kind.startswith("corridor"):
        length, turn = rng.uniform(200, 1200, count), rng.uniform(0, np.pi, count)
        along = np.column_stack([np.cos(turn), np.sin(turn)]) * length[:, None]
        lines = shapely.linestrings(np.stack([middle - along / 2, middle + along / 2], axis=1))
        return np.asarray(shapely.buffer(lines, 15.0, cap_style="flat"), dtype=object)
    points, radius = {"ecological_line": (240, 250.0), "farmland": (12, 45.0), "water_source_1": (40, 90.0)}[kind]
    turn = np.arange(points) / points * 2 * np.pi
    far = rng.uniform(0.75, 1.25, (count, points)) * radius * rng.uniform(0.5, 1.5, (count, 1))
    ring = middle[:, None, :] + np.stack([np.cos(turn) * far, np.sin(turn) * far], axis=2)
    return np.asarray(shapely.polygons(ring.round(2)), dtype=object)


def plain(folder: Path) -> None:
    """Do the same work by plain calls of the libraries; keep what they find, and the seconds that each took."""
    spent: dict[str, float] = {}
    clock = _Clock(spent)
    file = folder / "ground.gpkg"
    parcels = gpd.read_file(file, layer="parcels")
    limits = [gpd.read_file(file, layer=kind) for kind in RESTRICTIONS]
    rest = [gpd.read_file(file, layer=name) for name in ("parks", "buildings")]
    clock("read_file")
    sound = all(layer.geometry.is_valid.all() for layer in (parcels, *limits, *rest))
    clock("is_valid")
    covers = bool(shapely.coverage_is_valid(parcels.geometry.to_numpy()))
    clock("coverage_is_valid")
    forbidden = gpd.GeoDataFrame(pd.concat(limits, ignore_index=True), crs=parcels.crs)
    left = gpd.overlay(parcels, forbidden, how="difference")
    clock("overlay")
    rook = Graph.build_contiguity(parcels.set_index("parcel_id"), rook=True).adjacency.reset_index()
    clock("rook")
    if not (sound and covers):
        raise SystemExit("the layers made are not sound")
    areas = left.geometry.area.groupby(left["parcel_id"]).sum().reindex(parcels["parcel_id"], fill_value=0.0)
    pairs = rook[(rook["focal"] < rook["neighbor"]) & (rook["weight"] > 0)]
    _keep(folder / "plain.npz", areas, pairs["focal"], pairs["neighbor"])
    (folder / "plain.json").write_text(json.dumps(spent), encoding="utf-8")


def check(folder: Path) -> None:
    """Keep what ``planner check`` measures on its way to what it prints."""
    found = survey(read_territory(folder))
    _keep(folder / "check.npz", found.parcels["outside_m2"], found.borders["a"], found.borders["b"])


def draw(folder: Path) -> None:
    """Write the map of the territory; keep the seconds of the processor that it took, once the layers are read."""
    territory = read_territory(folder)
    spent: dict[str, float] = {}
    clock = _Clock(spent)
    maps.save(maps.draw(None, territory), folder / "map.html")
    clock("map")
    (folder / "map.json").write_text(json.dumps(spent), encoding="utf-8")


class _Clock:
    """Writes down the seconds of the processor since it was last asked."""

    def __init__(self, spent: dict[str, float]) -> None:
        self.spent = spent
        self.at = time.process_time()

    def __call__(self, name: str) -> None:
        self.spent[name] = time.process_time() - self.at
        self.at = time.process_time()


def _keep(file: Path, areas: pd.Series, a: pd.Series, b: pd.Series) -> None:
    pairs = sorted(f"{one} {other}" for one, other in zip(a, b, strict=True))
    np.savez(file, ids=areas.index.to_numpy(dtype=str), areas=areas.to_numpy(), pairs=np.array(pairs, dtype=str))


def differences(folder: Path) -> tuple[float, int, int]:
    """Return by how much (m², at most) areas differ between the two, how many pairs do, and how many there are."""
    one, other = np.load(folder / "plain.npz"), np.load(folder / "check.npz")
    a, b = (pd.Series(found["areas"], found["ids"]).sort_index() for found in (one, other))
    pairs = set(one["pairs"].tolist()) ^ set(other["pairs"].tolist())
    return float(np.abs(a - b.reindex(a.index)).max()), len(pairs), len(one["pairs"])


if __name__ == "__main__":
    work, where = sys.argv[1], Path(sys.argv[2])
    if work == "make":
        make(where, *map(int, sys.argv[3:]))
    else:
        {"plain": plain, "check": check, "map": draw}[work](where)

"""Write the sample territory of Bao'an: baoan.gpkg (geometry and ids) and one CSV of columns for each layer.

Deterministic: one seed, one fixed GeoPackage date, coordinates on a 0.1 m grid; two runs give the same bytes.
Hand-kept files (territory.yaml, figures.csv, tables/, README.md) are not written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import make_blocks
import make_buildings
import make_parcels
import make_parks
import make_restrictions
import make_supply
import numpy as np
import pandas as pd
import pyogrio
import shapely

HERE = Path(__file__).parent
SEED = 440306  # the district's administrative code
FILE_DATE = "2025-01-01T00:00:00Z"


@dataclass(frozen=True)
class Territory:
    """Everything the generator made, with the columns still beside the shapes."""

    outline: shapely.Polygon
    parks: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    restrictions: gpd.GeoDataFrame
    backdrop: gpd.GeoDataFrame
    floors: pd.DataFrame
    supply: pd.DataFrame


def make() -> Territory:
    """Generate the whole territory."""
    # One stream for each layer, so that a change in one does not reshuffle the next.
    for_parks, for_nature, for_blocks, for_parcels, for_buildings, for_limits = np.random.default_rng(SEED).spawn(6)
    outline = make_parks.district()
    parks = make_parks.parks(for_parks, outline)
    waters = make_parks.reservoirs(for_nature)
    nature = make_blocks.natural(for_nature, waters)
    leaves = make_blocks.blocks(for_blocks, outline, parks, waters, nature)
    parcels = make_parcels.parcels(leaves, for_parcels)
    buildings, floors = make_buildings.buildings(parcels, parks, for_buildings)
    restrictions = make_restrictions.restrictions(parcels, outline, waters, nature, for_limits)
    inside = gpd.sjoin(buildings[["building_id", "geometry"]], parcels[["_park", "geometry"]], predicate="within")
    supply = make_supply.supply(parcels, floors, inside.set_index("building_id")["_park"])
    return Territory(outline, parks, parcels, buildings, restrictions, make_parks.backdrop(outline, waters), floors,
                     supply)


def write(territory: Territory, folder: Path = HERE) -> None:
    """Write the GeoPackage and the tables, replacing earlier ones."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FILE_DATE})
    target = folder / "baoan.gpkg"
    target.unlink(missing_ok=True)
    for name in ("parks", "parcels", "buildings", "restrictions", "backdrop"):
        layer: gpd.GeoDataFrame = getattr(territory, name)
        key = str(layer.columns[0])
        shapes = layer[[key, "geometry"]].copy()
        # Parks keep full precision: a published area must be met exactly.
        if name != "parks":
            shapes["geometry"] = shapely.set_precision(shapes.geometry.values, 0.1)
        shapes.to_file(target, layer=name, driver="GPKG", engine="pyogrio", append=target.exists())
        columns = [column for column in layer.columns if not column.startswith("_") and column != "geometry"]
        table(layer[columns], folder / f"{name}.csv")
    table(territory.floors, folder / "floors.csv")
    table(territory.supply, folder / "supply.csv")


def table(rows: pd.DataFrame, path: Path) -> None:
    """Write one table as UTF-8 with plain line ends; whole numbers without a decimal point."""
    frame = rows.copy()
    for column in frame.columns:
        frame[column] = [plain(value) for value in frame[column]]
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def plain(value: object) -> str:
    """Return a cell's text: 3.0 as "3", 0.45 as "0.45", nothing as "".

    >>> plain(3.0), plain(0.45), plain("")
    ('3', '0.45', '')
    """
    if isinstance(value, float | np.floating):
        return f"{float(value):.2f}".rstrip("0").rstrip(".")
    return str(value)

"""Files become a Territory and Projects, and tables become a GeoPackage; the only home of GDAL and PROJ.

Everything wrong with an input is found before anything is raised: a planner mends a file once. What the layers mean
is `planner.territory`'s and `planner.projects`'.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from planner.errors import DataError
from planner.intake.asked import read_asked
from planner.intake.folder import read_folder
from planner.intake.loose import faults
from planner.intake.systems import System
from planner.intake.vector import READERS, read_layer
from planner.intake.writing import WRITERS, write_layer, write_layers
from planner.projects import Projects
from planner.territory import Territory

__all__ = [
    "READERS", "WRITERS", "faults", "read_layer", "read_projects", "read_territory", "write_layer", "write_layers",
]  # fmt: skip


def read_territory(path: Path | str, crs: Mapping[str, System] | None = None) -> Territory:
    """Return the territory of a folder, checked and in canonical order.

    Parameters
    ----------
    path : Path or str
        Folder with a territory.yaml, or that file.
    crs : mapping of str to System, optional
        By layer ("" for all of them), in which system it is to be read, whatever territory.yaml says.

    Raises
    ------
    DataError
        All fatal faults at once.
    """
    territory, _, found = read_folder(Path(path), crs)
    if territory is None:
        raise DataError(fault for fault in found if fault.fatal)
    return territory


def read_projects(path: Path | str, tables: Mapping[str, pd.DataFrame]) -> Projects:
    """Return the projects of a table, checked and in canonical order.

    Parameters
    ----------
    path : Path or str
        CSV, a row a part.
    tables : mapping of str to DataFrame
        Reference tables (``Territory.tables``).

    Raises
    ------
    DataError
        All fatal faults at once.
    """
    projects, found = read_asked(Path(path), tables)
    if projects is None:
        raise DataError(fault for fault in found if fault.fatal)
    return projects

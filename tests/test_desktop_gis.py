"""Files for others, opened by QGIS itself: how many features, in which CRS, where, and their Chinese text."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sample_plan import sample_plan, sample_territory
from test_workbook import completed

from planner.export import export
from planner.export.files import DATABASE

pytestmark = pytest.mark.long
PYTHON = Path(os.environ.get("QGIS_PYTHON", "/usr/bin/python3"))
"""The interpreter for which QGIS has its modules: not that of the planner's environment."""
NAME = "激光切割装备研发总部"
READS = """
import json, sys
from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
told = []
for source in sys.argv[1:]:
    layer = QgsVectorLayer(source, "layer", "ogr")
    crs = layer.crs() if layer.crs().isValid() else QgsCoordinateReferenceSystem("EPSG:4547")
    lonlat = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance())
    box = lonlat.transformBoundingBox(layer.extent())
    texts = [str(value) for feature in layer.getFeatures() for value in feature.attributes()]
    told.append({
        "valid": layer.isValid(), "count": layer.featureCount(), "crs": layer.crs().authid(), "texts": texts,
        "styled": layer.renderer().type() if layer.isValid() else "",
        "box": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()],
    })
print("READ " + json.dumps(told), flush=True)  # QGIS may fall over when it closes
app.exitQgis()
"""


def read(*sources: str) -> list[dict[str, Any]]:
    """Return what QGIS reads of each source."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    command = [str(PYTHON), "-c", READS, *sources]
    done = subprocess.run(command, env=environment | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
                          timeout=120, check=False)  # fmt: skip
    if "No module named 'qgis'" in done.stderr:
        pytest.skip(f"{PYTHON} has no QGIS (set QGIS_PYTHON to one that has)")
    line = next((line for line in done.stdout.splitlines() if line.startswith("READ ")), None)
    assert line is not None, done.stderr
    found: list[dict[str, Any]] = json.loads(line.removeprefix("READ "))
    return found


@pytest.mark.parametrize(("form", "file", "encoding", "crs"), [
    ("shp", "placed_plots.shp", "utf-8", "EPSG:4547"), ("shp", "placed_plots.shp", "gbk", "EPSG:4547"),
    ("kml", "placed_plots.kml", "utf-8", "EPSG:4326"), ("geojson", "placed_plots.geojson", "utf-8", "EPSG:4326"),
    ("gpkg", f"{DATABASE}|layername=placed_plots", "utf-8", "EPSG:4547"),
])  # fmt: skip
def test_qgis_opens_the_placed_plots(form: str, file: str, encoding: str, crs: str, tmp_path: Path) -> None:
    """**Proves** count, CRS, place, text. **Sensitivity**: bytes of another code page, axes turned, a lost layer."""
    ground = sample_territory()
    plan = completed(sample_plan(ground, plots=5, names=(NAME,)))
    export(plan, ground, tmp_path, form, "zh", encoding)
    (found,) = read(str(tmp_path / file))
    assert (found["valid"], found["count"], found["crs"]) == (True, 5, crs)
    assert NAME in found["texts"]
    west, south, east, north = ground.bounds_lonlat
    assert west < found["box"][0] < found["box"][2] < east
    assert south < found["box"][1] < found["box"][3] < north
    assert form != "gpkg" or found["styled"] == "categorizedSymbol"


def test_qgis_opens_the_drawing(tmp_path: Path) -> None:
    """**Proves** outlines and texts in metres, east before north. **Sensitivity**: texts in another code page."""
    ground = sample_territory()
    export(completed(sample_plan(ground, plots=5, names=(NAME,))), ground, tmp_path, "dxf", "zh")
    source = f"{tmp_path / 'placed_plots.dxf'}|layername=entities|geometrytype="
    lines, texts = read(source + "LineString", source + "Point")
    assert (lines["valid"], lines["count"]) == (True, 5)
    assert any(NAME in text for text in texts["texts"])
    west, south, east, north = ground.bounds_lonlat
    assert west < lines["box"][0] < lines["box"][2] < east
    assert south < lines["box"][1] < lines["box"][3] < north

"""A plan as files for others: styled GeoPackage, GeoJSON, Shapefile, KML, DXF; what a format cannot hold is told."""

from planner.export.files import FORMATS, Exported, export
from planner.export.styles import layer_styles

__all__ = ["FORMATS", "Exported", "export", "layer_styles"]

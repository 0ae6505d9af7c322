"""The map of a plan: one HTML file that opens without a network. The only importer of folium and branca."""

from planner.maps.page import draw, save

__all__ = ["draw", "save"]

"""The map of a plan, and that of faults: HTML files that open without a network. The only importer of folium."""

from planner.maps.faults import Outlines, draw_faults, left_off
from planner.maps.page import draw, save

__all__ = ["Outlines", "draw", "draw_faults", "left_off", "save"]

"""The maps of a plan, of two and of faults: HTML files that open without a network. The only importer of folium."""

from planner.maps.base import Base, base
from planner.maps.compared import draw_compared
from planner.maps.faults import Outlines, draw_faults, left_off
from planner.maps.page import draw, page_text, save

__all__ = ["Base", "Outlines", "base", "draw", "draw_compared", "draw_faults", "left_off", "page_text", "save"]

"""Sites: places one part can take whole. Plots of contiguous parcels, cuts of one parcel, and units of floors.

Sites are made of places on offer; whether a part fits one is for `fit` to say. Everything is arrays.
"""

from planner.sites.cuts import Ends, cuts_of, ends_of
from planner.sites.plots import Plots, neighbours, plot_members, plots
from planner.sites.spread import Spread
from planner.sites.units import Units, unit_names, units

__all__ = [
    "Ends", "Plots", "Spread", "Units", "cuts_of", "ends_of", "neighbours", "plot_members", "plots", "unit_names",
    "units",
]  # fmt: skip

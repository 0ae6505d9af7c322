"""The block of a scenario that switches tests of local fit.

Tests that say what a site or a start is (on offer, area window, ready year …) and those that other keys make (bans,
locks, reserves) have no switch.
"""

from __future__ import annotations

from planner.scenario.keys import Block


class Tests(Block):
    """Tests of local fit: one switched off refuses nobody and is not audited."""

    zoned: bool = True
    """The land class takes the industry."""
    restrictions: bool = True
    """Something usable is left of a parcel, and no building stands on land that a restriction forbids."""
    industrial_line: bool = True
    """Industry lies inside the industrial line, where the territory has one."""
    protective_distance: bool = True
    """The protective distance to schools, hospitals and housing is kept."""
    metro_distance: bool = True
    """Processes that vibration disturbs keep their distance from metro lines."""
    net_need: bool = True
    """A net need (套内) is met by the usable ratio of each floor; off, by the usual ratio of the part."""
    far_volume: bool = True
    """The floor space asked for fits within the FAR limit."""
    height: bool = True
    """The storeys it takes stay below the height limit."""
    floor_load: bool = True
    """Every floor bears the load."""
    clear_height: bool = True
    """Every floor is high enough."""
    column_grid: bool = True
    """Columns stand far enough apart."""
    ground_floor: bool = True
    """No floor is higher up than the part goes."""
    fire_class: bool = True
    """The process is no more dangerous than the building was designed for."""
    vibration_class: bool = True
    """Every floor is as still as the process needs."""
    goods_lift: bool = True
    """Goods lifts carry the heaviest piece."""
    site_power: bool = True
    """The power of the plot is enough, where it is given."""
    wet_process: bool = True
    """Wet processes are where they may be."""
    rent_ceiling: bool = True
    """The rent is no more than the part pays at most."""
    investment_per_ha: bool = False
    """Investment per hectare of a plot reaches the park's threshold."""
    output_per_ha: bool = False
    """Yearly output per hectare of a plot reaches the park's threshold."""
    tax_per_ha: bool = False
    """Yearly tax per hectare of a plot reaches the park's threshold."""

    @property
    def off(self) -> frozenset[str]:
        """Tests switched off."""
        return frozenset(name for name in type(self).model_fields if not getattr(self, name))

"""The block of a scenario that prices kinds of change beside each other, where the smallest change is sought.

The docstring under each key is what the manual and the editor show; `explain.kinds` says how each is measured.
"""

from __future__ import annotations

from planner.scenario.keys import Block, Weight


class ChangePrices(Block):
    """What one step of each kind of change is worth beside the others, where the smallest change is sought."""

    land: Weight = 1.0
    """1 ha of land: less asked for, or more given in a year."""
    released_land: Weight = 1.0
    """One parcel that is occupied, put on offer."""
    floor_space: Weight = 1.0
    """1,000 m² of floor space less asked for."""
    let_space: Weight = 1.0
    """1,000 m² of floor space vacated that is let or committed."""
    floor_load: Weight = 1.0
    """1 kN/m² on one floor."""
    clear_height: Weight = 1.0
    """1 m on one floor."""
    column_grid: Weight = 1.0
    """1 m between the columns of one floor."""
    goods_lift: Weight = 1.0
    """1 t that the lifts of one building carry."""
    lift_count: Weight = 1.0
    """One more goods lift in a building."""
    vibration_class: Weight = 1.0
    """One class by which one floor is stiller."""
    fire_class: Weight = 1.0
    """One class by which a process is less dangerous."""
    highest_floor: Weight = 1.0
    """A part that goes to higher floors."""
    far: Weight = 1.0
    """0.5 of floor area ratio."""
    height_limit: Weight = 1.0
    """10 m of building height."""
    land_class: Weight = 1.0
    """One parcel or building of another land class."""
    wet_process: Weight = 1.0
    """One park opened to wet processes."""
    power: Weight = 1.0
    """1,000 kVA at a site, in a building or in a park."""
    water: Weight = 1.0
    """1,000 m³ of water a day in a park."""
    waste_water: Weight = 1.0
    """1,000 m³ of waste water a day in a park or a building."""
    gas: Weight = 1.0
    """1,000 m³ of gas a day in a park."""
    years: Weight = 1.0
    """One year by which land or a building is ready earlier, or a project is wanted earlier."""
    rent: Weight = 1.0
    """10 元/m² of rent a month."""
    budget: Weight = 1.0
    """1 亿元 to prepare land, in a year."""
    housing: Weight = 1.0
    """100 beds."""
    threshold: Weight = 1.0
    """1 亿元 of investment, output or tax a year, to reach a park's threshold."""
    lock: Weight = 1.0
    """One lock, or one `only`, lifted."""
    ban: Weight = 1.0
    """One ban lifted."""
    reserve: Weight = 1.0
    """One block no longer kept back."""
    rule: Weight = 1.0
    """One rule switched off."""

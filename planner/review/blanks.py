"""What a form offers: columns of a project, a part and a parcel in words, with their units and the values there are.

Values come from the columns and from the reference tables of the territory under review, so that a form asks for
nothing that the intake would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from planner.columns import Column
from planner.intake.asked import CLUSTER_LAYERS
from planner.maps.style import plain
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.territory import LAYERS, Territory
from planner.words import ACCEPTS, STATE, Words

Value = tuple[str, Words]
OPEN = ("land_class", "land_classes")
"""Columns whose values are those that there are, not those that there may be."""
NAMED = ("park_id", "project_id", "parcel_id", "part")
"""Columns that a form asks for by themselves."""


def blanks(ground: Territory, asked: Projects) -> dict[str, Any]:
    """Return the columns of each form, and the kinds of restriction.

    Parameters
    ----------
    ground : Territory
        With the scenario's changes made.
    asked : Projects
        With them made too: whom a project may supply.
    """
    tables, parcels = ground.tables, ground.parcels
    industries, kinds = tables["industries"], tables["restriction_kinds"]
    every = [(str(row["industry_id"]), Words(row["zh"], row["en"])) for row in industries.to_dict("records")]
    tiers = tables["tiers"].sort_values("points", ascending=False, kind="stable")
    clusters = set(industries["industry_id"][industries["layer"].isin(CLUSTER_LAYERS)])
    classes = sorted({str(each) for each in parcels["land_class"] if each})
    known: dict[str, Sequence[Value]] = {
        "industry": every,
        "part_industry": every,
        "secondary_industries": every,
        "cluster": [each for each in every if each[0] in clusters],
        "tier": [(str(row["tier"]), Words(row["tier"], row["en"])) for row in tiers.to_dict("records")],
        "supplies": [(str(name), Words(said, said)) for name, said in asked.projects["name"].items()],
        "accepts": list(ACCEPTS.items()),
        "state": list(STATE.items()),
        "park": [(str(row["park_id"]), Words(row["name_zh"], row["name_en"]))
                 for row in pd.DataFrame(ground.parks).reset_index().to_dict("records")],
        "land_class": _bare(classes),
        "land_classes": _bare(classes),
    }  # fmt: skip
    forms = {"project": PROJECT_COLUMNS, "part": PART_COLUMNS, "parcel": LAYERS["parcels"].columns}
    found = {form: [_blank(one, known) for one in columns if one.name not in NAMED] for form, columns in forms.items()}
    restrictions = [(str(row["kind"]), Words(row["zh"], row["en"])) for row in kinds.to_dict("records")]
    return {**found, "restrictions": plain(restrictions)}


def _blank(column: Column, known: Mapping[str, Sequence[Value]]) -> dict[str, Any]:
    values = known.get(column.name, _bare(column.allowed))
    return {
        "name": column.name, "words": plain(column.words), "kind": column.kind, "unit": column.unit,
        "required": column.required, "values": plain(list(values)), "open": column.name in OPEN or not values,
    }  # fmt: skip


def _bare(values: Sequence[str]) -> list[Value]:
    """Return values that are called what they are."""
    return [(value, Words(value, value)) for value in values]

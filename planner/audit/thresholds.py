"""What a plot brings by hectare, measured again, and the threshold it is held against."""

from __future__ import annotations

from planner.audit.facts import Facts, Placed
from planner.audit.ground import number
from planner.audit.needs import EVERY, lineage

HA_M2 = 10_000


def per_ha(facts: Facts, placed: Placed, figure: str) -> tuple[float | None, float | None]:
    """Return the threshold of a figure of the project on a plot, and what it comes to there (亿元/ha); None for none.

    Several parts on land share the figure by the land they ask for. The row nearest to the industry counts (own,
    parent's, ``*``), then the one nearest to the park (own, ``*``).
    """
    needs, whole_yi = placed.needs, number(facts.asked.projects.at[placed.needs.project, figure])
    if "P" not in needs.accepts or not needs.land_m2 or whole_yi is None or not placed.usable_m2:
        return None, None
    least = {
        (row["industry_id"], row["park_id"]): number(row["at_least"])
        for row in facts.ground.tables["thresholds"]
        if row["measure"] == f"{figure}_per_ha"
    }
    line = lineage(needs.industry, facts.ground.tables["industries"])
    named = ((industry, park) for industry in line for park in (placed.park, EVERY))
    asked = next((least[pair] for pair in named if pair in least), None)
    of_project = [other for other in facts.needs.values() if other.project == needs.project and "P" in other.accepts]
    share = needs.land_m2 / sum(other.land_m2 or 0.0 for other in of_project)
    return asked, whole_yi * share / (placed.usable_m2 / HA_M2)

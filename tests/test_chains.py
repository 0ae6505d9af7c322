"""The table of leaders placed with their suppliers, which `planner solve` and `planner show` print.

**Proves**: suppliers count where their first part stands, beside the leader or elsewhere. **Sensitivity**: a second
part in the leader's park, or somebody who supplies nobody, would add a supplier.
"""

from __future__ import annotations

import pandas as pd
import tiny

from planner.cli.shown import chain_table
from planner.cli.solving import chains_placed
from planner.scenario import Scenario
from planner.words import Lang

PLACED = pd.DataFrame(
    [("L/a", "L", "YL"), ("S1/a", "S1", "YL"), ("S2/a", "S2", "XQD"), ("S2/b", "S2", "YL"), ("T/a", "T", "YL")],
    columns=["part", "project", "park"],
)


def asked(rule: object) -> list[dict[str, object]] | None:
    projects = [(name, "", ("L",) if name[0] == "S" else ()) for name in ("L", "S1", "S2", "T")]
    case = tiny.case([(part, "s", 2026, 1.0) for part in PLACED["part"]], projects=projects)
    case.projects["chain_role"] = ["链主", "", "", ""]
    rules = {"leader_and_suppliers": rule}
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 1}, "rules": rules})
    return chains_placed(PLACED, case, scenario)


def test_each_leader_has_its_suppliers_there_and_elsewhere() -> None:
    assert asked(1) == [{"leader": "L", "park": "YL", "suppliers": ["S1"], "elsewhere": ["S2"]}]
    assert asked({"at_least": 1, "leaders": ["T"]}) == [{"leader": "T", "park": "YL", "suppliers": [], "elsewhere": []}]
    assert asked(False) is None


def test_the_table_speaks_both_languages() -> None:
    said = {"chains": asked(1), "parks": [{"park": "YL", "zh": "燕罗", "en": "Yanluo"}]}
    langs: tuple[tuple[Lang, str], ...] = (("zh", "燕罗"), ("en", "Yanluo"))
    for lang, park in langs:
        table = chain_table(said, lang)
        cells = ["L", park, "1", "S1", "S2"]
        assert [str(next(iter(column.cells))) for column in table.columns] == cells

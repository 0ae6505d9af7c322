"""Contradictions between keys of a scenario: told before solving, all at once, and only where there really is no plan.

**Proves**: what is called contradictory has no plan once the check is skipped, and loosening one key ends the
complaint. **Sensitivity**: an arithmetic that asks one too many would call the loosened question contradictory too.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from small import write_small_scenario
from typer.testing import CliRunner

import planner
from planner import listing
from planner.cli import app
from planner.errors import ScenarioError
from planner.intake.inputs import Inputs
from planner.projects import Projects
from planner.scenario import Scenario

GROUP = {"projects": ["P-011", "P-012", "P-015"]}
CONTRADICTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # what cannot be kept, what loosens it, the key that is told
    "floor": ({"locks": {"P-011": "B01-F04", "P-012": "B01-F04"}}, {"locks": {"P-011": "B01-F04"}}, "locks.P-011"),
    "parcel": ({"locks": {"P-004": "YL-01", "P-005": "YL-01"}}, {"locks": {"P-004": "YL-01"}}, "locks.P-004"),
    "nowhere": ({"locks": {"P-011": "B01"}, "only": {"P-011": "B02"}}, {"only": {"P-011": "YL"}}, "locks.P-011"),
    "banned": (
        {"locks": {"P-011": "B01"}, "bans": [{"project": "P-011", "place": "B01"}]},
        {"bans": [{"project": "P-011", "place": "B01-F04"}]},
        "locks.P-011",
    ),
    "group": (
        {"must_place": ["P-011", "P-012"], "rules": {"group_count": [{**GROUP, "at_most": 1}]}},
        {"rules": {"group_count": [{**GROUP, "at_most": 2}]}},
        "rules.group_count.0.at_most",
    ),
    "groups": (
        {"rules": {"group_count": [{**GROUP, "at_least": 3}, {"projects": ["P-011", "P-012"], "at_most": 1}]}},
        {"rules": {"group_count": [{**GROUP, "at_least": 2}, {"projects": ["P-011", "P-012"], "at_most": 1}]}},
        "rules.group_count.1.at_most",
    ),
    "building": (
        {
            "locks": {"P-011": "B01-F04", "P-012": "B01-F05"},
            "rules": {"kept_apart": [{"who": ["P-011", "P-012"], "not": "building"}]},
        },
        {"locks": {"P-011": "B01-F04", "P-012": "B02-F05"}},
        "rules.kept_apart.0",
    ),
    "adjacent": (
        {
            "locks": {"P-011": "B01-F04", "P-012": "B01-F05"},
            "rules": {"kept_apart": [{"who": ["P-011", "P-012"], "not": "adjacent_floors"}]},
        },
        {"locks": {"P-011": "B01-F03", "P-012": "B01-F05"}},
        "rules.kept_apart.0",
    ),
    "shares": (
        {"must_place": ["P-011"], "rules": {"pole_share": {park: {"most": 0.3} for park in ("YL", "XQD", "JB")}}},
        {"rules": {"pole_share": {park: {"most": 0.3} for park in ("XQD", "JB")}}},
        "rules.pole_share",
    ),
}


def asked(small: Inputs, keys: dict[str, Any]) -> Inputs:
    """Return the question of a few small projects."""
    names = ["P-004", "P-005", "P-011", "P-012", "P-015"]
    parts = small.projects.parts[small.projects.parts["project"].isin(names)]
    scenario = Scenario.model_validate({"years": (2026, 2030), "goals": {"tier": 1}, **keys})
    projects = Projects(small.projects.projects.loc[names], parts)
    return dataclasses.replace(small, scenario=scenario, projects=projects, root=None)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_is_told_and_has_no_plan(name: str, small: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, loosened, key = CONTRADICTIONS[name]
    with pytest.raises(ScenarioError) as told:
        planner.pose(asked(small, keys))
    assert [fault.where.replace("[", ".").replace("]", "") for fault in told.value.faults] == [key]
    planner.pose(asked(small, {**keys, **loosened}))
    monkeypatch.setattr(listing, "contradictions", lambda asked: None)
    try:
        plan = planner.solve(planner.pose(asked(small, keys)))
    except ScenarioError:
        return  # a part that must be placed fits nowhere
    assert plan.summary["status"] == "infeasible"


def test_a_soft_rule_contradicts_nothing(small: Inputs) -> None:
    group = {"groups": [{**GROUP, "at_most": 1}], "soft": 1}
    planner.pose(asked(small, {"must_place": ["P-011", "P-012"], "rules": {"group_count": group}}))


BAD = """\
extends: small.yaml
must_place: [P-020, P-001, P-002]
locks: {P-011: B01-F04, P-012: B01-F04}
rules:
  power: {YL: {2040: 5 MVA}, ZZ: {2026: 1 MVA}}
  land_supply: {2050: 3 ha}
  leader_and_suppliers: {leaders: [P-099]}
  group_count: [{projects: [P-001, P-002], at_most: 1}]
"""


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "there is no project or part 'P-099'"), ("zh", "没有项目或分项“P-099”")]
)
def test_the_command_tells_all_of_it_at_once_and_solves_nothing(lang: str, said: str, tmp_path: Path) -> None:
    write_small_scenario(tmp_path)
    path = tmp_path / "bad.yaml"
    path.write_text(BAD, encoding="utf-8")
    found = CliRunner().invoke(app, ["solve", str(path), "--out", str(tmp_path / "plan"), "--lang", lang])
    told = " ".join(found.output.split())
    assert found.exit_code == 2
    keys = ("locks.P-011", "power.YL.2040", "power.ZZ", "land_supply.2050", "leaders", "group_count[0].at_most")
    assert [key for key in keys if f"{key}{'：' if lang == 'zh' else ':'}" not in told] == []
    assert said in told
    assert not (tmp_path / "plan").exists()

"""What belongs together and what is kept apart, from layers and scenario to rows, and the plan audited beside them.

The territory is `small`: parcels of 200 m × 150 m with streets of 20 m, parks YL and XQD 2 km apart; buildings of
40 m × 50 m, B01 and B02 60 m apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import shapely
from audit_bench import PLACED, Bench, bench_in, plan_of
from paper import chosen, solve

import planner
from planner import near
from planner.audit import audit
from planner.case import Case
from planner.intake.inputs import Inputs
from planner.projects import Projects
from planner.scenario import Scenario


def asked(small: Inputs, projects: str, rules: Mapping[str, Any], columns: Any = None, **keys: Any) -> Inputs:
    """Return the small territory asked for some projects under some rules, each worth its tier."""
    names = projects.split()
    parts, given = small.projects.parts, small.projects.projects.loc[names].copy()
    for name, values in (columns or {}).items():
        for project, value in values.items():
            given.at[project, name] = value
    question = {"years": (2026, 2030), "goals": {"tier": 1}, "rules": rules, **keys}
    wanted = Projects(given, parts[parts["project"].isin(names)])
    return dataclasses.replace(small, scenario=Scenario.model_validate(question), projects=wanted, root=None)


def rows(case: Case, kind: str) -> dict[str, dict[str, float]]:
    """Return key to part and site to amount of the uses of one kind."""
    found: dict[str, dict[str, float]] = {}
    for use in case.uses_of(kind).itertuples():
        option = case.options.loc[use.option]
        found.setdefault(use.key, {})[f"{option['part']} {option['site']}"] = use.amount
    return found


def kept(inputs: Inputs) -> dict[str, str]:
    """Return part to site of the best plan, once the audit has found nothing broken in it."""
    plan = solve(planner.pose(inputs))
    findings = audit(plan, inputs)
    assert findings[~findings["kept"]].empty
    return chosen(plan)


# Leaders and suppliers


def test_a_leader_counts_suppliers_in_its_park(small: Inputs) -> None:
    """P-001 leads P-009 (which stands where its production stands) and P-013: both go where it goes, to XQD."""
    inputs = asked(small, "P-001 P-009 P-013", {"leader_and_suppliers": 2}, only={"P-013": "B03", "P-001": "XQD"})
    case = planner.pose(inputs)
    found = rows(case, "leader_and_suppliers")
    assert list(found) == ["P-001 XQD"]
    assert {amount for who, amount in found["P-001 XQD"].items() if who.startswith("P-001")} == {-2}
    assert {amount for who, amount in found["P-001 XQD"].items() if not who.startswith("P-001")} == {1}
    assert {who.split(" ")[0] for who in found["P-001 XQD"]} == {"P-001/main", "P-009/production", "P-013/main"}
    assert case.limits_of("leader_and_suppliers")["at_least"].to_dict() == {"P-001 XQD": 0}
    assert kept(inputs)["P-009/production"][:3] in ("B03", "B04")


@pytest.mark.parametrize("metres", [0.0, 30.0, 300.0])
def test_shapes_are_near_as_measured_from_outline_to_outline(metres: float) -> None:
    """**Proves**: points and circles decide only what outlines would. **Sensitivity**: a circle too small loses."""
    rng = np.random.default_rng(7)
    west, south = rng.uniform(0, 1000, (2, 80))
    boxes = shapely.box(west, south, west + rng.uniform(1, 200, 80), south + rng.uniform(1, 200, 80))
    corners = shapely.difference(boxes, shapely.box(west, south, west + 90, south + 90))  # L-shaped, some of them empty
    shapes = np.concatenate([corners, [shapely.Polygon()]])
    apart = shapely.distance(shapes[:, None], shapes)
    found = near._within(shapes, metres)
    assert np.array_equal(found, apart <= metres)
    assert 80 < found.sum() < 6400


def test_a_leader_counts_suppliers_within_a_distance(small: Inputs) -> None:
    """B01 lies 280 m north of the second row of parcels (y 170–320): P-001 takes a plot that reaches it."""
    near_b01 = {"P-009/production": "B01", "P-013": "B03", "P-001": "YL"}
    rule = {"leader_and_suppliers": {"at_least": 1, "within": "281 m"}}
    plan = kept(asked(small, "P-001 P-009 P-013", rule, only=near_b01))
    assert plan["P-001/main"] in ("YL-01+YL-06", "YL-06+YL-07")
    closer = {"leader_and_suppliers": {"at_least": 1, "within": "279 m"}}
    assert "P-001/main" not in kept(asked(small, "P-001 P-009 P-013", closer, only=near_b01))


def test_leaders_that_are_named_are_the_only_ones(small: Inputs) -> None:
    """P-006 is not named, so it may stand without a supplier; P-001, named, has P-009 alone, which stands in JB."""
    inputs = asked(small, "P-001 P-006 P-009", {"leader_and_suppliers": {"leaders": ["P-001"]}}, only={"P-009": "B05"})
    assert kept(inputs).keys() == {"P-006/main", "P-009/production", "P-009/wet"}


def test_leaders_of_a_cluster(small: Inputs) -> None:
    """P-010 needs the leader of its cluster, P-006, beside it; of three leaders of one cluster two are placed."""
    alone = asked(small, "P-006 P-010", {"leaders_per_cluster": True}, bans=[{"project": "P-006", "place": "YL"},
                  {"project": "P-006", "place": "XQD"}])  # fmt: skip
    assert kept(alone) == {}
    leaders = {"chain_role": dict.fromkeys(("P-011", "P-012", "P-015"), "链主"),
               "cluster": dict.fromkeys(("P-011", "P-012", "P-015"), "C04")}  # fmt: skip
    assert len(kept(asked(small, "P-011 P-012 P-015", {"leaders_per_cluster": True}, leaders))) == 2
    two = {"leaders_per_cluster": {"at_least": 2, "at_most": 3}}
    only_one = {"only": {"P-012": "YL-01"}}  # which takes no plot
    assert len(kept(asked(small, "P-011 P-012 P-015", two, leaders, **only_one))) == 2


# Near and apart


def test_parts_of_a_project_stand_near_one_another(small: Inputs) -> None:
    """Between parcels of the second row and the buildings lie 280 m."""
    near_by = kept(asked(small, "P-008", {"parts_together": "281 m"}))
    assert near_by["P-008/production"][-2:] in ("06", "07", "08")
    assert kept(asked(small, "P-008", {"parts_together": "279 m"})) == {}


@pytest.mark.parametrize(
    ("metres", "apart"), [(50, True), (20.5, True), (19.5, False)], ids=["50", "more than a street", "less than one"]
)
def test_kept_apart_by_a_distance(small: Inputs, metres: float, apart: bool) -> None:
    """YL-01 and YL-02 face each other across 20 m."""
    places = {"P-002": ["YL-01"], "P-003": ["YL-02"]}
    rule = {"kept_apart": [{"who": ["P-002", "P-003"], "metres": metres}]}
    assert len(kept(asked(small, "P-002 P-003", rule, only=places))) == (1 if apart else 2)


def test_kept_apart_by_building_and_by_floor(small: Inputs) -> None:
    """Three tenants in B01: one where they are kept out of one building; on every other floor (F01, F03, F05) three."""
    who = ["P-011", "P-012", "P-015"]
    there = dict.fromkeys(who, "B01")
    by_building = asked(small, " ".join(who), {"kept_apart": [{"who": who, "not": "building"}]}, only=there)
    assert len(kept(by_building)) == 1
    by_floor = asked(small, " ".join(who), {"kept_apart": [{"who": who, "not": "adjacent_floors"}]}, only=there)
    assert sorted(kept(by_floor).values()) == ["B01-F01", "B01-F03", "B01-F05"]


def test_rows_of_what_is_kept_apart(small: Inputs) -> None:
    """One row a building holds all three where the rule is hard; each pair has its own where it is soft."""
    who = ["P-011", "P-012", "P-015"]
    group = [{"who": who, "not": "building"}]
    there = dict.fromkeys(who, "B01")
    hard = planner.pose(asked(small, " ".join(who), {"kept_apart": group}, only=there)).limits_of("kept_apart").index
    assert sorted(hard) == ["1: P-011/main P-012/main B01", "1: P-011/main+P-012/main P-015/main B01"]
    soft = asked(small, " ".join(who), {"kept_apart": {"groups": group, "soft": 1}}, only=there)
    assert len(planner.pose(soft).limits_of("kept_apart")) == 3


def test_stands_near_one_another_share_a_row(small: Inputs) -> None:
    """YL-01 and YL-02 are near one another: one row holds whoever is on either, so a third of each on both is no plan.

    **Sensitivity**: a row for each stand would hold of P-002 and P-003 only what is on the one.
    """
    who = ["P-002", "P-003", "P-004"]
    group = [{"who": who, "metres": 50}]
    there = {name: ["YL-01", "YL-02"] for name in who}
    case = planner.pose(asked(small, " ".join(who), {"kept_apart": group}, only=there))
    found = rows(case, "kept_apart")
    assert [len(uses) for key, uses in found.items() if "+" in key] == [6]
    assert len(found) == 2


def test_parts_of_one_member_may_be_together(small: Inputs) -> None:
    """P-010's parts stay together in B01, one floor each; P-011 has to leave it, whichever part it is near."""
    rule = {"kept_apart": [{"who": ["P-010", "P-011"], "not": "building"}]}
    plan = kept(asked(small, "P-010 P-011", rule, only={"P-010": "B01", "P-011": "YL"}))
    assert {site[:3] for part, site in plan.items() if part.startswith("P-010")} == {"B01"}
    assert plan["P-011/main"][:3] == "B02"


def test_group_count(small: Inputs) -> None:
    """Of two, one at most: the one of more points."""
    groups = [{"projects": ["P-002", "P-003"], "at_most": 1}]
    assert kept(asked(small, "P-002 P-003", {"group_count": groups})).keys() == {"P-002/main"}


# Clusters and leading industries


def test_one_main_park_of_a_cluster(small: Inputs) -> None:
    """P-009 has 4,000 m² that may stand in B01 (YL) or B05 (JB), and 1,000 that only JB takes: 80 % in one park."""
    anywhere = asked(small, "P-009", {"one_main_park_per_cluster": True})
    assert {site[:3] for site in kept(anywhere).values()} == {"B05"}
    apart = {"P-009/production": "B01"}
    assert len(kept(asked(small, "P-009", {"one_main_park_per_cluster": "80 %"}, only=apart))) == 2
    assert kept(asked(small, "P-009", {"one_main_park_per_cluster": "81 %"}, only=apart)) == {}


def test_a_project_of_no_cluster_has_no_main_park(small: Inputs) -> None:
    none = {"cluster": {"P-009": ""}}
    rule = {"one_main_park_per_cluster": True}
    assert len(kept(asked(small, "P-009", rule, none, only={"P-009/production": "B01"}))) == 2


@pytest.mark.parametrize(
    ("rule", "cluster", "placed"),
    [
        ("51 %", "C15", 3),
        ("52 %", "C15", 2),
        ("52 %", "A05", 3),
        ({"at_least": "52 %", "parks": {"燕罗": "10 %"}}, "C15", 3),
        ({"parks": {"新桥东": "100 %"}}, "C15", 3),
    ],
    ids=["just enough", "too little", "led by its cluster", "a share of its own", "another park"],
)
def test_share_of_leading_industries(small: Inputs, rule: object, cluster: str, placed: int) -> None:
    """A05 and A06 lead in YL: 47,000 m² of P-008 (A06.1, A06.4) beside 45,000 of P-002 (A08.2) are 51.1 %."""
    there = {"P-002": ["YL-01"], "P-008": "YL"}
    columns = {"cluster": {"P-002": cluster}, "tier": {"P-008": "战略级", "P-002": "规模级"}}
    assert len(kept(asked(small, "P-002 P-008", {"leading_industries_share": rule}, columns, only=there))) == placed


def test_a_pole_without_leading_industries_is_free(small: Inputs) -> None:
    """P-004 (A07.2) alone in XQD, where A03 leads, or nothing does."""
    there = asked(small, "P-004", {"leading_industries_share": "10 %"}, only={"P-004": "XQD"})
    assert kept(there) == {}
    parks = small.territory.parks.copy()
    parks["leading_industries"] = [() for _ in parks.index]
    free = dataclasses.replace(there, territory=dataclasses.replace(small.territory, parks=parks))
    assert len(kept(free)) == 1


# Soft


def test_model_and_audit_agree_on_what_is_missed(small: Inputs) -> None:
    """All locked into B01: three pairs of tenants in one building; P-001 in XQD, with P-013, lacks one supplier.

    C05 has 5,000 m² in JB and the 4,000 of P-013 in XQD: 3,100 short of 90 % of 9,000. P-013 does not lead in XQD.
    """
    who = ["P-011", "P-012", "P-015"]
    rules = {
        "kept_apart": {"groups": [{"who": who, "not": "building"}], "soft": 1},
        "leader_and_suppliers": {"at_least": 2, "soft": 2, "leaders": ["P-001"]},
        "leaders_per_cluster": {"at_least": 2, "soft": 4},
        "parts_together": {"metres": 10, "soft": 8},
        "group_count": {"groups": [{"projects": who, "at_most": 1}], "soft": 16},
        "one_main_park_per_cluster": {"at_least": "90 %", "soft": 0.001},
        "leading_industries_share": {"parks": {"新桥东": "100 %"}, "soft": 0.002},
    }
    locks = {**dict.fromkeys(who, "B01"), "P-001": "XQD", "P-009": {"park": "江碧"}, "P-008": {"park": "燕罗"},
             "P-013": "B03"}  # fmt: skip
    inputs = asked(small, " ".join([*who, "P-001", "P-008", "P-009", "P-013"]), rules, locks=locks, goals={"tier": 1})
    plan = solve(planner.pose(inputs))
    assert plan.summary["soft"] == pytest.approx({
        "kept_apart": 3, "leader_and_suppliers": 2, "leaders_per_cluster": 4, "parts_together": 8, "group_count": 32,
        "one_main_park_per_cluster": 3.1, "leading_industries_share": 8,
    })  # fmt: skip
    findings = audit(plan, inputs)
    assert findings[~findings["kept"]].empty


# A plan that breaks them


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_in(tmp_path_factory.mktemp("small"))


def test_a_leader_without_suppliers(bench: Bench) -> None:
    """P-001 stands in XQD, of its suppliers P-009 in YL: 2,620 m east and 450 m south, so 2,658 m off."""
    wrong = bench.wrong(rules={"leader_and_suppliers": 1})
    assert wrong == {("leader_and_suppliers", "P-001"): ("≥ 1", "0")}
    assert bench.wrong(rules={"leader_and_suppliers": {"within": "2.7 km"}}) == {}
    assert bench.wrong(rules={"leader_and_suppliers": {"within": "2.6 km"}}).keys() == wrong.keys()


def test_leaders_too_few_and_too_many(bench: Bench) -> None:
    """P-010 is placed without P-006, the leader of C10; P-001 and two more lead C02."""
    hq = {"P-010/hq": ("YL", 2027, {"B02-F04": 1000.0}), "P-010/production": ("YL", 2026, {"B01-F01": 2000.0}),
          "P-010/store": ("YL", 2027, {"B02-F02": 2000.0})}  # fmt: skip
    rule = {"leaders_per_cluster": True}
    assert bench.wrong(plan_of(PLACED | hq), rules=rule) == {("leaders_per_cluster", "C10 P-010"): ("≥ 1", "0")}
    projects = bench.asked.projects.copy()
    projects.loc[["P-002", "P-004"], ["chain_role", "cluster"]] = ["链主", "C02"]
    many = dataclasses.replace(bench.asked, projects=projects)
    assert bench.wrong(asked=many, rules=rule) == {("leaders_per_cluster", "C02"): ("≤ 2", "3")}


def test_parts_too_far_apart(bench: Bench) -> None:
    """P-008: from YL-02 180 m west and 450 m north to B01; P-009: from B01 2,450 m south to B05."""
    assert bench.wrong(rules={"parts_together": "484 m"}) == {
        ("parts_together", "P-008/production P-008/research"): ("≤ 484", "484.664833"),
        ("parts_together", "P-009/production P-009/wet"): ("≤ 484", "2450"),
    }
    assert bench.wrong(rules={"parts_together": "2.45 km"}) == {}


def test_too_near_one_another(bench: Bench) -> None:
    """P-002 on YL-01 and P-008 on YL-02, 20 m apart; in B01 P-008 on F02, P-009 on F04 and F05."""
    street = {"who": ["P-002", "P-008"], "metres": 20.5}
    wrong = bench.wrong(rules={"kept_apart": [street]})
    assert wrong == {("kept_apart", "1: P-002/main P-008/production"): ("> 20.5", "20")}
    assert bench.wrong(rules={"kept_apart": [street | {"metres": 20}]}) == {}
    house = {"who": ["P-008", "P-009/production"], "not": "building"}
    wrong = bench.wrong(rules={"kept_apart": [street | {"metres": 1}, house]})
    found = "B01-F02/B01-F04;B01-F02/B01-F05"
    assert wrong == {("kept_apart", "2: P-008/research P-009/production"): ("not building", found)}
    floors = {"kept_apart": [house | {"not": "adjacent_floors"}]}
    assert bench.wrong(rules=floors) == {}
    nearer = bench.moved("P-008/research", "YL", 2026, {"B01-F03": 2000.0}, rules=floors)
    key = ("kept_apart", "1: P-008/research P-009/production")
    assert nearer == {key: ("not adjacent_floors", "B01-F03/B01-F04")}


def test_a_cluster_spread_over_parks(bench: Bench) -> None:
    """P-009 of C05 has 4,000 of its 5,000 m² in YL."""
    assert bench.wrong(rules={"one_main_park_per_cluster": True}) == {
        ("one_main_park_per_cluster", "C05"): ("≥ 5000", "4000")
    }
    assert bench.wrong(rules={"one_main_park_per_cluster": "80 %"}) == {}


def test_too_little_of_leading_industries(bench: Bench) -> None:
    """YL: of 108,000 m² P-003 (A06.2) and P-008 (A06.1, A06.4) are 49,000; XQD: of 159,000 P-001 (A03.3) is 120,000."""
    assert bench.wrong(rules={"leading_industries_share": "60 %"}) == {
        ("leading_industries_share", "YL"): ("≥ 64800", "49000")
    }
    assert bench.wrong(rules={"leading_industries_share": {"at_least": "45 %", "parks": {"新桥东": "80 %"}}}) == {
        ("leading_industries_share", "XQD"): ("≥ 127200", "120000")
    }


def test_too_many_of_a_group(bench: Bench) -> None:
    """P-002 and P-003 are placed, P-013 is not."""
    most = [{"projects": ["P-002", "P-003"], "at_most": 1}, {"projects": ["P-002", "P-013"], "at_least": 2}]
    assert bench.wrong(rules={"group_count": most}) == {
        ("group_count", "group 1"): ("0–1", "2"),
        ("group_count", "group 2"): ("2–2", "1"),
    }

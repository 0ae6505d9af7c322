"""The API of the review, on the tiny territory: legal or not, priced, solved, undone; and what is refused, with why."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from audit_bench import lonlat
from fastapi.testclient import TestClient
from reviewed import a_client, a_desk, client_of, desk_of, solved

from planner import pose
from planner.audit import audit
from planner.intake.inputs import Inputs, read
from planner.review import session, solving
from planner.review.desk import Desk
from planner.review.moves import Moves
from planner.scenario import Place
from planner.solve.repairing import SOON
from planner.whatif import Warm

API = "/api/v1/variants"
CHINESE = re.compile("[\u4e00-\u9fff]")
HOSTILE = '=1+1<img src=x onerror="window.pwned=1">{{7*7}}'
desk, client = pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(a_client)


class Variant:
    """A variant of its own for one test, and what may be asked of it."""

    def __init__(self, client: TestClient, name: str) -> None:
        self.client = client
        answer = client.post(API, json={"name": name})
        assert answer.status_code == 201, answer.text
        self.now: dict[str, Any] = answer.json()
        self.url = f"{API}/{self.now['id']}"

    def edit(self, kind: str, **edit: Any) -> dict[str, Any]:
        others = edit.pop("others", "best")
        asked = {"version": self.now["version"], "edit": {"kind": kind, **edit}, "others": others}
        answer = self.client.post(f"{self.url}/edits?wait=60", json=asked)
        assert answer.status_code == 201, answer.text
        self.now = answer.json()
        assert self.now["state"]["faults"] == []
        return self.now

    def step(self, way: str) -> dict[str, Any]:
        answer = self.client.post(f"{self.url}/{way}", json={"version": self.now["version"]})
        assert answer.status_code == 200, answer.text
        self.now = answer.json()
        return self.now

    def price(self, kind: str, **edit: Any) -> dict[str, Any]:
        answer = self.client.post(f"{self.url}/price", json={"edit": {"kind": kind, **edit}})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def places(self) -> dict[str, str]:
        """Return where the plan has each part."""
        plan = self.client.get(f"{self.url}/plan").json()
        return {part["part"]: part["places"] for one in plan["projects"].values() for part in one["parts"]}


@pytest.fixture
def variant(client: TestClient, request: pytest.FixtureRequest) -> Variant:
    return Variant(client, request.node.name[:100])


def refusal(answer: Any, code: int) -> str:
    """Return why something was refused; no answer has a traceback in it."""
    assert answer.status_code == code, answer.text
    assert "Traceback" not in answer.text
    told = answer.json()["detail"]
    assert told
    assert all(CHINESE.search(one["zh"]) and one["en"] for one in told)
    return "\n".join(one["en"] for one in told)


# Legal or not


def test_a_place_is_legal_with_its_sites_or_refused_with_the_test_and_both_figures(variant: Variant) -> None:
    """P-007 asks for 1 to 1.5 ha: YL-03 has 1.2 ha left of a corridor, YL-01 has 3 ha."""
    legal, refused = (
        variant.client.post(f"{variant.url}/check", json={"who": "P-007", "place": {"parcels": [place]}}).json()[0]
        for place in ("YL-03", "YL-01")
    )
    assert legal["legal"]
    assert [site["site"] for site in legal["sites"]] == ["YL-03"]
    assert not refused["legal"]
    (why,) = refused["refusals"]
    assert (why["test"], why["need"], why["offer"], why["unit"]) == ("area_window", 15_000, 30_000, "m²")
    assert "15,000 m²" in refused["words"][1]
    assert why["said"] == [["15,000 m²", "15,000 m²"], ["30,000 m²", "30,000 m²"]]


def test_no_refusal_says_a_code_where_there_are_words(small: Inputs) -> None:
    """Of every part, at a parcel of each state and class and a floor of each building."""
    code = re.compile(r"\b(yes|no|parcel|floor|let|free|occupied|committed|other_use|[PGLU](;[PGLU])*)$")
    moves, found = Moves(solved(small)), set[str]()
    parcels, floors = moves.ground.parcels, moves.ground.floors
    places = [*parcels.index[~parcels.duplicated(["state", "land_class"])],
              *floors.index[~floors.duplicated("building_id")]]  # fmt: skip
    for part in map(str, moves.now.case.parts.index):
        for place in places:
            (one,) = moves.check(part, Place(name=str(place)))
            assert not re.search(r"(需要|提供) (yes|no|parcel|floor|occupied|[PGLU;]+)[，）]", one["words"][0])
            for each in one["refusals"]:
                found.add(each["test"])
                assert not [zh for zh, _ in each["said"] if code.search(zh)], each
    assert {"site_kind", "available", "zoned", "wet_process"} <= found


def test_who_stands_in_the_way_is_told(variant: Variant) -> None:
    stands = variant.places()
    holder = next(part for part, places in stands.items() if places == "YL-01")
    told = variant.client.post(f"{variant.url}/check", json={"who": "P-003", "place": {"name": "YL-01"}}).json()[0]
    assert told["sites"][0]["held_by"] == [holder.split("/")[0]]


def test_targets_are_the_places_of_the_options(variant: Variant, small: Inputs) -> None:
    told = variant.client.get(f"{variant.url}/targets", params={"project": "P-007"}).json()
    options = pose(small).options
    assert set(told["P-007/main"]) == set(options.loc[options["part"] == "P-007/main", "site"])


# Prices


def test_the_price_of_a_move_is_an_interval_and_changes_nothing(variant: Variant, small: Inputs) -> None:
    """It costs no more than a plan that does it, and no less than the bound allows; both from the plan in hand."""
    before, places = solved(small), variant.places()
    told = variant.price("lock", who="P-007", place={"name": "YL-03"})
    assert places["P-007/main"] == "YL-03"
    assert told["moves"] == []
    assert told["lost"] == pytest.approx([before.score - before.bound, 0.0], abs=1e-6)  # type: ignore[operator]
    told = variant.price("leave_out", project="P-007")
    assert {"project": "P-007", "change": "newly_left_out", "was": "YL-03 2026", "now": ""} in told["moves"]
    assert told["lost"][1] == pytest.approx(before.score - told["score"])
    assert told["lost"][0] == pytest.approx(before.score - told["bound"])
    assert variant.client.get(variant.url).json()["version"] == 1


def test_what_was_priced_is_what_is_then_solved(variant: Variant) -> None:
    told = variant.price("lock", who="P-003", place={"name": "YL-07"})
    now = variant.edit("lock", who="P-003", place={"name": "YL-07"})
    assert now["state"]["score"] == pytest.approx(told["score"], abs=1e-9)
    assert variant.places()["P-003/main"] == "YL-07"


@pytest.mark.parametrize(("who", "near"), [("P-003", True), ("P-007", False)])
def test_a_price_told_soon_is_the_answer_to_an_edit_where_it_is_near_the_bound(
    variant: Variant, who: str, near: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit goes on where a price was told sooner than its plan came near; its own patience lasts."""
    asked = list[int | None]()

    def spied(now: Warm, steps: Any, watch: Any, stop: Any, case: Any = None, patience: int | None = None) -> Warm:
        asked.append(patience)
        found = solving.answered(now, steps, watch, stop, case, patience)
        assert found.kept.patience == now.kept.patience != SOON
        return found if near else replace(found, kept=replace(found.kept, gap=-1.0))

    monkeypatch.setattr(session, "answered", spied)
    variant.price("ban", who=who, place={"name": "YL-03"})
    variant.edit("ban", who=who, place={"name": "YL-03"})
    assert asked == ([SOON] if near else [SOON, None])


# Edits


def test_every_edit_is_a_line_of_the_scenario_and_the_plan_keeps_to_it(variant: Variant) -> None:
    assert variant.edit("lock", who="P-003", place={"name": "YL-07"})["edits"][-1]["diff"] == {
        "locks": {"P-003": "YL-07"}
    }
    banned = variant.edit("ban", who="P-002/main", place={"park": "YL"})["edits"][-1]["diff"]
    assert banned == {"bans": [{"project": "P-002/main", "place": {"park": "YL"}}]}
    assert variant.edit("withdraw", places=["XQD-01", "B05-F06"])["edits"][-1]["diff"] == {
        "changes": [{"withdraw": ["XQD-01", "B05-F06"]}]
    }
    places = variant.places()
    assert places["P-003/main"] == "YL-07"
    assert not places.get("P-002/main", "").startswith("YL")
    assert not any("XQD-01" in place or "B05-F06" in place for place in places.values())
    weighed = variant.edit("weight", goal="tier", weight=2.5)
    assert weighed["edits"][-1]["diff"] == {"goals": {"tier": 2.5}}
    freed = variant.edit("free", who="P-002")
    assert freed["edits"][-1]["diff"] == {"bans": []}
    assert [edit["held"] for edit in freed["edits"]] == [True] * 5


@pytest.mark.parametrize(
    ("kind", "edit", "diff"),
    [
        ("capacity", {"of": "power", "park": "燕罗", "year": 2026, "value": "9 MVA"},
         {"rules": {"power": {"caps": {"燕罗": {"2026": "9 MVA"}}}}}),
        ("set", {"layer": "parts", "id": "P-007/main", "columns": {"land_m2": 9000}},
         {"changes": [{"set": {"layer": "parts", "id": "P-007/main", "land_m2": 9000}}]}),
        ("reserve", {"parcels": ["YL-04"], "tier": "战略级"}, {"reserve": [{"block": ["YL-04"], "for": "战略级"}]}),
        ("rule", {"rule": "power", "value": False}, {"rules": {"power": False}}),
        ("keys", {"said": {"sites": {"plot_parcels_max": 2}}}, {"sites": {"plot_parcels_max": 2}}),
        ("restrict", {"restriction": "corridor", "polygon": [[113.858, 22.775], [113.859, 22.775], [113.859, 22.776]]},
         {"changes": [{"restrict": {"polygon": [[113.858, 22.775], [113.859, 22.775], [113.859, 22.776]],
                                    "kind": "corridor"}}]}),
        ("place", {"project": "P-007"}, {"must_place": ["P-007"]}),
    ],
)  # fmt: skip
def test_what_is_posed_again_keeps_every_rule(
    variant: Variant, desk: Desk, kind: str, edit: dict[str, Any], diff: dict[str, Any]
) -> None:
    assert variant.edit(kind, **edit)["edits"][-1]["diff"] == diff
    held = desk.session(variant.now["id"]).settled()
    findings = audit(held.warm.plan, held.inputs)
    assert findings["kept"].all()


def test_what_was_looked_up_stays_known_when_the_audit_arrives(desk: Desk, variant: Variant) -> None:
    """**Sensitivity**: held anew with the findings alone, what may go where would be worked out twice for each plan."""
    held = desk.session(variant.now["id"]).settled()
    known = held.moves, held.view
    findings = audit(held.warm.plan, held.inputs)
    now = held.measured(findings)
    assert now.findings is findings
    assert (vars(now)["moves"], vars(now)["view"]) == known
    assert vars(now)["moves"] is known[0]


def test_undo_and_redo_go_as_far_as_there_are_edits_and_solve_nothing_again(
    variant: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = [variant.now["state"]["score"]]
    for place in ("YL-07", "YL-01"):
        variant.edit("ban", who="P-002", place={"name": place})
        variant.edit("lock", who="P-003", place={"name": place})
        scores += [variant.now["state"]["score"]]
    solves = list[Any]()
    monkeypatch.setattr(session.Session, "_solve", lambda *asked: solves.append(asked))
    for _ in range(4):
        variant.step("undo")
    assert variant.now["state"]["score"] == scores[0]
    assert not variant.now["state"]["solving"]
    assert "nothing to undo" in refusal(variant.client.post(f"{variant.url}/undo", json={"version": 9}), 422)
    for _ in range(4):
        variant.step("redo")
    assert variant.now["state"]["score"] == scores[-1]
    assert "nothing to redo" in refusal(variant.client.post(f"{variant.url}/redo", json={"version": 13}), 422)
    assert solves == []


def test_the_rest_stays_where_it_can_if_that_is_asked(variant: Variant) -> None:
    """P-003 moves from one free parcel to another: nobody else has to."""
    free = variant.client.post(f"{variant.url}/check", json={"who": "P-003", "place": {"park": "YL"}}).json()[0]
    spot = next(site["places"] for site in free["sites"] if not site["held_by"] and not site["short"])
    before = variant.places()
    variant.edit("lock", who="P-003", place={"parcels": spot}, others="stay")
    after = variant.places()
    assert {part for part in {*before, *after} if before.get(part) != after.get(part)} == {"P-003/main"}


def test_what_is_signed_off_stays_in_the_next_runs(variant: Variant) -> None:
    stands = variant.places()
    variant.edit("sign", who="P-008")
    assert set(variant.now["edits"][-1]["diff"]["locks"]) == {"P-008/production", "P-008/research"}
    variant.edit("weight", goal="tier", weight=0.5)
    variant.edit("sign", who="P-020")  # which is left out
    after = variant.places()
    assert {part: after[part] for part in after if part.startswith("P-008")} == {
        part: stands[part] for part in stands if part.startswith("P-008")
    }
    assert "P-020/main" not in after
    plan = variant.client.get(f"{variant.url}/plan").json()
    assert plan["standing"]["signed"] == ["P-008", "P-020"]


def test_a_variant_goes_on_where_it_was_after_a_restart(small: Inputs, tmp_path: Path) -> None:
    with desk_of(small, tmp_path) as first, client_of(first) as client:
        one = Variant(client, "kept")
        score = one.edit("lock", who="P-003", place={"name": "YL-07"})["state"]["score"]
        until = time.monotonic() + 30
        while first.store.plan(one.now["id"]) is None and time.monotonic() < until:
            time.sleep(0.05)
    with desk_of(small, tmp_path) as again, client_of(again) as client:
        found = client.get(f"{API}/{one.now['id']}").json()
        assert [edit["words"][1] for edit in found["edits"]] == ["P-003 at YL-07"]
        assert again.session(found["id"]).settled().warm.score == pytest.approx(score)


def test_a_variant_of_another_stands_where_that_does(variant: Variant) -> None:
    variant.edit("lock", who="P-003", place={"name": "YL-07"})
    answer = variant.client.post(API, json={"name": "copy", "of": variant.now["id"]})
    assert answer.status_code == 201
    assert answer.json()["edits"][0]["diff"] == {"locks": {"P-003": "YL-07"}}
    plan = variant.client.get(f"{API}/{answer.json()['id']}/plan").json()
    assert plan["projects"]["P-003"]["parts"][0]["places"] == "YL-07"


PARCEL: dict[str, Any] = {
    "kind": "add_parcel", "id": "XQD-16", "polygon": lonlat((488_120, 2_520_000), (488_320, 2_520_000),
                                                            (488_320, 2_520_150), (488_120, 2_520_150)),
    "columns": {"state": "free", "land_class": "M1", "far_max": 3, "coverage_max": 0.5, "ready_year": 2026},
}  # fmt: skip
PROJECT: dict[str, Any] = {
    "kind": "add_project", "id": "P-900",
    "columns": {"name": HOSTILE, "industry": "A06.1", "tier": "战略级", "investment_yi": "90 亿元"},
    "parts": [{"part": "production", "columns": {"accepts": "P", "land_m2": "3 公顷"}},
              {"part": "research", "columns": {"accepts": "U", "gfa_m2": 2000, "wet_process": False}}],
}  # fmt: skip


def test_a_project_and_a_parcel_added_are_solved_exported_and_taken_back(
    variant: Variant, desk: Desk, small_folder: Path, tmp_path: Path
) -> None:
    """The one is locked onto the other; the file that is exported asks the same, and has a plan as good."""
    first = variant.now["state"]["score"]
    assert variant.edit(**PARCEL)["doubts"] == []
    assert variant.edit(**PROJECT)["edits"][-1]["words"] == ["新增项目 P-900", "project P-900 added"]
    variant.edit("lock", who="P-900/production", place={"name": "XQD-16"})
    assert variant.places()["P-900/production"] == "XQD-16"
    view = variant.client.get(f"{variant.url}/plan").json()
    assert view["projects"]["P-900"]["name"] == HOSTILE
    drawn = {one["properties"]["id"] for one in view["layers"]["parcels_offered"]["features"]}
    assert "XQD-16" in drawn
    held = desk.session(variant.now["id"]).settled()
    assert audit(held.warm.plan, held.inputs)["kept"].all()
    shutil.copytree(small_folder, tmp_path, dirs_exist_ok=True)
    text = variant.client.get(f"{variant.url}/scenario.yaml").text
    (tmp_path / "again.yaml").write_text(text, encoding="utf-8")
    again = read(tmp_path / "again.yaml")
    assert again.scenario.changes == held.inputs.scenario.changes
    pd.testing.assert_frame_equal(pose(again).options, held.warm.case.options)
    for _ in range(3):
        variant.step("undo")
    assert variant.now["state"]["score"] == first
    assert "P-900" not in variant.client.get(f"{variant.url}/plan").json()["parts"]


def test_a_restriction_drawn_is_on_the_map_and_goes_when_it_is_taken_back(variant: Variant) -> None:
    def drawn(layer: str) -> set[str]:
        layers = variant.client.get(f"{variant.url}/plan").json()["layers"]
        return {one["properties"]["id"] for one in layers[layer]["features"]}

    before = drawn("forbidden")
    corners = [[113.858, 22.775], [113.859, 22.775], [113.859, 22.776]]
    variant.edit("restrict", restriction="farmland", polygon=corners)
    assert drawn("forbidden") - before == {"scenario-2"}
    variant.step("undo")
    assert drawn("forbidden") == before


def test_what_is_wrong_with_what_is_added_names_its_column_and_is_not_written(variant: Variant) -> None:
    wrong = {**PROJECT, "columns": {**PROJECT["columns"], "tier": "国家级"},
             "parts": [{"columns": {"accepts": "P", "load_kn_m2": "heavy"}}]}  # fmt: skip
    answer = variant.client.post(f"{variant.url}/edits", json={"version": 1, "edit": wrong})
    assert answer.status_code == 422
    assert {(one["where"].split(" ")[-1], one["column"], *one["features"]) for one in answer.json()["detail"]} == {
        ("changes[0].add", "tier", "P-900/main"), ("changes[0].add.parts[0]", "load_kn_m2", "P-900/main"),
        ("changes[0].add", "land_m2", "P-900/main"),
    }  # fmt: skip
    assert variant.client.get(variant.url).json()["version"] == 1


def test_what_is_doubtful_of_a_parcel_is_said_with_the_edit(variant: Variant) -> None:
    found = variant.edit(**{**PARCEL, "columns": {**PARCEL["columns"], "ready_year": None}})
    assert [one["column"] for one in found["doubts"]] == ["ready_year"]
    assert "needs a ready year" in found["doubts"][0]["en"]


def test_forms_offer_columns_with_units_and_the_values_there_are(variant: Variant) -> None:
    told = variant.client.get(f"{variant.url}/blanks").json()
    project, part, parcel = ({one["name"]: one for one in told[form]} for form in ("project", "part", "parcel"))
    assert [value for value, _ in project["tier"]["values"]] == ["战略级", "关键性", "规模级"]
    assert "A06.1" in [value for value, _ in project["industry"]["values"]]
    assert {value for value, _ in project["cluster"]["values"]} >= {"C01", "B6"}
    assert "P-001" in [value for value, _ in project["supplies"]["values"]]
    assert (part["load_kn_m2"]["unit"], part["load_kn_m2"]["words"]) == ("kN/m²", ["荷载需求", "floor load"])
    assert [value for value, _ in part["accepts"]["values"]] == ["P", "G", "L", "U"]
    assert [value for value, _ in parcel["park"]["values"]] == ["JB", "XQD", "YL"]
    assert {name for name, one in project.items() if one["required"]} == {"name", "industry", "tier"}
    assert "corridor" in [kind for kind, _ in told["restrictions"]]


# Refused


def test_an_illegal_move_is_refused_with_its_figures_and_not_written(variant: Variant) -> None:
    asked = {"version": 1, "edit": {"kind": "lock", "who": "P-007", "place": {"name": "YL-01"}}}
    why = refusal(variant.client.post(f"{variant.url}/edits", json=asked), 422)
    assert "needs 15,000 m², offers 30,000 m²" in why
    assert variant.client.get(variant.url).json()["version"] == 1


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ({"kind": "lock", "who": "P-999", "place": {"name": "YL-01"}}, "P-999"),
        ({"kind": "ban", "who": "P-001", "place": {"name": HOSTILE}}, "no place called"),
        ({"kind": "lock", "who": "P-001", "place": {}}, "exactly one way"),
        ({"kind": "lock", "who": "P-001", "place": {"name": "YL\x92"}}, "a name that can be seen"),
        ({"kind": "withdraw", "places": ["YL-01", "YL\x92"]}, "a name that can be seen"),
        ({"kind": "lock", "who": "P-001", "place": {"name": "a", "park": "b"}}, "exactly one way"),
        ({"kind": "leave_out", "project": "P-99"}, "P-99"),
        ({"kind": "place", "project": "P-020"}, "P-020/main must be placed there but is refused: B01-F01"),
        ({"kind": "keys", "said": {"must_place": ["P-020"]}}, "P-020/main must be placed there but is"),
        ({"kind": "keys", "said": {"locks": {"P-020": {"park": "YL"}}}}, "P-020/main must be placed there but is"),
        ({"kind": "withdraw", "places": []}, "at least 1"),
        ({"kind": "withdraw", "places": ["YL-99"]}, "YL-99"),
        ({"kind": "weight", "goal": "teir", "weight": 1}, "teir"),
        ({"kind": "weight", "goal": "tier", "weight": -1}, "at least 0"),
        ({"kind": "rule", "rule": "power", "value": {"soft": "no"}}, "power"),
        ({"kind": "capacity", "of": "power", "park": "燕罗", "year": 2026, "value": "9 kg"}, "kg"),
        ({"kind": "capacity", "of": "power", "park": "nowhere", "year": 2026, "value": "9 MVA"}, "nowhere"),
        ({"kind": "set", "layer": "parts", "id": "P-001/main", "columns": {"colour": 1}}, "colour"),
        ({"kind": "set", "layer": "parcels", "id": "YL-01", "columns": {"far_max": "much"}}, "much"),
        ({"kind": "restrict", "restriction": "wish", "polygon": [[0, 0], [1, 0], [1, 1]]}, "wish"),
        ({"kind": "keys", "said": {"territory": {"a": 1}}}, "territory"),
        ({"kind": "keys", "said": {"mode": {"kind": "max_min"}}}, "mode"),
        ({**PARCEL, "id": "YL-01"}, "the identifier 'YL-01' is taken"),
        ({**PARCEL, "columns": {"polygon": "x"}}, "state must be given"),
        ({**PARCEL, "polygon": PARCEL["polygon"][:2]}, "at least 3"),
        ({**PARCEL, "polygon": [[190, 0], [1, 0], [1, 1]]}, "at most 180"),
        ({**PROJECT, "parts": []}, "at least 1"),
        ({**PROJECT, "columns": {**PROJECT["columns"], "parts": "x", "gfa_m2": 3}}, "it is a part's column"),
        ({**PROJECT, "id": "P/1"}, "slash"),
        ({"kind": "dance"}, "dance"),
        ({"kind": "lock"}, "who"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_is_refused_with_why_and_not_written(
    variant: Variant, edit: dict[str, Any], why: str
) -> None:
    answer = variant.client.post(f"{variant.url}/edits", json={"version": 1, "edit": edit})
    assert why in refusal(answer, 422)
    assert variant.client.get(variant.url).json()["version"] == 1


def test_a_stale_edit_is_refused_with_both_versions(variant: Variant) -> None:
    variant.edit("lock", who="P-003", place={"name": "YL-07"})
    asked = {"version": 1, "edit": {"kind": "weight", "goal": "tier", "weight": 3}}
    answer = variant.client.post(f"{variant.url}/edits", json=asked)
    assert "by now it is version 2" in refusal(answer, 409)
    assert answer.json()["now"]["edits"][0]["diff"] == {"locks": {"P-003": "YL-07"}}
    assert [one["words"][1] for one in answer.json()["since"]] == ["P-003 at YL-07"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", f"{API}/99999", None, 404),
        ("GET", f"{API}/x", None, 422),
        ("GET", f"{API}/-1", None, 422),
        ("POST", API, {}, 422),
        ("POST", API, {"name": ""}, 422),
        ("POST", API, {"name": "a" * 121}, 422),
        ("POST", API, {"name": "a", "more": 1}, 422),
        ("POST", API, {"name": "a", "of": 99999}, 404),
        ("POST", API, [1], 422),
        ("PATCH", f"{API}/1", {"version": 99, "name": "b"}, 409),
        ("DELETE", f"{API}/1?version=99", None, 409),
        ("DELETE", f"{API}/1", None, 422),
        ("PUT", f"{API}/1", {}, 405),
        ("GET", f"{API}/1/targets?project=P-99", None, 422),
        ("POST", f"{API}/1/comments", {"text": " "}, 422),
        ("POST", f"{API}/1/comments", {"text": "a" * 4001}, 422),
        ("POST", f"{API}/99999/comments", {"text": "a"}, 404),
        ("GET", "/api/v1/history?after=x", None, 422),
        ("GET", "/api/v2/variants", None, 404),
    ],
)
def test_what_is_not_of_the_api_is_refused_with_why(
    client: TestClient, method: str, path: str, body: object, code: int
) -> None:
    refusal(client.request(method, path, json=body) if body is not None else client.request(method, path), code)


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"name": NaN}', b'{"name": "\\ud800"}', b"[" * 100_000])
def test_what_is_no_json_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post(API, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    refusal(answer, answer.status_code)


# Comments, history, events


def test_comments_are_text_and_the_history_tells_who_did_what(variant: Variant) -> None:
    made = variant.client.post(f"{variant.url}/comments", json={"subject": "P-003", "text": HOSTILE}).json()
    assert (made["text"], made["author"]) == (HOSTILE, "local")
    variant.edit("ban", who="P-002", place={"name": "YL-01"})
    variant.step("undo")
    done = variant.client.get("/api/v1/history", params={"variant": variant.now["id"]}).json()
    assert [(one["what"], one["words"][1]) for one in done] == [
        ("undone", "P-002 not at YL-01"), ("edited", "P-002 not at YL-01"), ("commented", f"P-003: {HOSTILE}"),
        ("created", variant.now["name"]),
    ]  # fmt: skip


def test_events_tell_of_an_edit_while_it_is_solved(variant: Variant, desk: Desk) -> None:
    heard: list[dict[str, Any]] = []
    tell = desk.hub.tell
    desk.hub.tell = lambda said: (heard.append(json.loads(json.dumps(said))), tell(said))[1]  # type: ignore[method-assign]
    try:
        session = desk.session(variant.now["id"])
        session.tell = desk.hub.tell
        variant.edit("weight", goal="tier", weight=1.5)
    finally:
        desk.hub.tell = tell  # type: ignore[method-assign]
    mine = [one for one in heard if one["variant"] == variant.now["id"] and one["version"] == 2]
    assert [one["event"] for one in mine if one["event"] != "progress"][:2] == ["edited", "solved"]
    assert mine[0]["state"]["solving"]
    solved_one = next(one for one in mine if one["event"] == "solved")
    assert solved_one["state"]["score"] == variant.now["state"]["score"]
    for one in (one for one in mine if one["event"] == "progress"):
        assert one["progress"]["bound"] is None or one["progress"]["bound"] >= solved_one["state"]["score"] - 1e-6


def test_a_newer_edit_takes_the_place_of_one_being_solved_and_both_hold(variant: Variant, desk: Desk) -> None:
    session = desk.session(variant.now["id"])
    gate, begun = threading.Event(), session._answer

    def slow(*asked: Any) -> Any:
        gate.wait(30)
        return begun(*asked)

    session._answer = slow  # type: ignore[method-assign]
    for version, place in ((1, "YL-07"), (2, "YL-06")):
        who = "P-003" if version == 1 else "P-002"
        asked = {"version": version, "edit": {"kind": "ban", "who": who, "place": {"name": place}}}
        assert variant.client.post(f"{variant.url}/edits", json=asked).json()["state"]["solving"]
    gate.set()
    held = session.settled()
    assert held.version == 3
    assert {(ban.project, ban.place.name) for ban in held.inputs.scenario.bans} == {
        ("P-003", "YL-07"),
        ("P-002", "YL-06"),
    }

"""What a review keeps for the next run and for those without a network: sign-offs, comments that come back."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from reviewed import a_client, a_desk, desk_of, solved
from reviewed_page import served
from test_review_api import HOSTILE, Variant, refusal

import planner
from planner.intake.inputs import Inputs

ID = "3f2b0d3e-6a39-4b1e-9a07-00000000000"
AT = "2026-11-28T08:00:00+08:00"
desk, client = pytest.fixture(scope="module")(a_desk), pytest.fixture(scope="module")(a_client)


@pytest.fixture
def variant(client: TestClient, request: pytest.FixtureRequest) -> Variant:
    return Variant(client, request.node.name[:100])


def standing(variant: Variant) -> Any:
    return variant.client.get(f"{variant.url}/plan").json()["standing"]


# Sign-offs


def test_one_part_is_signed_off_by_itself(variant: Variant) -> None:
    """P-008 has two parts; of the one that is not signed off nothing is said."""
    stands = variant.places()
    variant.edit("sign", who="P-008/research")
    assert set(variant.now["edits"][-1]["diff"]["locks"]) == {"P-008/research"}
    assert standing(variant)["signed"] == ["P-008/research"]
    variant.edit("weight", goal="tier", weight=0.5)
    assert variant.places()["P-008/research"] == stands["P-008/research"]


def test_of_a_project_signed_off_one_part_is_taken_back_or_all_are_signed_by_themselves(variant: Variant) -> None:
    """**Sensitivity**: told by edits alone, taking back one part would take back all, or none."""
    variant.edit("sign", who="P-008")
    assert standing(variant)["signed"] == ["P-008"]
    variant.edit("free", who="P-008/production")
    assert standing(variant)["signed"] == ["P-008/research"]
    here = variant.places()["P-008/production"]
    variant.edit("lock", who="P-008/production", place={"parcels": [here]})  # which is no sign-off
    assert standing(variant)["signed"] == ["P-008/research"]
    variant.edit("sign", who="P-008/production")
    assert standing(variant)["signed"] == ["P-008"]
    variant.edit("free", who="P-008")
    assert standing(variant)["signed"] == []


def test_what_is_signed_off_stays_in_the_next_run_from_the_file(
    variant: Variant, small_folder: Path, tmp_path: Path
) -> None:
    """Proves that the scenario exported, solved from nothing by the command's own way, keeps to what was signed off."""
    stands = variant.places()
    variant.edit("sign", who="P-008")
    variant.edit("sign", who="P-020")  # left out
    variant.edit("weight", goal="tier", weight=0.1)
    told = variant.client.get(f"{variant.url}/scenario.yaml").text
    assert "extends: small.yaml" in told
    file = tmp_path / "signed.yaml"
    file.write_text(told.replace("small.yaml", str(small_folder / "small.yaml")), encoding="utf-8")
    plan = planner.solve(planner.pose(planner.read(file)))
    found = dict(zip(plan.placements["part"], plan.placements["places"], strict=True))
    assert {part: found.get(part) for part in stands if part.startswith("P-008")} == {
        part: where for part, where in stands.items() if part.startswith("P-008")
    }
    assert not [part for part in found if part.startswith("P-020")]


def test_a_sign_off_is_one_no_more_once_its_project_is_moved_or_freed(variant: Variant) -> None:
    """**Sensitivity**: told from the edits alone, a project would be signed off where it stands no more.

    And a lock of the project takes the place of those of its parts: both at once would leave it nowhere to stand.
    """
    variant.edit("sign", who="P-003")
    assert standing(variant)["signed"] == ["P-003"]
    where = next(place for place in ("YL-07", "YL-06", "YL-01") if place != variant.places()["P-003/main"])
    moved = variant.edit("lock", who="P-003", place={"name": where})
    assert moved["edits"][-1]["diff"]["locks"] == {"P-003/main": None, "P-003": where}
    assert variant.places()["P-003/main"] == where
    assert standing(variant)["signed"] == []
    variant.step("undo")
    assert standing(variant)["signed"] == ["P-003"]
    variant.edit("free", who="P-003")
    assert standing(variant)["signed"] == []
    variant.edit("sign", who="P-020")
    variant.edit("ban", who="P-002", place={"name": "YL-01"})
    assert standing(variant)["signed"] == ["P-020"]
    variant.edit("free", who="P-020")
    assert standing(variant)["signed"] == []


def test_nobody_is_signed_off_by_a_name_that_is_none(variant: Variant) -> None:
    for who in ("P-99", "P-008/none", HOSTILE):
        asked = {"version": 1, "edit": {"kind": "sign", "who": who}}
        refusal(variant.client.post(f"{variant.url}/edits", json=asked), 422)
    assert variant.client.get(variant.url).json()["version"] == 1


def test_comments_are_of_a_part_a_project_or_the_variant(variant: Variant) -> None:
    for subject in ("P-008/research", "P-008", ""):
        variant.client.post(f"{variant.url}/comments", json={"subject": subject, "text": f"of {subject}"})
    told = variant.client.get(f"{variant.url}/comments").json()
    assert [one["subject"] for one in told] == ["P-008/research", "P-008", ""]


# Comments from a file


def notes_of(variant: Variant, *comments: dict[str, Any]) -> dict[str, Any]:
    """Return what the offline page of a variant saves."""
    page = variant.client.get(f"{variant.url}/offline.html").text
    found = re.search(r'"notes": ?(\{"variant": ?.*?"of": ?"[^"]*")', page)
    assert found is not None
    return {**json.loads(found[1] + "}"), "comments": list(comments)}


def test_comments_of_an_offline_page_come_back_once_and_bear_who_brought_them(variant: Variant) -> None:
    own = variant.client.post(f"{variant.url}/comments", json={"text": "made here"}).json()
    note = {"id": f"{ID}1", "subject": "P-003", "text": HOSTILE, "author": "赵", "at": AT}
    same = {"id": own["id"], "subject": "", "text": "not what was made here", "author": "赵", "at": AT}
    file = notes_of(variant, note, note, same, {**note, "text": "another of the same number"})
    merge = f"{variant.url}/merge"
    assert [variant.client.post(merge, json=file).json()["added"] for _ in range(2)] == [1, 0]
    told = variant.client.get(f"{variant.url}/comments").json()
    assert [(one["text"], one["author"], one["at"]) for one in told] == [
        (HOSTILE, "赵 (local)", "2026-11-28T00:00:00.000+00:00"), ("made here", "local", own["at"]),
    ]  # fmt: skip


def test_comments_of_another_variant_are_not_taken(variant: Variant, client: TestClient) -> None:
    other = Variant(client, f"other than {variant.now['name']}"[:110])
    file = notes_of(other, {"id": f"{ID}2", "text": "of the other", "author": "赵", "at": AT})
    assert "of another variant" in refusal(client.post(f"{variant.url}/merge", json=file), 422)
    for of in ("", "1", "1 ", file["of"] + " "):
        refusal(client.post(f"{variant.url}/merge", json={**file, "of": of}), 422)
    assert client.get(f"{variant.url}/comments").json() == []
    renamed = client.patch(other.url, json={"version": 1, "name": f"renamed {other.now['id']}"})
    assert renamed.status_code == 200
    assert client.post(f"{other.url}/merge", json=file).json() == {"added": 1}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"id": "x"}, "another form"), ({"id": "../../etc/passwd"}, "another form"), ({"at": "yesterday"}, "a date"),
     ({"at": "2026-13-45T99:00:00Z"}, "a date"), ({"at": "2026-01-01T00:00:00"}, "time zone"),
     ({"at": "0001-01-01T00:00:00+23:00"}, "between 2000"), ({"at": "9999-12-31T23:59:59-23:00"}, "between 2000"),
     ({"text": ""}, "at least 1"), ({"text": "a" * 4_001}, "at most 4000"), ({"text": "a\x00"}, "signs"),
     ({"author": ""}, "at least 1"), ({"author": "a\nb"}, "signs"), ({"author": "a" * 121}, "at most 120"),
     ({"subject": "a" * 121}, "at most 120"), ({"role": "owner"}, "no such field"), ({"text": {"a": 1}}, "a text")],
)  # fmt: skip
def test_a_comment_that_is_none_is_refused_with_the_whole_file(
    variant: Variant, wrong: dict[str, Any], why: str
) -> None:
    good = {"id": f"{ID}3", "text": "good", "author": "赵", "at": AT}
    file = notes_of(variant, good, {**good, "id": f"{ID}4", **wrong})
    assert why in refusal(variant.client.post(f"{variant.url}/merge", json=file), 422)
    assert variant.client.get(f"{variant.url}/comments").json() == []


@pytest.mark.parametrize("file", [{"comments": []}, {"variant": "a", "of": "b", "comments": "all"}, [], "text", 1])
def test_a_file_that_holds_no_comments_is_refused(variant: Variant, file: object) -> None:
    refusal(variant.client.post(f"{variant.url}/merge", json=file), 422)


def test_the_longest_names_are_kept_whole(variant: Variant) -> None:
    """Who said it and who brought it together are longer than either may be."""
    note = {"id": f"{ID}5", "text": "a", "author": "长" * 120, "at": AT, "subject": "s" * 120}
    assert variant.client.post(f"{variant.url}/merge", json=notes_of(variant, note)).json() == {"added": 1}
    (told,) = variant.client.get(f"{variant.url}/comments").json()
    assert told["author"] == "长" * 120 + " (local)"


# Files that leave


@pytest.mark.filterwarnings("ignore:.* extension is not supported")
def test_formulas_and_markup_stay_text_in_what_is_exported(variant: Variant) -> None:
    """A name and a comment that a workbook would compute and a page would run."""
    name = f"{HOSTILE} @SUM(1)"
    assert variant.client.patch(variant.url, json={"version": 1, "name": name}).status_code == 200
    variant.now["version"] = 2
    variant.edit("set", layer="projects", id="P-003", columns={"name": "=cmd|' /C calc'!A0", "firm": "+1+1<b>"})
    url = variant.url
    assert variant.client.post(f"{url}/comments", json={"text": "</script><script>window.pwned=1</script>"})
    offline = variant.client.get(f"{url}/offline.html")
    assert "</script><script>window.pwned" not in offline.text
    assert '<img src=x onerror="window' not in offline.text
    book = load_workbook(io.BytesIO(variant.client.get(f"{url}/plan.xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert any(cell.value == "=cmd|' /C calc'!A0" for cell in cells)
    told = variant.client.get(f"{url}/scenario.yaml")
    header = told.headers["content-disposition"]
    assert not set(header) & set('<>"\n\r')
    assert header.startswith("attachment;")
    assert HOSTILE[1:5] in told.text


# From a notebook


def test_the_example_of_the_readme_runs(small: Inputs, tmp_path: Path) -> None:
    """With what is installed: on the tiny territory, where its project and place have other names."""
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme[readme.index("## A review") : readme.index("## A study")], re.S)
    with desk_of(small, tmp_path) as desk, served(desk) as address:
        code = code.replace("http://127.0.0.1:8321/", address).replace('"B58"', '"YL-07"')
        lines = code.strip().splitlines()
        told: dict[str, Any] = {}
        for line in lines[-3:]:
            code = code.replace(line, f"told.append({line.partition('  #')[0]})")
        found: list[Any] = []
        exec(compile(code, "README.md", "exec"), told | {"told": found})
        check, lost, state = found
        assert check[0]["legal"]
        assert len(lost) == 2
        assert state["score"] == pytest.approx(solved(small).score - lost[1], abs=1e-6)  # type: ignore[operator]

"""YAML files, what they extend, and where each value was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner import documents
from planner.errors import DataError, ScenarioError


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def fault_of(path):
    """Return the only fault of a file."""
    with pytest.raises(ScenarioError) as caught:
        documents.read(path)
    (fault,) = caught.value.faults
    assert fault.rule.zh
    assert fault.remedy.zh
    return fault


# Merging


def test_maps_merge_lists_replace_changes_append_null_removes(write):
    write("base.yaml", "a: {x: 1, y: {p: 1, q: 2}}\nyears: [2026, 2030]\nchanges: [{withdraw: [A]}]\nb: 1\nc: {k: 1}\n")
    child = write(
        "child.yaml",
        "extends: base.yaml\na: {y: {q: 3}, z: 4}\nyears: [2027, 2028]\n"
        "changes: [{withdraw: [B]}]\nb: null\nc: {k: null}\n",
    )
    assert documents.read(child).value == {
        "extends": "base.yaml",
        "a": {"x": 1, "y": {"p": 1, "q": 3}, "z": 4},
        "years": [2027, 2028],
        "changes": [{"withdraw": ["A"]}, {"withdraw": ["B"]}],
        "c": {},
    }


def test_only_the_changes_at_the_top_append(write):
    write("base.yaml", "a: {changes: [1]}\n")
    child = write("child.yaml", "extends: base.yaml\na: {changes: [2]}\n")
    assert documents.read(child).value["a"] == {"changes": [2]}


def test_a_map_replaces_a_scalar_and_back(write):
    write("base.yaml", "power: true\ntitle: {zh: 甲}\n")
    child = write("child.yaml", "extends: base.yaml\npower: {YL: {2026: 1 MVA, 2027: null}}\ntitle: B\n")
    assert documents.read(child).value == {"power": {"YL": {"2026": "1 MVA"}}, "title": "B", "extends": "base.yaml"}


def test_null_in_a_map_is_nothing_but_stays_in_a_list(write):
    path = write("a.yaml", "a: null\nb: {c: ~, d: {e:}}\nl: [{set: {far_max: null}}, null]\n")
    assert documents.read(path).value == {"b": {"d": {}}, "l": [{"set": {"far_max": None}}, None]}


def test_a_chain_of_three_is_read_root_first(write):
    root = write("up/root.yaml", "a: 1\nb: 1\nc: 1\n")
    middle = write("up/middle.yaml", "extends: root.yaml\nb: 2\nc: 2\n")
    leaf = write("leaf.yaml", "extends: up/middle.yaml\nc: 3\n")
    document = documents.read(leaf)
    assert document.files == (root, middle, leaf)
    assert {key: document.value[key] for key in "abc"} == {"a": 1, "b": 2, "c": 3}


# Origins


def test_every_value_knows_its_file_and_line(write):
    write("base.yaml", "rules:\n  power:\n    燕罗:\n      2026: 60 MVA\nchanges:\n  - withdraw: [A]\n")
    child = write("child.yaml", "extends: base.yaml\nchanges:\n\n  - withdraw:\n      - B\n")
    document = documents.read(child)
    assert {path: str(origin) for path, origin in document.origin.items()} == {
        "extends": "child.yaml:1",
        "rules": "base.yaml:1",
        "rules.power": "base.yaml:2",
        "rules.power.燕罗": "base.yaml:3",
        "rules.power.燕罗.2026": "base.yaml:4",
        "changes": "child.yaml:2",
        "changes[0]": "base.yaml:6",
        "changes[0].withdraw": "base.yaml:6",
        "changes[0].withdraw[0]": "base.yaml:6",
        "changes[1]": "child.yaml:4",
        "changes[1].withdraw": "child.yaml:4",
        "changes[1].withdraw[0]": "child.yaml:5",
    }
    assert document.where("rules", "power", "燕罗", "2026") == "base.yaml:4 rules.power.燕罗.2026"
    assert document.where("changes", 1, "withdraw", 0) == "child.yaml:5 changes[1].withdraw[0]"
    assert document.where("rules", "power", "石岩") == "base.yaml:2 rules.power.石岩"
    assert document.where("years") == "child.yaml:1 years"


def test_leaves_are_what_show_prints(write):
    write("base.yaml", "years: [2026, 2030]\ngoals: {tier: 10}\n")
    child = write("child.yaml", "extends: base.yaml\ngoals: {tax: 3}\nlocks: {}\nchanges: [{withdraw: [A, B]}]\n")
    assert [(path, value, str(origin)) for path, value, origin in documents.read(child).leaves()] == [
        ("years", [2026, 2030], "base.yaml:1"),
        ("goals.tier", 10, "base.yaml:2"),
        ("goals.tax", 3, "child.yaml:2"),
        ("extends", "base.yaml", "child.yaml:1"),
        ("locks", {}, "child.yaml:3"),
        ("changes[0].withdraw", ["A", "B"], "child.yaml:4"),
    ]


def test_a_path_is_seen_from_the_file_in_which_it_is_written(write, tmp_path):
    write("deep/base.yaml", "territory: ../gis\n")
    child = write("child.yaml", "extends: deep/base.yaml\nprojects: p.csv\n")
    document = documents.read(child)
    assert document.resolve("../gis", "territory") == tmp_path / "gis"
    assert document.resolve("p.csv", "projects") == tmp_path / "p.csv"


def test_identifiers_and_words_are_not_turned_into_something_else(write):
    path = write("a.yaml", 'a: [012, no, on, 2026-01-01, 12:30, 1_000, .nan, "5", 5, 0.5, true, 9999999999999999999]\n')
    assert documents.read(path).value["a"] == [
        "012", "no", "on", "2026-01-01", "12:30", "1_000", ".nan", "5", 5, 0.5, True, "9999999999999999999",
    ]  # fmt: skip


def test_an_empty_file_and_a_byte_order_mark_are_harmless(write):
    assert documents.read(write("empty.yaml", "# nothing\n")).value == {}
    assert documents.read(write("bom.yaml", "\ufeffa: 1\n")).value == {"a": 1}


# Faults: place, value, allowed, remedy


def test_a_file_that_extends_itself(write):
    fault = fault_of(write("a.yaml", "years: 1\nextends: a.yaml\n"))
    assert fault.words("en") == (
        "a.yaml:2 extends: found 'a.yaml', so that a file extends itself: a.yaml → a.yaml; "
        "allowed: a file that does not lead back. Remove one of these extends"
    )
    assert "a.yaml → a.yaml" in fault.words("zh")


def test_a_circle_names_its_chain(write):
    write("b.yaml", "extends: c.yaml\n")
    write("c.yaml", "\nextends: ./b.yaml\n")
    fault = fault_of(write("a.yaml", "extends: b.yaml\n"))
    assert fault.where == "c.yaml:2 extends"
    assert "b.yaml → c.yaml → b.yaml" in fault.rule.en
    assert fault.remedy.en == "Remove one of these extends"


def test_a_missing_parent_names_the_nearest(write):
    write("base.yaml", "a: 1\n")
    fault = fault_of(write("a.yaml", "# x\nextends: bsae.yaml\n"))
    assert fault.where == "a.yaml:2 extends"
    assert "bsae.yaml" in fault.rule.en
    assert "allowed: a YAML file" in fault.rule.en
    assert fault.remedy.en == "Did you mean base.yaml?"


def test_a_missing_file_lists_what_is_there(tmp_path, write):
    write("one.yaml", "a: 1\n")
    fault = fault_of(tmp_path / "quite-other.yaml")
    assert fault.where == "quite-other.yaml"
    assert fault.remedy.en == "In that folder are: one.yaml"
    assert fault_of(tmp_path / "nowhere" / "x.yaml").remedy.en == "In that folder are: —"


@pytest.mark.parametrize("parent", ["[a.yaml, b.yaml]", "{a: b}", "3", "true", '""'])
def test_extends_takes_one_file_name(write, parent):
    fault = fault_of(write("a.yaml", f"extends: {parent}\n"))
    assert fault.where == "a.yaml:1 extends"
    assert "allowed: the name of one file" in fault.rule.en
    assert fault.remedy.en == "Write extends: base.yaml"


@pytest.mark.parametrize("parent", ['"\\0"', "x" * 5000, "/dev/null", "..", "/proc/self/mem"])
def test_hostile_parents_are_faults(write, parent):
    assert fault_of(write("a.yaml", f"extends: {parent}\n")).where == "a.yaml:1 extends"


def test_a_chain_has_an_end(write):
    for k in range(30):
        write(f"f{k}.yaml", f"extends: f{k + 1}.yaml\n")
    assert "allowed: at most 20" in fault_of(write("a.yaml", "extends: f0.yaml\n")).rule.en


def test_all_duplicate_keys_at_once(write):
    path = write("a.yaml", "goals:\n  tier: 1\n  tax: 2\n  tier: 3\nyears: [1]\ngoals: {}\n")
    with pytest.raises(ScenarioError) as caught:
        documents.read(path)
    assert [fault.words("en") for fault in caught.value.faults] == [
        "a.yaml:4 tier: found key 'tier' a second time, first on line 2; allowed: once. Join the two, or remove one",
        "a.yaml:6 goals: found key 'goals' a second time, first on line 1; allowed: once. Join the two, or remove one",
    ]


def test_two_spellings_of_one_key_are_one_key(write):
    assert "'2026'" in fault_of(write("a.yaml", 'a: {2026: 1, "2026": 2}\n')).rule.en


def test_tags_are_not_executed(write, tmp_path):
    mark = tmp_path / "executed"
    fault = fault_of(write("a.yaml", f'b: 1\na: !!python/object/apply:os.system ["touch {mark}"]\n'))
    assert fault.where == "a.yaml:2"
    assert "python/object/apply:os.system" in fault.rule.en
    assert "allowed: plain values" in fault.rule.en
    assert fault.remedy.en.startswith("Remove it")
    assert not mark.exists()


def test_a_billion_laughs_are_not_laughed(write):
    lines = ["a0: &a0 [ha, ha]", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 40))]
    with pytest.raises(ScenarioError) as caught:
        documents.read(write("a.yaml", "\n".join(lines)))
    first = caught.value.faults[0]
    assert first.words("en") == (
        "a.yaml:1: found the anchor or alias '&a0'; allowed: plain values. Write the value out, or share it by extends"
    )
    assert len(caught.value.faults) <= 120


@pytest.mark.parametrize(
    "text",
    ["a: " + "[" * 10_000, "a: " + "{a: " * 10_000, "- " * 10_000, "\n".join(" " * k + "a:" for k in range(600))],
)
def test_bottomless_nesting_is_a_fault(write, text):
    fault = fault_of(write("a.yaml", text))
    assert "found more than 50 levels of nesting; allowed: 50" in fault.rule.en
    assert fault.remedy.en == "Check brackets and indentation"


def test_a_file_without_end_is_a_fault(write):
    fault = fault_of(write("a.yaml", "a: 1\n" * 200_000))
    assert "longer than 500000 bytes" in fault.rule.en
    assert fault.remedy.en == "Keep geometry in a layer and name its file"


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("goals:\n  tier: 1\n\ttax: 2\n", "a.yaml:3", "'tax: 2', which is not YAML"),
        ("a: [1, 2\nb: 3\n", "a.yaml:2", "which is not YAML"),
        ("years：[2026]\ngoals: {}\n", "a.yaml:2", "which is not YAML"),
        ("a: 1\nb: \x01\n", "a.yaml:2", "the character"),
        ("years：[2026]\n", "a.yaml:1", "found 'years：[2026]'; allowed: keys with values"),
        ("- a\n", "a.yaml:1", "found a list of 1; allowed: keys with values"),
        ("5\n", "a.yaml:1", "found 5; allowed: keys with values"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2", "found a second document (---); allowed: one in a file"),
        ("? [a]\n: 1\n", "a.yaml:1", "as a key; allowed: a word"),
        ("a: *nowhere\n", "a.yaml:1", "alias '*nowhere'"),
    ],
)
def test_what_is_not_readable_names_its_line(write, text, where, found):
    fault = fault_of(write("a.yaml", text))
    assert fault.where == where
    assert found in fault.rule.en
    assert fault.remedy.en


def test_another_encoding_is_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\ntitle: 新桥东\n".encode("gbk"))
    fault = fault_of(path)
    assert (fault.where, fault.rule.en) == ("a.yaml:2", "line 2 is not UTF-8, the only encoding allowed")
    assert fault.remedy.zh == "用编辑器另存为 UTF-8"


def test_a_hostile_key_is_shown_harmless(write):
    path = write("a.yaml", '"a\\e[31m.b": {"": 1}\n')
    document = documents.read(path)
    assert document.where("a\x1b[31m.b", "") == 'a.yaml:1 "a\\u001b[31m.b".""'


def test_the_caller_says_which_error(write):
    with pytest.raises(DataError):
        documents.read(write("territory.yaml", "a: 1\na: 2\n"), error=DataError)


@pytest.mark.parametrize("key", ['a"b', "a\\b", 'a\\"b.c', "a.b", "\n"])
def test_a_path_is_read_as_it_was_written(key: str) -> None:
    assert documents.split(documents.join("rules", key, 2, "x")) == ("rules", key, 2, "x")

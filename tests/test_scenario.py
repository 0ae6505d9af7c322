"""Scenario files: what may be written, and what is said about everything else."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pydantic
import pytest
from jsonschema import Draft202012Validator

from planner import documents, scenario
from planner.errors import ScenarioError
from planner.scenario import Goals, Place, Rules, Scenario

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


@pytest.fixture
def faults(write):
    """Return a function that gives all faults of a text, with years on its first line."""

    def of(text: str) -> list[str]:
        path = write("a.yaml", "years: [2026, 2030]\n" + text)
        with pytest.raises(ScenarioError) as caught:
            scenario.load(path)
        assert "Value error" not in str(caught.value)
        for fault in caught.value.faults:
            assert fault.rule.zh
            assert fault.remedy.zh
        return [fault.words("en") for fault in caught.value.faults]

    return of


@pytest.fixture
def read(write):
    """Return a function that reads a text, with years on its first line."""
    return lambda text: scenario.load(write("a.yaml", "years: [2026, 2030]\n" + text))


# What may be written


def test_a_scenario_needs_years_and_no_file():
    made = Scenario(years=(2026, 2030), goals={"tier": 10, "tax": 3})
    assert made.goals.weights == {"tier": 10.0, "tax": 3.0}
    assert made.document is None
    assert made.where("locks", "P-017/wet") == "locks.P-017/wet"
    assert made.rules == Rules()
    assert (made.solver.gap, made.solver.seed, made.solver.threads, made.solver.effort) == (0.01, 1, 2, None)


def test_a_scenario_from_a_file_equals_one_made_in_python(read):
    assert read("goals: {tier: 10}\nsolver: {gap: 0.5 %}\n") == Scenario(
        years=(2026, 2030), goals=Goals(tier=10), solver={"gap": 0.005}
    )
    assert read("goals: {tier: 10}\n") != Scenario(years=(2026, 2030), goals=Goals(tier=9))


def test_a_scenario_is_frozen_and_survives_a_process_border(read):
    made = read("changes: [{set: {layer: parcels, id: A, far_max: 4}}]\nlocks: {P-1: 石岩}\n")
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        made.normalise = "own"
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        made.goals.tier = 3.0
    copy = pickle.loads(pickle.dumps(made))
    assert copy == made == Scenario.model_validate(made.model_dump())
    assert copy.where("locks", "P-1") == "a.yaml:3 locks.P-1"
    assert made.model_copy(update={"normalise": "own"}).where("locks", "P-1") == "a.yaml:3 locks.P-1"


def test_quantities_carry_their_unit(read):
    made = read(
        "rules: {power: {燕罗: {2026: 60 MVA, 2028: 1.2 万kVA}}, simultaneity: 80 %}\n"
        "sites: {street_gap_m: 0.03 km, facing_m: 20}\nsolver: {gap: 1 %, time_limit_s: 5 min}\n"
    )
    assert made.rules.power.on
    assert made.rules.power.caps == {"燕罗": {2026: 60_000.0, 2028: 12_000.0}}
    assert made.rules.simultaneity == 0.8
    assert (made.sites.street_gap_m, made.sites.facing_m) == (30.0, 20.0)
    assert (made.solver.gap, made.solver.time_limit_s) == (0.01, 300.0)


@pytest.mark.parametrize(("written", "on"), [("true", True), ("false", False), ("no", False), ("on", True)])
def test_power_is_a_switch_too(read, written, on):
    power = read(f"rules: {{power: {written}}}\n").rules.power
    assert (power.on, power.caps) == (on, {})


@pytest.mark.parametrize(
    ("written", "kind", "names"),
    [
        ("{park: 石岩}", "park", ("石岩",)),
        ("{building: B07}", "building", ("B07",)),
        ("{floor: B07-F03}", "floor", ("B07-F03",)),
        ("{parcels: [A-1, 12]}", "parcels", ("A-1", "12")),
        ("{parcels: A-1}", "parcels", ("A-1",)),
        ("[A-1, A-2]", "parcels", ("A-1", "A-2")),
        ("石岩", "name", ("石岩",)),
        ("B07", "name", ("B07",)),
    ],
)
def test_places_in_long_and_short(read, written, kind, names):
    made = read(
        f"locks: {{P-1: {written}}}\nonly: {{P-2/wet: {written}}}\nbans: [{{project: P-3, place: {written}}}]\n"
    )
    for place in (made.locks["P-1"], made.only["P-2/wet"], made.bans[0].place):
        assert isinstance(place, Place)
        assert (place.kind, place.names) == (kind, names)


def test_changes_are_told_apart_by_their_key(read, tmp_path):
    changes = read(
        "changes:\n"
        "  - withdraw: [XQD-014, B07-F03]\n"
        "  - corridor: {line: [[113.85, 22.73], [113.86, 22.74]], half_width_m: 30 m}\n"
        "  - restrict: {file: lines.gpkg, kind: metro}\n"
        "  - restrict: {polygon: [[113.85, 22.73], [113.86, 22.73], [113.86, 22.74]], kind: farmland}\n"
        "  - set: {layer: parcels, id: XQD-015, far_max: 4, height_limit_m: null, note: 5 ha}\n"
    ).changes
    assert [change.kind for change in changes] == ["withdraw", "corridor", "restrict", "restrict", "set"]
    assert changes[0].withdraw == ("XQD-014", "B07-F03")
    assert changes[1].corridor.line == ((113.85, 22.73), (113.86, 22.74))
    assert changes[1].corridor.half_width_m == 30.0
    assert (changes[2].restrict.file, changes[2].restrict.kind) == (tmp_path / "lines.gpkg", "metro")
    assert changes[3].restrict.polygon[2] == (113.86, 22.74)
    assert (changes[4].set.layer, changes[4].set.id) == ("parcels", "XQD-015")
    assert changes[4].set.columns == {"far_max": 4, "height_limit_m": None, "note": "5 ha"}


def test_reserves(read):
    largest, listed = read(
        "reserve: [{block: largest, park: YL, for: 战略级}, {block: [A, 7], for: 关键性}]\nmust_place: P-1\n"
    ).reserve
    assert (largest.block, largest.park, largest.for_tier) == ((), "YL", "战略级")
    assert (listed.block, listed.park, listed.for_tier) == (("A", "7"), None, "关键性")


def test_titles(read):
    assert read("title: 新桥东\n").title.words == read("title: {zh: 新桥东}\n").title.words
    words = read("title: {zh: 新桥东, en: Xinqiao East}\n").title.words
    assert (words.zh, words.en) == ("新桥东", "Xinqiao East")


def test_paths_are_seen_from_the_file_that_names_them(write, tmp_path):
    write("deep/base.yaml", "territory: ../gis\nyears: [2026, 2030]\nchanges: [{restrict: {file: r.gpkg, kind: k}}]\n")
    child = write(
        "q/a.yaml", "extends: ../deep/base.yaml\nprojects: p.csv\nchanges: [{restrict: {file: s.gpkg, kind: k}}]\n"
    )
    made = scenario.load(child)
    assert made.territory == tmp_path / "gis"
    assert made.projects.table == tmp_path / "q" / "p.csv"
    assert [change.restrict.file for change in made.changes] == [
        tmp_path / "deep" / "r.gpkg",
        tmp_path / "q" / "s.gpkg",
    ]


def test_the_root_is_what_goals_are_measured_against(write):
    base = write("base.yaml", "years: [2026, 2030]\nprojects: p.csv\n")
    write("b.yaml", "extends: base.yaml\nprojects: q.csv\n")
    leaf = write("a.yaml", "extends: b.yaml\nyears: [2026, 2027]\n")
    assert scenario.root(leaf) == scenario.load(base)
    assert scenario.root(base) == scenario.load(base)
    assert scenario.load(leaf).document.files == (base, leaf.parent / "b.yaml", leaf)


def test_a_child_may_do_without_what_its_parent_says(write):
    write("base.yaml", "years: [2026, 2030]\nlocks: {P-1: {park: 石岩}}\nrules: {power: {石岩: {2026: 5 MVA}}}\n")
    made = scenario.load(write("a.yaml", "extends: base.yaml\nlocks: {P-1: null}\nrules: {power: false}\n"))
    assert made.locks == {}
    assert (made.rules.power.on, made.rules.power.caps) == (False, {})


# What is said about everything else: file, line, key, value, allowed, remedy


def test_a_misspelt_key_names_the_nearest(faults):
    assert faults("goals:\n  tier: 1\n  teir: 2\n") == [
        "a.yaml:4 goals.teir: found unknown key 'teir'; "
        f"allowed: {', '.join(Goals.model_fields)}. Did you mean tier?"
    ]


def test_an_unknown_key_with_nothing_near(faults):
    (said,) = faults("\nquux: 1\n")
    assert said.startswith(
        "a.yaml:3 quux: found unknown key 'quux'; allowed: extends, title, territory, projects, years, "
    )
    assert said.endswith(". Remove it")


CASES = [
    # text from line 2 on, and the only fault
    ("normalise: rot\n", "a.yaml:2 normalise: found 'rot'; allowed: root, own. Did you mean root?"),
    ("normalise: 5\n", "a.yaml:2 normalise: found 5; allowed: root, own. Change the value"),
    (
        "solver:\n  gap: 0.01\n",
        "a.yaml:3 solver.gap: found 0.01; allowed: a share with its unit. Write for example 0.5 %",
    ),
    ('solver: {gap: "1"}\n', "a.yaml:2 solver.gap: found '1'; allowed: a share with its unit. Write for example 0.5 %"),
    ("solver: {gap: 150 %}\n", "a.yaml:2 solver.gap: found '150 %'; allowed: at most 1 (share). Change the value"),
    (
        "solver: {time_limit_s: 0}\n",
        "a.yaml:2 solver.time_limit_s: found 0; allowed: more than 0 (s). Change the value",
    ),
    (
        "solver: {time_limit_s: 3 m}\n",
        "a.yaml:2 solver.time_limit_s: found '3 m', which is a length; allowed: a time. Write for example 45 s",
    ),
    ("solver: {threads: 0}\n", "a.yaml:2 solver.threads: found 0; allowed: at least 1. Change the value"),
    (
        "solver: {threads: 1.5}\n",
        "a.yaml:2 solver.threads: found 1.5; allowed: a whole number. Leave out the decimals",
    ),
    (
        "solver: {seed: true}\n",
        "a.yaml:2 solver.seed: found true, which has no number; allowed: a plain number. Write for example 3",
    ),
    ("goals: {tier: -1}\n", "a.yaml:2 goals.tier: found -1; allowed: at least 0 (points). Change the value"),
    (
        "goals: {tier: high}\n",
        "a.yaml:2 goals.tier: found 'high', which has no number; allowed: a plain number. Write for example 3",
    ),
    (
        "goals: {tier: [1]}\n",
        "a.yaml:2 goals.tier: found a list of 1; allowed: a plain number. Write for example 3",
    ),
    ("goals: [tier]\n", "a.yaml:2 goals: found a list of 1; allowed: keys with values. Change the value"),
    (
        "rules: {power: {燕罗: {2026: 60}}}\n",
        "a.yaml:2 rules.power.燕罗.2026: found 60; allowed: an electrical capacity with its unit. "
        "Write for example 60 MVA",
    ),
    (
        "rules: {power: {燕罗: {2026: 60 MW}}}\n",
        "a.yaml:2 rules.power.燕罗.2026: found '60 MW', which is an active power; allowed: an electrical capacity. "
        "Write for example 60 MVA",
    ),
    (
        "rules: {power: {燕罗: {26: 60 MVA}}}\n",
        "a.yaml:2 rules.power.燕罗.26: found '26'; allowed: at least 2000. Change the value",
    ),
    (
        "rules: {power: {燕罗: 60 MVA}}\n",
        "a.yaml:2 rules.power.燕罗: found '60 MVA'; allowed: keys with values. Change the value",
    ),
    ("rules: {power: maybe}\n", "a.yaml:2 rules.power: found 'maybe'; allowed: true or false. Change the value"),
    (
        "rules: {power: [1]}\n",
        "a.yaml:2 rules.power: found a list of 1; allowed: true, false, or {park: {year: capacity}}. "
        "Write for example {燕罗: {2026: 60 MVA}}",
    ),
    (
        "rules: {parcel_used_once: maybe}\n",
        "a.yaml:2 rules.parcel_used_once: found 'maybe'; allowed: true or false. Change the value",
    ),
    (
        "rules: {simultaneity: 2}\n",
        "a.yaml:2 rules.simultaneity: found 2; allowed: at most 1 (share). Change the value",
    ),
    (
        "sites: {street_gap_m: 3 ha}\n",
        "a.yaml:2 sites.street_gap_m: found '3 ha', which is an area; allowed: a length. Write for example 30 m",
    ),
    (
        "locks:\n  P-1: {park: A, building: B}\n",
        "a.yaml:3 locks.P-1: found park and building together; "
        "allowed: exactly one of park, building, floor, parcels, name. "
        "Keep one; `park: null` removes what a parent file says",
    ),
    (
        "locks: {P-1: {}}\n",
        "a.yaml:2 locks.P-1: found none of them; "
        "allowed: exactly one of park, building, floor, parcels, name. Write for example park: 石岩",
    ),
    (
        "locks: {P-1: {prak: A}}\n",
        "a.yaml:2 locks.P-1.prak: found unknown key 'prak'; "
        "allowed: park, building, floor, parcels, name. Did you mean park?",
    ),
    ("locks: {P-1: []}\n", "a.yaml:2 locks.P-1: found an empty list; allowed: a list of 1 or more. Change the value"),
    (
        "locks: {P-1: 1e3}\n",
        "a.yaml:2 locks.P-1: found 1000.0; allowed: an identifier or a name. Put it in quotes",
    ),
    (
        "must_place: [P-1, 0.5]\n",
        "a.yaml:2 must_place[1]: found 0.5; allowed: an identifier or a name. Put it in quotes",
    ),
    (
        'must_place: [""]\n',
        "a.yaml:2 must_place[0]: found ''; allowed: an identifier or a name that can be seen. "
        "Write the identifier, or remove the entry",
    ),
    (
        "bans:\n  - project: P-1\n",
        "a.yaml:3 bans[0].place: found nothing; allowed: a value, because the key is required. Add place: The place.",
    ),
    (
        "reserve: [{block: biggest, for: 战略级}]\n",
        "a.yaml:2 reserve[0].block: found 'biggest'; allowed: largest, or a list of parcels. "
        "Write largest, or [parcel ids]",
    ),
    (
        "reserve: [{block: [], for: 战略级}]\n",
        "a.yaml:2 reserve[0].block: found an empty list; allowed: largest, or a list of parcels. "
        "Write largest, or [parcel ids]",
    ),
    (
        "reserve: [{block: largest}]\n",
        "a.yaml:2 reserve[0].for: found nothing; allowed: a value, because the key is required. "
        "Add for: Tier for which the land is kept.",
    ),
    (
        "changes:\n  - withdraw: [A]\n    set: {layer: parcels, id: B, far_max: 1}\n",
        "a.yaml:3 changes[0]: found withdraw and set together; "
        "allowed: exactly one of withdraw, corridor, restrict, add, set. "
        "Keep one; `withdraw: null` removes what a parent file says",
    ),
    (
        "changes: [{withdrw: [A]}]\n",
        "a.yaml:2 changes[0].withdrw: found unknown key 'withdrw'; "
        "allowed: withdraw, corridor, restrict, add, set. Did you mean withdraw?",
    ),
    (
        "changes: [{withdraw: []}]\n",
        "a.yaml:2 changes[0].withdraw: found an empty list; allowed: a list of 1 or more. Change the value",
    ),
    (
        "changes: [{corridor: {line: [[22.73, 113.85], [113.86, 22.74]], half_width_m: 30}}]\n",
        "a.yaml:2 changes[0].corridor.line[0]: found '[22.73, 113.85]'; allowed: [longitude, latitude] in degrees. "
        "They are swapped: write [113.85, 22.73]",
    ),
    (
        "changes: [{corridor: {line: [[113.85, 22.73]], half_width_m: 30}}]\n",
        "a.yaml:2 changes[0].corridor.line: found a list of 1; allowed: a list of 2 or more. Change the value",
    ),
    (
        "changes: [{corridor: {line: [[1, 2], [3, x]], half_width_m: 30}}]\n",
        "a.yaml:2 changes[0].corridor.line[1]: found \"[3, 'x']\"; allowed: [longitude, latitude] in degrees. "
        "Write [longitude, latitude], for example [113.85, 22.73]",
    ),
    (
        "changes: [{corridor: {line: [[1, 2], [3, 4]], half_width_m: 0}}]\n",
        "a.yaml:2 changes[0].corridor.half_width_m: found 0; allowed: more than 0 (m). Change the value",
    ),
    (
        "changes: [{restrict: {kind: metro}}]\n",
        "a.yaml:2 changes[0].restrict: found none of them; allowed: exactly one of polygon, file. "
        "Write for example polygon: [[113.85, 22.73], [113.86, 22.73], [113.86, 22.74]]",
    ),
    (
        "changes: [{set: {layer: parcel, id: A, far_max: 4}}]\n",
        "a.yaml:2 changes[0].set.layer: found 'parcel'; "
        "allowed: parks, parcels, buildings, floors, restrictions, supply, projects, parts. Did you mean parcels?",
    ),
    (
        "changes: [{set: {layer: parcels, id: A}}]\n",
        "a.yaml:2 changes[0].set: found no column; allowed: one or more. Add for example far_max: 4",
    ),
    (
        "changes: [{set: {layer: parcels, id: A, far_max: [4]}}]\n",
        "a.yaml:2 changes[0].set.far_max: found a list of 1; allowed: one value. Write a number, a text or null",
    ),
    (
        "changes: {withdraw: [A]}\n",
        "a.yaml:2 changes: found a map of 1 (withdraw); allowed: a list [..]. Change the value",
    ),
    ('territory: ""\n', "a.yaml:2 territory: found ''; allowed: a file or a folder. Write its path"),
    ('projects: "a\\0b"\n', None),
    ("title: 5\n", "a.yaml:2 title: found 5; allowed: keys with values. Change the value"),
]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_every_error_says_place_value_allowed_and_remedy(faults, text, said):
    (found,) = faults(text)
    if said is not None:
        assert found == said


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ("[2030, 2026]", "found '[2030, 2026]'; allowed: the first not after the last. Write [2026, 2030]"),
        ("[2026]", "found a list of 1; allowed: [first year, last year]. Write for example [2026, 2030]"),
        ("2026", "found 2026; allowed: [first year, last year]. Write for example [2026, 2030]"),
    ],
)
def test_years(write, years, said):
    with pytest.raises(ScenarioError) as caught:
        scenario.load(write("a.yaml", f"\nyears: {years}\n"))
    assert str(caught.value) == f"a.yaml:2 years: {said}"


def test_years_out_of_range(write):
    with pytest.raises(ScenarioError) as caught:
        scenario.load(write("a.yaml", "years: [26, 20300]\n"))
    assert str(caught.value) == (
        "a.yaml:1 years[0]: found 26; allowed: at least 2000. Change the value\n"
        "a.yaml:1 years[1]: found 20300; allowed: at most 2100. Change the value"
    )


def test_years_are_required(write):
    with pytest.raises(ScenarioError) as caught:
        scenario.load(write("a.yaml", "title: x\n"))
    assert str(caught.value) == (
        "a.yaml:1 years: found nothing; allowed: a value, because the key is required. "
        "Add years: First and last year, both included."
    )


def test_all_faults_at_once_in_the_order_of_the_lines_and_in_chinese(write):
    write("base.yaml", "years: [2026, 2030]\n\nsolver: {gap: 1}\n")
    path = write("a.yaml", "extends: base.yaml\ngoals: {teir: 1}\nlocks: {P-1: {park: A, floor: B}}\nnormalise: rot\n")
    with pytest.raises(ScenarioError) as caught:
        scenario.load(path)
    assert caught.value.words("zh").splitlines() == [
        "a.yaml:2 goals.teir：未知的键 'teir'；"
        f"可用的键：{', '.join(Goals.model_fields)}。"
        "是否指 tier？",
        "a.yaml:3 locks.P-1：同时给出 park, floor；只能给出 park, building, floor, parcels, name 中的一项。"
        "只留一项；来自上级文件的，用 park: null 去掉",
        "a.yaml:4 normalise：值为 'rot'；应为 root、own。是否指 root？",
        "base.yaml:3 solver.gap：值为 1；应为带单位的比例。例如写 0.5 %",
    ]


def test_a_project_named_like_a_key_confuses_nothing(read, faults):
    assert read("locks: {park: {park: A}, parcels: [B]}\n").locks["parcels"].names == ("B",)
    assert faults("locks: {park: {prak: A}}\n")[0].endswith("Did you mean park?")


def test_hostile_text_is_quoted_and_cut(faults):
    (said,) = faults(f'normalise: "\\e[31m{"x" * 1000}"\n')
    assert "\x1b" not in said
    assert len(said) < 250
    (said,) = faults('"\\e[2J{zh}": 1\n')
    assert "\x1b" not in said
    assert "{zh}" in said


def test_hostile_yaml_is_a_scenario_error(write, tmp_path):
    texts = [
        f'years: !!python/object/apply:os.system ["touch {tmp_path}/executed"]\n',
        "years: " + "[" * 10_000 + "\n",
        "a: &a [x]\n" + "".join(f"b{k}: &b{k} [*a, *a]\n" for k in range(30)),
    ]
    for text in texts:
        with pytest.raises(ScenarioError):
            scenario.load(write("a.yaml", text))
    assert not (tmp_path / "executed").exists()


# The files of the repository


def test_the_committed_schema_is_fresh():
    fresh = json.dumps(scenario.json_schema(), ensure_ascii=False, indent=2) + "\n"
    assert (SCENARIOS / "schema.json").read_text(encoding="utf-8") == fresh, (
        "run: planner schema > scenarios/schema.json"
    )


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_is_readable_and_keeps_the_schema(path):
    made = scenario.load(path)
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")
    assert made.territory == SCENARIOS.parent / "gis_data" / "baoan"
    as_written = documents.nodes.compose(path.read_text(encoding="utf-8"), path)
    Draft202012Validator(scenario.json_schema()).validate(plain(as_written))


def plain(node):
    """Return the plain value of a file by itself, nulls and all."""
    if isinstance(node.value, dict):
        return {key: plain(below) for key, below in node.value.items()}
    return [plain(below) for below in node.value] if isinstance(node.value, list) else node.value


def test_the_schema_takes_what_the_reader_takes():
    schema = Draft202012Validator(scenario.json_schema())
    schema.validate({"extends": "base.yaml", "locks": {"P-1": "石岩", "P-2": ["A"], "P-3": {"park": "A"}, "P-4": None}})
    schema.validate(
        {"rules": {"power": {"燕罗": {"2026": "60 MVA"}}}, "goals": {"tier": None}, "solver": {"gap": "1 %"}}
    )
    schema.validate({"changes": [{"set": {"layer": "parcels", "id": "A", "far_max": None}}, {"withdraw": "A"}]})
    schema.validate({"reserve": [{"block": "largest", "for": "战略级"}], "title": "x"})
    for wrong in ({"goals": {"teir": 1}}, {"solver": {"gap": 0.01}}, {"quux": 1}, {"changes": [{}]}):
        assert not schema.is_valid(wrong)


def test_every_key_has_its_manual_and_units_where_the_name_has_one():
    schema = scenario.json_schema()
    blocks = [schema, *schema["$defs"].values()]
    assert [name for block in blocks for name, key in block["properties"].items() if not key.get("description")] == []
    assert schema["$defs"]["Solver"]["properties"]["time_limit_s"]["unit"] == "s"
    assert schema["$defs"]["Sites"]["properties"]["street_gap_m"]["unit"] == "m"
    assert schema["$defs"]["Solver"]["properties"]["gap"]["default"] == "1 %"


def test_the_base_scenario():
    base = scenario.load(SCENARIOS / "base.yaml")
    assert base.goals.weights == {
        "tier": 5, "investment": 5, "output": 5, "tax": 5, "fit": 5, "waited": 1, "spare_land": 1,
    }  # fmt: skip
    assert base.years == (2026, 2030)
    assert base.rules == Rules()
    assert base.sites == scenario.Sites()
    assert (base.solver.gap, base.solver.time_limit_s) == (0.006, 300.0)

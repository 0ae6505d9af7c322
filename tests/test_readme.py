"""README.md and DESIGN.md say what is: printed output, commands, nouns, files, keys, names, tables out of the code.

What is printed there was written by ``make docs``; here it is made again and compared.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import typer.main
import yaml
from base import ROOT, Solved, solved_base
from test_house import LEVELS

from planner import words
from planner.cli import app
from planner.intake import READERS
from planner.intake.description import ENTRY_KEYS
from planner.plan import TABLES as PLAN_TABLES
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.scenario import load
from planner.territory import LAYERS

SOURCE = ROOT / "planner"
README = (ROOT / "README.md").read_text(encoding="utf-8")
DESIGN = (ROOT / "DESIGN.md").read_text(encoding="utf-8")
PAGES = ["README.md", "DESIGN.md", "docs/model.md", "CHANGELOG.md", "benchmarks/README.md", "gis_data/baoan/README.md"]
NUMBER = re.compile(r"-?[\d,]+(\.\d+)?%?")
FIRST_SCREEN = 16
"""Lines in which name, sentence, picture and both commands must stand."""
PNG = b"\x89PNG\r\n\x1a\n"
REMEDY = "run `make docs` and look at what it changes"


def _docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_make", ROOT / "docs" / "make.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = _docs()


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next of its level."""
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"no heading {heading!r}"
    return found[1]


def first_cells(text: str) -> Iterator[str]:
    """Yield the first cell of every row of the tables in a text, headers and rules aside."""
    for row in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        yield from (line.split("|")[1].strip() for line in row.splitlines()[2:])


def in_code(cell: str) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", cell)


def anchor(heading: str) -> str:
    """Return the name of a heading in a link.

    Examples
    --------
    >>> anchor("The plan folder")
    'the-plan-folder'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# Printed output


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Solved:
    return solved_base(tmp_path_factory)


def printed_in_readme(name: str) -> list[str]:
    return list(docs.stable(docs.block(README, name).strip().removeprefix("```text").removesuffix("```")))


def of_the_plan(lines: list[str]) -> list[str]:
    """Return the lines above those that say where the plan is written: to another folder here."""
    return lines[: next((k for k, line in enumerate(lines) if re.match(r"Plan( |$)", line)), None)]


def labels(lines: list[str]) -> set[str]:
    """Return what names the rows of the tables, without figures."""
    return {NUMBER.sub("", line.split("  ")[0]).strip() for line in lines if "  " in line} - {""}


def alike(said: list[str], found: list[str], folder: Path) -> None:
    """Assert that a README's output is what is printed now.

    Line by line where the solver is the one it was made with. Another release may end on another plan within the same
    gap: then the names of all rows must stand, and the score lie as near to the bound as was asked.
    """
    if docs.block(README, "made-with") == docs.made_with(folder):
        assert of_the_plan(said) == of_the_plan(found), REMEDY
        return
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert labels(said) == labels(found), REMEDY
    assert min(plan["gap"], plan["solver_gap"] or 1.0) <= plan["provenance"]["options"]["gap"]


def test_the_output_of_make_plan_is_what_the_readme_prints(base: Solved) -> None:
    assert base.code == 0
    alike(printed_in_readme("output"), docs.stable(base.printed), base.folder)


def test_the_output_of_show_is_what_the_readme_prints_in_chinese(base: Solved) -> None:
    alike(printed_in_readme("output-zh"), docs.stable(docs.shown(base.folder, "zh")), base.folder)


def test_the_map_is_where_the_output_says(base: Solved) -> None:
    assert f"Map {base.folder / 'map.html'}" in " ".join(base.printed.split())
    assert re.findall(r"^(?:Plan|Map) .*", "\n".join(printed_in_readme("output")), re.MULTILINE) == [
        f"Plan  {docs.PLAN}/", f"Map   {docs.PLAN / 'map.html'}",
    ]  # fmt: skip
    assert (base.folder / "map.html").is_file()


def test_make_plan_is_the_command_whose_output_is_shown() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"planner solve {docs.BASE.as_posix()}" in makefile
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert set(re.findall(r"`?\bmake ([a-z]+)\b", README)) & {"plan", "test", "docs"} <= set(targets)


# First screen


def test_first_screen_has_name_sentence_picture_and_both_commands() -> None:
    top = README.splitlines()[:FIRST_SCREEN]
    assert top[0] == "# planner"
    assert top[2].endswith(".")
    assert sum(line.startswith("![") for line in README.splitlines()) == 1
    assert any("(docs/map.png)" in line for line in top)
    assert [line.split("  ")[0] for line in top if line.startswith("make ")] == ["make plan", "make test"]
    assert re.search(r"[一-鿿]", "".join(top))


def test_the_sentence_is_that_of_the_package() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'description = "{README.splitlines()[2]}"' in project


def test_picture_is_a_png_of_bearable_size() -> None:
    content = (ROOT / "docs" / "map.png").read_bytes()
    assert content.startswith(PNG)
    assert 50_000 < len(content) < 2_000_000


# What the README names


def test_commands_are_those_there_are() -> None:
    root = typer.main.get_command(app)
    named = {code.split()[1] for cell in first_cells(section(README, "## Commands")) for code in in_code(cell)
             if code.startswith("planner ")}  # fmt: skip
    assert named == set(root.commands)  # type: ignore[attr-defined]
    said = {line.split()[1] for line in re.findall(r"`(planner [^`]+)`", README)}
    assert said <= named


def test_nouns_are_those_of_the_house_in_both_languages() -> None:
    rows = [line.split("|")[1:3] for line in section(README, "## Ten nouns").splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 10
    for en, zh in rows:
        pairs = [words.GLOSSARY[noun.strip().lower()] for noun in en.split(",")]
        assert "、".join(pair.zh for pair in pairs) == zh.strip()
    for zh in re.findall(r"（(.+?)）|\(([一-鿿]+)\)", section(README, "## Ten nouns")):
        assert "".join(zh) in {pair.zh for pair in words.GLOSSARY.values()}


def test_layers_and_their_columns_are_those_there_are() -> None:
    rows = [line.split("|") for line in section(README, "## Files").splitlines() if line.startswith("| `")]
    assert [in_code(row[1])[0] for row in rows] == sorted(LAYERS, key=[in_code(row[1])[0] for row in rows].index)
    for row in rows:
        layer = LAYERS[in_code(row[1])[0]]
        assert ("optional" not in row[1]) == layer.required
        assert [name.strip() for name in row[3].split(",")] == [c.name for c in layer.columns if c.required]
        assert (row[2].strip() == "none") == (not layer.geometry)


def test_columns_of_projects_that_must_be_there() -> None:
    said = re.search(r"\*\*Projects\*\* .*? must be there", section(README, "## Files"), re.DOTALL)
    assert said
    assert in_code(said[0]) == [column.name for column in PROJECT_COLUMNS if column.required]
    assert {"columns"} <= set(ENTRY_KEYS)
    assert {".gpkg", ".geojson", ".shp", ".csv"} <= set(READERS)


def test_the_scenario_shown_is_one(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", section(README, "## A scenario"), re.DOTALL)
    assert example
    path = tmp_path / "example.yaml"
    path.write_text(example[1].replace("base.yaml", str(ROOT / "scenarios" / "base.yaml")), encoding="utf-8")
    asked = load(path)
    assert asked.solver.gap == pytest.approx(0.005)
    assert asked.rules.power.caps["燕罗"] == {2026: 60_000.0, 2028: 460_000.0}
    assert [change.kind for change in asked.changes] == ["corridor"]


def test_scenarios_named_are_those_there_are() -> None:
    there = {path.name for path in (ROOT / "scenarios").glob("*.yaml")}
    assert {name.removeprefix("scenarios/") for name in in_code(section(README, "## A scenario"))
            if name.endswith(".yaml")} == there  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("http"):
            continue
        file, _, name = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), f"{page}: {target}"
        if name:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert name in {anchor(heading) for heading in headings}, f"{page}: {target}"


# What DESIGN.md names


def test_the_page_of_the_model_is_fresh() -> None:
    assert docs.MODEL.read_text(encoding="utf-8") == docs.model_page(), "run `python docs/make.py model`"


def test_levels_are_those_the_house_keeps() -> None:
    said = {
        int(level): tuple(in_code(rooms))
        for level, rooms in re.findall(r"^\| (\d) \| ([^|]*) \|", section(DESIGN, "## Layout and levels"), re.MULTILINE)
    }
    there = {path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCE.rglob("*.py")}
    kept = {level: there & set(rooms) for level, rooms in LEVELS.items() if there & set(rooms)}
    assert {level: set(rooms) for level, rooms in said.items()} == kept


def test_every_file_of_the_planner_is_named() -> None:
    named: set[str] = set()
    for cell in first_cells(section(DESIGN, "## Layout and levels")):
        folder = ""
        for file in in_code(cell):
            if not file.endswith(".py"):
                continue
            folder, _, name = file.rpartition("/") if "/" in file else (folder, "", file)
            named.add(f"{folder}/{name}".strip("/"))
    there = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    assert named == there


def test_keys_of_plan_json_are_those_written(base: Solved) -> None:
    keys = {key for cell in first_cells(section(DESIGN, "## The plan folder")) for key in in_code(cell)}
    written = json.loads((base.folder / "plan.json").read_text(encoding="utf-8"))
    of_some = {"proof-1.npz", "frontier.csv", "conflict.json", "explain.json", "plan.xlsx", "against.html"}
    of_some |= {"alternatives/1/", "worth/worth.json"}
    of_some |= {"report.pdf", "report.html", "sheets.pdf", "atlas.pdf", "four/", "export/"}
    of_some |= {f"{name}-{level}{end}" for name, end in (("map", ".html"), ("plan", ".xlsx"), ("against", ".html"))
                for level in ("meeting", "public")}  # fmt: skip
    of_some |= {"report-public.pdf", "four-public/", "export-public/"}
    assert keys - {"plan.json", "plan.gpkg", "proof.npz", "map.html"} - of_some == set(written)
    assert set(in_code(section(DESIGN, "## The plan folder"))) >= set(PLAN_TABLES)
    assert {path.name for path in base.folder.iterdir()} <= keys


# Every page


@pytest.mark.parametrize("page", [*PAGES, "Makefile", ".ci/run"])
def test_no_page_names_a_place_of_one_machine(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.])/(?:home|root|work|Users|tmp|mnt)/\S*", text) == []


def test_yaml_of_the_readme_is_yaml() -> None:
    for example in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL):
        assert isinstance(yaml.safe_load(example), dict)

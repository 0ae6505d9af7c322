"""The rules of the house, as tests: who may import whom, what every rule, goal and test must come with.

Source is read as syntax trees, so that nothing hides in a function or behind ``TYPE_CHECKING``. A failing test names
the module, rule or word concerned.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from tiny import MAIN_PARK, SUMS

import planner
from planner import audit as _audit_function
from planner import case as case_module
from planner import fit, scenario, words, worth
from planner.audit.score import GOALS as AUDITED_GOALS
from planner.case import Case
from planner.model import DEFINITIONS, GOALS, RULES, VARIABLES
from planner.scenario import Goals, Rules

HERE = Path(__file__).parent
ROOT = HERE.parent
SOURCE = ROOT / "planner"
audit_module = importlib.import_module("planner.audit")

LEVELS = {
    0: ("errors", "words", "columns", "documents", "numerals", "quantities", "memory"),
    1: ("scenario", "projects", "territory", "borders"),
    2: (
        "intake", "restrictions", "survey", "changes", "places", "fit", "sites", "lay", "worth", "asks", "thresholds",
        "shares", "uses", "options", "limits", "supply", "near", "signed", "together", "possible", "beyond",
        "listing", "case", "extra", "without",
    ),
    3: ("plan", "proofs", "room", "outbid", "left_out", "model", "published", "layers"),
    4: ("solve", "audit"),
    5: (
        "maps", "explain", "comparison", "contents", "growing", "whatif", "alternatives", "conflict", "levers",
        "repairs", "values", "telling", "sharing",
    ),
    6: ("export", "report", "study"),
    7: ("review",),
    8: ("cli", "__init__", "__main__"),
}
LEVEL = {module: level for level, modules in LEVELS.items() for module in modules}
STRANGERS = (
    {"scenario", "projects", "territory"},
    {"plan", "model"},
    {"solve", "audit"},
    {"maps", "explain"},
)
"""Modules of one level that do not see one another."""
HIDDEN_FROM_AUDIT = {
    "model", "solve", "case", "fit", "sites", "places", "changes", "lay", "worth", "asks", "shares", "uses",
    "options", "limits", "supply", "near", "signed", "together", "room", "outbid", "left_out", "restrictions", "survey",
    "borders", "extra",
}  # fmt: skip
HOMES = {
    "yaml": {"documents"},
    "pyogrio": {"intake"},
    "fiona": {"intake"},
    "pyproj": {"intake"},
    "openpyxl": {"intake"},
    "pyarrow": {"intake"},
    "psycopg": {"intake"},
    "xlrd": {"intake"},
    "xlsxwriter": {"report"},
    "typst": {"report"},
    "ezdxf": {"export"},
    "pylopdf_fonts_zh_cn": {"report"},
    "fontTools": {"report"},
    "highspy": {"solve"},
    "pulp": {"solve"},
    "folium": {"maps"},
    "branca": {"maps"},
    "jinja2": {"maps", "report"},
    "xstatic": {"maps"},
    "dask": {"study"},
    "distributed": {"study"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pylatexenc": {"cli"},
    "scipy": {"model", "solve"},
    "sqlalchemy": {"review"},
    "fastapi": {"review"},
    "starlette": {"review"},
    "uvicorn": {"review"},
    "argon2": {"review"},
    "anyio": {"review"},
    "pydantic": {"scenario", "study", "review"},
    "pydantic_core": {"scenario"},
}
"""Libraries that stand in one room only."""
ANYWHERE_FROM_LEVEL_1 = {"numpy", "pandas", "geopandas", "shapely"}
LINES_MAX = 400
LONG_FILES: dict[str, str] = {
    "planner/territory.py": "a third of it is the table of layers and columns, which is read as one",
    "planner/solve/proof.py": "who checks a proof reads all of it: rows, blocks, cells, and the rounding of their sums",
}
"""Files past 400 lines, each with its reason."""
TERRITORY_MEASURES = {"measured_area_m2", "zones_of", "outside", "usable", "contiguity"}


# Imports


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    """Return the module of the first level a file belongs to (``planner/audit/fit.py`` is in ``audit``)."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (module, names taken from it) of every import in a file, relative ones made absolute."""
    package = (*path.relative_to(ROOT).with_suffix("").parts[:-1],)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((name.name, ()) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            yield module, tuple(name.name for name in node.names)


def rooms_seen(path: Path) -> Iterator[str]:
    """Yield the rooms of the planner that a file imports from."""
    for module, names in imports(path):
        steps = module.split(".")
        if steps[0] != "planner":
            continue
        if len(steps) > 1:
            yield steps[1]
        else:  # from planner import fit, Case
            yield from (name if name in LEVEL else planner._HOME[name].split(".")[1] for name in names)


def edges() -> set[tuple[str, str, str]]:
    return {
        (room(path), seen, path.relative_to(ROOT).as_posix())
        for path in files()
        for seen in rooms_seen(path)
        if seen != room(path)
    }


def test_every_module_has_a_level() -> None:
    assert {room(path) for path in files()} - set(LEVEL) == set()


def test_imports_go_down() -> None:
    up = [f"{path} imports {seen}" for here, seen, path in sorted(edges()) if LEVEL[seen] > LEVEL[here]]
    assert up == []


def test_rooms_that_must_not_see_one_another_do_not() -> None:
    seen = [
        f"{path} imports {there}"
        for here, there, path in sorted(edges())
        if any({here, there} <= strangers for strangers in STRANGERS)
    ]
    assert seen == []


def test_there_is_no_circle_of_imports() -> None:
    graph: dict[str, set[str]] = {}
    for here, seen, _ in edges():
        graph.setdefault(here, set()).add(seen)
    assert list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_audit_shares_nothing_with_the_model_nor_with_what_made_the_plan() -> None:
    seen = [f"{path} imports {there}" for here, there, path in sorted(edges())
            if here == "audit" and there in HIDDEN_FROM_AUDIT]  # fmt: skip
    assert seen == []


def test_audit_measures_land_by_itself() -> None:
    functions = {node.name for node in tree(SOURCE / "territory.py").body if isinstance(node, ast.FunctionDef)}
    assert functions >= TERRITORY_MEASURES
    used = []
    for path in files():
        if room(path) != "audit":
            continue
        for module, names in imports(path):
            if module in ("planner.territory", "planner.projects"):  # data and constants, no functions
                used += [f"{path.name}: {name}" for name in names or ("all of it",) if name.islower()]
            if module == "planner":
                used += [f"{path.name}: {name}" for name in names if name in ("territory", "projects")]
    assert used == []


def test_libraries_stay_in_their_homes() -> None:
    strays = []
    for path in files():
        here = room(path)
        for module, _ in imports(path):
            library = module.split(".")[0]
            if library in HOMES and here not in HOMES[library]:
                strays.append(f"{path.relative_to(ROOT)} imports {library}")
            if library in ANYWHERE_FROM_LEVEL_1 and LEVEL[here] < 1:
                strays.append(f"{path.relative_to(ROOT)} imports {library} on level 0")
    assert strays == []


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.match(r"[A-Za-z0-9_]+", need)[0].lower() for need in project["dependencies"]}  # type: ignore[index]
    declared |= {"yaml", "pydantic_core"}  # PyYAML's module; pydantic's own other half
    declared |= {need.split(">")[0].replace("-", "_") for need in project["dependencies"]}
    strange = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files()
        for module, _ in imports(path)
        if (library := module.split(".")[0]) not in (*sys.stdlib_module_names, "planner")
        and library.lower() not in declared
    }
    assert strange == set()


def test_no_import_hides_in_a_function_except_in_the_commands() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno} in {node.name}"
        for path in files()
        if room(path) not in ("cli", "__main__")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_help_needs_no_geometry_library() -> None:
    """`planner --help` is quick because the package resolves its names lazily."""
    at_import = [module for module, _ in module_level_imports(SOURCE / "__init__.py")]
    assert not [module for module in at_import if module.split(".")[0] not in sys.stdlib_module_names]


def module_level_imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in tree(path).body:  # what stands under `if TYPE_CHECKING` is not run
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield node.module or "", node.lineno


# Public names


def test_public_names_are_sorted() -> None:
    assert list(planner.__all__) == sorted(planner.__all__)
    assert set(planner.__all__) == set(planner._HOME)
    assert dir(planner) == sorted(planner.__all__)


@pytest.mark.parametrize("name", planner.__all__)
def test_public_name_is_what_its_home_calls_so(name: str) -> None:
    """Also after the module of the same name was imported: `planner.solve` is the function, not the package."""
    home = importlib.import_module(planner._HOME[name])
    found = getattr(planner, name)
    assert found is getattr(home, name)
    assert not isinstance(found, ModuleType)
    assert _audit_function is audit_module.audit


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'solv'"):
        _ = planner.solv


# Rules, goals, variables


def everything() -> Case:
    """Return a case in which every rule has rows and every goal has points."""
    beside = ("opened", "chain", "cluster", "leftover", "balance")
    goals = [goal.name for goal in GOALS if goal.name not in beside]
    return Case.from_tables(
        pd.DataFrame(
            {"project": ["P", "Q"], "site": ["s", "t"], "park": "K", "gfa_m2": 5.0, **dict.fromkeys(goals, 1.0)}
        ),
        pd.DataFrame(
            [(0, "parcel", "J", 1.0), (1, "floor", "B-F01", 2.0), (1, "building", "B", 2.0),
             (1, "power", "K 2026", 3.0), (0, "leftover", "B-F02", 1.0),
             (0, "parcel_share", "S", 1.0), (0, "cut_end", "S end 1", 1.0),
             (0, MAIN_PARK, "C", 1.0), *((0, kind, "K", 1.0) for kind in SUMS)],
            columns=["option", "kind", "key", "amount"],
        ),
        pd.DataFrame(
            [("parcel", "J", None, 1.0, 0.0), ("floor", "B-F01", None, 9.0, 0.0), ("building", "B", 1.0, None, 1.0),
             ("power", "K 2026", None, 9.0, 0.0), ("leftover", "B-F01", 2.0, 9.0, 0.0),
             ("leftover", "B-F02", None, None, 0.0), ("balance", "K", None, 9.0, 0.0),
             ("balance", "L", None, 9.0, 0.0), ("parcel_share", "S", None, 1.0, 0.0),
             ("cut_end", "S end 1", None, 1.0, 0.0), *((kind, "K", None, 9.0, 0.0) for kind in SUMS),
             (MAIN_PARK, "C", None, 0.0, 0.0), ("started_space", "B", None, 5.0, 0.0),
             ("started_space_target", "2026", 4.0, None, 0.0)],
            columns=["kind", "key", "at_least", "at_most", "opening_points"],
        ),
        parts=pd.DataFrame({"project": ["P", "Q"], "share_min": [0.5, np.nan]}, index=["P/main", "Q/main"]),
        projects=pd.DataFrame({"cluster": ["C", "C"], "supplies": [(), ("P",)]}, index=["P", "Q"]),
        must_place=["P"],
        goals=dict.fromkeys(beside[1:], 1.0),
        soft={"each_part_placed_with_its_project": 1.0},  # without which each_part_placed_once has no rows
    )  # fmt: skip


@pytest.mark.parametrize("rule", [*RULES, *DEFINITIONS], ids=lambda rule: rule.name)
def test_rows_of_a_rule_are_named_like_its_function(rule: object) -> None:
    rows = rule.rows(everything())  # type: ignore[attr-defined]
    assert rows.rule == rule.name == rule.rows.__name__  # type: ignore[attr-defined]
    assert len(rows.keys) > 0


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_points_of_a_goal_are_named_like_its_function(goal: object) -> None:
    points = goal.objective(everything())  # type: ignore[attr-defined]
    assert points.goal == goal.name == goal.objective.__name__  # type: ignore[attr-defined]
    assert points.points.any()


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_columns_of_a_variable_are_named_like_its_function(variable: object) -> None:
    columns = variable.columns(everything())  # type: ignore[attr-defined]
    assert columns.variable == variable.name == variable.columns.__name__  # type: ignore[attr-defined]
    assert len(columns.keys) > 0


def stated() -> list[Callable[..., object]]:
    """Return every function that states rows, points or columns, those that only tighten included."""
    blocks = importlib.import_module("planner.model.blocks")
    kinds = {"Rows", "Columns", "Objective"}
    found = []
    for path in sorted((SOURCE / "model").glob("*.py")):
        module = importlib.import_module(f"planner.model.{path.stem}") if path.stem != "__init__" else None
        if module is None or module is blocks:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                returned = node.returns.id if isinstance(node.returns, ast.Name) else ""
                if returned in kinds:
                    found.append(getattr(module, node.name))
    return found


@pytest.mark.parametrize("function", stated(), ids=lambda function: function.__name__)
def test_formula_stands_in_the_docstring(function: Callable[..., object]) -> None:
    assert re.search(r"\$[^$]{4,}\$", inspect.getdoc(function) or ""), f"{function.__name__} has no formula"


def test_everything_stated_is_in_the_table_of_contents() -> None:
    """A function that states rows, points or columns and stands in no table is never part of the model."""
    model = importlib.import_module("planner.model")
    listed = {
        getattr(entry, field)
        for table in vars(model).values()
        if isinstance(table, tuple)
        for entry in table
        for field in ("rows", "objective", "columns")
        if hasattr(entry, field)
    }
    assert [function.__name__ for function in stated() if function not in listed] == []


def cases_on_paper(name: str, file: str) -> list[str]:
    """Return docstrings of the tests in a file that are named after something (``test_power``, ``test_power_…``)."""
    return [
        ast.get_docstring(node) or ""
        for node in tree(HERE / file).body
        if isinstance(node, ast.FunctionDef) and (node.name == f"test_{name}" or node.name.startswith(f"test_{name}_"))
    ]


STATED = sorted({item.name for table in (VARIABLES, RULES, GOALS) for item in table})


@pytest.mark.parametrize("name", STATED)
def test_has_a_case_on_paper(name: str) -> None:
    said = [text for path in sorted(HERE.glob("test_model*.py")) for text in cases_on_paper(name, path.name)]
    assert any("Proves" in text and "Sensitivity" in text for text in said), f"no case on paper for {name}"


@pytest.mark.parametrize("name", fit.NAMES)
def test_every_test_of_local_fit_has_a_case_words_and_a_measure(name: str) -> None:
    said = cases_on_paper(name, "test_fit.py")
    assert any("Proves" in text and "Sensitivity" in text for text in said), f"no case on paper for {name}"
    for test in fit.TESTS:
        if test.name == name:
            assert test.words.zh
            assert test.words.en
    assert name in audit_module.MEASURES


def test_every_rule_has_an_audit_measure() -> None:
    assert [rule.name for rule in RULES if rule.name not in audit_module.RULES] == []
    assert set(audit_module.RULES) == {rule.name for rule in RULES}


def test_every_goal_a_scenario_may_weigh_has_an_audit_measure() -> None:
    assert set(AUDITED_GOALS) == set(worth.MEASURES)


def test_goals_have_one_list_of_names() -> None:
    assert set(Goals.model_fields) == set(worth.MEASURES)
    assert set(worth.MEASURES) < {goal.name for goal in GOALS}
    assert {goal.name for goal in GOALS} - set(worth.MEASURES) == {"given"}


def test_rules_have_one_list_of_names() -> None:
    assert list(Rules().names) == list(case_module.RULES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("table", [VARIABLES, DEFINITIONS, RULES, GOALS, fit.TESTS])
def test_names_have_words_in_both_languages(table: tuple[object, ...]) -> None:
    for item in table:
        pair = item.words  # type: ignore[attr-defined]
        assert re.search(r"[一-鿿]", pair.zh), item.name  # type: ignore[attr-defined]
        assert re.fullmatch(r"[ -~–—’]+", pair.en), item.name  # type: ignore[attr-defined]


# Style


def test_files_are_read_in_one_sitting() -> None:
    length = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    assert {name: lines for name, lines in length.items() if lines > LINES_MAX and name not in LONG_FILES} == {}
    assert [name for name in LONG_FILES if length[name] <= LINES_MAX] == []


def test_everything_public_has_a_docstring() -> None:
    bare = []
    for path in files():
        module = tree(path)
        if path.stem != "__main__" and not ast.get_docstring(module):
            bare.append(path.relative_to(ROOT).as_posix())
        for node in module.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            inner = [
                part
                for part in (node.body if isinstance(node, ast.ClassDef) else ())
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")
            ]
            bare += [f"{path.relative_to(ROOT)} {item.name}" for item in (node, *inner) if not ast.get_docstring(item)]
    assert bare == []


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_scenarios_validate(path: Path) -> None:
    asked = scenario.load(path)
    assert asked.title.zh
    assert asked.title.en
    assert asked.territory
    assert asked.territory.is_dir()
    assert asked.projects
    assert asked.projects.table.is_file()


VOCABULARY = """
        territory 空间底数, project 项目, part 分项, scenario 情景, site 落位空间, plot 用地组合, unit 厂房单元,
        option 备选落位, refusal 不符合项, test 适配检验, case 算例, rule 约束, goal 目标, plan 方案, finding 核验结果,
        fault 数据问题, bound 理论上限, gap 与上限差距, left_out 未落位, lock 锁定, ban 排除, growth_pole 增长极,
        score 得分, points 分, shortfall 缺口
    """
WORDS_OF_THE_HOUSE = dict(pair.split() for pair in VOCABULARY.split(","))


def test_glossary_has_the_words_of_the_house() -> None:
    assert {key: words.GLOSSARY[key].zh for key in WORDS_OF_THE_HOUSE if key in words.GLOSSARY} == WORDS_OF_THE_HOUSE
    assert {key: words.GLOSSARY[key].en for key in WORDS_OF_THE_HOUSE} == {
        key: key.replace("_", " ") for key in WORDS_OF_THE_HOUSE
    }

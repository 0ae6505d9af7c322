"""Writes what README.md and DESIGN.md do not say by hand: printed output, tables out of the code, the picture.

::

    python docs/make.py             # everything: solves scenarios/base.yaml, needs Chromium for the picture
    python docs/make.py tables      # the tables of DESIGN.md; solves nothing
    python docs/make.py output      # the printed output in README.md (and the plan in plans/base)
    python docs/make.py picture     # docs/map.png, of the plan in plans/base

Each lies between ``<!-- name -->`` and ``<!-- /name -->``. `tests/test_readme.py` makes them again and compares.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from planner import fit
from planner.audit.score import GOALS as AUDITED_GOALS
from planner.model import GOALS, RULES, VARIABLES

ROOT = Path(__file__).resolve().parents[1]
README, DESIGN, PICTURE = ROOT / "README.md", ROOT / "DESIGN.md", ROOT / "docs" / "map.png"
BASE = Path("scenarios/base.yaml")
PLAN = Path("plans/base")
FORMULA = re.compile(r"\$(.+?)\$")
NOT_THE_PLAN = re.compile(r"^(Time|用时) .*$")
"""The line that differs from run to run."""
SIZE = {"width": 1600, "height": 1000}
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


# What lies between the marks


def block(text: str, name: str) -> str:
    """Return what lies between the marks of a name.

    Examples
    --------
    >>> block("a <!-- x -->b<!-- /x --> c", "x")
    'b'
    """
    found = re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", text, re.DOTALL)
    if found is None:
        raise ValueError(f"no <!-- {name} --> … <!-- /{name} -->")
    return found[1]


def with_block(text: str, name: str, content: str) -> str:
    """Return a text with something else between the marks of a name."""
    opens, closes = f"<!-- {name} -->", f"<!-- /{name} -->"
    return text.replace(f"{opens}{block(text, name)}{closes}", f"{opens}{content}{closes}")


def fenced(output: str) -> str:
    r"""Return printed output as a block of Markdown, without spaces at the ends of lines.

    Examples
    --------
    >>> fenced("a  \nb\n\n")
    '\n```text\na\nb\n```\n'
    """
    lines = "\n".join(line.rstrip() for line in output.strip().splitlines())
    return f"\n```text\n{lines}\n```\n"


def stable(output: str) -> list[str]:
    """Return the lines of an output that do not depend on the clock."""
    return [line.rstrip() for line in output.strip().splitlines() if not NOT_THE_PLAN.match(line)]


# Tables of DESIGN.md


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of a docstring as a cell of a table, its formulas as mathematics."""
    said = (inspect.getdoc(function) or "").split("\n\n")[0].replace("\n", " ")
    return FORMULA.sub(lambda formula: f"$`{formula[1].strip()}`$", re.sub(r"\s+", " ", said)).replace("|", r"\vert ")


def mathematics() -> str:
    """Return the table of variables, rules and goals: formula, scenario key, function, measure of the audit."""
    rows = ["", "| name | formula and meaning | scenario key | function | audit |", "|---|---|---|---|---|"]
    for variable in VARIABLES:
        rows.append(_row(variable.name, variable.words.zh, variable.columns, "", ""))
    for rule in RULES:
        rows.append(_row(rule.name, rule.words.zh, rule.rows, f"rules.{rule.name}", f"audit.{rule.name}"))
    for goal in GOALS:
        known = goal.name in AUDITED_GOALS
        key, measure = (f"goals.{goal.name}", f'audit.score.GOALS["{goal.name}"]') if known else ("", "")
        rows.append(_row(goal.name, goal.words.zh, goal.objective, key, measure))
    return "\n".join([*rows, ""])


def _row(name: str, zh: str, function: Callable[..., object], key: str, measure: str) -> str:
    home = f"{function.__module__.removeprefix('planner.')}.{function.__name__}"
    return f"| `{name}` {zh} | {first_line(function)} | {_code(key)} | `{home}` | {_code(measure)} |"


def _code(text: str) -> str:
    return f"`{text}`" if text else "—"


def local_fit() -> str:
    """Return the table of the tests of local fit."""
    rows = ["", "| test | 中文 | English | tested at | unit |", "|---|---|---|---|---|"]
    for test in fit.TESTS:
        at = ", ".join(test.at) + (" (the whole site)" if test.of_site else "")
        rows.append(f"| `{test.name}` | {test.words.zh} | {test.words.en} | {at} | {test.unit or '—'} |")
    return "\n".join([*rows, ""])


TABLES: Mapping[str, Callable[[], str]] = {"mathematics": mathematics, "local-fit": local_fit}


# Printed output of README.md


def printed(folder: Path, lang: str) -> str:
    """Solve the base scenario into a folder and return what that prints (progress goes elsewhere)."""
    return _planner("solve", str(BASE), "--out", str(folder), lang=lang)


def shown(folder: Path, lang: str) -> str:
    """Return what `planner show` prints of a plan."""
    return _planner("show", str(folder), lang=lang)


def _planner(*words: str, lang: str) -> str:
    command = [sys.executable, "-m", "planner", *words, "--lang", lang]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def made_with(folder: Path) -> str:
    """Return the version of the solver that made a plan; another one may end on another plan within the gap."""
    versions = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["provenance"]["versions"]
    return f"highspy {versions['highspy']}"


def picture(folder: Path, file: Path, lang: str = "en") -> None:
    """Take a picture of a plan's map, in a browser that is offline."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only the picture needs it

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_context(viewport=SIZE, offline=True).new_page()
        page.goto((folder / "map.html").resolve().as_uri())
        page.wait_for_selector("html[data-planner=ready]")
        page.evaluate("lang => Planner.lang === lang || Planner.speak(lang)", lang)
        page.wait_for_timeout(1500)  # tiles of the canvas, fades
        page.screenshot(path=str(file))
        browser.close()


def main(asked: list[str]) -> None:
    """Write what is asked for, everything by default."""
    asked = asked or ["tables", "output", "picture"]
    if unknown := set(asked) - {"tables", "output", "picture"}:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}\n{__doc__}")
    if "tables" in asked:
        text = DESIGN.read_text(encoding="utf-8")
        for name, table in TABLES.items():
            text = with_block(text, name, table())
        DESIGN.write_text(text, encoding="utf-8")
    if "output" in asked:
        text = with_block(README.read_text(encoding="utf-8"), "output", fenced(printed(PLAN, "en")))
        text = with_block(text, "output-zh", fenced(shown(ROOT / PLAN, "zh")))
        README.write_text(with_block(text, "made-with", made_with(ROOT / PLAN)), encoding="utf-8")
    if "picture" in asked:
        picture(ROOT / PLAN, PICTURE)


if __name__ == "__main__":
    main(sys.argv[1:])

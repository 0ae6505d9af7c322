"""Writes what nobody writes by hand: the printed output in README.md, the page of the model, the picture.

::

    python docs/make.py             # everything: solves scenarios/base.yaml, needs Chromium for the picture
    python docs/make.py model       # docs/model.md; solves nothing
    python docs/make.py output      # the printed output in README.md (and the plan in plans/base)
    python docs/make.py picture     # docs/map.png, of the plan in plans/base

Output lies between ``<!-- name -->`` and ``<!-- /name -->``. `tests/test_readme.py` makes them again and compares.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from planner.contents import KINDS, Entry, contents

ROOT = Path(__file__).resolve().parents[1]
README, MODEL, PICTURE = ROOT / "README.md", ROOT / "docs" / "model.md", ROOT / "docs" / "map.png"
BASE = Path("scenarios/base.yaml")
PLAN = Path("plans/base")
MODEL_HEAD = r"""# The model

Written out of the code by `python docs/make.py model`; a test compares. `planner show --model` prints the same, and
with a plan how large each block is. $`x_o`$ is 1 where option $`o`$ is chosen, or the share that it takes of a
divisible part, $`y_p`$ is 1 where project $`p`$ is placed, $`u_b`$ where building $`b`$ is opened. $`O_q`$ are the
options of part $`q`$, $`Q_p`$ the parts of project $`p`$.
Rows are named like their rule, columns like their variable.

Points of a goal are sign × weight × 100 × raw ÷ normaliser. The normaliser is the raw total over all that is asked
(for penalties the worst total), taken from the root of `extends`, so that plans of one family compare.

A local test passes where the need, or the offer, is not given. A test of the whole site is made on several parcels
together; all others are inherited from each place.
"""
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


# The model


def model_page() -> str:
    """Return docs/model.md: every variable, rule, goal and test of local fit, out of the code."""
    parts = [MODEL_HEAD]
    for kind, words in KINDS.items():
        parts.append(f"## {words.en} · {words.zh}\n")
        for entry in contents():
            if entry.kind == kind:
                parts.append(_entry(entry))
    return "\n".join(parts)


def _entry(entry: Entry) -> str:
    """Return one entry as Markdown: its formulas as mathematics, then where it stands."""
    formula = FORMULA.sub(lambda found: f"$`{found[1].strip()}`$", entry.formula)
    unit = f" · {entry.unit}" if entry.unit else ""
    facts = [f"scenario `{entry.key}`" if entry.key else "", f"stated by `{entry.function}`",
             f"audit `{entry.measure}`" if entry.measure else ""]  # fmt: skip
    name = f"**`{entry.name}`** {entry.words.zh} · {entry.words.en}{unit}"
    return "<br>\n".join([name, formula, " · ".join(filter(None, facts))]) + "\n"


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
    asked = asked or ["model", "output", "picture"]
    if unknown := set(asked) - {"model", "output", "picture"}:
        raise SystemExit(f"unknown: {', '.join(sorted(unknown))}\n{__doc__}")
    if "model" in asked:
        MODEL.write_text(model_page(), encoding="utf-8")
    if "output" in asked:
        text = with_block(README.read_text(encoding="utf-8"), "output", fenced(printed(PLAN, "en")))
        text = with_block(text, "output-zh", fenced(shown(ROOT / PLAN, "zh")))
        README.write_text(with_block(text, "made-with", made_with(ROOT / PLAN)), encoding="utf-8")
    if "picture" in asked:
        picture(ROOT / PLAN, PICTURE)


if __name__ == "__main__":
    main(sys.argv[1:])

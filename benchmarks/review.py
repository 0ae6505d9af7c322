"""The review as a planner meets it: a server on this machine, asked over HTTP, and its page opened in a browser.

Drawn by a seed: whether a project may stand at a parcel; what it costs to lock a part onto one of its sites; and, each
solved and taken back, a ban of a placed part from the park where it stands, a project more, like one of the table, and
in turn another weight of a goal, a placed part that needs more, a park with less power in its last years.

::

    python benchmarks/review.py plans/base    # prints what it came to, as JSON
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import page
import pandas as pd

import planner
from planner import plan as plans
from planner.columns import Column
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.review.access import Access
from planner.review.desk import Desk
from planner.review.serving import bound, serve
from planner.review.solving import begun
from planner.review.store import Store
from planner.whatif import Warm

SAMPLE = Path(__file__).resolve().parents[1] / "scenarios" / "base.yaml"
SEED, CHECKS, MOVES, ADDED, OTHERS, OPENED = 20260108, 60, 20, 10, 15, 3
MORE, LESS = 1.25, 0.9
NEEDS = ("load_kn_m2", "power_kva", "gfa_m2")
WAIT_S = 60
POINT = 100.0
READY = "html[data-page=ready][data-map=ready]"


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """Yield the address of a review."""
    told, ready, ends = list[str](), threading.Event(), list[Callable[[], None]]()

    def answers(address: str) -> None:
        told.append(address)
        ready.set()

    asked = (desk, Access(desk.store, local=True), bound("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=asked, kwargs={"browse": False, "told": answers, "began": ends.append})
    thread.start()
    ready.wait(WAIT_S)
    try:
        yield told[0]
    finally:
        ends[0]()
        thread.join()


def asked(url: str, body: object = None) -> tuple[float, Any]:
    """Return how long an answer took (s), and the answer; with a body, what is posted."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"} if data else {})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=2 * WAIT_S) as answer:
        content = answer.read()
    return time.perf_counter() - began, json.loads(content)


def opened(address: str) -> list[float]:
    """Return how long the page took until list and map are drawn (s), in a new context each; none without a browser."""
    found = []
    with page.browser() as chromium:
        for _ in range(OPENED if chromium is not None else 0):
            context = chromium.new_context(viewport={"width": 1366, "height": 768})
            shown, began = context.new_page(), time.perf_counter()
            shown.goto(address)
            shown.wait_for_selector(READY, timeout=page.READY_MS)
            found.append(time.perf_counter() - began)
            context.close()
    return found


def said(row: pd.Series, columns: Sequence[Column]) -> dict[str, Any]:
    """Return what a row of a table says, as a form has it."""
    found = {column.name: row[column.name] for column in columns if column.name in row.index}
    found = {name: ";".join(value) if isinstance(value, tuple) else value for name, value in found.items()}
    known = {name: value for name, value in found.items() if value != "" and not pd.isna(value)}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in known.items()}


def like(asked: Projects, project: str, name: str) -> dict[str, Any]:
    """Return the edit that adds a project with all that another asks for."""
    parts = asked.parts[asked.parts["project"] == project]
    return {
        "kind": "add_project", "id": name, "columns": said(asked.projects.loc[project], PROJECT_COLUMNS[1:]),
        "parts": [
            {"part": str(part).split("/")[1], "columns": said(row, PART_COLUMNS[1:])} for part, row in parts.iterrows()
        ],
    }  # fmt: skip


def other(first: Warm, number: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return an edit that poses the case anew: in turn a weight, a need of a placed part, a park's power."""
    if number % 3 == 0:
        goal = str(rng.choice(list(first.inputs.scenario.goals.weights)))
        by = rng.choice([1 / MORE, MORE])
        return {"kind": "weight", "goal": goal, "weight": float(by * first.inputs.scenario.goals.weights[goal])}
    if number % 3 == 1:
        part = str(rng.choice(first.plan.placements["part"]))
        needs = first.case.parts.loc[part, list(NEEDS)].dropna()
        need = str(rng.choice(needs.index))
        return {"kind": "set", "layer": "parts", "id": part, "columns": {need: round(MORE * float(needs[need]), 1)}}
    limits = first.case.limits_of("power")["at_most"].sort_index()
    park = str(rng.choice(limits.index)).split()[0]
    key = [name for name in limits.index if name.startswith(park)][-1]
    return {"kind": "capacity", "of": "power", "park": park, "year": int(key.split()[1]),
            "value": f"{LESS * limits[key] / 1000:.1f} MVA"}  # fmt: skip


def solved(url: str, edit: dict[str, Any]) -> tuple[float, float]:
    """Return how long an edit took until it was solved (s), and the gap of its plan; the edit is taken back."""
    version = asked(url)[1]["version"]
    took, now = asked(f"{url}/edits?wait={WAIT_S}", {"version": version, "edit": edit})
    asked(f"{url}/undo", {"version": now["version"]})
    return took, now["state"]["gap"]


def measured(folder: Path) -> dict[str, Any]:
    """Return seconds of each kind of answer, and by how much gaps exceed the one they start from (points)."""
    rng = np.random.default_rng(SEED)
    first = begun(planner.read(SAMPLE), plans.load(folder))
    options, placed = first.case.options, first.plan.placements
    places = [*first.case.places.index[first.case.places["kind"] == "parcel"]]
    checks, prices, bans, adds, others = [], [], [], [], []
    with tempfile.TemporaryDirectory() as made:
        desk = Desk(Store.open(Path(made) / "review.sqlite"), first, SAMPLE, "base")
        desk.warm_up()
        with served(desk) as address:
            url = f"{address}api/v1/variants/{desk.variants()[0].id}"
            pages = opened(address)
            for _ in range(CHECKS):
                project, place = rng.choice(first.case.parts["project"].unique()), rng.choice(places)
                checks.append(asked(f"{url}/check", {"who": str(project), "place": {"name": str(place)}})[0])
            for _ in range(MOVES):
                option = options.iloc[rng.integers(len(options))]
                key = "parcels" if first.case.sites["kind"][option["site"]] == "plot" else "floor"
                there = {key: list(first.case.sites["places"][option["site"]])}
                edit = {"kind": "lock", "who": option["part"], "place": there}
                prices.append(asked(f"{url}/price", {"edit": edit})[0])
            for _ in range(MOVES):
                row = placed.iloc[rng.integers(len(placed))]
                edit = {"kind": "ban", "who": row["part"], "place": {"park": row["park"]}}
                bans.append(solved(url, edit))
            for number in range(ADDED):
                edit = like(first.inputs.projects, rng.choice(first.inputs.projects.projects.index), f"P-9{number:02d}")
                adds.append(solved(url, edit))
            others += [solved(url, other(first, number, rng)) for number in range(OTHERS)]
    solves = {"solve": bans, "add": adds, "other": others}
    of = {"check": checks, "price": prices, **{name: [s for s, _ in each] for name, each in solves.items()}}
    wider = {name: [POINT * (gap - first.gap) for _, gap in each] for name, each in solves.items()}
    return {
        **{f"{name}_s": median(took) for name, took in of.items()},
        **{f"{name}_90_s": quantiles(took, n=10)[-1] for name, took in of.items()},
        **{f"{name}_wider": median(points) for name, points in wider.items()},
        **{
            f"{name}_within": sum(s <= 2.0 and w <= 0.1 + 1e-9 for s, w in zip(of[name], points, strict=True))
            for name, points in wider.items()
        },
        "page_s": median(pages) if pages else None, "checks": CHECKS, "moves": MOVES, "added": ADDED, "others": OTHERS,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))

"""The sheets that sum up: the plan on one page, and what differs from another plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from planner.comparison import SUM_WORDS, SUMS, by_park
from planner.maps.style import FORMATS
from planner.maps.texts import PAGE, said
from planner.report.book import BROKEN, KEPT, Book, capital
from planner.scenario.modes import NAMES
from planner.telling import CHANGES, chain_words, decided, goal_words, left_off, proved, rule_words
from planner.territory import LAYERS
from planner.words import GLOSSARY, STATUS, Words
from planner.worth import MEASURES

Row = tuple[Words, Words | str, Any, str]
"""Of the summary: group, item, value and how it is printed."""
FORM_OF = {
    "gap": "percent", "placed": "count", "left_out": "count", "land_m2": "ha", "floor_m2": "m2", "power_kva": "kva",
    "points": "points", "m²": "m2",
}  # fmt: skip
"""How figures are printed, by their measure, else by their unit."""
COUNTED = ("part", "site", "option")
"""What a plan counts of its case, besides its projects."""
SHARED = Words("用途", "for whom")
PROOF = Words("证明", "Proof")
COUNTS = Words("数量", "Counts")
ASSUMED = Words("假设", "Assumptions")
MADE = Words("资料与版本", "Data and versions")
AUDIT = Words("核验", "Audit")
WEIGHT = Words("权重：{goal}", "weight of {goal}")
SYSTEM = Words("坐标系：{layer}", "coordinates of {layer}")
TIERS = Words("{placed} / {asked}", "{placed} of {asked}")


COLON = Words("：", ":")


def summary(book: Book) -> pd.DataFrame:
    """Return the plan on one page, group by group: what is proved, how much of it, on which assumptions."""
    rows = [(capital(book.say(group)), capital(book.say(item)), value, form)
            for group, item, value, form in _facts(book) if value is not None and value != ""]  # fmt: skip
    table = pd.DataFrame(rows, columns=["group", "item", "value", "form"]).astype(object)
    return table.assign(group=table["group"].where(~table["group"].duplicated(), ""))


def _facts(book: Book) -> Iterator[Row]:
    told = book.plan.summary
    counts: Mapping[str, Any] = told.get("counts") or {}
    plan, years = GLOSSARY["plan"], told.get("years") or ()
    yield plan, plan, book.title, "text"
    yield plan, GLOSSARY["territory"], book.say(book.territory.title), "text"
    yield plan, SHARED, book.shared, "text"
    yield plan, Words("未包含", "not in here"), book.say(left_off(told)), "text"
    yield plan, PAGE["years"], f"{min(years)}–{max(years)}" if years else "", "text"
    yield PROOF, PAGE["status"], book.say(said(STATUS, told.get("status"))), "text"
    for name, form in (("score", "points"), ("bound", "points"), ("gap", "percent")):
        yield PROOF, GLOSSARY[name], told.get(name), form
    for number, line in enumerate(proved(told, book.lang)):
        yield PROOF, PROOF if not number else "", line, "text"
    yield COUNTS, PAGE["asked"], counts.get("projects"), "count"
    yield COUNTS, PAGE["placed"], counts.get("placed", book.scene.placements["project"].nunique()), "count"
    yield COUNTS, GLOSSARY["left_out"], counts.get("left_out", len(book.scene.left_out)), "count"
    for tier, called in book.tiers.items():
        placed, left = (frame.loc[frame["tier"] == tier, "project"].nunique() if "tier" in frame else 0
                        for frame in (book.scene.placements, book.scene.left_out))  # fmt: skip
        yield COUNTS, called, TIERS(book.lang, placed=placed, asked=placed + left) if placed + left else "", "text"
    for name in COUNTED:
        yield COUNTS, GLOSSARY[name], counts.get(f"{name}s"), "count"
    sums = by_park(book.plan).sum()
    for name in SUMS[1:]:
        yield PAGE["plan_here"], SUM_WORDS[name], float(sums[name]), FORM_OF[name]
    audit = told.get("audit") or {}
    yield AUDIT, KEPT, audit.get("kept"), "count"
    yield AUDIT, BROKEN, audit.get("broken"), "count"
    mode = told.get("mode")
    yield ASSUMED, Words("模式", "mode"), book.say(NAMES.get(mode)) if mode else "", "text"
    for goal, weight in (told.get("weights") or {}).items():
        yield ASSUMED, WEIGHT.fill(goal=goal_words(goal)), weight, "number"
    for rule in told.get("soft") or {}:
        yield ASSUMED, rule_words(rule), Words("柔性", "soft")(book.lang), "text"
    made = told.get("provenance") or {}
    yield MADE, PAGE["data_date"], book.scene.data_date(), "date"
    yield MADE, GLOSSARY["scenario"], (made.get("scenario") or {}).get("file"), "text"
    for name, words in (("seed", Words("随机种子", "seed")), ("threads", Words("线程", "threads"))):
        yield MADE, words, made.get(name), "count"
    for layer, system in (made.get("systems") or {}).items():
        yield MADE, SYSTEM.fill(layer=LAYERS[layer].words) if layer in LAYERS else layer, system, "text"
    versions = (made.get("versions") or {}).items()
    yield MADE, Words("版本", "versions"), book.joined(f"{name} {version}" for name, version in versions), "text"


def proof_line(book: Book) -> str:
    """Return what is proved of the plan, and why the search stopped, on one line."""
    return ("" if book.lang == "zh" else " ").join(proved(book.plan.summary, book.lang)[:2])


# comparison


def totals(book: Book) -> pd.DataFrame | None:
    """Return the figures of all plans, side by side."""
    if not book.others:
        return None
    rows = []
    for same in zip(*(pair.totals for pair in book.compared.values()), strict=True):
        first = same[0]
        form = FORM_OF.get(first.measure) or FORM_OF.get(first.unit, "amount")
        goal = MEASURES.get(first.measure)
        unit = book.say(FORMATS[form].unit if form in FORMATS else goal.unit if goal else first.unit)
        rows.append((book.say(first.words), first.a, *(total.b for total in same), unit, form))
    letters = [letter.lower() for letter in book.every]
    return pd.DataFrame(rows, columns=["measure", *letters, "unit", "form"], dtype=object)


def verdict(book: Book) -> str:
    """Return what decides between this plan and each other, and which they are."""
    return " ".join([*deciding(book).values(), sides(book)]) if book.others else ""


def deciding(book: Book) -> dict[str, str]:
    """Return what decides between this plan and each other, by its letter: a sentence or two."""
    between = "" if book.lang == "zh" else " "
    said = {letter: [words(book.lang) for words in decided(pair, letter)] for letter, pair in book.compared.items()}
    return {letter: between.join([f"A – {letter}{COLON(book.lang)}", *words]) for letter, words in said.items()}


def sides(book: Book) -> str:
    """Return which plans are compared."""
    return "    ".join(f"{letter}  {each.title}" for letter, each in book.every.items())


def moves(book: Book) -> pd.DataFrame | None:
    """Return who is elsewhere in another plan, and who has come to where they are in this one."""
    if not book.others:
        return None
    rows = [(letter, book.say(CHANGES[move.change]), move.project, move.name, move.a, move.b, move.by, move.place)
            for letter, pair in book.compared.items() for move in pair.moves]  # fmt: skip
    return pd.DataFrame(rows, columns=["other", "change", "project", "name", "here", "there", "by", "place"])


def chains(book: Book) -> pd.DataFrame | None:
    """Return who makes whom move, a row a chain; None where nobody makes anybody."""
    rows = [(letter, number, len(chain), book.say(chain_words(chain))) for letter, pair in book.compared.items()
            for number, chain in enumerate(pair.chains, 1)]  # fmt: skip
    return pd.DataFrame(rows, columns=["other", "number", "count", "chain"]) if rows else None


def compared_parks(book: Book) -> pd.DataFrame | None:
    """Return the sums of each park in all plans."""
    if not book.others:
        return None
    sides = {letter.lower(): by_park(each.plan) for letter, each in book.every.items()}
    parks = sorted(set().union(*(side.index for side in sides.values())))
    table = pd.concat([side.reindex(parks, fill_value=0.0).add_suffix(f"_{letter}") for letter, side in sides.items()],
                      axis=1)  # fmt: skip
    return table.reset_index(drop=True).assign(name=[book.park(park) for park in parks])

"""The rows of the sheets: one function a sheet, from a book to a table, figures as the plan has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from planner import fit
from planner.comparison import by_park
from planner.documents import written
from planner.left_out import told
from planner.maps.texts import CONFIDENCE, ROLE, UNITS, either, said
from planner.model import RULES
from planner.report.book import Book
from planner.telling import REASONS, goal_words, rule_words
from planner.words import BUILT, CAUSE, GLOSSARY, Words
from planner.worth import MEASURES

DISTRICT = Words("全区（{subject}）", "district ({subject})")
SOFT = Words("{rule}（柔性）", "{rule} (soft)")
SAME, CHANGED, GONE = Words("未变", "unchanged"), Words("已改变", "changed"), Words("已不再用", "no longer used")
TOLD_BEFORE = Words("求解前已发现", "told before solving")
TOGETHER = Words("不能同时满足", "cannot hold together")
REPAIR = Words("修复办法 {number}", "repair {number}")
ASKED = ("investment_yi", "output_yi", "tax_yi", "jobs")
"""Figures of a project, told on the first of its rows, so that they add up."""
KVA_PER_MVA = 1_000


def placements(book: Book) -> pd.DataFrame:
    """Return who goes where: a row a part, of a divisible one a row a share."""
    placed = book.scene.placements
    known = [name for name in placed if name in book.plan.placements] or list(placed)
    table = _worded(placed[known], {
        "industry": book.industry, "cluster": book.industry, "tier": book.tier, "park": book.park,
        "places": book.joined, "kind": lambda kind: book.say(said(GLOSSARY, kind)),
    })  # fmt: skip
    first = ~table["project"].duplicated()
    for figure in (name for name in ASKED if name in book.projects):
        table[figure] = table["project"].map(book.projects[figure]).where(first)
    return table


def _worded(table: pd.DataFrame, words: Mapping[str, Callable[[Any], object]]) -> pd.DataFrame:
    """Return a table with some columns put into words, as far as it has them."""
    table = table.copy()
    for name in (name for name in words if name in table):
        table[name] = pd.Series([words[name](value) for value in table[name]], table.index, dtype=object)
    return table


def left_out(book: Book) -> pd.DataFrame:
    """Return who is left out, the strongest tier first: the cause, and the smallest change that would place it."""
    table, rank = book.scene.left_out, {tier: place for place, tier in enumerate(book.tiers)}
    if "tier" in table:
        table = table.iloc[table["tier"].map(rank).fillna(len(rank)).argsort(kind="stable")]
    changes = [
        next((reason for reason in book.told.get(project, ()) if reason.kind == "smallest_change"), None)
        for project in table["project"]
    ]
    if any(changes):
        table = table.assign(change=["" if change is None else book.say(change.words) for change in changes],
                             steps=pd.Series([change and change.price for change in changes], table.index))  # fmt: skip
    table = table.assign(reason=pd.Series([book.say(told(row)) for row in table.to_dict("records")], table.index))
    return _worded(_figured(book, table), {
        "tier": book.tier, "cluster": book.industry, "cause": lambda cause: book.say(said(CAUSE, cause)),
        "by": book.rule,
    })  # fmt: skip


def reasons(book: Book) -> pd.DataFrame | None:
    """Return all that was explained of the plan, a row a reason; None where nothing was."""
    rows = [{**reason.as_dict(), "kind": book.say(REASONS.get(reason.kind, reason.kind)),
             "reason": book.say(reason.words), "held_by": book.joined(reason.held_by)}
            for reasons in book.told.values() for reason in reasons]  # fmt: skip
    if not rows:
        return None
    return _worded(_figured(book, pd.DataFrame(rows)), {"by": book.rule})


def _figured(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the needs and offers of tests as the numbers they are, where they are; codes in words."""
    found = table.copy()
    tests = table["by"] if "by" in table else [""] * len(table)
    for name in (name for name in ("need", "offer") if name in table):
        pairs = zip(tests, table[name], strict=True)
        found[name] = pd.Series([_figure(book, str(by), value) for by, value in pairs], table.index, dtype=object)
    return found


def _figure(book: Book, by: str, value: object) -> object:
    try:
        return float(str(value))
    except ValueError:
        return book.say(fit.said(by, value)) if isinstance(value, str) else value


def conflict(book: Book) -> pd.DataFrame | None:
    """Return what cannot hold together where there is no plan, and each repair with its price; None with a plan."""
    if book.conflict is None:
        return None
    words = f"words_{book.lang}"
    rows = [(book.say(TOLD_BEFORE), fault[book.lang], None, "") for fault in book.conflict["told"]]
    rows += [(book.say(TOGETHER), demand[words], None, "") for demand in book.conflict["demands"]]
    for number, repair in enumerate(book.conflict["repairs"], 1):
        changes = ("；" if book.lang == "zh" else "; ").join(repair[words])
        rows.append((REPAIR(book.lang, number=number), changes, repair["price"], written(repair["keys"]).rstrip()))
    return pd.DataFrame(rows, columns=["group", "what", "price", "keys"])


def parks(book: Book) -> pd.DataFrame:
    """Return what the plan places in each park and what it leaves, growth poles first, its supply beside."""
    territory = book.territory
    table = by_park(book.plan).reindex(territory.parks.index, fill_value=0.0)
    free_m2 = buildings(book).groupby("home_park")["free_m2"].sum()
    table["free_m2"] = free_m2.reindex(table.index, fill_value=0.0)
    last = max(book.plan.summary.get("years") or (), default=np.inf)
    supply = territory.supply[territory.supply["year"] <= last].sort_values("year", kind="stable")
    supply = supply.drop_duplicates("park", keep="last").set_index("park").reindex(table.index)
    table["supply_year"] = supply["year"]
    table["supply_kva"] = supply["power_mva"] * KVA_PER_MVA
    table["power_share"] = table["power_kva"] / table["supply_kva"].where(table["supply_kva"] > 0)
    others = supply[["water_m3_day", "waste_water_m3_day", "gas_m3_day"]]
    table = table.join(others).assign(roles=territory.parks["roles"], name=table.index).rename_axis("park_id")
    pole = np.array(["growth_pole" in roles for roles in table["roles"]], dtype=bool)
    table = table.iloc[np.lexsort((table.index, -table["projects"], ~pole))].reset_index()
    return _worded(table, {
        "name": book.park, "roles": lambda roles: book.joined(book.say(ROLE.get(role, role)) for role in roles),
    })  # fmt: skip


def floors(book: Book) -> pd.DataFrame:
    """Return each floor of the buildings: what it is, who sits there, what is free."""
    table = book.scene.storeys.sort_values(["building_id", "floor"])
    return _let(book, table, "place").rename_axis("floor_id").reset_index()


def buildings(book: Book) -> pd.DataFrame:
    """Return each building: stage, what is let, placed and free, who sits there."""
    storeys = book.scene.storeys.groupby("building_id")[["area_m2", "taken_m2"]].sum()
    table = _let(book, pd.DataFrame(book.territory.buildings.drop(columns="geometry")).join(storeys), "building")
    table = table.assign(name=_building_names(book), park=table["home_park"]).rename_axis("building_id").reset_index()
    return _worded(table, {"park": book.park, "stage": lambda stage: book.say(said(BUILT, stage))})


def _building_names(book: Book) -> pd.Series:
    """Return what each building is called; by its Chinese name where it has no other."""
    names = book.territory.buildings[["name_zh", "name_en"]]
    english = names["name_en"].where(names["name_en"] != "").fillna(names["name_zh"])
    called: pd.Series = names["name_zh"] if book.lang == "zh" else english
    return called


def _let(book: Book, table: pd.DataFrame, at: str) -> pd.DataFrame:
    """Return floors or buildings (`at` "place" or "building") with who sits there, what they take and what is free."""
    uses = book.scene.uses[book.scene.uses["place_kind"] == "floor"]
    project = book.scene.placements.drop_duplicates("part").set_index("part")["project"]
    uses = uses.assign(project=[str(project.get(part, part)) for part in uses["part"]])
    uses["building"] = uses["place"].map(book.scene.building_of)
    there = uses.groupby(at)
    who = there["project"].agg(lambda projects: book.joined(sorted(set(projects))))
    placed_m2 = there["amount_m2"].sum().reindex(table.index, fill_value=0.0).astype(float)
    free_m2 = (table["area_m2"] - table["taken_m2"] - placed_m2).clip(lower=0.0)
    return table.assign(
        who=pd.Series(who, dtype=object).reindex(table.index).fillna(""),
        placed_m2=placed_m2,
        free_m2=free_m2,
        free_share=free_m2 / table["area_m2"].where(table["area_m2"] > 0),
    )


def goals(book: Book) -> pd.DataFrame:
    """Return the terms of the score, then what soft rules cost."""
    table = book.rows("goals").astype({"raw": float, "normaliser": float})
    units = {goal: book.say(measure.unit) for goal, measure in MEASURES.items()}
    table = table.assign(
        share=table["raw"] / table["normaliser"].where(table["normaliser"] != 0), unit=table["goal"].map(units)
    )
    soft = book.plan.summary.get("soft") or {}
    lost = [(book.say(SOFT.fill(rule=rule_words(rule))), -float(points)) for rule, points in soft.items()]
    table = _worded(table, {"goal": lambda goal: book.say(goal_words(str(goal)))})
    return pd.concat([table, pd.DataFrame(lost, columns=["goal", "points"])]) if lost else table


def rules(book: Book) -> pd.DataFrame:
    """Return every rule that was measured again: how often it is kept and broken, broken ones first."""
    found = book.rows("findings")
    table = found["kept"].astype(int).groupby(found["rule"], sort=False).agg(["size", "sum"]).reset_index()
    table.columns = pd.Index(["rule", "findings", "kept"])
    table = table.assign(broken=table["findings"] - table["kept"], verdict=table["findings"] == table["kept"])
    return _worded(table, {"rule": book.finding}).sort_values("verdict", kind="stable")


def findings(book: Book) -> pd.DataFrame:
    """Return every finding of the audit, broken ones first."""
    found = book.rows("findings")
    return _ruled(book, found).assign(verdict=found["kept"].astype(bool)).sort_values("verdict", kind="stable")


def prices(book: Book) -> pd.DataFrame:
    """Return what each rule's last unit is worth, the dearest first."""
    found = book.rows("prices")
    found = found.assign(unit=found["rule"].map({rule.name: rule.unit for rule in RULES}))
    return _ruled(book, found.iloc[(-found["price"].astype(float).abs()).argsort(kind="stable")])


def _ruled(book: Book, table: pd.DataFrame) -> pd.DataFrame:
    """Return a long table with its rules put into words, each of them once."""
    return table.assign(rule=table["rule"].map({rule: book.finding(rule) for rule in table["rule"].unique()}))


def inputs(book: Book) -> pd.DataFrame | None:
    """Return every file the plan was made from: its SHA-256, and whether it has changed since; None where not told."""
    made = (book.plan.summary.get("provenance") or {}).get("inputs")
    if made is None:
        return None
    table = pd.DataFrame({"file": list(made), "sha256": list(made.values())}, dtype=object)
    if not book.files:
        return table
    now = [(book.files.get(file), digest) for file, digest in made.items()]
    since = [GONE if there is None else SAME if there == digest else CHANGED for there, digest in now]
    return table.assign(since=[book.say(words) for words in since])


def figures(book: Book) -> pd.DataFrame:
    """Return every published figure with its source."""
    table, names = book.territory.figures, _building_names(book)
    table = table.assign(name=[names.get(of) or _subject(book, of) for of in table["subject"]],
                         measure=table[f"measure_{book.lang}"],
                         note=[book.say(either(*given)) for given in
                               zip(table["note_zh"], table["note_en"], strict=True)],
                         )  # fmt: skip
    return _worded(table, {
        "confidence": lambda value: book.say(said(CONFIDENCE, value)), "unit": lambda unit: book.say(said(UNITS, unit)),
    })  # fmt: skip


def _subject(book: Book, subject: object) -> str:
    """Return what a figure is about: a park, else the district under the name that the figures have for it."""
    return book.park(subject) if subject in book.scene.parks else DISTRICT(book.lang, subject=subject)

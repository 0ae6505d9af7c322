"""Plans on the same measures: what each places and brings, what it uses up and what it keeps in reserve."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from planner.comparison import SUM_WORDS, by_park
from planner.layers import layers_of
from planner.maps.scene import Field
from planner.projects import PROJECT_COLUMNS
from planner.report.book import LETTERS, Book, capital
from planner.report.overview import TIERS
from planner.report.tables import KVA_PER_MVA, buildings, parks
from planner.territory import ON_OFFER
from planner.words import GLOSSARY, Words

ASKED = {column.name: column for column in PROJECT_COLUMNS}
BROUGHT = {"investment_yi": "yi", "output_yi": "yi", "tax_yi": "yi", "jobs": "count"}
"""What projects bring, and how it is printed."""
SERVICES = {
    "water_m3_day": Words("供水", "water"),
    "waste_water_m3_day": Words("污水处理", "waste water"),
    "gas_m3_day": Words("供气", "gas"),
}
LAND, PARCELS, FLOORS, POWER = (
    Words("可供用地", "land on offer"), Words("可供地块", "parcels on offer"),
    Words("厂房空置楼面", "free floor space"), Words("供电", "power supply"),
)  # fmt: skip
ALL_PARKS = Words("合计", "total")
LEFT = Words("{what}余量", "{what} left")
HERE = Words("{what}（{park}）", "{what}, {park}")
MEASURE = Field("measure", Words("指标", "measure"), "long")
SIDES = tuple(
    Field(
        letter.lower(),
        Words(f"方案 {letter}", f"plan {letter}") if k else Words("方案 A（本方案）", "plan A (this)"),
        "mixed",
    )
    for k, letter in enumerate(LETTERS)
)
UNIT = Field("unit", Words("单位", "unit"))
RESERVE = (
    Field("what", Words("资源", "what"), "long"), Field("there", Words("可用", "there is"), "mixed"),
    Field("used", Words("本方案使用", "used"), "mixed"), Field("left", Words("留有余量", "in reserve"), "mixed"),
    Field("share", Words("使用率", "used"), "percent"), UNIT,
)  # fmt: skip
OF_PARKS = (
    Field("name", GLOSSARY["park"]), Field("projects", SUM_WORDS["projects"], "count"),
    Field("land_m2", Words("用地", "land"), "ha"), Field("land_left_m2", Words("可供余地", "land left"), "ha"),
    Field("floor_m2", Words("厂房楼面", "floor space"), "wan_m2"),
    Field("free_m2", Words("空置余量", "floors left"), "wan_m2"), Field("power_mva", Words("用电", "power"), "mva"),
    Field("supply_mva", Words("供电", "supply"), "mva"),
    Field("power_share", Words("用电占比", "of supply"), "percent"),
)  # fmt: skip


def placed_projects(book: Book) -> pd.DataFrame:
    """Return what is known of the projects that are placed."""
    return book.projects[book.projects.index.isin(book.scene.placements["project"])]


def brought(book: Book) -> dict[str, float]:
    """Return what the projects placed bring together: investment, output, tax (亿元), jobs; those that are known."""
    known = placed_projects(book)
    return {name: float(pd.to_numeric(known[name]).sum()) for name in BROUGHT if name in known and len(known)}


def side_by_side(book: Book) -> pd.DataFrame:
    """Return every plan on the same measures, a column a plan (``a`` is this one), with ``unit`` and ``form``."""
    sides = {letter.lower(): dict(_measures(each)) for letter, each in book.every.items()}
    names = list(dict.fromkeys(name for side in sides.values() for name in side))
    rows = []
    for name in names:
        words, form, unit = next(side[name][1:] for side in sides.values() if name in side)
        values = {letter: side[name][0] if name in side else None for letter, side in sides.items()}
        rows.append({"measure": capital(book.say(words)), **values, "unit": book.say(unit), "form": form})
    return pd.DataFrame(rows)


Measure = tuple[object, Words | str, str, Words | str]
"""Value, what it is called, how it is printed, its unit."""


def _measures(book: Book) -> Iterator[tuple[str, Measure]]:
    """Yield each measure of a plan by its name."""
    told, placed = book.plan.summary, book.scene.placements
    counts = told.get("counts") or {}
    for name, form, unit in (("score", "points", GLOSSARY["points"]), ("bound", "points", GLOSSARY["points"]),
                             ("gap", "percent", "")):  # fmt: skip
        yield name, (told.get(name), GLOSSARY[name], form, unit)
    yield "placed", (counts.get("placed", placed["project"].nunique()), SUM_WORDS["projects"], "count", "")
    left = book.scene.left_out
    for tier, called in book.tiers.items():
        here, out = (frame.loc[frame["tier"] == tier, "project"].nunique() if "tier" in frame else 0
                     for frame in (placed, left))  # fmt: skip
        if here + out:
            yield f"tier {tier}", (TIERS(book.lang, placed=here, asked=here + out), called, "text", "")
    yield "left_out", (counts.get("left_out", len(left)), GLOSSARY["left_out"], "count", "")
    sums = by_park(book.plan).sum()
    yield "land_m2", (float(sums["land_m2"]), SUM_WORDS["land_m2"], "ha", Words("公顷", "ha"))
    yield "floor_m2", (float(sums["floor_m2"]), SUM_WORDS["floor_m2"], "wan_m2", Words("万 m²", "m²"))
    yield "power_kva", (float(sums["power_kva"]) / KVA_PER_MVA, SUM_WORDS["power_kva"], "mva", "MVA")
    for name, value in brought(book).items():
        unit = Words("亿元", "billion CNY") if BROUGHT[name] == "yi" else ""
        yield name, (value, ASKED[name].words, BROUGHT[name], unit)
    yield "parcels", (_parcels_used(book), Words("动用地块", "parcels used"), "count", "")
    for name, row in zip(("land_left", "parcels_left", "floors_left"), _reserve(book), strict=False):
        what, there, used, form, unit = row
        yield name, (there - used, LEFT.fill(what=what), form, unit)
    opened = told.get("opened")
    if opened is not None:
        yield "opened", (len(opened), Words("启用规划厂房", "planned buildings opened"), "count", "")
    audit = told.get("audit") or {}
    yield "broken", (audit.get("broken"), Words("核验不符合项", "findings broken"), "count", "")


def _parcels_used(book: Book) -> int:
    uses = book.scene.uses
    return int(uses.loc[uses["place_kind"] == "parcel", "place"].nunique())


def of_parks(book: Book) -> pd.DataFrame:
    """Return what a plan takes and leaves in each park where it has anything, growth poles first, then the sum."""
    table = parks(book)
    left = layers_of(book.plan, book.territory).get("unplaced_parcels")
    by = pd.Series(dtype=float) if left is None else left.groupby("park")["usable_m2"].sum()
    table["land_left_m2"] = table["park_id"].map(by).fillna(0.0)
    table["power_mva"], table["supply_mva"] = table["power_kva"] / KVA_PER_MVA, table["supply_kva"] / KVA_PER_MVA
    figures = ["projects", "land_m2", "land_left_m2", "floor_m2", "free_m2", "power_mva"]
    table = table[table[figures].sum(axis=1) > 0]
    if table.empty:
        return table
    total = {**table[figures].sum().to_dict(), "name": capital(ALL_PARKS(book.lang))}
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def reserve(book: Book) -> pd.DataFrame:
    """Return what a plan uses up of all there is, and what it keeps: land, parcels, floors, power and water by pole."""
    rows = list(_reserve(book))
    table = pd.DataFrame(rows, columns=["what", "there", "used", "form", "unit"])
    table["left"] = table["there"] - table["used"]
    table["share"] = table["used"] / table["there"].where(table["there"] > 0)
    return table.assign(what=[capital(book.say(what)) for what in table["what"]],
                        unit=[book.say(unit) for unit in table["unit"]])  # fmt: skip


def _reserve(book: Book) -> Iterator[tuple[Words | str, float, float, str, Words | str]]:
    offered = book.territory.parcels
    offered = offered[offered["state"].isin(ON_OFFER) & offered["ready_year"].notna()]
    left = layers_of(book.plan, book.territory).get("unplaced_parcels")
    left_m2 = 0.0 if left is None else float(left["usable_m2"].sum())
    uses = book.scene.uses
    on_offer = uses[(uses["place_kind"] == "parcel") & uses["place"].isin(offered.index.astype(str))]
    used_m2 = float(on_offer["amount_m2"].sum())
    yield LAND, used_m2 + left_m2, used_m2, "ha", Words("公顷", "ha")
    yield PARCELS, float(len(offered)), float(on_offer["place"].nunique()), "count", Words("宗", "")
    floors = buildings(book)
    placed_m2 = float(floors["placed_m2"].sum())
    yield FLOORS, placed_m2 + float(floors["free_m2"].sum()), placed_m2, "wan_m2", Words("万 m²", "m²")
    asked = _services(book)
    for row in parks(book).to_dict("records"):
        if row["supply_kva"] > 0:
            what = HERE.fill(what=POWER, park=row["name"])
            yield what, row["supply_kva"] / KVA_PER_MVA, row["power_kva"] / KVA_PER_MVA, "mva", "MVA"
        for name, words in SERVICES.items():
            if row[name] > 0 and name in asked:
                used = float(asked[name].get(row["park_id"], 0.0))
                yield HERE.fill(what=words, park=row["name"]), row[name], used, "m3_day", Words("m³/日", "m³/day")


def _services(book: Book) -> dict[str, pd.Series]:
    """Return the water, waste water and gas that the parts placed ask for, by park; those that any part states."""
    placed = book.scene.placements
    share = placed["share"].fillna(1.0) if "share" in placed else 1.0
    found = {}
    for name in SERVICES:
        if name in book.parts and book.parts[name].notna().any():
            asked = placed["part"].map(book.parts[name]).astype(float).fillna(0.0) * share
            found[name] = asked.groupby(placed["park"]).sum()
    return found


def left_by_cause(book: Book) -> list[tuple[str, int]]:
    """Return why projects are left out, and how many, the most frequent cause first."""
    causes = book.scene.left_out["cause"].value_counts()
    return [(str(cause), int(count)) for cause, count in causes.items()]

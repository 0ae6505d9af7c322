"""A smallest change as a ready difference of scenarios: what to write, and what it says.

Each lack becomes an entry of `changes`, a figure of a rule, or the removal of a lock, a ban, a block kept back; figures
are rounded to three decimals, to the side that still places the project. What is made here is read by `applied` and, as
YAML below `extends`, by `planner solve`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner import fit
from planner.asks import reserved, rows_of
from planner.errors import ScenarioError
from planner.explain.candidates import Beside
from planner.explain.kinds import LIMITS, OF_PLOT, TARGETS
from planner.explain.lacks import BY_YEAR, rezoned
from planner.explain.smallest import Search, Smallest
from planner.intake.inputs import Inputs
from planner.left_out import RULE_WORDS
from planner.levers import down, named, short, up
from planner.places import find
from planner.projects import COLUMNS, HIGHEST_FLOOR
from planner.room import ROUNDING
from planner.scenario import Scenario, laid_over, said
from planner.supply import IN_ALL, UTILITIES, capacities
from planner.territory import LAYERS
from planner.words import YES_NO, Words

CODED = {"state": "available", "land_class": "zoned", "land_classes": "zoned", "accepts": "site_kind"}
"""Columns of codes, by the test that has words for them."""
Diff = dict[str, Any]
"""Keys of a scenario: `changes` are added, blocks say what differs, lists replace, null removes."""
DIGITS = 3
"""Decimals of a figure."""
SET = Words("{what} {id}：{old} → {new}{unit}", "{what} of {id}: {old} → {new}{unit}")
LESS = Words("{what}（{id} 需求）：{old} → {new}{unit}", "{what} asked for by {id}: {old} → {new}{unit}")
RULE = Words("{rule} {key}：{old} → {new}", "{rule}, {key}: {old} → {new}")
OFF = Words("停用约束：{rule}", "rule switched off: {rule}")
LIFTED = Words("取消 {key}", "lifted: {key}")
UNITS = {
    "power": "kVA", "water": "m³/d", "waste_water": "m³/d", "gas": "m³/d", "land_supply": "m²",
    "preparation_budget": "亿元",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One figure that changes.

    Attributes
    ----------
    kind : str
        Of `kinds.KINDS`.
    words : Words
    layer, id, column : str
        What `changes` sets; `layer` empty for other keys of the scenario.
    old, new : object
    key : tuple of str or int
        Path of a key of the scenario, where it is none of `changes`; a removal has no new value.
    unit : str
        Of a figure whose key shows none.
    """

    kind: str
    words: Words
    old: object
    new: object
    layer: str = ""
    id: str = ""
    column: str = ""
    key: tuple[str | int, ...] = ()
    unit: str = ""

    @property
    def written(self) -> object:
        """The new figure as a scenario has it, with its unit where its key shows none."""
        return f"{self.new:.12g} {self.unit}" if self.unit else self.new


def steps(search: Search, change: Smallest) -> list[Step]:
    """Return what has to change, figure by figure, in the order of the kinds."""
    return [step for row in _rows(change.lacks) for step in _steps(search, change, row)]


def _rows(lacks: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Return by what, of whom and how much is lacking, row by row."""
    return list(zip(map(str, lacks["by"]), map(str, lacks["id"]), map(float, lacks["amount"]), strict=True))


def diff_of(scenario: Scenario, found: list[Step]) -> Diff:
    """Return steps as a difference of scenarios."""
    sets: dict[tuple[str, str], dict[str, object]] = {}
    diff: Diff = {}
    gone: dict[str, set[object]] = {}
    for step in found:
        if step.layer:
            sets.setdefault((step.layer, step.id), {})[step.column] = step.new
        elif step.new is None:
            gone.setdefault(str(step.key[0]), set()).add(step.key[1])
        else:
            into, path = diff, list(map(str, step.key))
            if path[3:] and short(scenario, path[1]):
                del path[2]  # the chief key of the rule
            for key in path[:-1]:
                into = into.setdefault(key, {})
            into[path[-1]] = step.written
    for key, names in gone.items():
        if key in ("locks", "only"):
            diff[key] = dict.fromkeys(sorted(map(str, names)))
        else:
            diff[key] = [one for number, one in enumerate(said(scenario)[key]) if number not in names]
    if sets:
        diff["changes"] = [{"set": {"layer": layer, "id": name, **of}} for (layer, name), of in sets.items()]
    return diff


def applied(inputs: Inputs, diff: Diff) -> Inputs:
    """Return inputs with a difference made, as a file with these keys that extends theirs; goals as measured before."""
    return inputs.under(laid_over(inputs.scenario, diff))


# One lack after the other


def _figure(frame: pd.DataFrame, name: str, column: str) -> float:
    value: Any = frame.at[name, column]
    return float(value)


def _steps(search: Search, change: Smallest, row: tuple[str, str, float]) -> Iterator[Step]:
    """Yield the figures that make a lack good."""
    of, (by, name, amount) = search.of, row
    if by in ("banned", "locked_elsewhere", "reserved"):
        yield from _entries(search, change, by, name)
    elif by == "floor_space":
        column = "gfa_m2" if np.isnan(_figure(of.parts, name, "net_m2")) else "net_m2"
        old = _figure(of.parts, name, column)
        yield _set(of, "floor_space", "parts", name, column, old, down(old - amount, DIGITS))
    elif by in TARGETS:
        yield from _of_place(search, change, by, name)
    elif by in OF_PLOT:
        yield from _of_plot(search, change, by, name, amount)
    elif by in LIMITS:
        yield from _of_limit(search, change, by, name, amount)
    else:
        words = OFF.fill(rule=RULE_WORDS.get(by, Words(by, by)))
        yield Step("rule", words, True, False, key=("rules", by))


def _set(of: Beside, kind: str, layer: str, name: str, column: str, old: object, new: object) -> Step:
    """Return the change of a column, in the words of its layer."""
    asked = layer in ("parts", "projects")
    known = next(one for one in COLUMNS if one.name == column) if asked else LAYERS[layer].column(column)
    was, now = (_shown(value, column) for value in (old, new))
    unit = f" {known.unit}".rstrip()
    words = (LESS if asked else SET).fill(what=known.words, id=name, old=was, new=now, unit=unit)
    return Step(kind, words, old, new, layer, name, column)


def _shown(value: object, column: str = "") -> str | Words:
    """Return a value as a sentence has it: a year bare, codes in words."""
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, int | float | np.number):
        figure = round(float(value), 3)
        plain = column.endswith("_year") or column.startswith("year_")
        return "—" if np.isnan(figure) else f"{figure:g}" if plain else f"{figure:,.10g}"
    text = ";".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return fit.said(CODED.get(column, ""), text or "—")


def _of_place(search: Search, change: Smallest, by: str, name: str) -> Iterator[Step]:
    """Yield what makes a place good enough for a part, or a part modest enough for a place."""
    of, target = search.of, TARGETS[by]
    mine, places = _where(search, change, by, name)
    need = of.parts.loc[mine]
    layer = target.layer or ("parcels" if name in of.ground.territory.parcels.index else "buildings")
    frames = {"parts": need, "projects": of.ground.projects}
    frame: pd.DataFrame = frames[layer] if layer in frames else getattr(of.ground.territory, layer)
    if by == "available":
        yield _set(of, target.kind, layer, name, "state", str(frame.at[name, "state"]), "free")
        if np.isnan(_figure(frame, name, "ready_year")):
            options = search.case.options.iloc[list(change.options)]
            start = int(options.loc[options["part"].isin(mine), "start_year"].min())
            yield _set(of, target.kind, layer, name, "ready_year", np.nan, start)
        return
    if by == "wanted_years":
        project = str(need["project"].iloc[0])
        yield _set(of, target.kind, layer, project, "year_first", int(need["first"].max()), int(need["last"].min()))
        return
    new: object
    old: object = frame.at[mine[0], target.column] if layer == "parts" else frame.at[name, target.column]
    if by == "zoned":
        new = rezoned(of, need["land_classes"].iloc[0], name if layer == "buildings" else "")
    elif by == "ground_floor":
        top = int(of.ground.offered.floors.loc[places, "floor"].max())
        accepts = need["accepts"].iloc[0]
        new = ";".join([*accepts, next(kind for kind, most in HIGHEST_FLOOR.items() if most >= top)])
    elif by == "fire_class":
        most = of.ground.offered.floors.loc[places, "fire_severity"].min()
        table = of.ground.territory.tables["fire_classes"]
        new = str(table.loc[table["severity"].astype(float) == most, "fire_class"].iloc[0])
    elif by == "wet_process":
        old, new = False, "yes"
    elif by in ("ready_year", "delivery_year"):
        new = int(need["last"].min())
    elif by == "vibration_class":
        old = str(of.ground.offered.floors.at[name, "vibration_class"])
        new = max(need["vibration_class"])
    else:
        test = next(one for one in fit.TESTS if one.name == by)
        figure = need[str(test.need)]
        most = test.comparison == "offer_at_most"
        new = down(float(figure.min()), DIGITS) if most else up(float(figure.max()), DIGITS)
    if by == "goods_lift" and not of.ground.territory.buildings.at[name, "lift_count"] > 0:
        yield _set(of, target.kind, layer, name, "lift_count", 0, 1)
    yield _set(of, target.kind, layer, mine[0] if layer == "parts" else name, target.column, old, new)


def _where(search: Search, change: Smallest, by: str, name: str) -> tuple[list[str], list[str]]:
    """Return the parts of a change that a test refuses at what is named, and the places it refuses them."""
    of = search.of
    uses = search.case.uses[search.case.uses["option"].isin(change.options)]
    uses = uses[uses["kind"].isin(["parcel", "parcel_share", "floor"])]
    part = search.case.options["part"].to_numpy(dtype=object)[uses["option"].to_numpy(dtype=np.int64)]
    found: list[tuple[str, str]] = []
    for who, place in zip(part, uses["key"], strict=True):
        kind = "parcel" if place in of.ground.offered.parcels.index else "floor"
        frame = of.ground.offered.parcels if kind == "parcel" else of.ground.offered.floors
        row, column = of.ground.parts.index.get_loc(who), frame.index.get_loc(place)
        homes = [str(frame[of_place].iloc[column]) for of_place in ("park", "building") if of_place in frame]
        called = {str(who), str(place), *homes}
        if of.ground.failed[kind][row, column] & fit.BIT[by] and name in called:
            found.append((str(who), str(place)))
    return list(dict.fromkeys(who for who, _ in found)), list(dict.fromkeys(place for _, place in found))


def _entries(search: Search, change: Smallest, by: str, name: str) -> Iterator[Step]:
    """Yield the locks, bans or blocks of the scenario that keep a part from its places."""
    of, scenario = search.of, search.of.inputs.scenario
    _, places = _where(search, change, by, name)
    kind = TARGETS[by].kind
    if by == "reserved":
        for number, one in enumerate(scenario.reserve):
            alone = scenario.model_copy(update={"reserve": (one,)})
            block = reserved(of.ground.offered, of.ground.territory, alone).parcels["reserved_for"]
            if name in block.index[block == one.for_tier]:
                yield Step(kind, LIFTED.fill(key=f"reserve[{number}]"), name, None, key=("reserve", number))
        return
    keys: list[tuple[str, Any, str, Any]] = (
        [("bans", number, ban.project, ban.place) for number, ban in enumerate(scenario.bans)]
        if by == "banned"
        else [(key, who, who, place) for key in ("locks", "only") for who, place in getattr(scenario, key).items()]
    )
    for key, label, who, place in keys:
        try:
            mine = rows_of(who, of.parts.loc[[name]], "")
        except ScenarioError:
            continue
        there = find(place, of.ground.territory, of.ground.offered, key)
        hit = there & set(places) if by == "banned" else set(places) - there
        if mine.any() and hit:
            entry = f"{key}.{label}" if by != "banned" else f"{key}: {who}, {', '.join(place.names)}"
            yield Step(kind, LIFTED.fill(key=entry), ", ".join(place.names), None, key=(key, label))


def _of_plot(search: Search, change: Smallest, by: str, name: str, amount: float) -> Iterator[Step]:
    """Yield what makes a plot good enough; `name` is its site, or the part."""
    of, target, parcels = search.of, OF_PLOT[by], search.of.ground.territory.parcels
    if by == "area_window":
        options = search.case.options.iloc[list(change.options)]
        usable_m2 = _figure(search.case.sites, options.loc[options["part"] == name, "site"].iloc[0], "usable_m2")
        least, most = (_figure(of.parts, name, column) for column in ("land_m2", "land_max_m2"))
        column, old, new = "land_max_m2", most, up(usable_m2, DIGITS)
        if usable_m2 < least:
            column, old, new = "land_m2", least, down(usable_m2, DIGITS)
        yield _set(of, target.kind, target.layer, name, column, old, new)
    elif target.layer == "projects":
        project = str(of.parts.at[name, "project"])
        old = _figure(of.ground.projects, project, target.column)
        yield _set(of, target.kind, target.layer, project, target.column, old, up(old + amount, DIGITS))
    else:
        members = name.split("+")[: 1 if by == "site_power" else None]
        now = parcels.loc[members, target.column].astype(float)
        after = np.fmax(now, now.min() + amount) if by == "height" else now + amount
        for parcel in now.index[(after > now).to_numpy()]:
            new = up(float(after[parcel]), DIGITS)
            yield _set(of, target.kind, target.layer, str(parcel), target.column, float(now[parcel]), new)


def _of_limit(search: Search, change: Smallest, by: str, name: str, amount: float) -> Iterator[Step]:
    """Yield what raises a limit far enough."""
    of, target, scenario = search.of, LIMITS[by], search.of.inputs.scenario
    if target.layer != "rules":
        old = _figure(getattr(of.ground.territory, target.layer), name, target.column)
        old = float(np.nan_to_num(old))
        less = max(0.0, down(old - amount, DIGITS))
        new = less if by == "floor" else int(old + amount) if by == "lifts" else up(old + amount, DIGITS)
        yield _set(of, target.kind, target.layer, name, target.column, old, new)
    elif by in BY_YEAR:
        yield from _caps(search, change, by, name)
    elif by == "housing":
        rule = scenario.rules.housing
        if name == IN_ALL:
            old = float(rule.beds_in_all or 0)
            yield _raised(by, name, old, int(old + amount), ("rules", by, "beds_in_all"))
        else:
            called = named(rule.beds, name, of.ground.territory)
            yield _raised(by, called, rule.beds[called], int(rule.beds[called] + amount), ("rules", by, "beds", called))
    else:
        years: Mapping[int, float] = getattr(scenario.rules.of(by), "years")  # noqa: B009 - of two rules
        old, more = years[int(name)], amount * (fit.HA_M2 if by == "land_supply" else 1.0)
        yield _raised(by, name, old, up(old + more, DIGITS), ("rules", by, "years", int(name)))


def _caps(search: Search, change: Smallest, by: str, park: str) -> Iterator[Step]:
    """Yield what a park has to be supplied with from the first year that lacks something to the last of the horizon."""
    of, scenario, options = search.of, search.of.inputs.scenario, search.case.options
    utility = UTILITIES[by]
    caps: Mapping[str, Mapping[int, float]] = getattr(scenario.rules.of(by), "caps")  # noqa: B009 - of four rules
    called = named(caps, park, of.ground.territory)
    supplied = sorted(capacities(by, of.ground.territory, scenario)[park].items())
    rows = np.concatenate([np.arange(len(of.others)), np.array(change.options)])
    share = np.concatenate([of.shares, np.ones(len(change.options))])
    here = options.iloc[rows]
    need = here["part"].map(of.ground.parts[utility.need]).fillna(0.0).to_numpy(dtype=float) * share
    need *= np.where(here["park"] == park, scenario.rules.simultaneity if by == "power" else 1.0, 0.0)
    raised = False
    for year in range(scenario.years[0], scenario.years[1] + 1):
        now = next((most for first, most in reversed(supplied) if first <= year), np.inf)
        drawn = float(need[(here["start_year"] <= year).to_numpy()].sum())
        raised |= drawn > now + ROUNDING
        if raised and np.isfinite(now):
            new = up(drawn, DIGITS) if drawn > now + ROUNDING else now
            yield _raised(by, f"{park} {year}", now, new, ("rules", by, "caps", called, year))


def _raised(by: str, key: str, old: float, new: float, path: tuple[str | int, ...]) -> Step:
    """Return the change of a figure of a rule."""
    unit = UNITS.get(by, "")
    words = RULE.fill(rule=RULE_WORDS[by], key=key, old=_shown(old), new=f"{_shown(new)} {unit}".rstrip())
    return Step(LIMITS[by].kind, words, old, new, key=path, unit=unit)

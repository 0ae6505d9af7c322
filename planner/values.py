"""What a thing is worth: the question solved again with one more of it, beside what the relaxation's prices say.

A gain is told as an interval against the plan in hand: at least what the plan found with it is worth more, at most the
bound with it less the score in hand. Whatever only widens the question keeps the plan in hand, so no gain is below 0.
What keeping a place free costs is told likewise: at most what a plan found without it is worth less.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from planner.case import pose
from planner.changes import changed
from planner.conflict import NAMES, stated
from planner.errors import Fault, ScenarioError
from planner.intake.inputs import Inputs
from planner.levers import KINDS, Pull, can_ease
from planner.scenario import laid_over
from planner.solve import exact
from planner.solve.repairing import SOON
from planner.supply import UTILITIES
from planner.territory import ON_OFFER, Territory
from planner.whatif import Warm
from planner.words import Words

Kind = Literal["row", "land", "floor_load", "reserve"]
Prices = Mapping[tuple[str, str], float]
"""Of the relaxation, by rule and key."""
M2_PER_HA = 10_000.0
MOST = 8
"""Limits asked about."""
TRIED = 3
"""Parts of projects left out that are tried where there is more."""
NOTHING = 1e-6
"""A price that is none (points)."""
PLACES = ("floor_not_overfilled", "building_power", "lifts", "building_waste_water")
"""Rules of single places; all others that are asked about are of parks, years and the purse."""
RULES_ASKED = ("power", "water", "waste_water", "gas", "land_supply", "preparation_budget", "housing", *PLACES)
STEP = Words("{rule} {key} 增加 {step} {unit}", "{rule} {key}: {step} {unit} more")
LAND = Words(
    "{park} 增加即可供地 {ha} 公顷（{parcel}，原为 {was}）", "{park}: {ha} ha more ready at once ({parcel}, now {was})"
)
LOAD = Words(
    "{park} 增加一层重载楼层（{floor}：{was} → {now} kN/m²）",
    "{park}: one more heavy floor ({floor}: {was} → {now} kN/m²)",
)
FREE = Words("预留 {parcel}（{park}，{ha} 公顷）", "Keep {parcel} free ({park}, {ha} ha)")
NO_PLAN = Words("情景没有方案", "the scenario has no plan")
LOOSEN = Words("先放宽约束", "Loosen its rules first")


@dataclass(frozen=True, slots=True)
class Worth:
    """What one change is worth, or costs.

    Attributes
    ----------
    kind : str
        ``row`` (a limit of a rule), ``land``, ``floor_load``; ``reserve`` of what is kept free.
    key : str
        Rule and key, parcel or floor.
    where : str
        Park or place it is about; empty for all.
    words : Words
    keys : mapping
        The change as keys of a scenario; empty of what is kept free.
    price : float or None
        Points by the prices of the relaxation; None where it has none for it.
    at_least, at_most : float
        Points gained, or lost by keeping it free.
    solved : bool
        Whether the question was solved again; else the plan in hand and its bound tell.
    """

    kind: Kind
    key: str
    where: str
    words: Words
    keys: Mapping[str, Any]
    price: float | None
    at_least: float
    at_most: float
    solved: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "kind": self.kind, "key": self.key, "where": self.where, "keys": self.keys,
            "words_zh": self.words.zh, "words_en": self.words.en, "price": self.price,
            "at_least": self.at_least, "at_most": self.at_most, "solved": self.solved,
        }  # fmt: skip


def values(
    inputs: Inputs,
    first: Warm,
    *,
    kinds: Collection[Kind] = ("row", "land", "floor_load"),
    told: Callable[[Worth], None] | None = None,
) -> tuple[Worth, ...]:
    """Return what one more of each thing that is short is worth, most first; the question is solved again for each.

    Of the limits of rules those that the relaxation prices highest; in each growth pole one more hectare ready at once,
    as near as a parcel comes, and one more heavy floor.

    Parameters
    ----------
    inputs : Inputs
    first : Warm
        Solved from them, with a plan.
    kinds : collection of str
    told : callable, optional
        Told each as it comes.
    """
    score, prices, found = _score(first), _prices(first), []
    ground = changed(inputs.territory, inputs.scenario)
    steps: Mapping[str, Callable[[], Iterable[Worth]]] = {
        "row": lambda: _rows(inputs, first, prices),
        "land": lambda: _land(ground, first, prices),
        "floor_load": lambda: _loads(ground, first),
    }
    for one in (one for kind in kinds for one in steps[kind]()):
        more = inputs.under(laid_over(inputs.scenario, one.keys))
        now = first.posed(pose(more), more)
        least = max(_reached(now, one.where) - score, 0.0)
        found.append(replace(one, at_least=least, at_most=max(now.bound - score, least), solved=True))
        if told is not None:
            told(found[-1])
    return tuple(sorted(found, key=lambda one: (-one.at_least, -one.at_most)))


def reserving(first: Warm, *, told: Callable[[Worth], None] | None = None) -> tuple[Worth, ...]:
    """Return what it costs to keep each parcel on offer free, cheapest first; those that must be taken are left out.

    A parcel that the plan leaves free costs nothing; for any other the rest is settled anew without it.
    """
    score, found = _score(first), []
    prices = _prices(first)
    taken, soon = set(first.plan.uses["place"]), _soon(first)
    parcels = first.case.places[(first.case.places["kind"] == "parcel") & first.case.places["available"]]
    for parcel, row in parcels.iterrows():
        words = FREE.fill(parcel=parcel, park=row["park"], ha=f"{row['usable_m2'] / M2_PER_HA:.2f}")
        price = prices.get(("parcel_used_once", str(parcel)))
        one = Worth("reserve", str(parcel), str(parcel), words, {}, price, score - first.bound, 0.0, solved=False)
        if parcel in taken:
            try:
                now = soon.reserve(str(parcel))
            except ScenarioError:
                continue  # somebody must be there
            if now.score is None:
                continue
            one = replace(one, at_least=score - now.bound, at_most=score - now.score, solved=True)
        found.append(one)
        if told is not None:
            told(one)
    return tuple(sorted(found, key=lambda one: (one.at_most, one.at_least)))


def _reached(now: Warm, where: str) -> float:
    """Return the best score of a question with more of something in a park or place, its neighbourhood tried first.

    Projects that the plan leaves out are locked there in turn, those worth most first: each answer is a plan too.
    """
    score, options = _score(now), now.case.options
    out = options[~options["project"].isin(set(now.plan.placements["project"]))]
    taking = set(now.case.uses.loc[now.case.uses["key"] == where, "option"])
    out = out[(out["park"] == where) | out.index.isin(taking)]
    points = out[list(now.case.option_goals())].sum(axis=1).groupby(out["part"]).max()
    soon = _soon(now)
    for part in points.sort_values(ascending=False).index[:TRIED]:
        try:
            found = soon.lock(str(part), where).score
        except ScenarioError:
            continue
        score = max(score, -np.inf if found is None else found)
    return score


def _soon(first: Warm) -> Warm:
    return replace(first, kept=replace(first.kept, patience=SOON))


def _score(first: Warm) -> float:
    if first.score is None:
        raise ScenarioError(Fault("", "", NO_PLAN, LOOSEN))
    return first.score


def _prices(first: Warm) -> Prices:
    model = first.kept.answer.model
    return dict(zip(model.row_keys, exact.relax(model).prices.tolist(), strict=True))


def _rows(inputs: Inputs, first: Warm, prices: Prices) -> Iterable[Worth]:
    """Return a step of each limit that has a price, dearest first; of places one a rule."""
    posed = stated(first.case, inputs)
    nothing, found = np.zeros(len(posed.stated.model.c)), []
    for demand in posed.demands:
        step = KINDS[demand.rule].step if demand.rule in RULES_ASKED else 0.0
        price = prices.get((demand.rule, demand.key), 0.0) * step
        if price <= NOTHING or not np.isfinite(demand.at_most) or not can_ease(posed, demand):
            continue
        handle = KINDS[demand.rule].of(posed, demand)
        alike = [each for each in posed.demands
                 if each.rule == demand.rule and KINDS[each.rule].of(posed, each) == handle]  # fmt: skip
        reached = tuple((each, each.at_most + step * (each is demand)) for each in alike)
        keys = KINDS[demand.rule].write(posed, nothing, [Pull(demand.rule, handle, reached)])[0]
        words = STEP.fill(rule=NAMES[demand.rule], key=demand.key, step=f"{step:,.6g}", unit=demand.unit)
        where = demand.key if demand.rule in PLACES else handle if demand.rule in UTILITIES else ""
        found.append(Worth("row", f"{demand.rule} {demand.key}", where, words, keys, price, 0.0, 0.0, solved=False))
    found.sort(key=lambda one: -(one.price or 0.0))
    rules = [one.key.split(" ")[0] for one in found]
    again = [rule in PLACES and rule in rules[:k] for k, rule in enumerate(rules)]
    return [one for one, seen in zip(found, again, strict=True) if not seen][:MOST]


def _land(ground: Territory, first: Warm, prices: Prices) -> Iterator[Worth]:
    """Yield for each growth pole the parcel nearest to a hectare that is not ready at the first year, made ready."""
    parcels = first.case.places[first.case.places["kind"] == "parcel"]
    year = int(first.case.parts["first"].min())
    for park in first.case.poles:
        here = parcels[(parcels["park"] == park) & (parcels["usable_m2"] > 0)]
        late = here[~here["available"] | (here["ready_year"] > year)]
        if late.empty:
            continue
        ha = late["usable_m2"] / M2_PER_HA
        parcel = str((ha - 1.0).abs().idxmin())
        sold = here[here["available"]]
        priced = [(prices.get(("parcel_used_once", str(name)), 0.0), m2) for name, m2 in sold["usable_m2"].items()]
        by_m2 = sum(price for price, _ in priced) / max(sum(m2 for _, m2 in priced), 1.0)
        was = ground.parcels.loc[parcel]
        keys = {"changes": [{"set": {"layer": "parcels", "id": parcel, "state": "free", "ready_year": year}}]}
        since = f"{was['ready_year']:.0f}" if was["state"] in ON_OFFER else str(was["state"])
        words = LAND.fill(park=park, ha=f"{ha[parcel]:.2f}", parcel=parcel, was=since)
        price = by_m2 * float(late["usable_m2"][parcel])
        yield Worth("land", parcel, parcel, words, keys, price, 0.0, 0.0, solved=False)


def _loads(ground: Territory, first: Warm) -> Iterator[Worth]:
    """Yield for each growth pole the largest free floor that bears less than the strongest there, made as strong."""
    places = first.case.places
    floors = places[(places["kind"] == "floor") & places["available"]]
    for park in first.case.poles:
        here = floors[floors["park"] == park]
        weak = here[here["load_kn_m2"] < here["load_kn_m2"].max()]
        if weak.empty:
            continue
        floor, now = str(weak["free_m2"].idxmax()), float(here["load_kn_m2"].max())
        was = float(ground.floors["load_kn_m2"][floor])
        keys = {"changes": [{"set": {"layer": "floors", "id": floor, "load_kn_m2": now}}]}
        words = LOAD.fill(park=park, floor=floor, was=f"{was:g}", now=f"{now:g}")
        yield Worth("floor_load", floor, floor, words, keys, None, 0.0, 0.0, solved=False)

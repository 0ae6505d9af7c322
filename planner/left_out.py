"""Why a project is left out of a plan: one leading cause, by look-ups only.

A project fits nowhere (a part is refused everywhere), or one of its parts is, or every place it could take is taken by
others (outbid), or a rule leaves no room (power, shares, whatever adds up uses under limits). What it would take to
place it is for `explain` to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.case import Case
from planner.limits import PLACES
from planner.model import RULES
from planner.words import Words

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
COLUMNS = ("project", "cause", "by", "part", "place", "need", "offer", "unit", "words_zh", "words_en")
MAIN_PARK = "one_main_park_per_cluster"
HELD_WHOLE = ("parcel", "parcel_share", "cut_end")
"""What is held whole by whoever has a share of a divisible part there."""
HOMELESS = ("fits_nowhere", "part_left_out")
"""Causes that no choice of options changes."""
RULE_WORDS = {rule.name: rule.words for rule in RULES}
ROUNDING = 1e-6

NOWHERE = Words(
    "{part} 无处可落：最接近的是 {place}，但{test}不符（需要 {need}{unit}，提供 {offer}{unit}）",
    "{part} fits nowhere: {place} comes nearest, but fails on {test} (needs {need}{unit}, offers {offer}{unit})",
)
NO_PLACE = Words("{part} 无处可落：没有任何地块或楼层", "{part} fits nowhere: there is no place at all")
OUTBID = Words(
    "{part} 最想要的 {place} 已被 {others} 占用（需要 {need}{unit}，余 {offer}{unit}）",
    "{place}, worth most to {part}, went to {others} (needs {need}{unit}, {offer}{unit} left)",
)
SHORT = Words(
    "{part} 有空间可落，但{rule}所限（{place}：需要 {need}{unit}，余 {offer}{unit}）",
    "{part} would have room, but a rule leaves too little, {rule} ({place}: needs {need}{unit}, {offer}{unit} left)",
)
NOT_WORTH = Words(
    "{part} 有空间可落，但落位不会提高总分", "{part} would have room, but placing it does not raise the score"
)


@dataclass(frozen=True)
class Room:
    """What each use of a case would need beside a choice of options, and what these leave; one figure a row of uses.

    Attributes
    ----------
    need : ndarray of shape (n_uses,)
        What the use takes: of what is at most, or, where its amount is negative, of what there is above the least.
        Of parcels, which are taken whole, their area.
    left : ndarray of shape (n_uses,)
        What is left to take, never negative.
    short : ndarray of bool, shape (n_uses,)
        Where less is left than is needed.
    """

    need: NDArray[np.float64]
    left: NDArray[np.float64]
    short: NDArray[np.bool_]


def room(case: Case, chosen: Sequence[int] | Ints, shares: Sequence[float] | Floats = ()) -> Room:
    """Return what a choice of options, or of shares of them, leaves of every limit, seen from each use.

    Examples
    --------
    >>> options = pd.DataFrame({"project": ["P", "Q"], "site": ["s", "t"]})
    >>> uses = pd.DataFrame({"option": [0, 1], "kind": "power", "key": "K 2026", "amount": [4.0, 3.0]})
    >>> limits = pd.DataFrame({"kind": ["power"], "key": ["K 2026"], "at_most": [5.0]})
    >>> found = room(Case.from_tables(options, uses, limits), [0])
    >>> found.need.tolist(), found.left.tolist(), found.short.tolist()
    ([4.0, 3.0], [1.0, 1.0], [True, True])
    """
    uses = case.uses
    whole = (uses["kind"] == "parcel").to_numpy()
    amount = np.where(whole, 1.0, uses["amount"].to_numpy(dtype=float))
    code, bounded = _limits_of_uses(case)
    share = np.zeros(len(case.options))
    share[np.asarray(chosen, dtype=np.int64)] = shares if len(shares) else 1.0
    in_main_park = _in_main_park_m2(case, share)
    share = share[uses["option"].to_numpy(dtype=np.int64)]
    taken = amount * np.where(uses["kind"].isin(HELD_WHOLE), share > 0, share)
    used = np.bincount(code, taken, minlength=code.max(initial=-1) + 1)[code]
    limit = bounded[code]
    most = np.where(whole, 1.0, limit[:, 1])
    most[(uses["kind"] == MAIN_PARK).to_numpy()] = in_main_park
    left = np.where(amount < 0, used - limit[:, 0], most - used)
    left = np.where(np.isnan(left), np.inf, np.maximum(left, 0.0))
    short = left < np.abs(amount) - ROUNDING
    scale = np.where(whole, uses["amount"].to_numpy(dtype=float), 1.0)
    return Room(np.abs(amount) * scale, left * scale, short)


@dataclass(frozen=True)
class _Uses:
    """The uses of a case as arrays, whether each takes a place, and where those of each option stand (`rows`)."""

    option: Ints
    kind: NDArray[np.object_]
    key: NDArray[np.object_]
    of_place: NDArray[np.bool_]
    order: Ints
    begin: Ints

    @classmethod
    def of(cls, case: Case) -> _Uses:
        option = case.uses["option"].to_numpy(dtype=np.int64)
        kind, key = (case.uses[name].to_numpy(dtype=object) for name in ("kind", "key"))
        of_place = case.uses["kind"].isin(list(PLACES)).to_numpy()
        begin = np.cumsum(np.r_[0, np.bincount(option, minlength=len(case.options))])
        return cls(option, kind, key, of_place, np.argsort(option, kind="stable"), begin)

    def rows(self, options: Ints) -> Ints:
        """Return which uses are those of some options, as they stand."""
        count = self.begin[options + 1] - self.begin[options]
        skipped = self.begin[options] - np.cumsum(np.r_[0, count])[:-1]
        return np.sort(self.order[np.repeat(skipped, count) + np.arange(count.sum())])


def _limits_of_uses(case: Case) -> tuple[Ints, Floats]:
    """Return a number for the kind and key of each use, and by it what is least and most (NaN for no limit)."""
    (kind, kinds), (key, keys) = (pd.factorize(case.uses[name]) for name in ("kind", "key"))
    code, pairs = pd.factorize(kind.astype(np.int64) * max(len(keys), 1) + key)
    pair = pd.MultiIndex.from_arrays([kinds[pairs // max(len(keys), 1)], keys[pairs % max(len(keys), 1)]])
    limits = case.limits.set_index(["kind", "key"])[["at_least", "at_most"]].reindex(pair)
    return code.astype(np.int64), limits.to_numpy(dtype=float)


def _in_main_park_m2(case: Case, share: Floats) -> Floats:
    """Return for each use of the rule on main parks what the cluster's main park would hold beside its option (m²)."""
    uses = case.uses_of(MAIN_PARK)
    if uses.empty:
        return np.zeros(0)
    options = case.options.loc[uses["option"], ["park", "gfa_m2"]].assign(cluster=uses["key"].to_numpy())
    inside = (options["park"] != "").to_numpy()
    space = np.where(inside, options["gfa_m2"].to_numpy(dtype=float), 0.0)
    options["held"] = space * share[options.index]
    by_park = options.groupby(["cluster", "park"])["held"].transform("sum")
    main = by_park.groupby(options["cluster"]).transform("max")
    beside = (by_park + space - options["held"]).to_numpy(dtype=float)
    held: Floats = np.maximum(main.to_numpy(dtype=float), beside)
    return held


def left_out(
    case: Case,
    chosen: Sequence[int] | Ints,
    shares: Sequence[float] | Floats = (),
) -> pd.DataFrame:
    """Return one leading cause for every project that a choice of options leaves out.

    Parameters
    ----------
    case : Case
    chosen : sequence of int
        Options chosen.
    shares : sequence of float, optional
        What each takes of its part; all of it where not given.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; cause is ``fits_nowhere``, ``part_left_out``, ``outbid`` or ``rule``.
    """
    taken = np.asarray(chosen, dtype=np.int64)
    placed = set(case.options["project"].to_numpy()[taken])
    options = {
        str(part): np.asarray(rows, dtype=np.int64)
        for part, rows in pd.Series(np.arange(len(case.options)))
        .groupby(case.options["part"].to_numpy())
        .indices.items()
    }
    parts_of = case.parts.index.to_series().groupby(case.parts["project"]).agg(list)
    left, uses, points = room(case, chosen, shares), _Uses.of(case), case.points()
    places = {kind: case.places[case.places["kind"] == kind] for kind in fit.BOTH} if len(case.places) else {}
    homeless = case.refusals[case.refusals["part"].isin(case.parts.index.difference(list(options)))]
    refused = {str(part): of for part, of in homeless.groupby("part", observed=True)}
    rows: list[dict[Any, object]] = []
    for project in case.projects.index:
        if project in placed:
            continue
        parts = parts_of[project]
        nowhere = [part for part in parts if part not in options]
        if nowhere:
            cause = HOMELESS[len(nowhere) < len(parts)]
            row = _nowhere(case, places, nowhere[0], refused.get(nowhere[0], homeless[:0]))
        else:
            cause, row = _no_room(case, uses, left, points, taken, parts, options)
        rows.append({"project": project, "cause": cause, **row})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _nowhere(
    case: Case, places: Mapping[fit.PlaceKind, pd.DataFrame], part: str, refused: pd.DataFrame
) -> dict[str, object]:
    """Return the place a part comes nearest to and the test that refuses it there, of the places it is refused."""
    found = None
    if len(refused) and places:
        failed = pd.Series(refused["failed"].to_numpy(), index=refused["place"].to_numpy(dtype=object))
        found = _nearest(case.parts.loc[[part]], places, failed)
    if found is None:
        return _row("", part, "", "", "", "", NO_PLACE.fill(part=part))
    place, failures = found
    first = min(failures, key=lambda failure: (failure.miss == float("inf"), -failure.miss))
    wider = case.site_refusals
    if first.test == "area_window" and len(wider):  # several parcels together may have come nearer than one
        better = wider[(wider["part"] == part) & (wider["test"] == "area_window")]
        if len(better):
            row = better.iloc[0]
            reached = fit.Failure(first.test, first.words, float(row["need"]), float(row["offer"]), first.unit)
            if reached.miss < first.miss:
                place, first = str(row["site"]), reached
    said = NOWHERE.fill(
        part=part,
        place=place,
        test=first.words,
        need=figure(first.need, first.unit),
        offer=figure(first.offer, first.unit),
        unit=spaced(first.unit),
    )
    return _row(first.test, part, place, first.need, first.offer, first.unit, said)


def _nearest(
    part: pd.DataFrame, places: Mapping[fit.PlaceKind, pd.DataFrame], failed: pd.Series
) -> tuple[str, list[fit.Failure]] | None:
    """Return the nearest of the parcels and floors, those on offer and of a kind the part takes first."""
    hopeless = fit.BIT["available"] | fit.BIT["site_kind"]
    bits = {kind: failed.reindex(of.index, fill_value=0).to_numpy(dtype=np.uint32) for kind, of in places.items()}
    candidates = []
    for within in (hopeless, 0):
        for kind, of in places.items():
            open_to = (bits[kind] & within) == 0
            found = fit.nearest(part, of[open_to], bits[kind][open_to], kind) if open_to.any() else None
            if found:
                candidates.append(found)
        if candidates:
            break
    return min(candidates, key=lambda found: len(found[1]), default=None)


def _no_room(
    case: Case, uses: _Uses, left: Room, points: Floats, taken: Ints, parts: list[str], options: dict[str, Ints]
) -> tuple[str, dict[str, object]]:
    """Return why a project all of whose parts fit somewhere has no room: outbid, a rule, or nothing to gain."""
    if len(parts) > 1 and len(case.uses_of("parts_together")):
        left = replace(left, short=left.short & _rest_apart(case, left, options, parts))
    for part in parts:
        own = options[part]
        short = uses.rows(own)
        short = short[left.short[short]]
        option, of_place = uses.option[short], uses.of_place[short]
        if len(np.unique(option)) < len(own):
            continue  # this part has room
        only_rules = np.setdiff1d(own, option[of_place])
        best = max(only_rules if len(only_rules) else own, key=lambda one: (points[one], -one))
        row = short[(option == best) & (of_place | bool(len(only_rules)))][0]
        kind, key = uses.kind[row], uses.key[row]
        rule, unit = PLACES.get(kind, kind), str(case.limits_of(kind).at[key, "unit"])
        need, offer = float(left.need[row]), float(left.left[row])
        facts = {
            "part": part,
            "place": key,
            "need": figure(need, unit),
            "offer": figure(offer, unit),
            "unit": spaced(unit),
        }
        if len(only_rules):
            said = SHORT.fill(**facts, rule=RULE_WORDS.get(rule, Words(rule, rule)))
            return "rule", _row(rule, part, key, need, offer, unit, said)
        held = uses.rows(taken)
        held = held[(uses.kind[held] == kind) & (uses.key[held] == key)]
        others = sorted(set(case.options["project"].iloc[uses.option[held]]))
        said = OUTBID.fill(**facts, others=", ".join(others) or "—")
        return "outbid", _row(rule, part, key, need, offer, unit, said)
    return "outbid", _row("score", parts[0], "", "", "", "", NOT_WORTH.fill(part=parts[0]))


def _rest_apart(
    case: Case, left: Room, options: Mapping[str, Ints], parts: Sequence[str]
) -> NDArray[np.bool_]:
    """Return which uses still tell what is short once the project's own parts count for one another.

    Parts of a project that is left out are not there to be near one another; what keeps them apart is the rule only
    where each has room by itself, and the other has none near it.
    """
    option = case.uses["option"].to_numpy(dtype=np.int64)
    own = (case.uses["kind"] == "parts_together").to_numpy()
    elsewhere = np.unique(option[left.short & ~own])
    roomy = [np.setdiff1d(options[part], elsewhere) for part in parts]
    if not all(map(len, roomy)):
        return ~own  # a part has no room, wherever the others are
    near = own & np.isin(option, np.concatenate(roomy)) & (case.uses["amount"] < 0).to_numpy()
    return ~own | ~case.uses["key"].isin(case.uses.loc[near, "key"]).to_numpy()


def _row(by: str, part: str, place: str, need: object, offer: object, unit: str, said: Words) -> dict[str, object]:
    return {
        "by": by, "part": part, "place": place, "need": need, "offer": offer, "unit": unit,
        "words_zh": said.zh, "words_en": said.en,
    }  # fmt: skip


SAID = {"yes": Words("是", "yes"), "no": Words("否", "no")}


def figure(value: float | str, unit: str) -> str | Words:
    """Return a need or an offer as a sentence says it; without a unit it is a year or a class and has no separators."""
    if isinstance(value, str):
        return SAID.get(value, value)
    if not unit:
        return f"{value:g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,g}"


def spaced(unit: str) -> str:
    """Return a unit as it follows a figure; nothing for none."""
    return f" {unit}" if unit else ""

"""Why a project is left out of a plan: one leading cause, by look-ups only.

A project fits nowhere (a part is refused everywhere), or one of its parts is, or every place it could take is taken by
others (outbid), or a rule leaves no room (power, shares, whatever adds up uses under limits). What it would take to
place it is for `explain` to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.case import Case
from planner.limits import PLACES
from planner.model import RULES
from planner.outbid import Bids, outbid_by
from planner.room import Room, Uses
from planner.words import Words, listed

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BIDS = ("points", "points_held")
"""Points of a project that is outbid, on the places worth most to it, and of those who would have to leave for it."""
COLUMNS = ("project", "cause", "by", "part", "place", "need", "offer", "unit", "held_by", *BIDS, "words_zh", "words_en")
HOMELESS = ("fits_nowhere", "part_left_out")
"""Causes that no choice of options changes."""
RULE_WORDS = {rule.name: rule.words for rule in RULES}

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
MORE_SHORT = Words("；同样不足的还有：{rows}", "; short as well: {rows}")
NOT_WORTH = Words(
    "{part} 有空间可落，但落位不会提高总分", "{part} would have room, but placing it does not raise the score"
)
SAID_SHORT = 3
"""Rules named besides the one that decides, at most."""


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
        Columns `COLUMNS`; cause is ``fits_nowhere``, ``part_left_out``, ``outbid`` or ``rule``. Of one outbid
        ``held_by`` names who would have to leave at least (joined by ``;``) for it to have the places worth most to
        it, ``points_held`` what they are worth to the plan, ``points`` what the project is worth on these places.
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
    uses = Uses.of(case)
    left = uses.room(chosen, shares)
    bids = Bids.of(case, uses, left, taken, np.asarray(shares if len(shares) else np.ones(len(taken))))
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
            cause, row = _no_room(case, uses, left, bids, parts, options)
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
        need=figure(first.need, first.unit, first.test),
        offer=figure(first.offer, first.unit, first.test),
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
    case: Case, uses: Uses, left: Room, bids: Bids, parts: list[str], options: dict[str, Ints]
) -> tuple[str, dict[str, object]]:
    """Return why a project all of whose parts fit somewhere has no room: outbid, a rule, or nothing to gain."""
    if len(parts) > 1 and len(case.uses_of("parts_together")):
        left = replace(left, short=left.short & _rest_apart(case, left, options, parts))
    best = {part: _best(uses, left, bids.points, options[part]) for part in parts}
    for part, (_, rows) in best.items():
        if not len(rows):
            continue  # this part has room
        kind, key = uses.kind[rows[0]], uses.key[rows[0]]
        rule, unit = PLACES.get(kind, kind), str(case.limits_of(kind).at[key, "unit"])
        need, offer = float(left.need[rows[0]]), float(left.left[rows[0]])
        facts = {
            "part": part,
            "place": key,
            "need": figure(need, unit, rule),
            "offer": figure(offer, unit, rule),
            "unit": spaced(unit),
        }
        if not uses.of_place[rows[0]]:
            said, more = SHORT.fill(**facts, rule=_rule(rule)), _more_short(uses, rows)
            return "rule", _row(rule, part, key, need, offer, unit, Words(said.zh + more.zh, said.en + more.en))
        others = sorted({str(bids.project[uses.option[held]]) for held in bids.holders(uses, int(rows[0]))})
        row = _row(rule, part, key, need, offer, unit, OUTBID.fill(**facts, others=listed(others or ["—"])))
        lacks = np.concatenate([rows for _, rows in best.values()])
        who = bids.leaving(uses, left, lacks[uses.of_place[lacks]])
        own = sum(float(bids.points[option]) for option, _ in best.values())
        held = sum(bids.worth[name] for name in who) if who else np.nan
        return "outbid", {**row, "held_by": ";".join(who), "points": own, "points_held": held}
    return "outbid", _row("score", parts[0], "", "", "", "", NOT_WORTH.fill(part=parts[0]))


def _best(uses: Uses, left: Room, points: Floats, own: Ints) -> tuple[int, Ints]:
    """Return the option worth most of a part, and its uses that are short: of places alone, where these are.

    One that has room, if any has; else one that rules alone leave none.
    """
    short = uses.rows(own)
    short = short[left.short[short]]
    option, of_place = uses.option[short], uses.of_place[short]
    for some, places in ((np.setdiff1d(own, option), False), (np.setdiff1d(own, option[of_place]), False), (own, True)):
        if len(some):
            best = max(some, key=lambda one: (points[one], -one))
            return int(best), short[(option == best) & (of_place | (not places))]
    raise AssertionError("a part that has options has one worth most")


def _more_short(uses: Uses, rows: Ints) -> Words:
    """Return which rules leave too little besides the first, with the first and the last of their keys."""
    keys: dict[str, list[str]] = {}
    for kind, key in zip(uses.kind[rows], uses.key[rows], strict=True):
        keys.setdefault(PLACES.get(kind, kind), []).append(str(key))
    first = next(iter(keys))
    keys[first] = keys[first][1:]
    named = [
        Words(f"{_rule(rule).zh} {told}", f"{_rule(rule).en} {told}")
        for rule, of in keys.items() if of for told in [of[0] if len(of) == 1 else f"{of[0]} … {of[-1]}"]
    ]  # fmt: skip
    if not named:
        return Words("", "")
    more = [Words("……", "…")] * (len(named) > SAID_SHORT)
    told = [*named[:SAID_SHORT], *more]
    return MORE_SHORT.fill(rows=listed(told))


def _rule(name: str) -> Words:
    return RULE_WORDS.get(name, Words(name, name))


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
        "by": by, "part": part, "place": place, "need": need, "offer": offer, "unit": unit, "held_by": "",
        "points": np.nan, "points_held": np.nan, "words_zh": said.zh, "words_en": said.en,
    }  # fmt: skip


def told(row: Mapping[Any, Any]) -> Words:
    """Return why a project is left out, in words: a row of the table, with the points as far as it has them."""
    zh, en, who = (of if isinstance(of := row.get(name), str) else "" for name in ("words_zh", "words_en", "held_by"))
    own, held = (row.get(name) for name in BIDS)
    if who and isinstance(own, float | int) and isinstance(held, float | int):
        more = outbid_by(str(row["part"]), who.split(";"), float(held), float(own))
        return Words(zh + more.zh, en + more.en)
    return Words(zh, en)


def figure(value: float | str, unit: str, by: str) -> str | Words:
    """Return a need or an offer, of a test or a rule, as a sentence says it; without a unit it is a year."""
    if isinstance(value, str):
        return fit.said(by, value)
    if not unit:
        return f"{value:g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,g}"


def spaced(unit: str) -> str:
    """Return a unit as it follows a figure; nothing for none."""
    return f" {unit}" if unit else ""

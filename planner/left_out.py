"""Why a project is left out of a plan: one leading cause, by look-ups only.

A project fits nowhere (a part is refused everywhere), or one of its parts is, or every place it could take is taken by
others (outbid), or a rule leaves no room (power). What it would take to place it is for `explain` to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.case import Case
from planner.words import Words

COLUMNS = ("project", "cause", "by", "part", "place", "need", "offer", "unit", "words_zh", "words_en")
LIMITING = {"parcel": "parcel_used_once", "floor": "floor_not_overfilled", "power": "power"}
"""The rule that limits each kind of use."""

NOWHERE = Words(
    "{part} 无处可落：最接近的是 {place}，但{test}不符（需要 {need}{unit}，提供 {offer}{unit}）",
    "{part} fits nowhere: {place} comes nearest, but fails on {test} (needs {need}{unit}, offers {offer}{unit})",
)
NO_PLACE = Words("{part} 无处可落：没有任何地块或楼层", "{part} fits nowhere: there is no place at all")
OUTBID = Words(
    "{part} 最想要的 {place} 已被 {others} 占用（需要 {need}{unit}，余 {offer}{unit}）",
    "{place}, worth most to {part}, went to {others} (needs {need}{unit}, {offer}{unit} left)",
)
SHORT_OF_POWER = Words(
    "{part} 有空间可落，但 {place} 供电不足（需要 {need}{unit}，余 {offer}{unit}）",
    "{part} would have room, but {place} is short of power (needs {need}{unit}, {offer}{unit} left)",
)
NOT_WORTH = Words(
    "{part} 有空间可落，但落位不会提高总分", "{part} would have room, but placing it does not raise the score"
)


@dataclass(frozen=True)
class _Left:
    """What each option would need and what a plan leaves of it, by use (rows of ``case.uses``)."""

    short: NDArray[np.bool_]
    left: NDArray[np.float64]


def left_out(case: Case, chosen: Iterable[int]) -> pd.DataFrame:
    """Return one leading cause for every project that a choice of options leaves out.

    Parameters
    ----------
    case : Case
    chosen : iterable of int
        Options chosen.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; cause is ``fits_nowhere``, ``part_left_out``, ``outbid`` or ``rule``.
    """
    taken = np.asarray(list(chosen), dtype=np.int64)
    placed = set(case.options["project"].to_numpy()[taken])
    options = {
        str(part): np.asarray(rows, dtype=np.int64)
        for part, rows in pd.Series(np.arange(len(case.options)))
        .groupby(case.options["part"].to_numpy())
        .indices.items()
    }
    parts_of = case.parts.index.to_series().groupby(case.parts["project"]).agg(list)
    left = _left(case, taken)
    rows = []
    for project in case.projects.index:
        if project in placed:
            continue
        parts = parts_of[project]
        nowhere = [part for part in parts if part not in options]
        if nowhere:
            cause = "fits_nowhere" if len(nowhere) == len(parts) else "part_left_out"
            row = _nowhere(case, nowhere[0])
        else:
            cause, row = _no_room(case, left, taken, parts, options)
        rows.append({"project": project, "cause": cause, **row})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _nowhere(case: Case, part: str) -> dict[str, object]:
    """Return the place a part comes nearest to and the test that refuses it there."""
    found = None
    refused = case.refusals[case.refusals["part"] == part]
    if len(refused) and len(case.places):
        failed = pd.Series(refused["failed"].to_numpy(), index=refused["place"].to_numpy(dtype=object))
        found = _nearest(case, part, failed)
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
        need=_shown(first.need, first.unit),
        offer=_shown(first.offer, first.unit),
        unit=_unit(first.unit),
    )
    return _row(first.test, part, place, first.need, first.offer, first.unit, said)


def _nearest(case: Case, part: str, failed: pd.Series) -> tuple[str, list[fit.Failure]] | None:
    """Return the nearest of the parcels and floors, those on offer and of a kind the part takes first."""
    one = case.parts.loc[[part]]
    hopeless = fit.BIT["available"] | fit.BIT["site_kind"]
    candidates = []
    for kind in fit.BOTH:
        places = case.places[case.places["kind"] == kind]
        bits = failed.reindex(places.index, fill_value=0).to_numpy(dtype=np.uint32)
        open_to = (bits & hopeless) == 0
        if not open_to.any():
            continue
        found = fit.nearest(one, places[open_to], bits[open_to], kind)
        if found:
            candidates.append(found)
    if not candidates:
        for kind in fit.BOTH:
            places = case.places[case.places["kind"] == kind]
            bits = failed.reindex(places.index, fill_value=0).to_numpy(dtype=np.uint32)
            if found := fit.nearest(one, places, bits, kind):
                candidates.append(found)
    return min(candidates, key=lambda found: len(found[1]), default=None)


def _left(case: Case, taken: NDArray[np.int64]) -> _Left:
    """Return what the chosen options leave of every limit, seen from each use."""
    uses = case.uses
    amount = np.where(uses["kind"] == "parcel", 1.0, uses["amount"].to_numpy(dtype=float))
    code, _ = pd.factorize(uses["kind"] + "\0" + uses["key"])
    used = np.bincount(code, amount * np.isin(uses["option"], taken), minlength=code.max(initial=-1) + 1)
    limit = case.limits.set_index(["kind", "key"])["at_most"]
    most = limit.reindex(pd.MultiIndex.from_frame(uses[["kind", "key"]])).to_numpy(dtype=float)
    most = np.where(uses["kind"] == "parcel", 1.0, most)
    left = most - used[code]
    return _Left(left < amount - 1e-6, np.asarray(left, dtype=float))


def _no_room(
    case: Case, left: _Left, taken: NDArray[np.int64], parts: list[str], options: dict[str, NDArray[np.int64]]
) -> tuple[str, dict[str, object]]:
    """Return why a project all of whose parts fit somewhere has no room: outbid, a rule, or nothing to gain."""
    points = case.points()
    uses = case.uses
    for part in parts:
        own = options[part]
        rows = np.flatnonzero(uses["option"].isin(own))
        short = rows[left.short[rows]]
        blocked = set(uses["option"].to_numpy()[short])
        if len(blocked) < len(own):
            continue  # this part has room
        kinds = uses["kind"].to_numpy()
        taken_from = {
            option
            for option, kind in zip(uses["option"].to_numpy()[short], kinds[short], strict=True)
            if kind != "power"
        }
        only_power = [option for option in own if option not in taken_from]
        best = max(only_power or list(own), key=lambda option: (points[option], -option))
        use = next(row for row in short if uses["option"].iat[row] == best)
        kind, key = kinds[use], str(uses["key"].iat[use])
        need = float(uses["amount"].to_numpy(dtype=float)[use])
        offer = max(float(left.left[use]), 0.0) if kind != "parcel" else 0.0
        unit = "kVA" if kind == "power" else "m²"
        facts = {
            "part": part,
            "place": key,
            "need": _shown(need, unit),
            "offer": _shown(offer, unit),
            "unit": _unit(unit),
        }
        if kind == "power":
            return "rule", _row("power", part, key, need, offer, unit, SHORT_OF_POWER.fill(**facts))
        here = uses["option"].to_numpy()[(kinds == kind) & (uses["key"] == key).to_numpy()]
        others = sorted(set(case.options["project"].to_numpy()[np.intersect1d(here, taken)]))
        said = OUTBID.fill(**facts, others=", ".join(others) or "—")
        return "outbid", _row(LIMITING[kind], part, key, need, offer, unit, said)
    return "outbid", _row("score", parts[0], "", "", "", "", NOT_WORTH.fill(part=parts[0]))


def _row(by: str, part: str, place: str, need: object, offer: object, unit: str, said: Words) -> dict[str, object]:
    return {
        "by": by, "part": part, "place": place, "need": need, "offer": offer, "unit": unit,
        "words_zh": said.zh, "words_en": said.en,
    }  # fmt: skip


SAID = {"yes": Words("是", "yes"), "no": Words("否", "no")}


def _shown(value: float | str, unit: str) -> str | Words:
    """Return a need or an offer as a sentence says it; without a unit it is a year or a class and has no separators."""
    if isinstance(value, str):
        return SAID.get(value, value)
    if not unit:
        return f"{value:g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,g}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""

"""Whether a part may stand somewhere: by look-ups in the case, with the test and both figures where it may not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.asks import rows_of
from planner.changes import changed
from planner.errors import Fault, ScenarioError
from planner.explain.reasons import known
from planner.limits import PLACES as TAKEN
from planner.maps.style import plain
from planner.places import find
from planner.room import Uses
from planner.scenario import Place
from planner.telling import rule_words
from planner.territory import Territory
from planner.whatif import Warm
from planner.words import Words, listed

Ints = NDArray[np.int64]
SITES = 6
"""Sites told of a place at most, those worth most first."""
NEAREST = 3
"""Places told of where none will do, those that miss least first."""
FITS = Words("{part} 可落位于 {place}：{count} 个落位空间", "{part} may stand at {place}: {count} sites")
FREE = Words("，其中有空着的", ", some of them free")
HELD = Words("，须由 {who} 让位", "; {who} would give way")
FAILS = Words(
    "{part} 不能落位于 {place}：{test}不符（需要 {need}，提供 {offer}）",
    "{part} may not stand at {place}: it fails on {test} (needs {need}, offers {offer})",
)
NO_SITE = Words(
    "{part} 不能落位于 {place}：单处均可，但组不成满足规模的落位空间",
    "{part} may not stand at {place}: each place passes, but they make no site that holds it",
)
NOTHING_THERE = Words("{place} 没有地块或楼层", "there is neither parcel nor floor at {place}")
OTHER_PLACE = Words("请另选落位空间，或修改其要求", "Choose another place, or change what it asks for")
CHOOSE = Words("请选地块、厂房、楼层或园区", "Choose a parcel, a building, a floor or a park")


@dataclass(frozen=True)
class Moves:
    """What may go where in a solved case, ready to be looked up.

    Attributes
    ----------
    now : Warm
        With inputs: places have names only there.
    """

    now: Warm

    @cached_property
    def ground(self) -> Territory:
        """Return the territory with the scenario's changes made."""
        assert self.now.inputs is not None
        return changed(self.now.inputs.territory, self.now.inputs.scenario)

    @cached_property
    def of_part(self) -> dict[str, Ints]:
        """Return the options of each part."""
        found = self.now.case.options.groupby("part", sort=False).indices
        return {str(part): np.asarray(rows, dtype=np.int64) for part, rows in found.items()}

    @cached_property
    def places(self) -> dict[str, frozenset[str]]:
        """Return the parcels or floors of each site."""
        sites = self.now.case.sites
        return {str(site): frozenset(places) for site, places in zip(sites.index, sites["places"], strict=True)}

    @cached_property
    def refused(self) -> pd.Series:
        """Return the tests that refuse a part at a place, as bits."""
        rows = self.now.case.refusals
        return pd.Series(rows["failed"].to_numpy(), index=pd.MultiIndex.from_frame(rows[["part", "place"]]))

    @cached_property
    def sites(self) -> NDArray[np.object_]:
        """Return the site of each option."""
        return self.now.case.options["site"].to_numpy(dtype=object)

    @cached_property
    def uses(self) -> Uses:
        """Return what each option takes of every limit."""
        return Uses.of(self.now.case)

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """Return what each option is worth."""
        return self.now.case.points()

    @cached_property
    def building(self) -> dict[str, str]:
        """Return the building of each floor."""
        return {str(floor): str(of) for floor, of in self.ground.floors["building_id"].items()}

    @cached_property
    def chosen(self) -> Ints:
        """Return the options that the plan chooses, as rows of the case."""
        keys, now = ["part", "site", "start_year"], self.now
        at = pd.MultiIndex.from_frame(now.case.options[keys])
        return np.asarray(at.get_indexer(pd.MultiIndex.from_frame(now.chosen[keys])), dtype=np.int64)

    def inside(self, place: Place) -> frozenset[str]:
        """Return the parcels and floors of a place.

        Raises
        ------
        ScenarioError
            No place of that name, or more than one.
        """
        assert self.now.offered is not None
        found = find(place, self.ground, self.now.offered, "place")
        if not found:
            raise ScenarioError(Fault("place", "", NOTHING_THERE.fill(place=", ".join(place.names)), CHOOSE))
        return found

    def parts(self, who: str) -> list[str]:
        """Return the parts of a project, or the part itself.

        Raises
        ------
        ScenarioError
            There is neither.
        """
        parts = self.now.case.parts
        return list(map(str, parts.index[rows_of(who, parts, "who")]))

    def targets(self, who: str) -> dict[str, list[str]]:
        """Return where each part of somebody may stand: parcels, and buildings for floors."""
        told = {}
        for part in self.parts(who):
            rows = self.of_part.get(part, np.zeros(0, dtype=np.int64))
            there = {self.building.get(place, place) for site in set(self.sites[rows]) for place in self.places[site]}
            told[part] = sorted(there)
        return told

    def check(self, who: str, place: Place) -> list[dict[str, Any]]:
        """Return of each part whether it may stand at a place, on which sites, or which test refuses it.

        Returns
        -------
        list of dict
            ``part``, ``legal``, ``words`` (zh, en), ``sites`` (site, park, start_year, points, held_by),
            ``refusals`` (place, test, words, need, offer, unit, and both in words as ``said``), the nearest place
            first; and of a parcel too small by itself ``wider``, the plots with it.
        """
        inside = self.inside(place)
        return [self._checked(part, inside, ", ".join(place.names)) for part in self.parts(who)]

    def legal(self, who: str, place: Place) -> None:
        """Raise where a part of somebody may not stand at a place, with the test that says so.

        Raises
        ------
        ScenarioError
            One fault for each part that may not.
        """
        told = [one for one in self.check(who, place) if not one["legal"]]
        if told:
            where = ", ".join(place.names)
            raise ScenarioError([Fault(where, "", Words(*one["words"]), OTHER_PLACE) for one in told])

    def known(self, project: str) -> None:
        """Raise where no project is called so.

        Raises
        ------
        DataError
        """
        known(self.now.case, project)

    def _checked(self, part: str, inside: frozenset[str], called: str) -> dict[str, Any]:
        rows = self.of_part.get(part, np.zeros(0, dtype=np.int64))
        rows = rows[[self.places[site] <= inside for site in self.sites[rows]]] if len(rows) else rows
        if not len(rows):
            return {**self._refused(part, inside, called), "wider": self._wider(part, inside)}
        best = rows[np.argsort(-self.points[rows], kind="stable")]
        first = best[~pd.Series(self.sites[best]).duplicated()]
        told = self._sites(part, first[:SITES])
        words = FITS.fill(part=part, place=called, count=len(first))
        if any(not one["held_by"] for one in told):
            words = Words(words.zh + FREE.zh, words.en + FREE.en)
        elif told:
            held = HELD.fill(who=listed(told[0]["held_by"]))
            words = Words(words.zh + held.zh, words.en + held.en)
        return {"part": part, "legal": True, "words": plain(words), "sites": told, "refusals": [], "wider": []}

    def _wider(self, part: str, inside: frozenset[str]) -> list[dict[str, Any]]:
        """Return the plots that a parcel is one of, those worth most first."""
        rows = self.of_part.get(part, np.zeros(0, dtype=np.int64))
        if len(inside) != 1 or not len(rows):
            return []
        rows = rows[[inside <= self.places[site] for site in self.sites[rows]]]
        return self._sites(part, rows[np.argsort(-self.points[rows], kind="stable")][:NEAREST])

    def _sites(self, part: str, rows: Ints) -> list[dict[str, Any]]:
        """Return sites, each with who stands in the way."""
        options, uses = self.now.case.options, self.uses
        others = self.chosen[~np.isin(self.chosen, self.of_part[part])]
        left, stands = uses.room(others), dict[tuple[str, str], set[str]]()
        there = uses.rows(others)
        for row, project in zip(there, options["project"].iloc[uses.option[there]], strict=True):
            stands.setdefault((uses.kind[row], uses.key[row]), set()).add(str(project))
        told = []
        for option in rows:
            own = uses.rows(np.array([option]))
            short = [(uses.kind[row], uses.key[row]) for row in own[left.short[own]]]
            held = sorted({who for kind, key in short if kind in TAKEN for who in stands.get((kind, key), ())})
            rules = sorted({kind for kind, _ in short if kind not in TAKEN})
            one = options.iloc[int(option)]
            told.append({
                "site": str(one["site"]), "park": str(one["park"]), "start_year": int(one["start_year"]),
                "points": float(self.points[option]), "held_by": held,
                "short": [plain(rule_words(rule)) for rule in rules],
                "places": sorted(self.places[str(one["site"])]),
            })  # fmt: skip
        return told

    def _refused(self, part: str, inside: frozenset[str], called: str) -> dict[str, Any]:
        """Return what refuses a part at a place, the places that miss least first."""
        case = self.now.case
        one = case.parts.loc[[part]]
        found: list[tuple[int, float, str, list[fit.Failure]]] = []
        for kind in fit.BOTH:
            here = case.places[(case.places["kind"] == kind).to_numpy() & case.places.index.isin(inside)]
            bits = self.refused.reindex(pd.MultiIndex.from_product([[part], here.index]), fill_value=0)
            hits = bits.to_numpy(dtype=np.uint32)
            order = np.argsort(np.bitwise_count(hits), kind="stable")[: 4 * NEAREST]
            for row in order[hits[order] > 0]:
                failed = fit.failures(int(hits[row]), one, here.iloc[[row]], kind)
                found.append((len(failed), max(each.miss for each in failed), str(here.index[row]), failed))
        found.sort(key=lambda each: each[:3])
        refusals = [
            {"place": place, "test": each.test, "words": plain(each.words), "need": each.need, "offer": each.offer,
             "unit": each.unit, "said": plain(each.said)}
            for _, _, place, failed in found[:NEAREST] for each in failed
        ]  # fmt: skip
        words = NO_SITE.fill(part=part, place=called)
        if (found and len(found) == len(inside)) or (found and len(inside) > 4 * NEAREST):
            first = found[0][3][0]
            need, offer = first.said
            words = FAILS.fill(part=part, place=found[0][2], test=first.words, need=need, offer=offer)
        return {"part": part, "legal": False, "words": plain(words), "sites": [], "refusals": refusals}

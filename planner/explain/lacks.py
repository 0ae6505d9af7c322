"""What stands between a project and a place: every test and every limit that a candidate fails, and by how much.

One row a lack: ``option``, ``by`` (test or kind of use), ``id`` (whose figure it is: a floor, a building, a park, a
part …) and ``amount`` in the unit of its kind of change. A figure that several places share is lacking once, by the
most; one that nothing can change makes the option hopeless (`NEVER`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.asks import rows_of
from planner.case import Case
from planner.columns import VIBRATION_CLASSES
from planner.errors import ScenarioError
from planner.explain.candidates import Beside
from planner.explain.kinds import LIMITS, OF_PLOT, TARGETS
from planner.limits import PLACES
from planner.places import find
from planner.room import MAIN_PARK, ROUNDING, Uses
from planner.territory import LAYERS

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = np.inf
"""An amount that no change makes good."""
COLUMNS = ("option", "by", "id", "amount")
BY_YEAR = ("power", "water", "waste_water", "gas")
"""Kinds of use whose keys are a park and a year; what is lacking is lacking in the park."""
BOUNDS_NOTHING = ("leftover", "balance", "started_space", "started_space_target")
RULE_OF = {**PLACES, "building": "building_filled"}
"""The rule about each kind of use that is not called like it."""
SMALL_M2 = 1e-6
FAR_MOST = LAYERS["parcels"].column("far_max").most or np.inf
"""No parcel may have a higher FAR limit."""


def of_tests(of: Beside, options: pd.DataFrame, uses: pd.DataFrame, plots: pd.DataFrame) -> pd.DataFrame:
    """Return what candidates lack by tests of local fit.

    Parameters
    ----------
    of : Beside
    options, uses : DataFrame
        Candidates, and what they take of places.
    plots : DataFrame
        What plots offer as they are (`candidates.plots_as_they_are`).
    """
    places = _Places.of(of)
    taken = uses[uses["kind"].isin(["parcel", "parcel_share", "floor"])]
    option = taken["option"].to_numpy(dtype=np.int64)
    place = places.index.get_indexer(pd.Index(taken["key"].astype(object)))
    part = of.parts.index.get_indexer(pd.Index(options["part"]))
    found = []
    for test, target in TARGETS.items():
        amount = places.amounts(test)[part[option], place]
        rows = np.flatnonzero(amount > 0)
        numbers, names = places.whose(target.layer)
        ids = part[option[rows]] if numbers is None else numbers[place[rows]]
        table = pd.DataFrame({"option": option[rows], "id": ids, "amount": amount[rows]})
        table = table.groupby(["option", "id"], sort=False)["amount"].max().reset_index()
        found.append(table.assign(by=test, id=names[table["id"].to_numpy(dtype=np.int64)]))
    found += [_of_plots(of, options, part, plots), _of_space(of, options, uses, part)]
    return pd.concat(found, ignore_index=True)[list(COLUMNS)]


@dataclass(frozen=True)
class _Places:
    """Parcels and floors side by side, and how each part fails there as things are."""

    beside: Beside
    frames: Mapping[fit.PlaceKind, pd.DataFrame]

    @classmethod
    def of(cls, of: Beside) -> _Places:
        offered = of.ground.offered
        return cls(of, {"parcel": pd.DataFrame(offered.parcels), "floor": offered.floors})

    @cached_property
    def index(self) -> pd.Index:
        return self.frames["parcel"].index.append(self.frames["floor"].index)

    @cached_property
    def bits(self) -> fit.Bits:
        failed = self.beside.ground.failed
        return np.concatenate([failed["parcel"][self.beside.rows], failed["floor"][self.beside.rows]], axis=1)

    @cached_property
    def homes(self) -> dict[str, tuple[Ints, pd.Index]]:
        """Building, park, and building or parcel of each place: their number, and their names."""
        parcels, floors = self.frames["parcel"], self.frames["floor"]
        return {
            layer: _numbered(pd.concat([one, other]).astype(object))
            for layer, one, other in (
                ("buildings", pd.Series("", parcels.index), floors["building"]),
                ("parks", parcels["park"], floors["park"]),
                ("", pd.Series(parcels.index, parcels.index), floors["building"]),
            )
        }

    def whose(self, layer: str) -> tuple[Ints | None, NDArray[np.object_]]:
        """Return whose figure it is at each place, as a number, and their names; no number where it is the part's."""
        if layer in self.homes:
            numbers, names = self.homes[layer]
            return numbers, names.to_numpy(dtype=object)
        if layer in ("parts", "projects", "bans", "locks"):
            return None, self.beside.parts.index.to_numpy(dtype=object)
        return np.arange(len(self.index)), self.index.to_numpy(dtype=object)

    def amounts(self, test: str) -> Floats:
        """Return by how much each part fails a test at each place; 0 where it passes, or what is let hides it."""
        parts, found = self.beside.parts, []
        for kind, frame in self.frames.items():
            at = next((one for one in fit.TESTS if one.name == test and kind in one.at), None)
            if at is None or (test == "available" and kind == "floor"):
                found.append(np.zeros((len(parts), len(frame))))
                continue
            found.append(np.broadcast_to(self._amount(at, kind, frame), (len(parts), len(frame))))
        failed = (self.bits & np.uint32(fit.BIT[test])) != 0
        return np.where(failed, np.concatenate(found, axis=1), 0.0)

    def _amount(self, test: fit.Test, kind: fit.PlaceKind, frame: pd.DataFrame) -> Floats:
        parts = self.beside.parts
        if test.name in ("banned", "locked_elsewhere"):
            return self._named(test.name, frame)
        if test.name == "zoned":
            return np.where(self._rezoned(kind, frame), 1.0, NEVER)
        if test.name == "vibration_class":
            rank = {name: k for k, name in enumerate(VIBRATION_CLASSES)}
            asked, given = (of["vibration_class"].map(rank).to_numpy(dtype=float) for of in (parts, frame))
            return np.asarray(asked[:, None] - given[None, :], dtype=float)
        if test.name in ("available", "ground_floor", "wet_process", "reserved"):
            return np.ones((1, 1))
        need, offer = fit.figures(test, parts, frame)
        return np.asarray(np.abs(need - offer), dtype=float)

    def _named(self, test: str, frame: pd.DataFrame) -> Floats:
        """Return how many entries of the scenario keep each part from each place."""
        of, scenario = self.beside, self.beside.inputs.scenario
        count = np.zeros((len(of.parts), len(frame)))
        entries = [("bans", ban.project, ban.place) for ban in scenario.bans]
        if test != "banned":
            entries = [(key, *one) for key in ("locks", "only") for one in getattr(scenario, key).items()]
        for key, name, place in entries:
            try:
                rows = rows_of(name, of.parts, "")
            except ScenarioError:
                continue  # it is about a project that is placed
            inside = frame.index.isin(find(place, of.ground.territory, of.ground.offered, key))
            count += rows[:, None] & (inside if test == "banned" else ~inside)[None, :]
        return count

    def _rezoned(self, kind: fit.PlaceKind, frame: pd.DataFrame) -> Flags:
        """Return where a part has a land class that the tenants of a building take as well."""
        buildings = [""] if kind == "parcel" else list(dict.fromkeys(frame["building"]))
        of_building = np.zeros(len(frame), np.int64) if kind == "parcel" else pd.factorize(frame["building"])[0]
        wanted = self.beside.parts["land_classes"]
        takes = {
            classes: [bool(rezoned(self.beside, classes, building)) for building in buildings]
            for classes in set(wanted)
        }
        return np.array([takes[classes] for classes in wanted], dtype=bool)[:, of_building]


def _numbered(names: pd.Series) -> tuple[Ints, pd.Index]:
    number, known = pd.factorize(names)
    return number.astype(np.int64), pd.Index(known, dtype=object)


def rezoned(of: Beside, classes: Sequence[str], building: str) -> str:
    """Return the first of some land classes that a building's tenants by the plan take as well; empty for none."""
    tenants = of.ground.parts.loc[list(of.tenants.get(building, ())), "land_classes"]
    return next((name for name in classes if all(not takes or name in takes for takes in tenants)), "")


def _of_plots(of: Beside, options: pd.DataFrame, part: Ints, plots: pd.DataFrame) -> pd.DataFrame:
    """Return what candidates on plots lack by tests of the whole plot; named after the part, or the site."""
    site = plots.index.get_indexer(pd.Index(options["site"]))
    option = np.flatnonzero(site >= 0)
    bits = fit.check(of.parts, plots, "parcel", off=of.inputs.scenario.tests.off, of_site=True)
    failed, found = bits[part[option], site[option]], []
    for test in (one for one in fit.TESTS if one.name in OF_PLOT and "parcel" in one.at):
        rows = (failed & np.uint32(fit.BIT[test.name])) != 0
        need, offer = (
            np.broadcast_to(value, bits.shape)[part[option[rows]], site[option[rows]]]
            for value in fit.figures(test, of.parts, plots)
        )
        row = part[option[rows]]
        if test.name == "area_window":
            most = of.parts["land_max_m2"].to_numpy(dtype=float)[row]
            amount = np.where(offer > need, offer - most, need - offer) / fit.HA_M2
        elif test.name == "far_volume":
            amount = (need - offer) / plots["usable_m2"].to_numpy(dtype=float)[site[option[rows]]]
            amount = np.where(amount + _highest_far(of, plots)[site[option[rows]]] > FAR_MOST, NEVER, amount)
        elif OF_PLOT[test.name].kind == "threshold":
            own = of.parts[test.name.removesuffix("_per_ha") + "_yi"].to_numpy(dtype=float)[row]
            whole = of.parts["project"].map(of.ground.projects[OF_PLOT[test.name].column]).to_numpy(dtype=float)[row]
            amount = np.where(own > 0, (need - offer) / np.where(own > 0, offer, 1.0) * whole, NEVER)
        else:
            amount = need - offer
        ids = options["site" if OF_PLOT[test.name].layer == "parcels" else "part"].to_numpy(dtype=object)
        found.append(pd.DataFrame({"option": option[rows], "by": test.name, "id": ids[option[rows]], "amount": amount}))
    return pd.concat(found, ignore_index=True)


def _highest_far(of: Beside, plots: pd.DataFrame) -> Floats:
    """Return the highest FAR limit among the parcels of each plot."""
    far = of.ground.territory.parcels["far_max"]
    places = plots["places"].explode()
    highest = places.map(far).groupby(level=0).max()
    return highest.reindex(plots.index).to_numpy(dtype=float)


def _of_space(of: Beside, options: pd.DataFrame, uses: pd.DataFrame, part: Ints) -> pd.DataFrame:
    """Return by how much units hold less than their part asks for (m²)."""
    floors = uses[uses["kind"] == "floor"]
    counted = fit.counted(of.parts, of.ground.offered.floors)
    option = floors["option"].to_numpy(dtype=np.int64)
    floor = of.ground.offered.floors.index.get_indexer(pd.Index(floors["key"].astype(object)))
    each = floors["amount"].to_numpy(dtype=float) * counted[part[option], floor]
    held = np.bincount(option, each, minlength=len(options))
    asked = of.parts["net_m2"].fillna(of.parts["gfa_m2"]).to_numpy(dtype=float)[part]
    on_floors = np.bincount(option, minlength=len(options)) > 0
    rows = np.flatnonzero(on_floors & (held < asked * (1 - 1e-12) - SMALL_M2))
    names = options["part"].to_numpy(dtype=object)[rows]
    return pd.DataFrame({"option": rows, "by": "floor_space", "id": names, "amount": (asked - held)[rows]})


# Limits


@dataclass(frozen=True)
class Limited:
    """Uses of a case under its limits, and what the others use already; ready for many choices at once.

    Attributes
    ----------
    case : Case
    used, least, most : ndarray of shape (n_keys,)
    kind, key : ndarray of object, shape (n_keys,)
    option, code : ndarray of int
        Of each use that bounds something.
    amount : ndarray of float
    main_park_short : ndarray of bool, shape (n_options,)
        Options that their cluster's main park does not hold.
    """

    case: Case
    used: Floats
    least: Floats
    most: Floats
    kind: NDArray[np.object_]
    key: NDArray[np.object_]
    option: Ints
    code: Ints
    amount: Floats
    main_park_short: Flags

    @classmethod
    def of(cls, case: Case, shares: Floats) -> Limited:
        """Return the uses of a case whose first options, as many as there are shares, are taken."""
        share = np.zeros(len(case.options))
        share[: len(shares)] = shares
        main = case.uses["kind"] == MAIN_PARK
        hard = MAIN_PARK not in case.soft
        short = Uses.of(case).room(np.arange(len(shares)), shares).short & main.to_numpy() & hard
        beyond = np.isin(np.arange(len(case.options)), case.uses["option"].to_numpy(dtype=np.int64)[short])
        free = {*BOUNDS_NOTHING, *case.soft, *(kind for kind, rule in RULE_OF.items() if rule in case.soft)}
        binds = ~main & ~case.uses["kind"].isin(free)
        uses = case.uses[binds.to_numpy()]
        (kind, kinds), (key, keys) = (pd.factorize(uses[name]) for name in ("kind", "key"))
        code, pair = pd.factorize(kind.astype(np.int64) * len(keys) + key)
        kind_of, key_of = np.asarray(kinds)[pair // len(keys)], np.asarray(keys)[pair % len(keys)]
        bounds = case.limits.set_index(["kind", "key"]).reindex(pd.MultiIndex.from_arrays([kind_of, key_of]))
        whole = uses["kind"].isin(["parcel"]).to_numpy()
        amount = np.where(whole, 1.0, uses["amount"].to_numpy(dtype=float))
        option = uses["option"].to_numpy(dtype=np.int64)
        held = np.where(uses["kind"].isin(["parcel", "parcel_share", "cut_end"]), share[option] > 0, share[option])
        used = np.bincount(code, amount * held, minlength=len(pair)).astype(float)
        most = np.where(kind_of == "parcel", 1.0, bounds["at_most"].to_numpy(dtype=float))
        least = bounds["at_least"].to_numpy(dtype=float)
        return cls(case, used, least, most, kind_of, key_of, option, code, amount, beyond)

    def lacking(self, choice: Ints, option: Ints) -> pd.DataFrame:
        """Return what choices of options lack beside the others.

        Parameters
        ----------
        choice, option : ndarray of int
            Number of the choice (from 0) and one option of it; together all options of all choices.

        Returns
        -------
        DataFrame
            `COLUMNS`, with the number of the choice under ``option``.
        """
        count = np.bincount(self.option, minlength=len(self.case.options))
        begin = np.cumsum(count) - count
        order = np.argsort(self.option, kind="stable")
        own = count[option]
        nth = np.arange(own.sum()) - np.repeat(np.cumsum(own) - own, own)
        row = order[np.repeat(begin[option], own) + nth]
        of = np.repeat(choice, own) * len(self.used) + self.code[row]
        pair, at = np.unique(of, return_inverse=True)
        more = np.bincount(at, self.amount[row], minlength=len(pair))
        code = pair % max(len(self.used), 1)
        total, kind = self.used[code] + more, self.kind[code]
        over = np.where((more > 0) & (total > self.most[code] + ROUNDING), total - self.most[code], 0.0)
        first = (kind == "building") & (self.used[code] <= ROUNDING)
        under = ((more < 0) | first) & (total < self.least[code] - ROUNDING)
        amount = np.where(under, self.least[code] - total, over)
        rows = np.flatnonzero(amount > 0)
        table = self._told(pair[rows] // max(len(self.used), 1), kind[rows], self.key[code[rows]], amount[rows])
        beyond = np.unique(choice[self.main_park_short[option]])
        more_rows = pd.DataFrame({"option": beyond, "by": MAIN_PARK, "id": MAIN_PARK, "amount": 1.0})
        return pd.concat([table, more_rows], ignore_index=True) if len(beyond) else table

    def _told(self, choice: Ints, kind: NDArray[np.object_], key: NDArray[np.object_], amount: Floats) -> pd.DataFrame:
        """Return lacks with whose they are and how they are measured."""
        frame = pd.DataFrame({"option": choice, "by": kind, "id": key, "amount": amount}).astype({"by": object})
        by_year = frame["by"].isin(BY_YEAR)
        frame.loc[by_year, "id"] = frame.loc[by_year, "id"].str.rsplit(" ", n=1).str[0]
        frame.loc[frame["by"] == "land_supply", "amount"] /= fit.HA_M2
        rules = ~frame["by"].isin([*LIMITS, *PLACES])
        frame.loc[rules, "amount"] = 1.0
        frame.loc[rules, "id"] = frame.loc[rules, "by"].replace(RULE_OF)
        frame.loc[rules, "by"] = frame.loc[rules, "id"]
        frame.loc[frame["by"].isin([name for name in PLACES if name != "floor"]), "amount"] = NEVER
        return frame.groupby(["option", "by", "id"], sort=False)["amount"].max().reset_index()


def in_steps(of: Beside, lacks: pd.DataFrame) -> pd.DataFrame:
    """Return lacks of limits as a change would make them good: lifts and beds whole, no more vacated than is let."""
    lacks = lacks.copy()
    by, ids, amount = lacks["by"], lacks["id"], lacks["amount"].to_numpy(dtype=float).copy()
    let = of.ground.territory.floors["occupied_m2"].fillna(0.0)
    floors = (by == "floor").to_numpy()
    amount[floors & (amount > ids.map(let).to_numpy(dtype=float) + ROUNDING)] = NEVER
    lifts = (by == "lifts").to_numpy()
    if lifts.any():
        trips = of.inputs.scenario.rules.lifts.trips_per_shift
        each = ids[lifts].map(of.ground.territory.buildings["lift_t"]).to_numpy(dtype=float) * trips
        amount[lifts] = np.where(each > 0, np.ceil(amount[lifts] / np.where(each > 0, each, 1.0) - ROUNDING), NEVER)
    beds = (by == "housing").to_numpy()
    amount[beds] = np.ceil(amount[beds] - ROUNDING)
    return lacks.assign(amount=amount)

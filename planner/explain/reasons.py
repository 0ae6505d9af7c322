"""Why here, why not; by look-ups in a case and its plan.

Every answer is a `Reason`: two figures where there are two, and the same in words. Nothing is solved: what it would
take to place a project is for `causes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner import fit
from planner.case import Case
from planner.errors import DataError, Fault
from planner.explain.reason import Kind, Reason
from planner.layers import taken_m2
from planner.left_out import RULE_WORDS, told
from planner.limits import PLACES as TAKEN
from planner.model import GOALS
from planner.plan import Plan
from planner.quantities import nearest_known
from planner.room import Room, Uses
from planner.words import Words, amount, listed

NEXT_SITES = 3
"""How many other sites of a part are told, best first."""
HOPELESS = np.uint32(fit.BIT["available"] | fit.BIT["site_kind"])
"""Tests that refuse a place before anything about it is compared."""
OF_SITE = np.uint32(sum(fit.BIT[name] for name in {test.name for test in fit.TESTS if test.of_site}))
"""Tests of a whole site, which several places may pass together."""

PLACED = Words("{part} 落位于 {site}（{park}），{year} 年起", "{part} is placed on {site} ({park}) from {year}")
TAKES = Words("，占用 {taken}（需要 {asked}）", ", takes {taken} ({asked} asked for)")
COMPARTMENTS = Words("，分为 {count} 个防火分区", ", in {count} fire compartments")
OF_PART = Words("；计 {points} 分：{terms}", "; worth {points} points: {terms}")
WORTH = Words("{project} 为方案贡献 {points} 分：{terms}", "{project} is worth {points} points to the plan: {terms}")
SITE = Words(
    "{part} 的其他落位：{site}（{park}），{year} 年起，{points} 分",
    "{part} elsewhere: {site} ({park}) from {year}, {points} points",
)
HELD = Words(
    "；{place} 已由 {holders} 占用（需要 {need} {unit}，余 {offer} {unit}）",
    "; {place} is held by {holders} (needs {need} {unit}, {offer} {unit} left)",
)
SHORT = Words(
    "；{rule}所限（{place}：需要 {need} {unit}，余 {offer} {unit}）",
    "; a rule leaves too little, {rule} ({place}: needs {need} {unit}, {offer} {unit} left)",
)
FREE = Words("；本方案中空着", "; free in this plan")
AT_MOST = Words("至多 {need}", "at most {need}")
PLACES = Words(
    "{part}：在供且类型相符的地块和楼层 {all} 处，{good} 处通过单处检验，可组成 {sites} 个落位空间",
    "{part}: of {all} parcels and floors on offer and of a kind it takes, {good} pass the tests of a place; "
    "they make {sites} sites that hold it",
)
FAILS = Words(
    "{part} 因{test}不符被拒 {count} 处（共 {all} 处）；最接近的是 {place}（需要 {need}，提供 {offer}）",
    "{part} fails on {test} at {count} of {all} places; nearest is {place} (needs {need}, offers {offer})",
)
FAILS_ALONE = Words(
    "{part}：单独一处{test}不符的有 {count} 处（共 {all} 处）；最接近的是 {place}（需要 {need}，提供 {offer}）",
    "{part}: {count} of {all} places fail on {test} when taken alone; nearest is {place} "
    "(needs {need}, offers {offer})",
)
TOGETHER = Words(
    "{part}：相邻地块合并后规模仍不符的有 {count} 组；最接近的是 {place}（需要 {need}，合计 {offer}）",
    "{part}: {count} plots of several parcels miss the area window; nearest is {place} "
    "(needs {need}, {offer} together)",
)


def explain(case: Case, plan: Plan, project: str) -> list[Reason]:
    """Return why a project is placed as it is, or left out; what else it could take; and what refuses it elsewhere.

    Parameters
    ----------
    case : Case
        The case the plan answers.
    plan : Plan
    project : str
        Identifier of a project.

    Returns
    -------
    list of Reason
        First what decided (``placed``; ``outbid``, ``rule`` or ``refused``), then for each part its next sites and the
        tests that refuse it.

    Raises
    ------
    DataError
        No project of that name, or a plan of another case.
    """
    look = _look(case, plan, project)
    return [*look.decided(project), *look.elsewhere(project)]


def elsewhere(case: Case, plan: Plan, project: str) -> list[Reason]:
    """Return what else each part of a project could take, and the tests that refuse it."""
    return list(_look(case, plan, project).elsewhere(project))


def next_sites(case: Case, plan: Plan, project: str) -> list[Reason]:
    """Return what else each part of a project could take, alone."""
    look = _look(case, plan, project)
    return [reason for part in look.parts(project) for reason in look.next_sites(part)]


def decided(case: Case, plan: Plan, project: str) -> list[Reason]:
    """Return what decided alone: where a project is placed and what that is worth, or why it is left out."""
    return list(_look(case, plan, project).decided(project))


def _look(case: Case, plan: Plan, project: str) -> _Look:
    known(case, project)
    return _Look(case, plan, *chosen_options(case, plan))


def known(case: Case, project: str) -> None:
    """Raise where no project is called so."""
    if project not in case.projects.index:
        rule = Words(f"没有项目“{project}”", f"there is no project {project!r}")
        raise DataError(Fault("explain", "", rule, nearest_known(project, map(str, case.projects.index))))


def chosen_options(case: Case, plan: Plan) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the options a plan chose, one for each of its placements, and what share of its part each option takes."""
    share = np.zeros(len(case.options))
    if plan.placements.empty:
        return np.zeros(0, dtype=np.int64), share
    columns = ["part", "site", "start_year"]
    first = case.options.drop_duplicates(columns)
    keys = pd.MultiIndex.from_frame(first[columns].astype({"start_year": int}))
    at = keys.get_indexer(pd.MultiIndex.from_frame(plan.placements[columns].astype({"start_year": int})))
    if (at < 0).any():
        lost = tuple(map(str, plan.placements["part"].to_numpy()[at < 0]))
        rule = Words("方案中的落位在情景中已不存在", "the plan holds placements that its scenario no longer allows")
        remedy = Words("数据或情景已变，请重新 planner solve", "Data or scenario have changed: run planner solve again")
        raise DataError(Fault("plan", "", rule, remedy, lost))
    chosen = np.asarray(first.index.to_numpy()[at], dtype=np.int64)
    share[chosen] = plan.placements.get("share", 1.0)
    return chosen, share


@dataclass(frozen=True)
class _Look:
    """A case, a plan of it, the options chosen and the share that each option takes."""

    case: Case
    plan: Plan
    chosen: NDArray[np.int64]
    share: NDArray[np.float64]

    def parts(self, project: str) -> list[str]:
        """Return the parts of a project."""
        return [str(part) for part in self.case.parts.index[(self.case.parts["project"] == project).to_numpy()]]

    def elsewhere(self, project: str) -> Iterator[Reason]:
        """Yield for each part of a project its next sites, and the tests that refuse it."""
        for part in self.parts(project):
            yield from self.next_sites(part)
            yield from self.refused(part)

    def decided(self, project: str) -> Iterator[Reason]:
        """Yield what decided: where it is placed and what that is worth, or why it is left out."""
        placed = self.plan.placements
        rows = placed[placed["project"] == project] if len(placed) else placed
        if len(rows):
            yield from self._placed(project, rows)
        left = self.plan.left_out
        for row in left[left["project"] == project].to_dict("records") if len(left) else ():
            kind: Kind = row["cause"] if row["cause"] in ("outbid", "rule") else "refused"
            who = tuple(filter(None, str(_given(row.get("held_by")) or "").split(";")))
            own = _given(row.get("points"))
            yield Reason(
                str(row["part"] or project), kind, told(row), str(row["by"]), str(row["place"]), _given(row["need"]),
                _given(row["offer"]), str(row["unit"] or ""), points=own if isinstance(own, float) else None,
                held_by=who, terms=self._worth(who) if who else {},
            )  # fmt: skip

    def _worth(self, projects: tuple[str, ...]) -> dict[str, float]:
        """Return points by goal of some projects that are placed."""
        placed = self.plan.placements
        rows = placed[placed["project"].isin(projects)]
        return {goal: float(rows[f"points_{goal}"].sum()) for goal in self.case.option_goals()}

    def _placed(self, project: str, rows: pd.DataFrame) -> Iterator[Reason]:
        terms = self._worth((project,))
        total = float(rows["points"].sum())
        words = WORTH.fill(project=project, points=f"{total:.1f}", terms=_by_term(terms))
        yield Reason(project, "placed", words, points=total, terms=terms)
        for row in rows.assign(taken_m2=taken_m2(rows, self.plan.uses)).to_dict("records"):
            column = "land_m2" if row["kind"] == "plot" else "gfa_m2"
            need = float(self.case.parts[column].get(row["part"], np.nan)) if column in self.case.parts else np.nan
            need *= float(row.get("share", 1.0))
            taken = float(row["taken_m2"])
            facts = {"part": row["part"], "site": row["site"], "year": int(row["start_year"])}
            words = PLACED.fill(**facts, park=self._park(str(row["park"])))
            if np.isfinite(need):
                more = TAKES.fill(taken=f"{amount(taken)} m²", asked=f"{amount(need)} m²")
                words = after(words, more)
            count = _given(row.get("compartments"))
            if isinstance(count, float) and count > 1:
                words = after(words, COMPARTMENTS.fill(count=f"{count:.0f}"))
            terms, points = {goal: float(row[f"points_{goal}"]) for goal in terms}, float(row["points"])
            if len(rows) > 1:  # of one alone that is told above
                words = after(words, OF_PART.fill(points=f"{points:.1f}", terms=_by_term(terms)))
            yield Reason(
                str(row["part"]), "placed", words, place=str(row["site"]), need=need if np.isfinite(need) else None,
                offer=taken, unit="m²", points=points, terms=terms,
            )  # fmt: skip

    def next_sites(self, part: str) -> Iterator[Reason]:
        """Yield the best other sites of a part by points, each with who holds it."""
        case = self.case
        mine = np.flatnonzero((case.options["part"] == part).to_numpy())
        points = case.points()
        others = self.chosen[~np.isin(self.chosen, mine)]
        uses = Uses.of(case)
        room = uses.room(others, self.share[others])
        seen = {place for option in self.chosen[np.isin(self.chosen, mine)] for place in self._places(int(option))}
        count = 0
        for option in map(int, mine[np.lexsort((mine, -points[mine]))]):
            if seen & (places := self._places(option)):
                continue  # another cut of land or floors already told
            seen |= places
            row = case.options.iloc[option]
            facts = {"part": part, "site": row["site"], "year": int(row["start_year"])}
            words = SITE.fill(**facts, park=self._park(str(row["park"])), points=f"{points[option]:.1f}")
            yield self._held(
                Reason(part, "next_site", words, place=str(row["site"]), points=float(points[option]),
                       terms={goal: float(row[goal]) for goal in case.option_goals()}),
                uses, option, others, room,
            )  # fmt: skip
            count += 1
            if count == NEXT_SITES:
                return

    def _places(self, option: int) -> set[str]:
        """Return the parcels and floors an option takes; its site where a case has no geometry."""
        site = str(self.case.options["site"].iat[option])
        if self.case.sites.empty:
            return {site}
        places: Any = self.case.sites["places"].at[site]
        return set(places)

    def _held(self, reason: Reason, uses: Uses, option: int, others: NDArray[np.int64], room: Room) -> Reason:
        """Return a reason with why its option is not to be had beside others: who holds it, or what is short."""
        own = uses.rows(np.array([option]))
        short = own[room.short[own]]
        if not len(short):
            return replace(reason, words=after(reason.words, FREE))
        row = int(min(short, key=lambda at: uses.kind[at] not in TAKEN))
        kind, key = str(uses.kind[row]), str(uses.key[row])
        need, left = float(room.need[row]), float(room.left[row])
        there = uses.rows(others)
        here = uses.option[there[(uses.kind[there] == kind) & (uses.key[there] == key)]]
        holders = tuple(sorted(set(map(str, self.case.options["project"].to_numpy()[here]))))
        unit = str(self.case.limits_of(kind).loc[key, "unit"])
        rule = TAKEN.get(kind, kind)
        facts = {
            "place": key, "need": amount(need), "offer": amount(left), "unit": unit, "holders": listed(holders),
            "rule": RULE_WORDS.get(rule, Words(rule, rule)),
        }  # fmt: skip
        return replace(
            reason, words=after(reason.words, (HELD if kind in TAKEN else SHORT).fill(**facts)), by=rule,
            need=need, offer=left, unit=unit, held_by=holders,
        )  # fmt: skip

    def refused(self, part: str) -> Iterator[Reason]:
        """Yield the tests that refuse a part, each with how often and the place that comes nearest."""
        case = self.case
        if case.places.empty:
            return
        rows = case.refusals[(case.refusals["part"] == part).to_numpy()]
        failed = pd.Series(rows["failed"].to_numpy(), index=rows["place"].astype(object).to_numpy())
        bits = failed.reindex(case.places.index, fill_value=0).to_numpy(dtype=np.uint32)
        open_to = (bits & HOPELESS) == 0
        count, good = int(open_to.sum()), int((bits & ~OF_SITE == 0).sum())
        sites = case.options.loc[case.options["part"] == part, "site"].nunique()
        words = PLACES.fill(part=part, all=count, good=good, sites=sites)
        yield Reason(part, "refused", words, need=float(count), offer=float(good), count=count - good)
        for test in fit.NAMES:
            hit = open_to & ((bits & fit.BIT[test]) != 0)
            if hit.any():
                yield self._refused_by(test, part, bits, hit, count)
        wider = case.site_refusals
        for row in wider[wider["part"] == part].to_dict("records") if len(wider) else ():
            need, offer = float(row["need"]), float(row["offer"])
            asked, there = fit.both_said(str(row["test"]), need, offer, "m²")
            words = TOGETHER.fill(
                part=part, count=row["count"], place=row["site"], need=_need(asked, offer > need), offer=there
            )  # fmt: skip
            yield Reason(
                part, "refused", words, str(row["test"]), str(row["site"]), need, offer, "m²", int(row["count"])
            )

    def _refused_by(self, test: str, part: str, bits: NDArray[np.uint32], hit: NDArray[np.bool_], count: int) -> Reason:
        """Return one test's refusals: how many, and the place that comes nearest with its two figures."""
        one = self.case.parts.loc[[part]]
        nearest: list[tuple[int, float, str, fit.Failure]] = []
        for kind in fit.BOTH:
            of_kind = hit & (self.case.places["kind"] == kind).to_numpy()
            found = fit.nearest(one, self.case.places[of_kind], bits[of_kind], kind)
            if found:
                place, failures = found
                failure = next(one_of for one_of in failures if one_of.test == test)
                nearest.append((len(failures), failure.miss, place, failure))
        _, _, place, failure = min(nearest, key=lambda item: item[:3])
        times = int(hit.sum())
        alone = bool(fit.BIT[test] & OF_SITE)
        need, offer = failure.said
        words = (FAILS_ALONE if alone else FAILS).fill(
            part=part, test=failure.words, count=times, all=count, place=place, offer=offer,
            need=_need(need, test == "area_window" and float(failure.offer) > float(failure.need)),
        )  # fmt: skip
        return Reason(part, "refused", words, test, place, failure.need, failure.offer, failure.unit, times)

    def _park(self, park: str) -> Words:
        """Return the name of a park as the plan tells it, its identifier where it does not."""
        for one in self.plan.summary.get("parks", ()):
            if one["park"] == park:
                return Words(f"{one['zh']} {park}", f"{one['en']} {park}")
        return Words(park or "—", park or "—")


def _by_term(terms: Mapping[str, float]) -> Words:
    """Return points goal by goal, those that are printed as none left out."""
    names = {goal.name: goal.words for goal in GOALS}
    said = [
        (names.get(goal, Words(goal, goal)), f"{points:.1f}") for goal, points in terms.items() if abs(points) >= 0.05
    ]
    return Words("，".join(f"{name.zh} {points}" for name, points in said),
                 ", ".join(f"{name.en} {points}" for name, points in said))  # fmt: skip


def after(words: Words, more: Words) -> Words:
    """Return words with more behind."""
    return Words(words.zh + more.zh, words.en + more.en)


def _need(need: Words, over: bool) -> Words:
    """Return a need in words; where the offer is over it, the need is a most."""
    return AT_MOST.fill(need=need) if over else need


def _given(value: object) -> float | str | None:
    """Return a figure or a text of a table as it was, None where it is not given."""
    text = "" if value is None else str(value)
    try:
        figure = float(text)
    except ValueError:
        return text or None
    return figure if np.isfinite(figure) else None

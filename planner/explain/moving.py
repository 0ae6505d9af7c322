"""What it costs to have a project elsewhere, or to place one that is left out, while all others are settled anew.

Each question is solved from the plan in hand (`whatif`), and told against it: it costs the score in hand less the bound
found at least, and less the score found at most, for a plan that does it is known. Where these have different signs,
whether it costs anything is open, and is called so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from planner.errors import Fault, ScenarioError
from planner.explain.reason import Reason
from planner.explain.reasons import after, known, next_sites
from planner.scenario import Place
from planner.solve.repairing import SOON
from planner.whatif import Warm
from planner.words import Words, listed

Stands = dict[str, tuple[tuple[tuple[frozenset[str], int], ...], tuple[str, ...]]]
SAID = 6
"""Projects named that give way, at most."""
NOTHING = 1e-6
"""Points that count as none."""
COSTS = Words("；代价至少 {least} 分、至多 {most} 分", "; it costs at least {least} and at most {most} points")
GAINS = Words(
    "；总分反而提高至少 {gain} 分、至多 {top} 分", "; it gains at least {gain} and at most {top} points"
)
OPEN = Words(
    "；代价至多 {most} 分（已有方案做到），能否反而提高总分尚无定论（至多 {top} 分）",
    "; it costs at most {most} points (a plan that does it is known); whether it costs anything is open, "
    "for it may gain up to {top}",
)
STAYS_OUT = Words("；即使要求落位仍不落位", "; asked to be there, it is rather left out")
NO_PLAN = Words("；没有方案能做到", "; no plan does it")
NOT_FOUND = Words("；限时内未找到方案", "; no plan was found in time")
REFUSED = Words("；做不到：{why}", "; it cannot be: {why}")
FORCED = Words("{project} 若必须落位", "{project}, if it must be placed")
PLACED_AT = Words("，则落位于 {sites}", ", is placed on {sites}")
NOBODY = Words("；无其他项目变动", "; nobody else moves")
WAY = Words("；让位的项目：{moves}", "; who gives way: {moves}")
MOVED = Words("{project} 由 {was} 移至 {now}", "{project} from {was} to {now}")
LEAVES = Words("{project} 离开 {was}，不再落位", "{project} leaves {was} and is left out")
COMES = Words("{project} 得以落位于 {now}", "{project} comes in at {now}")
AND_MORE = Words("另有 {count} 个", "{count} more")
NOTHING_SOLVED = Words("情景没有方案", "the scenario has no plan")
LOOSEN = Words("先放宽约束", "Loosen its rules first")


def costs(first: Warm, project: str) -> list[Reason]:
    """Return what it costs to have each part of a project on its next sites; of one left out, to have it placed.

    Parameters
    ----------
    first : Warm
        A solved case, with the plan in hand.
    project : str

    Returns
    -------
    list of Reason
        Of a project that is placed its next sites (``next_site``), with who holds them; else one, ``forced``. Each with
        what it costs (`lost`) and who gives way (`moves`).

    Raises
    ------
    DataError
        No project of that name.
    ScenarioError
        There is no plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from planner import Case, warm
    >>> options = pd.DataFrame({"project": ["P", "P", "Q"], "site": ["s", "t", "s"], "given": [3.0, 2.0, 2.5]})
    >>> uses = pd.DataFrame({"option": [0, 1, 2], "kind": "floor", "key": ["s", "t", "s"], "amount": 1.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 1.0})
    >>> first = warm(Case.from_tables(options, uses, limits), gap=0.0)
    >>> [(reason.place, round(reason.lost[1], 6), reason.moves) for reason in costs(first, "P")]
    [('s', 1.5, (('Q', 's 0', ''),))]
    """
    answerable(first, project)
    was, first = _stands(first), replace(first, kept=replace(first.kept, patience=SOON))
    if project in was:
        return [
            _told(was, site, project, partial(first.lock, site.subject, _place(first, site.place)))
            for site in next_sites(first.case, first.plan, project)
        ]
    forced = Reason(project, "forced", FORCED.fill(project=project))
    return [_told(was, forced, project, partial(first.place, project))]


def answerable(first: Warm, project: str) -> None:
    """Raise what is wrong with asking about a project of a plan in hand: there is no plan, or no such project."""
    if first.score is None:
        raise ScenarioError(Fault("", "", NOTHING_SOLVED, LOOSEN))
    known(first.case, project)


def _place(first: Warm, site: str) -> Place:
    """Return a site as a scenario names it: by its parcels or floors."""
    sites = first.case.sites
    if sites.empty:
        return Place(name=site)
    key = "parcels" if sites["kind"].at[site] == "plot" else "floor"
    return Place(**{key: sites["places"].at[site]})


def _told(was: Stands, reason: Reason, project: str, ask: Callable[[], Warm]) -> Reason:
    """Return a reason with what it costs and who gives way."""
    try:
        now = ask()
    except ScenarioError as error:
        why = error.faults[0]
        return replace(reason, words=after(reason.words, REFUSED.fill(why=Words(why.words("zh"), why.words("en")))))
    if now.score is None:
        over = now.kept.answer.status == "infeasible"
        return replace(reason, words=after(reason.words, NO_PLAN if over else NOT_FOUND))
    stands = _stands(now)
    if project not in stands or (reason.subject != project and reason.subject not in set(now.chosen["part"])):
        return replace(reason, words=after(reason.words, STAYS_OUT))
    words = reason.words
    if reason.kind == "forced":
        words = after(words, PLACED_AT.fill(sites=listed(stands[project][1])))
    nowhere = (), ()
    moves = tuple(
        (name, ", ".join(was.get(name, nowhere)[1]), ", ".join(stands.get(name, nowhere)[1]))
        for name in sorted({*was, *stands} - {project})
        if was.get(name, nowhere)[0] != stands.get(name, nowhere)[0]
    )
    assert now.lost is not None  # the goals are the same, and both have a plan
    return replace(reason, words=after(after(words, _loss(now.lost)), _way(moves)), lost=now.lost, moves=moves)


def _stands(now: Warm) -> Stands:
    """Return where a plan has each project, part by part: places and years to compare; and in words."""
    chosen, sites = now.chosen.sort_values("part"), now.case.sites
    places = {} if sites.empty else dict(zip(sites.index, sites["places"], strict=True))
    found: Stands = {}
    for project, site, year in zip(chosen["project"], chosen["site"], chosen["start_year"], strict=True):
        there, words = found.get(str(project), ((), ()))
        here = frozenset(places.get(site, (site,))), int(year)
        found[str(project)] = (*there, here), (*words, f"{site} {year}")
    return found


def _loss(lost: tuple[float, float]) -> Words:
    """Return an interval of points in words."""
    least, most = lost
    words = COSTS if least >= -NOTHING else GAINS if most <= -NOTHING else OPEN
    return words.fill(
        least=f"{max(least, 0.0):.2f}", most=f"{max(most, 0.0):.2f}", gain=f"{-most:.2f}", top=f"{-least:.2f}"
    )


def _way(moves: tuple[tuple[str, str, str], ...]) -> Words:
    """Return who gives way in words."""
    if not moves:
        return NOBODY
    said = [
        (MOVED if was and now else LEAVES if was else COMES).fill(project=project, was=was, now=now)
        for project, was, now in moves[:SAID]
    ]
    if len(moves) > SAID:
        said.append(AND_MORE.fill(count=len(moves) - SAID))
    return WAY.fill(moves=Words("、".join(each.zh for each in said), "; ".join(each.en for each in said)))

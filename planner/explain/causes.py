"""Why not, and what it would take: one leading cause for each project left out, and the smallest changes that place it.

The others stay where the plan has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from planner.case import Case
from planner.explain.diff import Step, diff_of, steps
from planner.explain.reason import Reason
from planner.explain.reasons import decided, known
from planner.explain.smallest import Search, Smallest
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.solve.exact import Look, nobody
from planner.words import Words

CHANGE = Words(
    "{project} 可落位于 {sites}，只需：{steps}（合 {most}{price} 步）",
    "{project} would be placed on {sites} with: {steps} (price {most}{price})",
)
AS_IT_IS = Words(
    "{project} 无需任何改变即可落位于 {sites}，但不提高总分",
    "{project} could be placed on {sites} as things are, which would not raise the score",
)
NO_CHANGE = Words(
    "其他项目不动时，本程序所知的改变均不能使 {project} 落位",
    "no change that this program knows of places {project} while the others stay",
)
NONE_FOUND = Words(
    "其他项目不动时，在比较过的组合中没有找到能使 {project} 落位的改变",
    "no change that places {project} while the others stay was found among the combinations looked at",
)
AT_MOST = Words("至多 ", "at most ")


def why_not(
    inputs: Inputs, case: Case, plan: Plan, projects: Collection[str] | None = None, *, look: Look = nobody
) -> dict[str, list[Reason]]:
    """Return why projects are left out, and the smallest changes that place each while all others stay.

    Parameters
    ----------
    inputs : Inputs
        From which the case was posed.
    case : Case
    plan : Plan
    projects : collection of str, optional
        Projects; by default all that the plan leaves out. Of one that is placed only that is told.
    look : callable, optional
        Called again and again meanwhile; what it raises ends the search.

    Returns
    -------
    dict of str to list of Reason
        By project: the cause; then its smallest changes, cheapest first: ``terms`` has the amount by kind of change,
        ``diff`` the keys of a scenario that make it.

    Raises
    ------
    DataError
        No project of that name, or a plan of another case.
    """
    left = set(map(str, plan.left_out["project"]))
    asked = [name for name in map(str, case.projects.index) if name in left] if projects is None else list(projects)
    for project in asked:
        known(case, project)
    found = {project: decided(case, plan, project) for project in asked}
    if out := [project for project in asked if project in left]:
        search = Search.made(inputs, case, plan, out, look)
        for project in out:
            found[project] += _changes(search, project)
    return found


def _changes(search: Search, project: str) -> Iterator[Reason]:
    changes = search.smallest(project)
    if not changes:
        words = NO_CHANGE if search.complete(project) else NONE_FOUND
        yield Reason(project, "smallest_change", words.fill(project=project))
    for change in changes:
        made = steps(search, change)
        sites = _sites(search, change)
        if not made:
            words = AS_IT_IS.fill(project=project, sites=sites)
            yield Reason(project, "smallest_change", words, place=sites, price=0.0)
            continue
        most = Words("", "") if change.least else AT_MOST
        words = CHANGE.fill(project=project, sites=sites, steps=_listed(made), price=f"{change.price:.2f}", most=most)
        diff = diff_of(search.of.inputs.scenario, made)
        yield Reason(
            project, "smallest_change", words, ";".join(change.amounts), sites, terms=change.amounts,
            price=change.price, diff=diff,
        )  # fmt: skip


def _listed(made: list[Step]) -> Words:
    return Words("；".join(step.words.zh for step in made), "; ".join(step.words.en for step in made))


def _sites(search: Search, change: Smallest) -> str:
    options = search.case.options.iloc[list(change.options)]
    return ", ".join(f"{site} {year}" for site, year in zip(options["site"], options["start_year"], strict=True))

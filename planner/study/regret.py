"""Regret: what each plan of a list loses in each scenario against the best plan known there, and who loses least.

A plan is held as it is, placement by placement, and measured under the case of another scenario. Where a placement is
refused there, or a rule is broken, it is no plan of that scenario, and what breaks is said. The best known score is a
plan's, so regret is no more than told only up to the bound: both ends are given (Savage, J. Am. Stat. Assoc. 46, 1951).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.left_out import RULE_WORDS
from planner.model import Model, formulate
from planner.options import keys_of
from planner.plan import Plan
from planner.solve import exact
from planner.solve.answer import KEPT, score_of
from planner.words import Words

Floats = NDArray[np.float64]
SAID = 5
"""Reasons told of a plan that a scenario breaks."""
EFFORT = 20_000
PATIENCE_S = 60.0
NO_OPTION = Words("{part} 从 {year} 年起落在 {site} 不是备选落位", "{part} on {site} from {year} is no option there")
LATER = Words(
    "{part} 落在 {site} 最早从 {first} 年起，方案为 {year} 年",
    "{part} on {site} not before {first}; the plan says {year}",
)
NOT_ASKED = Words("没有分项 {part}", "{part} is not asked for there")
BREAKS = Words("违反约束：{rule}（{key}）", "breaks the rule: {rule} ({key})")
TOGETHER = Words("违反多条约束的合并要求", "breaks rules taken together")


@dataclass(frozen=True)
class Regrets:
    """Plans under scenarios.

    Attributes
    ----------
    scores : DataFrame
        A row for each plan, a column for each scenario; nan where the plan is none there.
    broken : mapping of (plan, scenario) to tuple of Words
        What breaks there.
    known : Series
        The best score known in each scenario.
    bound : Series
        What no plan exceeds there; nan where no plan of the list proves that.
    """

    scores: pd.DataFrame
    broken: Mapping[tuple[str, str], tuple[Words, ...]]
    known: pd.Series
    bound: pd.Series

    @property
    def least(self) -> pd.DataFrame:
        """What each plan loses at least: the best known score less its own."""
        return self.known - self.scores

    @property
    def most(self) -> pd.DataFrame:
        """What it loses at most: the bound less its score."""
        return self.bound - self.scores

    @property
    def worst(self) -> pd.Series:
        """The largest regret of each plan; infinite where it is none of some scenario."""
        return self.least.fillna(np.inf).max(axis=1)

    @property
    def best(self) -> str | None:
        """The plan of the list whose largest regret is least; None where every one breaks somewhere."""
        worst = self.worst
        return str(worst.idxmin()) if np.isfinite(worst).any() else None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "plans": list(self.scores.index),
            "scenarios": list(self.scores.columns),
            **{name: [[None if np.isnan(value) else value for value in row] for row in frame.to_numpy().tolist()]
               for name, frame in (("scores", self.scores), ("least", self.least), ("most", self.most))},
            "known": self.known.tolist(),
            "bound": [None if np.isnan(value) else value for value in self.bound.tolist()],
            "broken": [
                {"plan": plan, "scenario": scenario, "why": [{"zh": one.zh, "en": one.en} for one in why]}
                for (plan, scenario), why in self.broken.items()
            ],
            "best": self.best,
        }  # fmt: skip


def regret(plans: Mapping[str, Plan], cases: Mapping[str, Case], own: Mapping[str, str]) -> Regrets:
    """Measure every plan under every case.

    Parameters
    ----------
    plans : mapping of str to Plan
    cases : mapping of str to Case
        By scenario; each is that of one of the plans at least.
    own : mapping of str to str
        The scenario each plan was made for.
    """
    models = {name: formulate(case) for name, case in cases.items()}
    scores = pd.DataFrame(np.nan, index=list(plans), columns=list(cases))
    broken: dict[tuple[str, str], tuple[Words, ...]] = {}
    for one, plan in plans.items():
        for name, case in cases.items():
            score, why = held(case, models[name], plan)
            if score is None:
                broken[one, name] = why
            else:
                scores.loc[one, name] = score
    known = scores.max()
    bounds = {name: [_bound(plans[one]) for one in plans if own[one] == name] for name in cases}
    bound = pd.Series({name: np.fmin.reduce(each, initial=np.nan) for name, each in bounds.items()})
    return Regrets(scores, broken, known, bound.where(bound >= known - KEPT * (1 + known.abs())))


def _bound(plan: Plan) -> float:
    """Return what no plan of its scenario exceeds, by a plan; nan where its proof is of a narrower question.

    That of a staged mode is of the last stage, under what the others reached; that of added rows is under these.
    """
    whole = plan.summary["mode"] == "weighted" and plan.extra.empty
    return float(plan.summary["bound"]) if whole else np.nan


def held(case: Case, model: Model, plan: Plan) -> tuple[float | None, tuple[Words, ...]]:
    """Return the score of a plan's placements under a case; None, and what breaks, where they are no plan of it."""
    options, placed = case.options, plan.placements
    number = keys_of(options).get_indexer(keys_of(placed))
    if (number < 0).any():
        return None, tuple(_refused(options, case.parts.index, placed[number < 0]))[:SAID]
    lower, upper = model.lower.copy(), model.upper.copy()
    place, decided = model.columns_of("place"), model.columns_of("placed")
    share = np.zeros(len(options))
    share[number] = placed["share"].to_numpy(dtype=float)
    lower[place] = upper[place] = share
    x = np.zeros(len(model.c))
    x[place] = share
    x[decided] = case.projects.index.isin(placed["project"])
    if len(why := tuple(_over(model, x))):
        return None, why[:SAID]
    found = exact.search(
        replace(model, lower=lower, upper=upper), gap=0.0, effort=EFFORT, time_limit_s=PATIENCE_S, seed=1, threads=1
    )
    return (None, (TOGETHER,)) if found.x is None else (score_of(model, found.x), ())


def _refused(options: pd.DataFrame, parts: pd.Index, placed: pd.DataFrame) -> Iterator[Words]:
    """Yield why placements are no options of a case."""
    first = options.groupby(["part", "site"])["start_year"].min()
    for row in placed.sort_values(["part", "site"]).to_dict("records"):
        part, site, year = str(row["part"]), str(row["site"]), int(row["start_year"])
        if part not in parts:
            yield NOT_ASKED.fill(part=part)
        elif (part, site) in first.index and first[part, site] > year:
            yield LATER.fill(part=part, site=site, first=int(first[part, site]), year=year)
        else:
            yield NO_OPTION.fill(part=part, site=site, year=year)


def _over(model: Model, x: Floats) -> Iterator[Words]:
    """Yield the rows of decisions alone that a plan breaks."""
    known = np.zeros(len(model.c), dtype=bool)
    for variable in exact.DECIDED:
        known[model.columns_of(variable)] = True
    alone = np.asarray((abs(model.A[:, np.flatnonzero(~known)])).sum(axis=1)).ravel() == 0
    used = model.A @ x
    room = KEPT * (1 + np.abs(used))
    for row in np.flatnonzero(alone & ((used > model.hi + room) | (used < model.lo - room))).tolist():
        rule, key = model.row_keys[row]
        yield BREAKS.fill(rule=RULE_WORDS[rule], key=key)


def scenarios_of(plans: Sequence[tuple[str, Plan]]) -> dict[str, str]:
    """Return the scenario of each plan, by name: that of the first plan of the same files and the same added rows."""
    first: dict[tuple[str, str], str] = {}
    found = {}
    for name, plan in plans:
        files = plan.summary.get("provenance", {}).get("inputs", {})
        rows = plan.extra.sort_values(list(plan.extra.columns)).to_csv(index=False)
        found[name] = first.setdefault((str(sorted(files.items())) if files else name, rows), name)
    return found

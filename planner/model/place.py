"""Chapter 1: who goes where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from planner.case import Case
from planner.model.blocks import Columns, Rows, Terms, columns, empty, sums, whole


def place(case: Case) -> Columns:
    r"""$x_o \in \{0, 1\} \quad \forall$ option $o$: it is chosen; $x_o \in [0, 1]$ of a divisible part: its share.

    What an option uses and what it is worth goes by its share, but for what nobody else may have beside it
    (see `taken`).
    """
    return replace(columns("place", range(len(case.options))), integer=np.isnan(case.least_share))


def taken(case: Case) -> Columns:
    r"""$b_o \in \{0, 1\} \quad \forall$ option $o$ of a divisible part: some of the part is there.

    A site is held whole, whatever the share of it: rules that keep others off count $b_o$ in place of $x_o$ (parcels,
    cuts and shares of parcels); those that add up what is used count $x_o$ (floors, power …).
    """
    return columns("taken", np.flatnonzero(~np.isnan(case.least_share)))


def placed(case: Case) -> Columns:
    r"""$y_p \in \{0, 1\} \quad \forall$ project $p$: the project is placed."""
    return columns("placed", case.projects.index)


def each_part_placed_with_its_project(case: Case) -> Rows:
    r"""$\sum_{o \in O_q} x_o = y_p \quad \forall$ part $q$ of project $p$: all parts are placed once, or none is."""
    parts = case.parts.index
    row = pd.Index(parts).get_indexer(pd.Index(case.options["part"]))
    chosen = Terms("place", row.astype(np.int64), np.arange(len(case.options)), np.ones(len(case.options)))
    project = case.projects.index.get_indexer(pd.Index(case.parts["project"]))
    whole = Terms("placed", np.arange(len(parts)), project.astype(np.int64), -np.ones(len(parts)))
    return Rows(
        "each_part_placed_with_its_project",
        parts.to_numpy(dtype=object),
        (chosen, whole),
        np.zeros(len(parts)),
        np.zeros(len(parts)),
    )


def each_part_placed_once(case: Case) -> Rows:
    r"""$\sum_{o \in O_q} x_o \le y_p \quad \forall$ part $q$ of $p$; $y_p \le \sum_{q,\, o \in O_q} x_o$.

    What placing means where parts may go without one another: a part is placed once at most, and a project is placed
    with any of its parts. Stated only there, because `each_part_placed_with_its_project` implies it.
    """
    name = "each_part_placed_with_its_project"
    if name in case.rules and name not in case.soft:
        return empty("each_part_placed_once")
    whole = each_part_placed_with_its_project(case)
    parts, projects = len(whole.keys), len(case.projects)
    chosen, together = whole.terms
    of = parts + together.column[chosen.row]  # row of the project of each option
    option, project = chosen.column, np.arange(projects)
    terms = (
        Terms("place", np.r_[chosen.row, of], np.r_[option, option], np.r_[chosen.value, -chosen.value]),
        Terms(
            "placed",
            np.r_[together.row, parts + project],
            np.r_[together.column, project],
            np.r_[together.value, np.ones(projects)],
        ),
    )
    keys = np.concatenate([whole.keys, case.projects.index.to_numpy(dtype=object)])
    return Rows("each_part_placed_once", keys, terms, np.full(len(keys), -np.inf), np.zeros(len(keys)))


def least_share_taken(case: Case) -> Rows:
    r"""$\underline{s}_q b_o \le x_o \le b_o \; \forall$ option $o$ of a divisible part $q$: its least share."""
    least = case.least_share
    option = np.flatnonzero(~np.isnan(least))
    count = len(option)
    if not count:
        return empty("least_share_taken")
    number = np.arange(count)
    keys = (case.options["part"] + " " + case.options["site"]).to_numpy(dtype=object)[option]
    return Rows(
        "least_share_taken",
        np.concatenate([keys + " least", keys + " most"]),
        (
            Terms("place", np.arange(2 * count), np.r_[option, option], np.ones(2 * count)),
            Terms("taken", np.arange(2 * count), np.r_[number, number], np.r_[-least[option], -np.ones(count)]),
        ),
        np.r_[np.zeros(count), np.full(count, -np.inf)],
        np.r_[np.full(count, np.inf), np.zeros(count)],
    )


def one_share_of_a_place(case: Case) -> Rows:
    r"""$\sum_{o \in O_q,\, o \ni j} b_o \le 1 \; \forall$ divisible part $q$, place $j$: no two shares there."""
    least = case.least_share
    if np.isnan(least).all():
        return empty("one_share_of_a_place")
    kinds = [case.uses_of(kind) for kind in ("parcel", "parcel_share", "floor")]
    use = pd.concat([each[~np.isnan(least[each["option"]])] for each in kinds])
    key = case.options["part"].to_numpy(dtype=object)[use["option"]] + " " + use["key"]
    limits = pd.DataFrame({"at_least": np.nan, "at_most": 1.0}, index=pd.Index(sorted(set(key)), name="key"))
    return whole(sums("one_share_of_a_place", use.assign(key=key, amount=1.0), limits), least)


def extra(case: Case) -> Rows:
    r"""$l_e \le \sum_o a_{oe}\, x_o \le h_e \quad \forall$ constraint $e$ that a planner has added in Python.

    See `planner.with_extra`; a plan keeps those it was made under.
    """
    return sums("extra", case.uses_of("extra"), case.limits_of("extra"))


def must_place(case: Case) -> Rows:
    r"""$y_p \ge 1 \quad \forall$ project $p$ that has to be placed."""
    asked = np.flatnonzero(case.projects["must_place"].to_numpy(dtype=bool))
    if not len(asked):
        return empty("must_place")
    ones = np.ones(len(asked))
    return Rows(
        "must_place",
        case.projects.index.to_numpy(dtype=object)[asked],
        (Terms("placed", np.arange(len(asked)), asked, ones),),
        ones,
        np.full(len(asked), np.inf),
    )

"""A planner's own constraints, stated in PuLP and read into a case, where every engine, proof and audit sees them.

::

    x = planner.variables(case)
    here = case.options["park"] == "YL"
    case = planner.with_extra(case, {"at most three in YL": pulp.lpSum(x[here]) <= 3})

A constraint is on options alone. PuLP itself refuses what is not linear. Of ``1 <= total <= 3`` Python keeps the last
part only: state two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pulp
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import Fault, ScenarioError, told_or
from planner.extra import KIND, added
from planner.options import OPTION
from planner.words import Words

Floats = NDArray[np.float64]
ROUNDING = 1e-9
REMEDY = {
    "compare": Words("写成 <=、>= 或 == 的比较", "Compare it with <=, >= or =="),
    "variables": Words("只用 planner.variables(case) 的变量", "Use the variables of planner.variables(case) alone"),
    "name": Words("给每条约束一个自己的名称", "Give each constraint a name of its own"),
    "alike": Words(
        "方案无法区分它们：改用不重复的落位", "No plan can tell them apart: use options of which there is one"
    ),
    "figures": Words("检查系数和界限", "Check its coefficients and its limit"),
    "loosen": Words("放宽或去掉", "Loosen it, or leave it out"),
}


def variables(case: Case) -> pd.Series:
    """Return a variable of PuLP's for each option: whether it is chosen, of a divisible part what share of it.

    Returns
    -------
    Series of pulp.LpVariable
        In the order of ``case.options``, so that what selects options selects their variables. They stand for their
        options in any case that has these, also in one posed again.
    """
    whole, home = np.isnan(case.least_share), pulp.LpProblem("options")  # PuLP 4 knows no variable without a problem
    made = np.empty(len(whole), dtype=object)
    made[:] = [
        home.add_variable(name, 0, 1, pulp.LpInteger if each else pulp.LpContinuous)
        for name, each in zip(_names(case), whole.tolist(), strict=True)
    ]
    return pd.Series(made, case.options.index, name="variable")


def with_extra(case: Case, constraints: Mapping[str, pulp.LpConstraint]) -> Case:
    """Return a case with constraints of a planner's own, each under its name.

    Parameters
    ----------
    case : Case
    constraints : mapping of str to pulp.LpConstraint
        On the variables that `variables` returns.

    Returns
    -------
    Case
        In which they are the rule ``extra``: solved, proved and explained like any other. Plans of it keep them, and
        are measured against them by the audit.

    Raises
    ------
    ScenarioError
        All that is wrong with them, at once: no constraint, not on options of the case, on options of one part, site
        and year, which no plan tells apart, without a finite figure, two of one name, one that no plan can keep. The
        scenario has the rule switched off.
    """
    if KIND not in case.rules:
        rule = Words("自定约束已关闭", "the rule on a planner's own constraints is switched off")
        raise ScenarioError(Fault("rules.extra", "", rule, Words("改为 true", "Say true")))
    told: list[Fault] = []
    taken = set(case.limits_of(KIND).index)
    options = pd.Index([_digest(name) for name in _names(case)])
    alike = options[options.duplicated()]
    uses, limits = [], []
    for name, constraint in constraints.items():
        told += _of_name(name, taken)
        terms = told_or(told, None, _terms, name, constraint, options, alike)
        if terms is None:
            continue
        at_least, at_most = _limits(constraint)
        told += _out_of_reach(case, name, terms, (at_least, at_most))
        uses.append(terms.assign(key=name))
        limits.append((name, at_least, at_most))
    if told:
        raise ScenarioError(told)
    if not limits:
        return case
    return added(case, pd.concat(uses), pd.DataFrame(limits, columns=["key", "at_least", "at_most"]))


def _names(case: Case) -> Iterator[str]:
    """Yield a name for each option, which says its number and, beyond doubt, which option it is."""
    keys = case.options[list(OPTION)].astype({"part": str, "site": str, "start_year": int})
    for number, digest in enumerate(pd.util.hash_pandas_object(keys, index=False)):
        yield f"x{number}_{digest:016x}"


def _digest(name: str) -> str:
    return name.rpartition("_")[2]


def _fault(name: object, rule: Words, remedy: str, features: tuple[str, ...] = ()) -> Fault:
    return Fault(f"with_extra[{str(name)!r}]", "", rule, REMEDY[remedy], features)


def _of_name(name: object, taken: set[object]) -> Iterator[Fault]:
    if not isinstance(name, str) or not name.strip():
        yield _fault(name, Words("没有名称", "has no name"), "name")
    elif name in taken:
        yield _fault(name, Words("名称已用过", "its name is taken"), "name")


def _terms(name: str, constraint: object, options: pd.Index, alike: pd.Index) -> pd.DataFrame:
    """Return the options of a constraint (``option``, ``amount``)."""
    if isinstance(constraint, pulp.LpVariable | pulp.LpAffineExpression):
        raise ScenarioError(_fault(name, Words("是表达式，不是约束", "is an expression, not a constraint"), "compare"))
    if not isinstance(constraint, pulp.LpConstraint):
        kind = type(constraint).__name__
        raise ScenarioError(_fault(name, Words(f"是 {kind}，不是约束", f"is a {kind}, not a constraint"), "compare"))
    terms = [(variable.name, float(amount)) for variable, amount in constraint.items() if amount != 0]
    amounts = np.array([amount for _, amount in terms])
    if not np.isfinite([*amounts, constraint.constant]).all():
        raise ScenarioError(_fault(name, Words("有非有限的数", "has a figure that is not finite"), "figures"))
    digests = pd.Index([_digest(named) for named, _ in terms], dtype=object)
    if several := tuple(terms[at][0] for at in np.flatnonzero(digests.isin(alike))):
        rule = Words(
            "含有同一分项、落位空间和年份的几个落位之一", "has options that another shares part, site and year with"
        )
        raise ScenarioError(_fault(name, rule, "alike", several))
    option = options.get_indexer_for(digests)
    if strange := tuple(named for (named, _), at in zip(terms, option, strict=True) if at < 0):
        rule = Words("含有不属于本算例落位的变量", "has variables that are no options of this case")
        raise ScenarioError(_fault(name, rule, "variables", strange))
    if not terms:
        raise ScenarioError(_fault(name, Words("不涉及任何落位", "is about no option"), "variables"))
    return pd.DataFrame({"option": option, "amount": amounts})


def _limits(constraint: pulp.LpConstraint) -> tuple[float, float]:
    """Return the least and the most of the sum; NaN for none."""
    limit = 0.0 - float(constraint.constant)
    at_least = np.nan if constraint.sense == pulp.LpConstraintLE else limit
    return at_least, np.nan if constraint.sense == pulp.LpConstraintGE else limit


def _out_of_reach(case: Case, name: str, terms: pd.DataFrame, limits: tuple[float, float]) -> Iterator[Fault]:
    """Yield that no plan can keep a constraint, whatever each part adds to its sum."""
    if KIND in case.soft:
        return
    hard = case.rules - set(case.soft)
    once = bool(hard & {"each_part_placed_with_its_project", "each_part_placed_once"})
    by = case.options["part"].to_numpy(dtype=object)[terms["option"]] if once else terms["option"].to_numpy()
    of_part = terms["amount"].groupby(by)
    low, high = (float(of_part.min().clip(upper=0).sum()), float(of_part.max().clip(lower=0).sum()))
    at_least, at_most = limits
    slack = ROUNDING * max(1.0, abs(low), abs(high))
    if high < at_least - slack or low > at_most + slack:
        rule = Words(
            f"没有方案能满足：合计只能在 {low:g} 与 {high:g} 之间",
            f"no plan can keep it: its sum lies between {low:g} and {high:g}",
        )
        yield _fault(name, rule, "loosen")

"""What would mend a conflict: the cheapest changes of a scenario, each a diff, each verified by solving what it makes.

What is least is asked of the model of the question, all demands kept but those of the levers used (`solve.easing`);
what is shown has a plan when the changed scenario is posed anew.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner import documents
from planner.case import pose
from planner.conflict import Conflict, Posed, stated
from planner.errors import ScenarioError
from planner.intake.inputs import Inputs
from planner.levers import KINDS, Keys, Pull, can_ease, joined
from planner.scenario import laid_over
from planner.scenario.prices import ChangePrices
from planner.solve.conflicting import plan_under
from planner.solve.easing import Eased, Lever, eased
from planner.solve.exact import Look, nobody
from planner.words import Words

USE = 1e-3
"""Price of loosening anything at all, so that nothing is loosened for nothing."""
MOST = 3
"""Repairs shown."""
EASING_S = 2.0
"""Seconds at most of looking for one; one not proved the least by then is told as such."""
Flags = NDArray[np.bool_]
Handle = tuple[str, str]
"""Rule and key of a lever."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Changes that mend a conflict.

    Attributes
    ----------
    price : float
        In steps at the scenario's `change_prices`: each thing lifted is one, an amount as many as it has.
    least : bool
        Whether nothing of the same kinds costs less, repairs told before and what contains them aside.
    keys : mapping
        What to write in a scenario that extends the one asked.
    words : tuple of Words
        Each change.
    """

    price: float
    least: bool
    keys: Mapping[str, Any]
    words: tuple[Words, ...]

    @property
    def text(self) -> str:
        """The keys as YAML."""
        return documents.written(self.keys)

    def as_dict(self) -> dict[str, Any]:
        """Return the repair as plain values, for JSON."""
        return {
            "price": round(self.price, 6), "least": self.least, "keys": self.keys,
            "words_zh": [words.zh for words in self.words], "words_en": [words.en for words in self.words],
        }  # fmt: skip


def repairs(
    conflict: Conflict, *, by: Collection[str] | None = None, most: int = MOST, time_limit_s: float = 8.0,
    look: Look = nobody,
) -> tuple[Repair, ...]:  # fmt: skip
    """Return repairs of a question without a plan: the cheapest of each kind of change, of all kinds, and next ones.

    Each mends all that conflicts, not only the conflict told; none contains another. A case without geometry has no
    scenario to change, and no repairs.

    Parameters
    ----------
    conflict : Conflict
    by : collection of str, optional
        Rules (and ``locks``, ``only``, ``bans``) that may be eased; any where not given.
    most : int
    time_limit_s : float
        Of all together; what is not verified by then is not shown.
    look : callable, optional
        Called again and again meanwhile; what it raises ends the search.
    """
    look()
    ends, posed = time.monotonic() + time_limit_s, conflict.posed
    if posed.inputs is None:
        return ()
    handles = [(handle, numbers) for handle, numbers in _handles(posed) if by is None or handle[0] in by]
    rules = np.array([rule for (rule, _), _ in handles], dtype=object)
    levers = [_lever(rule, numbers, posed.scenario.change_prices) for (rule, _), numbers in handles]
    tried: list[Eased] = []

    def attempt(allowed: Flags) -> Eased | None:
        """Return the cheapest levers among some that do not contain those tried."""
        some = np.flatnonzero(allowed)
        left = min(ends - time.monotonic(), EASING_S)
        others = [each.used[some] for each in tried if not each.used[~allowed].any()]
        found = eased(posed.stated, [levers[k] for k in some], others, left, look) if left > 0 else None
        if found is not None:
            used = np.zeros(len(levers), dtype=bool)
            used[some[found.used]] = True
            found = replace(found, used=used)
            tried.append(found)
        return found

    kinds = [rules == rule for rule in dict.fromkeys(demand.rule for demand in conflict.demands) if rule in rules]
    asked = [*kinds, np.ones(len(levers), dtype=bool)]
    shown: list[Repair] = []
    while len(shown) < most:
        answers = sorted(filter(None, map(attempt, asked)), key=lambda answer: answer.price)
        if not answers:
            break
        for answer in answers[: most - len(shown)]:
            repair = _repair(posed, handles, answer)
            if (left := ends - time.monotonic()) > 0 and has_plan(posed.inputs, repair.keys, left, look):
                shown.append(repair)
        asked = kinds
    return tuple(sorted(shown, key=lambda repair: repair.price))


def has_plan(inputs: Inputs, keys: Mapping[str, Any], seconds: float, look: Look = nobody) -> bool:
    """Return whether a scenario with keys laid over it has a plan: it is posed anew, and one is looked for."""
    look()
    try:
        case = pose(inputs.under(laid_over(inputs.scenario, keys)))
    except ScenarioError:
        return False
    asked = stated(case).stated
    return plan_under(asked, np.ones(asked.count, dtype=bool), seconds, look)[0] is not None


def _handles(posed: Posed) -> list[tuple[Handle, tuple[int, ...]]]:
    """Return the levers there are, with the numbers of their demands."""
    found: dict[Handle, list[int]] = {}
    for number, demand in enumerate(posed.demands):
        if can_ease(posed, demand):
            found.setdefault((demand.rule, KINDS[demand.rule].of(posed, demand)), []).append(number)
    return [(handle, tuple(numbers)) for handle, numbers in found.items()]


def _lever(rule: str, numbers: tuple[int, ...], prices: ChangePrices) -> Lever:
    kind = KINDS[rule]
    step: float = getattr(prices, kind.priced)
    if math.isinf(kind.step):
        return Lever(numbers, max(step, USE))
    return Lever(numbers, USE, step / kind.step, kind.alike, kind.whole)


def _repair(posed: Posed, handles: list[tuple[Handle, tuple[int, ...]]], answer: Eased) -> Repair:
    """Return the levers used as keys of a scenario, those that one function writes together."""
    sums = posed.sums(answer.x)
    pulls = [
        Pull(rule, key, tuple((posed.demands[number], float(sums[number])) for number in numbers))
        for (rule, key), numbers in (handles[k] for k in np.flatnonzero(answer.used))
    ]
    keys: Keys = {}
    words: list[Words] = []
    writes = {kind.write: number for number, kind in enumerate(KINDS.values())}

    def order(pull: Pull) -> int:
        return writes[KINDS[pull.rule].write]

    for _, together in groupby(sorted(pulls, key=order), key=order):
        of = list(together)
        more, told = KINDS[of[0].rule].write(posed, answer.x, of)
        keys = joined(keys, more)
        words += told
    return Repair(answer.price, answer.least, keys, tuple(words))

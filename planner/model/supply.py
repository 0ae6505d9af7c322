"""Chapter 4: what park, year and purse can bear."""

from __future__ import annotations

from planner.case import Case
from planner.model.blocks import Rows, sums


def power(case: Case) -> Rows:
    r"""$\sum_{o \in O_k,\, t_o \le t} w_o\, x_o \le W_{kt} \quad \forall$ park $k$, year $t$   (kVA).

    A part draws its power in every year from its start on. `pose` states only the years whose limit no later year
    implies: use never falls, so where a later year's limit is not above this year's, this year's row is idle.
    """
    return sums("power", case.uses_of("power"), case.limits_of("power"))

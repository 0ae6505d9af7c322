"""Plans a meeting would rather not have: nobody placed, one parcel, thousands left out, odd names, empty layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sample_plan import sample_plan, sample_territory
from test_workbook import completed

from planner.plan import COLUMNS, NEEDED, Plan
from planner.territory import Territory
from planner.words import Lang

LONG = ("长" * 200, "x" * 200, "A very long name of a firm " * 7 + "as well")
"""Names of 200 signs: Chinese, one word of Latin letters, many words."""
STRANGE = ("شركة الروبوتات المتقدمة", "מפעל 7", "🏭🇨🇳👩‍🔬 工厂", "abc \u202e1234 cba", "𠮷野精密")
"""Right to left, pictures of several signs, one that turns the writing round, a glyph beyond the first plane."""
CROWD = 3_000
LAYERS = ("parks", "parcels", "buildings", "floors", "restrictions", "backdrop", "supply", "figures")
OPTIONAL = ("buildings", "floors", "restrictions", "backdrop", "supply", "figures")


@dataclass(frozen=True)
class Odd:
    """A plan on its ground, and the names that whoever reads it has to find.

    Attributes
    ----------
    plan : Plan
    ground : Territory
    lang : {'zh', 'en'}
        In which it is written.
    names : tuple of str
        Of the first projects, in order.
    """

    plan: Plan
    ground: Territory
    lang: Lang
    names: tuple[str, ...] = ()

    @property
    def projects(self) -> list[str]:
        """Return every project placed."""
        return sorted(set(self.plan.placements["project"]))

    def of_kind(self, kind: str) -> int:
        """Return how many placements are plots, or units."""
        return int((self.plan.placements["kind"] == kind).sum())


def empty(plan: Plan) -> Plan:
    """Return a plan that does not exist: no placement, no score."""
    tables: dict[str, Any] = {name: pd.DataFrame(columns=list(COLUMNS[name])) for name in ("placements", "uses")}
    none = {"status": "infeasible", "score": None, "bound": None, "gap": None}
    return replace(plan, **tables, summary={**plan.summary, **none})


def without(ground: Territory, *layers: str) -> Territory:
    """Return a territory some of whose layers have no rows."""
    return replace(ground, **{name: getattr(ground, name).iloc[:0] for name in layers})


def bare(ground: Territory) -> Territory:
    """Return a territory of one parcel without anything that may be missing."""
    one = without(sample_territory(parcels=1, buildings=1, storeys=1), "supply", "figures", "restrictions", "backdrop")
    return replace(one, tables={"restriction_kinds": ground.tables["restriction_kinds"]}, illustrative=None)


def older(plan: Plan) -> Plan:
    """Return a plan with the columns and keys that no version lacked, and no others."""
    tables: dict[str, Any] = {name: getattr(plan, name)[list(columns)] for name, columns in NEEDED.items()}
    summary = {"title": "Old plan", **{key: plan.summary[key] for key in ("status", "score", "bound", "gap")}}
    return replace(plan, summary=summary, **tables)


def named(names: tuple[str, ...]) -> tuple[Plan, Territory]:
    """Return a plan in which projects, firms, parks, buildings, restrictions and the plan itself have these names."""
    ground = sample_territory(12, 3, 3, name_zh=names[0])
    called = {layer: getattr(ground, layer).assign(name_zh=names[0], name_en=names[1])
              for layer in ("parks", "buildings", "restrictions", "backdrop")}  # fmt: skip
    ground = replace(ground, **called)
    plan = completed(sample_plan(ground, 4, 4, len(names), names=(*names, *names, *names)[: 8 + len(names)]))
    placed = plan.placements.assign(firm=names[0])
    return replace(plan, placements=placed, summary={**plan.summary, "title": {"zh": names[0], "en": names[1]}}), ground


def _nobody() -> Odd:
    ground = sample_territory()
    return Odd(completed(empty(sample_plan(ground))), ground, "en")


def _one_parcel() -> Odd:
    ground = bare(sample_territory())
    return Odd(sample_plan(ground, plots=1, units=0, left_out=0), ground, "zh")


def _crowd() -> Odd:
    ground = sample_territory()
    return Odd(completed(sample_plan(ground, 3, 3, CROWD)), ground, "zh")


def _long() -> Odd:
    return Odd(*named(LONG), "en", LONG)


def _strange() -> Odd:
    return Odd(*named(STRANGE), "zh", STRANGE)


def _empty_layers() -> Odd:
    ground = without(sample_territory(), *OPTIONAL)
    return Odd(completed(sample_plan(ground, units=0)), ground, "en")


def _nothing_at_all() -> Odd:
    ground = without(sample_territory(), *LAYERS)
    tables: dict[str, Any] = {name: pd.DataFrame(columns=list(columns)) for name, columns in COLUMNS.items()}
    return Odd(replace(empty(sample_plan(sample_territory(1, 1, 1))), **tables), ground, "zh")


def _older() -> Odd:
    ground = sample_territory()
    return Odd(older(completed(sample_plan(ground))), ground, "en")


ODD: Mapping[str, Callable[[], Odd]] = {
    "nobody": _nobody, "one_parcel": _one_parcel, "crowd": _crowd, "long": _long, "strange": _strange,
    "empty_layers": _empty_layers, "nothing_at_all": _nothing_at_all, "older": _older,
}  # fmt: skip

"""``planner alternatives`` and ``planner worth``: what else would do, and what one more of each thing would bring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from planner import plan as plans
from planner.alternatives import Alternatives, Unit, alternatives
from planner.changes import changed
from planner.cli import showing, shown, solving
from planner.cli.output import Output, table
from planner.cli.watching import Watch, interruptible
from planner.errors import DataError, Fault
from planner.intake.inputs import Inputs, read
from planner.quantities import UnreadableError, quantity
from planner.values import Worth, reserving, values
from planner.whatif import Warm, warm
from planner.words import Lang, Words, amount

WORTH_FILE = "worth.json"
RESERVED = 10
"""Parcels shown at most, the cheapest to keep free; the file has all."""
MORE = {
    "found": Words("", ""),
    "none": Words("已证明：再没有同样好而相差这么多的方案。", "By proof no further plan is as good and as far apart."),
    "unknown": Words(
        "没有找到更多这样的方案（未证明没有）。", "No further plan was found; that there is none is not proved."
    ),
}
APART = {"projects": Words("相差（项目）", "apart (projects)"), "m2": Words("相差（m²）", "apart (m²)")}
GAINS = Words(
    "增加一份值多少分（至少、至多：重新求解并证明；价格：松弛的影子价格）",
    "What one more is worth, in points (at least, at most: solved again, with proof; price: of the relaxation)",
)
COSTS = Words("留空一宗地少得多少分，最便宜的在前", "What keeping a parcel free costs, in points, cheapest first")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which alternatives are wanted."""

    count: int
    within: float
    apart: float
    unit: Unit

    @classmethod
    def of(cls, count: int, within: str, apart: float, unit: Unit) -> Wanted:
        """Read the texts of the options."""
        try:
            return cls(count, quantity(within, "share"), apart, unit)
        except UnreadableError as error:
            raise DataError(Fault("--within", "", error.rule, error.remedy)) from None


def find(asked: Path, out: Path | None, wanted: Wanted, output: Output) -> int:
    """Find plans nearly as good as that of a scenario, or one saved, that stand elsewhere; write each as its own."""
    path, inputs, first = kept_warm(asked, output)
    folder = out if out is not None else _home(asked, "alternatives")
    found = alternatives(first, wanted.count, within=wanted.within, apart=wanted.apart, unit=wanted.unit)
    ground = changed(inputs.territory, inputs.scenario)
    plans = []
    for number, plan in enumerate(found.plans, 1):
        clock, at = solving.Clock(), folder / str(number)
        made = solving.provenance(path, at, inputs, inputs.scenario.solver, {})
        plans.append(solving.completed(plan, inputs, first.case, ground, clock, made))
        solving.write(plans[-1], at, inputs, ground, clock, shared=None, lang=output.lang)
    told = {
        "unit": found.unit, "more": found.more, "distances": found.distances.tolist(),
        "where": found.where.reset_index().to_dict("records"),
        "plans": [{"folder": str(folder / str(k)), **{key: plan.summary[key] for key in ("score", "bound", "gap")}}
                  for k, plan in enumerate(plans, 1)],
    }  # fmt: skip
    if output.as_json:
        output.json(told)
    output.say(*_alternatives(found, output.lang))
    output.say(Words(f"方案  {folder}/1 … {len(plans)}", f"Plans  {folder}/1 … {len(plans)}")(output.lang))
    return int(any(plan.summary["audit"]["broken"] for plan in plans))


def worth(asked: Path, out: Path | None, output: Output) -> int:
    """Tell what one more of what is short in a plan is worth, and what keeping a parcel free costs."""
    _, inputs, first = kept_warm(asked, output)
    file = (out if out is not None else _home(asked, "worth")) / WORTH_FILE
    gains = values(inputs, first, told=lambda one: output.note(one.words))
    costs = reserving(first)
    told = {"score": first.score, "bound": first.bound, "gains": [one.as_dict() for one in gains],
            "keeping_free": [one.as_dict() for one in costs]}  # fmt: skip
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".part")
    aside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(file)
    if output.as_json:
        output.json(told)
    output.say(*_worth(gains, costs, output.lang), Words(f"全部结果  {file}", f"All of it  {file}")(output.lang))
    return 0


def _home(asked: Path, name: str) -> Path:
    """Return where answers go: into the folder of a plan, beside the plans of scenarios."""
    folder = showing.folder_of(asked)
    return folder / name if folder is not None else Path("plans") / f"{asked.stem}-{name}"


def kept_warm(asked: Path, output: Output) -> tuple[Path, Inputs, Warm]:
    """Return scenario, inputs and plan kept warm: one that was saved, or the scenario solved as it asks, watched."""
    folder = showing.folder_of(asked)
    if folder is not None:
        plan = plans.load(folder)
        inputs = showing.inputs_of(plan, folder, output)
        return showing.scenario_of(plan, folder), inputs, showing.warmed(inputs, plan)
    inputs = read(asked)
    patience = inputs.scenario.solver.model_dump(include=set(showing.PATIENCE))
    watch = Watch(output)
    with watch, interruptible(watch.interrupted) as stop:
        return asked, inputs, warm(inputs, progress=watch.progress, cancelled=stop.is_set, **patience)


def _alternatives(found: Alternatives, lang: Lang) -> Iterator[shown.Line]:
    """Yield each plan with its proof and how far it is from the others, and what all of them have in common."""
    numbers = [str(k) for k in range(1, len(found.plans) + 1)]
    rows = [
        [number, f"{plan.summary['score']:,.1f}", f"{plan.summary['gap']:.2%}", str(plan.summary["counts"]["placed"]),
         *("—" if other == k else amount(distance) for other, distance in enumerate(found.distances[k]))]
        for k, (number, plan) in enumerate(zip(numbers, found.plans, strict=True))
    ]  # fmt: skip
    heads = Words("方案|得分|已证明差距|落位项目", "Plan|score|proved gap|placed")(lang).split("|")
    figures = range(1, len(heads) + len(numbers))
    yield table([*heads, *(f"→ {number}" for number in numbers)], rows, right=figures)
    yield APART[found.unit](lang) + ("" if found.more == "found" else f"  {MORE[found.more](lang)}")
    certain = found.where["certain"].to_numpy(dtype=bool)
    placed = (found.where[numbers] != "").any(axis=1).to_numpy(dtype=bool)
    sure, open_ = found.where[placed & certain], found.where[placed & ~certain]
    yield ""
    yield Words(
        f"各方案中都在原处的分项：{len(sure)} 个；可以商量的：{len(open_)} 个",
        f"Parts in the same place in all of them: {len(sure)}; open to bargaining: {len(open_)}",
    )(lang)
    rows = [[str(part), *(str(row[number]) or "—" for number in numbers)] for part, row in open_.iterrows()]
    yield table([Words("分项", "Part")(lang), *numbers], rows)


def _worth(gains: Sequence[Worth], costs: Sequence[Worth], lang: Lang) -> Iterator[shown.Line]:
    """Yield what one more of each thing is worth, and what keeping parcels free costs."""
    heads = Words("变化|至少|至多|价格", "Change|at least|at most|price")(lang).split("|")
    yield GAINS(lang)
    yield table(heads, [_row(one, lang) for one in gains], right=(1, 2, 3))
    yield ""
    yield COSTS(lang)
    yield table(heads[:3], [_row(one, lang)[:3] for one in costs if one.solved][:RESERVED], right=(1, 2))
    free = sum(not one.solved for one in costs)
    yield Words(
        f"另有 {free} 宗本方案未用，留空不失分。", f"{free} more are not used by the plan: keeping them costs nothing."
    )(lang)


def _row(one: Worth, lang: Lang) -> list[str]:
    price = "—" if one.price is None or pd.isna(one.price) else f"{one.price:,.1f}"
    return [one.words(lang), f"{one.at_least:,.1f}", f"{one.at_most:,.1f}", price]

"""``planner compare``: two or more plans side by side, who moved, who made whom move, and what decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from planner import maps
from planner import plan as plans
from planner.changes import changed
from planner.cli import shown
from planner.cli.handing import shared_by
from planner.cli.output import Output, table
from planner.cli.showing import folder_of, inputs_of, keep_inside
from planner.comparison import SUM_WORDS, Comparison, arrows
from planner.errors import DataError, Fault
from planner.explain import compare as compare_plans
from planner.intake import write_layers
from planner.intake.vector import layers_of, read_any
from planner.plan import Plan
from planner.scenario import Level
from planner.sharing import file_name
from planner.telling import CHANGES, chain_words, decided, park_names
from planner.words import Lang, Words, amount

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLACED = ("placed_plots", "placed_units")
"""Layers of a plan that say where its projects stand."""
GROUND_GONE = Words(
    "提示：方案 {plan} 的图层已不在，两图使用同一底图",
    "Note: the layers of {plan} are gone; both are drawn on the same ground",
)
AGAINST = "against.html"
"""The map of two plans, in the folder of the first."""
UNITS = {"projects": "", "land_m2": " ha", "floor_m2": " m²", "power_kva": " MVA"}
NOBODY_MOVED = Words("没有项目移动。", "No project moved.")


def compare(paths: Sequence[Path], out: Path | None, output: Output) -> int:
    """Show plans side by side, each against the first; write who moved as layers and tables where asked for."""
    if not 1 < len(paths) <= len(LETTERS):
        rule = Words(f"给出了 {len(paths)} 个方案", f"{len(paths)} plans are named")
        remedy = Words(f"请给出 2 至 {len(LETTERS)} 个", f"Name 2 to {len(LETTERS)}")
        raise DataError(Fault("planner compare", "", rule, remedy))
    folders = [folder_of(path) or path for path in paths]
    found = [plans.load(folder) for folder in folders]
    pairs = [compare_plans(found[0], plan) for plan in found[1:]]
    if out is not None:
        write_layers(out, dict(_layers(folders, pairs)))
    if output.as_json:
        told = [pair.as_dict() for pair in pairs]
        output.json(told[0] if len(told) == 1 else told)
    output.say(*_sides(paths, found, pairs, output.lang))
    for letter, plan, pair in zip(LETTERS[1:], found[1:], pairs, strict=False):
        output.say(*_pair(pair, letter, (found[0], plan), output.lang), indent=2)
    return 0


def draw(
    path: Path, against: Path, output: Output, share: Level | None = None, bases: Sequence[maps.Base] = ()
) -> int:  # fmt: skip
    """Write the map of a plan beside another one into its folder, with base maps to switch on.

    Raises
    ------
    DataError
        There is no such plan, the inputs of the first are gone, or one's own key would stand in a file that leaves the
        house.
    """
    folders = folder_of(path) or path, folder_of(against) or against
    plan, other = (plans.load(folder) for folder in folders)
    read = [inputs_of(plan, folders[0], output)]
    try:
        read.append(inputs_of(other, folders[1], output))
    except DataError:  # its layers are gone: where its parts stand is in its folder
        output.note(GROUND_GONE.fill(plan=folders[1]))
    shared = shared_by(share, read, output)
    keep_inside(bases, shared)
    here, there = (shared.territory(changed(each.territory, each.scenario)) for each in (read[0], read[-1]))
    stands = [shared.stands(_stands(folder / "plan.gpkg")) for folder in folders]
    pair = shared.plan(plan), shared.plan(other)
    drawing = maps.draw_compared(pair, (here, there), (stands[0], stands[1]), output.lang, bases)
    file = maps.save(drawing, folders[0] / file_name(AGAINST, shared.level))
    if output.as_json:
        output.json({"map": str(file)})
    output.say(Words("比较图", "Map of both")(output.lang) + f"  {file}")
    return 0


def _sides(
    paths: Sequence[Path], found: Sequence[Plan], pairs: Sequence[Comparison], lang: Lang
) -> Iterator[shown.Line]:
    """Yield the plans, their totals and the sums of their parks."""
    for letter, path, plan in zip(LETTERS, paths, found, strict=False):
        yield f"{letter}  {path}  {plan.summary['title'].get(lang) or ''}".rstrip()
    yield ""
    letters = list(LETTERS[: len(found)])
    two = len(found) == 2
    measures = {total.measure: total for pair in pairs for total in pair.totals}
    rows = []
    for measure, total in measures.items():
        of = [next((each for each in pair.totals if each.measure == measure), None) for pair in pairs]
        sides = [next((each.a for each in of if each), None), *(each.b if each else None for each in of)]
        cells = [_total(value, total.unit, measure) for value in sides]
        change = [_difference(sides[0], sides[1], measure)] if two else []
        rows.append([total.words(lang), *cells, *change, _unit(total.unit, lang)])
    heads = Words("合计|变化|单位", "Total|change|unit")(lang).split("|")
    headers = [heads[0], *letters, *heads[1 if two else 2 :]]
    yield table(headers, rows, right=range(1, len(letters) + 1 + two))
    names = {park: name for plan in found for park, name in park_names(plan.summary, lang).items()}
    rows = []
    for park in sorted(set().union(*(pair.parks.index for pair in pairs))):
        cells = []
        for name, scale in shown.PARK_SCALES:
            sums = [_of_park(pairs[0], park, f"{name}_a"), *(_of_park(pair, park, f"{name}_b") for pair in pairs)]
            said = [amount(each / scale) for each in sums]
            cells.append(said[0] if len(set(said)) == 1 else " → ".join(said))
        rows.append([names.get(str(park), str(park)), *cells])
    yield ""
    headers = [f"{SUM_WORDS[name](lang)}{UNITS[name]}" for name, _ in shown.PARK_SCALES]
    yield table([Words("园区", "Park")(lang) + f" ({' → '.join(letters)})", *headers], rows, right=(1, 2, 3, 4))


def _pair(pair: Comparison, letter: str, of: tuple[Plan, Plan], lang: Lang) -> Iterator[shown.Line]:
    """Yield what decides between a plan and the first, who moved, and who made whom move."""
    yield ""
    yield from (said(lang) for said in decided(pair, letter))
    yield ""
    if not pair.moves:
        yield NOBODY_MOVED(lang)
        return
    moved = [
        [CHANGES[m.change](lang), m.project, m.name, m.a or "—", m.b or "—", f"{m.by}：{m.place}" if m.by else ""]
        for m in pair.moves
    ]
    heads = Words("变化|项目|名称|A|{b}|原处来了", "Change|project|name|A|{b}|who comes there").fill(b=letter)
    yield table(heads(lang).split("|"), moved)
    if chains := pair.chains:
        yield ""
        yield Words("谁牵动谁：", "Who makes whom move:")(lang)
        for chain in chains:
            yield "  " + chain_words(chain)(lang)


def _layers(folders: Sequence[Path], pairs: Sequence[Comparison]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield who moved in each pair as lines from where to where, and as a table; the totals and the sums of parks."""
    stands = [_stands(folder / "plan.gpkg") for folder in folders]
    for letter, pair, there in zip(LETTERS[1:], pairs, stands[1:], strict=False):
        lines = arrows(pair.moves, stands[0], there)
        if len(lines):
            yield f"moves_{letter}", lines
        told = pair.as_dict()
        for name in ("moves", "totals", "parks"):
            if told[name]:
                yield f"{name}_{letter}_table", pd.DataFrame(told[name])


def _stands(file: Path) -> gpd.GeoDataFrame:
    """Return where the parts of a saved plan stand: ``project``, what else its layers hold, and geometry."""
    frames = [read_any(file, name, None, where=name) for name in PLACED if name in layers_of(file)]
    if not frames:
        return gpd.GeoDataFrame({"project": []}, geometry=[])
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)


def _of_park(pair: Comparison, park: object, column: str) -> float:
    return float(pair.parks[column].get(park, 0.0))


def _total(value: float | None, unit: str, measure: str) -> str:
    if value is None:
        return "—"
    return f"{value:.2%}" if measure == "gap" else f"{value:,.1f}" if unit == "points" else amount(value)


def _difference(a: float | None, b: float | None, measure: str) -> str:
    if a is None or b is None:
        return "—"
    change = b - a
    return f"{change:+.2%}" if measure == "gap" else "0" if abs(change) < 1e-9 else f"{change:+,.1f}"


def _unit(unit: str, lang: Lang) -> str:
    return "分" if unit == "points" and lang == "zh" else unit

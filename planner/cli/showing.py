"""``planner show | explain | compare | map``: what stands in a scenario or a plan, read again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pylatexenc.latex2text import LatexNodes2Text
from rich.cells import cell_len, set_cell_size
from rich.table import Table

from planner import contents, maps
from planner import plan as plans
from planner import scenario as scenarios
from planner.audit.extra import added_up
from planner.case import pose
from planner.changes import changed, changed_asked
from planner.cli import conflicting, shown, strips
from planner.cli.handing import map_name, shared_by
from planner.cli.output import Output, table
from planner.errors import DataError, Fault
from planner.explain import Reason, break_even, costs, kept, why_not
from planner.explain.causes import AT_MOST
from planner.explain.kinds import KINDS
from planner.explain.reasons import elsewhere
from planner.extra import with_rows
from planner.growing import plots_of
from planner.intake.description import told
from planner.intake.inputs import Inputs, read
from planner.maps.base import TOKEN
from planner.plan import Plan
from planner.scenario import Level
from planner.sharing import Sharing
from planner.solve import proof
from planner.telling import REASONS
from planner.whatif import Warm, warm
from planner.words import LEVELS, Lang, Words, amount

AGREES = Words(
    "由 proof.npz 复算的上限 {bound} 分，与 plan.json 一致（{rows} 行，{columns} 列，未用求解器）",
    "Bound recomputed from proof.npz: {bound} points, as plan.json says ({rows} rows, {columns} columns, no solver)",
)
DIFFERS = Words(
    "由 proof.npz 复算的上限 {bound} 分，与 plan.json 的 {said} 分不一致",
    "Bound recomputed from proof.npz: {bound} points, but plan.json says {said}",
)
OWN = Words("自定约束 {all} 条，按方案落位复算，{kept} 条符合", "{kept} of {all} constraints added in Python are kept")
OWN_BROKEN = Words("{key}：应 {asked}，实为 {found}", "{key}: asked {asked}, found {found}")
STALE = Words("提示：求解之后以下输入已改变：{files}", "Note: changed since the plan was made: {files}")
HOMES = Words("情景键|函数|核验", "scenario key|function|audit")
SIZE = {
    "rule": Words(
        "本方案 {count} 行、{coefficients} 个系数，首行 {first}",
        "in this plan {count} rows, {coefficients} coefficients, the first {first}",
    ),
    "variable": Words(
        "本方案 {count} 列、{coefficients} 个系数，首列 {first}",
        "in this plan {count} columns, {coefficients} coefficients, the first {first}",
    ),
}
SIZE["definition"] = SIZE["rule"]
SITES = "{} sites"
"""Under which the other sites of a project are kept in the plan's folder."""
COSTS = "{} costs"
"""Under which is kept what they cost, or what it costs to place it."""
EVEN = "{} break-even"
"""Under which is kept how far figures can move before it does."""
SOLVED = ((COSTS, costs), (EVEN, break_even))
"""What is asked of a case kept warm."""
PATIENCE = ("gap", "effort", "time_limit_s", "seed", "threads", "engine")
"""Of a scenario's `solver`, what a question that is solved again goes by."""
NAMELESS = Words("没有指明项目", "no project is named")
NAME_ONE = Words("例如 planner explain P-001 --plan 方案 {option}", "As planner explain P-001 --plan PLAN {option}")


def folder_of(path: Path) -> Path | None:
    """Return the plan folder that a path means, None where it means none."""
    if path.name == "plan.json":
        return path.parent
    return path if path.is_dir() else None


def shown_or_proved(path: Path | None, output: Output, *, model: bool, proof: bool) -> int:
    """Show what is asked for: the model, the proof, or what stands in a scenario or a plan.

    Raises
    ------
    DataError
        Nothing is named that could be shown.
    """
    if model:
        return show_model(path, output)
    if path is None:
        rule = Words("没有给出要显示的内容", "nothing to show is named")
        remedy = Words("请给出情景或方案文件夹，或用 --model", "Name a scenario or a plan, or use --model")
        raise DataError(Fault("planner show", "", rule, remedy))
    return prove(path, output) if proof else show(path, output)


def show_model(path: Path | None, output: Output) -> int:
    """List variables, rules, goals and tests of local fit; with a plan also how large each block of its model is."""
    folder = None if path is None else folder_of(path) or path
    plan = None if folder is None else plans.load(folder)
    size = {} if plan is None or plan.proof is None else contents.sizes(plan.proof)
    entries = contents.contents()
    if output.as_json:
        output.json([
            {**entry.as_dict(), "size": asdict(size[at]) if (at := (entry.kind, entry.name)) in size else None}
            for entry in entries
        ])  # fmt: skip
    for kind, words in contents.KINDS.items():
        output.say("", words)
        for entry in entries:
            if entry.kind == kind:
                output.say(*_entry(entry, size.get((kind, entry.name)), output), indent=4)
    return 0


def _entry(entry: contents.Entry, size: contents.Size | None, output: Output) -> Iterator[str]:
    """Return the lines of one entry of the model."""
    yield f"  {entry.words(output.lang)} · {entry.name}" + (f" · {entry.unit}" if entry.unit else "")
    yield f"    {_in_signs(entry.formula)}"
    homes = zip(HOMES(output.lang).split("|"), (entry.key, entry.function, entry.measure), strict=True)
    yield "    " + " · ".join(f"{name} {home}" for name, home in homes if home)
    if size is not None:
        facts = {"count": f"{size.count:,}", "coefficients": f"{size.coefficients:,}", "first": size.first}
        yield "    " + SIZE[entry.kind].fill(**facts)(output.lang)


def _in_signs(formula: str) -> str:
    """Return LaTeX as a line of text: Σ for a sum, what stands below it in brackets."""
    below = re.sub(r"_\{([^{}]*[\\ ,][^{}]*)\}", r"_{(\1)}", formula)
    return re.sub(r"  +", " ", LatexNodes2Text(math_mode="text").latex_to_text(below))


def show(path: Path, output: Output) -> int:
    """Show a plan's tables, or a scenario with the origin of every value."""
    folder = folder_of(path)
    if folder is not None:
        plan, clash = plans.load(folder), conflicting.load(folder)
        if output.as_json:
            output.json(conflicting.told_with(plan.summary, clash))
        output.say(*shown.plan_lines(plan, output.lang), *conflicting.lines(clash, output.lang))
        return 0
    document = scenarios.load(path).document
    leaves = list(document.leaves()) if document else []
    if output.as_json:
        output.json([
            {"key": key, "value": value, "file": origin.file.as_posix(), "line": origin.line}
            for key, value, origin in leaves
        ])  # fmt: skip
    headers = Words("键|值|出处", "Key|value|from")(output.lang).split("|")
    rows = [[key, _written(value), str(origin)] for key, value, origin in leaves]
    output.say(table(headers, rows))
    return 0


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def prove(path: Path, output: Output) -> int:
    """Recompute a plan's bound and compare; return 0 where both agree, 1 where not."""
    folder = folder_of(path) or path
    plan = plans.load(folder)
    if plan.proof is None:
        rule = Words("没有 proof.npz", "holds no proof.npz")
        raise DataError(Fault(str(folder), "", rule, Words("请重新求解", "Run planner solve again")))
    bound = proof.bound(plan.proof)
    said = plan.summary["bound"]
    agrees = said is not None and abs(bound - said) <= 1e-9 * max(abs(bound), 1.0)
    facts = {"bound": f"{bound:,.6f}", "said": "—" if said is None else f"{said:,.6f}"}
    size = {"rows": f"{len(plan.proof.lo):,}", "columns": f"{len(plan.proof.c):,}"}
    own = list(added_up(plan))
    broken = [found for found in own if not found.kept]
    if output.as_json:
        output.json({"bound": bound, "said": said, "agrees": agrees, "extra": [found._asdict() for found in own]})
    output.say((AGREES if agrees else DIFFERS).fill(**facts, **size))
    if own:
        output.say(OWN.fill(all=len(own), kept=len(own) - len(broken)))
    output.say(*(OWN_BROKEN.fill(key=each.key, asked=each.asked, found=each.found) for each in broken))
    return 0 if agrees and not broken else 1


def explain(project: str | None, folder: Path, output: Output, *, cost: bool = False, even: bool = False) -> int:
    """Tell why a project is where it is, or nowhere, and what would place it; or that of all that are left out.

    With `cost` also what it costs to have it elsewhere, or placed, and with `even` how far figures can move before it
    does: for that it is solved again.
    """
    if (cost or even) and project is None:
        option = "--cost" if cost else "--break-even"
        raise DataError(Fault(f"planner explain {option}", "", NAMELESS, NAME_ONE.fill(option=option)))
    folder = folder_of(folder) or folder
    plan = plans.load(folder)
    inputs = inputs_of(plan, folder, output)
    of = kept.mark(folder, inputs.files)
    asked = [str(name) for name in plan.left_out["project"]] if project is None else [project]
    more = ((COSTS, cost), (SITES, True), (EVEN, even))
    wanted = asked if project is None else [project, *(key.format(project) for key, on in more if on)]
    told = kept.load(folder, of)
    if missing := [name for name in wanted if name not in told]:
        case = with_rows(pose(inputs, plots_of(plan)), plan.extra)
        found = why_not(inputs, case, plan, [name for name in asked if name in missing])
        if project is not None:
            found[SITES.format(project)] = elsewhere(case, plan, project)
            if asked_of := {key.format(project): ask for key, ask in SOLVED if key.format(project) in missing}:
                first = warmed(inputs, plan)
                found |= {key: ask(first, project) for key, ask in asked_of.items()}
        kept.save(folder, of, found)
        told = {**told, **found}
    reasons = [reason for name in wanted for reason in told[name]
               if not (cost and name == SITES.format(project) and reason.kind == "next_site")]  # fmt: skip
    if output.as_json:
        output.json([reason.as_dict() for reason in reasons])
    elif project is None:
        output.say(_left_out({name: told[name] for name in asked}, output.lang))
    else:
        _say([reason for reason in reasons if reason.kind != "break_even"], output)
        if even:
            output.say(*strips.lines([reason for reason in reasons if reason.kind == "break_even"], output.lang))
    return 0


def _left_out(reasons: Mapping[str, list[Reason]], lang: Lang) -> Table:
    """Return a table of all that is left out: the cause, and the smallest change that would place it, kind by kind."""
    rows = []
    for project, of_one in reasons.items():
        cause, change = of_one[0], next(reason for reason in of_one if reason.kind == "smallest_change")
        price = "—" if change.price is None else f"{change.price:.2f}"
        at_most = "≤ " if f"{AT_MOST.zh}{price}" in change.words.zh else ""
        changes = ("；" if lang == "zh" else "; ").join(_amount(kind, of, lang) for kind, of in change.terms.items())
        rows.append([project, cause.words(lang), changes or change.words(lang), change.place or "—", at_most + price])
    headers = Words("项目|未落位原因|其他项目不动时的最小改变|落位于|步数",
                    "Project|left out because|smallest change, all others staying|on|price")  # fmt: skip
    return table(headers(lang).split("|"), rows, right=(4,))


def _amount(kind: str, of: float, lang: Lang) -> str:
    """Return how much of a kind of change; of one that is a single thing its name alone."""
    one = KINDS[kind]
    return one.words(lang) + ("" if one.whole and of == 1 else f" {amount(of)} {one.unit}".rstrip())


def _say(reasons: list[Reason], output: Output) -> None:
    wide = max(cell_len(words(output.lang)) for words in REASONS.values()) + 2
    for reason in reasons:
        kind = set_cell_size(REASONS[reason.kind](output.lang), wide)
        output.say(kind + reason.words(output.lang), indent=wide)


def warmed(inputs: Inputs, plan: Plan) -> Warm:
    """Return a saved plan kept warm, to be asked as patiently as its scenario says."""
    return warm(inputs, plan, **inputs.scenario.solver.model_dump(include=set(PATIENCE)))


def inputs_of(plan: Plan, folder: Path, output: Output) -> Inputs:
    """Return what a plan was made from, read again; say so where it has changed since.

    Raises
    ------
    DataError
        The plan names no scenario, or it is not there any more.
    """
    path = scenario_of(plan, folder)
    provenance = plan.summary.get("provenance", {})
    inputs = read(path, told(provenance.get("options", {}).get("crs", [])))
    before = provenance.get("inputs", {})
    stale = [name for name, digest in inputs.files.items() if before.get(name) != digest]
    if stale:
        output.note(STALE.fill(files=", ".join(stale)))
    return inputs


def scenario_of(plan: Plan, folder: Path) -> Path:
    """Return the scenario that a plan was made from.

    Raises
    ------
    DataError
        The plan names none, or it is not there any more.
    """
    named = plan.summary.get("provenance", {}).get("scenario", {})
    candidates: list[Path] = [folder / named["file"], Path(named["absolute"])] if named else []
    path = next((candidate for candidate in candidates if candidate.is_file()), None)
    if path is None:
        rule = Words("找不到方案的情景文件：{files}", "the plan's scenario is not there: {files}")
        files = ", ".join(map(str, candidates)) or "—"
        remedy = Words("把情景放回原处，或重新求解", "Put the scenario back, or run planner solve again")
        raise DataError(Fault(str(folder / "plan.json"), "provenance.scenario", rule.fill(files=files), remedy))
    return path


def bases(said: Sequence[str], *, keep: bool) -> list[maps.Base]:
    """Return the base maps that are named; with `keep` one's own key, from the environment, is to stand in the file.

    Raises
    ------
    DataError
        One is none, or the key to be kept is not there.
    """
    token = os.environ.get(TOKEN, "").strip() if keep else ""
    if keep and not token:
        rule = Words("环境变量 {name} 为空", "the environment variable {name} is empty").fill(name=TOKEN)
        remedy = Words("先设置它，或去掉 --keep-token", "Set it first, or leave --keep-token off")
        raise DataError(Fault("--keep-token", "", rule, remedy))
    return [maps.base(each, token or None) for each in said]


def keep_inside(bases: Sequence[maps.Base], shared: Sharing) -> None:
    """Refuse base maps with one's own key in a file that leaves the house.

    Raises
    ------
    DataError
        One has a key.
    """
    if shared.level != "internal" and any(each.token for each in bases):
        rule = Words("密钥不得写入“{level}”文件", "a key must not stand in a file that is “{level}”")
        remedy = Words("去掉 --keep-token，由读者自行输入", "Leave off --keep-token: readers type their own")
        raise DataError(Fault("--keep-token", "", rule.fill(level=LEVELS[shared.level]), remedy))


def draw(path: Path, output: Output, share: Level | None = None, bases: Sequence[maps.Base] = ()) -> int:
    """Write the map of a plan again, for whom its scenario or the command line says, with base maps to switch on.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, or one's own key would stand in a file that leaves the house.
    """
    folder = folder_of(path) or path
    plan = plans.load(folder)
    inputs = inputs_of(plan, folder, output)
    shared = shared_by(share, [inputs], output)
    keep_inside(bases, shared)
    ground, asked = changed(inputs.territory, inputs.scenario), changed_asked(inputs)
    drawing = maps.draw(shared.plan(plan), shared.territory(ground), output.lang, projects=shared.projects(asked),
                        faults=shared.faults(inputs.faults), bases=bases)  # fmt: skip
    file = maps.save(drawing, folder / map_name(shared))
    if output.as_json:
        output.json({"map": str(file)})
    output.say(Words("地图", "Map ")(output.lang) + f"  {file}")
    return 0

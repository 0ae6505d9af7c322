"""The command ``planner``: what a planner types, and nothing else; each command's work is in a module of this package.

Those modules are imported inside the commands: they bring in the GIS libraries, and ``planner --help`` must not wait
for them.
"""

# ruff: noqa: PLC0415 - see above; and what typer calls by name may have many arguments

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.options import (
    AgainstOption,
    ApartOption,
    AtlasOption,
    BaseOption,
    BrowserOption,
    CertificateOption,
    CostOption,
    CountOption,
    CrsOption,
    CsvOption,
    DatabaseOption,
    DebugOption,
    EachGapOption,
    EachLimitOption,
    EncodingOption,
    EngineOption,
    EvenOption,
    FaultMapOption,
    FilesFolderOption,
    FilesOption,
    FixOption,
    FolderOption,
    FormOption,
    FourOption,
    HostOption,
    HtmlOption,
    InstancesArgument,
    JsonOption,
    KeepTokenOption,
    KeyOption,
    LangChoice,
    LangOption,
    LayerOption,
    LimitOption,
    MaximiseOption,
    ModelArgument,
    OtherOption,
    PdfOption,
    PlanArgument,
    PortOption,
    QuietOption,
    RandomOption,
    ScenarioArgument,
    ScenarioOrPlan,
    SchedulerOption,
    SeedOption,
    ShareOption,
    SheetsOption,
    StartOption,
    Unit,
    UnitOption,
    UserOption,
    WithinOption,
    as_lang,
    as_level,
    helped,
    language,
)
from planner.cli.output import Output, Told
from planner.errors import PlannerError
from planner.words import Words

INTERRUPTED = 130
"""Exit code of a command stopped by Ctrl-C with nothing to keep (128 + SIGINT)."""

app = typer.Typer(
    name="planner",
    help=helped(
        "战略产业项目落位：谁用哪块地、哪层楼，为什么，差多少；给出证明和地图。",
        "Which strategic industrial project gets which land or floor, and why; with a proof and a map.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # its boxes double the time of --help
    pretty_exceptions_enable=False,  # a bug keeps its own traceback
)


@contextmanager
def reporting(lang: LangChoice | None, quiet: bool, as_json: bool, debug: bool) -> Iterator[Output]:
    """Tell expected errors in one paragraph each and end with exit code 2; leave bugs their traceback."""
    output = Output(as_lang(lang or language(os.environ)), quiet, as_json)
    told = Told(output)
    log = logging.getLogger("planner")
    log.setLevel(logging.INFO)
    log.addHandler(told)
    try:
        yield output
    except PlannerError as error:
        if debug:
            traceback.print_exc()
        output.faults(error.faults)
        raise typer.Exit(2) from None
    except MemoryError:
        output.error(Words("内存不足，没有写入任何文件", "Memory ran out; nothing was written"))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        output.error(Words("已中止，没有写入任何文件", "Stopped; nothing was written"))
        raise typer.Exit(INTERRUPTED) from None
    finally:
        log.removeHandler(told)


@app.command(help=helped("检查图层、空间底数或情景", "list what is wrong with layers, a territory or a scenario"))
def check(
    path: Annotated[
        str,
        typer.Argument(
            help=helped(
                "图层文件、文件夹、数据库地址、territory.yaml 或情景",
                "layer, folder, URL of a database, territory.yaml or scenario",
            )
        ),
    ],
    layer: LayerOption = None, csv: CsvOption = None, map_: FaultMapOption = None, fix: FixOption = None,
    crs: CrsOption = None, lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:  # fmt: skip
    """List faults; exit code 0 where the input (with --fix the copy) is usable, 2 where not."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import checking
        from planner.intake.description import told

        wanted = checking.Wanted(csv, map_, fix, told(crs or []), layer)
        raise typer.Exit(checking.check(checking.source(path), output, wanted))


@app.command(help=helped("求解情景，写出方案与地图", "solve a scenario; write the plan and its map"))
def solve(
    scenario: ScenarioArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help=helped("方案文件夹，默认 plans/<情景名>/", "folder of the plan; plans/<scenario>/")),
    ] = None,
    gap: Annotated[
        str | None, typer.Option("--gap", help=helped("与上限差距，如 1 %", "distance to the bound to stop at: 1 %"))
    ] = None,
    time_limit: LimitOption = None,
    solver: Annotated[
        str, typer.Option("--solver", help=helped("HiGHS 或 PuLP 的求解器", "HiGHS, or a solver PuLP knows: CBC …"))
    ] = "HiGHS",
    start: StartOption = None, engine: EngineOption = None, scheduler: SchedulerOption = None,
    with_map: Annotated[bool, typer.Option("--map/--no-map", help=helped("是否写出地图", "write the map"))] = True,
    crs: CrsOption = None, lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:  # fmt: skip
    """Solve; exit code 1 where no plan exists or the audit finds a broken rule."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import solving

        patience = solving.Patience.of(gap, time_limit, solver, start, engine and engine.value, scheduler)
        cluster = None
        if scheduler is not None:
            from planner.study.cluster import executor

            cluster = partial(executor, scheduler)
        raise typer.Exit(solving.solve(scenario, out, patience, crs or [], with_map, output, cluster))


@app.command(help=helped("显示合并后的情景及出处，或一个方案", "show a merged scenario with origins, or a plan"))
def show(
    path: Annotated[
        Path | None, typer.Argument(help=helped("情景文件或方案文件夹", "scenario file or folder of a plan"))
    ] = None,
    model: Annotated[
        bool,
        typer.Option("--model", help=helped("列出模型；给出方案时附规模", "list the model, with sizes for a plan")),
    ] = False,
    proof: Annotated[
        bool, typer.Option("--proof", help=helped("由 proof.npz 复算上限", "recompute the bound from proof.npz"))
    ] = False,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Show; with --proof exit code 1 where the recomputed bound is not the plan's."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import showing

        raise typer.Exit(showing.shown_or_proved(path, output, model=model, proof=proof))


@app.command(
    help=helped("说明项目为何落位于此或未落位，怎样才能落位", "why a project is here or nowhere; what would place it")
)
def explain(
    plan: Annotated[Path, typer.Option("--plan", help=helped("方案文件夹", "folder of the plan"))],
    project: Annotated[
        str | None,
        typer.Argument(help=helped("项目编号；不填则为全部未落位项目", "project; without one, all left out")),
    ] = None,
    cost: CostOption = False, even: EvenOption = False,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Explain one project of a plan, or all that it leaves out."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import showing

        raise typer.Exit(showing.explain(project, plan, output, cost=cost, even=even))


@app.command(help=helped("比较两个或多个方案", "two or more plans side by side"))
def compare(
    folders: Annotated[list[Path], typer.Argument(help=helped("方案文件夹，各与第一个比较", "folders of plans"))],
    out: Annotated[
        Path | None, typer.Option("--out", help=helped("把移位写成图层 (.gpkg)", "write who moved as layers (.gpkg)"))
    ] = None,
    regret: Annotated[
        bool, typer.Option("--regret", help=helped("各方案在各情景下的后悔值", "each plan under each one's scenario"))
    ] = False,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Compare totals, parks, projects that moved and who made them, each plan with the first."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import comparing, regretting

        if regret:
            raise typer.Exit(regretting.show(folders, out, output))
        raise typer.Exit(comparing.compare(folders, out, output))


@app.command(help=helped("求解一组变化的情景，可续算", "solve a scenario many times, varied; goes on where it stopped"))
def study(
    file: Annotated[Path, typer.Argument(help=helped("研究文件 (.yaml)", "study file (.yaml)"))],
    out: FolderOption = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help=helped("本机进程数", "processes here"))] = 2,
    scheduler: SchedulerOption = "local",
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Solve what is not solved yet; exit code 1 where a run has no plan."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import studying
        from planner.study.cluster import executor

        raise typer.Exit(studying.study(file, out, workers, partial(executor, scheduler or "local"), output))


@app.command(help=helped("同样好而落位不同的方案", "plans nearly as good that stand elsewhere"))
def alternatives(
    asked: ScenarioOrPlan, count: CountOption = 5, within: WithinOption = "1 %", apart: ApartOption = 10,
    unit: UnitOption = Unit.projects, out: FolderOption = None, lang: LangOption = None, quiet: QuietOption = False,
    as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Find alternatives; exit code 1 where the audit finds a broken rule."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import exploring

        raise typer.Exit(exploring.find(asked, out, exploring.Wanted.of(count, within, apart, unit.value), output))


@app.command(help=helped("多一份什么值多少分，留空地块少多少分", "what one more of each thing brings; land banking"))
def worth(
    asked: ScenarioOrPlan, out: FolderOption = None, lang: LangOption = None, quiet: QuietOption = False,
    as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Tell what things are worth, each solved again."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import exploring

        raise typer.Exit(exploring.worth(asked, out, output))


@app.command(name="map", help=helped("重写方案的地图，或两方案比较图", "write the map of a plan again, or of two"))
def map_(
    plan: PlanArgument, against: OtherOption = None, base: BaseOption = None, keep_token: KeepTokenOption = False,
    share: ShareOption = None, lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:  # fmt: skip
    """Write map.html, or against.html where another plan is named."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import comparing, showing

        level, bases = as_level(share), showing.bases(base or [], keep=keep_token)
        two = None if against is None else comparing.draw(plan, against, output, level, bases)
        raise typer.Exit(showing.draw(plan, output, level, bases) if two is None else two)


@app.command(help=helped("写出方案的工作簿与汇报材料", "write the workbook of a plan, and papers for a meeting"))
def report(
    plan: PlanArgument, against: AgainstOption = None, pdf: PdfOption = False, html: HtmlOption = False,
    sheets: SheetsOption = False, atlas: AtlasOption = False, four: FourOption = False, share: ShareOption = None,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Write plan.xlsx, and what else is asked for."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import writing

        papers = {"pdf": pdf, "html": html, "sheets": sheets, "atlas": atlas, "four": four}
        raise typer.Exit(writing.report(plan, against or [], papers, output, as_level(share)))


@app.command(help=helped("在浏览器中审阅方案：移动、问价、签认", "review a plan in the browser: move, price, sign off"))
def review(
    asked: ScenarioOrPlan, host: HostOption = "127.0.0.1", port: PortOption = 8321, database: DatabaseOption = None,
    browser: BrowserOption = True, user: UserOption = None, certificate: CertificateOption = None,
    key: KeyOption = None, lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:  # fmt: skip
    """Serve until Ctrl-C."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import reviewing

        wanted = reviewing.Wanted(host, port, database, browser, user or [], certificate, key)
        raise typer.Exit(reviewing.review(asked, wanted, output))


@app.command(help=helped("打印情景文件的 JSON 模式", "print the JSON schema of scenario files"))
def schema(debug: DebugOption = False) -> None:
    """Print the schema as editors use it."""
    with reporting(None, False, True, debug) as output:
        from planner.scenario import json_schema

        output.json(json_schema(), indent=2)


@app.command(
    help=helped("为一个图层文件夹写出 territory.yaml 与情景", "begin: a territory.yaml and a scenario for a folder")
)
def new(
    folder: Annotated[Path, typer.Argument(help=helped("图层所在文件夹", "folder of layers"))],
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Write what is not there yet; nothing is overwritten."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import beginning

        raise typer.Exit(beginning.begin(folder, output))


@app.command(help=helped("把方案写成 GIS、CAD 文件，或写出模型", "write a plan for GIS and CAD, or a model"))
def export(
    asked: ScenarioOrPlan, file: ModelArgument = None, form: FilesOption = None,
    out: FilesFolderOption = None, encoding: EncodingOption = "utf-8", crs: CrsOption = None, share: ShareOption = None,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Write a plan's layers for others; or the model, and beside it a table that says what its names mean."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import solving, writing

        if file is None:
            raise typer.Exit(writing.files(asked, form or [], out, encoding, output, as_level(share)))
        raise typer.Exit(solving.export(asked, file, crs or [], output))


@app.command(
    help=helped(
        "求解公开算例或随机算例；不带参数则重跑全部基准",
        "solve published instances, or the random one; without any, measure all that benchmarks/ tells",
    )
)
def bench(
    files: InstancesArgument = None, form: FormOption = "", maximise: MaximiseOption = False,
    random: RandomOption = None, seed: SeedOption = None, gap: EachGapOption = None, time_limit: EachLimitOption = None,
    engine: EngineOption = None,
    lang: LangOption = None, quiet: QuietOption = False, as_json: JsonOption = False, debug: DebugOption = False,
) -> None:  # fmt: skip
    """Solve; exit code 1 where an instance has no plan or a frontier is not complete."""
    with reporting(lang, quiet, as_json, debug) as output:
        from planner.cli import benching

        wanted = benching.Wanted.of(form, maximise, seed, gap, time_limit, engine and engine.value)
        raise typer.Exit(benching.bench(files or [], random, wanted, output))


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign still shows the rest
    try:
        app()
    except SystemExit as ended:
        if threading.active_count() == 1:
            raise
        # a solver stopped by Ctrl-C may still run, and would bring the interpreter down on its way out
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)

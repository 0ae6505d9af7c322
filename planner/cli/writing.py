"""``planner report``: the workbook of a saved plan, for a meeting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from planner import plan as plans
from planner.changes import changed, changed_asked
from planner.cli import conflicting
from planner.cli.handing import shared_by
from planner.cli.output import Output
from planner.cli.showing import folder_of, inputs_of
from planner.errors import DataError, Fault
from planner.explain import kept
from planner.export import FORMATS, export
from planner.intake.inputs import Inputs
from planner.plan import Plan
from planner.report import Book, Chart, atlas, booklet, save, save_four, save_html, save_pdf, sheets
from planner.report.book import LETTERS
from planner.report.four import FOLDER as FOUR
from planner.report.workbook import FILE
from planner.scenario import Level
from planner.sharing import Sharing, file_name
from planner.words import Lang, Words

WORKBOOK = Words("工作簿", "Workbook")
PAPERS: Mapping[str, tuple[Words, str, Callable[[Book, Chart, Path], Path]]] = {
    "pdf": (Words("汇报册", "Report"), "report.pdf", lambda book, chart, file: save_pdf(booklet(book, chart), file)),
    "html": (Words("网页", "Page"), "report.html", lambda book, chart, file: save_html(booklet(book, chart), file)),
    "sheets": (
        Words("A3 图表", "A3 sheets"),
        "sheets.pdf",
        lambda book, chart, file: save_pdf(sheets(book, chart), file),
    ),
    "atlas": (Words("图集", "Atlas"), "atlas.pdf", lambda book, chart, file: save_pdf(atlas(book, chart), file)),
    "four": (Words("4个1", "4 in 1"), FOUR, lambda book, chart, folder: save_four(book, folder, chart)),
}
"""What can be printed of a plan: what it is called, its file, and what writes it."""
NO_FORMAT = Words("没有说明写成什么格式", "no format is asked for")
TOO_MANY = Words("一次最多比较 {most} 个方案，现有 {count} 个", "at most {most} plans stand side by side, not {count}")


def report(
    path: Path, against: Sequence[Path], papers: Mapping[str, bool], output: Output, share: Level | None = None
) -> int:
    """Write the workbook of a plan into its folder, and the papers asked for, compared with other plans if there are.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, too many plans are compared, or a file cannot be written.
    """
    if len(against) >= len(LETTERS):
        rule = TOO_MANY.fill(most=len(LETTERS), count=len(against) + 1)
        raise DataError(Fault("--against", "", rule, Words("请少给几个 --against", "Give fewer --against")))
    folders = [folder_of(each) or each for each in (path, *against)]
    read = [(folder, plan := plans.load(folder), inputs_of(plan, folder, output)) for folder in folders]
    shared = shared_by(share, [inputs for _, _, inputs in read], output)
    books = [book_of(*each, shared, output.lang) for each in read]
    folder, book = folders[0], replace(books[0], others=tuple(books[1:]))
    asked = [name for name in PAPERS if papers.get(name)]
    target = folder / file_name(FILE, shared.level)
    with _writing(target):
        written = {"workbook": save(book, target)}
    chart = Chart.of(book.scene) if asked else None
    for name in asked:
        _, file, write = PAPERS[name]
        target = folder / file_name(file, shared.level)
        assert chart is not None
        with _writing(target):
            written[name] = write(book, chart, target)
    if output.as_json:
        output.json({name: str(file) for name, file in written.items()})
    called = {"workbook": WORKBOOK, **{name: words for name, (words, _, _) in PAPERS.items()}}
    output.say(*(f"{called[name](output.lang)}  {file}" for name, file in written.items()))
    return 0


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    """Tell as a fault that a file cannot be written."""
    try:
        yield
    except OSError as error:
        rule = Words("无法写入：{error}", "cannot be written: {error}").fill(error=error.strerror)
        remedy = Words("如已在其他程序中打开，请先关闭", "Close it if another program has it open")
        raise DataError(Fault(str(file), "", rule, remedy)) from error


def files(
    path: Path, forms: Sequence[str], out: Path | None, encoding: str, output: Output,
    share: Level | None = None,
) -> int:  # fmt: skip
    """Write a plan as files for others, in each of the formats asked for; tell what a format could not hold.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, no format or an unknown one is asked for, or a file cannot be written.
    """
    if not forms:
        listed = ", ".join(FORMATS)
        remedy = Words(f"给出 --format：{listed}；写模型则给出 .lp 或 .mps 文件",
                       f"Give --format ({listed}), or for a model a file .lp or .mps")  # fmt: skip
        raise DataError(Fault(str(path), "", NO_FORMAT, remedy))
    folder = folder_of(path) or path
    plan = plans.load(folder)
    inputs = inputs_of(plan, folder, output)
    shared = shared_by(share, [inputs], output)
    ground = shared.territory(changed(inputs.territory, inputs.scenario))
    into, given = out or folder / file_name("export", shared.level), shared.plan(plan)
    with _writing(into):
        written = [export(given, ground, into, form, output.lang, encoding) for form in dict.fromkeys(forms)]
    for note in (note for one in written for note in one.notes):
        output.note(note)
    named = [str(file) for one in written for file in one.files]
    if output.as_json:
        output.json({"files": named})
    output.say(*named)
    return 0


def book_of(folder: Path, plan: Plan, inputs: Inputs, shared: Sharing, lang: Lang) -> Book:
    """Return what is told of a saved plan, as far as it may be shared."""
    asked = shared.projects(changed_asked(inputs))
    told = kept.load(folder, kept.mark(folder, inputs.files))
    return Book(
        shared.plan(plan), shared.territory(changed(inputs.territory, inputs.scenario)), lang, asked.projects,
        shared.inside(inputs.files), shared.reasons(told), asked.parts,
        conflict=shared.inside(conflicting.load(folder)) or None,
    )  # fmt: skip

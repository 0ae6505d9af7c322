"""``planner report``: what is handed round of a saved plan, for a meeting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from planner import plan as plans
from planner.changes import changed, changed_asked
from planner.cli.output import Output
from planner.cli.showing import folder_of, inputs_of
from planner.errors import DataError, Fault
from planner.explain import kept
from planner.report import Book, Chart, atlas, booklet, save, save_html, save_pdf, sheets
from planner.report.book import LETTERS
from planner.report.workbook import FILE
from planner.words import Words

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
}
"""What can be printed of a plan: what it is called, its file, and what writes it."""
TOO_MANY = Words("一次最多比较 {most} 个方案，现有 {count} 个", "at most {most} plans stand side by side, not {count}")


def report(path: Path, against: Sequence[Path], papers: Mapping[str, bool], output: Output) -> int:
    """Write the workbook of a plan into its folder, and the papers asked for, compared with other plans if there are.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, too many plans are compared, or a file cannot be written.
    """
    if len(against) >= len(LETTERS):
        rule = TOO_MANY.fill(most=len(LETTERS), count=len(against) + 1)
        raise DataError(Fault("--against", "", rule, Words("请少给几个 --against", "Give fewer --against")))
    folder = folder_of(path) or path
    book = book_of(folder, output, tuple(book_of(folder_of(other) or other, output) for other in against))
    asked = [name for name in PAPERS if papers.get(name)]
    with _writing(folder / FILE):
        written = {"workbook": save(book, folder / FILE)}
    chart = Chart.of(book.scene) if asked else None
    for name in asked:
        _, file, write = PAPERS[name]
        assert chart is not None
        with _writing(folder / file):
            written[name] = write(book, chart, folder / file)
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


def book_of(folder: Path, output: Output, others: tuple[Book, ...] = ()) -> Book:
    """Return what is told of a saved plan, beside others."""
    plan = plans.load(folder)
    inputs = inputs_of(plan, folder, output)
    asked = changed_asked(inputs.projects, inputs.scenario)
    return Book(
        plan, changed(inputs.territory, inputs.scenario), output.lang, asked.projects, inputs.files,
        kept.load(folder, kept.mark(folder, inputs.files)), asked.parts, others,
    )  # fmt: skip

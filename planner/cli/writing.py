"""``planner report``: what is handed round of a saved plan, for a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from planner import plan as plans
from planner.changes import changed, changed_asked
from planner.cli.output import Output
from planner.cli.showing import folder_of, inputs_of
from planner.errors import DataError, Fault
from planner.explain import kept
from planner.report import Book, save
from planner.report.book import LETTERS
from planner.report.workbook import FILE
from planner.words import Words

WORKBOOK = Words("工作簿", "Workbook")
TOO_MANY = Words("一次最多比较 {most} 个方案，现有 {count} 个", "at most {most} plans stand side by side, not {count}")


def report(path: Path, against: Sequence[Path], output: Output) -> int:
    """Write the workbook of a plan into its folder, compared with others where that is asked for.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, or the workbook cannot be written.
    """
    if len(against) >= len(LETTERS):
        rule = TOO_MANY.fill(most=len(LETTERS), count=len(against) + 1)
        raise DataError(Fault("--against", "", rule, Words("请少给几个 --against", "Give fewer --against")))
    folder = folder_of(path) or path
    book = book_of(folder, output, tuple(book_of(folder_of(other) or other, output) for other in against))
    try:
        file = save(book, folder / FILE)
    except OSError as error:
        rule = Words("无法写入：{error}", "cannot be written: {error}").fill(error=error.strerror)
        remedy = Words("如已在表格软件中打开，请先关闭", "Close it if a spreadsheet has it open")
        raise DataError(Fault(str(folder / FILE), "", rule, remedy)) from error
    if output.as_json:
        output.json({"workbook": str(file)})
    output.say(f"{WORKBOOK(output.lang)}  {file}")
    return 0


def book_of(folder: Path, output: Output, others: tuple[Book, ...] = ()) -> Book:
    """Return what is told of a saved plan, beside others."""
    plan = plans.load(folder)
    inputs = inputs_of(plan, folder, output)
    asked = changed_asked(inputs.projects, inputs.scenario)
    return Book(
        plan, changed(inputs.territory, inputs.scenario), output.lang, asked.projects, inputs.files,
        kept.load(folder, kept.mark(folder, inputs.files)), asked.parts, others,
    )  # fmt: skip

"""``planner report``: the workbook of a saved plan, for a meeting."""

from __future__ import annotations

from pathlib import Path

from planner import plan as plans
from planner.changes import changed, changed_asked
from planner.cli.output import Output
from planner.cli.showing import folder_of, inputs_of
from planner.errors import DataError, Fault
from planner.explain import kept
from planner.report import Book, save
from planner.report.workbook import FILE
from planner.words import Words

WORKBOOK = Words("工作簿", "Workbook")


def report(path: Path, against: Path | None, output: Output) -> int:
    """Write the workbook of a plan into its folder, compared with another one where that is asked for.

    Raises
    ------
    DataError
        There is no plan, its inputs are gone, or the workbook cannot be written.
    """
    folder = folder_of(path) or path
    plan = plans.load(folder)
    other = None if against is None else plans.load(folder_of(against) or against)
    inputs = inputs_of(plan, folder, output)
    book = Book(
        plan, changed(inputs.territory, inputs.scenario), output.lang,
        changed_asked(inputs.projects, inputs.scenario).projects, inputs.files,
        kept.load(folder, kept.mark(folder, inputs.files)), other,
    )  # fmt: skip
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

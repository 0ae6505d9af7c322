"""What is handed round at a meeting: the workbook of a plan, and what is printed of it."""

from planner.report.atlas import atlas
from planner.report.book import Book
from planner.report.booklet import booklet
from planner.report.drawing import Chart
from planner.report.four import save_four
from planner.report.press import save_pdf
from planner.report.sheets import sheets
from planner.report.web import save_html
from planner.report.workbook import save

__all__ = ["Book", "Chart", "atlas", "booklet", "save", "save_four", "save_html", "save_pdf", "sheets"]

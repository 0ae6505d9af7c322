"""What is handed round at a meeting: the workbook of a plan. The only writer of workbooks."""

from planner.report.book import Book
from planner.report.workbook import save

__all__ = ["Book", "save"]

"""Prints paper as PDF, by Typst: fonts embedded, text that can be searched, the same paper to the same bytes.

The only importer of typst. A sign that the fonts of paper lack is taken from a font of the system, if one has it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import typst

from planner.intake.writing import written
from planner.report.fonts import FOLDER
from planner.report.paper import Paper, as_json


def save_pdf(paper: Paper, path: Path | str) -> Path:
    """Write paper as PDF, whole or not at all.

    Parameters
    ----------
    paper : Paper
    path : Path or str

    Returns
    -------
    Path
        The file written.
    """
    path = Path(path)
    template = files("planner.report").joinpath("templates", "press.typ").read_bytes()
    told = {"paper": as_json(paper).decode()}
    return written(typst.compile(template, font_paths=_fonts(), sys_inputs=told, format="pdf"), path)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(font_paths=[str(FOLDER)])

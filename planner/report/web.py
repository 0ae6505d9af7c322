"""Prints paper as one page of HTML: no script, no request to any host, every text escaped."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from planner.intake.writing import written
from planner.report.paper import Beside, Block, Heading, Paper, plain


def save_html(paper: Paper, path: Path | str) -> Path:
    """Write paper as a page, whole or not at all.

    Parameters
    ----------
    paper : Paper
    path : Path or str

    Returns
    -------
    Path
        The file written.
    """
    return written(page(paper).encode("utf-8", "replace"), Path(path))


def page(paper: Paper) -> str:
    """Return paper as a page."""
    folder = files("planner.report").joinpath("templates")
    environment = Environment(autoescape=True, trim_blocks=False)
    template = environment.from_string(folder.joinpath("page.html").read_text(encoding="utf-8"))
    headings = [block for section in paper.sections for block in _headings(section.blocks)]
    ids = {block.text: f"h{k}" for k, block in reversed(list(enumerate(headings)))}
    listed = [(block.text, ids[block.text]) for block in headings if block.level < 3]
    style = Markup(folder.joinpath("page.css").read_text(encoding="utf-8"))
    return template.render(paper=plain(paper), style=style, headings=listed, ids=ids, drawn=Markup)


def _headings(blocks: tuple[Block, ...]) -> Iterator[Heading]:
    """Yield the headings among blocks, also those side by side."""
    for block in blocks:
        if isinstance(block, Heading):
            yield block
        elif isinstance(block, Beside):
            for column in block.columns:
                yield from _headings(column)

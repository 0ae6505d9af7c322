"""Prints paper as one page of HTML: no script, no request to any host, every text escaped, its fonts inside it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from planner.intake.writing import written
from planner.report.fonts import faces
from planner.report.paper import Beside, Block, Heading, Paper, Text, plain


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
    headings = [block for section in paper.sections for block in every(section.blocks) if isinstance(block, Heading)]
    ids = {block.text: f"h{k}" for k, block in reversed(list(enumerate(headings)))}
    listed = [(block.text, ids[block.text]) for block in headings if block.level < 3]
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    told = {"paper": plain(paper), "headings": listed, "ids": ids, "drawn": Markup}
    shown = set(html.unescape(template.render(style="", **told)))
    body = {sign for section in paper.sections for block in every(section.blocks) if isinstance(block, Text)
            for sign in block.text if block.look == "body"}  # fmt: skip
    fonts = faces({"Noto Sans SC": signs(shown), "Noto Serif SC": signs(body)})
    return template.render(style=Markup(fonts + style), **told)


def signs(shown: set[str]) -> str:
    """Return the signs of a page that its font has to have, in one order."""
    return "".join(sorted(sign for sign in shown if sign.isprintable()))


def every(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield all blocks, also those side by side."""
    for block in blocks:
        yield block
        if isinstance(block, Beside):
            for column in block.columns:
                yield from every(column)

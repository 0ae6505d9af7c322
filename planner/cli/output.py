"""Where a command speaks: results on standard output, progress and errors on standard error, in one language.

Text from files is data: it is printed as it is, never as markup, and signs that steer a terminal are shown as "·".
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from planner.errors import Fault
from planner.words import Lang, Words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
"""Columns where output is not a terminal; a wider terminal is used up to `WIDEST`."""
WIDEST = 120
PIECE = re.compile(r"(?:[^\s\u2e80-\uffff]+|[\u2e80-\uffff]|\s)[，。；：、）”]*\s*")
"""What a line is not broken inside: a Latin word, a Chinese sign, with the closing signs and spaces that follow."""
LINES = "    \n    \n ── \n    \n ── \n    \n    \n    \n"
"""A line under the header and above a total, none else (rich's notation of a box)."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a command prints, and in which language.

    Attributes
    ----------
    lang : {'zh', 'en'}
    quiet : bool
        Errors only.
    as_json : bool
        Standard output carries one JSON value and nothing else.
    """

    lang: Lang
    quiet: bool = False
    as_json: bool = False

    @property
    def speaks(self) -> bool:
        """Whether tables and sentences are wanted on standard output."""
        return not self.quiet and not self.as_json

    def say(self, *lines: str | Words | Table, indent: int = 0) -> None:
        """Print lines and tables on standard output, unless quiet or JSON is asked for.

        A line that is too long goes on in the next, `indent` columns in.
        """
        if self.speaks:
            console = console_on(sys.stdout)
            for line in lines:
                text = wrapped(self.text(line), console.width, indent) if isinstance(line, str | Words) else line
                console.print(text, soft_wrap=isinstance(text, str))

    def note(self, line: str | Words) -> None:
        """Print a line on standard error, unless quiet."""
        if not self.quiet:
            self.error(line)

    def error(self, line: str | Words) -> None:
        """Print a line on standard error."""
        print(self.text(line), file=sys.stderr, flush=True)

    def faults(self, faults: Iterable[Fault]) -> None:
        """Print one paragraph for each fault on standard error."""
        for fault in faults:
            self.error(fault.words(self.lang))

    def json(self, value: object, indent: int = 1) -> None:
        """Print a value as JSON on standard output."""
        print(json.dumps(value, ensure_ascii=False, indent=indent, default=plain_value, allow_nan=False))

    def text(self, line: str | Words) -> str:
        """Return a line in the language, harmless to a terminal."""
        return harmless(line if isinstance(line, str) else line(self.lang))


def harmless(text: str) -> str:
    r"""Return a text without signs that steer a terminal or turn its writing round.

    Examples
    --------
    >>> harmless("a\x1b[31mb\u202ec\n新桥东")
    'a·[31mb·c\n新桥东'
    """
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "·" for sign in text)


def wrapped(text: str, width: int, indent: int = 0) -> str:
    r"""Return a text broken into lines: Latin words whole, Chinese between any two signs, none led by a closing sign.

    Parameters
    ----------
    text : str
    width : int
        Columns; a Chinese sign takes two.
    indent : int
        Columns by which every line but the first is moved in.

    Examples
    --------
    >>> wrapped("一二三，four five", 8)
    '一二三，\nfour\nfive'
    >>> wrapped("", 8)
    ''
    """
    from rich.cells import cell_len  # noqa: PLC0415 - not for --help

    lines: list[str] = []
    line = ""
    for piece in PIECE.findall(text):
        room = width - (indent if lines else 0)
        if line and cell_len(line) + cell_len(piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return ("\n" + " " * indent).join([*lines, line.rstrip()])


def plain_value(value: object) -> Any:
    """Return a value of numpy's or of ours as one JSON knows."""
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not for JSON")


def console_on(stream: TextIO) -> Console:
    """Return a rich console that prints text as it is."""
    from rich.console import Console  # noqa: PLC0415 - not for --help

    terminal = stream.isatty()
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    console.width = min(console.width, WIDEST) if terminal else WIDTH
    return console


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = (), *, total: bool = False
) -> Table:
    """Return a table of texts; columns in `right` are figures, and the last row may be a total.

    Parameters
    ----------
    headers : sequence of str
    rows : iterable of sequence of str
    right : iterable of int
        Columns of figures, aligned right and never wrapped.
    total : bool
        Part the last row off.
    """
    from rich.box import Box  # noqa: PLC0415 - not for --help
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    figures = set(right)
    made = Table(box=Box(LINES), pad_edge=False, show_edge=False, header_style="bold")
    for k, header in enumerate(headers):
        made.add_column(
            Text(harmless(header)), justify="right" if k in figures else "left", no_wrap=k in figures, overflow="fold"
        )
    every = [[Text(harmless(cell)) for cell in row] for row in rows]
    for k, row in enumerate(every):
        made.add_row(*row, end_section=total and k == len(every) - 2)
    return made


class Told(logging.Handler):
    """Passes on what a long step says of itself, as a note."""

    def __init__(self, output: Output) -> None:
        super().__init__(logging.INFO)
        self.output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        self.output.note(record.msg if isinstance(record.msg, Words) else record.getMessage())

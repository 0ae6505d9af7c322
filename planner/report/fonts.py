"""The fonts of paper: Noto Sans SC and Noto Serif SC, out of a package, and of each as much as a page needs.

A page carries the signs it shows, so that a machine without a Chinese font shows it as any other does. A sign that the
fonts lack is taken from the system.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pylopdf_fonts_zh_cn
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FOLDER = Path(pylopdf_fonts_zh_cn.__file__).parent
FILES: Mapping[str, str] = {"Noto Sans SC": "NotoSansSC-Regular.otf", "Noto Serif SC": "NotoSerifSC-Regular.otf"}
"""By the names that styles know them by."""
FEATURES = ("kern", "tnum")
"""What a page asks of them: pairs of Latin letters, figures of one width."""


def part_of(name: str, text: str) -> bytes:
    """Return as much of a font as a text takes, as WOFF: the same text gives the same bytes.

    Parameters
    ----------
    name : str
        A key of `FILES`.
    text : str
        Signs that the font lacks are passed over.
    """
    options = Options()
    options.flavor = "woff"
    options.layout_features = list(FEATURES)
    options.hinting = False
    options.desubroutinize = True
    with TTFont(FOLDER / FILES[name], lazy=True, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        font.flavor = options.flavor
        written = BytesIO()
        font.save(written)
    return written.getvalue()


def faces(texts: Mapping[str, str]) -> str:
    """Return a style sheet that holds, of each font named, as much as its text takes; nothing of one without text.

    Examples
    --------
    >>> faces({"Noto Serif SC": ""})
    ''
    """
    return "".join(
        f'@font-face {{ font-family: "{name}"; src: url(data:font/woff;base64,'
        f'{base64.b64encode(part_of(name, text)).decode("ascii")}) format("woff"); }}\n'
        for name, text in texts.items()
        if text
    )

"""Bytes become text: the encoding declared, or the one the bytes show; never mojibake without a word.

Chinese offices hold UTF-8 with and without mark, UTF-16 from Excel's "Unicode text", and GBK, which GB18030 contains.
It knows bytes, not tables.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass

from planner.errors import DataError, Fault
from planner.words import Words

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
NO_TEXT = Words("文字含有已损坏的字符（按 {encoding} 读取）", "texts hold damaged characters (read as {encoding})")
CORRECT_TEXT = Words("请更正文字，或声明 encoding", "Correct the texts, or declare encoding:")
_LATIN = range(0x80, 0x100)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
LINES = 1000
"""Lines by which an encoding is judged."""
MOSTLY = 0.75
"""Share of lines that are UTF-8 above which the others are damaged, though GB18030 could read them."""
_DOS_END = "\x1a"
"""How texts of DOS end."""


def encoding_of(data: bytes) -> str | None:
    r"""Return the encoding that bytes show: by mark, else UTF-8 if they can be, else GB18030; None for neither.

    Examples
    --------
    >>> encoding_of("园区".encode("gbk")), encoding_of("园区".encode()), encoding_of("a".encode("utf-16"))
    ('gb18030', 'utf-8', 'utf-16')
    >>> encoding_of(b"\x80\xff"), encoding_of(b"")
    (None, 'utf-8')
    """
    for mark, name in MARKS:
        if data.startswith(mark):
            return name if _strict(data, name) is not None else None
    even, odd = data[0:1000:2].count(0), data[1:1000:2].count(0)
    if bool(even) != bool(odd) and max(even, odd) > len(data[:1000]) / 20:
        order = "utf-16-le" if odd else "utf-16-be"
        return order if _strict(data, order) is not None else None
    utf8 = _strict(data, "utf-8")
    if utf8 is None:
        return "gb18030" if _strict(data, "gb18030") is not None and _utf8_share(data) < MOSTLY else None
    # a few short GBK words are UTF-8 as well, but then of Greek, Cyrillic or Arabic letters only
    other = {character for character in set(utf8) if ord(character) > 0x7F}
    if other and max(map(ord, other)) < 0x800 and not all(ord(one) in _LATIN for one in other):
        return "gb18030" if _strict(data, "gb18030") is not None else "utf-8"
    return "utf-8"


@dataclass(frozen=True)
class Text:
    """What bytes say.

    Attributes
    ----------
    text : str
        Without mark; bytes that mean nothing are U+FFFD.
    encoding : str
    lines : tuple of int
        Lines, from 1, with something that is no text: such bytes, or control characters such as a disk leaves.
    """

    text: str
    encoding: str
    lines: tuple[int, ...] = ()


def decoded(data: bytes, where: str, declared: str | None) -> Text:
    """Return bytes as text; a few lines that are none do not lose the others.

    Parameters
    ----------
    data : bytes
    where : str
        What the file is called in faults.
    declared : str or None
        Its encoding, where somebody said so.

    Raises
    ------
    DataError
        Not text, or not text of the encoding declared.
    """
    shown = encoding_of(data)
    if declared is None:
        found = _text_of(data, shown or _nearest(data))
        if found.lines and 2 * len(found.lines) > _filled(found.text):
            tried = "UTF-8, UTF-16, GB18030"
            rule = Words(f"不是可读的文本（尝试过 {tried}）", f"is not readable as text (tried {tried})")
            first = found.lines[0]
            remedy = Words(f"请另存为 UTF-8 CSV，或声明 encoding；第 {first} 行不可读",
                           f"Save it as UTF-8 CSV, or declare its encoding: Line {first} is the first that is not.")
            raise DataError(Fault(where, "", rule, remedy))  # fmt: skip
        return found
    wrong = contradicts(data, declared) or (shown is not None and _strict(data, declared) is None)
    told = None if wrong else _text_of(data, declared)
    if told is None or (told.lines and 2 * len(told.lines) > _filled(told.text)):
        seen = shown or "?"
        rule = Words(f"声明为 {declared}，但文本看似 {seen}", f"is declared {declared}, but its bytes look like {seen}")
        remedy = Words(f"请改为 encoding: {seen}，或删去", f"Correct it to encoding: {seen}, or remove it")
        if shown is None or not wrong:
            rule = Words(f"不是可读的 {declared} 文本", f"is not readable as text (tried {declared})")
            remedy = Words("请另存为 UTF-8 CSV，并更正 encoding", "Save it as UTF-8 CSV, and correct encoding:")
        raise DataError(Fault(where, "", rule, remedy))
    return told


def is_damaged(text: str) -> bool:
    r"""Tell whether a text holds a character that no one writes: U+FFFD, or a control character.

    Examples
    --------
    >>> is_damaged("燕\ufffd"), is_damaged("a\x00"), is_damaged("a\tb"), is_damaged("")
    (True, True, False, False)
    """
    return _NO_TEXT.search(text) is not None


def contradicts(data: bytes, declared: str) -> bool:
    """Tell whether bytes are text of another encoding than the declared one: UTF-8 said to be GBK, or the reverse.

    Examples
    --------
    >>> contradicts("工业园区".encode(), "gbk"), contradicts("工业园区".encode("gbk"), "gbk"), contradicts(b"a", "gbk")
    (True, False, False)
    """
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        return True
    shown = encoding_of(data)
    if data.isascii() or shown is None or not shown.startswith("utf"):
        return False  # GB18030 and the single-byte encodings hold nearly any bytes: they speak against nothing
    return shown[:5] != name[:5]


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf8_share(data: bytes) -> float:
    """Return the share of lines, of those not ASCII, that are UTF-8: GB18030 holds nearly any bytes, UTF-8 few."""
    lines = [line for line in data.split(b"\n") if not line.isascii()][:LINES]
    return sum(_strict(line, "utf-8") is not None for line in lines) / max(len(lines), 1)


def _text_of(data: bytes, encoding: str) -> Text:
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff").removesuffix(_DOS_END)
    if not is_damaged(text):
        return Text(text, encoding)
    lines = enumerate(io.StringIO(text, newline=None), 1)
    return Text(text, encoding, tuple(k for k, line in lines if is_damaged(line)))


def _filled(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _nearest(data: bytes) -> str:
    """Return the encoding of bytes that are not whole in any: by mark, else UTF-8 where most lines are."""
    marked = next((name for mark, name in MARKS if data.startswith(mark)), None)
    return marked or ("utf-8" if _utf8_share(data) >= 0.5 else "gb18030")

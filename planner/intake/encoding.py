"""Bytes become text: the encoding declared, or the one the bytes show; never mojibake without a word.

Chinese offices hold UTF-8 with and without mark, UTF-16 from Excel's "Unicode text", and GBK, which GB18030 contains.
It knows bytes, not tables.
"""

from __future__ import annotations

import codecs

from planner.errors import DataError, Fault
from planner.words import Words

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LATIN = range(0x80, 0x100)


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
            return name if _text(data, name) is not None else None
    even, odd = data[0:1000:2].count(0), data[1:1000:2].count(0)
    if bool(even) != bool(odd) and max(even, odd) > len(data[:1000]) / 20:
        order = "utf-16-le" if odd else "utf-16-be"
        return order if _text(data, order) is not None else None
    utf8 = _text(data, "utf-8")
    if utf8 is None:
        return "gb18030" if _text(data, "gb18030") is not None else None
    # a few short GBK words are UTF-8 as well, but then of Greek, Cyrillic or Arabic letters only
    other = {character for character in set(utf8) if ord(character) > 0x7F}
    if other and max(map(ord, other)) < 0x800 and not all(ord(one) in _LATIN for one in other):
        return "gb18030" if _text(data, "gb18030") is not None else "utf-8"
    return "utf-8"


def decoded(data: bytes, where: str, declared: str | None) -> str:
    """Return bytes as text.

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
        if shown is None:
            tried = "UTF-8, UTF-16, GB18030"
            rule = Words(f"不是可读的文本（尝试过 {tried}）", f"is not readable as text (tried {tried})")
            line = _first_bad_line(data)
            zh = f"请另存为 UTF-8 CSV，或声明 encoding{line.zh}"
            remedy = Words(zh, f"Save it as UTF-8 CSV, or declare its encoding:{line.en}")
            raise DataError(Fault(where, "", rule, remedy))
        return data.decode(shown).removeprefix("\ufeff")
    text = _text(data, declared)
    if text is None or contradicts(data, declared):
        seen = shown or "?"
        rule = Words(f"声明为 {declared}，但文本看似 {seen}", f"is declared {declared}, but its bytes look like {seen}")
        remedy = Words(f"请改为 encoding: {seen}，或删去", f"Correct it to encoding: {seen}, or remove it")
        if shown is None:
            rule = Words(f"不是可读的 {declared} 文本", f"is not readable as text (tried {declared})")
            remedy = Words("请另存为 UTF-8 CSV，并更正 encoding", "Save it as UTF-8 CSV, and correct encoding:")
        raise DataError(Fault(where, "", rule, remedy))
    return text.removeprefix("\ufeff")


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


def _text(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _first_bad_line(data: bytes) -> Words:
    """Return which line is neither UTF-8 nor GB18030, for the remedy."""
    for number, line in enumerate(data.splitlines(), 1):
        if _text(line, "utf-8") is None and _text(line, "gb18030") is None:
            return Words(f"；第 {number} 行不可读", f" Line {number} is the first that is not.")
    return Words("", "")

"""Chinese numerals, by themselves and mixed with digits: 三十五, 两万五千, 3亿5千万, 二〇二六.

What is said of two numbers (两三), or leaves its last unit out (三万五), is none. It knows no units of measure.
"""

from __future__ import annotations

import re
from fractions import Fraction

_ROWS = ("零一二三四五六七八九", "〇壹贰叁肆伍陆柒捌玖")
DIGITS = {digit: value for row in _ROWS for value, digit in enumerate(row)} | {"两": 2}
STEPS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
NUMERALS = "".join((*DIGITS, *STEPS, *MYRIADS))
"""Every numeral read, for patterns."""
LARGE = frozenset({"千", "仟", *MYRIADS})
"""Numerals that people also write before a unit: 3千瓦, 5万元."""

_DECIMAL = re.compile(f"([{''.join(DIGITS)}])点([{''.join(DIGITS)}]+)")
_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[^0-9]")


def numeral(text: str) -> Fraction | None:
    """Return the number that Chinese numerals, or such mixed with digits, say; None where they say none or two.

    Examples
    --------
    >>> [int(numeral(said)) for said in ("三十五", "两万五千", "一百零五", "3亿5千万", "二〇二六")]
    [35, 25000, 105, 350000000, 2026]
    >>> numeral("三点五万") == 35000, numeral("三万五"), numeral("两三"), numeral("")
    (True, None, None, None)
    """
    text = _DECIMAL.sub(lambda match: f"{_in_digits(match[1])}.{_in_digits(match[2])}", text)
    if len(text) >= 3 and set(text) <= set(DIGITS):
        return Fraction(_in_digits(text))
    total, section, number = Fraction(0), Fraction(0), None
    step = myriad = 10**12
    spelled_zero, found = False, False
    for token in _TOKEN.findall(text.replace(" ", "|")):
        if token == "|":
            continue
        found = True
        if token in STEPS:
            if STEPS[token] >= step or (number is None and (section or STEPS[token] != 10)) or (number or 0) >= 10:
                return None
            step = STEPS[token]
            section += (1 if number is None else number) * step
            number, spelled_zero = None, False
        elif token in MYRIADS:
            section += number or 0
            if MYRIADS[token] >= myriad or not section:
                return None
            myriad = MYRIADS[token]
            total += section * myriad
            step, section, number, spelled_zero = 10**12, Fraction(0), None, False
        elif token not in DIGITS and not token[0].isdecimal():
            return None
        elif number is None or (number == 0 and spelled_zero and token in DIGITS):
            spelled_zero = spelled_zero or token in "零〇"
            number = Fraction(DIGITS[token]) if token in DIGITS else Fraction(token)
        else:
            return None
    if number and (section or total):
        # what follows a unit at once is one of the next unit to some, a plain one to others: 三万五
        least = min(step, myriad)
        if not (spelled_zero or least == 10 or (least > number >= least / 10 and number >= 10)):
            return None
    return total + section + (number or 0) if found else None


def _in_digits(text: str) -> str:
    return "".join(str(DIGITS.get(one, one)) for one in text)

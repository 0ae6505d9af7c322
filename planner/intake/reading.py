"""A figure as ledgers say it (约 3 亩, 2.5-3.0 ha, 不少于 10 亩, 20余亩, 2026年6月): what it may be, least and most.

A `Reading` is what a text says; `taken` is what a column takes of it, by the column's sense. Numbers and units
themselves are `quantities`'. What is neither a figure nor hedged in a way known here raises; nothing is guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from planner.columns import Sense
from planner.numerals import LARGE, NUMERALS
from planner.quantities import LONGEST, WIDE, UnreadableError, measure_of, quantity, shown
from planner.words import Words

NOT_GIVEN = frozenset(
    "- -- --- — —— – ― / // \\ … …… 无 暂无 未知 不详 不明 待定 未定 待补 待补充 待核 待核实 待确认 待明确 待落实 空 "  # noqa: SIM905 -- words
    "空白 未提供 未填 未填写 n/a na nil none null nan tbd unknown ? ？".split()
)
"""What people write, in lower case, into a cell they have nothing for."""
POWER_FACTOR = 0.9
"""Least power factor of a large user (供电营业规则: 0.90 from 100 kVA on): 1 kW is 1 to 1/0.9 kVA of apparent power."""

_OWN_LETTERS = re.compile(r"[\u2e80-\ufeff\uff5f-\uffdc]")
_BEFORE = {
    "about": "大约 约为 约 大概 大致 接近 将近 近 预计 预估 估计 暂定 暂按 拟 ≈ ~ "
    "about approx. approx approximately ca. circa",
    "least": "≥ >= ⩾ > 大于等于 大于或等于 不少于 不低于 不小于 至少 最少 最低 最小 下限 大于 超过 高于 多于 "
    "at_least more_than over min. min",
    "most": "≤ <= ⩽ < 小于等于 小于或等于 不超过 不大于 不高于 不多于 至多 最多 最高 最大 上限 小于 低于 少于 "
    "不足 不到 at_most less_than up_to under max. max",
}
_AFTER = {
    "about": "左右 上下 前后 (约) (暂定) (预计) (预估) (估) (暂)",
    "least": "及以上 或以上 以上 之上 起 以后 之后 +",
    "most": "及以下 或以下 以下 之下 以内 之内 以前 之前 年前 月前 底前",
}
_KEPT = ("年", "月", "底")
"""Of 年前 and its like only the 前 is a hedge."""


def _hedges(words: dict[str, str], *, before: bool) -> re.Pattern[str]:
    """Return the pattern of hedges at one end of a text, a group a kind, the longest first."""
    kinds = []
    for kind, said in words.items():
        ordered = sorted((word.replace("_", " ") for word in said.split()), key=len, reverse=True)
        kinds.append(f"(?P<{kind}>{'|'.join(map(re.escape, ordered))})")
    either = "|".join(kinds)
    return re.compile(f"(?:{either})" if before else f"(?:{either})$", re.IGNORECASE)


_LEFT, _RIGHT = _hedges(_BEFORE, before=True), _hedges(_AFTER, before=False)
_SOME_MORE = re.compile(f"(?<=[0-9{NUMERALS}])\\s*[余多几](?!\\d)")
_BETWEEN = re.compile(r"\s*(?:--|[-–—~〜至到])\s*")
_UNIT_AFTER = tuple(re.compile(f".*[0-9{numerals}]", re.DOTALL) for numerals in ("零〇一二三四五六七八九", NUMERALS))
"""What stands before the unit of a figure: 3-5万元 is 3万元 to 5万元, 二十-三十亩 is 二十亩 to 三十亩."""
_ENDS_BARE = re.compile(f"[0-9.{NUMERALS}]$")
_DATE = re.compile(
    r"(?P<year>(?:19|20)\d\d) \s* (?: [-/.年]\s*(?:0?[1-9]|1[0-2]) (?: \s*[-/.月]\s*(?:[12]\d|3[01]|0?[1-9])\s*日? "
    r"(?:[ T]\d\d:\d\d(?::\d\d)?)? | \s*月 [初中底末]? )? | "
    r"年? \s* (?: 年?[初中底末] | [上下]半年 | [1-4一二三四]季度 | q[1-4] ) )",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says of a figure.

    Attributes
    ----------
    least, most : float
        Bounds of what it may be, in the unit asked for; −inf and inf where it does not say. Equal where it is exact.
    about : bool
        Whether the text says that they are approximate.
    """

    least: float
    most: float
    about: bool = False


def reading(text: str, unit: str, given: str = "") -> Reading:
    """Return what a text says of a figure.

    Parameters
    ----------
    text : str
    unit : str
        The unit wanted, as in `quantities.quantity`.
    given : str
        The unit of numbers that carry none (from the column's head); that asked for by default.

    Raises
    ------
    UnreadableError
        No figure, an unknown unit, a range that runs backwards, or hedges that contradict.

    Examples
    --------
    >>> reading("约 3 亩", "m2"), reading("2.5-3.0", "m2", "公顷")
    (Reading(least=2000.0, most=2000.0, about=True), Reading(least=25000.0, most=30000.0, about=False))
    >>> reading("不少于20亿元", "yi"), reading("3万人以内", "count")
    (Reading(least=20.0, most=inf, about=False), Reading(least=-inf, most=30000.0, about=False))
    >>> reading("10余亩", "m2").about, reading("2028年底前", "year").most
    (True, 2028.0)
    >>> reading("", "m")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    UnreadableError: found '', which has no number; allowed: a length. Write for example 30 m
    """
    try:
        return _exact(text, unit, given)
    except UnreadableError as error:
        found = _hedged(text.translate(WIDE).strip(), unit, given) if len(text) <= LONGEST else None
        if found is None:
            raise error from None
        return found


def half_width(text: str, *, key: bool) -> str:
    """Return a code (Ｐ－００１) in half-width forms; a name with Chinese in it stays as written, except in a key.

    Examples
    --------
    >>> half_width("Ｐ－００１", key=False), half_width("Ｂ１栋", key=True), half_width("ＡＢＣ公司", key=False)
    ('P-001', 'B1栋', 'ＡＢＣ公司')
    """
    return text.translate(WIDE).strip() if key or not _OWN_LETTERS.search(text) else text


def taken(said: Reading, sense: Sense) -> float:
    """Return the end of a reading that is safe for a column; NaN where the text leaves that end open.

    A need and a cost take the most, an offer and a cap the least: then a plan holds whichever it turns out to be. Needs
    and offers are figures of "at least", so that ≥ leaves nothing open in them; caps and costs of "at most", likewise.

    Examples
    --------
    >>> taken(Reading(25000, 30000), "need"), taken(Reading(25000, 30000), "offer")
    (30000, 25000)
    >>> taken(Reading(20, math.inf), "need"), taken(Reading(-math.inf, 3), "cap"), taken(Reading(-math.inf, 5), "offer")
    (20, 3, nan)
    """
    safe = said.most if sense in ("need", "cost") else said.least
    own = said.least if sense in ("need", "offer") else said.most
    return safe if math.isfinite(safe) else own if math.isfinite(own) else math.nan


def is_doubtful(said: Reading, sense: Sense) -> bool:
    """Tell whether a column's value had to be chosen: approximate, a range, or bounded on the other side."""
    own = said.least if sense in ("need", "offer") else said.most
    one_sided = not (math.isfinite(said.least) and math.isfinite(said.most))
    return said.about or (not math.isfinite(own) if one_sided else said.least != said.most)


def _exact(text: str, unit: str, given: str) -> Reading:
    """Return a figure without hedges; an active power as the apparent powers it may be."""
    bare = text.translate(WIDE).strip()
    if given and _ENDS_BARE.search(bare):
        if bare[-1] in LARGE and given[0] in LARGE:
            en = f"found {shown(text)} in a column of {given}"
            rule = Words(f"值为 {shown(text)}，量级可能与列的单位“{given}”重复", en)
            raise UnreadableError(rule, Words("请写完整单位", "Write it with its whole unit"))
        text = f"{text} {given}"
    try:
        value = quantity(text, unit)
    except UnreadableError as error:
        if measure_of(unit) is not measure_of("kva"):
            raise
        try:
            value = quantity(text, "kw") / quantity(f"1 {unit}", "kva")
        except UnreadableError:
            raise error from None
        return Reading(value, value / POWER_FACTOR)
    return Reading(value, value)


def _hedged(text: str, unit: str, given: str) -> Reading | None:
    """Return what a hedged text says; None where its hedges contradict. Without a figure it raises."""
    kinds: list[str] = []
    while match := _LEFT.match(text):
        kinds.append(match.lastgroup or "")
        text = text[match.end() :].lstrip(" :为")
    while match := _RIGHT.search(text):
        kept = match[0][:1] if match[0][:1] in _KEPT else ""
        kinds.append(match.lastgroup or "")
        text = (text[: match.start()] + kept).rstrip()
    if some_more := _SOME_MORE.search(text):
        kinds += ["about", "least"]
        text = text[: some_more.start()] + text[some_more.end() :]
    if {"least", "most"} <= set(kinds):
        return None
    found = _between(text, unit, given)
    about = "about" in kinds
    if "least" in kinds:
        return Reading(found.least, math.inf, about)
    return Reading(-math.inf if "most" in kinds else found.least, found.most, about)


def _between(text: str, unit: str, given: str) -> Reading:
    """Return a figure, a date as its year, or a range from one figure to a larger one; raises for anything else."""
    if unit == "year" and (date := _DATE.fullmatch(text)):
        return Reading(float(date["year"]), float(date["year"]))
    if (alone := _or_none(text, unit, given)) is not None:
        return alone
    for between in _BETWEEN.finditer(text, 1):
        low, high = text[: between.start()], text[between.end() :]
        last = _or_none(high, unit, given)
        if last is None or re.match(r"0\d", low):  # 02-11 is a plot
            continue
        firsts = [low + before.sub("", high, count=1) for before in _UNIT_AFTER] if _ENDS_BARE.search(low) else [low]
        for said in firsts:
            if (first := _or_none(said, unit, given)) is not None and first.least <= last.most:
                return Reading(first.least, last.most)
    return _exact(text, unit, given)


def _or_none(text: str, unit: str, given: str) -> Reading | None:
    try:
        return _exact(text, unit, given)
    except UnreadableError:
        return None

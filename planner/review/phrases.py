"""Edits in a line of words, as the history and the page tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.review.edits import Where
from planner.review.records import ROLES
from planner.telling import goal_words, rule_words
from planner.words import Words

WORDS: Mapping[str, Words] = {
    "lock": Words("{who} 定在 {place}", "{who} at {place}"),
    "ban": Words("{who} 不得在 {place}", "{who} not at {place}"),
    "place": Words("{who} 必须落位", "{who} must be placed"),
    "leave_out": Words("{who} 不落位", "{who} left out"),
    "free": Words("解除 {who} 的锁定与排除", "{who} is free again"),
    "sign": Words("签认 {who}：{place}", "{who} signed off: {place}"),
    "withdraw": Words("撤出供应：{place}", "off the offer: {place}"),
    "reserve": Words("为{who}预留 {place}", "{place} kept for {who}"),
    "capacity": Words("{rule}：{place} {year} 年起 {value}", "{rule}: {place} {value} from {year}"),
    "set": Words("{who}：{value}", "{who}: {value}"),
    "weight": Words("目标“{rule}”权重 {value}", "weight of {rule}: {value}"),
    "rule": Words("约束“{rule}”：{value}", "rule {rule}: {value}"),
    "restrict": Words("划定限制区：{who}", "an area drawn: {who}"),
    "add_project": Words("新增项目 {who}", "project {who} added"),
    "add_parcel": Words("新增地块 {who}", "parcel {who} drawn"),
    "keys": Words("情景：{value}", "scenario: {value}"),
}
LARGEST = Words("最大连片地块", "the largest block")
LEFT_OUT = Words("不落位", "left out")
WHO = ("who", "project", "id", "tier", "restriction")
"""Under one of which an edit says whom it is about."""
VALUE = ("value", "weight", "columns", "said")
"""Under one of which it says what to."""


def words_of(asked: Mapping[str, Any], diff: Mapping[str, Any]) -> Words:
    """Return an edit as it was asked in a line.

    Examples
    --------
    >>> words_of({"kind": "ban", "who": "P-004", "place": {"park": "YL"}}, {}).en
    'P-004 not at YL'
    >>> words_of({"kind": "weight", "goal": "tier", "weight": 8.0}, {}).zh
    '目标“项目级别”权重 8'
    """
    who, value = (next((asked[key] for key in keys if key in asked), "") for keys in (WHO, VALUE))
    goal = asked.get("goal")
    rule = rule_words(str(asked.get("rule") or asked.get("of") or "")) if goal is None else goal_words(str(goal))
    facts = {"who": str(who), "place": _place(asked, diff), "rule": rule, "value": _value(value)}
    return WORDS[str(asked["kind"])].fill(**facts, year=asked.get("year", ""))


def event_words(what: str, detail: Mapping[str, Any]) -> Words:
    """Return what was done to a variant, or to who is let in, in a line.

    Examples
    --------
    >>> event_words("renamed", {"name": "B", "was": "A"}).en
    'A → B'
    >>> event_words("commented", {"subject": "P-003", "text": "too near"}).en
    'P-003: too near'
    """
    if "asked" in detail:
        return words_of(detail["asked"], detail.get("diff", {}))
    name, subject = str(detail.get("name", "")), str(detail.get("subject", ""))
    match what:
        case "renamed":
            line = f"{detail.get('was', '')} → {name}"
        case "commented":
            line = ": ".join(one for one in (subject, shortened(str(detail.get("text", "")))) if one)
        case "user":
            return Words(f"{name}：{ROLES[detail['role']].zh}", f"{name}: {ROLES[detail['role']].en}")
        case _:
            line = name
    return Words(line, line)


def shortened(text: str, most: int = 120) -> str:
    """Return a text in a line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _place(asked: Mapping[str, Any], diff: Mapping[str, Any]) -> Words | str:
    """Return which place an edit is about, in a word or two."""
    if isinstance(given := asked.get("place"), Mapping):
        return Where.model_validate(given).text
    if asked["kind"] == "sign":
        stands = [name for place in diff.get("locks", {}).values() for names in place.values() for name in names]
        return ", ".join(map(str, stands)) or LEFT_OUT
    named = ", ".join(map(str, asked.get("places") or asked.get("parcels") or ())) or str(asked.get("park") or "")
    return named or (LARGEST if asked["kind"] == "reserve" else "")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(one)}" for key, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)

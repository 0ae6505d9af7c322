"""Says in two languages, with file and line, what is wrong with the value of a key.

Knows how pydantic reports errors and how blocks nest; does not know what any key means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from planner.documents import Document
from planner.errors import Fault
from planner.quantities import UnreadableError, nearest, shown
from planner.words import Words, listed

_ALLOWED: Mapping[str, tuple[str, str]] = {
    "greater_than_equal": ("不小于 {ge:g}{unit}", "at least {ge:g}{unit}"),
    "greater_than": ("大于 {gt:g}{unit}", "more than {gt:g}{unit}"),
    "less_than_equal": ("不大于 {le:g}{unit}", "at most {le:g}{unit}"),
    "too_short": ("至少 {min_length} 项", "a list of {min_length} or more"),
    "bool_type": ("true 或 false", "true or false"),
    "bool_parsing": ("true 或 false", "true or false"),
    "string_type": ("文字", "a text"),
    "tuple_type": ("列表 [..]", "a list [..]"),
    "dict_type": ("“键: 值”", "keys with values"),
    "model_type": ("“键: 值”", "keys with values"),
}
"""What is allowed, by pydantic's type of error."""


def faults_of(error: ValidationError, model: type[BaseModel], document: Document) -> tuple[Fault, ...]:
    """Return every error as a fault, in the order of the file, each once."""
    every = error.errors(include_url=False)
    at_fault = {details["loc"] for details in every}
    # a list is called too short as well when one of its items is wrong; the item says it all
    told = [
        details
        for details in every
        if details["type"] != "too_short" or not any(_inside(loc, details["loc"]) for loc in at_fault)
    ]
    found = [_fault(details, model, document) for details in told]
    lines = {fault: _line(fault.where) for fault in found}
    return tuple(sorted(lines, key=lambda fault: lines[fault]))


def _inside(loc: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def _line(where: str) -> tuple[str, int]:
    file, _, rest = where.partition(":")
    return file, int(rest.split(" ")[0])


def _fault(details: ErrorDetails, model: type[BaseModel], document: Document) -> Fault:
    """Return one of pydantic's errors as a fault."""
    steps, value = _walk(details, document)
    where = document.where(*steps)
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, UnreadableError):
        return Fault(where, "", cause.rule, cause.remedy)
    key = str(details["loc"][-1])
    block, field = _declared(details["loc"], model)
    if details["type"] == "extra_forbidden":
        return Fault(where, "", *_unknown_key(key, block))
    if details["type"] == "missing":
        rule = Words("没有给出；此键必填", "found nothing; allowed: a value, because the key is required")
        manual = field.description if field and field.description else ""
        return Fault(where, "", rule, Words(f"补充 {key}", f"Add {key}: {manual}".rstrip(": ")))
    return Fault(where, "", *_not_allowed(details, value, field))


def _walk(details: ErrorDetails, document: Document) -> tuple[list[str | int], object]:
    """Return the keys of the document that an error is about, and the value as written.

    Steps that only the long form of a value has (``caps`` of a power rule) are not in the document and left out.
    """
    steps: list[str | int] = []
    at: object = document.value
    for step in details["loc"]:
        if isinstance(at, Mapping) and str(step) in at:
            at = at[str(step)]
            steps.append(str(step))
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            at = at[step]
            steps.append(step)
    if details["type"] == "missing":
        steps.append(details["loc"][-1])
    # a key that is itself wrong
    return steps, steps[-1] if details["loc"][-1:] == ("[key]",) else at


def _declared(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the block that holds the last step of a location, and its field there."""
    block, field = model, None
    inner: type[BaseModel] | None = None
    for step in loc:
        block = inner or block
        field = _field(block, str(step))
        if field:
            inner = next(_blocks(field.annotation), None)
    return block, field


def _field(block: type[BaseModel], key: str) -> FieldInfo | None:
    return next((one for name, one in block.model_fields.items() if key in (name, one.alias)), None)


def _blocks(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the blocks inside a type; there is at most one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in get_args(annotation):
        yield from _blocks(inside)


def _unknown_key(key: str, block: type[BaseModel]) -> tuple[Words, Words]:
    known = [field.alias or name for name, field in block.model_fields.items()]
    listed = ", ".join(known)
    rule = Words(f"未知的键 {shown(key)}；可用的键：{listed}", f"found unknown key {shown(key)}; allowed: {listed}")
    if near := nearest(key, known):
        return rule, Words(f"是否指 {near}？", f"Did you mean {near}?")
    return rule, Words("删去此键", "Remove it")


def _not_allowed(details: ErrorDetails, value: object, field: FieldInfo | None) -> tuple[Words, Words]:
    """Return rule and remedy of a value of the wrong kind, or out of range."""
    facts: dict[str, Any] = {"unit": _unit(field), **details.get("ctx", {})}
    remedy = Words("修改此值", "Change the value")
    if details["type"] == "literal_error":
        known = re.findall(r"'([^']*)'", str(facts["expected"]))
        allowed = listed(known)
        if near := nearest(str(value), known):
            remedy = Words(f"是否指 {near}？", f"Did you mean {near}?")
    elif details["type"] in _ALLOWED:
        allowed = Words(*_ALLOWED[details["type"]]).fill(**facts)
    else:
        allowed = Words(details["msg"], details["msg"])
    return (
        Words(f"值为 {shown(value)}；应为 {allowed.zh}", f"found {shown(value)}; allowed: {allowed.en}"),
        remedy,
    )


def _unit(field: FieldInfo | None) -> str:
    extra = field.json_schema_extra if field else None
    unit = extra.get("unit") if isinstance(extra, dict) else None
    return f" ({unit})" if unit else ""

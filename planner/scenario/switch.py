"""What every rule of a scenario has: whether it holds, and what missing it costs; and the short forms of rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from planner.quantities import UnreadableError, is_bare
from planner.scenario.keys import FROM_FILE, Block, Weight, with_unit
from planner.words import Words


class RuleBlock(Block):
    """A rule: whether it holds, and what breaking it costs; `true` and `false` are its short form."""

    on: bool = True
    """Whether the rule holds."""
    soft: Weight | None = None
    """Points lost for each unit by which the rule is missed; without it the rule is hard."""


def _switch(value: object) -> object:
    """Return the long form of a rule: true or false is whether it is on."""
    return value if isinstance(value, dict | RuleBlock) else {"on": value}


Switch = Annotated[RuleBlock, BeforeValidator(_switch, json_schema_input_type=bool | RuleBlock)]


def short_for(key: str, block: type[RuleBlock], form: object, unit: str = "") -> BeforeValidator:
    """Return the reader of a rule that may also be written as true, false, or the value of its chief key.

    Parameters
    ----------
    key : str
        The chief key.
    block : type of RuleBlock
    form : type
        Of the value of that key, for the schema.
    unit : str
        Unit in the key's name, which the short form does not show: a bare number is an error in a file.
    """

    def read(value: object, info: ValidationInfo) -> object:
        if isinstance(value, dict | RuleBlock):
            return value
        if isinstance(value, bool):
            return {"on": value}
        if unit and info.context == FROM_FILE and is_bare(value):
            with_unit(unit).func(value, info)  # type: ignore[call-arg]
        return {key: value}

    return BeforeValidator(read, json_schema_input_type=bool | form | block)


def some_figures(block: RuleBlock, given: Iterable[object], example: str) -> None:
    """Raise where a rule holds, but has nothing to hold to."""
    if block.on and not list(given):
        found = Words("没有给出任何数值；应至少有一项", "found no figure; allowed: one or more")
        raise UnreadableError(found, Words(f"例如写 {example}", f"Write for example {example}"))

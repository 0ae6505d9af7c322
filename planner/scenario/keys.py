"""How the values of scenario keys are read: numbers with units, identifiers, coordinates.

Each type reads what people write and says in two languages what it wanted instead. A value from a file differs from
one given in Python in one point: a number without a unit, under a key without a unit in its name, is an error there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from planner.quantities import UnreadableError, is_bare, measure_of, quantity, shown
from planner.words import Words

FROM_FILE = {"from_file": True}
"""Validation context of values read from a file."""


class Block(BaseModel):
    """A group of keys: frozen, and an unknown key is an error. The docstring under each key is its manual."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True)


def unreadable(value: object, allowed: Words, remedy: Words) -> UnreadableError:
    """Return the error for a value: what was found, what is allowed, what to write."""
    found = Words(f"值为 {shown(value)}；应为{allowed.zh}", f"found {shown(value)}; allowed: {allowed.en}")
    return UnreadableError(found, remedy)


def exactly_one(block: Block, example: str, apart: tuple[str, ...] = ()) -> None:
    """Raise unless exactly one key of a block is given, those in `apart` aside."""
    fields = {name: field.alias or name for name, field in type(block).model_fields.items() if name not in apart}
    known, given = fields.values(), [said for name, said in fields.items() if getattr(block, name) is not None]
    if len(given) == 1:
        return
    one_of = ", ".join(known)
    found = Words(
        f"同时给出 {', '.join(given)}；" if given else "没有给出任何一项；",
        f"found {' and '.join(given)} together; " if given else "found none of them; ",
    )
    rule = Words(f"{found.zh}只能给出 {one_of} 中的一项", f"{found.en}allowed: exactly one of {one_of}")
    remedy = Words(f"例如写 {example}", f"Write for example {example}")
    if given:
        remedy = Words(
            f"只留一项；来自上级文件的，用 {given[0]}: null 去掉",
            f"Keep one; `{given[0]}: null` removes what a parent file says",
        )
    raise UnreadableError(rule, remedy)


class OneKey(Block):
    """A block of which exactly one key is given."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    example: ClassVar[str]
    """What to write, where nothing is given."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        exactly_one(self, self.example)
        return self

    @property
    def kind(self) -> str:
        """Which key is given."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)


def measured(unit: str) -> BeforeValidator:
    """Return the reader of a number in a unit that the key's name shows."""

    def read(value: object) -> float:
        return quantity(_scalar(value, unit), unit)

    return BeforeValidator(read, json_schema_input_type=float | str)


def with_unit(unit: str) -> BeforeValidator:
    """Return the reader of a quantity under a key without a unit in its name."""

    def read(value: object, info: ValidationInfo) -> float:
        if info.context == FROM_FILE and is_bare(value):
            example = measure_of(unit).example
            words = measure_of(unit).words
            allowed = Words(f"带单位的{words.zh}", f"{words.en} with its unit")
            raise unreadable(value, allowed, Words(f"例如写 {example}", f"Write for example {example}"))
        return quantity(_scalar(value, unit), unit)

    return BeforeValidator(read, json_schema_input_type=str)


def whole(unit: str) -> BeforeValidator:
    """Return the reader of a number without decimals."""

    def read(value: object) -> int:
        number = quantity(_scalar(value, unit), unit)
        if number != int(number):
            raise unreadable(value, Words("整数", "a whole number"), Words("去掉小数", "Leave out the decimals"))
        return int(number)

    return BeforeValidator(read, json_schema_input_type=int)


def _scalar(value: object, unit: str) -> str | float:
    if isinstance(value, str | int | float):
        return value
    measure = measure_of(unit)
    raise unreadable(value, measure.words, Words(f"例如写 {measure.example}", f"Write for example {measure.example}"))


def identifier(value: object) -> str:
    """Return an identifier as text; a number with decimals is none, because its spelling is lost."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise unreadable(value, Words("编号或名称", "an identifier or a name"), Words("加上引号", "Put it in quotes"))
    text = str(value).strip()
    if not text or not text.isprintable():
        allowed = Words("非空且可显示的编号或名称", "an identifier or a name that can be seen")
        raise unreadable(value, allowed, Words("填写编号，或删去此项", "Write the identifier, or remove the entry"))
    return text


def _several(value: object) -> object:
    """Return one identifier as a list of one; identifiers are often single."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _position(value: object) -> tuple[float, float]:
    """Return [longitude, latitude] in degrees."""
    remedy = Words(
        "写成 [经度, 纬度]，例如 [113.85, 22.73]", "Write [longitude, latitude], for example [113.85, 22.73]"
    )
    allowed = Words("[经度, 纬度]（度）", "[longitude, latitude] in degrees")
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise unreadable(value, allowed, remedy)
    try:
        lon, lat = (quantity(_scalar(number, "count"), "count") for number in value)
    except UnreadableError:
        raise unreadable(_pair(value), allowed, remedy) from None
    if abs(lon) > 180 or abs(lat) > 90:
        if abs(lat) <= 180 and abs(lon) <= 90:
            remedy = Words(f"经纬度颠倒，写成 [{lat}, {lon}]", f"They are swapped: write [{lat}, {lon}]")
        raise unreadable(_pair(value), allowed, remedy)
    return lon, lat


def _pair(value: list[object] | tuple[object, ...]) -> str:
    return ", ".join(map(shown, value)).join("[]")


def _path(value: object) -> object:
    """Return a path as it is, if it is one."""
    if isinstance(value, Path) or (isinstance(value, str) and value.strip() and "\0" not in value):
        return value
    raise unreadable(value, Words("文件或文件夹路径", "a file or a folder"), Words("写路径", "Write its path"))


def _pair_of_years(value: object) -> object:
    """Return first and last year if there are two."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return value
    allowed = Words("[首年, 末年]", "[first year, last year]")
    raise unreadable(value, allowed, Words("例如写 [2026, 2030]", "Write for example [2026, 2030]"))


def _in_order(years: tuple[int, int]) -> tuple[int, int]:
    """Return first and last year if they are that."""
    first, last = years
    if first > last:
        allowed = Words("首年不晚于末年", "the first not after the last")
        remedy = Words(f"写成 [{last}, {first}]", f"Write [{last}, {first}]")
        raise unreadable(f"[{first}, {last}]", allowed, remedy)
    return years


Id = Annotated[str, BeforeValidator(identifier)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_several, json_schema_input_type=tuple[Id, ...] | Id)]
Position = Annotated[tuple[float, float], BeforeValidator(_position)]
FilePath = Annotated[Path, BeforeValidator(_path)]
Metres = Annotated[float, Field(ge=0, json_schema_extra={"unit": "m"}), measured("m")]
SquareMetres = Annotated[float, Field(ge=0, json_schema_extra={"unit": "m2"}), measured("m2")]
Seconds = Annotated[float, Field(gt=0, json_schema_extra={"unit": "s"}), measured("s")]
Weight = Annotated[float, Field(ge=0, json_schema_extra={"unit": "points"}), measured("count")]
Fraction = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "share"}), measured("share")]
Share = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "share"}), with_unit("share")]
Capacity = Annotated[float, Field(ge=0, json_schema_extra={"unit": "kva"}), with_unit("kva")]
Area = Annotated[float, Field(ge=0, json_schema_extra={"unit": "m2"}), with_unit("m2")]
DailyVolume = Annotated[float, Field(ge=0, json_schema_extra={"unit": "m3_day"}), with_unit("m3_day")]
Money = Annotated[float, Field(ge=0, json_schema_extra={"unit": "yi"}), with_unit("yi")]
Count = Annotated[int, Field(ge=1), whole("count")]
Year = Annotated[int, Field(ge=2000, le=2100, json_schema_extra={"unit": "year"}), whole("year")]
Years = Annotated[tuple[Year, Year], BeforeValidator(_pair_of_years), AfterValidator(_in_order)]

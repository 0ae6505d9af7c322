"""How a refusal is told: its status, and why in Chinese and in English; also where the frameworks beneath refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from planner.errors import Fault, PlannerError
from planner.quantities import UnreadableError
from planner.review import told
from planner.review.access import ForbiddenError, UnknownError
from planner.review.forms import Refusal
from planner.review.opening import StoreError
from planner.review.pacing import RateError
from planner.review.records import MissingError, StaleError
from planner.review.session import BusyError
from planner.words import Words

STATUS: tuple[tuple[type[PlannerError], int], ...] = (
    (MissingError, 404), (StaleError, 409), (BusyError, 503), (StoreError, 503), (UnknownError, 401),
    (ForbiddenError, 403), (RateError, 429), (PlannerError, 422),
)  # fmt: skip
"""Of each error the status of its answer, the first that fits."""
REFUSED: dict[int | str, dict[str, Any]] = {
    code: {"model": Refusal, "description": said}
    for code, said in {
        400: "Not of HTTP's form", 401: "Nobody is logged in", 403: "Not allowed, or not from a page of the session",
        404: "Not there", 409: "Changed since the version seen: as it is now, and what was done since",
        413: "Too large", 415: "Not JSON", 422: "Not of the API's form, or it cannot be: why",
        429: "Too much in too short a time, or at a time", 503: "Being solved, or no database: ask again",
    }.items()
}  # fmt: skip
BROKE = Words("服务器内部错误", "the server failed")
LOOK_AT_LOG = Words("详见服务器日志", "Its log says more")
OF_STATUS: Mapping[int, Words] = {
    400: Words("请求内容无法读取", "the body of the request cannot be read"),
    404: Words("没有这个地址", "there is nothing at this address"),
    405: Words("此地址不接受这种请求方法", "this address does not take requests of this method"),
    413: Words("请求过大", "the request is too large"),
}
NOT_DONE = Words("请求未被接受（HTTP {code}）", "the request is not accepted (HTTP {code})")
MALFORMED: Mapping[str, Words] = {
    "missing": Words("缺少此项", "it is missing"),
    "extra_forbidden": Words("没有这一项", "there is no such field"),
    "json_invalid": Words("不是 JSON：{error}", "no JSON: {error}"),
    "string_type": Words("应为文字", "it should be a text"),
    "string_unicode": Words("含有无效字符", "it has signs in it that are none"),
    "string_too_short": Words("至少 {min_length} 个字符", "at least {min_length} signs"),
    "string_too_long": Words("至多 {max_length} 个字符", "at most {max_length} signs"),
    "string_pattern_mismatch": Words("含有不允许的字符，或格式不对", "it has signs that may not be, or another form"),
    "int_type": Words("应为整数", "it should be a whole number"),
    "int_parsing": Words("应为整数", "it should be a whole number"),
    "int_parsing_size": Words("数字过大", "the number is too large"),
    "int_from_float": Words("应为整数", "it should be a whole number"),
    "float_type": Words("应为数字", "it should be a number"),
    "float_parsing": Words("应为数字", "it should be a number"),
    "finite_number": Words("应为有限的数字", "it should be a finite number"),
    "bool_type": Words("应为 true 或 false", "it should be true or false"),
    "bool_parsing": Words("应为 true 或 false", "it should be true or false"),
    "none_required": Words("应为空", "it should be null"),
    "greater_than_equal": Words("应不小于 {ge:g}", "it should be at least {ge:g}"),
    "less_than_equal": Words("应不大于 {le:g}", "it should be at most {le:g}"),
    "too_short": Words("至少 {min_length} 项", "at least {min_length} items"),
    "too_long": Words("至多 {max_length} 项", "at most {max_length} items"),
    "list_type": Words("应为列表", "it should be a list"),
    "tuple_type": Words("应为列表", "it should be a list"),
    "dict_type": Words("应为“键: 值”", "it should be keys with values"),
    "model_type": Words("应为“键: 值”", "it should be keys with values"),
    "model_attributes_type": Words("应为“键: 值”", "it should be keys with values"),
    "literal_error": Words("应为 {expected}", "it should be {expected}"),
    "union_tag_not_found": Words("没有说明是哪一种", "it does not say of which kind it is"),
    "union_tag_invalid": Words("没有“{tag}”；可选：{expected_tags}", "no kind {tag!r}; one of {expected_tags}"),
    "datetime_parsing": Words("应为日期和时间", "it should be a date and a time"),
    "datetime_from_date_parsing": Words("应为日期和时间", "it should be a date and a time"),
    "datetime_type": Words("应为日期和时间", "it should be a date and a time"),
    "timezone_aware": Words("应写明时区", "its time zone should be given"),
}
"""What of a request is not of the API's form, by pydantic's type of error."""
OTHERWISE = Words("格式不符（{msg}）", "{msg}")


def answer(code: int, *why: Words, **more: Any) -> Response:
    """Return a refusal."""
    return JSONResponse({"detail": [{"zh": one.zh, "en": one.en} for one in why]} | more, code)


def refused(_: Any, error: Exception) -> Response:
    """Return why something is not done."""
    assert isinstance(error, PlannerError)
    code = next(code for kind, code in STATUS if isinstance(error, kind))
    more: dict[str, Any] = {}
    if isinstance(error, StaleError):
        more = {"now": told.variant(error.now, None), "since": [told.event(one) for one in error.since]}
    return answer(code, detail=told.faults(error.faults), **more)


def malformed(_: Any, error: Exception) -> Response:
    """Return what of a request is not of the API's form, each with its place."""
    assert isinstance(error, RequestValidationError)
    return answer(422, *map(_malformed, error.errors()))


def _malformed(one: Mapping[str, Any]) -> Words:
    facts = one.get("ctx", {})
    said, own = MALFORMED.get(one["type"], OTHERWISE).fill(msg=one["msg"], **facts), facts.get("error")
    if isinstance(own, UnreadableError):
        said = Words(f"{own.rule.zh}；{own.remedy.zh}", f"{own.rule.en}. {own.remedy.en}")
    where = ".".join(map(str, one["loc"]))
    return Words(f"{where}：{said.zh}", f"{where}: {said.en}")


def http(_: Any, error: Exception) -> Response:
    """Return what the framework refuses: no such address, another method."""
    assert isinstance(error, HTTPException)
    made = answer(error.status_code, OF_STATUS.get(error.status_code, NOT_DONE).fill(code=error.status_code))
    made.headers.update(error.headers or {})
    return made


def broken(_: Any, error: Exception) -> Response:
    """Return that the server failed; what happened stands in its log, not in the answer."""
    return answer(500, detail=told.faults([Fault("", "", BROKE, LOOK_AT_LOG)]))

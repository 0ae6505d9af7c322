"""Reads one YAML file as nodes that know their line.

Text is data here: no tag is executed, no anchor followed, depth and length are bounded. Of YAML's many spellings
only those of version 1.2 are numbers, true, false or null: `no` is a word, `012` a name, a date a text.
Does not know `extends`, merging or any key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from planner.errors import Fault, PlannerError
from planner.quantities import nearest, shown
from planner.words import Words

BYTES_MOST = 500_000
"""A longer file is not a question somebody wrote; geometry belongs into layers."""
DEPTH_MOST = 50
"""Deepest nesting read."""
FAULTS_MOST = 100
"""Faults after which reading a file stops."""

_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,2})?")
_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_STEP = re.compile(r'("(?:[^"\\]|\\.)*")|\[([0-9]+)\]|([^\s.\[\]"]+)')
_PLAIN_KEY = re.compile(r'[^\s.\[\]"]+')

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written.

    Attributes
    ----------
    file : Path
        The file, absolute.
    line : int
        Line of its key or list item, from 1.
    """

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}"


class FaultsError(PlannerError):
    """Faults on their way to `documents.read`, which knows what error its caller wants."""


@dataclass(frozen=True, slots=True)
class Node:
    """A dict of nodes, a list of nodes or a scalar, with its origin."""

    value: dict[str, Node] | list[Node] | Scalar
    origin: Origin


def join(*steps: str | int) -> str:
    """Return keys and list positions as one path; a key that would not read back is quoted.

    Examples
    --------
    >>> join("rules", "power", "燕罗", "2026"), join("changes", 0, "withdraw")
    ('rules.power.燕罗.2026', 'changes[0].withdraw')
    >>> join("goals", "a.b"), join()
    ('goals."a.b"', '')
    """
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            plain = _PLAIN_KEY.fullmatch(step) and step.isprintable()
            name = step if plain else json.dumps(step, ensure_ascii=not step.isprintable())
            path += f".{name}" if path else name
    return path


def split(path: str) -> tuple[str | int, ...]:
    """Return keys and list positions of a path as `join` writes it; of one that it would not write, what can be read.

    Examples
    --------
    >>> split("rules.power.燕罗.2026"), split('goals."a.b"'), split("changes[0].withdraw"), split("")
    (('rules', 'power', '燕罗', '2026'), ('goals', 'a.b'), ('changes', 0, 'withdraw'), ())
    """
    return tuple(
        int(index) if index else json.loads(quoted) if quoted else plain
        for quoted, index, plain in _STEP.findall(path)
    )


def fault(where: object, rule: tuple[str, str], remedy: tuple[str, str]) -> Fault:
    """Return a fault from its place, and from rule and remedy in Chinese and English."""
    return Fault(str(where), "", Words(*rule), Words(*remedy))


def text_of(file: Path, where: str) -> str:
    """Return the text of a file that is there, short enough and in UTF-8."""
    try:
        if not file.is_file():
            beside = sorted(one.name for one in file.parent.glob("*.y*ml")) if file.parent.is_dir() else []
            near = nearest(file.name, beside)
            rule = (
                f"找不到文件 {shown(str(Path(*file.parts[-2:])))}",
                f"found no file {shown(str(Path(*file.parts[-2:])))}; allowed: a YAML file",
            )
            known = ", ".join(beside[:10]) or "—"
            remedy = (
                (f"是否指 {near}？", f"Did you mean {near}?")
                if near
                else (f"该文件夹中有：{known}", f"In that folder are: {known}")
            )
            raise FaultsError(fault(where, rule, remedy))
        with file.open("rb") as stream:
            raw = stream.read(BYTES_MOST + 1)
    except OSError as reason:
        rule = (f"文件无法读取：{reason.strerror}", f"the file cannot be read: {reason.strerror}")
        remedy = ("检查文件名与权限", "Check its name and its permissions")
        raise FaultsError(fault(where, rule, remedy)) from None
    if len(raw) > BYTES_MOST:
        rule = (
            f"文件超过 {BYTES_MOST} 字节",
            f"the file is longer than {BYTES_MOST} bytes, the most allowed",
        )
        remedy = ("几何数据请放入图层文件", "Keep geometry in a layer and name its file")
        raise FaultsError(fault(file.name, rule, remedy))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = raw.count(b"\n", 0, reason.start) + 1
        rule = (f"第 {line} 行不是 UTF-8 编码", f"line {line} is not UTF-8, the only encoding allowed")
        remedy = ("用编辑器另存为 UTF-8", "Save the file as UTF-8 in your editor")
        raise FaultsError(fault(f"{file.name}:{line}", rule, remedy)) from None


# One file: YAML events become nodes without recursion, so that depth is a fault and not a crash


@dataclass(slots=True)
class _Open:
    """A map or list still being read; `key` is the key read last, waiting for its value, with its line."""

    node: Node
    key: tuple[str, int] | None = None


def compose(text: str, file: Path) -> Node:
    """Return the top map of a file; faults that do not stop the reading are raised together."""
    faults: list[Fault] = []
    top: Node | None = None
    stack: list[_Open] = []
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.DocumentStartEvent) and top is not None:
                raise FaultsError([*faults, _second_document(Origin(file, _line(event.start_mark)))])
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            origin = Origin(file, _line(event.start_mark))
            faults.extend(_refused(event, origin, len(stack)))
            if len(stack) > DEPTH_MOST or len(faults) >= FAULTS_MOST:
                raise FaultsError(faults)
            node = _node(event, origin)
            if stack:
                faults.extend(_add(node, stack[-1], event))
            else:
                top = node
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(_Open(node))
    except yaml.YAMLError as problem:
        raise FaultsError([*faults, _syntax(problem, text, file)]) from None
    if top is not None and top.value is not None and not isinstance(top.value, dict):
        rule = (
            f"内容为 {shown_node(top)}，应为“键: 值”",
            f"found {shown_node(top)}; allowed: keys with values",
        )
        remedy = (
            "每行写“键: 值”，冒号用半角并后接空格",
            "Write `key: value`, with an ASCII colon and a space",
        )
        faults.append(fault(top.origin, rule, remedy))
    if faults:
        raise FaultsError(faults)
    return top if top is not None and top.value is not None else Node({}, Origin(file, 1))


def written(value: object) -> str:
    """Return a value as YAML, in the order it has.

    Examples
    --------
    >>> print(written({"title": "宝安", "bounds": [1, 2.5]}), end="")
    title: 宝安
    bounds:
    - 1
    - 2.5
    """
    return str(yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=120))


def _line(mark: object) -> int:
    """Return the line of a mark, from 1; an event without one is on the first."""
    return int(getattr(mark, "line", 0)) + 1


def _node(event: yaml.NodeEvent, origin: Origin) -> Node:
    """Return an empty map, an empty list or a scalar."""
    if isinstance(event, yaml.MappingStartEvent):
        return Node({}, origin)
    if isinstance(event, yaml.SequenceStartEvent):
        return Node([], origin)
    if isinstance(event, yaml.ScalarEvent):
        return Node(event.value if event.style else _scalar(event.value), origin)
    return Node(None, origin)


def _scalar(text: str) -> Scalar:
    """Return what an unquoted word means.

    Examples
    --------
    >>> [_scalar(text) for text in ("2026", "0.5", "1e3", "true", "null", "")]
    [2026, 0.5, 1000.0, True, None, None]
    >>> [_scalar(text) for text in ("no", "012", "2026-01-01", "1_000", "12:30", ".nan", "1e", ".")]
    ['no', '012', '2026-01-01', '1_000', '12:30', '.nan', '1e', '.']
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _add(node: Node, into: _Open, event: yaml.NodeEvent) -> Iterator[Fault]:
    """Put a node into the map or list being read; the first node of a pair in a map is its key."""
    inside = into.node.value
    if isinstance(inside, list):
        inside.append(node)
    elif isinstance(inside, dict) and into.key is None:
        name = event.value if isinstance(event, yaml.ScalarEvent) else ""
        if not isinstance(event, yaml.ScalarEvent):
            rule = (
                f"键为 {shown_node(node)}；键只能是一个词",
                f"found {shown_node(node)} as a key; allowed: a word",
            )
            yield fault(node.origin, rule, ("改写这个键", "Write a word before the colon"))
        elif name in inside:
            first = inside[name].origin.line
            rule = (
                f"键 {shown(name)} 重复，首次出现在第 {first} 行；每个键只能写一次",
                f"found key {shown(name)} a second time, first on line {first}; allowed: once",
            )
            remedy = ("合并两处或删去一处", "Join the two, or remove one")
            yield fault(f"{node.origin} {join(name)}", rule, remedy)
        into.key = (name, node.origin.line)
    elif isinstance(inside, dict) and into.key is not None:
        name, line = into.key
        inside[name] = Node(node.value, Origin(node.origin.file, line))
        into.key = None


def _refused(event: yaml.NodeEvent, origin: Origin, depth: int) -> Iterator[Fault]:
    """Yield what this reader leaves out of YAML on purpose: tags, anchors, and nesting without end."""
    if tag := getattr(event, "tag", None):
        rule = (
            f"标签 {shown(tag)} 不允许使用",
            f"found the tag {shown(tag)}; allowed: plain values, never tags",
        )
        yield fault(origin, rule, ("删去标签", "Remove it; put text that begins with ! in quotes"))
    if event.anchor is not None:
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        found = shown(f"{sign}{event.anchor}")
        rule = (f"锚点或引用 {found} 不允许使用", f"found the anchor or alias {found}; allowed: plain values")
        remedy = ("直接写出内容，或使用 extends", "Write the value out, or share it by extends")
        yield fault(origin, rule, remedy)
    if depth > DEPTH_MOST:
        rule = (
            f"嵌套超过 {DEPTH_MOST} 层",
            f"found more than {DEPTH_MOST} levels of nesting; allowed: {DEPTH_MOST}",
        )
        yield fault(origin, rule, ("检查括号与缩进", "Check brackets and indentation"))


def _second_document(origin: Origin) -> Fault:
    rule = ("文件含有第二个文档（---）", "found a second document (---); allowed: one in a file")
    return fault(origin, rule, ("拆成两个文件", "Make it a file of its own"))


def _syntax(problem: yaml.YAMLError, text: str, file: Path) -> Fault:
    """Return what the YAML library could not read, with the mistakes planners make in mind."""
    line, said = 1, str(problem)
    if isinstance(problem, yaml.MarkedYAMLError):
        line = _line(problem.problem_mark or problem.context_mark)
        said = problem.problem or problem.context or ""
    elif isinstance(problem, yaml.reader.ReaderError):
        line = text.count("\n", 0, problem.position) + 1
        said = f"the character {problem.character!r} is not text"
    lines = text.splitlines()
    found = shown(lines[line - 1].strip() if line <= len(lines) else "")
    rule = (f"YAML 无法读取 {found}（{said}）", f"found {found}, which is not YAML: {said}")
    remedy = (
        "冒号用半角并后接空格，缩进用空格，括号与引号成对",
        "Use an ASCII colon and a space after each key, indent by spaces, close brackets and quotes",
    )
    return fault(Origin(file, line), rule, remedy)


def shown_node(node: Node) -> str:
    """Return a node as an error quotes it."""
    return shown(list(node.value) if isinstance(node.value, dict | list) else node.value)

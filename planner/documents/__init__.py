"""Reads a YAML file and the files it `extends` into one value that remembers where each line was written.

The only home of the YAML library (in `nodes`). Knows files, lines and merging. Does not know what a key means,
except that `extends` names the parent and that `changes` append.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from planner.documents.nodes import FaultsError, Node, Origin, compose, fault, join, shown_node, split, text_of, written
from planner.errors import PlannerError, ScenarioError
from planner.quantities import shown

__all__ = ["Document", "Origin", "join", "laid", "read", "split", "written"]

CHAIN_MOST = 20
"""Longest chain of `extends`."""
APPENDED = "changes"
"""The one list to which a child appends; every other list is replaced."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file merged with the files it extends. Nothing in it is to be changed.

    Attributes
    ----------
    value : mapping of str to value
        Maps (every key a text), lists and scalars; no map holds a null.
    origin : mapping of str to Origin
        Path as written by `join` to where it stands; of a map that several files write, in the last of them.
    files : tuple of Path
        Files read, root first, absolute.
    """

    value: Mapping[str, object]
    origin: Mapping[str, Origin]
    files: tuple[Path, ...]

    def where(self, *steps: str | int) -> str:
        """Return ``file:line key`` of a value; where it is not written, the line of the nearest key above."""
        return f"{self._written(*steps)} {join(*steps)}".rstrip()

    def resolve(self, name: str, *steps: str | int) -> Path:
        """Return the file or folder that a name means in the file in which it is written at `steps`."""
        return _beside(self._written(*steps).file, name)

    def leaves(self) -> Iterator[tuple[str, object, Origin]]:
        """Yield path, value and origin of every scalar and plain list, in the order of the merged file."""
        stack: list[tuple[tuple[str | int, ...], object]] = [
            ((key,), self.value[key]) for key in reversed(list(self.value))
        ]
        while stack:
            path, value = stack.pop()
            if isinstance(value, dict) and value:
                stack.extend(((*path, key), below) for key, below in reversed(value.items()))
            elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
                stack.extend(((*path, index), value[index]) for index in reversed(range(len(value))))
            else:
                yield join(*path), value, self.origin[join(*path)]

    def _written(self, *steps: str | int) -> Origin:
        paths = (join(*steps[:length]) for length in range(len(steps), 0, -1))
        return next((self.origin[path] for path in paths if path in self.origin), Origin(self.files[-1], 1))


def read(path: str | Path, *, error: type[PlannerError] = ScenarioError) -> Document:
    """Read a YAML file and its parents: maps merge, lists replace, `changes` append, null removes.

    Parameters
    ----------
    path : str or Path
        The file; relative to the working directory.
    error : type of PlannerError, default ScenarioError
        What to raise when a file is not usable.
    """
    try:
        chain = _chain(_beside(None, str(path)))
    except FaultsError as found:
        raise error(found.faults) from None
    merged = _without_nulls(chain[0])
    for child in chain[1:]:
        merged = _merge(merged, child, top=True)
    origin: dict[str, Origin] = {}
    value = _flatten(merged, (), origin)
    assert isinstance(value, dict)
    return Document(value, origin, tuple(node.origin.file for node in chain))


def _beside(file: Path | None, name: str) -> Path:
    """Return the absolute path of a name seen from a file's folder, without asking the disk."""
    return Path(os.path.abspath(file.parent / name if file else name))


# Files and their parents


def _chain(file: Path) -> list[Node]:
    """Return the top maps of a file and its parents, root first."""
    chain: list[Node] = []
    where = file.name
    while True:
        node = compose(text_of(file, where), file)
        assert isinstance(node.value, dict)
        chain.insert(0, node)
        parent = node.value.get("extends")
        if parent is None or parent.value is None:
            return chain
        where = f"{parent.origin} extends"
        file = _parent(parent, where, [one.origin.file for one in reversed(chain)])


def _parent(node: Node, where: str, files: list[Path]) -> Path:
    """Return the file that `extends` names; `files` are those read so far, the asking one last."""
    name = node.value
    if not isinstance(name, str) or not name.strip():
        found = shown_node(node)
        rule = (f"值为 {found}；只能写一个上级文件名", f"found {found}; allowed: the name of one file")
        raise FaultsError(fault(where, rule, ("例如写 extends: base.yaml", "Write extends: base.yaml")))
    file = _beside(files[-1], name)
    if file in files:
        loop = " → ".join(one.name for one in [*files[files.index(file) :], file])
        rule = (
            f"值为 {shown(name)}，文件引用了自身：{loop}；上级文件不得再引回本文件",
            f"found {shown(name)}, so that a file extends itself: {loop}; allowed: a file that does not lead back",
        )
        raise FaultsError(fault(where, rule, ("删去其中一处 extends", "Remove one of these extends")))
    if len(files) >= CHAIN_MOST:
        rule = (
            f"extends 已连续引用 {len(files)} 个文件；最多 {CHAIN_MOST} 个",
            f"found a chain of more than {len(files)} files; allowed: at most {CHAIN_MOST}",
        )
        raise FaultsError(fault(where, rule, ("合并其中几个文件", "Merge some of them into one")))
    return file


# Merging


def _merge(parent: Node, child: Node, *, top: bool = False) -> Node:
    """Return the child laid over its parent; a null in a map of the child removes the parent's key."""
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return _without_nulls(child)
    merged = dict(parent.value)
    for key, node in child.value.items():
        above = merged.get(key)
        if node.value is None:
            merged.pop(key, None)
        elif above is None:
            merged[key] = _without_nulls(node)
        elif top and key == APPENDED and isinstance(above.value, list) and isinstance(node.value, list):
            merged[key] = Node(above.value + node.value, node.origin)
        else:
            merged[key] = _merge(above, node)
    return Node(merged, child.origin)


def laid(parent: Mapping[str, object], child: Mapping[str, object], *, top: bool = True) -> dict[str, object]:
    """Return plain values laid over others, as a file over the one it extends.

    Examples
    --------
    >>> laid({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None}, "d": [2], "changes": [3]})
    {'a': {'c': 2}, 'd': [2], 'changes': [3]}
    """
    merged = {str(key): value for key, value in parent.items()}
    for key, value in ((str(key), value) for key, value in child.items()):
        above = merged.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = laid(above if isinstance(above, Mapping) else {}, value, top=False)
        elif top and key == APPENDED and isinstance(above, list | tuple) and isinstance(value, list | tuple):
            merged[key] = [*above, *value]
        else:
            merged[key] = value
    return merged


def _without_nulls(node: Node) -> Node:
    """Return a node without the nulls in its maps; those inside lists stay, where they mean "not given"."""
    if not isinstance(node.value, dict):
        return node
    kept = {key: _without_nulls(below) for key, below in node.value.items() if below.value is not None}
    return Node(kept, node.origin)


def _flatten(node: Node, steps: tuple[str | int, ...], origin: dict[str, Origin]) -> object:
    """Return the plain value of a node and note every origin in it."""
    if steps:
        origin[join(*steps)] = node.origin
    if isinstance(node.value, dict):
        return {key: _flatten(below, (*steps, key), origin) for key, below in node.value.items()}
    if isinstance(node.value, list):
        return [_flatten(below, (*steps, index), origin) for index, below in enumerate(node.value)]
    return node.value

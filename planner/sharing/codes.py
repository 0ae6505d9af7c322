"""Codes that stand for projects, firms and parcels in files that leave the house.

A code is a keyed digest of what it stands for: with the key inside, nobody can try names until one fits, and sorting
codes says nothing of the order of names. It knows no plan.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from planner.projects import FIRST, Projects

SIGNS = "346789BCDFGHJKMPQRTVWXY"
"""What codes are written in: no sign that is read for another, no vowel that would make a word."""
SHORT, LONG = 5, 12
"""Signs of a code: as a rule, and at most."""
LETTER = {"project": "X", "firm": "Q", "parcel": "D"}
"""What the code of a project (项目), a firm (企业) and a parcel (地块) begins with."""
PARTS = frozenset({FIRST, "main", "hq", "research", "wet"})
"""Names of parts that say nothing of a firm."""


def digest(kind: str, name: str, key: bytes) -> str:
    """Return the longest code of something, without its letter.

    Examples
    --------
    >>> len(digest("firm", "", b"key")), digest("firm", "a", b"key") == digest("firm", "a", b"other")
    (12, False)
    """
    number = int.from_bytes(hmac.new(key, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest())
    signs = []
    for _ in range(LONG):
        number, sign = divmod(number, len(SIGNS))
        signs.append(SIGNS[sign])
    return "".join(signs)


def key_of(projects: Projects, phrase: str | None = None) -> bytes:
    """Return what codes are keyed with: a phrase, else all that is known of the projects, which stays inside."""
    said = projects.projects.sort_index().to_csv() if phrase is None else phrase
    return hashlib.sha256(f"planner codes\0{said}".encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True)
class Codes:
    """The codes of one territory and its projects.

    Attributes
    ----------
    projects : Projects
    parcels : mapping of str to str
        Every parcel known, to its lot number; empty for none.
    key : bytes
    """

    projects: Projects
    parcels: Mapping[str, str]
    key: bytes

    @cached_property
    def of_kind(self) -> Mapping[str, Mapping[str, str]]:
        """Return the code of everything known, by kind."""
        table = self.projects.projects
        firms = table["firm"].dropna() if "firm" in table else ()
        known = {"project": map(str, table.index), "firm": map(str, firms), "parcel": self.parcels}
        return {kind: coded(kind, names, self.key) for kind, names in known.items()}

    def code(self, kind: str, name: object) -> str:
        """Return the code of a project, a firm or a parcel; empty for nothing, a long one for what is not known."""
        if not isinstance(name, str) or not name:
            return ""
        return self.of_kind[kind].get(name) or f"{LETTER[kind]}-{digest(kind, name, self.key)}"

    @cached_property
    def of_part(self) -> Mapping[str, str]:
        """Return the code of every part: that of its project with a plain name, or a number in the order of names."""
        parts, told = self.projects.parts, {}
        for project, of_one in parts.groupby(parts["project"].astype(str), sort=True):
            names = sorted(map(str, of_one.index))
            ends = [name.rsplit("/", 1)[-1] for name in names]
            plain = set(ends) <= PARTS
            for number, (name, end) in enumerate(zip(names, ends, strict=True), 1):
                told[name] = f"{self.code('project', project)}/{end if plain or end == FIRST else number}"
        return told

    def part(self, name: object) -> str:
        """Return the code of a part; one that is not known goes by its project and a digest."""
        if not isinstance(name, str) or not name:
            return ""
        project = name.split("/", 1)[0]
        return self.of_part.get(name) or f"{self.code('project', project)}/{digest('part', name, self.key)}"

    @cached_property
    def of_name(self) -> Mapping[str, str]:
        """Return the code of whatever a text may call a project, a part, a firm or a parcel by."""
        table, kinds = self.projects.projects, self.of_kind
        named = zip(table["name"], table.index, strict=True) if "name" in table else ()
        return {
            **{lot: kinds["parcel"][parcel] for parcel, lot in self.parcels.items() if lot},
            **kinds["parcel"], **kinds["firm"],
            **{name: self.code("project", str(project)) for name, project in named if isinstance(name, str) and name},
            **kinds["project"], **self.of_part,
        }  # fmt: skip

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(sorted(set(map(len, self.of_name)), reverse=True))

    def told(self, text: str) -> str:
        """Return a free text with codes instead of every name and number in it, never within a word."""
        said, at = [], 0
        while at < len(text):
            ends = (at + long for long in self._lengths if text[at : at + long] in self.of_name)
            end = next((end for end in ends if _apart(text, at) and _apart(text, end)), at)
            said.append(self.of_name[text[at:end]] if end > at else text[at])
            at = max(end, at + 1)
        return "".join(said)

    def parts(self, names: pd.Series) -> pd.Series:
        """Return the codes of a column of parts."""
        return pd.Series([self.part(name) for name in names], names.index, dtype=object)

    def column(self, kind: str, names: pd.Series) -> pd.Series:
        """Return the codes of a column."""
        return pd.Series([self.code(kind, name) for name in names], names.index, dtype=object)


def coded(kind: str, names: Iterable[str], key: bytes) -> dict[str, str]:
    """Return a code for each name, none of them twice: as short as can be from `SHORT` signs on.

    Examples
    --------
    >>> found = coded("firm", ["a", "b", "a"], b"key")
    >>> sorted(found), len(set(found.values())), {len(code) for code in found.values()}, coded("firm", [], b"key")
    (['a', 'b'], 2, {7}, {})
    """
    left = {name: digest(kind, name, key) for name in dict.fromkeys(names) if name}
    found: dict[str, str] = {}
    for length in range(SHORT, LONG + 1):
        many = Counter(code[:length] for code in left.values())
        own = {name for name, code in left.items() if many[code[:length]] == 1 or length == LONG}
        found |= {name: f"{LETTER[kind]}-{left[name][:length]}" for name in own}
        left = {name: code for name, code in left.items() if name not in own}
    return found


def _apart(text: str, at: int) -> bool:
    """Return whether a place in a text is not within a word or a number of Latin signs."""
    return not (0 < at < len(text) and all(sign.isascii() and sign.isalnum() for sign in text[at - 1 : at + 1]))

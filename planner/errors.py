"""What can go wrong and is expected to: faults, and the errors that carry them.

::

    PlannerError            anything a planner can mend; one paragraph, exit code 2
    ├── DataError           faults of layers and tables, all of them at once
    ├── ScenarioError       faults of a scenario file: place, value, allowed, remedy
    └── SolveError          the engine cannot go on (a limit out of range, a solver that is missing)

A bug is none of these and keeps its traceback. A broken rule or a scenario without a plan is a result, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from planner.words import Lang, Words

P = ParamSpec("P")
R = TypeVar("R")
SHOWN = 5
"""How many features of a fault are named in its sentence; all of them are in `Fault.features`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong (or doubtful) in the input, with what is needed to find and mend it.

    Attributes
    ----------
    where : str
        File, layer or scenario key, as the planner knows it (``parcels.csv``, ``base.yaml:12 goals.teir``).
    column : str
        Column or key concerned; empty when the fault is about the whole.
    features : tuple of str
        Identifiers of the features concerned, all of them.
    rule : Words
        What is required and what was found.
    remedy : Words
        What to do about it.
    fatal : bool
        True when the input is not usable; False for a warning.
    spots : tuple of (float, float)
        Where exactly to look, east and north in the territory's working CRS, where that is less than a feature.
    """

    where: str
    column: str
    rule: Words
    remedy: Words
    features: tuple[str, ...] = ()
    fatal: bool = True
    spots: tuple[tuple[float, float], ...] = ()

    @property
    def named(self) -> str:
        """Return the first features concerned in brackets, after a space, and how many more; nothing where none is."""
        more = len(self.features) - SHOWN
        named = ", ".join(self.features[:SHOWN]) + (f" … (+{more})" if more > 0 else "")
        return f" [{named}]" if named else ""

    def words(self, lang: Lang) -> str:
        """Return the fault as one sentence: place, rule, features, remedy."""
        place = ".".join(part for part in (self.where, self.column) if part)
        stop = "。" if lang == "zh" else ". "
        colon = "：" if lang == "zh" else ": "
        said = self.rule(lang) + self.named
        remedy = self.remedy(lang)
        return f"{place}{colon if place else ''}{said}{stop}{remedy}".rstrip()


class PlannerError(Exception):
    """An expected error; the base of all others.

    Attributes
    ----------
    faults : tuple of Fault
        Everything found wrong, not only the first.
    """

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self.words("en"))

    def words(self, lang: Lang) -> str:
        """Return all faults, a line each."""
        return "\n".join(fault.words(lang) for fault in self.faults)

    def __str__(self) -> str:
        return self.words("en")


class DataError(PlannerError):
    """Layers or tables are not usable."""


class ScenarioError(PlannerError):
    """A scenario file is not usable."""


class SolveError(PlannerError):
    """The engine cannot go on."""


def told_or(told: list[Fault], otherwise: R, make: Callable[P, R], *args: P.args, **keys: P.kwargs) -> R:
    """Return what a function makes; where it raises, add its faults to those told, and return something else."""
    try:
        return make(*args, **keys)
    except PlannerError as error:
        told += error.faults
        return otherwise

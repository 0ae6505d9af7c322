"""Figures of a series, and those drawn from distributions: the same for a seed, a run and an input, whatever else is.

See e.g. Law, Simulation Modeling and Analysis, 5th ed., ch. 6 (distributions) and ch. 8 (drawing from them).
"""

from __future__ import annotations

import itertools
import re
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from planner.quantities import UnreadableError
from planner.scenario.keys import Block, Count, measured, whole
from planner.words import Words

Floats = NDArray[np.float64]
Number = Annotated[float, Field(allow_inf_nan=False), measured("count")]
FIGURE = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(.*?)\s*")
Seed = Annotated[int, Field(ge=0, le=2**31 - 1), whole("count")]


def _in_order(*named: tuple[str, float]) -> None:
    """Raise unless figures rise in their order."""
    for (less, least), (more, most) in itertools.pairwise(named):
        if least > most:
            rule = Words(
                f"{less} 为 {least:g}，大于 {more} 的 {most:g}", f"{less} is {least:g}, above {more}, {most:g}"
            )
            raise UnreadableError(rule, Words("按从小到大填写", "Write them in rising order"))


class Uniform(Block):
    """Any figure between two, equally likely."""

    least: Number
    """The smallest figure."""
    most: Number
    """The largest."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _in_order(("least", self.least), ("most", self.most))
        return self

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return so many figures."""
        return rng.uniform(self.least, self.most, count)


class Triangular(Block):
    """Between two figures, most likely near a third."""

    least: Number
    """The smallest figure."""
    likely: Number
    """The most likely one."""
    most: Number
    """The largest."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        _in_order(("least", self.least), ("likely", self.likely), ("most", self.most))
        return self

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return so many figures."""
        if self.least == self.most:
            return np.full(count, self.least)
        return rng.triangular(self.least, self.likely, self.most, count)


class Normal(Block):
    """Round a mean, as sums of many small errors are."""

    mean: Number
    """Where it lies."""
    sd: Number = Field(ge=0)
    """Standard deviation."""

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return so many figures."""
        return rng.normal(self.mean, self.sd, count)


class Lognormal(Block):
    """As products of many small errors are: never below 0."""

    median: Number = Field(gt=0)
    """Half of the figures are below."""
    sigma: Number = Field(ge=0)
    """Standard deviation of the natural logarithm: 0.2 is about a fifth up or down."""

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return so many figures."""
        return rng.lognormal(np.log(self.median), self.sigma, count)


class Discrete(Block):
    """One of some figures."""

    values: tuple[Number, ...] = Field(min_length=1)
    """The figures."""
    weights: tuple[Annotated[Number, Field(ge=0)], ...] | None = None
    """How likely each is against the others; all the same if not given."""

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        weights = self.weights
        if weights is not None and (len(weights) != len(self.values) or not sum(weights)):
            rule = Words(
                f"{len(self.values)} 个值对应 {len(weights)} 个权重，且权重之和须大于 0",
                f"found {len(weights)} weights of {len(self.values)} values; allowed: one each, not all of them 0",
            )
            raise UnreadableError(rule, Words("每个值写一个权重", "Write one weight for each value"))
        return self

    def drawn(self, rng: np.random.Generator, count: int) -> Floats:
        """Return so many figures."""
        weights = np.ones(len(self.values)) if self.weights is None else np.array(self.weights)
        return rng.choice(np.array(self.values), count, p=weights / weights.sum())


DISTRIBUTIONS = ("uniform", "triangular", "normal", "lognormal", "discrete")


class Distributed(Block):
    """A figure with one of the distributions."""

    uniform: Uniform | None = None
    """Between two figures."""
    triangular: Triangular | None = None
    """Between two figures, most likely near a third."""
    normal: Normal | None = None
    """Round a mean."""
    lognormal: Lognormal | None = None
    """Round a median, never below 0."""
    discrete: Discrete | None = None
    """One of some figures."""
    least: Number | None = None
    """What is drawn below counts as this."""
    most: Number | None = None
    """What is drawn above counts as this."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in DISTRIBUTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            listed = ", ".join(DISTRIBUTIONS)
            rule = Words(f"给出了 {len(given)} 个分布；应为 {listed} 中的一个",
                         f"found {len(given)} distributions; allowed: one of {listed}")  # fmt: skip
            remedy = Words("例如 uniform: {least: 0, most: 2}", "Write for example uniform: {least: 0, most: 2}")
            raise UnreadableError(rule, remedy)
        return self

    def drawn(self, seed: int, run: int, nth: int, count: int) -> Floats:
        """Return figures of one run for the nth input.

        Parameters
        ----------
        seed, run, nth : int
            What is drawn hangs on these alone: more runs, or more inputs after it, change nothing.
        count : int
        """
        rng = np.random.default_rng([seed, run, nth])
        of = next(one for name in DISTRIBUTIONS if (one := getattr(self, name)) is not None)
        figures: Floats = np.clip(of.drawn(rng, count), self.least, self.most)
        return figures


class Draws(Block):
    """How many runs, and of which seed."""

    runs: Count
    """Runs, each with figures of its own."""
    seed: Seed = 1
    """Seed of what is drawn."""


def series(first: object, last: object, step: object) -> tuple[Any, ...]:
    """Return the figures of a series, with its unit.

    Examples
    --------
    >>> series("60 MVA", "100 MVA", "20 MVA"), series(1, 2, 0.5)
    (('60 MVA', '80 MVA', '100 MVA'), (1.0, 1.5, 2.0))
    """
    found = [FIGURE.fullmatch(str(each)) for each in (first, last, step)]
    figures = [float(each[1]) for each in found if each is not None]
    units = {each[2] for each in found if each is not None}
    rises = len(figures) == 3 and len(units) == 1 and figures[2] != 0 and (figures[1] - figures[0]) / figures[2] >= 0
    if not rises:
        rule = Words(f"从 {first} 到 {last}、步长 {step} 不成序列", f"from {first} to {last} by {step} is no series")
        remedy = Words("三项用同一单位，步长朝向末值", "Write all three in one unit, and a step that leads to the last")
        raise UnreadableError(rule, remedy)
    count = int(np.floor((figures[1] - figures[0]) / figures[2] + 1e-9)) + 1
    values = [round(figures[0] + k * figures[2], 12) for k in range(count)]
    unit = units.pop()
    return tuple(f"{value:.12g} {unit}" for value in values) if unit else tuple(values)

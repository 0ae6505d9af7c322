"""Instances others have published, and a generator, as cases: what the engine is measured on.

An agent or a facility is a floor with one capacity, a job or a customer a project that must be placed, a cost points
lost, an opening cost what opening that floor costs. No geometry, no files but the instance, nothing of solvers.

A file is a header of sizes and blocks of numbers. Its format is told by how many numbers the header asks for and,
between formats of as many, by where lines end; a file that fits two formats even so is not guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import DataError, Fault
from planner.words import Words

Floats = NDArray[np.float64]
Block = tuple[str, int, int]
"""Name, rows and columns of one block of numbers."""
OPTIONS_PER_PROJECT = 50
"""Options of each project of the random instance."""
OBJECTIVES = ("investment", "output", "tax")
"""Goals that stand for the objectives of an instance with several."""
LARGEST = 10**7
"""The largest size a header may say."""


@dataclass(frozen=True, slots=True)
class Format:
    """A published format: who uses it, sizes in its header, its blocks; whether the optimum may stand at the end."""

    words: Words
    head: int
    blocks: Callable[..., tuple[Block, ...]]
    optimum: bool = False


FORMATS: Mapping[str, Format] = {
    "gap": Format(
        Words("广义指派（OR-Library）", "generalised assignment (OR-Library)"), 2,
        lambda m, n: (("cost", m, n), ("weight", m, n), ("capacity", 1, m)),
    ),
    "pairs": Format(
        Words("单源选址（Holmberg、Yang）", "single-source location (Holmberg, Yang)"), 2,
        lambda i, j: (("capacity fixed", i, 2), ("demand", 1, j), ("cost", i, j)), optimum=True,
    ),
    "rows": Format(
        Words("单源选址（OR-Datasets）", "single-source location (OR-Datasets)"), 2,
        lambda i, j: (("capacity", 1, i), ("fixed", 1, i), ("demand", 1, j), ("costs", j, i)),
    ),
    "cap": Format(
        Words("仓库选址（OR-Library）", "warehouse location (OR-Library)"), 2,
        lambda i, j: (("capacity fixed", i, 2), ("demand costs", j, 1 + i)),
    ),
    "tbed": Format(
        Words("设施选址（Avella、Boccia）", "facility location (Avella and Boccia)"), 2,
        lambda i, j: (("demand", 1, j), ("capacity", 1, i), ("fixed", 1, i), ("cost", i, j)), optimum=True,
    ),
    "diaz": Format(
        Words("单源选址（Díaz、Fernández）", "single-source location (Diaz and Fernandez)"), 2,
        lambda j, i: (("costs", j, i), ("demand", 1, j), ("fixed", 1, i), ("capacity", 1, i)),
    ),
    "knapsack": Format(
        Words("多目标背包（vOptLib）", "knapsack with several objectives (vOptLib)"), 3,
        lambda n, p, k: (("gain", p, n), ("weight", k, n), ("capacity", 1, k)),
    ),
}  # fmt: skip
"""What is read, by name, as the libraries' own notes and readers define it. Of m agents and n jobs; of i facilities and
j customers, ``cost`` with a row for a facility, ``costs`` with one for a customer, of serving all it asks for; of n
items, p objectives and k constraints."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One published instance.

    Attributes
    ----------
    name : str
        Of the file, with a number where it holds several.
    form : str
        Of `FORMATS`.
    places, projects : int
    sign : float
        Of its own value in points: −1 for costs, 1 for gains.
    optimum : float or None
        Where the file says it.
    case : Case
    """

    name: str
    form: str
    places: int
    projects: int
    sign: float
    optimum: float | None
    case: Case


def instances(path: Path, form: str = "", *, maximise: bool = False) -> list[Instance]:
    """Return the instances a file holds.

    Parameters
    ----------
    path : Path
        Numbers parted by spaces; from ``#`` on a line is a remark. One file of ``gap`` may hold several, led by how
        many they are.
    form : str
        Of `FORMATS`; as the file tells where not given.
    maximise : bool
        Whether ``gap`` is of gains, as the literature takes gap1 to gap12, and not of costs: files do not say.

    Returns
    -------
    list of Instance

    Raises
    ------
    DataError
        The file cannot be read, fits no format, or fits several; there is no such format.
    """
    if form and form not in FORMATS:
        known = ", ".join(FORMATS)
        rule = Words(f"没有格式 {form}", f"there is no format {form!r}")
        raise DataError(Fault("--format", "", rule, Words(f"可用：{known}", f"Formats: {known}")))
    numbers = _numbers(path)
    wanted = (form,) if form else tuple(FORMATS)
    found = [fit for name in wanted if (fit := _fit(numbers, name)) is not None and fit.whole]
    if not found and "gap" in wanted and (several := _several(numbers)):
        return [_instance(f"{path.name} {k}", fit, maximise) for k, fit in enumerate(several, 1)]
    if len(found) > 1:
        found = [fit for fit in found if fit.by_line] or [fit for fit in found if fit.in_lines] or found
    if len(found) != 1:
        raise _unfit(numbers, wanted, [fit.form for fit in found])
    return [_instance(path.name, found[0], maximise)]


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Every number of a file, and after how many of them a line ends."""

    path: Path
    values: Floats
    ends: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A file, or the part of it from `at` on, read by one format."""

    numbers: _Numbers
    form: str
    at: int
    sizes: tuple[int, ...]
    blocks: tuple[Block, ...]

    @property
    def end(self) -> int:
        return self.at + len(self.sizes) + sum(rows * columns for _, rows, columns in self.blocks)

    @property
    def whole(self) -> bool:
        """Whether nothing is left of the file, but for an optimum."""
        return len(self.numbers.values) - self.end in ((0, 1) if FORMATS[self.form].optimum else (0,))

    @property
    def optimum(self) -> float | None:
        says = FORMATS[self.form].optimum and len(self.numbers.values) > self.end
        return float(self.numbers.values[self.end]) if says else None

    @property
    def row_ends(self) -> frozenset[int]:
        """After how many numbers the header and each row of a block end."""
        steps = [self.at + len(self.sizes), *(columns for _, rows, columns in self.blocks for _ in range(rows))]
        return frozenset(np.cumsum(steps).tolist())

    @property
    def in_lines(self) -> bool:
        """Whether every row ends with a line."""
        return self.row_ends <= self.numbers.ends

    @property
    def by_line(self) -> bool:
        """Whether every row is a line."""
        return self.row_ends == {end for end in self.numbers.ends if 0 < end <= self.end}

    @property
    def tables(self) -> dict[str, Floats]:
        """The blocks by name."""
        found, at = {}, self.at + len(self.sizes)
        for name, rows, columns in self.blocks:
            found[name] = self.numbers.values[at : at + rows * columns].reshape(rows, columns)
            at += rows * columns
        return found


def _fit(numbers: _Numbers, form: str, at: int = 0) -> _Fit | None:
    """Return a file read by a format; None where the header says no sizes, or the file ends early."""
    head = numbers.values[at : at + FORMATS[form].head]
    if len(head) < FORMATS[form].head or not _are_sizes(head):
        return None
    sizes = tuple(map(int, head))
    fit = _Fit(numbers, form, at, sizes, FORMATS[form].blocks(*sizes))
    return fit if fit.end <= len(numbers.values) else None


def _several(numbers: _Numbers) -> list[_Fit]:
    """Return the generalised assignments of a file that says first how many they are; none where it does not."""
    found: list[_Fit] = []
    at = 1
    while (fit := _fit(numbers, "gap", at)) is not None:
        found.append(fit)
        at = fit.end
    return found if found and at == len(numbers.values) and len(found) == numbers.values[0] else []


def _instance(name: str, fit: _Fit, maximise: bool) -> Instance:
    """Return the instance of a file."""
    of = fit.tables
    if fit.form == "knapsack":
        return Instance(name, fit.form, fit.sizes[2], fit.sizes[0], 1.0, None, _knapsack(fit.numbers.path, of))
    sign = 1.0 if maximise and fit.form == "gap" else -1.0
    capacity, fixed = of["capacity fixed"].T if "capacity fixed" in of else (of["capacity"][0], of.get("fixed"))
    if "demand costs" in of:
        demand, costs = of["demand costs"][:, 0], of["demand costs"][:, 1:].T
    else:
        costs = of["cost"] if "cost" in of else of["costs"].T
        demand = of["demand"][0] if "demand" in of else np.zeros(costs.shape[1])
    weights = of.get("weight", np.broadcast_to(demand, costs.shape))
    if min(weights.min(), capacity.min()) < 0:
        rule = Words("有小于 0 的需求或容量", "holds a demand or a capacity below 0")
        raise DataError(Fault(str(fit.numbers.path), "", rule, Words("请检查格式", "Check its format")))
    opening = np.zeros(len(capacity)) if fixed is None else np.ravel(fixed)
    case = _assignment(sign * costs, weights, capacity, opening)
    return Instance(name, fit.form, costs.shape[0], costs.shape[1], sign, fit.optimum, case)


def _knapsack(path: Path, of: Mapping[str, Floats]) -> Case:
    """Return the case of a knapsack: items are projects with one option, constraints floors, objectives goals."""
    gains, weights, capacity = of["gain"], of["weight"], of["capacity"][0]
    objectives, items = gains.shape
    if objectives > len(OBJECTIVES):
        rule = Words(f"有 {objectives} 个目标", f"has {objectives} objectives")
        raise DataError(Fault(str(path), "", rule, Words("至多 3 个", "At most 3 are read")))
    names, keys = _names("I", items), _names("K", len(capacity))
    return Case.from_tables(
        pd.DataFrame({"project": names, "site": names, **dict(zip(OBJECTIVES, gains, strict=False))}),
        pd.DataFrame(
            {
                "option": np.tile(np.arange(items), len(capacity)),
                "kind": "floor",
                "key": np.repeat(keys, items),
                "amount": weights.ravel(),
            }
        ),
        pd.DataFrame({"kind": "floor", "key": keys, "at_most": capacity}),
    )


def random_case(options: int, seed: int) -> Case:
    """Return the random instance of a size and seed: projects of 50 options each, spaces with 70 % of the room asked.

    Everything is drawn in one fixed order, so that a size and a seed name one instance anywhere.

    Parameters
    ----------
    options : int
        Number of options, a multiple of 50.
    seed : int

    Raises
    ------
    DataError
        The number is not a multiple of 50.

    Examples
    --------
    >>> case = random_case(100, 0)
    >>> len(case.options), len(case.projects), len(case.limits)
    (100, 2, 50)
    """
    if options < OPTIONS_PER_PROJECT or options % OPTIONS_PER_PROJECT:
        rule = Words(f"--random 应为 {OPTIONS_PER_PROJECT} 的倍数，现为 {options}",
                     f"must be a multiple of {OPTIONS_PER_PROJECT}; found {options}")  # fmt: skip
        near = max(round(options / OPTIONS_PER_PROJECT), 1) * OPTIONS_PER_PROJECT
        raise DataError(Fault("--random", "", rule, Words(f"例如 {near}", f"Write for example {near}")))
    rng = np.random.default_rng(seed)
    projects = options // OPTIONS_PER_PROJECT
    spaces = max(OPTIONS_PER_PROJECT, projects // 4)
    project = np.repeat(np.arange(projects), OPTIONS_PER_PROJECT)
    space = rng.integers(0, spaces, options)
    points = rng.random(options)
    use = rng.uniform(1, 10, options)
    capacity = np.full(spaces, 0.7 * use.sum() / OPTIONS_PER_PROJECT / spaces)
    names, keys = _names("P", projects), _names("S", spaces)
    return Case.from_tables(
        pd.DataFrame({"project": names[project], "site": keys[space], "given": points}),
        pd.DataFrame({"option": np.arange(options), "kind": "floor", "key": keys[space], "amount": use}),
        pd.DataFrame({"kind": "floor", "key": keys, "at_most": capacity}),
    )


def _assignment(points: Floats, weights: Floats, capacity: Floats, opening: Floats) -> Case:
    """Return the case of assigning every job to one agent; points and weights of shape (n_agents, n_jobs)."""
    agents, jobs = _names("A", points.shape[0]), _names("J", points.shape[1])
    job, agent = np.nonzero((weights <= capacity[:, None]).T)  # a job heavier than an agent bears is no option there
    options = pd.DataFrame({"project": jobs[job], "site": agents[agent], "given": points[agent, job]})
    uses = pd.DataFrame(
        {"option": np.arange(len(job)), "kind": "floor", "key": agents[agent], "amount": weights[agent, job]}
    )
    limits = pd.DataFrame({"kind": "floor", "key": agents, "at_most": capacity, "opening_points": opening})
    parts = pd.DataFrame({"project": jobs}, index=pd.Index(jobs + "/main", name="part", dtype=object))
    return Case.from_tables(options, uses, limits, parts=parts, must_place=True)


def _names(letter: str, count: int) -> NDArray[np.object_]:
    """Return identifiers that sort in the order of the file."""
    wide = len(str(count))
    return np.array([f"{letter}{k + 1:0{wide}d}" for k in range(count)], dtype=object)


def _numbers(path: Path) -> _Numbers:
    """Return every number of a file.

    Raises
    ------
    DataError
        The file cannot be read, or holds something else.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        rule = Words(f"文件无法读取：{error}", f"cannot be read: {error}")
        raise DataError(Fault(str(path), "", rule, Words("请检查路径", "Check the path"))) from error
    values: list[float] = []
    ends = set()
    for number, line in enumerate(lines, 1):
        for word in line.split("#")[0].split():
            try:
                values.append(float(word))
            except ValueError:
                values.append(np.nan)
            if not np.isfinite(values[-1]):
                raise _no_number(path, number, word)
        ends.add(len(values))
    return _Numbers(path, np.array(values), frozenset(ends))


def _no_number(path: Path, line: int, word: str) -> DataError:
    rule = Words(f"第 {line} 行的“{word}”不是数字", f"holds {word!r} on line {line}, which is no number")
    remedy = Words("请检查格式", "Check its format")
    if word == "capacity":  # capa, capb and capc of the OR-Library stand for four instances each
        remedy = Words("换成四个算例之一的容量", "Put the capacity of one of its four instances in its place")
    return DataError(Fault(str(path), "", rule, remedy))


def _unfit(numbers: _Numbers, wanted: tuple[str, ...], found: list[str]) -> DataError:
    """Return the fault of a file that fits several formats, or none."""
    count = len(numbers.values)
    if found:
        rule = Words(f"同时符合多种格式：{'、'.join(found)}", f"fits several formats: {', '.join(found)}")
        remedy = Words(f"用 --format 指明，如 {found[0]}", f"Say which: --format {found[0]}")
        return DataError(Fault(str(numbers.path), "", rule, remedy))
    asked = ", ".join(dict.fromkeys(f"{name} {said}" for name in wanted for said in _counts(numbers, name)))
    first = " ".join(f"{size:g}" for size in numbers.values[:3])
    rule = Words(
        f"有 {count} 个数字，以“{first}”开头，不符合任何格式（{asked or '无'}）",
        f"holds {count} numbers that begin with {first!r}, and fits no format ({asked or 'none'})",
    )
    known = ", ".join(FORMATS)
    return DataError(Fault(str(numbers.path), "", rule, Words(f"可读格式：{known}", f"Formats that are read: {known}")))


def _counts(numbers: _Numbers, form: str) -> Iterator[int]:
    """Yield how many numbers a file of a format would hold by its header, where that says sizes."""
    head = numbers.values[: FORMATS[form].head]
    if len(head) == FORMATS[form].head and _are_sizes(head):
        yield len(head) + sum(rows * columns for _, rows, columns in FORMATS[form].blocks(*map(int, head)))


def _are_sizes(head: Floats) -> bool:
    return all(size.is_integer() and 1 <= size <= LARGEST for size in head.tolist())

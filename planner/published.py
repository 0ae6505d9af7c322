"""Instances others have published, and a generator, as cases: what the engine is measured on.

An agent or a facility is a floor with one capacity, a job or a customer a project that must be placed, a cost points
lost, an opening cost what opening that floor costs. No geometry, no files but the instance, nothing of solvers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.case import Case
from planner.errors import DataError, Fault
from planner.words import Words

Floats = NDArray[np.float64]
OPTIONS_PER_PROJECT = 50
"""Options of each project of the random instance."""


def gap_case(path: Path, name: str = "") -> Case:
    """Return a generalised assignment instance of the OR-Library: every job to one agent, at least cost.

    Parameters
    ----------
    path : Path
        ``m n``, m rows of n costs, m rows of n weights, m capacities; or a number of such instances one after another,
        led by how many they are. Line breaks mean nothing.
    name : str
        Which of several instances, counted from 1; the first by default.

    Returns
    -------
    Case
        Points are costs with the sign turned.

    Raises
    ------
    DataError
        Not such a file, or no instance of that name.
    """
    numbers = _numbers(path)
    instances = _gap_instances(numbers)
    if not instances:
        raise _not_this(path, "m n, m × n 成本, m × n 权重, m 容量", "m n, m × n costs, m × n weights, m capacities")
    known = {str(k + 1): instance for k, instance in enumerate(instances)}
    wanted = name or "1"
    if wanted not in known:
        rule = Words(f"文件中没有算例 {wanted}", f"holds no instance {wanted}")
        remedy = Words(f"可用：1–{len(known)}", f"Its instances are 1 to {len(known)}")
        raise DataError(Fault(str(path), "", rule, remedy))
    costs, weights, capacity = known[wanted]
    return _assignment(costs, weights, capacity, np.zeros(len(capacity)))


def _gap_instances(numbers: Floats) -> list[tuple[Floats, Floats, Floats]]:
    """Return (costs, weights, capacities) of each instance; none where the count of numbers is wrong."""
    for start in (0, 1):  # with or without the number of instances in front
        found, at = [], start
        while len(numbers) >= at + 2:
            m, n = int(numbers[at]), int(numbers[at + 1])
            end = at + 2 + 2 * m * n + m
            if m < 1 or n < 1 or end > len(numbers):
                break
            body = numbers[at + 2 : end]
            found.append((body[: m * n].reshape(m, n), body[m * n : 2 * m * n].reshape(m, n), body[2 * m * n :]))
            at = end
        if found and at == len(numbers) and len(found) == (1 if start == 0 else numbers[0]):
            return found
    return []


def sscflp_case(path: Path) -> Case:
    """Return a single-source capacitated facility location instance in Holmberg's format.

    Parameters
    ----------
    path : Path
        ``I J``, I capacities, I fixed costs, J demands, J rows of I costs of serving all of j from i.

    Returns
    -------
    Case
        Points are costs with the sign turned; opening a facility costs its fixed cost.

    Raises
    ------
    DataError
        Not such a file.
    """
    numbers = _numbers(path)
    facilities, customers = (int(number) for number in numbers[:2]) if len(numbers) > 2 else (0, 0)
    if facilities < 1 or customers < 1 or len(numbers) != 2 + 2 * facilities + customers + facilities * customers:
        raise _not_this(
            path, "I J、容量、固定成本、需求、J × I 成本", "I J, capacities, fixed costs, demands, J × I costs"
        )
    capacity, fixed, demand, costs = np.split(numbers[2:], np.cumsum([facilities, facilities, customers]), axis=0)
    weights = np.broadcast_to(demand, (facilities, customers))
    return _assignment(costs.reshape(customers, facilities).T, weights, capacity, fixed)


OBJECTIVES = ("investment", "output", "tax")
"""Goals that stand for the objectives of an instance with several."""


def knapsack_case(path: Path) -> Case:
    """Return a knapsack instance with two or three objectives, as vOptLib keeps them.

    Parameters
    ----------
    path : Path
        N items, P objectives, K constraints, P rows of N gains, K rows of N weights, K capacities; lines with ``#`` are
        remarks.

    Returns
    -------
    Case
        An item is a project with one option, a constraint a floor; objectives are the goals of `OBJECTIVES`, in order.

    Raises
    ------
    DataError
        Not such a file.
    """
    numbers = _numbers(path, remark="#")
    items, objectives, constraints = (int(number) for number in numbers[:3]) if len(numbers) > 3 else (0, 0, 0)
    size = 3 + objectives * items + constraints * items + constraints
    if min(items, objectives, constraints) < 1 or objectives > len(OBJECTIVES) or len(numbers) != size:
        raise _not_this(
            path, "N P K、P × N 收益、K × N 重量、K 容量", "N P K, P × N gains, K × N weights, K capacities"
        )
    gains, weights, capacity = np.split(numbers[3:], np.cumsum([objectives * items, constraints * items]))
    names, keys = _names("I", items), _names("K", constraints)
    options = dict(zip(OBJECTIVES, gains.reshape(objectives, items), strict=False))
    return Case.from_tables(
        pd.DataFrame({"project": names, "site": names, **options}),
        pd.DataFrame(
            {
                "option": np.tile(np.arange(items), constraints),
                "kind": "floor",
                "key": np.repeat(keys, items),
                "amount": weights,
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
        rule = Words(f"--options 应为 {OPTIONS_PER_PROJECT} 的倍数，现为 {options}",
                     f"must be a multiple of {OPTIONS_PER_PROJECT}; found {options}")  # fmt: skip
        near = max(round(options / OPTIONS_PER_PROJECT), 1) * OPTIONS_PER_PROJECT
        raise DataError(Fault("--options", "", rule, Words(f"例如 {near}", f"Write for example {near}")))
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


def _assignment(costs: Floats, weights: Floats, capacity: Floats, opening: Floats) -> Case:
    """Return the case of assigning every job to one agent; costs and weights of shape (n_agents, n_jobs)."""
    agents, jobs = _names("A", costs.shape[0]), _names("J", costs.shape[1])
    job, agent = np.nonzero((weights <= capacity[:, None]).T)  # a job heavier than an agent bears is no option there
    options = pd.DataFrame({"project": jobs[job], "site": agents[agent], "given": -costs[agent, job]})
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


def _numbers(path: Path, remark: str = "\n") -> Floats:
    """Return every number of a file; from the sign of a remark on, a line is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        rule = Words(f"文件无法读取：{error}", f"cannot be read: {error}")
        raise DataError(Fault(str(path), "", rule, Words("请检查路径", "Check the path"))) from error
    try:
        numbers = np.array([float(word) for line in lines for word in line.split(remark)[0].split()])
    except ValueError as error:
        raise _not_this(path, "数字", "numbers only") from error
    if not np.isfinite(numbers).all():
        raise _not_this(path, "有限的数字", "finite numbers only")
    return numbers


def _not_this(path: Path, zh: str, en: str) -> DataError:
    rule = Words(f"内容应为：{zh}", f"must hold: {en}")
    return DataError(Fault(str(path), "", rule, Words("请检查格式", "Check its format")))

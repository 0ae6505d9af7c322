"""Published instances reach their published optimum through the planner's own rules and engine."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from planner.case import Case
from planner.errors import DataError
from planner.model import formulate
from planner.published import FORMATS, instances, random_case
from planner.solve import core, solve
from planner.solve.other import NO_EFFORT, solve_by

BENCH = Path(__file__).resolve().parents[2] / "shared" / "bench"
ABSENT = f"the published instances are not at {BENCH}"
needs_bench = pytest.mark.skipif(not BENCH.is_dir(), reason=ABSENT)

TWO_BY_THREE = """\
2 3
 1 2 3
 4 1 1
 2 2 2
 2 2 9
 4 4
"""
"""Agents of 4 each; every job weighs 2, but the third weighs 9 for the second agent. Costs 1 2 3 and 4 1 1.

The third job only fits agent 1 (3), which has room for one more: job 1 (1) there and job 2 with agent 2 (1), 5 in all;
or job 2 there (2) and job 1 with agent 2 (4), 9 in all. The optimum is 5.
"""
SSCFLP = """\
2 3
10 10
5 1
4 4 4
1 9
1 2
1 2
"""
"""Two facilities of 10, opening for 5 and 1; three customers of 4, so that one facility holds two of them.

Both must open (6). Customer 1 costs 1 or 9, the others 1 or 2: one of the others goes to the second, and that is
6 + 1 + 1 + 2 = 10.
"""


def only(path: Path) -> Case:
    """Return the one instance of a file."""
    (instance,) = instances(path)
    return instance.case


def _gap_names() -> list[str]:
    folder = BENCH / "gap" / "cattrysse1994"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _optima() -> dict[str, float]:
    with (BENCH / "gap" / "optima.csv").open(encoding="utf-8") as file:
        return {row["Path"]: float(row["Optimum"]) for row in csv.DictReader(file) if row["Optimum"]}


@pytest.mark.bench
@needs_bench
def test_there_are_sixty_of_cattrysse() -> None:
    assert len(_gap_names()) == 60


@pytest.mark.bench
@pytest.mark.parametrize("name", _gap_names() or [pytest.param("", marks=pytest.mark.skip(reason=ABSENT))])
def test_cattrysse_reaches_the_published_optimum(name: str) -> None:
    plan = solve(only(BENCH / "gap" / "cattrysse1994" / name), gap=0.0, effort=NO_EFFORT, time_limit_s=120)
    assert -plan.summary["score"] == pytest.approx(_optima()[f"cattrysse1994/{name}"], abs=1e-6)
    assert plan.summary["bound"] >= plan.summary["score"] - 1e-6  # no proof below a plan that exists
    assert plan.summary["status"] in ("optimal", "solver_optimal")


@pytest.mark.bench
@needs_bench
@pytest.mark.parametrize("name", ["a05100", "a10200", "a20200"])
def test_chu_reaches_the_published_optimum_by_its_core(name: str) -> None:
    plan = solve(only(BENCH / "gap" / "chu1997" / name), gap=0.0, effort=NO_EFFORT, time_limit_s=120)
    assert -plan.summary["score"] == pytest.approx(_optima()[f"chu1997/{name}"], abs=1e-6)
    assert plan.summary["gap"] < 1e-3  # prices of packings; those of the relaxation alone do as well on these


@pytest.mark.bench
@needs_bench
@pytest.mark.parametrize("number", sorted(np.random.default_rng(2).choice(np.arange(1, 25), 5, replace=False).tolist()))
def test_holmberg_reaches_the_published_optimum(number: int) -> None:
    """A seeded slice of the first 24, which are quick."""
    folder = BENCH / "sscflp_holmberg"
    optimum = float((folder / "os").read_text(encoding="utf-8").split()[number - 1])
    plan = solve(only(folder / f"p{number}"), gap=0.0, effort=NO_EFFORT, time_limit_s=120)
    assert -plan.summary["score"] == pytest.approx(optimum, abs=1e-6)


def test_gap_on_paper(tmp_path: Path) -> None:
    """**Proves** 5. **Sensitivity**: without capacities 3 (jobs 2 and 3 with agent 2); costs added up as gains 9."""
    (tmp_path / "gap").write_text(TWO_BY_THREE, encoding="utf-8")
    case = only(tmp_path / "gap")
    assert len(case.options) == 5  # job 3 is too heavy for agent 2
    whole = solve(case, gap=0.0, effort=NO_EFFORT, engine="whole")
    for plan in (solve(case, gap=0.0), whole, solve_by(case, "CBC", gap=0.0)):
        assert plan.summary["score"] == pytest.approx(-5)
        assert dict(zip(plan.placements["project"], plan.placements["site"], strict=True)) == {
            "J1": "A1", "J2": "A2", "J3": "A1",
        }  # fmt: skip


def test_by_its_core_on_paper(tmp_path: Path) -> None:
    """**Proves** 5 and 10. **Sensitivity**: an option dropped that is needed makes them more; an opening free, 4."""
    (tmp_path / "gap").write_text(TWO_BY_THREE, encoding="utf-8")
    (tmp_path / "location").write_text(SSCFLP, encoding="utf-8")
    for case, least in ((only(tmp_path / "gap"), 5), (only(tmp_path / "location"), 10)):
        assert core.fits(formulate(case)) is not None
        plan = solve(case, gap=0.0)
        assert -plan.summary["score"] == pytest.approx(least)
        assert plan.summary["solver_gap"] == 0


@pytest.mark.parametrize("seed", range(4))
def test_core_and_whole_agree(tmp_path: Path, seed: int) -> None:
    """A random assignment of 12 jobs to 3 agents, opened at a cost, tight enough that the first core is too small."""
    rng = np.random.default_rng(seed)
    demand, costs = rng.integers(3, 9, 12), rng.integers(5, 25, (12, 3))
    room = np.full(3, int(demand.sum() * 0.4))
    numbers = [[3, 12], room, rng.integers(10, 60, 3), demand, *costs]
    (tmp_path / "location").write_text("\n".join(" ".join(map(str, row)) for row in numbers), encoding="utf-8")
    case = only(tmp_path / "location")
    by_core, whole = solve(case, gap=0.0), solve(case, gap=0.0, effort=NO_EFFORT, engine="whole")
    assert by_core.summary["score"] == pytest.approx(whole.summary["score"])
    assert by_core.summary["score"] <= by_core.summary["bound"]
    assert by_core.summary["solver_gap"] == 0


def test_a_file_of_several_gap_instances_is_read_one_by_one(tmp_path: Path) -> None:
    second = TWO_BY_THREE.replace(" 1 2 3", " 7 2 3", 1)
    (tmp_path / "gaps").write_text("2\n" + TWO_BY_THREE + second, encoding="utf-8")
    found = instances(tmp_path / "gaps")
    assert [(each.name, each.case.options["given"].iloc[0]) for each in found] == [("gaps 1", -1), ("gaps 2", -7)]


def test_gains_are_said_not_guessed(tmp_path: Path) -> None:
    """**Proves**: job 3 with agent 1 (3), job 1 with agent 2 (4), job 2 either way (2): 9. **Sensitivity**: costs 5."""
    (tmp_path / "gap").write_text(TWO_BY_THREE, encoding="utf-8")
    (gains,) = instances(tmp_path / "gap", maximise=True)
    assert (gains.sign, solve(gains.case, gap=0.0).summary["score"]) == (1.0, pytest.approx(9))
    assert instances(tmp_path / "gap")[0].sign == -1.0


def test_sscflp_on_paper(tmp_path: Path) -> None:
    """**Proves** 10. **Sensitivity**: 4 without opening costs; 3 + 5 = 8 where capacity is not kept."""
    (tmp_path / "p").write_text(SSCFLP, encoding="utf-8")
    case = only(tmp_path / "p")
    whole = solve(case, gap=0.0, effort=NO_EFFORT, engine="whole")
    for plan in (solve(case, gap=0.0), whole, solve_by(case, "CBC", gap=0.0)):
        assert plan.summary["score"] == pytest.approx(-10)
        assert sorted(plan.summary["opened"]) == ["A1", "A2"]


ROOM, FIXED, DEMAND = [9, 8, 7], [5, 1, 3], [4, 3, 2, 1, 2]
COSTS = [[1, 9, 2, 7, 3], [4, 2, 8, 1, 6], [5, 3, 1, 2, 9]]
BY_CUSTOMER = list(map(list, zip(*COSTS, strict=True)))
AS_PUBLISHED = {
    "pairs": [[3, 5], *zip(ROOM, FIXED, strict=True), DEMAND, *COSTS],
    "rows": [[3, 5], ROOM, FIXED, DEMAND, *BY_CUSTOMER],
    "cap": [[3, 5], *zip(ROOM, FIXED, strict=True),
            *(row for d, costs in zip(DEMAND, BY_CUSTOMER, strict=True) for row in ([d], costs[:2], costs[2:]))],
    "tbed": [[3, 5], DEMAND, ROOM, FIXED, *COSTS],
    "diaz": [[5, 3], *BY_CUSTOMER, DEMAND, FIXED, ROOM],
}  # fmt: skip
"""One location of three facilities and five customers as each format has it; that of ``cap`` breaks its lines."""


def published(folder: Path, form: str, more: str = "") -> Path:
    """Write the location in a format."""
    rows = (" ".join(map(str, row)) for row in AS_PUBLISHED[form])
    (folder / form).write_text("\n".join(rows) + "\n" + more, encoding="utf-8")
    return folder / form


@pytest.mark.parametrize("form", AS_PUBLISHED)
def test_a_location_is_told_by_its_lines(tmp_path: Path, form: str) -> None:
    """**Proves**: one instance, whichever way it is written. **Sensitivity**: costs the wrong way round differ."""
    (said,) = instances(published(tmp_path, form))
    assert (said.form, said.places, said.projects, said.optimum) == (form, 3, 5, None)
    options, limits = said.case.options, said.case.limits
    assert dict(zip(options["project"] + options["site"], -options["given"], strict=True)) == {
        f"J{j + 1}A{i + 1}": COSTS[i][j] for i in range(3) for j in range(5)
    }
    assert said.case.uses["amount"].tolist() == np.repeat(DEMAND, 3).tolist()
    assert (limits["at_most"].tolist(), limits["opening_points"].tolist()) == (ROOM, FIXED)


@pytest.mark.parametrize("form", ["pairs", "tbed"])
def test_an_optimum_at_the_end_is_read_as_one(tmp_path: Path, form: str) -> None:
    (said,) = instances(published(tmp_path, form, "10\n"))
    assert (said.form, said.optimum) == (form, 10)


def test_rows_that_are_lines_tell_more_than_rows_that_end_with_one(tmp_path: Path) -> None:
    """With two facilities and four customers, rows of 2 end where pairs and rows of 4 would, and more often."""
    (tmp_path / "p").write_text("2 4\n9 9\n5 1\n4 3 2 1\n1 9\n2 7\n3 4\n2 8\n", encoding="utf-8")
    assert [each.form for each in instances(tmp_path / "p")] == ["rows"]


def test_what_fits_several_formats_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "p").write_text(SSCFLP.replace("\n", " "), encoding="utf-8")
    with pytest.raises(DataError, match=r"fits several formats: pairs, rows, cap, tbed.*--format pairs"):
        instances(tmp_path / "p")
    (said,) = instances(tmp_path / "p", "rows")
    assert said.case.uses.equals(_written(tmp_path, SSCFLP).uses)
    with pytest.raises(DataError, match="there is no format 'row'"):
        instances(tmp_path / "p", "row")


def _written(folder: Path, text: str) -> Case:
    (folder / "written").write_text(text, encoding="utf-8")
    return only(folder / "written")


BAD = {
    "": "holds 0 numbers",
    "2 3\n1 1": "holds 4 numbers that begin with '2 3 1', and fits no format .gap 16, pairs 15",
    "2 3\n1 two": "holds 'two' on line 2, which is no number",
    "1 1\n1\n1\nnan": "holds 'nan' on line 4",
    "2 3\ncapacity 5\n": "'capacity' on line 2.* Put the capacity of one of its four instances in its place",
    "0 0": "fits no format .none",
    "2.5 3": "fits no format .none",
    "3\n" + 2 * TWO_BY_THREE: "holds 33 numbers that begin with '3 2 3', and fits no format",
    TWO_BY_THREE.replace("2 2 9", "2 2 -9"): "holds a demand or a capacity below 0",
}


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_no_instance_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "p").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=BAD[text]):
        instances(tmp_path / "p")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        instances(tmp_path / "nowhere")


def test_formats_are_named_in_both_languages() -> None:
    assert all(form.words.zh != form.words.en for form in FORMATS.values())


def test_the_random_instance_is_drawn_as_it_is_written_down() -> None:
    size, seed = 200, 7
    rng = np.random.default_rng(seed)
    space, points, use = rng.integers(0, 50, size), rng.random(size), rng.uniform(1, 10, size)
    case = random_case(size, seed)
    assert case.options["given"].to_numpy() == pytest.approx(points)
    assert [int(key[1:]) - 1 for key in case.uses["key"]] == space.tolist()
    assert case.uses["amount"].to_numpy() == pytest.approx(use)
    assert case.limits["at_most"].to_numpy() == pytest.approx(np.full(50, 0.7 * use.sum() / 50 / 50))
    assert case.options.groupby("project").size().tolist() == [50] * 4
    assert not case.projects["must_place"].any()


def test_the_random_instance_comes_in_fifties() -> None:
    with pytest.raises(DataError, match="multiple of 50"):
        random_case(120, 0)


def test_two_engines_agree_on_a_random_instance() -> None:
    case = random_case(2500, 3)
    whole, auto = solve(case, gap=0.0, effort=NO_EFFORT, engine="whole"), solve(case, gap=0.0)
    assert whole.summary["score"] == pytest.approx(auto.summary["score"], abs=1e-6)
    assert whole.summary["bound"] >= whole.summary["score"] - 1e-9

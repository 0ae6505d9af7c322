"""Which knapsacks to open: rows that help, branches and leaves, and what their prices prove."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from planner.case import Case
from planner.model import formulate
from planner.published import instances
from planner.solve import core, openings, proof, solve
from planner.solve.other import NO_EFFORT

BENCH = Path(__file__).resolve().parents[2] / "shared" / "bench" / "sscflp_holmberg"
needs_bench = pytest.mark.skipif(not BENCH.is_dir(), reason=f"the published instances are not at {BENCH}")


def location(folder: Path, room: list[int], opening: list[int], demand: list[int], costs: NDArray[np.int64]) -> Case:
    """Return a case of customers (a row of costs each) and facilities."""
    rows = [[len(room), len(demand)], room, opening, demand, *costs.tolist()]
    (folder / "location").write_text("\n".join(" ".join(map(str, row)) for row in rows), encoding="utf-8")
    return instances(folder / "location")[0].case


def drawn(folder: Path, seed: int) -> Case:
    """Return 12 customers and 4 facilities of two sizes, of which two or three are enough."""
    rng = np.random.default_rng(seed)
    demand, small = rng.integers(3, 9, 12), int(rng.integers(22, 30))
    room, opening = [small, small, small + 9, small + 9], rng.integers(20, 60, 4)
    return location(folder, room, opening.tolist(), demand.tolist(), rng.integers(5, 25, (12, 4)))


def test_so_much_has_to_be_opened(tmp_path: Path) -> None:
    """Three customers of 4 need 12 of rooms of 10 and 5: 10 u + 5 v ≥ 12, by fives 2 u + v ≥ 3, by tens u + v ≥ 2.

    **Proves** the three rows. **Sensitivity**: not rounded up, by fives 2.4 and by tens 1.2; with what is heaviest
    counted, or a customer that need not be placed, other sums than 12.
    """
    model = formulate(location(tmp_path, [10, 5], [5, 1], [4, 4, 4], np.ones((3, 2), dtype=np.int64)))
    of = core.fits(model)
    assert of is not None
    settled = core.settled(model)
    rows = openings.enough(settled, of)
    more = slice(len(model.lo), None)
    assert rows.A[more][:, rows.columns_of("opened")].toarray().tolist() == [[10, 5], [2, 1], [1, 1]]
    assert rows.A[more].nnz == 6
    assert rows.lo[more].tolist() == [12, 3, 2]
    assert np.isinf(rows.hi[more]).all()
    assert rows.row_keys[more] == [("enough_opened", key) for key in ("room", "of 5", "of 10")]
    free = openings.enough(model, of)  # here nobody has to be placed
    assert free.lo[more].tolist() == [0, 0, 0]


@pytest.mark.parametrize("seed", range(6))
def test_openings_and_whole_agree(tmp_path: Path, seed: int) -> None:
    case = drawn(tmp_path, seed)
    by_openings, whole = solve(case, gap=0.0), solve(case, gap=0.0, effort=NO_EFFORT, engine="whole")
    assert by_openings.summary["score"] == pytest.approx(whole.summary["score"])
    assert by_openings.summary["solver_gap"] == 0
    assert by_openings.proof is not None
    assert by_openings.summary["bound"] == proof.bound(by_openings.proof)
    assert by_openings.summary["score"] <= by_openings.summary["bound"] <= whole.summary["bound"]


@pytest.mark.parametrize("cells", [0, 1, 3])
def test_a_proof_of_fewer_cells_holds_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    """With few cells the bound is higher, never below the best plan."""
    for seed in range(3):
        case = drawn(tmp_path, seed)
        every = solve(case, gap=0.0).summary
        with monkeypatch.context() as patched:
            patched.setattr(openings, "CELLS", cells)
            few = solve(case, gap=0.0)
        assert few.proof is not None
        assert len(few.proof.split_cell) <= cells
        assert few.summary["score"] == every["score"]
        assert few.summary["bound"] >= every["bound"]


def test_where_not_all_find_room_nothing_is_claimed(tmp_path: Path) -> None:
    """Three customers of 4 and two rooms of 6, 12 in all: each holds one."""
    case = location(tmp_path, [6, 6], [5, 1], [4, 4, 4], np.ones((3, 2), dtype=np.int64))
    assert solve(case, gap=0.0).summary["status"] == "infeasible"


def test_an_end_before_the_end_is_told(tmp_path: Path) -> None:
    case = drawn(tmp_path, 1)
    best = solve(case, gap=0.0).summary["score"]
    assert solve(case, gap=0.0, cancelled=lambda: True).summary["status"] == "cancelled"
    said = solve(case, gap=0.0, effort=2).summary
    assert said["status"] in ("effort", "optimal")
    assert said["score"] is None or said["score"] <= best <= said["bound"]


@pytest.mark.bench
@needs_bench
@pytest.mark.parametrize("number", [17, 36])
def test_holmberg_is_proved_by_prices(number: int) -> None:
    """Of those whose relaxation lies 0.5 to 2 % from the optimum; what the solver claims, prices prove to 0.01 %."""
    optimum = float((BENCH / "os").read_text(encoding="utf-8").split()[number - 1])
    said = solve(instances(BENCH / f"p{number}")[0].case, gap=0.0, effort=NO_EFFORT, time_limit_s=120).summary
    assert -said["score"] == pytest.approx(optimum, abs=1e-6)
    assert said["solver_gap"] == 0
    assert said["gap"] <= 1e-4

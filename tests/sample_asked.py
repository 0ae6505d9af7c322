"""What the sample plan was asked, found and proved: projects with a chain, findings, a proof, faults (for maps)."""

from __future__ import annotations

import dataclasses

import folium
import numpy as np
import pandas as pd
from sample_plan import sample_plan, sample_territory

from planner import maps
from planner.errors import Fault
from planner.plan import Plan
from planner.projects import Projects
from planner.proofs import Proof
from planner.territory import Territory
from planner.words import Words


def sample_projects(plan: Plan) -> Projects:
    """Return the projects of a sample plan: P-001 (same park) and P-008 (another park) supply P-000."""
    placed = plan.placements[["project", "name", "firm"]]
    left = plan.left_out[["project", "name"]].assign(firm=[f"落选单位{k}" for k in range(len(plan.left_out))])
    projects = pd.concat([placed, left]).set_index("project")
    projects["supplies"] = [("P-000",) if name in ("P-001", "P-008") else () for name in projects.index]
    return Projects(projects, pd.DataFrame())


def with_findings(plan: Plan) -> Plan:
    """Return a sample plan with the audit's findings: tests of each part, one broken, and power of YL in 2026."""
    rows = [
        row
        for part in plan.placements["part"]
        for row in (
            {"rule": "available", "key": part, "asked": "free", "found": "free", "unit": "", "kept": True},
            {"rule": "floor_load", "key": part, "asked": "≥ 10000", "found": "36786.705", "unit": "kN/m²",
             "kept": part != "P-006/main"},
        )
    ]  # fmt: skip
    power = {"rule": "power", "key": "YL 2026", "asked": "≤ 60000", "found": "45000", "unit": "kVA", "kept": True}
    return dataclasses.replace(plan, findings=pd.DataFrame([*rows, power]))


def sample_proof(points: list[float], rows: list[tuple[str, list[int], list[float], float]]) -> Proof:
    """Return a proof of columns worth `points` and rows of name, columns, coefficients and price."""
    whole = np.zeros(0, np.int64)
    lengths = [len(columns) for _, columns, _, _ in rows]
    return Proof(
        c0=0.0, c=np.array(points), lower=np.zeros(len(points)), upper=np.ones(len(points)),
        integer=np.ones(len(points), bool), lo=np.full(len(rows), -np.inf), hi=np.ones(len(rows)),
        prices=np.array([price for *_, price in rows]),
        data=np.concatenate([np.array(values, float) for _, _, values, _ in rows]),
        indices=np.concatenate([np.array(columns, np.int32) for _, columns, _, _ in rows]),
        indptr=np.cumsum([0, *lengths]).astype(np.int32),
        rows=np.array([name for name, *_ in rows]), columns=np.array([f"place {k}" for k in range(len(points))]),
        block=np.full(len(points), -1), split_cell=whole, split_row=whole, split_begin=np.zeros(1, np.int64),
        split_columns=whole, cell_prices=np.zeros((0, len(rows))), known=np.zeros((1, 0)), within=np.zeros((1, 0)),
        within_begin=whole,
    )  # fmt: skip


def priced(plan: Plan, land: Territory) -> Plan:
    """Return a sample plan with a proof: its first twelve parcels at 0, 1, 2 … points a hectare (of 4 ha each)."""
    names = [str(name) for name in land.parcels.index[:12]]
    rows = [(f"parcel_used_once {name}", [k], [1.0], 0.0) for k, name in enumerate(names)]
    return dataclasses.replace(plan, proof=sample_proof([4.0 * k for k in range(len(names))], rows))


def sample_faults() -> tuple[Fault, ...]:
    """Return faults of two parcels, of a floor, of a spot, and of a table that lies nowhere."""
    return (
        Fault("parcels", "far_max", Words("容积率可疑", "doubtful FAR"), Words("请核对", "Check it"),
              ("样板-000", "样板-003"), fatal=False),
        Fault("parcels", "geometry", Words("相互重叠", "overlap"), Words("请修边界", "Mend the border"),
              ("样板-000",)),
        Fault("floors", "area_m2", Words("面积过大", "too large"), Words("", ""), ("B01-F01",), fatal=False),
        Fault("parks", "geometry", Words("此处有缝", "a gap here"), Words("", ""), (), fatal=False,
              spots=((485100.0, 2512100.0),)),
        Fault("projects.csv", "tier", Words("级别不明", "unknown tier"), Words("", ""), ("P-1",), fatal=False),
    )  # fmt: skip


def sample_map() -> folium.Map:
    """Return the map of the sample plan with all that may stand on one: findings, a proof, a chain, faults."""
    land = sample_territory()
    plan = priced(with_findings(sample_plan(land)), land)
    return maps.draw(plan, land, "zh", projects=sample_projects(plan), faults=sample_faults())

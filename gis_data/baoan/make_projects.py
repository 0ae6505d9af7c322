"""Write `projects.csv`: the invented projects that ask for Bao'an's land and floors.

About 290 projects over the whole taxonomy (11 key domains, "5+1", 20 clusters), in three tiers (10 / 30 /
60 %), with chain leaders and their suppliers and with projects of several parts. They ask for about `DEMAND`
times what the territory offers, for land and for floors each, so that some are outbid; a few (their notes say
so) ask for what no place has. Firms are invented: each name is three syllables of a short list and a trade.
Figures are drawn at random around typical values (per hectare, per square metre) and describe no real firm.

Deterministic: the same tables and layers give the same file. Run it alone, or through `make.py`.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from trades import COLUMNS, HQ, LAB, SYLLABLES, TAILS, TRADES, WET, Cells, kinds_of, stated

HERE = Path(__file__).resolve().parent
TABLES = HERE.parents[1] / "planner" / "tables"
SEED = 20260101
DEMAND = 1.3
LAND_OFFERED_HA, FLOORS_FREE_M2 = 500.0, 1_050_000.0
"""Taken where the territory's own layers are not there yet."""
PLOT_DRAWS, FLOOR_DRAWS = 0.5, 0.9
"""Share of the installed density that a project applies for: large plants have more that never runs at once."""
YEARS = (2026, 2030)
TIER_SHARES = {"战略级": 0.10, "关键性": 0.30, "规模级": 0.60}
TIER_WORTH = {"战略级": 1.5, "关键性": 1.2, "规模级": 1.0}
CHAINS = {"C01": 2, "C02": 2, "C04": 1, "C09": 1, "C10": 1, "C11": 1, "C13": 1, "C15": 2, "C17": 1, "B6": 1}
"""Chain leaders by cluster: one or two, as "一集群一链主" asks."""


@dataclass
class Draft:
    """One project while it is being drawn up: its cells, its parts, what its size and tier are drawn from."""

    cells: Cells
    kind: str
    parts: list[Cells] = field(default_factory=list)
    rank: float = 0.0
    fixed: bool = False  # sizes are stated, not scaled to the demand


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def offered(folder: Path) -> tuple[float, float]:
    """Return land on offer (m²) and free floors (m²) of the territory in `folder`, or the stated totals."""
    parcels, floors = folder / "parcels.csv", folder / "floors.csv"
    land_m2, floor_m2 = LAND_OFFERED_HA * 1e4, FLOORS_FREE_M2
    if parcels.exists() and (folder / "baoan.gpkg").exists():
        shapes = gpd.read_file(folder / "baoan.gpkg", layer="parcels").set_index("parcel_id")
        free = [
            row["parcel_id"]
            for row in read(parcels)
            if row["state"] in ("free", "in_preparation") and row["ready_year"]
        ]
        land_m2 = float(shapes.geometry.area.loc[free].sum())
    if floors.exists():
        floor_m2 = sum(float(row["area_m2"]) - float(row["occupied_m2"] or 0) for row in read(floors))
    return land_m2, floor_m2


def sizes(rng: np.random.Generator, kind: str, far: float, industry_rule: dict[str, str]) -> list[Cells]:
    """Return the parts of a project of one kind, with sizes before they are scaled to the demand."""

    def floor(median_m2: float, spread: float, least: float, most: float) -> float:
        return float(np.clip(median_m2 * np.exp(spread * rng.normal()), least, most))

    def plot(median_ha: float, spread: float, least: float, most: float) -> Cells:
        land_m2 = floor(median_ha, spread, least, most) * 1e4
        gfa_m2 = land_m2 * float(np.clip(far, 0.8, 2.5)) * rng.uniform(0.8, 1.0)
        return {"land_m2": land_m2, "land_max_m2": rng.uniform(1.15, 1.5), "gfa_m2": gfa_m2, "accepts": "P"}

    upstairs = {"part": "main", "accepts": "U", "gfa_m2": floor(5200, 0.62, 800, 16000)}
    low = {"part": "main", "accepts": industry_rule["accepts"] if "L" in industry_rule["accepts"] else "L"}
    low["gfa_m2"] = floor(4800, 0.45, 800, 8000)
    research = {**LAB, "part": "research", "gfa_m2": floor(3000, 0.5, 800, 9000)}
    hq = {**HQ, "part": "hq", "gfa_m2": floor(3400, 0.5, 800, 10000)}
    wet = {**WET, "part": "wet", "gfa_m2": floor(1700, 0.4, 800, 3600)}
    if rng.random() < 0.5:  # the other half goes to the upper floors of a plating block
        wet |= {"accepts": "U", "load_kn_m2": 7.5, "clear_height_m": 4.4}
    if kind in ("plot", "base", "wet3"):
        own = plot(3.5, 0.62, 0.6, 13)
        extra = {"plot": [], "base": [hq], "wet3": [hq, wet]}[kind]
        return [{**own, "part": "production" if extra else "main"}, *extra]
    if kind == "fab":
        return [{**plot(9, 0.3, 5, 14), "part": "main"}]
    if kind == "heavy":
        either = plot(1.0, 0.3, 0.5, 1.6)
        return [
            {
                **either,
                "part": "main",
                "accepts": "P;G",
                "gfa_m2": min(either["gfa_m2"], floor(2400, 0.3, 1200, 3600)),
            }
        ]
    if kind == "ground":
        return [{"part": "main", "accepts": "G", "gfa_m2": floor(2000, 0.25, 800, 3200)}]
    if kind == "mother":
        made = {"part": "production", "accepts": "G" if industry_rule["accepts"] == "P;G" else low["accepts"]}
        made["gfa_m2"] = floor(1600, 0.3, 800, 2800) if made["accepts"] == "G" else low["gfa_m2"] * 0.8
        return [made, research]
    if kind == "wet2":
        return [{**upstairs, "part": "production", "accepts": industry_rule["accepts"]}, wet]
    return [{"low": low, "office": {**upstairs, "gfa_m2": floor(4000, 0.55, 800, 12000)}}.get(kind, upstairs)]


def drafts(rng: np.random.Generator, rules: dict[str, dict[str, str]]) -> list[Draft]:
    """Return all projects with their parts, before tiers, sizes and money are settled."""
    made = [
        Draft({k: v for k, v in given.items() if k != "parts"}, "stated", given["parts"], fixed=True)
        for given in stated()
    ]
    taken = {draft.cells["name"] for draft in made}
    for line in TRADES.splitlines():
        cluster, industry, count, others, firm, products = line.split()
        rule = rules[industry]
        names = products.split(",")
        shares = kinds_of(rule, industry)
        kinds = rng.choice(list(shares), int(count), p=np.array(list(shares.values())) / sum(shares.values()))
        for i, kind in enumerate(kinds):
            tails = rng.permutation(TAILS[kind].split())
            every = [names[(i + k) % len(names)] + str(tail) for k in range(len(names)) for tail in tails]
            name = next(name for name in every if name not in taken)
            taken.add(name)
            cells = {
                "cluster": cluster,
                "industry": industry,
                "secondary_industries": others,
                "firm": firm,
                "name": name,
            }
            parts = sizes(rng, str(kind), float(rule["far_typical"]), rule)
            made.append(Draft(cells, str(kind), parts, rank=float(rng.normal())))
    return made


def settle(
    rng: np.random.Generator, made: list[Draft], rules: dict[str, dict[str, str]], totals: tuple[float, float]
) -> None:
    """Settle names, tiers and sizes, then needs, money, years and chains, in place."""
    order = rng.permutation([a + b + c for a in SYLLABLES[0] for b in SYLLABLES[1] for c in SYLLABLES[2]])
    for draft, syllables in zip(made, order, strict=False):
        draft.cells["firm"] = str(syllables) + draft.cells["firm"]
    _tiers(made)
    _scale(rng, made, *(DEMAND * total for total in totals))
    for draft in made:
        _needs(rng, draft, rules)
        _money(rng, draft)
        _years(rng, draft)
    _chains(rng, made)


def _tiers(made: list[Draft]) -> None:
    """Give each project its tier: the largest for their kind, and some luck, are strategic."""
    drawn = [draft for draft in made if not draft.fixed]
    for draft in drawn:
        usual_m2 = 34000 if any("land_m2" in part for part in draft.parts) else 3600
        draft.rank += 0.9 * np.log(sum(part["gfa_m2"] for part in draft.parts) / usual_m2)
        draft.rank += 1.5 * (draft.kind == "fab")
    drawn.sort(key=lambda draft: -draft.rank)
    given = Counter(draft.cells["tier"] for draft in made if draft.fixed)
    left = [tier for tier, share in TIER_SHARES.items() for _ in range(round(share * len(made)) - given[tier])]
    for i, draft in enumerate(drawn):
        draft.cells["tier"] = left[i] if i < len(left) else "规模级"


def _scale(rng: np.random.Generator, made: list[Draft], land_m2: float, floor_m2: float) -> None:
    """Scale what was drawn so that land and floors asked meet the totals; what is stated stays."""
    parts = [(draft.fixed, part) for draft in made for part in draft.parts]
    plots = [part for fixed, part in parts if not fixed and "land_m2" in part]
    units = [part for fixed, part in parts if not fixed and "land_m2" not in part and part["accepts"].startswith("U")]
    land_left = land_m2 - sum(part["land_m2"] for fixed, part in parts if fixed and "land_m2" in part)
    others = sum(part["gfa_m2"] for _, part in parts if "land_m2" not in part) - sum(part["gfa_m2"] for part in units)
    most_m2 = rng.uniform(9000, 15500, len(units))  # a building has few adjacent free floors
    for _ in range(30):  # clipping moves the total, so a few rounds
        by = land_left / sum(part["land_m2"] for part in plots)
        for part in plots:
            new = float(np.clip(part["land_m2"] * by, 5000, 140000 if part["accepts"] == "P" else 16000))
            if part["accepts"] == "P":
                part["gfa_m2"] *= new / part["land_m2"]
            part["land_m2"] = new
        by = (floor_m2 - others) / sum(part["gfa_m2"] for part in units)
        for part, most in zip(units, most_m2, strict=True):
            part["gfa_m2"] = float(np.clip(part["gfa_m2"] * by, 800, most))
    for part in plots:
        part["land_max_m2"] *= part["land_m2"]
        if part["land_m2"] > 55000:  # large blocks have the lower FAR
            part["gfa_m2"] = min(part["gfa_m2"], 1.9 * part["land_m2"])


def _needs(rng: np.random.Generator, draft: Draft, rules: dict[str, dict[str, str]]) -> None:
    """Fill in needs beyond space; what is left empty is taken from the industry, or not given."""
    for part in draft.parts:
        rule = rules[part.get("part_industry") or draft.cells["industry"]]
        kind = part["accepts"][0]
        special = draft.fixed or part["part"] in ("hq", "research", "wet")
        if not special and kind == "U" and rng.random() < 0.45:
            part["load_kn_m2"] = float(
                rng.choice([5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 10.0], p=[0.1, 0.1, 0.2, 0.24, 0.1, 0.16, 0.06, 0.04])
            )
            part["clear_height_m"] = float(
                rng.choice([3.3, 3.4, 3.5, 3.6, 3.8, 4.2], p=[0.14, 0.3, 0.22, 0.16, 0.12, 0.06])
            )
        if not special and kind in "GL" and rng.random() < 0.4:
            part["load_kn_m2"] = float(
                rng.choice([9.0, 10.0, 11.0, 12.0] if "L" in part["accepts"] else [12.0, 14.0, 15.0, 18.0, 20.0])
            )
            part["clear_height_m"] = float(
                rng.choice([4.5, 4.6, 4.8, 5.0] if "L" in part["accepts"] else [5.2, 5.6, 6.0, 6.4])
            )
        if not special and kind == "P" and rng.random() < 0.3:
            part["far_min"] = round(float(rng.uniform(0.6, 0.9)) * part["gfa_m2"] / part["land_m2"], 1)
        if kind in "UL" and rng.random() < 0.6:
            part["lift_piece_t"] = float(
                rng.choice([0.5, 1.0, 1.5, 2.0, 2.5, 3.0] if kind == "U" else [1.5, 2.0, 3.0, 4.0, 4.5])
            )
            part["lift_flow_t_per_shift"] = float(np.round(part["gfa_m2"] / 1000 * rng.uniform(1, 6)))
        if kind in "GL" and rng.random() < 0.4:
            part["column_grid_m"] = float(rng.choice([8.4, 8.4, 9.0]))  # the least grid of most floors, or the next
        if "power_kva" not in part and rng.random() < 0.92:
            va_m2 = 300 if part["part"] == "wet" else float(rule["power_va_m2"])
            drawn = PLOT_DRAWS if "land_m2" in part else FLOOR_DRAWS
            part["power_kva"] = drawn * part["gfa_m2"] * va_m2 / 1000 * float(np.exp(0.25 * rng.normal()))
        per_m2 = 0.12 if part.get("wet_process") == "yes" else 0.006
        if "water_m3_day" not in part and rng.random() < 0.7:
            part["water_m3_day"] = round(part["gfa_m2"] * per_m2 * float(np.exp(0.4 * rng.normal())), -1) or 10
            part["waste_water_m3_day"] = round(part["water_m3_day"] * float(rng.uniform(0.6, 0.9)))


def _money(rng: np.random.Generator, draft: Draft) -> None:
    """Draw investment, output, tax, jobs and R&D from land (亿元/ha) and floors (万元/m²)."""
    cells = draft.cells
    land_ha = sum(part.get("land_m2", 0) for part in draft.parts) / 1e4
    floor_m2 = sum(part["gfa_m2"] for part in draft.parts if "land_m2" not in part)
    fab = cells["industry"] in ("A03.2", "A02.1")
    worth = TIER_WORTH[cells["tier"]]

    def around(middle: float, spread: float) -> float:
        return middle * float(np.exp(spread * rng.normal()))

    per_ha = around(10.0 if fab else 4.6, 0.2 if fab else 0.35) * worth
    cells["investment_yi"] = round(land_ha * per_ha + floor_m2 / 1e4 * around(0.8, 0.4) * worth, 2)
    output_yi = land_ha * around(7.5 if fab else 5.4, 0.4) * worth + floor_m2 / 1e4 * around(1.7, 0.45) * worth
    cells["output_yi"] = round(output_yi, 2)
    cells["tax_yi"] = round(output_yi * float(np.clip(around(0.082, 0.35), 0.02, 0.2)), 3)
    gfa_m2 = sum(part["gfa_m2"] for part in draft.parts)
    cells["jobs"] = int(round(gfa_m2 / around(140 if fab else 75 if land_ha else 34, 0.3), -1)) or 10
    if rng.random() < 0.9:
        cells["rnd_yi"] = round(output_yi * around(0.055, 0.5), 2)


def _years(rng: np.random.Generator, draft: Draft) -> None:
    """Draw the years wanted; strategic projects want to start early."""
    if "year_first" in draft.cells:
        return
    early = draft.cells["tier"] == "战略级"
    first = int(rng.choice([2026, 2027, 2028], p=[0.6, 0.35, 0.05] if early else [0.4, 0.36, 0.24]))
    draft.cells["year_first"] = first
    draft.cells["year_last"] = min(YEARS[1], first + int(rng.choice([0, 1, 2, 3], p=[0.08, 0.24, 0.36, 0.32])))


def _chains(rng: np.random.Generator, made: list[Draft]) -> None:
    """Put the circuit-board maker at P-017, number all projects, name leaders and their suppliers."""
    made.sort(key=lambda draft: (draft.cells["cluster"] == "B6", draft.cells["cluster"]))
    plated = next(i for i, draft in enumerate(made) if "含电镀" in draft.cells["name"])
    made.insert(16, made.pop(plated))
    for i, draft in enumerate(made):
        draft.cells["project_id"] = f"P-{i + 1:03d}"
    for cluster, count in CHAINS.items():
        members = [draft for draft in made if draft.cells["cluster"] == cluster and not draft.cells.get("note")]
        tiers = list(TIER_SHARES)
        members.sort(key=lambda d: (not d.cells.get("leader"), tiers.index(d.cells["tier"]), -d.cells["investment_yi"]))
        for leader in members[:count]:
            leader.cells["chain_role"] = "链主"
        free = members[count:]
        for leader in members[:count]:
            wanted = [draft for draft in free if draft.cells.get("supplier")]
            wanted += [free[i] for i in rng.permutation(len(free))[: int(rng.integers(3, 7))] if free[i] not in wanted]
            for draft in wanted[:6]:
                draft.cells["chain_role"] = "supplier"
                others = draft.cells.get("supplies")
                draft.cells["supplies"] = ";".join(filter(None, (others, leader.cells["project_id"])))


def written(value: Any, column: str) -> str:
    """Return a cell: areas and power rounded as people give them, nothing for what is not given."""
    if value is None or value == "":
        return ""
    step = {"land_m2": 100, "land_max_m2": 100, "gfa_m2": 50, "power_kva": 10}.get(column)
    if step:
        value = int(round(float(value) / step) * step)
    return f"{value:g}" if isinstance(value, float) else str(value)


def rows_of(made: list[Draft]) -> list[dict[str, str]]:
    """Return one row a part; the project's own columns stand on its first row."""
    rows = []
    for draft in made:
        for i, part in enumerate(draft.parts):
            cells = {**draft.cells, **part} if i == 0 else {"project_id": draft.cells["project_id"], **part}
            rows.append({column: written(cells.get(column), column) for column in COLUMNS})
    return rows


def checked(rows: list[dict[str, str]], industries: set[str]) -> None:
    """Raise `ValueError` with everything that breaks the format of the projects table."""
    heads = {row["project_id"]: row for row in rows if row["name"]}
    faults = [f"{id} has no row with a name" for id in {row["project_id"] for row in rows} - set(heads)]
    counted = Counter((row["project_id"], row["part"]) for row in rows)
    faults += [f"{'/'.join(id)} stands {n} times" for id, n in counted.items() if n > 1]
    faults += [f"name {n} twice" for n, k in Counter(row["name"] for row in heads.values()).items() if k > 1]
    faults += [f"firm {n} twice" for n, k in Counter(row["firm"] for row in heads.values()).items() if k > 1]
    for id, row in heads.items():
        named = [row["industry"], row["cluster"], *filter(None, row["secondary_industries"].split(";"))]
        faults += [f"{id}: unknown industry {name}" for name in named if name not in industries]
        leaders = list(filter(None, row["supplies"].split(";")))
        faults += [f"{id}: supplies {k}, no leader" for k in leaders if heads.get(k, {}).get("chain_role") != "链主"]
        if not YEARS[0] <= int(row["year_first"]) <= int(row["year_last"]) <= YEARS[1]:
            faults.append(f"{id}: years")
    for row in rows:
        id, kinds = f"{row['project_id']}/{row['part']}", set(row["accepts"].split(";"))
        if not kinds <= set("PGLU") or ("P" in kinds and not row["land_m2"]) or (kinds - {"P"} and not row["gfa_m2"]):
            faults.append(f"{id}: accepts {row['accepts']} without its space")
    if faults:
        raise ValueError("\n".join(faults))


def report(made: list[Draft], totals: tuple[float, float]) -> str:
    """Return counts and totals as lines of text."""
    land = [part for draft in made for part in draft.parts if "land_m2" in part]
    units = [part for draft in made for part in draft.parts if "land_m2" not in part]
    land_m2, floor_m2 = sum(part["land_m2"] for part in land), sum(part["gfa_m2"] for part in units)
    accepts = Counter(part["accepts"] for draft in made for part in draft.parts)
    space = {kind: sum(part["gfa_m2"] for part in units if part["accepts"] == kind) for kind in accepts}
    power = sum(part.get("power_kva", 0) for draft in made for part in draft.parts) / 1000
    counts = {
        key: dict(sorted(Counter(draft.cells.get(key, "") for draft in made).items()))
        for key in ("tier", "cluster", "chain_role")
    }
    return "\n".join(
        (
            f"{len(made)} projects, {len(land) + len(units)} parts",
            *(f"{key}: {values}" for key, values in counts.items()),
            f"kind: {dict(Counter(draft.kind for draft in made))}",
            f"accepts: {dict(accepts)}; floors by it (m²): { {k: round(v) for k, v in space.items() if v} }",
            f"land {land_m2 / 1e4:.1f} ha in {len(land)} parts: {land_m2 / totals[0]:.2f} × what is offered",
            f"floors {floor_m2:,.0f} m² in {len(units)} parts: {floor_m2 / totals[1]:.2f} × what is free",
            f"power {power:.0f} MVA where given",
        )
    )


def main(folder: Path = HERE) -> str:
    """Write ``projects.csv`` into `folder` and return a summary."""
    rules = {row["industry_id"]: row for row in read(TABLES / "process_rules.csv")}
    industries = {row["industry_id"] for row in read(TABLES / "industries.csv")}
    rng = np.random.default_rng(SEED)
    totals = offered(folder)
    made = drafts(rng, rules)
    settle(rng, made, rules, totals)
    rows = rows_of(made)
    checked(rows, industries)
    with (folder / "projects.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return report(made, totals)


if __name__ == "__main__":
    print(main())

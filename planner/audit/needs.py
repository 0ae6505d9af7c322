"""What every part needs: its own word, else what the process rules say of its industry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planner.audit.ground import Record, given, listed, number, records, yes
from planner.projects import Projects

LAND_MAX_FACTOR = 1.3
"""Most land a part takes, as a multiple of the least, where only the least is given."""
EVERY = "*"


@dataclass(frozen=True)
class Needs:
    """What one part asks for; None or empty where neither project nor industry says.

    Attributes
    ----------
    part, project, tier, industry : str
    siblings : int
        Parts of its project, itself included.
    first, last : int
        Years it may start in.
    accepts : tuple of str
        P own plot, G ground floor, L floors 1–3, U any floor.
    land_m2, land_max_m2, gfa_m2, clear_height_m, load_kn_m2, power_kva : float or None
    column_grid_m, lift_piece_t, protective_distance_m, rent_max_cny_m2_month : float or None
    net_m2, usable_ratio : float or None
        A net need (套内), and the share of floor space that is usually net; of it alone follows ``gfa_m2``.
    space_m2 : float
        Floor space asked for; of land alone by the least FAR, else by the industry's typical one.
    fire_class, vibration_class : str
    wet_process : bool
    land_classes : tuple of str
    water_m3_day, waste_water_m3_day, gas_m3_day, lift_flow_t_per_shift : float or None
    buildings_max : int
        Most buildings its floors may be spread over.
    share_min : float or None
        Least share of a divisible part at one site; None for a part that is not divisible.
    """

    part: str
    project: str
    tier: str
    industry: str
    siblings: int
    first: int
    last: int
    accepts: tuple[str, ...]
    land_m2: float | None
    land_max_m2: float | None
    gfa_m2: float | None
    net_m2: float | None
    usable_ratio: float | None
    space_m2: float
    clear_height_m: float | None
    load_kn_m2: float | None
    power_kva: float | None
    column_grid_m: float | None
    lift_piece_t: float | None
    protective_distance_m: float | None
    rent_max_cny_m2_month: float | None
    fire_class: str
    vibration_class: str
    wet_process: bool
    land_classes: tuple[str, ...]
    water_m3_day: float | None
    waste_water_m3_day: float | None
    gas_m3_day: float | None
    lift_flow_t_per_shift: float | None
    buildings_max: int
    share_min: float | None


def first_parts(needs: Mapping[str, Needs]) -> dict[str, str]:
    """Return by project the part by which it stands where it stands: its production, else its first by identifier."""
    first: dict[str, str] = {}
    for part in sorted(needs, key=lambda part: (not part.endswith("/production"), part)):
        first.setdefault(needs[part].project, part)
    return first


def lineage(industry: str, industries: Iterable[Record]) -> list[str]:
    """Return an industry, its parent, that one's parent … and ``*``."""
    parent = {row["industry_id"]: row["parent"] for row in industries}
    line = [industry]
    while given(above := parent.get(line[-1])) and above not in line:
        line.append(str(above))
    return [*line, EVERY]


def needs_of(asked: Projects, tables: Mapping[str, list[Record]], years: tuple[int, int]) -> dict[str, Needs]:
    """Return what every part needs: its own word, else its industry's process rule.

    The rule of an industry is one row: its own, else its parent's, else ``*``; a cell empty in that row says nothing.

    Parameters
    ----------
    asked : Projects
    tables : mapping of str to list of Record
        ``process_rules`` and ``industries``.
    years : tuple of int
        First and last year of the horizon.

    Returns
    -------
    dict of str to Needs
        By part id.
    """
    rules = {str(row["industry_id"]): row for row in tables["process_rules"]}
    projects = records(asked.projects)
    siblings = asked.parts["project"].value_counts()
    rule_of = {
        industry: next((rules[name] for name in lineage(industry, tables["industries"]) if name in rules), {})
        for industry in set(asked.parts["industry"])
    }
    found: dict[str, Needs] = {}
    for part, row in records(asked.parts).items():
        project = projects[row["project"]]
        rule = rule_of[row["industry"]]
        said = _said_by(row, rule)
        land_m2, gfa_m2 = number(row["land_m2"]), number(row["gfa_m2"])
        most_m2 = number(row["land_max_m2"])
        net_m2, ratio = number(row.get("net_m2")), number(said("usable_ratio"))
        if gfa_m2 is None and net_m2 is not None and ratio is not None:
            gfa_m2 = net_m2 / ratio
        found[part] = Needs(
            part=part,
            project=str(row["project"]),
            tier=str(project["tier"]),
            industry=str(row["industry"]),
            siblings=int(siblings[row["project"]]),
            first=max(years[0], int(project["year_first"])) if given(project["year_first"]) else years[0],
            last=min(years[1], int(project["year_last"])) if given(project["year_last"]) else years[1],
            accepts=listed(said("accepts")),
            land_m2=land_m2,
            land_max_m2=land_m2 * LAND_MAX_FACTOR if most_m2 is None and land_m2 is not None else most_m2,
            gfa_m2=gfa_m2,
            net_m2=net_m2,
            usable_ratio=ratio,
            space_m2=_space_m2(row, rule, land_m2, gfa_m2) or 0.0,
            clear_height_m=number(said("clear_height_m")),
            load_kn_m2=number(said("load_kn_m2")),
            power_kva=_power_kva(row, rule, land_m2, gfa_m2),
            column_grid_m=number(said("column_grid_m")),
            lift_piece_t=number(row["lift_piece_t"]),
            protective_distance_m=number(said("protective_distance_m")),
            rent_max_cny_m2_month=number(row["rent_max_cny_m2_month"]),
            fire_class=str(said("fire_class") or ""),
            vibration_class=str(said("vibration_class") or ""),
            wet_process=yes(said("wet_process")),
            land_classes=listed(said("land_classes")),
            water_m3_day=number(row["water_m3_day"]),
            waste_water_m3_day=number(row["waste_water_m3_day"]),
            gas_m3_day=number(row["gas_m3_day"]),
            lift_flow_t_per_shift=number(row["lift_flow_t_per_shift"]),
            buildings_max=int(number(row.get("buildings_max")) or 1),
            share_min=number(row.get("share_min")),
        )
    return found


def _said_by(row: Record, rule: Record) -> Callable[[str], Any]:
    """Return how to ask for a need: what the part says, else what its industry's rule says, else None."""
    return lambda need: next((said[need] for said in (row, rule) if given(said.get(need))), None)


def _power_kva(row: Record, rule: Record, land_m2: float | None, gfa_m2: float | None) -> float | None:
    """Return the power a part draws: as asked, else by its industry's VA on every m² of floor space."""
    if given(row["power_kva"]):
        return float(row["power_kva"])
    space_m2, density = _space_m2(row, rule, land_m2, gfa_m2), number(rule.get("power_va_m2"))
    return None if space_m2 is None or density is None else space_m2 * density / 1000


def _space_m2(row: Record, rule: Record, land_m2: float | None, gfa_m2: float | None) -> float | None:
    """Return the floor space asked for, else land by the least FAR asked, else by the industry's typical one."""
    far = number(row["far_min"]) or number(rule.get("far_typical"))
    if gfa_m2 is None and land_m2 is not None and far is not None:
        return land_m2 * far
    return gfa_m2

"""What speaks for an unknown file being a layer: names, columns, values, sizes, identifiers shared with a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.intake.meanings import KEY_OF, KNOWN, PROJECTS, SHARE, by_name, closed, kind_in, share_of, texts
from planner.intake.unknown import Source
from planner.territory import LAYERS
from planner.words import Words

NAMED: Mapping[str, str] = {
    "parks": r"园区|产业园|增长极|片区|yuanqu|park|zone",
    "parcels": r"地块|宗地|图斑|用地|dikuai|parcel|plot|lot",
    "buildings": r"厂房|楼栋|楼宇|建筑|上楼|building|factory",
    "floors": r"楼层|层表|分层|floor|storey",
    "restrictions": r"限制|控制线|管控|保护区|红线|restrict|constraint",
    "supply": r"供应|供电|供水|供能|市政|supply|utilit",
    "backdrop": r"底图|背景|注记|行政区|辖区|backdrop|basemap|outline",
    "figures": r"公布|统计|公开数据|figure|statistic",
    PROJECTS: r"项目|需求|台账|project|demand",
}
"""What file and layer names say of the layer in them."""
BACKDROP_KINDS = r"^(?:sea|coast|district|airport|river|reservoir|road|rail|海|河|水库|行政区|道路|铁路).*$"
SIZES_M2: Mapping[str, tuple[float, float]] = {"parks": (1e5, 1e8), "parcels": (1e3, 4e5), "buildings": (2e2, 2e4)}
"""Between which areas the middle feature of a layer usually lies."""
POINTS = {"name": 3.0, "key": 1.0, "required": 3.0, "columns": 4.0, "values": 2.0, "size": 1.0, "joined": 6.0}
"""What each kind of evidence counts."""


@dataclass(frozen=True)
class Score:
    """How much speaks for a layer, and what."""

    points: float
    evidence: tuple[Words, ...]


def shared_names(sources: Iterable[Source], frames: Mapping[str, pd.DataFrame]) -> Mapping[str, int]:
    """Return of how many layers each column name could be: the fewer, the more it says."""
    count: dict[str, int] = {}
    for names in {tuple(map(str, one.sheet.cells.columns)) for one in sources}:
        for name in KNOWN:
            for source in set(by_name(names, name, frames).values()):
                count[source] = count.get(source, 0) + 1
    return count


def scores_of(one: Source, frames: Mapping[str, pd.DataFrame], shared: Mapping[str, int]) -> dict[str, Score]:
    """Return what speaks for each layer that a source could be at all."""
    names = [str(name) for name in one.sheet.cells.columns]
    return {layer: _score(one, layer, names, frames, shared) for layer in KNOWN if _possible(one, layer)}


def _possible(one: Source, layer: str) -> bool:
    """Tell whether the geometry of a source can be that of a layer; a table may go with any."""
    if not one.drawn:
        return True
    wanted = () if layer == PROJECTS else LAYERS[layer].geometry
    return bool(wanted) and bool(set(one.frame.geometry.geom_type.dropna()) & set(wanted))


def _score(
    one: Source, layer: str, names: list[str], frames: Mapping[str, pd.DataFrame], shared: Mapping[str, int]
) -> Score:
    points, evidence = 0.0, []
    have = by_name(names, layer, frames)
    required = [column.name for column in KNOWN[layer] if column.required]
    if have:
        told = sum(1 / max(1, shared.get(source, 1)) for source in have.values())
        points += min(POINTS["columns"], told) + POINTS["required"] * sum(c in have for c in required) / len(required)
        listed = "、".join(f"{source}→{name}" for name, source in list(have.items())[:4])
        evidence.append(Words(f"{len(have)} 列可识别（{listed}）", f"{len(have)} columns known ({listed})"))
        points += POINTS["key"] * (KEY_OF[layer] in have and shared.get(have[KEY_OF[layer]], 1) == 1)
    said = one.where if one.layer else one.file
    if re.search(NAMED[layer], said, re.IGNORECASE) or (layer == "restrictions" and kind_in(said)):
        points += POINTS["name"]
        evidence.append(Words("名称相符", "its name says so"))
    for canonical, allowed in closed(layer, frames).items():
        if canonical in have and share_of(one.sheet.cells[have[canonical]], allowed) >= SHARE:
            points += POINTS["values"]
            evidence.append(Words(f"{have[canonical]} 的值相符", f"the values of {have[canonical]} fit"))
    if layer == "backdrop" and "kind" in have:
        kinds = one.sheet.cells[have["kind"]].astype(str)
        points += POINTS["values"] * bool(kinds.str.fullmatch(BACKDROP_KINDS, case=False).mean() >= SHARE / 2)
    if layer in SIZES_M2 and np.isfinite(one.size_m2):
        least, most = SIZES_M2[layer]
        fits = least <= one.size_m2 <= most
        points += POINTS["size"] if fits else -POINTS["size"] * (not least / 3 <= one.size_m2 <= most * 3) * 2
        if fits:
            ha = f"{one.size_m2 / 1e4:,.2f}"
            evidence.append(Words(f"中位面积 {ha} 公顷", f"the middle one has {ha} ha"))
    return Score(points, tuple(evidence))


def add_joined(
    one: Source, tables: Mapping[str, Source], scores: dict[str, Score], frames: Mapping[str, pd.DataFrame]
) -> None:
    """Add to the scores of a drawn source what tables say that share its identifiers."""
    for layer, table in tables.items():
        if layer in scores and (found := joined_by(one, table, layer, frames)):
            said = Words(f"{found} 与 {table.where} 的编号相同", f"its {found} are those of {table.where}")
            before = scores[layer]
            scores[layer] = Score(before.points + POINTS["joined"], (*before.evidence, said))


def joined_by(one: Source, table: Source, layer: str, frames: Mapping[str, pd.DataFrame]) -> str:
    """Return the column of a drawn source that holds the identifiers of a table; empty for none."""
    key = by_name([str(name) for name in table.sheet.cells.columns], layer, frames).get(KEY_OF[layer])
    ids = (set(texts(table.sheet.cells[key])) if key else set()) - {""}
    for name in one.sheet.cells.columns:
        own = set(texts(one.sheet.cells[name])) - {""}
        if len(own) > 1 and len(own & ids) >= SHARE * max(len(own), len(ids)):
            return str(name)
    return ""

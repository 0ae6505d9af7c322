"""Restrictions as offices keep them: a file a kind, kinds by their names, lines with a voltage and no distance.

What is named here is what `planner.restrictions` measures by. A restriction that would take no land although it should
is a fault: it must not be lost in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from planner.errors import Fault
from planner.intake import health
from planner.intake.meaning import Read
from planner.restrictions import distances
from planner.territory import Layer
from planner.words import Words

KINDS = "restriction_kinds"


def named(read: Read, layer: Layer, kind: str, tables: Mapping[str, pd.DataFrame]) -> Read:
    """Return a layer whose kinds go by their codes: those of its column, else the one its entry names.

    Parameters
    ----------
    read : Read
    layer : Layer
        Restrictions, or the backdrop.
    kind : str
        ``kind:`` of the entry, for features that name none; with it, features without identifier are numbered.
    tables : mapping of str to DataFrame
        Reference tables; a kind may be called by its words in `KINDS`.
    """
    frame, labels, present = read.frame, read.labels, read.present
    known = tables.get(KINDS)
    if layer.name == "restrictions" and known is not None:
        codes = {
            str(said): str(code)
            for lang in ("zh", "en")
            for said, code in zip(known[lang], known["kind"], strict=True)
        }
        kind = codes.get(kind, kind)
        frame = frame.assign(kind=[codes.get(said, said) for said in frame["kind"]])
    if kind:
        frame = frame.assign(kind=np.where(frame["kind"] == "", kind, frame["kind"]).astype(object))
        present |= {"kind"}
        if layer.key not in present:
            labels = np.array([f"{kind}-{n}" for n in read.lines], dtype=object)
            frame = frame.assign(**{layer.key: labels})
            present |= {layer.key}
    return replace(read, frame=frame, labels=labels, present=present)


def faults(read: Read, shapes: NDArray[np.object_] | None, tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return the restrictions of an unknown kind, and those that would take no land or limit no height.

    Parameters
    ----------
    read : Read
        See `named`.
    shapes : ndarray of geometry or None
        One a row; None where the layer's geometry could not be used.
    tables : mapping of str to DataFrame
    """
    if KINDS not in tables:
        return []
    kinds = tables[KINDS].set_index("kind")
    known = list(map(str, kinds.index))
    remedy = Words(
        f"可用：{'、'.join(known)}；或在 tables/restriction_kinds.csv 中补充",
        f"Known: {', '.join(known)}; or add it to tables/restriction_kinds.csv",
    )
    found = health.unknown(read, "kind", known, Words("限制类别", "restriction kind"), remedy)
    effect = read.frame["kind"].map(kinds["effect"])
    rule = Words("净空面必须给出限高", "a surface that limits heights must give its height")
    remedy = Words("请补 height_limit_m（米）", "Give height_limit_m, in metres")
    lacking = ((effect == "height") & read.frame["height_limit_m"].isna()).to_numpy(dtype=bool)
    found += read.fault("height_limit_m", lacking & ~read.unread("height_limit_m"), rule, remedy)
    if shapes is None:
        return found
    thin = np.isin(shapely.get_dimensions(shapes), (0, 1))
    lacking = thin & effect.isin(("forbids", "no_wet_process")).to_numpy(dtype=bool)
    lacking &= ~(distances(read.frame, tables) > 0) & ~read.unread("distance_m") & ~read.unread("voltage_kv")
    rule = Words("线、点状限制没有控制距离，不会占地", "a line or point without a distance takes no land")
    remedy = Words(
        "请补 distance_m，或补 voltage_kv 以查 restriction_distances.csv",
        "Give distance_m, or voltage_kv to find it in restriction_distances.csv",
    )
    return found + read.fault("distance_m", lacking, rule, remedy, values=read.frame["kind"])

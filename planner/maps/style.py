"""How the map looks: palette, families of clusters, number formats, and making any text harmless.

Everything here is data that both the layers (Python) and the page (browser) read, so that a legend can never disagree
with what is drawn. It knows no layer and no plan.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from planner.words import Words

Shape = Literal["area", "line", "dot", "ring", "cross"]


@dataclass(frozen=True, slots=True)
class Look:
    """How one class of features is drawn and shown in the legend.

    Attributes
    ----------
    fill, stroke : str
        CSS colours; empty for none.
    weight : float
        Width of the stroke in pixels when zoomed to a park.
    opacity : float
        Of the fill.
    dash : str
        Pattern of the stroke, empty for a solid one.
    shape : {'area', 'line', 'dot', 'ring', 'cross'}
        What the legend shows; ``dot``, ``ring`` and ``cross`` are symbols also on the map.
    casing : str
        Colour of a wider line beneath the stroke; empty for none.
    """

    fill: str = ""
    stroke: str = ""
    weight: float = 1.0
    opacity: float = 1.0
    dash: str = ""
    shape: Shape = "area"
    casing: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """How a number is printed: in each language divided, rounded and followed by a unit.

    Attributes
    ----------
    unit : Words
    divisor : tuple of float
        For Chinese and English.
    decimals : tuple of int
        Most decimals, for Chinese and English; trailing zeros are dropped.
    grouped : bool
        Whether thousands are set apart (not for years).
    """

    unit: Words
    divisor: tuple[float, float] = (1, 1)
    decimals: tuple[int, int] = (2, 2)
    grouped: bool = True


FORMATS: Mapping[str, Format] = {
    "number": Format(Words("", "")),
    "count": Format(Words("", ""), decimals=(0, 0)),
    "year": Format(Words("年", ""), decimals=(0, 0), grouped=False),
    "ha": Format(Words("公顷", "ha"), (1e4, 1e4)),
    "km2": Format(Words("km²", "km²"), (1e6, 1e6)),
    "m2": Format(Words("m²", "m²"), decimals=(0, 0)),
    "wan_m2": Format(Words("万 m²", "m²"), (1e4, 1), (2, 0)),
    "m": Format(Words("m", "m"), decimals=(1, 1)),
    "kn_m2": Format(Words("kN/m²", "kN/m²"), decimals=(1, 1)),
    "kva": Format(Words("kVA", "kVA"), decimals=(0, 0)),
    "mva": Format(Words("MVA", "MVA"), decimals=(1, 1)),
    "t": Format(Words("t", "t"), decimals=(1, 1)),
    "m3_day": Format(Words("m³/日", "m³/day"), decimals=(0, 0)),
    "yi": Format(Words("亿元", "billion CNY"), (1, 10), (2, 3)),
    "rent": Format(Words("元/m²·月", "CNY/m²·month"), decimals=(1, 1)),
    "percent": Format(Words("%", "%"), (0.01, 0.01), (2, 2)),
    "km": Format(Words("km", "km"), (1e3, 1e3), (2, 2)),
    "points_ha": Format(Words("分/公顷", "points/ha"), decimals=(2, 2)),
    "points": Format(Words("分", "points"), decimals=(1, 1)),
}
"""Every way a number is printed; areas of land in hectares, of floors in 万 m², loads in kN/m²."""

FORMAT_OF_UNIT: Mapping[str, str] = {
    "m²": "m2",
    "m": "m",
    "kN/m²": "kn_m2",
    "kVA": "kva",
    "MVA": "mva",
    "t": "t",
    "m³/d": "m3_day",
    "亿元": "yi",
    "元/m²·月": "rent",
}
"""Format of the columns of a layer, by the unit they state."""


@dataclass(frozen=True, slots=True)
class Family:
    """Clusters that share a colour.

    Attributes
    ----------
    key : str
    words : Words
    colour : str
    clusters : tuple of str
        Cluster ids as in the reference table of industries.
    """

    key: str
    words: Words
    colour: str
    clusters: tuple[str, ...]


FAMILIES: tuple[Family, ...] = (
    Family("chips", Words("半导体与集成电路", "Semiconductors & IC"), "#332288", ("B1", "C02")),
    Family(
        "electronics",
        Words("网络通信、显示、终端、传感", "Networks, displays, terminals, sensors"),
        "#88CCEE",
        ("C01", "C03", "C04", "C05", "D7"),
    ),
    Family(
        "machines",
        Words("高端装备：母机、机器人、激光、仪器", "Machine tools, robots, lasers, instruments"),
        "#882255",
        ("B2", "C09", "C10", "C11", "C12", "D8"),
    ),
    Family("vehicles", Words("智能网联汽车", "Intelligent connected vehicles"), "#44AA99", ("B3", "C15")),
    Family("energy", Words("新能源与节能环保", "New energy & environment"), "#117733", ("B4", "C13", "C14")),
    Family(
        "digital",
        Words("软件、数字创意与时尚", "Software, digital creative & fashion"),
        "#AA4499",
        ("B5", "C06", "C07", "C08", "D2"),
    ),
    Family("materials", Words("新材料", "New materials"), "#8C510A", ("C16",)),
    Family(
        "health",
        Words("生物医药与健康", "Biomedicine & health"),
        "#CC6677",
        ("C17", "C18", "C19", "D1", "D3", "D5"),
    ),
    Family(
        "sky_sea",
        Words("空天与海洋", "Aerospace & marine"),
        "#999933",
        ("B6", "C20", "D4", "D6"),
    ),
    Family("none", Words("未注明集群", "No cluster given"), "#7A7F85", ()),
)
"""The city's industries with Bao'an's "5+1" set apart: nine hues of Paul Tol's *muted* scheme (its sand, too near the
amber of free land, is a brown instead), which stay apart under the three colour-vision deficiencies, as a test
measures. Twenty-six cluster hues would not: the cluster itself is in tooltips, lists and pop-ups."""

INK = "#1F2A33"
PAPER = "#FFFFFF"
LAND = "#F7F5F0"
SEA = "#D5E3EA"
POLE = "#14467A"
LEFT_OUT = "#B3261E"
READY = ("#E9B44C", "#F0C566", "#F5D588", "#F9E4AD", "#FDF1D3")
"""Land on offer by the year it is ready: the sooner, the stronger. More years than colours share the palest."""

TIERS = ("#7A0177", "#DD3497", "#FA9FB5", "#FDE0DD")
"""Projects by tier, the strongest darkest; more tiers than colours share the palest."""
PRICES = ("#FEE8C0", "#FDC980", "#F79A45", "#D9680F", "#8C3A04")
"""Classes of prices, rising."""
STATES: Mapping[str, tuple[str, str]] = {
    "free": ("#E69F00", ""),
    "in_preparation": ("#F6DC96", "3 2"),
    "committed": ("#8C86C8", ""),
    "occupied": ("#C9C6C0", ""),
    "other_use": ("#FFFFFF", "1 3"),
}
"""Fill and edge of parcels by state."""
CLASSES = ("#EEDD88", "#EE8866", "#77AADD", "#FFAABB", "#BBCC33", "#44BB99", "#DDDDDD", "#99DDFF", "#AAAA00")
"""Land classes, those with most parcels first: Paul Tol's *light* scheme, made for filling areas."""


def family_of(cluster: object) -> Family:
    """Return the family a cluster is coloured by; the last one where it is unknown.

    Examples
    --------
    >>> family_of("C09").key, family_of("B1").key, family_of(None).key
    ('machines', 'chips', 'none')
    """
    return next((family for family in FAMILIES if cluster in family.clusters), FAMILIES[-1])


def ready_colour(year: int, years: tuple[int, ...]) -> str:
    """Return the colour of land ready in a year, of all the years that occur.

    Examples
    --------
    >>> ready_colour(2026, (2026, 2027)), ready_colour(2040, tuple(range(2026, 2041)))
    ('#E9B44C', '#FDF1D3')
    """
    return READY[min(years.index(year), len(READY) - 1)]


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: pairs of words as lists, numbers rounded, not given as None.

    Examples
    --------
    >>> plain({"a": Words("甲", "A"), "b": float("nan"), "c": (1.23456,)})
    {'a': ['甲', 'A'], 'b': None, 'c': [1.2346]}
    """
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, Words):
        return [value.zh, value.en]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else round(float(value), 4)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Look | Format | Family):
        return {name: plain(getattr(value, name)) for name in asdict(value) if getattr(value, name) not in ("", ())}
    if hasattr(value, "item"):  # a numpy scalar
        return plain(value.item())
    if isinstance(value, int):
        return value
    return None  # pandas' NA and NaT: not given


def harmless(value: Any) -> str:
    r"""Return JSON that may stand in a page: no text of a layer can end the script or open a tag.

    Examples
    --------
    >>> harmless("</script><!-- & 宝安")
    '"\\u003c/script\\u003e\\u003c!-- \\u0026 宝安"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text

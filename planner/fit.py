"""Local fit: may this part stand on this place? Settled once, vectorised, before any solver runs.

`TESTS` is data: what is needed, what is offered, how they compare. Every test that fails is recorded as one bit, so
that "why is X not on Y?" is a look-up with two figures. It knows nothing of what other parts do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.territory import SERVICES_M
from planner.words import ACCEPTS, GLOSSARY, LAND_CLASS, LET, STATE, YES_NO, Words, amount, listed

Bits = NDArray[np.uint32]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
PlaceKind = Literal["parcel", "floor"]
Comparison = Literal[
    "offer_at_least", "offer_at_most", "between", "among", "offered", "wanted", "if_needed", "same", "mark"
]
Value = str | Callable[[pd.DataFrame, pd.DataFrame], Floats]
"""A column, or a function of (parts, places) where the figure belongs to the pair; shape (n_parts, n_places)."""

HA_M2 = 10_000.0
TOLERANCE = 1e-9
"""Relative rounding slack of a comparison: a parcel of 29,999.99999999 m² is one of 30,000 m²."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test of local fit.

    Attributes
    ----------
    name : str
    words : Words
    at : {'parcel', 'floor'} or both
        Places it applies to.
    need, offer : str or callable
        Column of the parts and of the places.
    comparison : Comparison
        How need and offer compare; a need or an offer that is not given passes.
    unit : str
    of_site : bool
        True where the figure belongs to the whole site: several parcels together may pass where each alone does not,
        and a composite site is tested itself. Otherwise it inherits the refusals of its places.
    source : str
    said : tuple of str, optional
        Columns of part and place that say need and offer in words, where the figures compared are ranks.
    """

    name: str
    words: Words
    at: tuple[PlaceKind, ...]
    need: Value
    offer: Value
    comparison: Comparison
    unit: str = ""
    of_site: bool = False
    source: str = ""
    said: tuple[str, str] | None = None


def _height_needed_m(parts: pd.DataFrame, places: pd.DataFrame) -> Floats:
    """Return the height of a building that holds a part's floor space on the ground its place may cover (m)."""
    ground_m2 = _column(places, "coverage_m2")[None, :]
    storeys = np.ceil(_column(parts, "gfa_m2")[:, None] / np.where(ground_m2 > 0, ground_m2, np.nan) - TOLERANCE)
    return storeys * (_column(parts, "clear_height_m") + SERVICES_M)[:, None]


def _column(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(dtype=float)


def _gross_m2(parts: pd.DataFrame, places: pd.DataFrame) -> Floats:
    """Return the floor space asked of floors by parts that name no net need (m²)."""
    return np.where(np.isnan(_column(parts, "net_m2")), _column(parts, "gfa_m2"), np.nan)[:, None]


def _free_net_m2(parts: pd.DataFrame, places: pd.DataFrame) -> Floats:
    """Return what is free of each floor, as it counts towards what each part asks (m²)."""
    return _column(places, "free_m2")[None, :] * counted(parts, places)


def counted(parts: pd.DataFrame, floors: pd.DataFrame) -> Floats:
    """Return what a square metre of each floor counts towards what each part asks; shape (n_parts, n_floors).

    Towards a net need (套内) the usable ratio of the floor; where that is not given, the part's, and 0 where neither is.
    """
    own, of_floor = _column(parts, "usable_ratio")[:, None], _column(floors, "usable_ratio")[None, :]
    ratio = np.nan_to_num(np.where(np.isnan(of_floor), own, of_floor))
    return np.where(np.isnan(_column(parts, "net_m2"))[:, None], 1.0, ratio)


def _per_ha(measure: str) -> Value:
    """Return how a figure of the part comes to the land of a place (亿元/ha)."""

    def per_ha(parts: pd.DataFrame, places: pd.DataFrame) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return _column(parts, measure)[:, None] / (_column(places, "usable_m2")[None, :] / HA_M2)

    per_ha.__name__ = f"{measure}_per_ha"
    return per_ha


def _least_per_ha(measure: str) -> Value:
    """Return the least that the park of a place asks of the part's industry (亿元/ha; NaN for none)."""

    def least_per_ha(parts: pd.DataFrame, places: pd.DataFrame) -> Floats:
        code, parks = pd.factorize(places["park"])
        asked = [[by_park.get(park, np.nan) for park in parks] for by_park in parts[f"least_{measure}"]]
        return np.array(asked, dtype=float).reshape(len(parts), len(parks))[:, code]

    least_per_ha.__name__ = f"least_{measure}_per_ha"
    return least_per_ha


BOTH: tuple[PlaceKind, ...] = ("parcel", "floor")
TESTS: tuple[Test, ...] = (
    Test("available", Words("在供", "on offer"), BOTH, "always", "available", "offered"),
    Test("site_kind", Words("接受的空间类型", "kind of site accepted"), BOTH, "takes_{kind}", "kind", "wanted"),
    Test("zoned", Words("用地性质", "land class"), BOTH, "land_classes", "land_class", "among", source="法定图则"),
    Test("restrictions", Words("限制要素之外", "outside restrictions"), ("parcel",), "some_land_m2", "usable_m2", "offer_at_least", "m²"),
    Test("restrictions", Words("限制要素之外", "outside restrictions"), ("floor",), "always", "outside", "offered"),
    Test("industrial_line", Words("工业区块线内", "inside the industrial line"), BOTH, "inside_line", "inside_line", "offer_at_least", source="深圳市工业区块线管理办法 (draft)"),
    Test("protective_distance", Words("防护距离", "protective distance"), BOTH, "protective_distance_m", "sensitive_m", "offer_at_least", "m"),
    Test("metro_distance", Words("与轨道交通距离", "distance from metro lines"), BOTH, "metro_distance_m", "metro_m", "offer_at_least", "m"),
    Test("area_window", Words("用地规模", "area window"), ("parcel",), "land_m2", "usable_m2", "between", "m²", of_site=True),
    Test("area_window", Words("楼面规模", "floor space"), ("floor",), _gross_m2, "free_m2", "offer_at_least", "m²", of_site=True),
    Test("net_need", Words("套内面积", "net floor space"), ("floor",), "net_m2", _free_net_m2, "offer_at_least", "m²", of_site=True),
    Test("far_volume", Words("计容建筑面积", "floor space within FAR"), ("parcel",), "gfa_m2", "far_volume_m2", "offer_at_least", "m²", of_site=True),
    Test("height", Words("限高", "height limit"), ("parcel",), _height_needed_m, "height_limit_m", "offer_at_least", "m", of_site=True, source="MH 5001"),
    Test("floor_load", Words("楼面荷载", "floor load"), ("floor",), "load_kn_m2", "load_kn_m2", "offer_at_least", "kN/m²"),
    Test("clear_height", Words("净高", "clear height"), ("floor",), "clear_height_m", "clear_height_m", "offer_at_least", "m"),
    Test("column_grid", Words("柱距", "column grid"), ("floor",), "column_grid_m", "column_grid_m", "offer_at_least", "m"),
    Test("ground_floor", Words("可上楼层", "highest floor"), ("floor",), "highest_floor", "floor", "offer_at_most", "F"),
    Test("fire_class", Words("火灾危险性类别", "fire class upstairs"), ("floor",), "fire_severity", "fire_severity", "offer_at_least", source="GB 50016-2014 (2018) 3.3.1", said=("fire_class", "production_class")),
    Test("vibration_class", Words("振动等级", "vibration class"), ("floor",), "vibration_um_s", "vibration_um_s", "offer_at_most", source="GB 51076", said=("vibration_class", "vibration_class")),
    Test("goods_lift", Words("货梯载重", "goods lift"), ("floor",), "lift_piece_t", "lift_t", "offer_at_least", "t"),
    Test("site_power", Words("地块供电", "power at the site"), ("parcel",), "power_kva", "power_kva", "offer_at_least", "kVA", of_site=True),
    Test("wet_process", Words("湿法工艺", "wet process"), BOTH, "wet_process", "wet_ok", "if_needed"),
    Test("wanted_years", Words("意向年份在期限内", "years wanted within the horizon"), BOTH, "last", lambda parts, places: np.broadcast_to(_column(parts, "first")[:, None], (len(parts), len(places))), "offer_at_most"),
    Test("ready_year", Words("整备完成年份", "land ready"), ("parcel",), "last", "ready_year", "offer_at_most"),
    Test("delivery_year", Words("厂房交付年份", "building delivered"), ("floor",), "last", "ready_year", "offer_at_most"),
    Test("rent_ceiling", Words("租金上限", "rent ceiling"), ("floor",), "rent_max_cny_m2_month", "rent_cny_m2_month", "offer_at_most", "元/m²·月"),
    *(
        Test(name, words, ("parcel",), _least_per_ha(measure), _per_ha(measure), "offer_at_least", "亿元/ha", of_site=True, source="准入条件")
        for name, words, measure in (
            ("investment_per_ha", Words("投资强度", "investment per hectare"), "investment_yi"),
            ("output_per_ha", Words("地均产出", "output per hectare"), "output_yi"),
            ("tax_per_ha", Words("地均税收", "tax per hectare"), "tax_yi"),
        )
    ),
    Test("reserved", Words("为更高级别预留", "reserved for a tier"), BOTH, "tier", "reserved_for", "same"),
    Test("banned", Words("排除", "banned"), BOTH, "banned_from", "place", "mark"),
    Test("locked_elsewhere", Words("已锁定他处", "locked elsewhere"), BOTH, "locked_to", "place", "mark"),
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(dict.fromkeys(test.name for test in TESTS))
"""Names of the tests; the bit of a test is its place here."""
YEARS = ("wanted_years", "ready_year", "delivery_year")
"""Tests whose figures are calendar years."""
CODES: Mapping[str, Mapping[str, Words]] = {
    "available": {**STATE, "let": LET},
    "site_kind": {**ACCEPTS, **{kind: GLOSSARY[kind] for kind in BOTH}},
    "zoned": LAND_CLASS,
}
"""Tests whose needs and offers are codes, and what these are called."""
BIT: Mapping[str, int] = {name: 1 << k for k, name in enumerate(NAMES)}


def check(
    parts: pd.DataFrame,
    places: pd.DataFrame,
    kind: PlaceKind,
    marks: Mapping[str, Flags] | None = None,
    *,
    off: Collection[str] = (),
    of_site: bool | None = None,
) -> Bits:
    """Return which tests fail for each part at each place.

    Parameters
    ----------
    parts : DataFrame
        Needs, defaults filled (see `case.pose`).
    places : DataFrame
        Offers of one kind of place (see `places.offers`), or whole plots.
    kind : {'parcel', 'floor'}
    marks : mapping of str to ndarray of bool, shape (n_parts, n_places), optional
        For tests the scenario marks (banned, locked_elsewhere): where they fail.
    off : collection of str
        Tests the scenario switches off.
    of_site : bool, optional
        Only the tests of whole sites (True) or only the inherited ones (False); all by default.

    Returns
    -------
    ndarray of uint32, shape (n_parts, n_places)
        0 where every test passes; see `BIT`.
    """
    failed = np.zeros((len(parts), len(places)), dtype=np.uint32)
    for test in TESTS:
        if kind not in test.at or test.name in off or (of_site is not None and test.of_site != of_site):
            continue
        if test.comparison == "mark":
            fails: Any = (marks or {}).get(test.name, False)
        else:
            fails = _fails(test, parts, places, kind)
        failed |= fails * np.uint32(BIT[test.name])
    return failed


def _fails(test: Test, parts: pd.DataFrame, places: pd.DataFrame, kind: PlaceKind) -> Flags:
    """Return where one test fails, broadcastable to (n_parts, n_places)."""
    comparison = test.comparison
    if comparison == "offered":
        return np.asarray(~places[str(test.offer)].to_numpy(dtype=bool)[None, :])
    if comparison == "wanted":
        return np.asarray(~parts[str(test.need).format(kind=kind)].to_numpy(dtype=bool)[:, None])
    if comparison == "if_needed":
        needed = parts[str(test.need)].to_numpy(dtype=bool)[:, None]
        return np.asarray(needed & ~places[str(test.offer)].to_numpy(dtype=bool)[None, :])
    if comparison == "same":
        offer = places[str(test.offer)].to_numpy(dtype=object)[None, :]
        return np.asarray((offer != "") & (parts[str(test.need)].to_numpy(dtype=object)[:, None] != offer), dtype=bool)
    if comparison == "among":
        return _not_among(parts[str(test.need)], places[str(test.offer)])
    need, offered = figures(test, parts, places)
    if comparison == "offer_at_least":
        return offered < need - TOLERANCE * np.abs(need)
    if comparison == "offer_at_most":
        return offered > need + TOLERANCE * np.abs(need)
    most = _column(parts, "land_max_m2")[:, None]
    return (offered < need - TOLERANCE * need) | (offered > most + TOLERANCE * most)


def figures(test: Test, parts: pd.DataFrame, places: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return need and offer, broadcastable to (n_parts, n_places)."""
    need = test.need(parts, places) if callable(test.need) else _column(parts, test.need)[:, None]
    offer = test.offer(parts, places) if callable(test.offer) else _column(places, test.offer)[None, :]
    return need, offer


def _not_among(accepted: pd.Series, offered: pd.Series) -> Flags:
    """Return where the value offered is given and not among those accepted (none accepted means any)."""
    names = sorted({name for names in accepted for name in names} | set(offered) - {""})
    bit = {name: 1 << k for k, name in enumerate(names)}
    takes = np.array([sum(bit[name] for name in set(names)) or -1 for names in accepted], dtype=object)
    gives = np.array([bit.get(name, -1) for name in offered], dtype=object)
    return np.asarray((takes[:, None] & gives[None, :]) == 0, dtype=bool)


@dataclass(frozen=True, slots=True)
class Failure:
    """One test that failed for one part at one place, with both figures."""

    test: str
    words: Words
    need: float | str
    offer: float | str
    unit: str

    @property
    def miss(self) -> float:
        """How far the offer is from the need, as a share of the need; infinite where they are not figures."""
        if isinstance(self.need, str) or isinstance(self.offer, str):
            return float("inf")
        return abs(self.offer - self.need) / max(abs(self.need), 1e-9)

    @property
    def said(self) -> tuple[Words, Words]:
        """Need and offer as a sentence has them."""
        return both_said(self.test, self.need, self.offer, self.unit)


def both_said(test: str, need: float | str, offer: float | str, unit: str) -> tuple[Words, Words]:
    """Return need and offer of a test as a sentence has them: quantities with their unit, years bare, codes in words.

    Examples
    --------
    >>> [one.en for one in both_said("area_window", 15000.0, 30000.4, "m²")]
    ['15,000 m²', '30,000 m²']
    """

    def worded(value: float | str, printed: Callable[[float], str]) -> Words:
        if isinstance(value, str):
            return said(test, value)
        text = f"{value:.0f}" if test in YEARS else f"{printed(value)} {unit}".rstrip()
        return Words(text, text)

    asked, there = worded(need, amount), worded(offer, amount)
    if asked != there:
        return asked, there
    exact = "{:,.10g}".format  # they differ by decimals that are not printed as a rule
    return worded(need, exact), worded(offer, exact)


def said(test: str, value: str) -> Words:
    """Return a need or an offer that is no figure in words, as far as its codes have any.

    Examples
    --------
    >>> said("site_kind", "P;U").en, said("site_kind", "parcel").zh, said("zoned", "M1;X9").zh
    ('a plot of its own, any floor', '地块', 'M1 一类工业、X9')
    >>> said("wet_process", "yes").zh, said("fire_class", "丙").en
    ('是', '丙')
    """
    words = {"yes": YES_NO[True], "no": YES_NO[False], **CODES.get(test, {})}
    each = [words.get(one, Words(one, one)) for one in (value.split(";") if test in CODES else (value,))]
    return listed(each)


def failures(failed: int, part: pd.DataFrame, place: pd.DataFrame, kind: PlaceKind) -> list[Failure]:
    """Return the tests that failed for one part at one place, each with need and offer.

    Parameters
    ----------
    failed : int
        Bits from `check`.
    part, place : DataFrame
        One row each.
    kind : {'parcel', 'floor'}
    """
    found = []
    for test in TESTS:
        if kind not in test.at or not failed & BIT[test.name]:
            continue
        need: float | str
        offer: float | str
        if test.said is not None:
            need, offer = str(part[test.said[0]].iloc[0]), str(place[test.said[1]].iloc[0])
        elif test.comparison in ("offer_at_least", "offer_at_most", "between"):
            needs, offers = figures(test, part, place)
            need, offer = float(needs.ravel()[0]), float(offers.ravel()[0])
            if test.comparison == "between" and offer > need:
                need = float(part["land_max_m2"].iloc[0])
        else:
            need, offer = _said(test, part, place, kind)
        found.append(Failure(test.name, test.words, need, offer, test.unit))
    return found


def nearest(
    part: pd.DataFrame, places: pd.DataFrame, failed: Bits, kind: PlaceKind
) -> tuple[str, list[Failure]] | None:
    """Return the place a part comes nearest to, and the tests it fails there.

    Nearest is the place with the fewest failing tests, then the one whose figures miss by the least share of the need
    in all; ties by order of the places.

    Parameters
    ----------
    part : DataFrame
        One row.
    places : DataFrame
    failed : ndarray of uint32, shape (n_places,)
    kind : {'parcel', 'floor'}

    Returns
    -------
    (place, failures), or None where there is no place.
    """
    if not len(places):
        return None
    count = np.bitwise_count(failed)
    fewest = np.flatnonzero(count == count.min())
    miss = np.zeros(len(fewest))
    for test in TESTS:
        if kind not in test.at or test.comparison not in ("offer_at_least", "offer_at_most", "between"):
            continue
        hit = (failed[fewest] & BIT[test.name]) != 0
        if hit.any():
            need, offer = (
                np.broadcast_to(x, (1, hit.sum()))[0] for x in figures(test, part, places.iloc[fewest[hit]])
            )
            miss[hit] += np.abs(offer - need) / np.maximum(np.abs(need), 1e-9)
    best = int(fewest[np.argmin(miss)])
    return str(places.index[best]), failures(int(failed[best]), part, places.iloc[[best]], kind)


def _said(test: Test, part: pd.DataFrame, place: pd.DataFrame, kind: PlaceKind) -> tuple[str, str]:
    """Return need and offer of a test that compares words, not figures."""
    if test.comparison == "offered":
        return "yes", str(place["state"].iloc[0]) if test.offer == "available" else _yes_no(place[str(test.offer)].iloc[0])
    if test.comparison == "wanted":
        return ";".join(part["accepts"].iloc[0]), kind
    need = part[str(test.need)].iloc[0]
    offer = place.index[0] if test.offer == "place" else place[str(test.offer)].iloc[0]
    return ";".join(need) if isinstance(need, tuple) else _yes_no(need), _yes_no(offer)


def _yes_no(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool | np.bool_) else str(value)

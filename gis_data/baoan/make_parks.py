"""Draw the district, its backdrop and its parks: growth poles at their published areas, others by hand.

Parks with a published area are scaled to it in EPSG:4547; the rest keep the drawn size, and their area is
"not given" in figures.csv. It does not know the real park limits: nobody publishes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import places
import shapely
from places import Path
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union
from shapes import Water, as_polygon, blob, metres, rectangle, road, roughened, scale_to_area, smooth


@dataclass(frozen=True)
class Park:
    """One park as drawn: `area_m2` is the published figure it is scaled to, or None."""

    park_id: str
    name_zh: str
    name_en: str
    aliases: str
    roles: str
    leading: str
    area_m2: float | None
    ring: Path
    wet_process: str = "no"


YL_LEADING = "C02;B1;C04;C01;B3;A03.2;A03.3"
PARKS: list[Park] = [
    Park("YL", "燕罗", "Yanluo (Bay Area Chip City)", "湾区芯城;燕罗国际智能制造生态城", "growth_pole", YL_LEADING,
         36.5e6, []),
    Park("SY", "石岩", "Shiyan", "石岩先进制造业园区", "growth_pole", "C02;B1;C03;C01", None, [
        (113.912, 22.668), (113.914, 22.660), (113.925, 22.655), (113.933, 22.656), (113.942, 22.660),
        (113.955, 22.664), (113.957, 22.676), (113.961, 22.687), (113.963, 22.699), (113.960, 22.708),
        (113.950, 22.711), (113.941, 22.705), (113.929, 22.701), (113.920, 22.700), (113.918, 22.692),
        (113.909, 22.684), (113.907, 22.676)]),
    Park("XQD", "新桥东", "Xinqiao East", "新桥东先进制造产业园", "growth_pole;hq_zone;innovation_park;pilot",
         "C09;C10;C12;B2;A05;A06", 2.3e6, [
             (113.8493, 22.7270), (113.8540, 22.7258), (113.8590, 22.7272), (113.8602, 22.7310),
             (113.8622, 22.7350), (113.8637, 22.7400), (113.8630, 22.7445), (113.8588, 22.7462),
             (113.8545, 22.7450), (113.8525, 22.7405), (113.8508, 22.7350), (113.8490, 22.7305)]),
    Park("SGHZ", "深港先进制造业合作区", "Shenzhen-Hong Kong Advanced Manufacturing Zone",
         "福海—沙井;福海—沙井先进制造业园区", "growth_pole", "C01;C11;C09;C18", 14.2e6, [
             (113.772, 22.690), (113.785, 22.683), (113.797, 22.680), (113.806, 22.684), (113.813, 22.695),
             (113.817, 22.708), (113.821, 22.722), (113.814, 22.730), (113.800, 22.727), (113.788, 22.726),
             (113.778, 22.719), (113.773, 22.705)]),
    Park("SGHZQ", "深港先进制造业合作区（前海扩区内）", "Shenzhen-Hong Kong Zone, part inside Qianhai",
         "", "other", "C01;C11;C09;C18", 6.4e6, [
             (113.777, 22.693), (113.786, 22.688), (113.799, 22.687), (113.801, 22.700), (113.803, 22.714),
             (113.795, 22.718), (113.783, 22.714), (113.779, 22.704)]),
    Park("JB", "江碧环保园", "Jiangbi Environmental Park", "江碧环保(生态)园;江碧生态园", "specialised",
         "A04.1;C14", 1.39e6, [
             (113.8085, 22.7855), (113.8100, 22.7798), (113.8150, 22.7788), (113.8215, 22.7785),
             (113.8240, 22.7830), (113.8215, 22.7905), (113.8180, 22.7925), (113.8130, 22.7900)], "yes"),
    Park("XBZX", "深圳西部城市中心", "Shenzhen West City Centre", "会展片区", "hq_zone", "B5;C06;C07", None, [
        (113.7685, 22.6910), (113.7770, 22.6880), (113.7850, 22.6920), (113.7860, 22.7010), (113.7830, 22.7080),
        (113.7750, 22.7110), (113.7680, 22.7040)]),
    Park("BAC", "宝安中心区", "Bao'an Central District", "", "hq_zone", "B5;C06;C07", None, [
        (113.8750, 22.5560), (113.8730, 22.5480), (113.8830, 22.5475), (113.8920, 22.5520), (113.8950, 22.5575),
        (113.8880, 22.5625), (113.8800, 22.5610)]),
    Park("JW", "九围", "Jiuwei", "九围国际总部区", "hq_zone", "B5;C06;C12", None, [
        (113.8760, 22.6410), (113.8860, 22.6390), (113.8945, 22.6420), (113.8960, 22.6500), (113.8890, 22.6530),
        (113.8790, 22.6510)]),
    Park("JCD", "机场东", "Airport East", "空港枢纽东片区", "hq_zone", "B6;D4;C06", 7.51e6, [
        (113.8240, 22.6600), (113.8330, 22.6650), (113.8420, 22.6640), (113.8480, 22.6560), (113.8500, 22.6420),
        (113.8470, 22.6320), (113.8380, 22.6310), (113.8290, 22.6400), (113.8230, 22.6500)]),
    Park("LXH", "立新湖", "Lixin Lake", "", "hq_zone", "C04;C10;C03", 5.0e6, [
        (113.8125, 22.6860), (113.8120, 22.6780), (113.8200, 22.6720), (113.8300, 22.6715), (113.8360, 22.6780),
        (113.8370, 22.6880), (113.8310, 22.6960), (113.8200, 22.6965)]),
    Park("JGS", "尖岗山", "Jiangang Mountain", "国家高新区宝安园区（尖岗山）", "innovation_park", "C18;C17;B5;C06",
         3.92e6, [
             (113.8910, 22.5800), (113.9000, 22.5760), (113.9100, 22.5770), (113.9140, 22.5850),
             (113.9110, 22.5960), (113.9050, 22.6010), (113.8950, 22.5980), (113.8900, 22.5900)]),
    Park("TZS", "铁仔山", "Tiezai Mountain", "国家高新区宝安园区（铁仔山）", "innovation_park", "C12;C17;C06", None, [
        (113.8530, 22.6010), (113.8580, 22.5950), (113.8660, 22.5930), (113.8730, 22.5970), (113.8720, 22.6050),
        (113.8640, 22.6080), (113.8560, 22.6070)]),
    Park("SYKC", "石岩科创城", "Shiyan Science City", "", "innovation_park", "A03.1;C12;C03", None, [
        (113.9300, 22.6900), (113.9420, 22.6890), (113.9540, 22.6930), (113.9560, 22.7040), (113.9470, 22.7070),
        (113.9370, 22.7010), (113.9300, 22.6990)]),
    Park("SYZB", "石岩总部经济园区", "Shiyan HQ Economy Park", "", "pilot", "C12;C03;C01", None, [
        (113.9150, 22.6710), (113.9240, 22.6715), (113.9290, 22.6765), (113.9270, 22.6830), (113.9190, 22.6830),
        (113.9140, 22.6780)]),
    Park("YLZW", "燕罗智能网联汽车产业园", "Yanluo Connected Vehicle Park", "", "specialised", "B3;C15;A08.2", 444e3, [
        (113.8540, 22.8190), (113.8600, 22.8200), (113.8630, 22.8245), (113.8570, 22.8260), (113.8530, 22.8230)]),
    Park("XXSZ", "西乡数字生态园", "Xixiang Digital Ecology Park", "腾讯村", "specialised", "B5;C06;C07;A09.3",
         None, [
             (113.8480, 22.5870), (113.8530, 22.5790), (113.8610, 22.5740), (113.8680, 22.5760),
             (113.8660, 22.5840), (113.8580, 22.5910)]),
    Park("DCW", "大铲湾", "Dachan Bay", "大铲湾海洋装备基地", "specialised", "A10;C20;D6", None, [
        (113.8370, 22.5500), (113.8470, 22.5530), (113.8560, 22.5480), (113.8650, 22.5440), (113.8700, 22.5520),
        (113.8630, 22.5610), (113.8500, 22.5640), (113.8390, 22.5620)]),
    Park("HYXC", "海洋新城", "Ocean New City", "", "other", "C20;A10;D6", 7.44e6, [
        (113.7560, 22.7120), (113.7660, 22.7130), (113.7760, 22.7220), (113.7850, 22.7320), (113.7830, 22.7440),
        (113.7710, 22.7410), (113.7600, 22.7320), (113.7545, 22.7220)]),
    Park("SG", "松岗产业片区", "Songgang industrial area", "松岗", "other", "C01;A04;C16", None, [
        (113.7990, 22.7650), (113.8150, 22.7660), (113.8310, 22.7600), (113.8400, 22.7530), (113.8530, 22.7520),
        (113.8550, 22.7620), (113.8510, 22.7720), (113.8380, 22.7740), (113.8310, 22.7760), (113.8150, 22.7760),
        (113.7980, 22.7740)]),
    Park("SJ", "沙井产业片区", "Shajing industrial area", "沙井", "other", "A04.1;C05;C11", None, [
        (113.7880, 22.7490), (113.7900, 22.7380), (113.8060, 22.7340), (113.8220, 22.7350), (113.8410, 22.7290),
        (113.8410, 22.7480), (113.8290, 22.7580), (113.8120, 22.7620), (113.7960, 22.7560)]),
    Park("FY", "福永产业片区", "Fuyong industrial area", "福永", "other", "C04;C03;A05.2", None, [
        (113.8190, 22.7020), (113.8320, 22.6990), (113.8390, 22.6890), (113.8400, 22.6720), (113.8480, 22.6700),
        (113.8470, 22.6850), (113.8450, 22.7000), (113.8470, 22.7140), (113.8420, 22.7220), (113.8270, 22.7230),
        (113.8240, 22.7130)]),
    Park("HC", "航城产业片区", "Hangcheng industrial area", "航城", "other", "C17;C04;B6", None, [
        (113.8530, 22.6340), (113.8520, 22.6200), (113.8600, 22.6110), (113.8670, 22.6160), (113.8720, 22.6270),
        (113.8750, 22.6380), (113.8740, 22.6500), (113.8640, 22.6500), (113.8540, 22.6470)]),
]


def district() -> Polygon:
    """Return the district's schematic outline."""
    return Polygon(metres([(lon, lat) for _, lon, lat in places.DISTRICT]))


def yanluo(outline: Polygon) -> Polygon:
    """Return 燕罗: all north of Songgang, its southern limit moved until the area is the published one."""
    lobe = roughened(outline.buffer(-30), np.random.default_rng(7), 22.0).intersection(outline.buffer(-15))
    east_of = road(places.ROADS[0][3])  # the expressway separates 江碧 from 燕罗
    left, low, right, high = outline.bounds
    west = Polygon([*east_of.coords, (east_of.coords[-1][0], low), (left - 9e3, low), (left - 9e3, high + 9e3),
                    (east_of.coords[0][0], high + 9e3)])
    lobe = lobe.difference(west.intersection(shapely.box(left, low, right, metres([(113.8, 22.795)])[0][1])))
    x = np.linspace(481000.0, 490000.0, 16)
    wave = 70.0 * np.sin(x / 390.0) + 45.0 * np.cos(x / 170.0)

    def north_of(y: float) -> Polygon:
        edge = smooth(list(zip(x, y + wave + 0.35 * (x - 483500), strict=True)), closed=False)
        kept = lobe.intersection(Polygon([*edge, (right + 9e3, high + 9e3), (left - 9e3, high + 9e3)]))
        return as_polygon(kept.buffer(-240).buffer(240, quad_segs=8))

    south, north = metres([(113.85, 22.750), (113.85, 22.815)])
    a, b = south[1], north[1]
    for _ in range(60):
        middle = (a + b) / 2
        a, b = (middle, b) if north_of(middle).area > 36.5e6 else (a, middle)
    return north_of(a)


def parks(rng: np.random.Generator, outline: Polygon) -> gpd.GeoDataFrame:
    """Return all parks with their columns, in the order of the list above."""
    shapes: list[Polygon] = []
    for park in PARKS:
        shape = yanluo(outline) if not park.ring else blob(park.ring, rng, rough_m=35.0 if park.area_m2 else 45.0)
        if park.area_m2:
            shape = scale_to_area(shape, park.area_m2)
        elif park.park_id in {"SG", "SJ", "FY"}:  # what is left between the poles, a road apart
            shape = as_polygon(shape.difference(unary_union(shapes).buffer(30)).buffer(-60).buffer(60))
        shapes.append(shape)
    table = pd.DataFrame({
        "park_id": [p.park_id for p in PARKS], "name_zh": [p.name_zh for p in PARKS],
        "name_en": [p.name_en for p in PARKS], "aliases": [p.aliases for p in PARKS],
        "roles": [p.roles for p in PARKS], "leading_industries": [p.leading for p in PARKS],
        "wet_process": [p.wet_process for p in PARKS]})
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4547")


def reservoirs(rng: np.random.Generator) -> list[Water]:
    """Return the reservoirs' water surfaces: name, name_en, protected or not, shape."""
    return [(zh, en, protected, blob(ring, rng, rough_m=28.0)) for zh, en, protected, ring in places.RESERVOIRS]


def airport() -> Polygon:
    """Return the schematic airport field, its long side along the runways."""
    x, y = metres([places.AIRPORT_CENTRE])[0]
    width, length = places.AIRPORT_SIZE_M
    return rectangle(x, y, length, width, 90.0 - places.RUNWAY_BEARING_DEG).buffer(-200).buffer(200, quad_segs=3)


def sea(outline: Polygon) -> Polygon:
    """Return the water west of the coast."""
    names = [name for name, _, _ in places.DISTRICT]
    first, last = names.index(places.COAST_FIRST), names.index(places.COAST_LAST)
    coast = [(lon, lat) for _, lon, lat in (*places.DISTRICT[first:], *places.DISTRICT[:last + 1])]
    return as_polygon(Polygon(metres([*coast, *places.SEA_OUTER])).buffer(0).difference(outline))


def backdrop(outline: Polygon, waters: list[Water]) -> gpd.GeoDataFrame:
    """Return the layer drawn for orientation only: outline, sea, airport, roads, metro, rivers, reservoirs, names."""
    rows: list[tuple[str, str, str, BaseGeometry]] = [
        ("district", "宝安区（示意）", "Bao'an District (schematic)", outline),
        ("sea", "珠江口（示意）", "Pearl River estuary (schematic)", sea(outline)),
        ("airport", "宝安国际机场（示意）", "Bao'an International Airport (schematic)",
         airport().intersection(outline)),
    ]
    for zh, en, _, path in places.ROADS:
        rows.append(("road", f"{zh}（示意）", f"{en} (schematic)", road(path).intersection(outline)))
    for zh, en, _, path in places.METRO:
        rows.append(("metro", f"{zh}（示意）", f"{en} (schematic)", road(path).intersection(outline)))
    for zh, en, half_width, path in places.RIVERS:
        shape = road(path).buffer(half_width, quad_segs=2).intersection(outline)
        rows.append(("river", f"{zh}（示意）", f"{en} (schematic)", shape))
    for zh, en, _, shape in waters:
        rows.append(("reservoir", f"{zh}（示意）", f"{en} (schematic)", shape.intersection(outline)))
    for zh, en, lon, lat in places.PLACE_NAMES:
        rows.append(("place", zh, en, Point(metres([(lon, lat)])[0])))
    table = pd.DataFrame([row[:3] for row in rows], columns=["kind", "name_zh", "name_en"])
    table.insert(0, "backdrop_id", [f"D{number:02d}" for number in range(1, len(rows) + 1)])
    return gpd.GeoDataFrame(table, geometry=[row[3] for row in rows], crs="EPSG:4547")


def not_buildable(outline: Polygon, waters: list[Water]) -> BaseGeometry:
    """Return what no block may stand on: road and river reserves, water, the airport, the big power lines."""
    taken: list[BaseGeometry] = [road(path).buffer(half, quad_segs=2) for _, _, half, path in places.ROADS]
    taken += [road(path).buffer(half + 12, quad_segs=2) for _, _, half, path in places.RIVERS]
    taken += [shape.buffer(35, quad_segs=2) for _, _, _, shape in waters]
    taken.append(airport().buffer(60))
    for _, _, kilovolts, path in places.POWER_LINES:
        if kilovolts >= 220:
            taken.append(LineString(metres(path)).buffer(36 if kilovolts == 500 else 24, cap_style="flat"))
    return unary_union(taken)

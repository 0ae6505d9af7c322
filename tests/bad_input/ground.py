"""Cases of the layers of a territory: outlines, how they lie, identifiers, columns, and what refers to what."""

from __future__ import annotations

import geopandas as gpd
import shapely

from bad_input.base import (
    EAST,
    NORTH,
    Bad,
    Change,
    Files,
    Input,
    box,
    cell,
    lacks,
    less,
    more,
    said,
    shape,
    table_of,
    territory,
    warns,
)
from planner.intake.systems import SHIFTS


def drawn(name: str, key: str, wkt: str, group: str = "") -> Input:
    """Return the territory with one outline drawn otherwise."""
    return territory(shape(name, key, wkt), group=group)


def polygon(*rings: tuple[tuple[float, float], ...], x: float = 0, y: float = 0) -> str:
    """Return the WKT of a polygon, its positions given from the corner of the territory."""
    said_of = [", ".join(f"{EAST + x + a} {NORTH + y + b}" for a, b in ring) for ring in rings]
    return "POLYGON (" + ", ".join(f"({ring})" for ring in said_of) + ")"


def multi(*polygons: str) -> str:
    """Return the WKT of several polygons as one geometry."""
    return "MULTIPOLYGON (" + ", ".join(one.removeprefix("POLYGON ") for one in polygons) + ")"


def line(x: float, y: float) -> str:
    """Return the WKT of a line of 50 m."""
    return f"LINESTRING ({EAST + x} {NORTH + y}, {EAST + x + 50} {NORTH + y})"


def joined(*rows_of: Change) -> Input:
    """Return a territory whose parcels have their outlines in one file and their columns in another."""

    def apart(files: Files) -> None:
        rows = table_of(files, "parcels")
        files["shapes.csv"] = [{"parcel_id": row["parcel_id"], "wkt": row.pop("wkt")} for row in rows]

    return territory(said("{file: parcels.csv,", "{file: shapes.csv, table: parcels.csv,"), apart, *rows_of)


def aside(files: Files) -> None:
    """Lay all parcels 100 m aside of the parks, whose corners they have."""
    for k, row in enumerate(table_of(files, "parcels")):
        row["wkt"] = box(300 * k, 300)
        row["published_area_m2"] = ""
    table_of(files, "parks")[0]["wkt"] = multi(*(box(300 * k + 60, 380) for k in range(4)), box(-100, 700, 1600, 100))


def mistaken(system: str) -> Change:
    """Return a change that lays the parcels, whose corners the parks have, as another system would show them."""

    def change(files: Files) -> None:
        boxes = [box(250 * k + 40 * k * k, 300 + 30 * k, 200 - 11 * k, 150 - 7 * k) for k in range(5)]
        table_of(files, "parks")[0]["wkt"] = multi(*boxes)
        here = shapely.from_wkt(boxes)
        there = gpd.GeoSeries(here, crs="EPSG:4547").to_crs("EPSG:4326")
        if system in SHIFTS:
            moved = shapely.transform(there.to_numpy(), SHIFTS[system])
            there = gpd.GeoSeries(moved, crs="EPSG:4326").to_crs("EPSG:4547")
        else:
            there = there.to_crs(system)
        for row, outline in zip(table_of(files, "parcels"), there, strict=True):
            row.update(wkt=outline.wkt, published_area_m2="")

    return change


def renamed(files: Files) -> None:
    """Call the identifier of the outlines otherwise."""
    files["shapes.csv"] = [{"number": row["parcel_id"], "wkt": row["wkt"]} for row in table_of(files, "shapes")]


SQUARE = ((0, 0), (200, 0), (200, 150), (0, 150), (0, 0))
SMALL = ((20, 20), (30, 20), (30, 30), (20, 20))
CROSSED = ((0, 0), (100, 100), (100, 0), (0, 100), (0, 0))

CASES = (
    # outlines
    Bad("crossed", drawn("parcels", "P1", polygon(CROSSED), "outlines"), "parcels.csv.geometry",
        "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a spike",
        drawn("parcels", "P2", polygon(((0, 0), (200, 0), (200, 150), (200, 300), (200, 150), (0, 150), (0, 0)),
        x=220), "outlines"),
        "parcels.csv.geometry", "geometry is not valid: its outline touches itself (Ring",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a hole outside",
        drawn("parcels", "P3", polygon(SQUARE, ((300, 0), (310, 0), (310, 10), (300, 0)), x=440), "outlines"),
        "parcels.csv.geometry", "geometry is not valid: a hole lies outside (Hole lies",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("holes in one another",
        drawn("parcels", "P4", polygon(SQUARE, ((10, 10), (90, 10), (90, 90), (10, 90), (10, 10)), SMALL,
        x=660), "outlines"),
        "parcels.csv.geometry", "geometry is not valid: holes lie in one another (Holes are",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("cut apart by a hole",
        drawn("parcels", "P5", polygon(SQUARE, ((0, 75), (100, 150), (200, 75), (100, 0), (0, 75)), x=2000),
        "outlines"),
        "parcels.csv.geometry", "geometry is not valid: holes cut it apart (Interior is",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a park crossed", drawn("parks", "XQ", polygon(CROSSED, x=2000), "outlines"), "parks.csv.geometry",
        "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a building crossed", drawn("buildings", "B1", polygon(CROSSED, y=600), "outlines"), "buildings.csv.geometry",
        "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a restriction crossed", drawn("restrictions", "R1", polygon(CROSSED), "outlines"),
        "restrictions.csv.geometry", "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a district crossed", drawn("backdrop", "D1", polygon(CROSSED), "outlines"), "backdrop.csv.geometry",
        "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("parts in one another", drawn("parcels", "P1", multi(polygon(SQUARE), polygon(SMALL)), "more outlines"),
        "parcels.csv.geometry", "geometry is not valid: its parts lie in one another (Nested",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a part drawn twice",
        drawn("parcels", "P2", multi(polygon(SQUARE, x=220), polygon(SQUARE, x=220)), "more outlines"),
        "parcels.csv.geometry", "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("three points", drawn("parcels", "P3", polygon(((0, 0), (9, 0), (0, 0)), x=440), "more outlines"),
        "parcels.csv.geometry", "geometry is not valid: too few points (Too few points in",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a coordinate that is no number",
        drawn("parcels", "P4", "POLYGON ((485660 2520000, 485860 nan, 485860 2520150, 485660 2520000))",
        "more outlines"),
        "parcels.csv.geometry", "geometry is not valid: a coordinate is no number (Invalid",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a part on the edge of another",
        drawn("parcels", "P5", multi(polygon(SQUARE, x=2000), polygon(((200, 50), (200, 100), (260, 75), (200,
        50)), x=2000)), "more outlines"),
        "parcels.csv.geometry", "geometry is not valid: its outline crosses itself",
        "Repair it in a GIS (Fix geometries), or let planner check"),
    Bad("a parcel without outline", drawn("parcels", "P1", "", "types"), "parcels.csv.geometry", "have no geometry",
        "Draw them or remove them"),
    Bad("an outline in words", drawn("parcels", "P2", "多边形", "types"), "parcels.csv.wkt",
        "geometry must be WKT … '多边形'", "Correct it; write for example POLYGON ((485000 2520000,"),
    Bad("an empty outline", drawn("parcels", "P5", "POLYGON EMPTY", "types"), "parcels.csv.geometry",
        "have no geometry", "Draw them or remove them"),
    Bad("a parcel that is a point", drawn("parcels", "P3", f"POINT ({EAST} {NORTH})", "types"),
        "parcels.csv.geometry", "geometry must be Polygon or MultiPolygon … Point",
        "Convert it: closed lines to polygons, collections to parts"),
    Bad("a parcel that is a collection",
        drawn("parcels", "P4", f"GEOMETRYCOLLECTION (POINT ({EAST} {NORTH}), {box(0, 0)})", "types"),
        "parcels.csv.geometry", "geometry must be Polygon or MultiPolygon … GeometryCollection",
        "Convert it: closed lines to polygons, collections to parts"),
    Bad("a park that is a line", drawn("parks", "XQ", line(2000, 0), "types"), "parks.csv.geometry",
        "geometry must be Polygon or MultiPolygon … LineString",
        "Convert it: closed lines to polygons, collections to parts"),
    Bad("a building that is a line", drawn("buildings", "B1", line(0, 600), "types"), "buildings.csv.geometry",
        "geometry must be Polygon or MultiPolygon or Point … LineString",
        "Convert it: closed lines to polygons, collections to parts"),
    Bad("a restriction that is a collection",
        drawn("restrictions", "R1", f"GEOMETRYCOLLECTION ({box(0, 0)})", "types"), "restrictions.csv.geometry",
        "geometry must be Polygon or MultiPolygon or LineString or … GeometryCollection",
        "Convert it: closed lines to polygons, collections to parts"),
    Bad("an outline that does not close",
        drawn("parcels", "P1", f"POLYGON (({EAST} {NORTH}, {EAST + 9} {NORTH}, {EAST} {NORTH + 9}))"),
        "parcels.csv.wkt", "geometry must be WKT; found 'POLYGON ((485000 2520000, 485009 2520000,",
        "Correct it; write for example POLYGON ((485000 2520000,", ("line 2",), beside=1),
    # where they lie
    Bad("a parcel outside", drawn("parcels", "P1", box(200_000, 0)), "parcels.csv.geometry",
        "lie outside the district's bounds_lonlat", "Correct the coordinates, or bounds_lonlat in", ("P1",), beside=1),
    Bad("a park outside", drawn("parks", "XQ", box(200_000, 0)), "parks.csv.geometry",
        "lie outside the district's bounds_lonlat", "Correct the coordinates, or bounds_lonlat in", ("XQ",)),
    Bad("a restriction elsewhere", drawn("restrictions", "R1", box(500_000, 0)), "restrictions.csv.geometry",
        "lie outside the district's bounds_lonlat", "Correct the coordinates, or bounds_lonlat in", ("R1",)),
    Bad("a layer elsewhere", drawn("parcels", "*", box(500_000, 0)), "parcels.csv.geometry",
        "taken as EPSG:4547 it lies wholly outside the district; its bounds are",
        "Ask whoever made the file for its CRS and write it as"),
    warns("parcels beyond the district", drawn("backdrop", "D1", box(-500, -500, 1000, 3000)), "parcels.csv.geometry",
        "lie outside the district's outline: P3 70%, P4 100%, P5 100%",
        "Look at the CRS, and at the outline in the layer backdrop", ("P3", "P4", "P5")),
    Bad("one place under two numbers", drawn("parcels", "P2", box(0, 0)), "parcels.csv.geometry",
        "the same geometry stands under two numbers: P1 + P2 30,000 m²",
        "Remove one of each; nothing may be allotted twice", ("P1", "P2")),
    Bad("parcels that overlap", drawn("parcels", "P2", box(150, 0)), "parcels.csv.geometry",
        "overlap: P1 + P2 7,500 m²", "Correct the borders, or remove what stands twice", ("P1", "P2")),
    Bad("a parcel within another", drawn("parcels", "P2", box(10, 10, 20, 20)), "parcels.csv.geometry",
        "overlap: P1 + P2 400 m²", "Correct the borders, or remove what stands twice", ("P1", "P2"), beside=1),
    Bad("buildings that overlap", drawn("buildings", "B2", box(20, 600, 40, 50)), "buildings.csv.geometry",
        "overlap: B1 + B2 1,000 m²", "Correct the borders, or remove what stands twice", ("B1", "B2")),
    Bad("one building under two numbers", drawn("buildings", "B2", box(0, 600, 40, 50)), "buildings.csv.geometry",
        "the same geometry stands under two numbers: B1 + B2 2,000 m²",
        "Remove one of each; nothing may be allotted twice", ("B1", "B2")),
    warns("a sliver of both", drawn("parcels", "P2", box(199.7, 0, 220.3)), "parcels.csv.geometry",
        "overlap by a sliver: P1 + P2 45 m²", "Snap them to one border, or use planner check --fix", ("P1", "P2"),
        beside=1),
    warns("a sliver of none", drawn("parcels", "P2", box(200.2, 0, 199.8)), "parcels.csv.geometry",
        "leave slivers narrower than 0.5 m between: P1 + P2 30.0 m²",
        "Snap them to one border, or use planner check --fix", ("P1", "P2")),
    warns("a parcel across parks",
        territory(shape("parks", "XQ", box(1500, -100, 2000, 1000)), shape("parcels", "P4", box(1400, 0))),
        "parcels.csv.geometry", "lie across two parks: P4 (YL 50%, XQ 50%)",
        "The one that holds most counts; split them, or give the", ("P4",)),
    warns("a layer that lies aside", territory(aside), "parcels.csv.geometry",
        "lies 100 m (-60 east, -80 north) aside of parks.csv, by which 80% of its", "Look at the CRS of both layers",
        beside=1),
    warns("parcels of GCJ-02", territory(mistaken("GCJ-02")), "parcels.csv.geometry",
        "lies 605 m (+508 east, -329 north) aside of parks.csv, by which 100% of",
        "It looks like GCJ-02, the shift of AutoNavi's and", beside=1),
    warns("parcels of BD-09", territory(mistaken("BD-09")), "parcels.csv.geometry",
        "lies 1223 m (+1169 east, +361 north) aside of parks.csv, by which 100% of",
        "It looks like BD-09, the shift of Baidu's maps; when that"),
    warns("parcels of Beijing 1954", territory(mistaken("EPSG:2435")), "parcels.csv.geometry",
        "lies 77 m (-53 east, +56 north) aside of parks.csv, by which 100% of its",
        "It looks like Beijing 1954, 3° zone, meridian 114°; when"),
    warns("a parcel within a restriction", drawn("restrictions", "R1", box(-10, -10, 220, 170)), "parcels.geometry",
        "parcels on offer lie wholly in restrictions", "Check the restrictions, or change their state", ("P1",)),
    warns("a parcel cut in two", drawn("restrictions", "R1", box(80, -10, 40, 170)), "parcels.geometry",
        "parcels on offer are cut in pieces; the largest counts",
        "To use the others as well, make them parcels of their own", ("P1",)),
    # identifiers
    Bad("a parcel twice", territory(more("parcels", "P1", wkt=box(0, 300)), group="twice"), "parcels.csv.parcel_id",
        "an identifier must stand once only … 'P1'", "Merge the rows or rename one"),
    Bad("a building twice", territory(more("buildings", "B1", wkt=box(0, 800, 40, 50)), group="twice"),
        "buildings.csv.building_id", "an identifier must stand once only … 'B1'", "Merge the rows or rename one"),
    Bad("a park twice", territory(more("parks", "XQ"), group="twice"), "parks.csv.park_id",
        "an identifier must stand once only … 'XQ'", "Merge the rows or rename one"),
    Bad("a year of supply twice", territory(more("supply", "YL"), group="twice"), "supply.csv.park",
        "an identifier must stand once only … 'YL-2026'", "Merge the rows or rename one"),
    Bad("a restriction twice", territory(more("restrictions", "R1"), group="twice"),
        "restrictions.csv.restriction_id", "an identifier must stand once only … 'R1'",
        "Merge the rows or rename one"),
    Bad("a figure twice", territory(more("figures", "YL"), group="twice"), "figures.csv.subject",
        "an identifier must stand once only … 'YL: 面积'", "Merge the rows or rename one"),
    Bad("an outline of the backdrop twice", territory(more("backdrop", "D1"), group="twice"),
        "backdrop.csv.backdrop_id", "an identifier must stand once only … 'D1'", "Merge the rows or rename one"),
    Bad("a floor twice", territory(more("floors", "B1")), "floors.csv.building_id",
        "an identifier must stand once only; found 'B1-F01' (line 2), 'B1-F01'", "Merge the rows or rename one",
        ("B1-F01", "B1-F01"), beside=1),
    Bad("a parcel without number", territory(cell("parcels", "P1", "parcel_id", "")), "parcels.csv.parcel_id",
        "plan parcel number must be given; found '' (line 2)", "Give it, or remove the row", ("line 2",)),
    Bad("a building without number", territory(cell("buildings", "B1", "building_id", "")),
        "buildings.csv.building_id", "building id must be given; found '' (line 2)", "Give it, or remove the row",
        ("line 2",), beside=2),
    Bad("a park without number", territory(cell("parks", "XQ", "park_id", "")), "parks.csv.park_id",
        "park id must be given; found '' (line 3)", "Give it, or remove the row", ("line 3",), beside=1),
    Bad("a restriction without number", territory(cell("restrictions", "R1", "restriction_id", "")),
        "restrictions.csv.restriction_id", "restriction id must be given; found '' (line 2)",
        "Give it, or remove the row", ("line 2",)),
    Bad("a restriction without kind", territory(cell("restrictions", "R1", "kind", "")), "restrictions.csv.kind",
        "kind must be given; found '' (line 2)", "Give it, or remove the row", ("R1",)),
    Bad("an outline without kind", territory(cell("backdrop", "D1", "kind", "")), "backdrop.csv.kind",
        "kind must be given; found '' (line 2)", "Give it, or remove the row", ("D1",)),
    Bad("a year of no park", territory(cell("supply", "YL", "park", "")), "supply.csv.park",
        "park must be given; found '' (line 2)", "Give it, or remove the row", ("line 2",)),
    Bad("a supply of no year", territory(cell("supply", "YL", "year", "")), "supply.csv.year",
        "year must be given; found '' (line 2)", "Give it, or remove the row", ("YL-",)),
    Bad("a figure of nothing", territory(cell("figures", "YL", "subject", "")), "figures.csv.subject",
        "subject must be given; found '' (line 2)", "Give it, or remove the row", ("line 2",)),
    Bad("a floor without number", territory(cell("floors", "B1", "floor", "")), "floors.csv.floor",
        "floor must be given; found '' (line 2)", "Give it, or remove the row", ("B1-F",)),
    Bad("a floor by letter", territory(cell("floors", "B1", "floor", "G")), "floors.csv.floor",
        "floor must be a whole number; found 'G' (line 2)", "Write for example 3", ("B1-FG",)),
    Bad("a mezzanine", territory(cell("floors", "B1", "floor", "1.5")), "floors.csv.floor",
        "floor must be a whole number; found '1.5' (line 2)", "Correct it", ("B1-F1.5",)),
    Bad("a floor of no building", territory(cell("floors", "B1", "building_id", "")), "floors.csv.building_id",
        "building id must be given; found '' (line 2)", "Give it, or remove the row", ("line 2",), beside=1),
    # outlines and columns apart
    Bad("an outline without a row", joined(less("parcels", "P5")), "shapes.csv",
        "identifiers that parcels.csv does not have", "Add them there or remove them here.", ("P5",)),
    Bad("a row without an outline", joined(less("shapes", "P5")), "parcels.csv",
        "identifiers that shapes.csv does not have", "Add them there or remove them here.", ("P5",)),
    Bad("outlines without number", joined(renamed), "shapes.csv.parcel_id",
        "the required column is missing (plan parcel number)",
        "Add it, or say under columns: which column is parcel_id"),
    Bad("an outline twice", joined(more("shapes", "P1", wkt=box(0, 300))), "shapes.csv.parcel_id",
        "an identifier must stand once only; found 'P1' (line 2), 'P1' (line 7)", "Merge the rows or rename one",
        ("P1", "P1")),
    Bad("no outlines at all",
        territory(said("{file: parcels.csv,", "{file: figures.csv, table: parcels.csv,"), lacks("parcels", "wkt")),
        "parcels.csv.geometry", "has no geometry", "Name a file with geometry, as file:"),
    Bad("positions that are no numbers",
        territory(lacks("restrictions", "wkt"), lambda files: [row.update(经度="113.86",
        纬度="north") for row in table_of(files, "restrictions")], said("restrictions.csv, crs: EPSG:4547",
        "restrictions.csv, crs: EPSG:4490")),
        "restrictions.csv.经度, 纬度", "geometry must be longitude and latitude in degrees; found '113.86, north'",
        "Correct it; write for example 113.86, 22.73", ("line 2", "line 3"), beside=1),
    # columns and rows
    Bad("parcels without state", territory(lacks("parcels", "state"), group="lacks"), "parcels.csv.state",
        "the required column is missing (state)", "Add it, or say under columns: which column is state"),
    Bad("floors without load", territory(lacks("floors", "load_kn_m2"), group="lacks"), "floors.csv.load_kn_m2",
        "the required column is missing (floor load)", "Add it, or say under columns: which column is load_kn_m2"),
    Bad("buildings without stage", territory(lacks("buildings", "stage"), group="lacks"), "buildings.csv.stage",
        "the required column is missing (stage)", "Add it, or say under columns: which column is stage"),
    Bad("supply without park", territory(lacks("supply", "park"), group="lacks"), "supply.csv.park",
        "the required column is missing (park)", "Add it, or say under columns: which column is park"),
    Bad("restrictions without kind", territory(lacks("restrictions", "kind"), group="lacks"), "restrictions.csv.kind",
        "the required column is missing (kind)", "Add it, or say under columns: which column is kind"),
    Bad("parks without name", territory(lacks("parks", "name_zh"), group="lacks"), "parks.csv.name_zh",
        "the required column is missing (Chinese name)", "Add it, or say under columns: which column is name_zh"),
    Bad("figures without measure", territory(lacks("figures", "measure_zh"), group="lacks"), "figures.csv.measure_zh",
        "the required column is missing (measure (Chinese))",
        "Add it, or say under columns: which column is measure_zh"),
    Bad("parcels without number", territory(lacks("parcels", "parcel_id")), "parcels.csv.parcel_id",
        "the required column is missing (plan parcel number)",
        "Add it, or say under columns: which column is parcel_id"),
    Bad("parcels without outline", territory(lacks("parcels", "wkt")), "parcels.csv.geometry", "has no geometry",
        "Name a file with geometry, as file:"),
    Bad("no floors", territory(less("floors"), group="empty"), "floors.csv", "the layer floors is empty",
        "Check the export, or remove the layer from territory.yaml"),
    Bad("no restrictions", territory(less("restrictions"), group="empty"), "restrictions.csv",
        "the layer restrictions is empty", "Check the export, or remove the layer from territory.yaml"),
    Bad("no supply", territory(less("supply"), group="empty"), "supply.csv", "the layer supply is empty",
        "Check the export, or remove the layer from territory.yaml"),
    Bad("no backdrop", territory(less("backdrop"), group="empty"), "backdrop.csv", "the layer backdrop is empty",
        "Check the export, or remove the layer from territory.yaml"),
    Bad("no parcels", territory(less("parcels")), "parcels.csv", "the layer parcels is empty",
        "Check the export, or remove the layer from territory.yaml"),
    Bad("no buildings", territory(less("buildings")), "buildings.csv", "the layer buildings is empty",
        "Check the export, or remove the layer from territory.yaml", beside=1),
    Bad("no parks", territory(less("parks")), "parks.csv", "the layer parks is empty",
        "Check the export, or remove the layer from territory.yaml"),
    # what refers to what
    Bad("an unknown kind", territory(cell("restrictions", "R1", "kind", "farmlnd"), group="refers"),
        "restrictions.csv.kind", "unknown restriction kind … 'farmlnd'", "Did you mean 'farmlnd' → farmland? Known:"),
    Bad("supply of an unknown park", territory(cell("supply", "YL", "park", "YLL"), group="refers"),
        "supply.csv.park", "unknown park … 'YLL'", "Did you mean 'YLL' → YL? Parks: YL, XQ"),
    Bad("a parcel of an unknown park", territory(cell("parcels", "P1", "park", "YLL"), group="refers"),
        "parcels.csv.park", "unknown park … 'YLL'", "Did you mean 'YLL' → YL? Parks: YL, XQ"),
    Bad("a building of an unknown park", territory(cell("buildings", "B1", "park", "YLL"), group="refers"),
        "buildings.csv.park", "unknown park … 'YLL'", "Did you mean 'YLL' → YL? Parks: YL, XQ"),
    warns("an unknown industry", territory(cell("parks", "YL", "leading_industries", "A99"), group="refers"),
        "parks.csv.leading_industries", "unknown industry … 'A99'", "Did you mean 'A99' → A09? See industries.csv"),
    Bad("more occupied than there is", territory(cell("floors", "B1", "occupied_m2", "2500"), group="refers"),
        "floors.csv.occupied_m2", "occupied area must not exceed the floor's area … 2500 > 2000", "Correct it"),
    Bad("a line that takes no land", territory(cell("restrictions", "R2", "distance_m", ""), group="refers"),
        "restrictions.csv.distance_m", "a line or point without a distance takes no land … 'corridor'",
        "Give distance_m, or voltage_kv to find it in"),
    Bad("a floor of an unknown building", territory(cell("floors", "B1", "building_id", "B9")),
        "floors.csv.building_id", "unknown building; found 'B9' (line 2)", "Add the building or correct the id",
        ("B9-F01",), beside=1),
    Bad("a surface without height", territory(cell("restrictions", "R1", "kind", "airport_surface")),
        "restrictions.csv.height_limit_m", "a surface that limits heights must give its height; found '' (line 2)",
        "Give height_limit_m, in metres", ("R1",)),
    # figures that do not go together
    warns("another number of storeys", territory(cell("buildings", "B1", "storeys", "3"), group="doubts"),
        "buildings.csv.storeys", "storeys must be the number of its floors … 3 / 2", "Correct it"),
    warns("another park than it lies in", territory(cell("parcels", "P1", "park", "XQ"), group="doubts"),
        "parcels.csv.park", "the park given is not the one it lies in (given / lies in) … XQ / YL",
        "The one given is followed; empty it if it is wrong"),
    warns("a building in another park", territory(cell("buildings", "B2", "park", "XQ"), group="doubts"),
        "buildings.csv.park", "the park given is not the one it lies in (given / lies in) … XQ / YL",
        "The one given is followed; empty it if it is wrong"),
    warns("land that is never ready", territory(cell("parcels", "P2", "ready_year", ""), group="doubts"),
        "parcels.csv.ready_year", "a parcel on offer needs a ready year to be offered; found free (line 3)",
        "Give ready_year, or change its state"),
    warns("hectares as m²", territory(cell("parcels", "P1", "published_area_m2", "3"), group="doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … found 3 / 30000",
        "it looks like hectares read as m²; check it, and the unit"),
    warns("亩 as m²", territory(cell("parcels", "P2", "published_area_m2", "45"), group="doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 45 / 30000",
        "it looks like 亩 (mu) read as m²; check it, and the unit"),
    warns("m² as 亩", territory(cell("parcels", "P3", "published_area_m2", "20000000"), group="doubts"),
        "parcels.csv.published_area_m2",
        "published and measured area (m²) differ by more than 2 % … 20000000 / 30000",
        "it looks like m² read as 亩 (mu); check it, and the unit"),
    warns("areas of web mercator", territory(cell("parcels", "P4", "published_area_m2", "35400"), group="doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 35400 / 30000",
        "it looks measured in web mercator (EPSG:3857); check it,"),
    warns("another area", territory(cell("parcels", "P5", "published_area_m2", "31000"), group="doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 31000 / 30000",
        "Check both; the measured one is used"),
    warns("亩 as hectares", territory(cell("parcels", "P1", "published_area_m2", "450000"), group="more doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 450000 / 30000",
        "it looks like 亩 (mu) read as hectares; check it, and the"),
    warns("km² as m²",
        territory(shape("parcels", "P5", box(1900, -90, 1500, 980)), cell("parcels", "P5", "published_area_m2",
        "1.47"), group="more doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 1.47 / 1470000",
        "it looks like km² read as m²; check it, and the unit in"),
    warns("m² as hectares",
        territory(shape("parcels", "P4", box(700, 20, 20, 20)), cell("parcels", "P4", "published_area_m2",
        "4000000"), group="more doubts"),
        "parcels.csv.published_area_m2", "published and measured area (m²) differ by more than 2 % … 4000000 / 400",
        "it looks like m² read as hectares; check it, and the unit"),
    warns("a building without floors", territory(less("floors", "B2")), "buildings.csv.building_id",
        "a building without floors offers no space; found 'B2' (line 3)", "Add its floors to the floors table",
        ("B2",)),
)  # fmt: skip

"""Cases of territory.yaml: its YAML, its keys, the systems and columns it declares."""

from __future__ import annotations

from bad_input.base import TERRITORY, Bad, Input, alone, lacks, put, said, territory, warns
from bad_input.files import nothing, with_geopackage

BOUNDS = "[113.74, 22.52, 113.98, 22.87]"
PARCELS = "parcels: {file: parcels.csv, crs: EPSG:4547}"
FLOORS = "floors: {table: floors.csv}"


def yaml(old: str, new: str) -> Input:
    """Return a territory.yaml with something replaced."""
    return territory(said(old, new))


def whole(text: str | bytes) -> Input:
    """Return another territory.yaml."""
    return territory(put("territory.yaml", text))


def parcels(keys: str) -> Input:
    """Return a territory.yaml with other keys of the parcels, beside their file."""
    return yaml(PARCELS, f"parcels: {{file: parcels.csv, {keys}}}")


def system(text: str, layer: str = "parcels", group: int = 0) -> Input:
    """Return a territory.yaml that says another system of a layer."""
    change = said(f"{{file: {layer}.csv, crs: EPSG:4547}}", f"{{file: {layer}.csv, crs: {text}}}")
    return territory(change, group=f"systems {group}" if group else "")


def columns(text: str, layer: str = "floors", group: int = 0) -> Input:
    """Return a territory.yaml that declares columns of a table."""
    change = said(f"{{table: {layer}.csv}}", f"{{table: {layer}.csv, columns: {text}}}")
    return territory(change, group=f"columns {group}" if group else "")


def source(file: str, layer: str, group: int) -> Input:
    """Return a territory.yaml that names another file of a layer."""
    return territory(said(f"file: {layer}.csv", f"file: {file}"), group=f"files {group}")


CASES = (
    # YAML
    Bad("no such file", alone("sub/territory.yaml", nothing), "territory.yaml", "there is no file", "Check the path"),
    Bad("empty", whole(""), "territory.yaml:1 crs", "the working CRS must be projected, in metres; found null",
        "In Shenzhen use EPSG:4547", beside=2),
    Bad("a list", whole("- a\n- b\n"), "territory.yaml:1", "found a list of 2; allowed: keys with values",
        "Write `key: value`, with an ASCII colon and a space"),
    Bad("a full-width colon", whole("title：例\ncrs: EPSG:4547\n"), "territory.yaml:2",
        "found 'crs: EPSG:4547', which is not YAML: mapping values are not allowed",
        "Use an ASCII colon and a space after each key, indent by"),
    Bad("a tab", whole("title: a\n\tcrs: b\n"), "territory.yaml:2",
        "found 'crs: b', which is not YAML: found character '\\t' that cannot start",
        "Use an ASCII colon and a space after each key, indent by"),
    Bad("in GBK", whole(TERRITORY.encode("gbk")), "territory.yaml:1",
        "line 1 is not UTF-8, the only encoding allowed", "Save the file as UTF-8 in your editor"),
    Bad("a bracket left open", yaml(BOUNDS, "[113.74, 22.52"), "territory.yaml:4",
        "found 'layers:', which is not YAML: expected ',' or ']', but got ':'",
        "Use an ASCII colon and a space after each key, indent by"),
    Bad("a key twice", yaml("crs: EPSG:4547\n", "crs: EPSG:4547\ncrs: EPSG:4526\n"), "territory.yaml:3 crs",
        "found key 'crs' a second time, first on line 2; allowed: once", "Join the two, or remove one"),
    Bad("an anchor", yaml("title: {", "title: &t {"), "territory.yaml:1",
        "found the anchor or alias '&t'; allowed: plain values", "Write the value out, or share it by extends"),
    Bad("a tag", yaml("title: {zh: 例, en: Base}", "title: !!python/object:os.system x"), "territory.yaml:1",
        "found the tag 'tag:yaml.org,2002:python/object:os.system'; allowed: plain",
        "Remove it; put text that begins with ! in quotes"),
    Bad("two documents", whole(TERRITORY + "---\na: b\n"), "territory.yaml:13",
        "found a second document (---); allowed: one in a file", "Make it a file of its own"),
    Bad("extends nothing", yaml("title:", "extends: nowhere.yaml\ntitle:"), "territory.yaml:1 extends",
        "/nowhere.yaml'; allowed: a YAML file", "In that folder are: scenario.yaml, territory.yaml"),
    Bad("extends itself", yaml("title:", "extends: territory.yaml\ntitle:"), "territory.yaml:1 extends",
        "found 'territory.yaml', so that a file extends itself: territory.yaml →", "Remove one of these extends"),
    # keys
    Bad("an unknown key", yaml("bounds_lonlat", "bounds"), "territory.yaml:3 bounds", "unknown key 'bounds'",
        "Nearest known: bounds_lonlat", beside=1),
    Bad("no layers", whole(TERRITORY.split("layers:")[0]), "territory.yaml:1 layers", "has no layers:",
        "Name each layer with its file"),
    Bad("an unknown layer", yaml("  figures:", "  figurs:"), "territory.yaml:12 layers.figurs",
        "unknown key 'figurs'", "Nearest known: figures"),
    Bad("a layer missing", yaml("  floors: {table: floors.csv}\n", ""), "territory.yaml:4 layers.floors",
        "the layer floors is missing", "Write under layers: floors: {file: …} or {table: …}"),
    Bad("a layer null", yaml(PARCELS, "parcels: null"), "territory.yaml:4 layers.parcels",
        "the layer parcels is missing", "Write under layers: parcels: {file: …} or {table: …}"),
    Bad("a layer that is a text", yaml(PARCELS, "parcels: parcels.csv"), "territory.yaml:6 layers.parcels",
        "the layer parcels names no file and no table", "Write for example parcels: {table: parcels.csv}"),
    Bad("a list where one file is wanted", yaml(PARCELS, "parcels: [{file: parcels.csv, crs: EPSG:4547}]"),
        "territory.yaml:6 layers.parcels", "the layer parcels names no file and no table",
        "Write for example parcels: {table: parcels.csv}"),
    Bad("an empty layer entry", yaml(PARCELS, "parcels: {}"), "territory.yaml:6 layers.parcels",
        "the layer parcels names no file and no table", "Write for example parcels: {table: parcels.csv}"),
    Bad("no file and no table", yaml("{table: floors.csv}", "{tabel: floors.csv}"), "territory.yaml:8 layers.floors",
        "the layer floors names no file and no table", "Write for example floors: {table: floors.csv}"),
    Bad("an unknown key of a layer", parcels("csr: EPSG:4547"), "territory.yaml:6 layers.parcels.csr",
        "unknown key 'csr'", "Nearest known: crs", beside=1),
    Bad("a kind where none is", parcels("crs: EPSG:4547, kind: x"), "territory.yaml:6 layers.parcels.kind",
        "unknown key 'kind'", "Nearest known: file, layer, table, worksheet, crs,"),
    Bad("a list with a broken entry",
        yaml("{file: restrictions.csv, crs: EPSG:4547}", "[{file: restrictions.csv, crs: EPSG:4547}, {kind: road}]"),
        "territory.yaml:9 layers.restrictions[1]", "the layer restrictions names no file and no table",
        "Write for example restrictions: {table: restrictions.csv}"),
    Bad("a kind that is unknown",
        territory(said("restrictions.csv,", "restrictions.csv, kind: 公路,"), lacks("restrictions", "kind")),
        "restrictions.csv.kind", "unknown restriction kind; found '公路' (line 2), '公路' (line 3)",
        "Known: airport_surface, corridor, corridor_110kv,", ("R1", "R2")),
    Bad("tables without folder", yaml("layers:", "tables: tabeles\nlayers:"), "territory.yaml:4 tables",
        "there is no folder tabeles", "Correct it, or remove tables:"),
    # files
    Bad("a file that is not there", source("parcel.csv", "parcels", 1), "parcel.csv", "there is no file",
        "Did you mean parcels.csv?"),
    Bad("a table that is not there", territory(said("table: floors.csv", "table: flors.csv"), group="files 1"),
        "flors.csv", "there is no file", "Did you mean floors.csv?"),
    Bad("a folder in place of a file",
        territory(said("file: parcels.csv", "file: tables"), put("tables/fit.csv", "")), "tables",
        "is a folder and no file:", "Check the path"),
    Bad("a file without suffix", source("parcels", "buildings", 2), "parcels", "there is no file",
        "Did you mean parcels.csv?"),
    Bad("a DWG", source("红线.dwg", "buildings", 1), "红线.dwg", "its format '.dwg' is not read here",
        "Save it as DXF"),
    Bad("an Access database", source("land.mdb", "restrictions", 1), "land.mdb", "its format '.mdb' is not read here",
        "Export it as FileGDB or GeoPackage"),
    Bad("the .dbf of a Shapefile", source("land.dbf", "backdrop", 1), "land.dbf",
        "its format '.dbf' is not read here", "Name the .shp beside it"),
    Bad("a PDF", source("land.pdf", "parcels", 2), "land.pdf", "its format '.pdf' is not read here",
        "Use one of .gpkg, .geojson, .json, .shp, .gdb, .kml,"),
    Bad("a layer of a CSV", territory(said("{file: parcels.csv,", "{file: parcels.csv, layer: a,"), group="files 3"),
        "parcels.csv:a", "has one layer, as every .csv, and no a", "Remove layer: or worksheet:"),
    Bad("a worksheet of a CSV",
        territory(said(FLOORS, "floors: {table: floors.csv, worksheet: 1F}"), group="files 3"), "floors.csv:1F",
        "is a text, and has no worksheet 1F", "Remove worksheet:"),
    Bad("an encoding that is none",
        territory(said("{file: buildings.csv,", "{file: buildings.csv, encoding: utf9,"), group="files 3"),
        "buildings.csv", "is declared utf9, but its bytes look like utf-8",
        "Correct it to encoding: utf-8, or remove it"),
    Bad("a wrong encoding",
        territory(said("{file: restrictions.csv,", "{file: restrictions.csv, encoding: gbk,"), group="files 3"),
        "restrictions.csv", "is declared gbk, but its bytes look like utf-8",
        "Correct it to encoding: utf-8, or remove it"),
    Bad("a database that is not there", source("'postgresql://gis:geheim@localhost:1/land'", "restrictions", 2),
        "postgresql://gis:***@localhost:1/land", "the database postgresql://gis:***@localhost:1/land cannot",
        "Check the URL, the user and its rights; a password"),
    Bad("a URL of nonsense", source("'postgresql://gis:geheim@[half/land'", "backdrop", 2), "postgresql://***",
        "the database postgresql://*** cannot be read (no URL of a",
        "Check the URL, the user and its rights; a password"),
    Bad("a table in place of a layer", yaml(PARCELS, "parcels: {table: parcels.csv}"), "parcels.csv.geometry",
        "has no geometry", "Name a file with geometry, as file:", beside=1),
    Bad("a system said twice", alone("two", with_geopackage("file: p.gpkg, crs: EPSG:4526")), "p.gpkg.geometry",
        "the file says its CRS is EPSG:4547, territory.yaml says EPSG:4526",
        "Remove crs: from territory.yaml, or, where the file is", beside=1),
    Bad("one of two layers, unnamed", alone("two", with_geopackage("file: p.gpkg", "parcels", "other")), "p.gpkg",
        "has several layers", "Name one of its layers: parcels, other"),
    Bad("a layer that is not in the file",
        alone("two", with_geopackage("file: p.gpkg, layer: parcs", "parcels", "other")), "p.gpkg:parcs",
        "has no layer parcs", "Name one of its layers: parcels, other"),
    Bad("bytes of no encoding",
        territory(said("{file: backdrop.csv,", "{file: backdrop.csv, encoding: utf-8,"), put("backdrop.csv",
        b"backdrop_id,kind,wkt\xff\xfe\xff\n"), group="files 3"),
        "backdrop.csv", "is not readable as text (tried utf-8)", "Save it as UTF-8 CSV, and correct encoding:"),
    # working CRS and bounds
    Bad("no working CRS", yaml("crs: EPSG:4547\n", ""), "territory.yaml:1 crs",
        "the working CRS must be projected, in metres; found null", "In Shenzhen use EPSG:4547"),
    Bad("a working CRS in degrees", yaml("crs: EPSG:4547\n", "crs: EPSG:4490\n"), "territory.yaml:2 crs",
        "the working CRS must be projected, in metres; found 'EPSG:4490'", "In Shenzhen use EPSG:4547"),
    Bad("a working CRS in feet", yaml("crs: EPSG:4547\n", "crs: EPSG:2229\n"), "territory.yaml:2 crs",
        "the working CRS must be projected, in metres; found 'EPSG:2229'", "In Shenzhen use EPSG:4547"),
    Bad("web mercator", yaml("crs: EPSG:4547\n", "crs: EPSG:3857\n"), "territory.yaml:2 crs",
        "areas in EPSG:3857 are off by +17.49%: it is no working CRS",
        "Here use EPSG:4547 (CGCS2000, 3° zone, meridian 114°), or"),
    Bad("a zone far away", yaml("crs: EPSG:4547\n", "crs: EPSG:4549\n"), "territory.yaml:2 crs",
        "areas in EPSG:4549 are off by +0.99%: it is no working CRS",
        "Here use EPSG:4547 (CGCS2000, 3° zone, meridian 114°), or"),
    Bad("a working CRS that is none", yaml("crs: EPSG:4547\n", "crs: EPSG:999999\n"), "territory.yaml:2 crs",
        "the working CRS must be projected, in metres; found 'EPSG:999999'", "In Shenzhen use EPSG:4547"),
    Bad("no bounds", yaml(f"bounds_lonlat: {BOUNDS}\n", ""), "territory.yaml:1 bounds_lonlat",
        "bounds_lonlat must be [west, south, east, north] in degrees; found null",
        "Write for example [113.74, 22.52, 113.98, 22.87]"),
    Bad("bounds in metres", yaml(BOUNDS, "[485000, 2500000, 490000, 2530000]"), "territory.yaml:3 bounds_lonlat",
        "bounds_lonlat must be [west, south, east, north] in degrees; found",
        "Write for example [113.74, 22.52, 113.98, 22.87]"),
    Bad("bounds with latitude first", yaml(BOUNDS, "[22.52, 113.74, 22.87, 113.98]"),
        "territory.yaml:3 bounds_lonlat", "bounds_lonlat must be [west, south, east, north] in degrees; found",
        "Write for example [113.74, 22.52, 113.98, 22.87]"),
    Bad("bounds of three sides", yaml(BOUNDS, "[113.74, 22.52, 113.98]"), "territory.yaml:3 bounds_lonlat",
        "bounds_lonlat must be [west, south, east, north] in degrees; found",
        "Write for example [113.74, 22.52, 113.98, 22.87]"),
    Bad("bounds in words", yaml(BOUNDS, "[west, 22.52, 113.98, 22.87]"), "territory.yaml:3 bounds_lonlat",
        "bounds_lonlat must be [west, south, east, north] in degrees; found",
        "Write for example [113.74, 22.52, 113.98, 22.87]"),
    Bad("bounds of Beijing", yaml(BOUNDS, "[116.1, 39.6, 116.8, 40.2]"), "territory.yaml:2 crs",
        "areas in EPSG:4547 are off by +0.11%: it is no working CRS",
        "Here use EPSG:4548 (CGCS2000, 3° zone, meridian 117°), or"),
    # systems of layers
    Bad("no system", yaml(PARCELS, "parcels: {file: parcels.csv}"), "parcels.csv.geometry", "no CRS is declared",
        "The coordinates look like EPSG:4547 (CGCS2000, 3° zone,"),
    Bad("an unknown system", system("EPSG:99999", "parcels", 1), "territory.yaml:6 layers.parcels.crs",
        "there is no CRS 'EPSG:99999'", "Write for example EPSG:4547, EPSG:4547 swapped, GCJ-02,"),
    Bad("a system of another zone", system("EPSG:4526"), "parcels.csv.geometry",
        "taken as EPSG:4526 it lies wholly outside the district; its bounds are",
        "The coordinates look like EPSG:4547 (CGCS2000, 3° zone,"),
    Bad("a system with an unknown key", system("{crs: EPSG:4547, axis: swapped}", "buildings", 1),
        "territory.yaml:7 layers.buildings.crs", "unknown key 'axis' of a CRS", "Nearest known: axes"),
    Bad("axes in other words", system("{crs: EPSG:4547, axes: yx}", "restrictions", 1),
        "territory.yaml:9 layers.restrictions.crs", "this is no CRS: axes: 'yx'", "Write axes: swapped"),
    Bad("a shift in other words", system("{crs: EPSG:4326, shifted: GCJ02}", "backdrop", 1),
        "territory.yaml:10 layers.backdrop.crs", "this is no CRS: shifted: 'GCJ02'", "Write GCJ-02 | BD-09"),
    Bad("points and four parameters", system("{crs: EPSG:4547, points: [], four: {}}", "parcels", 2),
        "territory.yaml:6 layers.parcels.crs", "this is no CRS: points + four + seven",
        "Write points: … | four: … | seven: …"),
    Bad("one control point", system("{crs: EPSG:4547, points: [[1, 2, 3, 4]]}", "buildings", 2),
        "territory.yaml:7 layers.buildings.crs", "this is no CRS: points: a list of 1",
        "Write points: [[x, y, east, north], [x, y, east, north]]"),
    Bad("control points that disagree",
        system("{crs: EPSG:4547, points: [[0, 0, 1, 1], [99, 0, 99, 0], [0, 99, 0, 150]]}", "restrictions", 2),
        "territory.yaml:9 layers.restrictions.crs", "the control points do not agree; they miss by 18.05, 12.76,",
        "Correct the worst; write axes: swapped where north stands"),
    Bad("three of four parameters", system("{crs: EPSG:4547, four: {east_m: 1}}", "backdrop", 2),
        "territory.yaml:10 layers.backdrop.crs", "this is no CRS: a map of 1 (east_m)",
        "Write {east_m: 0, north_m: 0, clockwise_s: 0, scale_ppm:"),
    Bad("a parameter in words", system("{crs: EPSG:4547, four: {east_m: a, north_m: 2}}", "parcels", 3),
        "territory.yaml:6 layers.parcels.crs", "this is no CRS: a map of 2 (east_m, north_m)",
        "Write {east_m: 0, north_m: 0, clockwise_s: 0, scale_ppm:"),
    Bad("one of seven parameters", system("{crs: EPSG:2435, seven: {dx_m: 1}}", "buildings", 3),
        "territory.yaml:7 layers.buildings.crs", "this is no CRS: a map of 1 (dx_m)",
        "Write {dx_m: 0, dy_m: 0, dz_m: 0, rx_s: 0, ry_s: 0, rz_s:"),
    Bad("a convention that is none", system("{crs: EPSG:2435, seven: {convention: bursa}}", "restrictions", 3),
        "territory.yaml:9 layers.restrictions.crs", "this is no CRS: convention: 'bursa'",
        "Write position_vector | coordinate_frame"),
    Bad("parameters without system", system("{four: {east_m: 1, north_m: 2}}", "backdrop", 3),
        "territory.yaml:10 layers.backdrop.crs", "this is no CRS: crs", "Write crs: EPSG:4547"),
    Bad("an empty system", system("''", "parcels", 4), "territory.yaml:6 layers.parcels.crs", "this is no CRS: ''",
        "Write EPSG:4547"),
    Bad("instead of what is none", system("EPSG:4547 instead of EPSG:1", "buildings", 4),
        "territory.yaml:7 layers.buildings.crs", "there is no CRS 'EPSG:1'",
        "Write for example EPSG:4547, EPSG:4547 swapped, GCJ-02,"),
    warns("a datum without public parameters", system("EPSG:2435"), "parcels.csv.geometry",
        "no exact transformation from EPSG:2435 to EPSG:4547 is public; it may be",
        "Give control points (points:), four or seven parameters"),
    # columns
    Bad("columns as a list", columns("[a]", "figures", 1), "territory.yaml:12 layers.figures.columns",
        "columns must map file columns to canonical ones", "Write for example {用地面积: published_area_m2}"),
    Bad("a column that is not there", columns("{面积: area_m2}", "floors", 1), "floors.csv.面积",
        "column 面积, declared under columns:, is missing", "The file has building_id, floor, area_m2, usable_ratio,"),
    Bad("a meaning that is none", columns("{area_m2: areas_m2}"), "floors.csv.area_m2",
        "areas_m2 is not a column of this layer", "Nearest known: area_m2", beside=1),
    Bad("a unit of another measure", columns("{power_mva: {meaning: power_mva, unit: 米}}", "supply", 1),
        "supply.csv.power_mva", "found '1 米', which is a length; allowed: an electrical", "Write for example 60 MVA"),
    Bad("an unknown unit", columns("{power_mva: {meaning: power_mva, unit: 坪}}", "supply", 2), "supply.csv.power_mva",
        "found '1 坪', whose unit '坪' is not known; allowed: an", "Write for example 60 MVA"),
    Bad("an unknown key of a column", columns("{area_m2: {means: area_m2}}"),
        "territory.yaml:8 layers.floors.columns.area_m2.means", "unknown key 'means'", "Nearest known: meaning",
        beside=1),
    Bad("a column without meaning", columns("{area_m2: {unit: 亩}}", "floors", 2),
        "territory.yaml:8 layers.floors.columns.area_m2", "says no meaning: for the column area_m2",
        "Write for example {meaning: area_m2, unit: 亩}"),
)  # fmt: skip

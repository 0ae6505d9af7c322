"""Files that are damaged at random, or made to do harm: a result or a fault, whatever stands in them.

Reading happens in a child process (`fuzzing`), so that a native library that crashes, hangs or eats the memory is seen
for what it is.

The one run of all so far, 700 files of each of 15 formats on a busy machine: of 10,500 files 10,496 were read or told
as they should be; one raised (.zip 667), one took more than 30 s (.gdb.zip 674), two lost something without a word
(.geojson, .csv 680). After the mends the first 360 of each, 5,400 files, and these four were run again: all as they
should be.
"""

from __future__ import annotations

import collections
import itertools
import re
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import fuzzing
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
from test_tables import XLS

from planner import intake
from planner.errors import DataError, Fault
from planner.intake import vector
from planner.intake.sources import faults_of

SLICE = 5
"""Files of each format in `make test`; about 3 s of the processor, and as much to start the child."""
MANY = 700
"""Files of each format in `make long`."""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fuzzing.Reader]:
    with fuzzing.Reader(tmp_path_factory.mktemp("fuzz"), xls=XLS) as one:
        yield one


def fuzzed(reader: fuzzing.Reader, numbers: range) -> collections.Counter[str]:
    """Read damaged files of every format and return how often each outcome was; those never wanted are named."""
    outcomes: collections.Counter[str] = collections.Counter()
    bad = []
    for form, number, told in reader.all(numbers):
        outcomes[told.kind] += 1
        if told.kind in fuzzing.NEVER:
            bad.append(f"{form} {number} {told.kind}: {told.said}")
    assert not bad, "\n".join(bad)
    return outcomes


def test_damaged_files_are_read_or_refused_and_nothing_is_lost_without_a_word(reader: fuzzing.Reader) -> None:
    outcomes = fuzzed(reader, range(SLICE))
    assert outcomes.total() == SLICE * len(fuzzing.FORMS)
    assert min(outcomes[kind] for kind in ("same", "told", "refused")) > SLICE


@pytest.mark.long
def test_ten_thousand_damaged_files(reader: fuzzing.Reader) -> None:
    outcomes = fuzzed(reader, range(MANY))
    print(dict(outcomes))
    assert outcomes.total() > 10_000
    assert outcomes["untraced"] < outcomes.total() / 100
    assert reader.started == 1


def test_a_child_that_crashes_or_raises_is_told_and_another_takes_its_place(tmp_path: Path) -> None:
    """The test of the tests: a file that is not there raises; a child that is gone is a crash."""
    with fuzzing.Reader(tmp_path, ()) as one:
        assert one.process is not None
        one.process.kill()
        one.process.join()
        assert one.read(tmp_path / "a.csv").kind == "crash"
        assert (one.started, one.read(tmp_path / "a.csv").kind) == (2, "refused")


FOUND = ((".fgb", 94), (".fgb", 182), (".gdb", 134), (".kml", 289), (".shp", 118), (".zip", 290), (".zip", 667))
"""What fuzzing has found: two crashes of GDAL's Arrow, another table under a layer's name, an encoding and a CRS that
are none, a file that is gone, two columns of one name."""


@pytest.mark.parametrize(("form", "number"), FOUND)
def test_what_was_found_once_stays_mended(form: str, number: int, reader: fuzzing.Reader) -> None:
    told = reader.read((form, number))
    assert told.kind in ("same", "told", "refused"), told.said


# What is left of it


def left(path: Path, data: bytes) -> tuple[pd.DataFrame, list[Fault]]:
    path.write_bytes(data)
    frame = vector.read_any(path, None, None, where=path.name)
    return frame, [*faults_of(frame), *vector.sheet_of(frame, path.name).faults]


def test_a_row_of_a_csv_with_a_lost_quotation_mark_or_comma_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    rows = [f'{k},名{k},"POINT ({k} 2)"' for k in range(20)]
    rows[4] = rows[4][:-1]  # its cell runs on to the next quotation mark
    rows[9] = "9,名9"
    frame, faults = left(tmp_path / "a.csv", "\n".join(["id,name,wkt", *rows, ""]).encode())
    assert sorted(set(range(20)) - {int(one) for one in frame["id"]}) == [4, 9]
    assert [(fault.features, fault.fatal) for fault in faults] == [(("line 6",), True), (("line 11",), True)]
    with pytest.raises(DataError, match="line 6 is not CSV"):
        intake.read_layer(tmp_path / "a.csv", crs=fuzzing.CRS)


def test_a_byte_that_is_no_text_does_not_make_utf8_gbk(tmp_path: Path) -> None:
    """GB18030 could read these bytes, every one of them as another character."""
    lines = [f"{k},燕罗地块,石岩街道" for k in range(8)]
    data = "\n".join(["id,name,street", *lines, ""]).encode()
    data = data.replace("3,燕罗地块".encode(), "3,燕罗地".encode() + b"\x81")
    assert data.decode("gb18030")
    frame, faults = left(tmp_path / "a.csv", data)
    assert list(frame["street"]) == ["石岩街道"] * 8
    assert [(fault.column, fault.features) for fault in faults] == [("name", ("line 5",))]


def test_texts_that_end_in_the_middle_of_a_line_or_lack_what_they_declare_say_so(tmp_path: Path) -> None:
    csv = "id,name\na,b\nc,d"
    assert "no line end" in left(tmp_path / "a.csv", csv.encode())[1][0].rule.en
    assert left(tmp_path / "a.csv", f"{csv}\n".encode())[1] == []
    counted = left(tmp_path / "a.csv", "id,name,m\na,b,1\nc,d,2\n注：共 3 条,,\n".encode())[1]
    assert "it says that it has 3 rows; there are 2" in [fault.rule.en for fault in counted]
    path = tmp_path / "a.txt"
    fuzzing.WRITE[".txt"](path, fuzzing.parcels())
    whole = path.read_bytes()
    lines = whole.split(b"\r\n")
    plot = [k for k, line in enumerate(lines) if line.endswith(b"@")]
    between = b"\r\n".join([*lines[: plot[5]], b""])
    assert left(path, between)[1] == []  # nothing in the format tells
    declared = between.replace("带号=".encode("gb18030"), "地块数=24\r\n带号=".encode("gb18030"))
    assert [fault.rule.en for fault in left(path, declared)[1]] == ["has 5 plots, and its header says 24"]
    assert "no line end" in left(path, whole[:-2])[1][0].rule.en
    frame, (fault,) = left(path, b"\r\n".join([*lines[: plot[5] + 3], *lines[plot[7] + 5 :]]))
    assert (len(frame), "numbers jump" in fault.rule.en) == (22, True)
    assert fault.features == (f"line {plot[5] + 1}",)


@pytest.mark.parametrize("suffix", [".geojson", ".kml"])
def test_a_text_of_features_that_is_cut_off_keeps_those_before(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    intake.write_layer(path, fuzzing.parcels())
    data = path.read_bytes()
    at = data.index(b"P010")
    mark = b"<Placemark" if suffix == ".kml" else b'{ "type": "Feature"'
    for end, lost in ((at, ("feature 11",)), (data.rindex(mark, 0, at), None)):
        frame, faults = left(path, data[:end])
        assert len(frame) == 10
        assert [fault.features for fault in faults if fault.features] == ([lost] if lost else [])
        assert "cut off before its end" in faults[-1].rule.en


def test_a_flatgeobuf_without_index_is_read_feature_by_feature_too(tmp_path: Path) -> None:
    """GDAL would look for each from the beginning; where one has no geometry, what its Arrow gives is broken."""
    path = tmp_path / "a.fgb"
    frame = fuzzing.parcels()
    frame.loc[[3, 7], "geometry"] = None
    pyogrio.write_dataframe(frame, path, driver="FlatGeobuf", geometry_type="Unknown", SPATIAL_INDEX="NO")
    data = path.read_bytes()
    found, faults = left(path, data)
    assert (list(np.flatnonzero(found.geometry.isna())), faults) == ([3, 7], [])
    at = data.index(b"P010")
    found, (fault,) = left(path, data[: at - 200] + b"\xff" * 100 + data[at - 100 :])
    assert list(found["parcel_id"]) == [f"P{k:03d}" for k in range(24) if f"feature {k + 1}" not in fault.features]
    assert 0 < len(fault.features) < 3


def test_a_local_crs_is_told_and_not_used(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    intake.write_layer(path, fuzzing.parcels())
    path.with_suffix(".prj").write_text('LOCAL_CS["Shenzhen",UNIT["metre",1]]', encoding="ascii")
    frame, (fault,) = left(path, path.read_bytes())
    assert frame.crs is None
    assert "'Shenzhen' is a local one" in fault.rule.en
    assert len(intake.read_layer(path, crs=fuzzing.CRS)) == 24


# Made to do harm


def zip_in_zip(path: Path) -> None:
    inner = b"x" * 2**20
    for k in range(6):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(8):
                archive.writestr(f"{k}{copy}.zip" if k else f"{copy}.geojson", inner)
        inner = path.read_bytes()


def workbook(path: Path, sheet: bytes) -> None:
    """Write a workbook whose only worksheet is this XML."""
    openpyxl.Workbook().save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
CELL = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c></row>'


def laughs() -> str:
    entities = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'


def laughing_workbook(path: Path) -> None:
    workbook(path, f"{laughs()}{SHEET}<sheetData>{CELL.format(1, '&l11;')}</sheetData></worksheet>".encode())


def laughing_kml(path: Path) -> None:
    place = "<Placemark><name>&l11;</name><Point><coordinates>113.9,22.7</coordinates></Point></Placemark>"
    path.write_text(f"{laughs()}<kml><Document>{place}</Document></kml>", encoding="utf-8")


def vast_workbook(path: Path) -> None:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>z</t></is></c></row>'
    cells = CELL.format(1, "id") + CELL.format(2, "a") + far
    workbook(path, f'{SHEET}<dimension ref="A1:XFD1048576"/><sheetData>{cells}</sheetData></worksheet>'.encode())


def merged_workbook(path: Path) -> None:
    merge = '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    workbook(path, f"{SHEET}<sheetData>{CELL.format(1, 'id')}</sheetData>{merge}</worksheet>".encode())


def full_workbook(path: Path) -> None:
    cells = '<c t="n"><v>1</v></c>' * 4_000_000
    workbook(path, f'{SHEET}<sheetData><row r="1">{cells}</row></sheetData></worksheet>'.encode())


def many_in_shp(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    dbf = path.with_suffix(".dbf")
    dbf.write_bytes(dbf.read_bytes()[:4] + struct.pack("<I", 2**32 - 1) + dbf.read_bytes()[8:])


def many_points_in_shp(path: Path) -> None:
    """Give the first polygon 2,000 million points."""
    intake.write_layer(path, fuzzing.parcels())
    data = bytearray(path.read_bytes())
    struct.pack_into("<ii", data, 100 + 8 + 36, 1, 2_000_000_000)
    path.write_bytes(data)


def many_in_fgb(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    count = struct.pack("<Q", fuzzing.COUNT)
    path.write_bytes(path.read_bytes().replace(count, struct.pack("<Q", 2**62), 1))


def long_record_in_fgb(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    data = bytearray(path.read_bytes())
    at = len(data) - data[::-1].index("燕罗地块".encode()[::-1]) - 300
    struct.pack_into("<I", data, at, 2**32 - 1)
    path.write_bytes(data)


def many_in_gpkg(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    with closing(sqlite3.connect(path)) as database:
        database.execute("update gpkg_ogr_contents set feature_count = 1000000000000")
        database.commit()


def high_number_in_gpkg(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{trigger}"')
        database.execute("update parcels set fid = 9223372036854775807 where fid = 24")
        database.execute("update parcels set geom = x'4750' where fid = 3")
        database.commit()


def wkb_of_collections(depth: int) -> bytes:
    return b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * depth + b"\x01\x01\x00\x00\x00" + struct.pack("<dd", 1, 2)


def deep_in_gpkg(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{trigger}"')
        blob = b"GP\x00\x01" + struct.pack("<i", 4547) + wkb_of_collections(200_000)
        database.execute("update parcels set geom = ? where fid = 3", [blob])
        database.commit()


def many_points_in_parquet(path: Path) -> None:
    intake.write_layer(path, fuzzing.parcels())
    table = pq.read_table(path)
    at = table.column_names.index("geometry")
    blobs = [b"\x01\x03\x00\x00\x00\x01\x00\x00\x00" + struct.pack("<I", 2**31)] * len(table)
    pq.write_table(table.set_column(at, table.schema.field(at), pa.array(blobs, type=pa.binary())), path)


def dictionary_in_parquet(path: Path) -> None:
    """Write 100 texts of 100 MB that are one in the file."""
    texts = pa.array(["x" * 10**8]).dictionary_encode()
    pq.write_table(pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 100), texts.dictionary)}), path)


def wide_csv(path: Path) -> None:
    path.write_text("a,b\n" + "1,2\n" * 100_000 + "1" + "," * 1_000_000 + "\n", encoding="utf-8")


def named_csv(path: Path) -> None:
    path.write_text(",".join(f"c{k}" for k in range(300_000)) + "\n", encoding="utf-8")


def quoted_csv(path: Path) -> None:
    path.write_text("a,b\n" + '"1,2\n' * 100_001, encoding="utf-8")


def sections_csv(path: Path) -> None:
    path.write_text("a,b,c\n" + "甲：,,\n" * 100_000, encoding="utf-8")


def rings_txt(path: Path) -> None:
    rings = "".join(f"J1,{k},1,1\nJ2,{k},1,9\nJ3,{k},9,{9 + k % 7}\n" for k in range(50_000))
    path.write_text(f"[地块坐标]\n150000,1,A,a,面,,,,@\n{rings}", encoding="utf-8")


def deep_geojson(path: Path) -> None:
    deep = '{"type": "GeometryCollection", "geometries": [' * 100_000 + "]}" * 100_000
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": '
                    + deep + "}]}", encoding="utf-8")  # fmt: skip


def deep_properties_geojson(path: Path) -> None:
    point = '"geometry": {"type": "Point", "coordinates": [1, 2]}'
    deep = '{"a": ' * 100_000 + "1" + "}" * 100_000
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
                    + deep + f", {point}}}]}}", encoding="utf-8")  # fmt: skip


def deep_kml(path: Path) -> None:
    inside = "<MultiGeometry>" * 100_000 + "</MultiGeometry>" * 100_000
    path.write_text(f"<kml><Document><Placemark>{inside}</Placemark></Document></kml>", encoding="utf-8")


def deep_vertices_dxf(path: Path) -> None:
    fuzzing.WRITE[".dxf"](path, fuzzing.parcels())
    path.write_bytes(re.sub(rb"\n90\n\d\n", b"\n90\n2000000000\n", path.read_bytes()))


HARM: dict[str, tuple[str, Callable[[Path], None]]] = {
    "archives in archives": ("a.zip", zip_in_zip),
    "a workbook that laughs a million million times": ("a.xlsx", laughing_workbook),
    "a KML that does": ("a.kml", laughing_kml),
    "a workbook of all rows and columns": ("a.xlsx", vast_workbook),
    "a workbook of one cell over all": ("a.xlsx", merged_workbook),
    "a workbook of four million cells in 40 kB": ("a.xlsx", full_workbook),
    "a .dbf of 4,000 million rows": ("a.shp", many_in_shp),
    "a polygon of 2,000 million points": ("a.shp", many_points_in_shp),
    "a FlatGeobuf of 2^62 features": ("a.fgb", many_in_fgb),
    "a record of 4 GB in a FlatGeobuf": ("a.fgb", long_record_in_fgb),
    "a GeoPackage that says it has 10^12 features": ("parcels.gpkg", many_in_gpkg),
    "a damaged GeoPackage with feature 2^63 - 1": ("parcels.gpkg", high_number_in_gpkg),
    "collections in collections in a GeoPackage": ("parcels.gpkg", deep_in_gpkg),
    "polygons of 2^31 points in a Parquet file": ("a.parquet", many_points_in_parquet),
    "10 GB of text in a Parquet file of one": ("a.parquet", dictionary_in_parquet),
    "a row of a million cells": ("a.csv", wide_csv),
    "a head of 300,000 names": ("a.csv", named_csv),
    "a quotation mark in every line": ("a.csv", quoted_csv),
    "100,000 headings": ("a.csv", sections_csv),
    "50,000 rings of one plot": ("a.txt", rings_txt),
    "collections in collections in GeoJSON": ("a.geojson", deep_geojson),
    "objects in objects in GeoJSON": ("a.geojson", deep_properties_geojson),
    "geometries in geometries in KML": ("a.kml", deep_kml),
    "lines of 2,000 million points in a drawing": ("a.dxf", deep_vertices_dxf),
}


@pytest.mark.parametrize("case", HARM)
def test_a_file_made_to_do_harm_is_read_or_refused_in_time(case: str, reader: fuzzing.Reader, tmp_path: Path) -> None:
    name, make = HARM[case]
    make(tmp_path / name)
    told = reader.read(tmp_path / name)
    assert told.kind in ("same", "refused"), f"{told.kind}: {told.said}"
    assert told.cpu < 10, f"{told.cpu:.1f} s; {told.said}"


def test_numbers_and_formats_make_the_same_file_again(tmp_path: Path) -> None:
    bases = [fuzzing.Bases(tmp_path / side, (".csv", ".shp")) for side in "ab"]
    for form, number in itertools.product((".csv", ".shp"), range(20)):
        made = [sorted((p.name, p.read_bytes()) for p in one.spoil(form, number).parent.iterdir()) for one in bases]
        assert made[0] == made[1]

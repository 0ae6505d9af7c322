"""``planner new`` looks at folders nobody has described: what it guesses, what it says of it, what it leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import yaml
from small import CRS, shapes, write_small
from typer.testing import CliRunner, Result

from planner import intake
from planner.cli import app
from planner.intake import guessing, read_layer
from planner.intake.folder import read_folder
from planner.territory import LAYERS

BAOAN = Path(__file__).resolve().parents[1] / "gis_data" / "baoan"


def run(*words: object, lang: str = "en") -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"PLANNER_LANG": lang, "COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def texts(name: str) -> pd.DataFrame:
    return pd.read_csv(BAOAN / f"{name}.csv", dtype=str, keep_default_na=False)


def whole(name: str) -> gpd.GeoDataFrame:
    """Return a layer of the sample with its columns, geometry and all."""
    drawn, key = read_layer(BAOAN / "baoan.gpkg", name), LAYERS[name].key
    return gpd.GeoDataFrame(texts(name).merge(drawn[[key, "geometry"]], on=key), crs=drawn.crs)


def in_chinese(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={column.name: column.words.zh for column in LAYERS[name].columns})


@pytest.fixture(scope="module")
def scrambled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample under other file names and Chinese column names, in other files; with two that are not data."""
    folder = tmp_path_factory.mktemp("附件")
    in_chinese("parks", whole("parks")).to_file(folder / "附件1.geojson")
    in_chinese("parcels", whole("parcels")).to_file(folder / "A 1.gpkg", layer="t1")
    in_chinese("buildings", whole("buildings")).to_file(folder / "A 1.gpkg", layer="t2")
    limits = whole("restrictions")
    for kind, name in (("ecological_line", "生态线"), ("farmland", "基本农田")):
        of = limits[limits["kind"] == kind].drop(columns="kind")
        of.rename(columns={"restriction_id": "编号"}).to_file(folder / f"{name}.geojson")
    rest = limits[~limits["kind"].isin(["ecological_line", "farmland"])]
    in_chinese("restrictions", rest).to_file(folder / "图3.geojson")
    (folder / "另附").mkdir()
    for number, name in enumerate(("floors", "supply", "figures"), 1):
        in_chinese(name, texts(name)).to_csv(folder / "另附" / f"表{number}.csv", index=False, encoding="gb18030")
    texts("projects").to_csv(folder / "另附" / "表4.csv", index=False)
    shutil.copytree(BAOAN / "tables", folder / "tables")
    (folder / "说明.docx").write_bytes(b"PK")
    (folder / "坏.geojson").write_text("{", encoding="utf-8")
    return folder


def test_a_scrambled_sample_is_recognised_and_checks_without_a_correction(scrambled: Path) -> None:
    result = run("new", scrambled, "--json")
    found = json.loads(result.stdout)
    files = {name: [(e["file"], e["layer"], e["table"]) for e in entries] for name, entries in found["layers"].items()}
    assert files == {
        "parks": [("附件1.geojson", "", "")],
        "parcels": [("A 1.gpkg", "t1", "")],
        "buildings": [("A 1.gpkg", "t2", "")],
        "floors": [("", "", "另附/表1.csv")],
        "restrictions": [("图3.geojson", "", ""), ("生态线.geojson", "", ""), ("基本农田.geojson", "", "")],
        "supply": [("", "", "另附/表2.csv")],
        "figures": [("", "", "另附/表3.csv")],
        "projects": [("", "", "另附/表4.csv")],
    }
    assert [entry["kind"] for entry in found["layers"]["restrictions"]] == ["", "ecological_line", "farmland"]
    assert {entry["confidence"] for entries in found["layers"].values() for entry in entries} == {"high"}
    assert [one["file"] for one in found["unplaced"]] == ["坏.geojson"]
    assert (found["missing"], found["crs"]) == ([], "EPSG:4547")
    (territory, _, faults), (sample, _, of_sample) = read_folder(scrambled), read_folder(BAOAN)
    assert [fault.rule for fault in faults] == [fault.rule for fault in of_sample]
    assert territory is not None
    assert sample is not None
    assert territory.parcels.drop(columns=["geometry"]).equals(sample.parcels.drop(columns=["geometry"]))
    assert sorted(territory.restrictions["kind"]) == sorted(sample.restrictions["kind"])
    checked = run("check", scrambled)
    assert checked.exit_code == 0
    assert "1,288 parcels" in " ".join(checked.stdout.split())


def test_every_line_of_the_proposal_has_its_evidence_and_nothing_is_written_over(scrambled: Path) -> None:
    run("new", scrambled)
    written = (scrambled / "territory.yaml").read_bytes()
    said = run("new", scrambled, lang="zh")
    assert (scrambled / "territory.yaml").read_bytes() == written
    text = " ".join(said.stdout.split())
    assert "已存在，未改动" in text
    assert "未能判断：坏.geojson" in text
    assert "1288 个 Polygon，EPSG:4547" in text
    told = written.decode().splitlines()
    at = told.index("  parcels:")
    assert "confidence high" in told[at - 2]
    assert "1288 Polygon, EPSG:4547" in told[at - 1]
    assert "    用地性质" not in told  # every column is followed by what it means and why
    assert "      用地性质: land_class   # its name" in told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_geometry_and_columns_in_two_files_are_joined_by_their_identifiers(tmp_path: Path, lang: str) -> None:
    """A Shapefile without .prj that holds nothing but a column BH, and a table of the same identifiers."""
    write_small(tmp_path / "from")
    for number, (_, frame) in enumerate(shapes().items()):
        bare = frame.set_axis(["BH", "geometry"], axis=1)
        bare.to_file(tmp_path / (f"{number}.shp" if number < 3 else f"{number}.geojson"))  # lines and areas in one
    (tmp_path / "1.prj").unlink()
    for number, name in enumerate(("restrictions", "floors", "buildings", "supply", "parcels", "parks")):
        shutil.copy(tmp_path / "from" / f"{name}.csv", tmp_path / f"t{number}.csv")
    shutil.copytree(tmp_path / "from" / "tables", tmp_path / "tables")
    shutil.rmtree(tmp_path / "from")
    result = run("new", tmp_path, lang=lang)
    assert result.exit_code == 0
    text = (tmp_path / "territory.yaml").read_text(encoding="utf-8")
    parcels = yaml.safe_load(text)["layers"]["parcels"]
    assert parcels == {"file": "1.shp", "table": "t4.csv", "crs": "EPSG:4547", "columns": {"BH": "parcel_id"}}
    said = {"zh": "未声明坐标系，坐标看似 EPSG:4547", "en": "declares no CRS; its coordinates look like EPSG:4547"}
    assert said[lang] in text
    assert [fault for fault in intake.faults(tmp_path) if fault.fatal] == []
    assert len(intake.read_territory(tmp_path).parcels) == 30


def test_tables_in_one_workbook_are_told_apart_by_their_worksheets(tmp_path: Path) -> None:
    write_small(tmp_path / "from")
    with pd.ExcelWriter(tmp_path / "台账.xlsx") as book:
        for sheet, name in (("一", "parks"), ("二", "floors"), ("三", "supply")):
            pd.read_csv(tmp_path / "from" / f"{name}.csv").to_excel(book, sheet_name=sheet, index=False)
    shapes()["parks"].to_file(tmp_path / "x.geojson")
    shutil.rmtree(tmp_path / "from")
    found = {one.name: (one.file, one.table, one.worksheet) for one in guessing.guess(tmp_path).entries}
    assert found == {
        "parks": ("x.geojson", "台账.xlsx", "一"),
        "floors": ("", "台账.xlsx", "二"),
        "supply": ("", "台账.xlsx", "三"),
    }
    run("new", tmp_path)
    written = yaml.safe_load((tmp_path / "territory.yaml").read_text(encoding="utf-8"))["layers"]
    assert written["floors"] == {"table": "台账.xlsx", "worksheet": "二"}


def parcels(folder: Path, **columns: object) -> None:
    boxes = [shapely.box(485_000 + 220 * k, 2_520_000, 485_200 + 220 * k, 2_520_150) for k in range(4)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=CRS).to_file(folder / "地块.gpkg")


def guessed(folder: Path) -> dict[str, tuple[str, str, str]]:
    (entry,) = guessing.guess(folder).entries
    return {source: (meaning.canonical, meaning.unit, meaning.confidence) for source, meaning in entry.columns.items()}


def test_columns_whose_names_say_nothing_are_told_by_their_cells(tmp_path: Path) -> None:
    """Four parcels of 3 ha, 45 mu: identifiers, states, classes and areas under names that mean nothing."""
    parcels(tmp_path, X1=["甲", "乙", "丙", "丁"], X2=["free", "occupied", "free", ""], X3=["M1", "M1", "M0", "W0"],
            X4=[45.0, 45.1, 44.9, 45.0], X5=[1.7, 2.2, 9.1, 4.4])  # fmt: skip
    assert guessed(tmp_path) == {
        "X1": ("parcel_id", "", "low"),
        "X2": ("state", "", "medium"),
        "X3": ("land_class", "", "medium"),
        "X4": ("published_area_m2", "亩", "medium"),
    }
    assert guessing.guess(tmp_path).entries[0].unused == ("X5",)


def test_what_is_lacking_is_said_and_left_out(tmp_path: Path) -> None:
    """Nothing in the columns of a layer called 地块 says what it needs; the other layers are not there at all."""
    parcels(tmp_path, note=["a", "a", "b", "b"])
    found = guessing.guess(tmp_path)
    assert found.entries[0].lacking == ("parcel_id", "state", "land_class")
    assert found.entries[0].confidence == "low"
    assert found.missing == ("parks", "buildings", "floors")
    text = " ".join(run("new", tmp_path).stdout.split())
    assert "no column found for parcel_id, state, land_class" in text
    assert "Layers still missing: parks, industry-upstairs buildings, floors" in text
    assert "# floors: {table: …}   # floors: not guessed, required" in (tmp_path / "territory.yaml").read_text("utf-8")
    assert run("check", tmp_path).exit_code == 2


def test_of_two_files_that_look_alike_one_is_taken_and_the_other_named(tmp_path: Path) -> None:
    parcels(tmp_path, parcel_id=list("abcd"), state=["free"] * 4, land_class=["M1"] * 4, far_max=[2.0] * 4)
    shutil.copy(tmp_path / "地块.gpkg", tmp_path / "地块_旧.gpkg")
    found = guessing.guess(tmp_path)
    assert [entry.file for entry in found.entries] == ["地块.gpkg"]
    ((where, why),) = found.unplaced
    assert where == "地块_旧.gpkg:地块"
    assert why.en == "looks like parcels, but another file fits better"


def test_bounds_are_those_of_the_district_not_of_a_stray_feature(tmp_path: Path) -> None:
    boxes = [shapely.box(485_000 + 220 * k, 2_520_000, 485_200 + 220 * k, 2_520_150) for k in range(19)]
    boxes.append(shapely.box(900_000, 2_900_000, 900_100, 2_900_100))
    columns = {"parcel_id": [f"D{k}" for k in range(20)], "state": "free", "land_class": "M1"}
    gpd.GeoDataFrame(columns, geometry=boxes, crs=CRS).to_file(tmp_path / "地块.gpkg")
    bounds = guessing.guess(tmp_path).bounds_lonlat
    assert bounds is not None
    assert bounds == pytest.approx((113.85, 22.77, 113.9, 22.78))


HOSTILE = "a: [b]\n# crs: x\n  parks: {file: evil.shp}"


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    """A column and a layer whose names hold line breaks and YAML: in the file they are one quoted text each."""
    columns = {"parcel_id": list("abcd"), HOSTILE: ["free"] * 4, "land_class": "M1", "far_max": 2.0}
    boxes = [shapely.box(485_000 + 220 * k, 2_520_000, 485_200 + 220 * k, 2_520_150) for k in range(4)]
    gpd.GeoDataFrame(columns, geometry=boxes, crs=CRS).to_file(tmp_path / "no: {x} # 地块.geojson")
    assert run("new", tmp_path).exit_code == 0
    written = yaml.safe_load((tmp_path / "territory.yaml").read_text(encoding="utf-8"))
    assert written["layers"] == {"parcels": {"file": "no: {x} # 地块.geojson", "columns": {HOSTILE: "state"}}}


def test_an_empty_folder_gives_a_proposal_without_guesses_and_no_folder_is_an_error(tmp_path: Path) -> None:
    assert run("new", tmp_path).exit_code == 0
    assert yaml.safe_load((tmp_path / "territory.yaml").read_text(encoding="utf-8"))["layers"] is None
    assert run("new", tmp_path / "nowhere").exit_code == 2


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("220kV高压走廊", "corridor_220kv"),
        ("高压线走廊", "corridor"),
        ("一级水源保护区", "water_source_1"),
        ("水源地二级", "water_source_2"),
        ("机场净空限高", "airport_surface"),
        ("metro_elevated", "metro_elevated"),
        ("zz", ""),
    ],
)
def test_a_file_name_tells_the_kind_of_its_restrictions(tmp_path: Path, name: str, kind: str) -> None:
    columns = {"restriction_id": ["a", "b"], "distance_m": [5.0, np.nan], "height_limit_m": [45.0, 60.0]}
    lines = [shapely.LineString([(485_000, 2_520_000 + k), (486_000, 2_520_000 + k)]) for k in range(2)]
    gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).to_file(tmp_path / f"{name}.geojson")
    (entry,) = guessing.guess(tmp_path).entries
    assert (entry.name, entry.kind, entry.lacking) == ("restrictions", kind, () if kind else ("kind",))

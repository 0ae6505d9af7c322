"""Layers of a real PostGIS: a server of its own in a temporary folder, run by somebody without rights."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import psycopg
import pytest
import shapely
from small import CRS, shapes, write_small
from typer.testing import CliRunner

from planner import intake
from planner.cli import app
from planner.errors import DataError, Fault
from planner.intake import postgis, sources, vector
from planner.intake.sources import faults_of

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
POSTGIS = next(iter(Path("/usr/share/postgresql").glob("*/extension/postgis.control")), None)
SECRET = "geheim 密码@/:"
QUOTED = "geheim%20%E5%AF%86%E7%A0%81%40%2F%3A"
START_S = 60


def unprivileged() -> int | None:
    """Return whom to run the server as: nobody where this is root, who may not."""
    return pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else None


class PostgreSQL:
    """A server of its own in a temporary folder: the URL of its database while it runs."""

    def __enter__(self) -> str:
        assert BINARIES is not None
        self.user = unprivileged()
        # directly under /tmp: a path of a socket has 107 bytes at most
        self.made = tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp")
        self.folder = folder = Path(self.made.name)
        (folder / "password").write_text(SECRET, encoding="utf-8")
        if self.user is not None:
            os.chown(folder, self.user, -1)
            os.chown(folder / "password", self.user, -1)
        self.data = str(folder / "data")
        asked = ("-U", "gis", "-E", "UTF8", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
        self.run("initdb", "-D", self.data, *asked)
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c shared_buffers=16MB"
        self.run("pg_ctl", "-D", self.data, "-w", "-o", options, "-l", str(folder / "server.log"), "start")
        return f"postgresql://gis:{QUOTED}@/postgres?host={folder}"

    def __exit__(self, *_: object) -> None:
        try:
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        finally:
            self.made.cleanup()

    def run(self, *command: str) -> None:
        assert BINARIES is not None
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [str(BINARIES / command[0]), *command[1:]], user=self.user, cwd=self.folder, env=environment,
                check=True, stdout=log, stderr=log, timeout=START_S,
            )  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Yield the URL of a database that holds the tiny territory, and odd tables."""
    if BINARIES is None or POSTGIS is None:
        assert os.environ.get("CI") != "true", "CI needs PostgreSQL and PostGIS"
        pytest.skip("PostgreSQL with PostGIS is not installed (Debian: postgresql-postgis)")
    with PostgreSQL() as url:
        fill(url)
        yield url


def fill(url: str) -> None:
    parcels = shapes()["parcels"]
    with psycopg.connect(url) as database:
        database.execute("create extension postgis")
        database.execute("create schema 规划")
        database.execute(
            'create table 规划.地块 (parcel_id text primary key, "用地 ""性质""" text, far numeric(6,2), ready date, '
            "tags text[], n bigint, ok boolean, geom geometry(Polygon, 4547))"
        )
        rows = [
            (name, "一类工业", k / 2, "2026-01-31", ["a", "b"], k, k % 2 == 0, shapely.to_wkb(shape))
            for k, (name, shape) in enumerate(zip(parcels["parcel_id"], parcels.geometry, strict=True))
        ]
        with database.cursor() as cursor:
            cursor.executemany(
                "insert into 规划.地块 values (%s, %s, %s, %s, %s, %s, %s, ST_SetSRID(ST_GeomFromWKB(%s), 4547))", rows
            )
        for name, frame in shapes().items():
            key = frame.columns[0]
            database.execute(f"create table {name} ({key} text, geom geometry(Geometry, 4547))")
            with database.cursor() as cursor:
                values = list(zip(frame[key], shapely.to_wkb(frame.geometry.to_numpy()), strict=True))
                cursor.executemany(f"insert into {name} values (%s, ST_SetSRID(ST_GeomFromWKB(%s), 4547))", values)
        database.execute("create table floors (building_id text, floor int, area_m2 numeric)")
        database.execute("insert into floors values ('B01', 1, 2000), ('B01', 2, null)")
        database.execute("create table two (id int, a geometry(Point, 4326), b geography(Point, 4326))")
        database.execute("insert into two values (1, ST_Point(1, 2, 4326), ST_Point(3, 4, 4326)), (2, null, null)")
        database.execute("create table mixed (id int, geom geometry)")
        database.execute("insert into mixed values (1, ST_Point(1, 2, 4326)), (2, ST_Point(1, 2, 4547))")
        database.execute("create table bare (id int, geom geometry)")
        database.execute("insert into bare values (1, 'CURVEPOLYGON(CIRCULARSTRING(0 0, 4 0, 4 4, 0 4, 0 0))')")
        database.execute("create role guest login password 'guest'")


def refused(url: str, layer: str | None = None) -> Fault:
    with pytest.raises(DataError) as error:
        vector.read_any(url, layer, None, where="layer")
    (fault,) = error.value.faults
    assert SECRET not in fault.words("zh") + fault.words("en")
    assert QUOTED not in fault.words("zh") + fault.words("en")
    assert fault.remedy.zh
    return fault


def test_a_layer_is_read_with_its_crs_columns_and_numbers(server: str) -> None:
    found = intake.read_layer(server, "规划.地块")
    assert found.crs == CRS
    assert len(found) == 30
    by_id = found.set_index("parcel_id")
    expected = shapes()["parcels"].set_index("parcel_id").geometry
    assert (by_id.geometry.area - expected.area).abs().max() < 1e-6
    row = by_id.loc[expected.index[3]]
    assert row['用地 "性质"'] == "一类工业"
    assert (row["far"], row["ready"], row["tags"], row["n"], row["ok"]) == (1.5, "2026-01-31", "a;b", 3, False)
    assert vector.read_any(server, "public.parcels", None, where="x").crs == CRS


def test_layers_are_listed_and_one_has_to_be_named(server: str) -> None:
    listed = vector.layers_of(server)
    assert {"parcels", "规划.地块", "two.a", "two.b"} <= set(listed)
    assert "Name one of its layers: " in refused(server).remedy.en
    assert "has no layer parcel" in refused(server, "parcel").rule.en
    assert "has no layer" in refused(server, "pg_class; drop table parcels").rule.en
    assert vector.read_any(server, "two.b", None, where="x").geometry.x[0] == 3
    assert vector.read_any(server, "parcels", None, where="x").shape == (30, 2)


def test_a_table_without_geometry_is_a_table_and_curves_are_straightened(server: str) -> None:
    found = vector.read_any(server, "floors", None, where="x")
    assert not isinstance(found, gpd.GeoDataFrame)
    assert found["area_m2"].fillna(-1).to_list() == [2000, -1]
    bare = vector.read_any(server, "bare", None, where="x")
    assert bare.crs is None
    assert bare.geometry.area[0] > 16
    assert faults_of(bare) == []
    assert "4326, 4547" in refused(server, "mixed").rule.en


def test_absurdly_many_rows_are_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FEATURES_MOST", 29)
    assert "30 features" in refused(server, "parcels").rule.en


def test_nothing_is_written_and_no_password_is_printed(server: str) -> None:
    with postgis._connected(server, "x") as database, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.execute("delete from parcels")
    for url, says in (
        (server.replace(QUOTED, "wrong"), "password authentication failed"),
        (server.replace("gis:", "guest:").replace(QUOTED, "guest"), "permission denied"),
        (server.replace("/postgres?", "/nowhere?"), '"nowhere" does not exist'),
        (f"postgresql://gis:{QUOTED}@127.0.0.1:1/x", "refused"),
        (f"postgresql://gis:{QUOTED}@[half/x", "cannot be read"),
        (f"postgresql://gis:{QUOTED}@/x?nonsense=1", "cannot be read"),
    ):
        assert says in refused(url, "parcels").words("en")
    with psycopg.connect(server) as database:
        assert database.execute("select count(*) from parcels").fetchone() == (30,)


def test_a_territory_may_stand_in_a_database(server: str, tmp_path: Path) -> None:
    """Its layers are named by URL and table; the plan's provenance has a digest of the rows, and no password."""
    by_file = intake.read_territory(write_small(tmp_path / "small").parent)
    yaml = tmp_path / "small" / "territory.yaml"
    text = yaml.read_text(encoding="utf-8")
    yaml.write_text(text.replace("file: small.gpkg", f'file: "{server}"'), encoding="utf-8")
    (tmp_path / "small" / "small.gpkg").unlink()
    assert intake.faults(yaml.parent) == []
    found = intake.read_territory(yaml.parent)
    assert shapely.equals_exact(found.parcels.geometry.to_numpy(), by_file.parcels.geometry.to_numpy(), 0).all()
    (name,) = [name for name in found.files if name.endswith(":parcels")]
    assert name.startswith("postgresql://gis:***@/postgres?host=")
    assert len(found.files[name]) == 64
    before = postgis.digest(server, "two.a")
    with psycopg.connect(server) as database:
        database.execute("update two set id = id")  # moves the rows, changes nothing
    assert postgis.digest(server, "two.a") == before
    with psycopg.connect(server) as database:
        database.execute("update two set id = 9 where id = 2")
    assert postgis.digest(server, "two.a") != before


def test_check_takes_a_database_and_one_layer_of_it(server: str, tmp_path: Path) -> None:
    """Its layers by themselves, under the name that shows no password; what is drawn there is mended into a copy."""
    runner = CliRunner()
    asked = ["check", server, "--layer", "规划.地块", "--lang", "en"]
    said = runner.invoke(app, [*asked, "--json"])
    found = json.loads(said.stdout)
    assert QUOTED not in said.output
    assert {fault["where"].rpartition(":")[2] for fault in found} == {"规划.地块"}
    assert any("required column is missing (state)" in fault["rule_en"] for fault in found)
    assert said.exit_code == 2
    assert {"规划.地块", "mixed"} <= {fault.where.rpartition(":")[2] for fault in intake.faults(server)}
    runner.invoke(app, [*asked, "--fix", str(tmp_path / "copy")])
    assert len(intake.read_layer(tmp_path / "copy" / "layers.gpkg", "地块")) == 30
    assert intake.faults(f"{server.partition('@')[0]}@/nothing?{server.partition('?')[2]}")[0].fatal

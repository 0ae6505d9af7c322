"""Layers of a PostGIS database, by URL: ``postgresql://user@host:5432/land``, layer ``schema.table``.

Nothing is written there: every connection is read-only. Passwords are best left to libpq (``~/.pgpass``, PGPASSWORD);
one in the URL is never printed. It does not know what the columns mean.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pyproj
import shapely
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pyproj.exceptions import CRSError

from planner.errors import DataError, Fault
from planner.intake.sources import DATABASES, NOT_SHOWN, chosen, refuse_many, shown
from planner.words import Words

CONNECT_S = 10
STATEMENT_S = 600
"""Longest a query may take."""
BATCH = 10_000
HOME = "public"
"""Schema whose name may be left out."""

TABLES = """
select f_table_schema, f_table_name, f_geometry_column from geometry_columns
union all select f_table_schema, f_table_name, f_geography_column from geography_columns order by 1, 2, 3
"""
COLUMNS = """
select a.attname, t.typname in ('geometry', 'geography') from pg_attribute a join pg_type t on t.oid = a.atttypid
where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""


@dataclass(frozen=True)
class Table:
    """A table or view, and which of its columns is the geometry ("" for none)."""

    schema: str
    name: str
    geometry: str

    @property
    def quoted(self) -> sql.Identifier:
        """Its name as SQL."""
        return sql.Identifier(self.schema, self.name)


def layers(url: str) -> list[str]:
    """Return the names of the layers of a database.

    Raises
    ------
    DataError
        It cannot be reached, or has no PostGIS.
    """
    with _connected(url, shown(url)) as database:
        return list(_tables(database))


def read(url: str, where: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    """Return a layer of a database, or a table without geometry.

    Parameters
    ----------
    url : str
    where : str
        What the layer is called in faults.
    layer : str or None
        ``table``, ``schema.table``, or ``schema.table.column`` where a table has several geometries.
    encoding : str or None
        Not needed: the database knows.

    Raises
    ------
    DataError
        It cannot be reached, has no such layer or too many features, or a query fails.
    """
    with _connected(url, where) as database:
        table = _chosen(database, layer, where)
        columns = database.execute(COLUMNS, [table.quoted.as_string(database)]).fetchall()
        count = database.execute(sql.SQL("select count(*) from {}").format(table.quoted)).fetchone()
        refuse_many(int(count[0]) if count else 0, where)
        names = [str(name) for name, spatial in columns if not spatial]
        wanted: list[sql.Composable] = [sql.Identifier(name) for name in names]
        if table.geometry:
            shape = sql.Identifier(table.geometry)
            wanted.append(sql.SQL("ST_AsBinary(ST_CurveToLine({}::geometry))").format(shape))
        query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(wanted), table.quoted)
        rows: list[tuple[object, ...]] = []
        with database.cursor(name="planner") as cursor:
            cursor.itersize = BATCH
            cursor.execute(query)
            rows.extend(cursor)
        cells = {name: _column([row[k] for row in rows]) for k, name in enumerate(names)}
        frame = pd.DataFrame(cells, index=pd.RangeIndex(len(rows)))
        if not table.geometry:
            return frame
        shapes = shapely.from_wkb(np.array([row[-1] for row in rows], dtype=object), on_invalid="ignore")
        layered: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=shapes, crs=_crs(database, table, where))
        return layered


def digest(url: str, layer: str | None) -> str:
    """Return the SHA-256 of what a layer holds, whatever the order of its rows."""
    with _connected(url, shown(url)) as database:
        table = _chosen(database, layer, shown(url))
        rows = "select encode(sha256(coalesce(string_agg(h, '' order by h), '')::bytea), 'hex') from "
        hashed = sql.SQL(rows + "(select md5(t::text) as h from {} t) as hashed").format(table.quoted)
        found = database.execute(hashed).fetchone()
        return str(found[0]) if found else ""


@contextmanager
def _connected(url: str, where: str) -> Iterator[psycopg.Connection]:
    """Yield a connection that cannot change anything and sees one state of the database; its errors become faults."""
    conninfo = f"{DATABASES[0]}://{url.partition('://')[2]}"
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_S * 1000}"
    try:
        secret = conninfo_to_dict(conninfo).get("password")
    except psycopg.Error:
        secret = None
        conninfo = ""  # what is wrong with a URL is told by repeating it, password and all
    try:
        if not conninfo:
            raise ValueError("no URL of a database")
        with psycopg.connect(conninfo, connect_timeout=CONNECT_S, options=options) as database:
            database.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield database
    except (psycopg.Error, UnicodeError, ValueError) as error:
        said = " ".join(str(error).split()).replace(str(secret or NOT_SHOWN), NOT_SHOWN)
        rule = Words(f"数据库 {shown(url)} 无法读取（{said}）", f"the database {shown(url)} cannot be read ({said})")
        remedy = Words(
            "请检查地址、用户和权限；密码写入 ~/.pgpass 或 PGPASSWORD",
            "Check the URL, the user and its rights; a password belongs in ~/.pgpass or PGPASSWORD",
        )
        raise DataError(Fault(where, "", rule, remedy)) from error


def _tables(database: psycopg.Connection) -> Mapping[str, Table]:
    """Return the layers by name: the schema only where it is not the usual one, the column where there are several."""
    found = [Table(*map(str, row)) for row in database.execute(TABLES).fetchall()]
    named = {}
    for table in found:
        several = sum((one.schema, one.name) == (table.schema, table.name) for one in found) > 1
        steps = [table.schema] * (table.schema != HOME) + [table.name] + [table.geometry] * several
        named[".".join(steps)] = table
    return named


def _chosen(database: psycopg.Connection, layer: str | None, where: str) -> Table:
    """Return the layer meant, or the table without geometry of that name.

    Raises
    ------
    DataError
        No such layer, or several and none named.
    """
    layered = _tables(database)
    whole = {f"{HOME}.{name}": table for name, table in layered.items()}
    if layer is not None and (table := layered.get(layer) or whole.get(layer)):
        return table
    if layer is not None:
        schema, _, name = layer.rpartition(".")
        plain = Table(schema or HOME, name, "")
        spatial = any((one.schema, one.name) == (plain.schema, name) for one in layered.values())
        known = database.execute("select to_regclass(%s)", [plain.quoted.as_string(database)]).fetchone()
        if known and known[0] and not spatial:
            return plain
    named = chosen(list(layered), layer, where)
    if named is None or named not in layered:
        rule = Words("数据库没有空间图层", "the database has no layers")
        raise DataError(Fault(where, "", rule, Words("请检查用户的权限", "Check the rights of the user")))
    return layered[named]


def _crs(database: psycopg.Connection, table: Table, where: str) -> pyproj.CRS | None:
    """Return the CRS of a layer, by the codes its features carry; None for none.

    Raises
    ------
    DataError
        Its features carry several.
    """
    shape = sql.Identifier(table.geometry)
    query = sql.SQL("select distinct ST_SRID({0}::geometry) from {1} where {0} is not null limit 9")
    codes = [int(row[0]) for row in database.execute(query.format(shape, table.quoted)).fetchall()]
    if len(codes) > 1:
        listed = ", ".join(map(str, sorted(codes)))
        rule = Words(f"同一图层有多个 SRID（{listed}）", f"its features carry several SRIDs ({listed})")
        raise DataError(Fault(where, table.geometry, rule, Words("请统一坐标系", "Transform them to one")))
    if not codes or not codes[0]:
        return None
    known = "select coalesce(auth_name || ':' || auth_srid, ''), srtext from spatial_ref_sys where srid = %s"
    for text in database.execute(known, codes).fetchone() or ():
        try:
            return pyproj.CRS.from_user_input(text)
        except CRSError:
            continue
    return None


def _column(values: list[object]) -> pd.Series:
    """Return the values of a column as numbers where they are, else as texts."""
    given = [value for value in values if value is not None]
    if given and all(isinstance(value, decimal.Decimal) for value in given):
        return pd.Series([None if value is None else float(str(value)) for value in values], dtype=float)
    if all(isinstance(value, bool | int | float | str) for value in given):
        return pd.Series(values) if given else pd.Series(values, dtype=object)
    return pd.Series([_text(value) for value in values], dtype=object)


def _text(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

"""What happens to the file of a review: damaged, of something else, not to be written to, full; its backups."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from reviewed import client_of, desk_of
from sqlalchemy import event
from test_postgis import unprivileged
from test_review_api import API, refusal

from planner.errors import PlannerError
from planner.intake.inputs import Inputs
from planner.review import backups
from planner.review.opening import StoreError
from planner.review.store import BACKUP_EVERY, Store

LOCK = {"kind": "lock", "who": "P-001", "place": {"name": "A"}}, {"locks": {"P-001": "A"}}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with something of every kind in it, of several pages, and one backup of it."""
    file = tmp_path_factory.mktemp("sound") / "review.sqlite"
    store = Store.open(file)
    made = store.create("甲", "s.yaml", "wang")
    for number in range(40):
        made = store.append(made.id, made.version, *LOCK, "wang")
        store.comment(made.id, "P-001", f"为什么？ {number} " + "长" * 200, "li")
    store.keep_plan(made.id, made.version, random.Random(1).randbytes(30_000))
    store.close()
    for copy in backups.made(file):
        copy.unlink()
    backups.make(file)
    return file


@pytest.fixture
def file(sound: Path, tmp_path: Path) -> Path:
    for one in (sound, *backups.made(sound)):
        shutil.copy(one, tmp_path / one.name)
    return tmp_path / sound.name


def put_back(file: Path) -> None:
    """Do what the refusal says: move the file away with its -wal and -shm, copy the backup there."""
    for end in ("", "-wal", "-shm"):
        one = file.with_name(file.name + end)
        if one.exists():
            one.rename(one.with_suffix(".away" + end))
    shutil.copy(backups.made(file)[-1], file)


# Damaged


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def halved(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def cut_in_a_page(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 5_000)


def beheaded(file: Path) -> None:
    with file.open("r+b") as damaged:
        damaged.write(bytes(100))


def overwritten(file: Path) -> None:
    with file.open("r+b") as damaged:
        damaged.seek(file.stat().st_size // 4)
        damaged.write(random.Random(2).randbytes(file.stat().st_size // 2))


def no_database(file: Path) -> None:
    file.write_bytes(b"PK" * 9_999)


def no_text(file: Path) -> None:
    """Put bytes that are no UTF-8 where a comment was, as a bit that flips does; every page stays whole."""
    content = file.read_bytes()
    at = content.index("为什么".encode())
    file.write_bytes(content[:at] + b"\xff" + content[at + 1 :])


def no_json(file: Path) -> None:
    content = file.read_bytes()
    at = content.index(b'{"locks"')
    file.write_bytes(content[:at] + b"[" + content[at + 1 :])


@pytest.mark.parametrize(
    "damage", [emptied, halved, cut_in_a_page, beheaded, overwritten, no_database, no_text, no_json]
)
def test_a_damaged_database_is_said_with_the_last_good_backup_which_can_be_put_back(
    file: Path, damage: Callable[[Path], None]
) -> None:
    good = backups.made(file)[0]
    latest = file.with_name(f"{file.name}.backup-20991231-000000-000000")
    latest.write_bytes(b"not a database, though the newest of the backups" * 99)
    damage(file)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="the database is damaged") as refused:
        Store.open(file)
    assert good.name in str(refused.value)
    assert latest.name not in str(refused.value)
    assert "备份" in refused.value.words("zh")
    assert file.read_bytes() == before
    latest.unlink()
    put_back(file)
    again = Store.open(file)
    assert len(again.variant(1).edits) == len(again.comments(1)) == 40
    assert again.plan(1) is not None
    again.close()


@pytest.mark.parametrize("seed", range(40))
def test_whatever_bytes_flip_it_is_said_or_all_of_it_can_be_read(file: Path, seed: int) -> None:
    """**Sensitivity**: read by SQLite's own check of its pages alone, text that is none ends in a traceback later."""
    rng, content = random.Random(seed), bytearray(file.read_bytes())
    for _ in range(rng.choice((1, 3, 30))):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)
    said = ""
    try:
        store = Store.open(file)
    except StoreError as error:
        said = str(error)
    else:
        for variant in store.variants():
            store.variant(variant.id), store.comments(variant.id), store.plan(variant.id)
        store.history("s.yaml")
        store.close()
    assert not said or backups.made(file)[-1].name in said or "of form" in said


def test_without_a_backup_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    file.write_bytes(b"no database" * 999)
    with pytest.raises(StoreError, match="There is no good backup"):
        Store.open(file)


def test_an_old_log_beside_a_backup_that_was_put_back_is_why_it_is_moved_away(file: Path) -> None:
    """The log of the damaged file would be played into the backup; SQLite cannot tell that it is of another file."""
    halved(file)
    with pytest.raises(StoreError, match="-wal and -shm"):
        Store.open(file)


def test_a_file_that_is_damaged_while_it_is_served_is_said_to_whoever_asks(small: Inputs, tmp_path: Path) -> None:
    """An answer of the server, 503, with the last good backup in it and no traceback."""
    with desk_of(small, tmp_path) as desk, client_of(desk) as client:
        url = f"{API}/1"
        for number in range(60):
            assert client.post(f"{url}/comments", json={"text": f"{number} " * 500}).status_code == 201
        with closing(sqlite3.connect(tmp_path / "review.sqlite")) as database:
            database.execute("pragma wal_checkpoint(truncate)")
        overwritten(tmp_path / "review.sqlite")
        desk.store.engine.dispose()
        for path in (f"{url}/comments", "/api/v1/history?variant=1"):
            why = refusal(client.get(path), 503)
            assert "the database is damaged" in why
            assert backups.made(tmp_path / "review.sqlite")[0].name in why


# Of something else


def test_a_database_of_another_form_is_refused_as_it_is(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("update review_schema set version = 99")
    with pytest.raises(StoreError, match="of form 99; this planner reads and writes form 1"):
        Store.open(file)
    assert len(backups.made(file)) == 1


@pytest.mark.parametrize("table", ["variants (id integer)", "gpkg_contents (table_name text)"])
def test_a_database_of_something_else_is_refused_as_it_is(tmp_path: Path, table: str) -> None:
    file = tmp_path / "other.gpkg"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"create table {table}")
    before = file.read_bytes()
    with pytest.raises(StoreError, match="no database of reviews"):
        Store.open(file)
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("select count(*) from sqlite_master").fetchone() == (1,)
    assert file.read_bytes() == before


# Not to be written to


def test_a_busy_database_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that nobody is told to put an old backup over a sound file because somebody else writes; reading goes on.

    Sensitivity: by the class of the error alone, which is the same, it would be called damaged.
    """
    monkeypatch.setattr(backups, "BUSY_S", 0.05)
    store = Store.open(tmp_path / "review.sqlite")
    made = store.create("甲", "s.yaml", "wang")
    with closing(sqlite3.connect(tmp_path / "review.sqlite", isolation_level=None)) as other:
        other.execute("begin immediate")
        assert store.variant(made.id).name == "甲"
        with pytest.raises(StoreError, match="cannot be used: database is locked"):
            store.append(made.id, 1, *LOCK, "wang")
    assert store.append(made.id, 1, *LOCK, "wang").version == 2
    store.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that somebody without rights can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def opened_without_rights(file: Path) -> str:
    """Return what opening a database comes to for somebody without rights."""
    script = f"""
import os
from planner.errors import PlannerError
from planner.review.store import Store
if {unprivileged()}:
    os.setuid({unprivileged()})
try:
    Store.open({str(file)!r}).close()
    print("opened")
except PlannerError as error:
    print(error, error.words("zh"))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_that_cannot_be_written_to_is_said(open_folder: Path, file: Path) -> None:
    """No database yet, one there with the right to write to it, and one without."""
    folder, theirs = open_folder / "closed", open_folder / "closed" / "review.sqlite"
    folder.mkdir()
    folder.chmod(0o555)
    assert "cannot be used" in opened_without_rights(theirs)
    folder.chmod(0o755)
    shutil.copy(file, theirs)
    for mode in (0o666, 0o444):
        theirs.chmod(mode)
        folder.chmod(0o555)
        told = opened_without_rights(theirs)
        assert "can be written to and has room" in told
        assert "不能读写" in told
        folder.chmod(0o755)
    assert [one.name for one in folder.iterdir()] == [theirs.name]
    folder.chmod(0o777)
    theirs.chmod(0o666)
    assert opened_without_rights(theirs) == "opened\n"


def test_a_place_where_no_file_can_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be used: (Not a directory|File exists)"):
        Store.open(tmp_path / "file" / "review.sqlite")
    with pytest.raises(StoreError, match="cannot be used"):
        Store.open(tmp_path)


def test_a_full_disk_is_said_and_what_was_kept_stays(small: Inputs, tmp_path: Path) -> None:
    """Refused with 503 while there is no room, and gone on with once there is; the edit is whole or not there."""
    with desk_of(small, tmp_path) as desk, client_of(desk) as client:
        assert client.post(f"{API}/1/comments", json={"text": "before"}).status_code == 201
        room = [True]

        def limited(connection: sqlite3.Connection, _: object) -> None:
            pages = connection.execute("pragma page_count").fetchone()[0]
            connection.execute(f"pragma max_page_count = {pages if room else 2**30}")

        event.listen(desk.store.engine, "connect", limited)
        desk.store.engine.dispose()
        codes = []
        for _ in range(12):
            answer = client.post(f"{API}/1/comments", json={"text": "x" * 3_900})
            codes.append(answer.status_code)
        why = refusal(answer, 503)
        assert "full" in why
        assert "has room" in why
        assert len(client.get(f"{API}/1/comments").json()) == 1 + codes.count(201)
        room.clear()
        desk.store.engine.dispose()
        assert client.post(f"{API}/1/comments", json={"text": "after"}).status_code == 201


# Backups


def test_a_backup_that_cannot_be_made_stops_nobody_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(tmp_path / "review.sqlite")
    made = store.create("甲", "s.yaml", "wang")

    def full(_: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "make", full)
    for number in range(BACKUP_EVERY):
        store.comment(made.id, "", f"{number}", "li")
    assert len(store.comments(made.id)) == BACKUP_EVERY
    assert "no backup of" in caplog.text
    store.close()
    with pytest.raises(StoreError, match="No space left on device"):
        Store.open(tmp_path / "review.sqlite")


def test_a_backup_is_made_at_every_start_and_while_it_is_written_to(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    store = Store.open(file)
    made = store.create("甲", "s.yaml", "wang")
    for number in range(BACKUP_EVERY):
        store.comment(made.id, "", f"{number}", "li")
    store.close()
    assert len(backups.made(file)) == 2
    shutil.copy(backups.made(file)[0], tmp_path / "back.sqlite")
    again = Store.open(tmp_path / "back.sqlite")
    assert BACKUP_EVERY - 2 <= len(again.comments(made.id)) <= BACKUP_EVERY
    again.close()


def test_the_newest_backups_are_kept_and_the_last_of_each_day(tmp_path: Path) -> None:
    """Proves that five starts in a row, each with a backup, do not leave only what went wrong just before."""
    file = tmp_path / "review.sqlite"
    Store.open(file).close()
    whole = backups.made(file)[0]
    for day in range(1, 25):
        for hour in (8, 17):
            shutil.copy(whole, file.with_name(f"{file.name}.backup-202001{day:02}-{hour:02}0000-000000"))
    beside = file.with_name(f"{file.name}.backup-20200101-080000-000000-wal")
    beside.touch()
    file.with_name(f".{file.name}.backup-20200101-080000-000000.part").touch()  # of a process that was killed
    for _ in range(backups.KEPT + 2):
        Store.open(file).close()
    kept = [one.name.partition(".backup-")[2] for one in backups.made(file)]
    today = [name for name in kept if not name.startswith("2020")]
    assert len(today) == backups.KEPT
    assert kept[backups.KEPT :] == [f"202001{day:02}-170000-000000" for day in range(24, 24 - backups.DAYS + 1, -1)]
    assert beside.exists()
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


def test_a_file_is_the_owners_alone_whatever_it_is_called(tmp_path: Path) -> None:
    """It holds hashes of passwords; so do its backups, which are found by its name."""
    file = tmp_path / "a[1]?%20#.sqlite"
    Store.open(file).close()
    Store.open(file).close()
    found = [file, *backups.made(file)]
    assert len(found) == 3
    assert [each.stat().st_mode & 0o077 for each in found] == [0, 0, 0]
    halved(file)
    with pytest.raises(PlannerError, match="The last good backup"):
        Store.open(file)

"""The database of a review: nothing lost, nothing half written, on SQLite and on PostgreSQL by the same code."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from test_postgis import BINARIES, PostgreSQL

from planner.errors import DataError, PlannerError
from planner.review import backups, opening
from planner.review.records import Comment, MissingError, StaleError
from planner.review.store import Store

WRITER = Path(__file__).with_name("review_writer.py")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if BINARIES is None:
        assert os.environ.get("CI") != "true", "CI needs PostgreSQL"
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    with PostgreSQL() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Yield an empty store of either kind."""
    if request.param == "sqlite":
        store = Store.open(tmp_path / "review.sqlite")
    else:
        store = Store.open(request.getfixturevalue("server"))
        with store.engine.begin() as connection:
            for name in ("comments", "plans", "edits", "variants", "history", "users", "secrets"):
                connection.exec_driver_sql(f"truncate {name} restart identity cascade")
    yield store
    store.close()


def lock(where: str) -> tuple[dict[str, object], dict[str, object]]:
    return {"kind": "lock", "who": "P-001", "place": {"name": where}}, {"locks": {"P-001": where}}


def test_edits_are_kept_undone_made_again_and_let_go_by_the_next(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    for where in ("A", "B", "C"):
        made = store.append(made.id, made.version, *lock(where), "wang")
    made = store.step(made.id, made.version, -1, "li")
    made = store.step(made.id, made.version, -1, "li")
    assert [edit.diff["locks"]["P-001"] for edit in made.held] == ["A"]
    made = store.step(made.id, made.version, 1, "li")
    assert [edit.diff["locks"]["P-001"] for edit in made.held] == ["A", "B"]
    made = store.append(made.id, made.version, *lock("D"), "li")
    assert [edit.diff["locks"]["P-001"] for edit in made.edits] == ["A", "B", "D"]
    assert made.version == 8
    done = [(event.what, event.author) for event in reversed(store.history(made.id))]
    assert done == [("created", "wang"), *[("edited", "wang")] * 3, *[("undone", "li")] * 2, ("redone", "li"),
                    ("edited", "li")]  # fmt: skip
    assert store.variant(made.id) == made


def test_undo_ends_at_the_first_edit_and_redo_at_the_last(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    for by, what in ((-1, "undo"), (1, "redo")):
        with pytest.raises(PlannerError, match=f"nothing to {what}"):
            store.step(made.id, made.version, by, "wang")
    assert store.variant(made.id).version == 1


def test_a_stale_edit_is_refused_with_both_versions(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    store.append(made.id, 1, *lock("A"), "wang")
    with pytest.raises(StaleError, match="version 1; by now it is version 2, by wang") as refused:
        store.append(made.id, 1, *lock("B"), "li")
    assert refused.value.now.held[0].diff == {"locks": {"P-001": "A"}}
    assert [event.detail["diff"] for event in refused.value.since] == [{"locks": {"P-001": "A"}}]
    assert store.variant(made.id).version == 2


def test_of_many_who_edit_at_once_each_is_either_kept_or_refused(store: Store) -> None:
    """Proves that no update is lost. Sensitivity: without the lock on the row two writers both find version 1."""
    made = store.create("甲", "s.yaml", "wang")
    kept: list[str] = []

    def work(name: str) -> None:
        for number in range(5):
            while True:
                seen = store.variant(made.id).version
                try:
                    store.append(made.id, seen, *lock(f"{name}{number}"), name)
                except StaleError:
                    continue
                kept.append(f"{name}{number}")
                break

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.variant(made.id)
    assert sorted(edit.diff["locks"]["P-001"] for edit in found.edits) == sorted(kept)
    assert (found.version, len(kept)) == (21, 20)


def test_a_variant_of_another_begins_where_that_stands(store: Store) -> None:
    made = store.append(store.create("甲", "s.yaml", "wang").id, 1, *lock("A"), "wang")
    store.keep_plan(made.id, made.version, b"plan")
    other = store.create("乙", "", "li", of=made.id)
    assert other.held[0].diff == made.held[0].diff
    assert (other.source, store.plan(other.id)) == ("s.yaml", (1, b"plan"))
    store.append(other.id, 1, *lock("B"), "li")
    assert len(store.variant(made.id).edits) == 1


def test_names_are_given_once(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    other = store.create("乙", "s.yaml", "wang")
    with pytest.raises(PlannerError, match="is taken"):
        store.create("甲", "s.yaml", "li")
    with pytest.raises(PlannerError, match="is taken"):
        store.rename(other.id, 1, "甲", "li")
    assert store.rename(made.id, 1, "丙", "li").name == "丙"


def test_a_plan_is_kept_only_of_the_version_that_is(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    assert store.keep_plan(made.id, 1, b"one")
    store.append(made.id, 1, *lock("A"), "wang")
    assert not store.keep_plan(made.id, 1, b"late")
    assert store.plan(made.id) == (1, b"one")


def test_removed_is_gone_but_for_its_history(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    store.comment(made.id, "P-001", "为什么？", "li")
    store.remove(made.id, 1, "wang")
    with pytest.raises(MissingError, match=f"no variant {made.id}"):
        store.variant(made.id)
    assert [event.what for event in store.history(made.id)] == ["removed", "commented", "created"]


def test_comments_merge_once(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    own = store.comment(made.id, "P-001", "同意", "li")
    away = Comment(
        "3f2b0d3e-6a39-4b1e-9a07-000000000001", made.id, "P-002", "不同意", "zhao", "2026-01-01T00:00:00+00:00"
    )
    assert store.merge([own, away]) == [away]
    assert store.merge([away]) == []
    assert [one.text for one in store.comments(made.id)] == ["不同意", "同意"]


def test_a_secret_is_set_once(store: Store) -> None:
    assert store.secret("session", "first") == store.secret("session", "second") == "first"


# What happens to files


def spoil(file: Path) -> None:
    """Write over the middle of a database."""
    with sqlite3.connect(file) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(size // 4)
        damaged.write(os.urandom(size // 2))


def test_a_damaged_database_is_said_with_the_last_good_backup(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    store = Store.open(file)
    made = store.create("甲", "s.yaml", "wang")
    store.close()
    Store.open(file).close()  # a start keeps a backup, with the variant in it
    good, latest = backups.made(file)[0], file.with_name(f"{file.name}.backup-20991231-000000-000000")
    latest.write_bytes(b"not a database, though the newest of the backups" * 99)
    spoil(file)
    with pytest.raises(DataError, match="the database is damaged") as refused:
        Store.open(file)
    assert good.name in str(refused.value)
    assert latest.name not in str(refused.value)
    good.replace(file)  # what it says to do
    file.with_name(f"{file.name}-wal").unlink(missing_ok=True)
    again = Store.open(file)
    assert again.variant(made.id).name == "甲"
    again.close()


def test_without_a_backup_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    file.write_bytes(b"no database" * 999)
    with pytest.raises(DataError, match="There is no good backup"):
        Store.open(file)


def test_a_database_that_cannot_be_reached_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be reached") as refused:
        Store.open(f"postgresql://wang:geheim@/none?host={tmp_path}")
    assert "geheim" not in str(refused.value)
    with pytest.raises(DataError, match="cannot be reached"):
        Store.open("no://where")


def test_a_busy_database_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that nobody is told to put an old backup over a sound file because somebody else writes; reading goes on.

    Sensitivity: by the class of the error alone, which is the same, it would be called damaged.
    """
    monkeypatch.setattr(opening, "BUSY_S", 0.05)
    store = Store.open(tmp_path / "review.sqlite")
    made = store.create("甲", "s.yaml", "wang")
    with closing(sqlite3.connect(tmp_path / "review.sqlite", isolation_level=None)) as other:
        other.execute("begin immediate")
        assert store.variant(made.id).name == "甲"
        with pytest.raises(DataError, match="cannot be reached: database is locked"):
            store.append(made.id, 1, *lock("A"), "wang")
    assert store.append(made.id, 1, *lock("A"), "wang").version == 2
    store.close()


def test_two_who_take_one_name_at_once_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server both may find it free; the second is refused with a reason."""
    store.create("甲", "s.yaml", "wang")
    monkeypatch.setattr("planner.review.store._free", lambda *_: None)
    with pytest.raises(PlannerError, match="at the same time"):
        store.create("甲", "s.yaml", "li")
    assert len(store.variants()) == 1


def test_a_file_is_the_owners_alone_whatever_it_is_called(tmp_path: Path) -> None:
    """It holds what signs sessions; so do its backups, which are found by its name."""
    file = tmp_path / "a[1]?%20.sqlite"
    Store.open(file).close()
    (backup,) = backups.made(file)
    assert [each.stat().st_mode & 0o077 for each in (file, backup)] == [0, 0]


def test_few_backups_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "review.sqlite"
    for _ in range(backups.KEPT + 2):
        Store.open(file).close()
    assert len(backups.made(file)) == backups.KEPT
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


def killed(folder: Path, times: int) -> None:
    """Kill a process that writes at a random moment, so many times; each time all it told of is there, and whole.

    Proves that what was said to be written is, and that a variant is never half of one edit. Sensitivity: a history
    written in a transaction of its own has another length than the version.
    """
    file, rng, told = folder / "review.sqlite", random.Random(8), 1
    store = Store.open(file)
    made = store.create("甲", "s.yaml", "wang")
    store.close()
    for _ in range(times):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(file), str(made.id)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            told = int(writer.stdout.readline())
            time.sleep(rng.uniform(0.0, 0.15))
            writer.send_signal(signal.SIGKILL)
            for line in writer.stdout:
                if line.endswith("\n"):
                    told = int(line)
        store = Store.open(file)
        found, done = store.variant(made.id), store.history(made.id, most=10_000)
        assert found.version >= told
        assert sorted(event.version for event in done if event.version) == list(range(1, found.version + 1))
        assert [edit.number for edit in found.edits] == list(range(1, len(found.edits) + 1))
        assert found.position <= len(found.edits)
        assert all(edit.diff["locks"]["P-001"] == edit.asked["place"]["name"] for edit in found.edits)
        plan = store.plan(made.id)
        assert plan is None or plan[1] == b"%d" % plan[0] * 20_000
        store.close()


def test_killed_while_it_writes_nothing_is_lost(tmp_path: Path) -> None:
    killed(tmp_path, 10)


@pytest.mark.long
def test_killed_two_hundred_times_nothing_is_lost(tmp_path: Path) -> None:
    killed(tmp_path, 200)

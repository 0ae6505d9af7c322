"""The database of a review: nothing lost, nothing half written, on SQLite and on PostgreSQL by the same code."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event
from test_postgis import BINARIES, PostgreSQL

from planner.errors import DataError, PlannerError
from planner.review.people import People
from planner.review.records import FORM, META, Comment, MissingError, StaleError
from planner.review.store import Store


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
            for name in META.tables.keys() - {FORM.name}:
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
    done = [(event.what, event.author) for event in reversed(store.history("s.yaml", made.id))]
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
    assert [event.what for event in store.history("s.yaml", made.id)] == ["removed", "commented", "created"]


def test_comments_merge_once(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    own = store.comment(made.id, "P-001", "同意", "li")
    away = Comment(
        "3f2b0d3e-6a39-4b1e-9a07-000000000001", made.id, "P-002", "不同意", "zhao", "2026-01-01T00:00:00+00:00"
    )
    assert store.merge([own, away]) == [away]
    assert store.merge([away]) == []
    assert [one.text for one in store.comments(made.id)] == ["不同意", "同意"]


def test_two_who_take_one_name_at_once_are_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a server both may find it free; the second is refused with a reason."""
    store.create("甲", "s.yaml", "wang")
    monkeypatch.setattr("planner.review.store._free", lambda *_: None)
    with pytest.raises(PlannerError, match="at the same time"):
        store.create("甲", "s.yaml", "li")
    assert len(store.variants()) == 1


def test_a_reading_of_several_statements_sees_one_moment(store: Store) -> None:
    """Proves that a variant is read as it was at one moment: its version and its edits belong together.

    Sensitivity: on PostgreSQL each statement by itself sees what was written since the one before.
    """
    made = store.create("甲", "s.yaml", "wang")
    once = [True]

    def meanwhile(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM variants" in statement and once:
            once.clear()
            thread = threading.Thread(target=lambda: store.append(made.id, 1, *lock("A"), "li"))
            thread.start()
            thread.join()

    event.listen(store.engine, "after_cursor_execute", meanwhile)
    found = store.variant(made.id)
    event.remove(store.engine, "after_cursor_execute", meanwhile)
    assert once == []
    assert (found.version, len(found.edits)) == (1, 0)
    assert len(store.variant(made.id).edits) == 1


def test_the_number_of_a_variant_that_is_removed_is_never_another_s(store: Store) -> None:
    """Whoever still has the removed one open would edit the new one, and its history would be the new one's."""
    made = store.create("甲", "s.yaml", "wang")
    store.remove(made.id, 1, "wang")
    other = store.create("乙", "s.yaml", "wang")
    assert other.id > made.id
    assert [event.what for event in store.history("s.yaml", other.id)] == ["created"]
    with pytest.raises(MissingError):
        store.append(made.id, 1, *lock("A"), "li")


def test_sessions_begin_and_end_and_go_with_their_user(store: Store) -> None:
    people = People(store)
    people.keep("wang", "owner", "hash", "test")
    people.keep("li", "viewer", "hash", "test")
    wang, li = people.user("wang"), people.user("li")
    assert wang is not None
    assert li is not None
    assert people.begin(wang, "a", 100, 200)
    assert people.begin(li, "b", 100, 300)
    assert people.begin(li, "c", 100, 300)
    assert [people.of(key, 150) for key in "abcd"] == [wang, li, li, None]
    people.end("b")
    assert [people.of(key, 250) for key in "abc"] == [None, None, li]
    people.keep("li", "planner", "hash", "wang")
    assert people.of("c", 150) is None
    assert not people.begin(li, "d", 100, 300)  # who is a planner by now
    people.remove("li", "wang")
    assert [one.name for one in people.every()] == ["wang"]
    told = store.history("s.yaml", people=True)
    assert [(one.what, one.detail["name"]) for one in told][:2] == [("user_removed", "li"), ("user", "li")]
    assert store.history("s.yaml") == []


def test_comments_of_one_file_that_are_in_it_twice_are_kept_once(store: Store) -> None:
    made = store.create("甲", "s.yaml", "wang")
    one = Comment("3f2b0d3e-6a39-4b1e-9a07-000000000001", made.id, "", "first", "zhao", "2026-01-01T00:00:00+00:00")
    again = replace(one, text="second, of the same number")
    assert store.merge([one, again]) == [one]
    assert store.comments(made.id) == [one]


def test_a_database_that_cannot_be_reached_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be reached") as refused:
        Store.open(f"postgresql://wang:geheim@/none?host={tmp_path}")
    assert "geheim" not in str(refused.value)
    with pytest.raises(DataError, match="cannot be reached"):
        Store.open("no://where")

"""The HTTP API, files: a variant as scenario, workbook, report and one offline page, whose comments can be merged back.

All but the scenario leave the review, and contain what its `share` lets them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path as File
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from planner import maps
from planner.changes import changed_asked
from planner.documents import written
from planner.errors import Fault, PlannerError
from planner.quantities import UnreadableError
from planner.report import Book, Chart, booklet, save, save_pdf
from planner.report.web import page
from planner.review.asking import WORKING, Here, Id, Planner, Viewer
from planner.review.desk import Desk
from planner.review.edits import Name
from planner.review.forms import Asked, Merged, Said, Subject
from planner.review.records import NAME_MOST, Comment, Variant, written_at
from planner.review.refusals import REFUSED
from planner.sharing import Sharing, file_name, shared_at
from planner.words import Words

files = APIRouter(prefix="/api/v1/variants/{id}", tags=["files"], responses=REFUSED)
Lang = Literal["zh", "en"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF, HTML = "application/pdf", "text/html; charset=utf-8"
APPENDED = "changes"
"""The one list to which a child of a scenario appends."""
OTHERS_NOTES = Words("这些意见属于另一方案版本“{name}”", "these comments are of another variant, {name!r}")
CHOOSE_IT = Words("请先切换到该版本再合并", "Choose that variant, then merge them there")
NO_YEAR = Words("年份为 {year}", "the year is {year}")
YEARS = Words("应在 2000 至 2999 之间", "It should be between 2000 and 2999")


def _sane(at: datetime) -> datetime:
    if not 2000 <= at.year <= 2999:
        raise UnreadableError(NO_YEAR.fill(year=at.year), YEARS)
    return at


class Note(Asked):
    """A comment made in an offline page."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    subject: Subject = ""
    text: Said
    author: Name
    at: Annotated[AwareDatetime, AfterValidator(_sane)]


class Notes(Asked):
    """What an offline page saves."""

    variant: Name
    of: Annotated[str, StringConstraints(max_length=NAME_MOST)]
    """Which variant that is, whatever it is called by now."""
    comments: list[Note] = Field(max_length=5_000)


def merged(diffs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the keys of several edits as one child of their scenario says them; null removes what the parent says.

    Examples
    --------
    >>> merged([{"locks": {"P": "a"}, "changes": [1]}, {"locks": {"P": None, "Q": "b"}, "changes": [2]}])
    {'locks': {'P': None, 'Q': 'b'}, 'changes': [1, 2]}
    >>> merged([])
    {}
    """
    found: dict[str, Any] = {}
    for diff in diffs:
        for key, value in diff.items():
            found[key] = [*found.get(key, ()), *value] if key == APPENDED else _over(found.get(key), value)
    return found


def _over(below: Any, above: Any) -> Any:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}


@files.get("/scenario.yaml", response_class=Response)
def scenario(id: Id, who: Viewer, here: Here) -> Response:
    """Give a variant as a scenario that extends the one under review; it belongs beside that file."""
    one = here.store.variant(id)
    keys = {"extends": here.source.name, "title": one.name, **merged([edit.diff for edit in one.held])}
    return _file(written(keys).encode(), f"{one.name}.yaml", "application/yaml")


@files.get("/plan.xlsx", response_class=Response, dependencies=WORKING)
def workbook(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the workbook of the plan in hand, as far as its scenario's `share` lets it."""
    name, shared, book = _book(here, id, lang)
    return _file(_written(partial(save, book), "plan.xlsx"), file_name(f"{name}.xlsx", shared.level), XLSX)


@files.get("/report.pdf", response_class=Response, dependencies=WORKING)
def report(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the report of the plan in hand as an A4 booklet, as far as its scenario's `share` lets it."""
    name, shared, book = _book(here, id, lang)
    paper = booklet(book, Chart.of(book.scene))
    return _file(_written(partial(save_pdf, paper), "report.pdf"), file_name(f"{name}.pdf", shared.level), PDF)


@files.get("/report.html", response_class=Response, dependencies=WORKING)
def report_page(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the same report as a page."""
    name, shared, book = _book(here, id, lang)
    content = page(booklet(book, Chart.of(book.scene))).encode("utf-8", "replace")
    return _file(content, file_name(f"{name} report.html", shared.level), HTML)


@files.get("/offline.html", response_class=Response, dependencies=WORKING)
def offline(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the map of the plan in hand as one file, for use without a network, that takes comments to be merged.

    It contains what the scenario's `share` lets it: for a meeting no comment made inside, for the public none at all.
    """
    one, held = here.store.variant(id), here.session(id).settled()
    shared = shared_at(held.inputs.scenario.share.level, [held.inputs])
    inside = here.store.comments(id) if shared.level == "internal" else []
    notes = {"variant": one.name, "of": _identity(one), "comments": [asdict(comment) for comment in inside]}
    asked = shared.projects(changed_asked(held.inputs))
    drawing = maps.draw(
        shared.plan(held.full), shared.territory(held.moves.ground), lang, projects=asked,
        notes=None if shared.level == "public" else notes,
    )  # fmt: skip
    name = file_name(f"{one.name}.html", shared.level)
    return _file(maps.page_text(drawing).encode(), name, HTML)


@files.post("/merge")
def merge(id: Id, form: Notes, who: Planner, here: Here) -> Merged:
    """Add the comments of an offline page, those that are not here yet; each bears who brought it."""
    if form.of != _identity(here.store.variant(id)):
        raise PlannerError(Fault("", "", OTHERS_NOTES.fill(name=form.variant), CHOOSE_IT))
    made = [
        Comment(note.id, id, note.subject, note.text, f"{note.author} ({who.name})", written_at(note.at))
        for note in form.comments
    ]
    added = here.store.merge(made)
    if added:
        here.tell({"event": "commented", "variant": id, "comment": asdict(added[-1])})
    return Merged(added=len(added))


def _identity(variant: Variant) -> str:
    """Return what a variant is known by outside, which stays when it is renamed and is no other's."""
    return f"{variant.id} {variant.at}"


def _book(here: Desk, id: int, lang: Lang) -> tuple[str, Sharing, Book]:
    """Return what a variant is called, at which level its plan may be told, and what is told of it."""
    one, held = here.store.variant(id), here.session(id).settled()
    shared = shared_at(held.inputs.scenario.share.level, [held.inputs])
    asked, ground = shared.projects(changed_asked(held.inputs)), held.moves.ground
    book = Book(
        shared.plan(held.full), shared.territory(ground), lang, asked.projects, shared.inside(held.inputs.files), {},
        asked.parts,
    )  # fmt: skip
    return one.name, shared, book


def _written(save: Callable[[File], File], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return save(File(folder) / name).read_bytes()


def _file(content: bytes, name: str, kind: str) -> Response:
    safe = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in name)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(safe)}"}
    return Response(content, media_type=kind, headers=headers)

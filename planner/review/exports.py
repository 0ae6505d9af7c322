"""The HTTP API, files: a variant as scenario, workbook and one offline page, whose comments can be merged back."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path as File
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from planner import maps
from planner.changes import changed_asked
from planner.documents import written
from planner.report import Book, save
from planner.review import told
from planner.review.asking import REFUSED, Here, Planner, Viewer
from planner.review.edits import Name
from planner.review.forms import Asked, Merged, Said
from planner.review.records import NAME_MOST, Comment

files = APIRouter(prefix="/api/v1/variants/{id}", tags=["files"], responses=REFUSED)
Id = Annotated[int, Path(ge=0, le=2**31 - 1)]
Lang = Literal["zh", "en"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
APPENDED = "changes"
"""The one list to which a child of a scenario appends."""


class Note(Asked):
    """A comment made in an offline page."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    subject: Annotated[str, StringConstraints(max_length=NAME_MOST, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    text: Said
    author: Name
    at: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$")]


class Notes(Asked):
    """What an offline page saves."""

    variant: str
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


@files.get("/plan.xlsx", response_class=Response)
def workbook(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the workbook of the plan in hand."""
    one, held = here.store.variant(id), here.session(id).settled()
    asked = changed_asked(held.inputs.projects, held.inputs.scenario)
    book = Book(held.full, held.moves.ground, lang, asked.projects, held.inputs.files, {}, asked.parts)
    with tempfile.TemporaryDirectory() as folder:
        content = save(book, File(folder) / "plan.xlsx").read_bytes()
    return _file(content, f"{one.name}.xlsx", XLSX)


@files.get("/offline.html", response_class=Response)
def offline(id: Id, who: Viewer, here: Here, lang: Annotated[Lang, Query()] = "zh") -> Response:
    """Give the map of the plan in hand as one file, for use without a network, that takes comments to be merged."""
    one, held = here.store.variant(id), here.session(id).settled()
    notes = {
        "variant": one.name, "version": held.version, "id": one.id,
        "comments": [told.comment(comment) for comment in here.store.comments(id)],
    }  # fmt: skip
    asked = changed_asked(held.inputs.projects, held.inputs.scenario)
    drawing = maps.draw(held.full, held.moves.ground, lang, projects=asked, notes=notes)
    return _file(maps.page_text(drawing).encode(), f"{one.name}.html", "text/html; charset=utf-8")


@files.post("/merge")
def merge(id: Id, form: Notes, who: Planner, here: Here) -> Merged:
    """Add the comments of an offline page, those that are not here yet; each bears who brought it."""
    here.store.variant(id)
    by, room = f" ({who.name})", NAME_MOST - len(who.name) - 3
    made = [
        Comment(note.id, id, note.subject, note.text, f"{note.author[:room]}{by}", note.at) for note in form.comments
    ]
    added = here.store.merge(made)
    if added:
        here.tell({"event": "commented", "variant": id, "comment": told.comment(added[-1])})
    return Merged(added=len(added))


def _file(content: bytes, name: str, kind: str) -> Response:
    safe = "".join(sign if sign.isalnum() or sign in "-_. " else "_" for sign in name)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(safe)}"}
    return Response(content, media_type=kind, headers=headers)

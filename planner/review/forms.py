"""What the API takes and gives, as OpenAPI has it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from planner.review.edits import AnyEdit, Name, Where
from planner.review.records import NAME_MOST, TEXT_MOST

Title = Annotated[
    str, StringConstraints(min_length=1, max_length=NAME_MOST, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Said = Annotated[
    str, StringConstraints(min_length=1, max_length=TEXT_MOST, strip_whitespace=True, pattern=r"^[^\x00]+$")
]
Subject = Annotated[str, StringConstraints(max_length=NAME_MOST, pattern=r"^[^\x00-\x1f\x7f]*$")]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
Pair = list[str]
"""Chinese and English."""


class Asked(BaseModel):
    """What is sent; nothing but what is named here."""

    model_config = ConfigDict(extra="forbid")


class Login(Asked):
    """Who logs in."""

    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class NewUser(Asked):
    """Somebody to let in, or whose role or password changes; without a password the one there is stays."""

    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    role: Literal["viewer", "planner", "owner"]


class NewVariant(Asked):
    """A variant to make: of the scenario as it is, or of another variant as it stands."""

    name: Name
    of: Number | None = None


class Seen(Asked):
    """Which version was seen: if it is another by now, nothing is done."""

    version: Number


class NewName(Seen):
    """Another name."""

    name: Name


class NewEdit(Seen):
    """An edit, and whether the others settle anew for the best score or stay where they can."""

    edit: AnyEdit
    others: Literal["best", "stay"] = "best"


class Question(Asked):
    """An edit that is only asked about."""

    edit: AnyEdit
    others: Literal["best", "stay"] = "best"


class Supposed(Asked):
    """One more edit than those that hold, or none."""

    edit: AnyEdit | None = None


class Spot(Asked):
    """Somebody and a place."""

    who: Name
    place: Where


class NewComment(Asked):
    """What is said; of a project or a part, or of the variant ("")."""

    subject: Subject = ""
    text: Said


class Fault(BaseModel):
    """One thing wrong, in Chinese and in English; the key of the scenario, and the column, that it is about."""

    zh: str
    en: str
    where: str = ""
    column: str = ""
    features: list[str] = []


class Refusal(BaseModel):
    """Why something was not done; of a stale edit also what the variant is by now, and what was done since."""

    detail: list[Fault]
    now: dict[str, Any] | None = None
    since: list[dict[str, Any]] | None = None


class Person(BaseModel):
    """Who is logged in, and what a page sends along to change something."""

    name: str
    role: str
    token: str = ""


class Progress(BaseModel):
    """How far a solve is."""

    score: float | None
    bound: float | None
    gap: float | None
    seconds: float


class Audit(BaseModel):
    """Findings of the audit."""

    kept: int
    broken: int


class State(BaseModel):
    """What is proved of the plan in hand, of which version it is, and whether another is being solved."""

    solving: bool
    of_version: int
    score: float | None
    bound: float | None
    gap: float | None
    seconds: float
    audit: Audit | None
    progress: Progress | None
    faults: list[Fault]


class MadeEdit(BaseModel):
    """An edit: whether it holds, in words, as it was asked, and as a line of the scenario."""

    number: int
    held: bool
    words: Pair
    asked: dict[str, Any]
    diff: dict[str, Any]
    author: str
    at: str


class Blank(BaseModel):
    """A column that a form may give: its words, its unit, the values there are, and whether others may be given."""

    name: str
    words: Pair
    kind: Literal["text", "list", "number", "whole", "yes_no"]
    unit: str
    required: bool
    values: list[tuple[str, Pair]]
    open: bool


class Blanks(BaseModel):
    """What may be said of a project, of each of its parts and of a parcel, and which restrictions there are."""

    project: list[Blank]
    part: list[Blank]
    parcel: list[Blank]
    restrictions: list[tuple[str, Pair]]


class OneVariant(BaseModel):
    """A variant."""

    id: int
    name: str
    version: int
    position: int
    author: str
    at: str
    edits: list[MadeEdit]
    state: State | None
    doubts: list[Fault] = []


class Price(BaseModel):
    """What an edit costs against the plan in hand: at least and at most, in points; and who moves."""

    lost: list[float | None] | None
    score: float | None
    bound: float | None
    gap: float | None
    moves: list[dict[str, str]]
    of_version: int
    seconds: float


class OneComment(BaseModel):
    """A comment."""

    id: str
    variant: int
    subject: str
    text: str
    author: str
    at: str


class Done(BaseModel):
    """One thing done."""

    id: int
    variant: int | None
    version: int | None
    author: str
    at: str
    what: str
    words: Pair
    detail: dict[str, Any]


class Stopped(BaseModel):
    """Whether there was a solve to stop."""

    stopped: bool


class Merged(BaseModel):
    """How many comments were new."""

    added: int

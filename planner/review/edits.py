"""What a planner may do to a variant: each edit a form, and the keys of a scenario it comes to.

An edit knows the scenario it is made to and nothing else; whether it can be kept is settled where it is solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from planner.levers import short
from planner.quantities import UnreadableError
from planner.review.records import NAME_MOST
from planner.scenario import Place as At
from planner.scenario import Scenario, said
from planner.scenario.keys import identifier
from planner.whatif import Warm
from planner.words import Words

Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MOST, pattern=r"^[^\x00-\x1f\x7f]+$")]
Identifier = Annotated[Name, AfterValidator(identifier)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Corner = tuple[Degrees, Degrees]
Polygon = Annotated[tuple[Corner, ...], Field(min_length=3, max_length=500)]
Figure = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Cell = Name | Figure | bool | None
Columns = Annotated[dict[Name, Cell], Field(max_length=60)]
Diff = dict[str, Any]
CHIEF = {"power": "caps", "water": "caps", "waste_water": "caps", "gas": "caps"}
"""Of rules by park and year, the key under which they are."""
YEARLY = Literal["power", "water", "waste_water", "gas"]
ONE_WAY = Words("地点须恰好用一种方式指明", "a place is named in exactly one way")
AS = Words('例如 {"name": "YL-21-03"}', 'For example {"name": "YL-21-03"}')


class Where(BaseModel):
    """A place, in exactly one way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    park: Identifier | None = None
    building: Identifier | None = None
    floor: tuple[Identifier, ...] | None = Field(default=None, min_length=1, max_length=200)
    parcels: tuple[Identifier, ...] | None = Field(default=None, min_length=1, max_length=200)
    name: Identifier | None = Field(default=None, description="Any of these, if the name means only one")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(value is not None for _, value in self) != 1:
            raise UnreadableError(ONE_WAY, AS)
        return self

    @property
    def written(self) -> Diff | str:
        """The place as a scenario has it."""
        key, value = next((key, value) for key, value in self if value is not None)
        return str(value) if key == "name" else {key: _plain(value)}

    @property
    def meant(self) -> At:
        """The place as a scenario reads it."""
        written = self.written
        return At(name=written) if isinstance(written, str) else At(**written)

    @property
    def text(self) -> str:
        """The place in a word or two."""
        written = self.written
        value = written if isinstance(written, str) else next(iter(written.values()))
        return value if isinstance(value, str) else ", ".join(map(str, value))


class Form(BaseModel):
    """An edit as it is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to.

        Parameters
        ----------
        scenario : Scenario
            To which it is made.
        now : Warm
            Where projects stand, for those that are signed off or left out.
        """
        raise NotImplementedError

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, where it only narrows what there is; None where the case is to be posed again."""
        return None


class Lock(Form):
    """Place a project, or one part of it, there; all others give way as is best."""

    kind: Literal["lock"]
    who: Name
    place: Where

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to; it takes the place of other locks of the same part."""
        return {"locks": {**dict.fromkeys(_locks_of(scenario, self.who)), self.who: self.place.written}}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        if now.inputs is None or _locks_of(now.inputs.scenario, self.who):
            return None  # the earlier lock is no more
        return now.lock(self.who, self.place.meant)


class Ban(Form):
    """Keep a project or a part out of a place."""

    kind: Literal["ban"]
    who: Name
    place: Where

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"bans": [*_said(scenario, "bans"), {"project": self.who, "place": self.place.written}]}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        return now.ban(self.who, self.place.meant)


class Place(Form):
    """Place a project, wherever it is."""

    kind: Literal["place"]
    project: Name

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"must_place": sorted({*scenario.must_place, self.project})}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        return now.place(self.project)


class LeaveOut(Form):
    """Leave a project out."""

    kind: Literal["leave_out"]
    project: Name

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"bans": _bans_of(now.withdraw(self.project))}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        return now.withdraw(self.project)


class Free(Form):
    """Take back all locks and bans of a project, and that it must be placed."""

    kind: Literal["free"]
    who: Name

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return _freed(scenario, self.who)


class Sign(Form):
    """Sign off where a project or a part stands, or that it is left out: the next runs keep to it."""

    kind: Literal["sign"]
    who: Name

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        stands = standing(now, self.who)
        if not stands:
            return {"bans": _bans_of(now.withdraw(self.who))}
        former = {name for part in stands for name in _locks_of(scenario, part)}
        return {"locks": {**dict.fromkeys(sorted(former)), **stands}}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        stands = standing(now, self.who)
        if not stands:
            return now.withdraw(self.who)
        if now.inputs is None or any(_locks_of(now.inputs.scenario, part) for part in stands):
            return None
        for part, place in stands.items():
            now = now.lock(part, At(**place))
        return now


class Withdraw(Form):
    """Take parcels, floors or buildings off the offer."""

    kind: Literal["withdraw"]
    places: tuple[Identifier, ...] = Field(min_length=1, max_length=200)

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"changes": [{"withdraw": list(self.places)}]}

    def narrowed(self, now: Warm) -> Warm | None:
        """Return the answer to it, as one that only narrows what there is."""
        for name in self.places:
            now = now.reserve(name)
        return now


class Reserve(Form):
    """Keep a block of parcels for projects of one tier; no parcels stand for the largest block."""

    kind: Literal["reserve"]
    parcels: tuple[Name, ...] = Field(default=(), max_length=200)
    park: Name | None = None
    tier: Name

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        block: object = list(self.parcels) or "largest"
        park = {"park": self.park} if self.park else {}
        return {"reserve": [*_said(scenario, "reserve"), {"block": block, **park, "for": self.tier}]}


class Capacity(Form):
    """Change what a park is supplied with from a year on."""

    kind: Literal["capacity"]
    of: YEARLY
    park: Name
    year: int = Field(ge=1900, le=2200)
    value: Name = Field(description="With its unit: 300 MVA")

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        figure = {self.park: {str(self.year): self.value}}
        return {"rules": {self.of: figure if short(scenario, self.of) else {CHIEF[self.of]: figure}}}


class Set(Form):
    """Change figures of one feature, or what a project or a part asks for."""

    kind: Literal["set"]
    layer: Literal["parks", "parcels", "buildings", "floors", "restrictions", "supply", "projects", "parts"]
    id: Name
    columns: dict[Name, Cell] = Field(min_length=1, max_length=40)

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"changes": [{"set": {"layer": self.layer, "id": self.id, **self.columns}}]}


class Weight(Form):
    """Change the weight of a goal."""

    kind: Literal["weight"]
    goal: Name
    weight: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"goals": {self.goal: self.weight}}


class Rule(Form):
    """Switch a rule on or off, or give it what a scenario may say of it."""

    kind: Literal["rule"]
    rule: Name
    value: bool | Figure | Name | dict[str, Any]

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"rules": {self.rule: self.value}}


class Restrict(Form):
    """Lay a restriction over the ground: a drawn area."""

    kind: Literal["restrict"]
    restriction: Name
    polygon: Polygon

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return {"changes": [{"restrict": {"polygon": _plain(self.polygon), "kind": self.restriction}}]}


class NewPart(BaseModel):
    """One part of a project: its name, and columns of the table of projects that are a part's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    part: Name = "main"
    columns: Columns


class AddProject(Form):
    """Add a project, with the columns of the table of projects."""

    kind: Literal["add_project"]
    id: Name
    columns: Columns
    parts: tuple[NewPart, ...] = Field(min_length=1, max_length=20)

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        parts = [{**part.columns, "part": part.part} for part in self.parts]
        return {"changes": [{"add": {**self.columns, "layer": "projects", "id": self.id, "parts": parts}}]}


class AddParcel(Form):
    """Add a parcel: a drawn outline, with the columns of the layer of parcels."""

    kind: Literal["add_parcel"]
    id: Name
    columns: Columns
    polygon: Polygon

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        polygon = _plain(self.polygon)
        return {"changes": [{"add": {**self.columns, "layer": "parcels", "id": self.id, "polygon": polygon}}]}


class Keys(Form):
    """Any keys of a scenario, as a file that extends it would have them."""

    kind: Literal["keys"]
    said: dict[str, Any] = Field(min_length=1, max_length=40)

    def keys(self, scenario: Scenario, now: Warm) -> Diff:
        """Return the keys of a scenario that it comes to."""
        return dict(self.said)


AnyEdit = Annotated[
    Lock | Ban | Place | LeaveOut | Free | Sign | Withdraw | Reserve | Capacity | Set | Weight | Rule | Restrict
    | AddProject | AddParcel | Keys,
    Field(discriminator="kind"),
]  # fmt: skip


def standing(now: Warm, who: str) -> dict[str, Diff]:
    """Return where a part or each part of a project stands, as locks; empty for one that is left out."""
    chosen, sites = now.chosen, now.case.sites
    mine = chosen[(chosen["project"] == who) | (chosen["part"] == who)]
    found: dict[str, Diff] = {}
    for part, site in zip(mine["part"], mine["site"], strict=True):
        key = "parcels" if sites["kind"].at[site] == "plot" else "floor"
        places: Any = sites["places"].at[site]
        found[str(part)] = {key: list(map(str, places))}
    return found


def _locks_of(scenario: Scenario, who: str) -> list[str]:
    """Return the locks that a new one of a project or part takes the place of: its own, its parts', its project's."""
    same = (who, who.split("/", maxsplit=1)[0])
    return [name for name in scenario.locks if name in same or name.startswith(f"{who}/")]


def _freed(scenario: Scenario, who: str) -> Diff:
    """Return the keys that take back what a scenario says of a project, its parts included."""

    def his(name: str) -> bool:
        return name == who or name.startswith(f"{who}/")

    diff: Diff = {}
    for key in ("locks", "only"):
        if names := [name for name in getattr(scenario, key) if his(name)]:
            diff[key] = dict.fromkeys(names)
    if any(his(ban.project) for ban in scenario.bans):
        diff["bans"] = [ban for ban in _said(scenario, "bans") if not his(str(ban["project"]))]
    if who in scenario.must_place:
        diff["must_place"] = [name for name in scenario.must_place if name != who]
    return diff


def _bans_of(answer: Warm) -> list[Any]:
    scenario = answer.inputs.scenario if answer.inputs is not None else None
    return [] if scenario is None else scenario.model_dump(mode="json", exclude_none=True)["bans"]


def _said(scenario: Scenario, key: str) -> Sequence[Any]:
    value: Sequence[Any] = said(scenario).get(key) or ()
    return value


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value

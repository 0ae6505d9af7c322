"""What files for others are made from: a plan, its ground and what is told of it, as far as a level lets them.

Map, workbook, report, comparison and exported files are written from what comes from here and decide nothing
themselves. What a level leaves out is not there, neither hidden nor blank: columns are missing, codes stand instead of
names. A plan's own folder (plan.json, plan.gpkg, proof.npz, explain.json) is never made from it and stays inside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from planner import fit
from planner.changes import changed, changed_asked
from planner.errors import Fault
from planner.explain.reason import Reason
from planner.intake.inputs import Inputs
from planner.left_out import BIDS, NO_PLACE, NOT_WORTH, NOWHERE, OUTBID, SHORT, figure, spaced
from planner.plan import COLUMNS, Plan
from planner.projects import PART_COLUMNS, PROJECT_COLUMNS, Projects
from planner.scenario import Level, Share
from planner.sharing.codes import Codes, key_of
from planner.sharing.contents import (
    KEPT_TABLES,
    LEFT_OUT,
    MADE,
    MONEY,
    PLACEMENTS,
    PUBLISHED,
    STAGE,
    SUMMARY,
    contains,
    hidden,
)
from planner.telling import rule_words
from planner.territory import LAYERS, Territory
from planner.words import Words, listed
from planner.worth import MEASURES

__all__ = ["Sharing", "file_name", "shared_at", "sharing"]

MEASURED = frozenset({"geometry", "home_park", "zones", "area_m2", "free_m2"})
"""Columns of layers that are measured, not read."""
CODE = "code"
"""What the index of parcels is called that go by codes."""
WITHHELD = Words("不公开", "not shown")
"""Instead of a figure within a sentence."""
KEY_WORDS = frozenset({"least", "most", "pieces", "planned", "group", "alone", "max_min", *MEASURES})
KEY = re.compile(r"\d{1,4}|F\d+|[\W_]")
"""What keys of findings hold besides identifiers: words, years and numbers, the last floor of a run."""
ELIDED = "…"
"""Instead of what is no identifier that may stand."""
APART = re.compile(r"([ +;,:]+)")


def sharing(share: Share, asked: Sequence[Projects], grounds: Sequence[Territory]) -> Sharing:
    """Return what makes plans and all that is told of them fit for a level.

    Parameters
    ----------
    share : Share
        Of the scenario, or what the command line says instead.
    asked : sequence of Projects
        Of every plan that goes into a file, as their tables have them. Codes hang on the first, unless the scenario
        gives a phrase.
    grounds : sequence of Territory
        Every territory that files are drawn on, before and after a scenario's changes.
    """
    parcels = {str(name): lot if isinstance(lot, str) else "" for ground in grounds
               for name, lot in ground.parcels.get("lot_id", pd.Series("", ground.parcels.index)).items()}  # fmt: skip
    floors = {str(name) for ground in grounds for layer in (ground.parks, ground.buildings, ground.floors)
              for name in layer.index}  # fmt: skip
    industries = {str(name) for ground in grounds if "industries" in ground.tables
                  for name in ground.tables["industries"].iloc[:, 0]}  # fmt: skip
    frames = {name: pd.concat([getattr(one, name) for one in asked]) for name in ("projects", "parts")}
    every = Projects(**{name: table[~table.index.duplicated()] for name, table in frames.items()})
    codes = Codes(every, parcels, key_of(asked[0], share.codes))
    return Sharing(share, codes, frozenset(floors), frozenset(industries))


def shared_at(level: Level, inputs: Sequence[Inputs]) -> Sharing:
    """Return what makes plans fit for a level: by the codes and the day of the first scenario, else by today's.

    Parameters
    ----------
    level : str
    inputs : sequence of Inputs
        Those of every plan that goes into the file, the one it is about first.
    """
    given = inputs[0].scenario.share
    day = given.date if level == "internal" else given.date or date.today().isoformat()
    grounds = [ground for one in inputs for ground in (one.territory, changed(one.territory, one.scenario))]
    asked = [each for one in inputs for each in (one.projects, changed_asked(one))]
    return sharing(given.model_copy(update={"level": level, "date": day}), asked, grounds)


def file_name(name: str, level: Level) -> str:
    """Return what a file of a level is called: one that is shared never takes the place of one with more in it.

    Examples
    --------
    >>> file_name("map.html", "internal"), file_name("map.html", "public")
    ('map.html', 'map-public.html')
    """
    path = Path(name)
    return name if level == "internal" else f"{path.stem}-{level}{path.suffix}"


@dataclass(frozen=True)
class Sharing:
    """One level of sharing, ready to be applied.

    Attributes
    ----------
    share : Share
    codes : Codes
    open_places : frozenset of str
        Parks, buildings and floors, which everybody may know.
    industries : frozenset of str
        Those with words in the reference table.
    """

    share: Share
    codes: Codes
    open_places: frozenset[str]
    industries: frozenset[str]

    @property
    def level(self) -> Level:
        """For whom."""
        return self.share.level

    def plan(self, plan: Plan) -> Plan:
        """Return a plan as the level contains it, marked with level, date and review number."""
        carried = {name: value for name in ("level", "date", "review_number") if (value := getattr(self.share, name))}
        if self.level == "internal":
            return replace(plan, summary={**plan.summary, "share": carried})
        shared = self._for_meeting(plan) if self.level == "meeting" else self._for_public(plan)
        return replace(shared, summary={**shared.summary, "share": carried}, proof=None, stage_proofs=())

    def territory(self, ground: Territory) -> Territory:
        """Return a territory as the level contains it; at `public` parcels are indexed by their codes."""
        if self.level == "internal":
            return ground
        layers = {name: self._layer(name, getattr(ground, name)) for name in LAYERS}
        if self.level == "meeting":
            return replace(ground, **layers, files={}, written={})
        parcels = layers["parcels"]
        layers["parcels"] = parcels.set_axis(self._parcels(parcels.index), axis=0).rename_axis(CODE).sort_index()
        figures = layers["figures"]
        open_to = set(figures["subject"]) - set(self.codes.parcels) - set(self.codes.projects.projects.index)
        layers["figures"] = figures[figures["subject"].isin(open_to)].reset_index(drop=True)
        tables = {name: table for name, table in ground.tables.items() if name not in KEPT_TABLES}
        return replace(ground, **layers, tables=tables, files={}, written={})

    def stands(self, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return where the parts of a plan stand (layers `placed_plots`, `placed_units`) as the level contains it."""
        if self.level == "internal":
            return places
        kept = places.drop(columns="points", errors="ignore")
        return kept if self.level == "meeting" else self._placements(kept)

    def projects(self, asked: Projects) -> Projects:
        """Return what is asked for as the level contains it, under codes at `public`."""
        if self.level == "internal":
            return asked
        table, parts = (self._contained(frame) for frame in (asked.projects, asked.parts))
        if self.level == "meeting":
            return Projects(table, parts)
        called = {name: asked.projects[name] for name in ("name", "firm") if name in asked.projects}
        table = self._coded(table.assign(project=table.index, **called))
        parts = self._coded(parts.assign(part=parts.index))
        return Projects(table.set_index("project").sort_index(), parts.set_index("part").sort_index())

    def _contained(self, table: pd.DataFrame) -> pd.DataFrame:
        columns = {column.name: column for column in (*PROJECT_COLUMNS, *PART_COLUMNS)}
        kept = {name for name, column in columns.items() if contains(self.level, "projects", column)} | {"project"}
        return table[[name for name in table.columns if name in kept]]

    def reasons(self, told: Mapping[str, Sequence[Reason]]) -> dict[str, list[Reason]]:
        """Return what was explained as the level contains it: at `public` nothing, of any project."""
        if self.level == "public":
            return {self.codes.code("project", str(name)): [] for name in self.codes.projects.projects.index}
        left_off = hidden(self.level)
        return {
            name: [one for one in reasons if not left_off & {one.by, *one.terms} and f"{MONEY}/m" not in one.unit]
            for name, reasons in told.items()
        }

    def faults(self, found: Sequence[Fault]) -> Sequence[Fault]:
        """Return what a check of the inputs found: nothing outside the office."""
        return found if self.level == "internal" else ()

    def inside(self, told: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return what is told of the inputs (name to digest), or of a conflict: nothing outside the office."""
        return told if told and self.level == "internal" else {}

    # layers

    def _layer(self, name: str, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        columns = {column.name: column for column in LAYERS[name].columns}
        known = MEASURED if self.level == "public" else MEASURED | (set(table.columns) - set(columns))
        table = table[[of for of in table.columns
                       if of in known or (of in columns and contains(self.level, name, columns[of]))]]  # fmt: skip
        if self.level == "meeting" or name in PUBLISHED:
            return table
        free = [of for of in table.columns if of in columns and columns[of].kind == "text" and not columns[of].allowed]
        return table.assign(**{of: [self._told(text) for text in table[of]] for of in free})

    def _parcels(self, names: pd.Index) -> pd.Index:
        return pd.Index([self.codes.code("parcel", str(name)) for name in names], dtype=object)

    # plans

    def _for_meeting(self, plan: Plan) -> Plan:
        summary = {name: value for name, value in plan.summary.items() if name not in ("left_out", "audit")}
        summary |= {"provenance": _made(plan.summary), **_counted(plan.summary)}
        points = [f"points_{goal}" for goal in hidden(self.level) if f"points_{goal}" in plan.placements]
        placements = plan.placements.drop(columns=points)
        if points:
            shown = [name for name in placements if str(name).startswith("points_")]
            placements = placements.assign(points=placements[shown].sum(axis=1))
        left = plan.left_out.drop(columns=["held_by", *BIDS] if points else [], errors="ignore")
        if len(left):
            left = pd.DataFrame([self._hushed(row) if row["by"] in hidden(self.level) else row
                                 for row in left.to_dict("records")], columns=left.columns)  # fmt: skip
        return replace(plan, summary=self._normalised(summary), placements=placements, left_out=left,
                       goals=self._weighed(plan.goals), findings=self._found(plan.findings),
                       prices=_empty("prices"))  # fmt: skip

    def _for_public(self, plan: Plan) -> Plan:
        return replace(
            plan, summary=self._summary(plan.summary), placements=self._placements(plan.placements),
            uses=self._uses(plan.uses), left_out=self._left_out(plan), goals=self._weighed(plan.goals),
            findings=self._found(plan.findings), prices=_empty("prices"), extra=_empty("extra"),
        )  # fmt: skip

    def _placements(self, table: pd.DataFrame) -> pd.DataFrame:
        table = self._coded(table[[name for name in table.columns if name in PLACEMENTS]])
        if "places" in table:
            runs = [self._in_order(str(places).split(";")) for places in table["places"]]
            table["places"] = [";".join(run) for run in runs]
            if "site" in table:
                table["site"] = [site if self.open_places.issuperset(run) else "+".join(run)
                                 for site, run in zip(table["site"], runs, strict=True)]  # fmt: skip
        return table.sort_values("part", ignore_index=True) if "part" in table else table

    def _in_order(self, places: Sequence[str]) -> list[str]:
        """Return places under their codes, parcels in the order of these; floors as they are."""
        if self.open_places.issuperset(places):
            return list(places)
        return sorted(map(self._place, places))

    def _uses(self, table: pd.DataFrame) -> pd.DataFrame:
        if table.empty:
            return table
        places = [self._place(place) for place in table["place"]]
        coded = table.assign(part=self.codes.parts(table["part"]), place=places)
        return coded.sort_values(["part", "place"], ignore_index=True)

    def _left_out(self, plan: Plan) -> pd.DataFrame:
        """Return who is left out under codes, the reason told again from its figures."""
        if plan.left_out.empty:
            return plan.left_out
        of_part = dict(zip(plan.placements["part"], plan.placements["project"], strict=True)) if len(plan.uses) else {}
        held: dict[str, set[str]] = {}
        for part, place in zip(plan.uses["part"], plan.uses["place"], strict=True) if len(plan.uses) else ():
            held.setdefault(str(place), set()).add(of_part.get(part, ""))
        rows = []
        for row in self._coded(plan.left_out).to_dict("records"):
            others = held.get(str(row["place"]), ())
            row["place"] = "+".join(self._in_order(str(row["place"] or "").split("+")))
            row["others"] = sorted({self.codes.code("project", name) for name in others})
            rows.append(self._hushed(row))
        table = pd.DataFrame(rows).sort_values("project", ignore_index=True)
        return table[[name for name in table.columns if name in LEFT_OUT]]

    def _hushed(self, row: Mapping[Any, Any]) -> dict[str, Any]:
        """Return who is left out and why, its sentence made again, without the figures that the level hides."""
        secret = row["by"] in hidden(self.level)
        rule, unit = _test_words(str(row["by"]), row["place"] in self.open_places), str(row["unit"])
        given = {name: figure(_number(row[name]), unit, str(row["by"])) for name in ("need", "offer")}
        facts = {"part": row["part"], "place": row["place"], "test": rule, "rule": rule,
                 "unit": "" if secret else spaced(unit), "others": listed(row.get("others") or ["—"]),
                 **(dict.fromkeys(given, WITHHELD) if secret else given)}  # fmt: skip
        if row["cause"] == "rule":
            said = SHORT.fill(**facts)
        elif row["cause"] == "outbid":
            said = (NOT_WORTH if row["by"] == "score" else OUTBID).fill(**facts)
        else:
            said = (NOWHERE if row["place"] else NO_PLACE).fill(**facts)
        gone = {"need": "", "offer": "", "unit": ""} if secret else {}
        return {**row, **gone, "words_zh": said.zh, "words_en": said.en}

    def _coded(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with codes for projects, parts and firms, and no industry that is not a known one."""
        table = table.copy()
        if "project" in table:
            table["project"] = self.codes.column("project", table["project"])
            if "name" in table:
                table["name"] = table["project"]
        if "part" in table:
            table["part"] = self.codes.parts(table["part"])
        if "firm" in table:
            table["firm"] = self.codes.column("firm", table["firm"])
        for name in ("cluster", "industry"):
            if name in table and self.industries:
                table[name] = table[name].where(table[name].isin(self.industries), "")
        return table

    def _weighed(self, goals: pd.DataFrame) -> pd.DataFrame:
        if goals.empty:
            return goals
        secret = goals["goal"].isin(hidden(self.level))
        return goals.assign(raw=goals["raw"].mask(secret), normaliser=goals["normaliser"].mask(secret))

    def _found(self, findings: pd.DataFrame) -> pd.DataFrame:
        """Return the findings without figures that are hidden; at `public` only of open places, else whether kept."""
        if findings.empty:
            return findings
        goals = findings["key"].astype(str).str.split("/").str[0]
        secret = findings["rule"].isin(hidden(self.level)) | goals.isin(hidden(self.level))
        if self.level == "public":
            keys = pd.Series([self._place(key) for key in findings["key"]], findings.index, dtype=object)
            secret |= keys != findings["key"]
            findings = findings.assign(key=keys)
        found = findings.assign(**{name: findings[name].mask(secret, "") for name in ("asked", "found", "unit")})
        return found.sort_values(["rule", "key"], kind="stable", ignore_index=True) if self.level == "public" else found

    def _summary(self, told: Mapping[str, Any]) -> dict[str, Any]:
        summary = {name: value for name, value in told.items() if name in SUMMARY}
        title = summary.get("title")
        told_title = {lang: self._told(said) for lang, said in title.items()} if isinstance(title, Mapping) else None
        summary["title"] = told_title or self._told(title)
        summary["stages"] = [{name: stage.get(name) for name in STAGE} for stage in told.get("stages") or ()]
        summary |= {"normalisers": told.get("normalisers"), "provenance": _made(told), **_counted(told)}
        return self._normalised(summary)

    def _normalised(self, summary: Mapping[str, Any]) -> dict[str, Any]:
        kept = {goal: value for goal, value in (summary.get("normalisers") or {}).items()
                if goal not in hidden(self.level)}  # fmt: skip
        return {**summary, "normalisers": kept}

    # texts

    def _place(self, text: object) -> str:
        """Return a place or a key under codes, token by token; what is no identifier that may stand is left out."""
        if not isinstance(text, str):
            return ""
        known = self.codes.of_kind["parcel"].get(text) or self.codes.of_part.get(text)
        return known or "".join(
            piece if APART.fullmatch(piece) else self._token(piece) for piece in APART.split(text) if piece
        )

    def _token(self, text: str) -> str:
        kinds = self.codes.of_kind
        if coded := kinds["parcel"].get(text) or self.codes.of_part.get(text) or kinds["project"].get(text):
            return coded
        word = text.removesuffix("/raw").removesuffix("/points")
        return text if text in self.open_places or word in KEY_WORDS or KEY.fullmatch(text) else ELIDED

    def _told(self, text: Any) -> Any:
        """Return a free text with codes instead of every name in it; what is no text as it is."""
        return self.codes.told(text) if isinstance(text, str) else text


def _made(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return of what a plan was made from what may be told outside."""
    made = summary.get("provenance") or {}
    return {name: made[name] for name in MADE if name in made}


def _test_words(name: str, upstairs: bool) -> Words:
    """Return what a test or rule is called at a floor, or at a parcel: two tests go by one name."""
    at = "floor" if upstairs else "parcel"
    return next((test.words for test in fit.TESTS if test.name == name and at in test.at), rule_words(name))


def _counted(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many findings are kept and broken; the table of findings has each."""
    audit = summary.get("audit") or {}
    return {"audit": {name: audit.get(name) for name in ("kept", "broken")} | {"findings": []}} if audit else {}


def _empty(table: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS[table]))


def _number(value: object) -> float | str:
    try:
        return float(str(value))
    except ValueError:
        return str(value)

"""For whom a command writes a file: the scenario's `share`, or what the command line says instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from planner.changes import changed
from planner.cli.output import Output
from planner.intake.inputs import Inputs
from planner.scenario import Level, Share
from planner.sharing import Sharing, file_name, sharing
from planner.words import LEVELS, Words

MORE = Words(
    "提示：情景规定 share: {said}，本文件按要求为“{level}”，内容更多",
    "Note: the scenario says share: {said}; as asked, this file is “{level}” and holds more",
)


def shared_by(asked: Level | None, inputs: Sequence[Inputs], output: Output) -> Sharing:
    """Return what makes plans fit for the level asked for, else for that of their scenarios which contains least.

    Only a level that is named on the command line may contain more than a scenario says, and that is told.

    Parameters
    ----------
    asked : str or None
        Of ``--share``.
    inputs : sequence of Inputs
        Those of every plan that goes into the file, the one it is about first.
    output : Output
    """
    order = list(LEVELS)
    said = max((one.scenario.share.level for one in inputs), key=order.index)
    level = asked or said
    if order.index(level) < order.index(said):
        output.note(MORE.fill(said=said, level=LEVELS[level]))
    grounds = [ground for one in inputs for ground in (one.territory, changed(one.territory, one.scenario))]
    share = dated(inputs[0].scenario.share.model_copy(update={"level": level}))
    return sharing(share, [one.projects for one in inputs], grounds)


def dated(share: Share) -> Share:
    """Return it with the day that its files carry: that of today, where they leave the house and none is given."""
    if share.level == "internal" or share.date is not None:
        return share
    return share.model_copy(update={"date": date.today().isoformat()})


def map_name(shared: Sharing) -> str:
    """Return what the map of a plan's folder is called."""
    return file_name("map.html", shared.level)

"""For whom a command writes a file: the scenario's `share`, or what the command line says instead."""

from __future__ import annotations

from collections.abc import Sequence

from planner.cli.output import Output
from planner.intake.inputs import Inputs
from planner.scenario import Level
from planner.sharing import Sharing, file_name, shared_at
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
    return shared_at(level, inputs)


def map_name(shared: Sharing) -> str:
    """Return what the map of a plan's folder is called."""
    return file_name("map.html", shared.level)

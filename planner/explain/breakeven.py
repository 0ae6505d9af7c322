"""Break-even: how far a weight, a need, a capacity or a rent can move before a project does.

Each figure is asked about by itself, the others as they are, from nothing to twice what it is now. On either side three
things are told:

* the project *stays* as far as the plan in hand remains an answer: it is still a plan, none shown that has the project
  elsewhere is better, and by proof none is better by more than the gap asked for (or that the plan in hand has);
* a plan is *shown* that is better, and has the project elsewhere, from some figure on;
* the project has *moved*, from where on such a plan is worth more than any that has it where it is, by proof.

Between what stays and what has moved the question is open. Proofs are of the options posed, with the normalisers of
now; what is asked of the project itself, and a rent that is too high for it, are settled by what its place holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from planner.explain.figures import Figure, Figures, figure_of, heading
from planner.explain.moving import answerable
from planner.explain.reason import Reason
from planner.explain.reasons import after
from planner.solve.rivals import Rivals
from planner.whatif import Warm
from planner.words import Words

LOOKS = 24
"""Figures looked at on one side at most; fewer in a case of many columns."""
COLUMNS_LOOKED = 60_000
"""Columns of all figures looked at on one side together, more or less."""
FIRST_OF_FEW = 1 / 64
"""Where the first figure is looked at that is the only one, as a share of the way."""
NEAR = 1e-7
"""Share of the way within which two figures are one."""
CLOSE = 1e-9
"""Points that count as none."""
STAYS = Words(
    "{what} 现为 {now}：在 {least} 至 {most} 之间 {project} 不动",
    "{what}, now {now}: {project} stays from {least} to {most}",
)
SHOWN = {
    "down": Words("；低于 {at} 时，移至{to}的方案更优", "; below {at} a plan that has it {to} is better"),
    "up": Words("；高于 {at} 时，移至{to}的方案更优", "; above {at} a plan that has it {to} is better"),
}
MOVED = {
    "down": Words("；低至 {at} 已移走（已证明）", "; down from {at} it has moved, by proof"),
    "up": Words("；高至 {at} 已移走（已证明）", "; up from {at} it has moved, by proof"),
}
BEYOND = {
    "down": Words("；低于 {at} 时它的位置容不下", "; below {at} its place no longer holds it"),
    "up": Words("；高于 {at} 时它的位置容不下", "; above {at} its place no longer holds it"),
}
NOWHERE = Words("场外（不落位）", "nowhere")
ON = Words(" {site} ", "on {site}")
OPEN = {
    "down": Words("；再低尚无定论", "; whether it moves below that is open"),
    "up": Words("；再高尚无定论", "; whether it moves above that is open"),
}


def break_even(first: Warm, project: str) -> list[Reason]:
    """Return how far each figure that matters to a project can move before the project does.

    Parameters
    ----------
    first : Warm
        A solved case, with the plan in hand.
    project : str

    Returns
    -------
    list of Reason
        One a figure (``break_even``). ``by`` has its kind (``weight``, ``land``, ``floor_space``, ``capacity``,
        ``rent``), ``place`` what it is of; ``terms`` what it is ``now``, the ``least`` and the ``most`` asked about,
        and of either side (``_down``, ``_up``) up to where it ``stays``, from where a better plan is ``shown`` that has
        it elsewhere, and where it has ``moved`` for certain. A term is left out where there is none. No reason of a
        project that is left out.

    Raises
    ------
    DataError
        No project of that name.
    ScenarioError
        There is no plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from planner import Case, warm
    >>> options = pd.DataFrame({"project": ["P", "P"], "site": ["s", "t"], "tier": [3.0, 2.0], "fit": [0.0, 0.5]})
    >>> uses = pd.DataFrame({"option": [0, 1], "kind": "floor", "key": ["s", "t"], "amount": 1.0})
    >>> limits = pd.DataFrame({"kind": "floor", "key": ["s", "t"], "at_most": 1.0})
    >>> first = warm(Case.from_tables(options, uses, limits), gap=0.0)
    >>> tier, fit, space = break_even(first, "P")
    >>> tier.terms["stays_down"], fit.terms["stays_up"], space.terms["stays_down"]
    (0.5, 2.0, 1.0)
    """
    answerable(first, project)
    if project not in set(first.chosen["project"]):
        return []
    figures = Figures(first, project)
    look = Look(figures)
    return [look.told(figure) for figure in figures.every()]


@dataclass(frozen=True)
class Look:
    """How far figures can move before a project does."""

    of: Figures

    @property
    def rivals(self) -> Rivals:
        """Plans that have it elsewhere."""
        return self.of.rivals

    @cached_property
    def lacks(self) -> float:
        """By how much a better plan may exceed the one in hand, and it still be an answer (points)."""
        score, bound = self.of.first.score or 0.0, self.of.first.bound
        return max(float(self.of.first.kept.asked["gap"]) * max(abs(score), 1.0), bound - score)

    @cached_property
    def looks(self) -> int:
        """How many figures are looked at on a side."""
        return int(np.clip(COLUMNS_LOOKED // max(len(self.rivals.x), 1), 1, LOOKS))

    def told(self, figure: Figure) -> Reason:
        """Return how far a figure can move, in figures and in words."""
        least, most = 0.0, 2 * figure.now
        terms = {"now": figure.now, "least": least, "most": most}
        down, up = self._side(figure, least), self._side(figure, most)
        for name, side in (("down", down), ("up", up)):
            terms |= {f"{term}_{name}": value for term, value in side[0].items()}
        unit = f" {figure.unit}".rstrip()
        said = {term: f"{figure_of(terms, term)}{unit}" for term in terms}
        facts = {"what": heading(figure.kind, figure.key), "now": said["now"], "project": self.of.project}
        words = STAYS.fill(**facts, least=said["stays_down"], most=said["stays_up"])
        moves = []
        for name, (_, to) in (("down", down), ("up", up)):
            if f"shown_{name}" in terms:
                there = ON.fill(site=to) if to else NOWHERE
                words = after(words, SHOWN[name].fill(at=said[f"shown_{name}"], to=there))
                moves.append((self.of.project, name, to))
            if f"moved_{name}" in terms:
                beyond = terms[f"moved_{name}"] == figure.holds[name == "up"]
                words = after(words, (BEYOND if beyond else MOVED)[name].fill(at=said[f"moved_{name}"]))
            elif f"shown_{name}" not in terms and terms[f"stays_{name}"] != (most if name == "up" else least):
                words = after(words, OPEN[name])
        return Reason(
            self.of.project, "break_even", words, figure.kind, figure.key, unit=figure.unit, terms=terms,
            moves=tuple(moves),
        )  # fmt: skip

    def _side(self, figure: Figure, end: float) -> tuple[dict[str, float], str]:
        """Return how far it stays, where a better plan is shown, and where it has moved; and where to."""
        up = end > figure.now
        nearer: Callable[..., float] = min if up else max
        stands, holds = nearer(end, figure.stands[up]), figure.holds[up]
        found, to = {"stays": stands}, ""
        if figure.asked:
            far = stands if figure.change.points is not None else nearer(end, holds)
            shown, to = self._shown(figure, far)
            if shown is not None:
                found["shown"] = shown
                stands = nearer(stands, shown)
            found["stays"] = self._stays(figure, stands)
            moved = self._moved(figure, found["stays"], far) if far == nearer(end, holds) else None
            if moved is not None:
                found["moved"] = moved
        if nearer(holds, end) != end:
            found["moved"] = nearer(holds, found.get("moved", holds))
        return found, to

    def _shown(self, figure: Figure, far: float) -> tuple[float | None, str]:
        """Return from which figure on a plan is known that has it elsewhere and is better; and where that has it."""
        rivals, change, by = self.rivals, figure.change, far - figure.now
        score = rivals.score(change, by)
        if by == 0 or not np.isfinite(score):
            return None, ""  # where the plan in hand is none, the best of those that have it there is not known
        gain = rivals.scores(change, by) - score
        better = np.flatnonzero(gain > CLOSE)
        if not len(better):
            return None, ""
        if change.points is None:
            at = np.maximum((rivals.takes - rivals.model.hi)[better][:, change.rows], 0.0).max(axis=1)
        else:
            now = rivals.scores(change, 0.0)[better] - rivals.score(change, 0.0)
            at = np.abs(by) * np.maximum(-now, 0.0) / (gain[better] - np.minimum(now, 0.0))
        best = int(np.lexsort((-gain[better], at))[0])
        to = rivals.sites(int(better[best]), self.of.first.posed_as, self.of.project)
        return figure.now + float(np.sign(by) * at[best]), to

    def _stays(self, figure: Figure, stands: float) -> float:
        """Return how far the plan in hand remains an answer, up to where it stands and none shown is better."""
        rivals, change, now = self.rivals, figure.change, figure.now
        if change.points is None and stands <= now:
            return stands  # with less room no other plan is worth more
        if change.points is not None and not change.points.any():
            return stands

        def over(at: float) -> float:
            enough = rivals.score(change, at - now) + self.lacks
            return rivals.elsewhere_at_most(change, at - now, enough) - enough

        at_now = min(max(each.answer.bound for each in rivals.leaves) - rivals.score(change, 0.0) - self.lacks, 0.0)
        return self._farthest(over, now, stands, at_now, convex=change.points is not None)

    def _moved(self, figure: Figure, stays: float, far: float) -> float | None:
        """Return the nearest figure found where a plan that has it elsewhere is worth more than any that has not.

        It is the plan that is best at the far end, and so it is worth more all the way: what it is worth more is
        concave in the points, and with limits it grows as there is less room, or is least with most.
        """
        rivals, change, now = self.rivals, figure.change, figure.now
        if far == now:
            return None
        plan = int(np.argmax(rivals.scores(change, far - now)))

        def short(at: float) -> float:
            best = float(rivals.scores(change, at - now)[plan])
            if best <= rivals.score(change, at - now) + CLOSE:
                return np.inf  # the plan in hand has it there, and is worth as much
            return rivals.here_at_most(change, at - now, best - CLOSE) - best + CLOSE

        if (at_far := short(far)) > 0:
            return None
        return self._farthest(short, far, stays, at_far, convex=False)

    def _farthest(
        self, over: Callable[[float], float], good: float, bad: float, at_low: float, *, convex: bool
    ) -> float:
        """Return how far from one figure, where something is at most 0, towards another it is so, as far as looked at.

        Where that is convex, of which `over` is a bound, it is so up to where the chord of two bounds is 0: `at_low` is
        that at the first figure.
        """
        if good == bad:
            return bad
        low, high, at_high = 0.0, 1.0, np.inf
        share = FIRST_OF_FEW if self.looks == 1 else 1.0
        for look in range(self.looks):
            value = over(good + share * (bad - good))
            if value <= 0:
                low, at_low = share, value
            else:
                high, at_high = share, value
            if high - low < NEAR or (low and at_low > -10 * CLOSE):
                break
            share = (low + high) / 2
            if np.isfinite(at_high) and np.isfinite(at_low) and not look % 2:
                share = max(_chord(low, high, at_low, at_high), low + NEAR)
        if convex and np.isfinite(at_high):
            low = _chord(low, high, at_low, at_high)
        return good + low * (bad - good)


def _chord(low: float, high: float, at_low: float, at_high: float) -> float:
    """Return where a line is 0 that is at most 0 at one end, and more at the other."""
    return low + (high - low) * at_low / (at_low - at_high)

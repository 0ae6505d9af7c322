"""Steps from a sound plan to wrong ones: parts exchanged, added, dropped, taken twice; buildings left shut."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
from mutants import BY_CONSTRUCTION, Bed, Mutant


def moved(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which one part goes elsewhere, or starts in another year."""
    option = int(bed.rng.choice(list(at.shares)))
    other = int(bed.rng.choice(bed.options_of[bed.part[option]]))
    rest = {key: share for key, share in at.shares.items() if key not in (option, other)}
    return settled(bed, {**rest, other: at.shares[option]}, at)


def dropped(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan without one of its projects."""
    project = bed.part[int(bed.rng.choice(list(at.shares)))].split("/")[0]
    return settled(bed, {o: s for o, s in at.shares.items() if bed.part[o].split("/")[0] != project}, at)


def joined(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan with one project more."""
    there = {bed.part[option].split("/")[0] for option in at.shares}
    ready = [
        name for name, parts in bed.parts_of.items() if name not in there and all(p in bed.options_of for p in parts)
    ]
    if not ready:
        return moved(bed, at)
    parts = bed.parts_of[str(bed.rng.choice(ready))]
    return settled(bed, {**at.shares, **{int(bed.rng.choice(bed.options_of[part])): 1.0 for part in parts}}, at)


def swapped(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which two parts take each other's site, where both may."""
    options = bed.rng.permutation(list(at.shares)).tolist()
    for one, other in zip(options[::2], options[1::2], strict=False):
        here, there = bed.options_of[bed.part[one]], bed.options_of[bed.part[other]]
        a, b = here[bed.site[here] == bed.site[other]], there[bed.site[there] == bed.site[one]]
        if bed.part[one] != bed.part[other] and len(a) and len(b):
            rest = {o: s for o, s in at.shares.items() if o not in (one, other)}
            return settled(bed, {**rest, int(bed.rng.choice(a)): 1.0, int(bed.rng.choice(b)): 1.0}, at)
    return moved(bed, at)


def parted(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which a divisible part has some of its share on one more site."""
    shares = [option for option in at.shares if option in bed.divisible]
    if not shares:
        return moved(bed, at)
    option = int(bed.rng.choice(shares))
    other = int(bed.rng.choice(bed.options_of[bed.part[option]]))
    by = at.shares[option] * float(bed.rng.uniform(0.05, 0.95))
    rest = {**at.shares, option: at.shares[option] - by}
    return settled(bed, {**rest, other: rest.get(other, 0.0) + by}, at)


def left_behind(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan without one of its parts."""
    option = int(bed.rng.choice(list(at.shares)))
    return settled(bed, {o: s for o, s in at.shares.items() if o != option}, at)


def doubled(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan in which one part is placed once more."""
    option = int(bed.rng.choice(list(at.shares)))
    other = int(bed.rng.choice(bed.options_of[bed.part[option]]))
    return settled(bed, {**at.shares, other: 1.0}, at)


def shut(bed: Bed, at: Mutant) -> Mutant:
    """Return a plan that leaves a building shut that it has opened, or opens one that it has not."""
    every = sorted(bed.inputs.territory.buildings.index[bed.inputs.territory.buildings["stage"] == "planned"])
    return dataclasses.replace(at, opened=at.opened ^ {str(bed.rng.choice(every))})


def settled(bed: Bed, shares: Mapping[int, float], before: Mutant) -> Mutant:
    """Return a plan of these options that opens what they need, and what was open without need."""
    after = Mutant(shares)
    return Mutant(shares, bed.used(after) | (before.opened - bed.used(before)))


def pulled(bed: Bed, at: Mutant, row: int) -> Mutant:
    """Return a plan in which one option that moves a row on takes the place of its part, or one that holds it goes."""
    matrix, place = bed.model.A, bed.model.columns_of("place")
    entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
    option, by = matrix.indices[entries].astype(np.int64) - place.start, matrix.data[entries]
    of_place = (option >= 0) & (option < place.stop - place.start)
    upwards = np.isfinite(bed.model.hi[row]) and (bool(bed.rng.integers(2)) or not np.isfinite(bed.model.lo[row]))
    on = of_place & ((by > 0) == upwards)
    holding = [here for here in option[of_place & ~on].tolist() if here in at.shares]
    if not on.any() or (holding and bed.rng.integers(2)):
        gone = bed.part[int(bed.rng.choice(holding or list(at.shares)))].split("/")[0]
        return settled(bed, {o: s for o, s in at.shares.items() if bed.part[o].split("/")[0] != gone}, at)
    new = int(bed.rng.choice(option[on]))
    kept = {o: s for o, s in at.shares.items() if bed.part[o] != bed.part[new]}
    there = {bed.part[option] for option in (*kept, new)}
    others = [part for part in bed.parts_of[bed.part[new].split("/")[0]] if part not in there]
    beside = {int(bed.rng.choice(bed.options_of[part])): 1.0 for part in others if part in bed.options_of}
    return settled(bed, {**kept, **beside, new: 1.0}, at)


STEPS = (moved, dropped, joined, swapped, parted)
"""Steps that leave projects whole."""
ODD = {
    "each_part_placed_with_its_project": left_behind,
    "each_part_placed_once": doubled,
    "must_place": dropped,
    "building_opened": shut,
}
"""Steps that break the rules told by construction."""
PULLS, TRIES = 4, 4
"""Steps tried towards a row, and at random; the one that goes farthest is taken."""


def towards(bed: Bed, rule: str, steps: int = 6) -> Iterator[Mutant]:
    """Yield mutants, each a step nearer to breaking one row of a rule, until one breaks the rule.

    They begin at the sound plan, or some steps from it.
    """
    rows = bed.rows.get(rule, np.zeros(0, np.int64))
    row = None if rule in BY_CONSTRUCTION else int(bed.rng.choice(rows))
    at = bed.sound
    for step in bed.rng.choice(STEPS, bed.rng.integers(3)):
        at = step(bed, at) if at.shares else at
    for _ in range(steps):
        ways = [step(bed, at) for step in bed.rng.choice(STEPS if at.shares else (joined,), TRIES)]
        if row is None:
            at = ODD[rule](bed, at if bed.rng.integers(2) else ways[0])
        else:
            ways += [pulled(bed, at, row) for _ in range(PULLS) if at.shares]
            at = max(ways, key=lambda way: _by(bed, row, way))
        yield at
        if rule in bed.broken(at):
            return


def _by(bed: Bed, row: int, mutant: Mutant) -> float:
    """Return how far a row is beyond its bounds; below 0 within."""
    matrix = bed.model.A
    entries = slice(matrix.indptr[row], matrix.indptr[row + 1])
    amount = float(matrix.data[entries] @ bed.x(mutant)[matrix.indices[entries]])
    return max(amount - bed.model.hi[row], bed.model.lo[row] - amount)

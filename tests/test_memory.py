"""What is kept of a value: worked out once, a few answers of each, and gone with it."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace

import pytest
from small import write_small_scenario

import planner
from planner import changes, places
from planner.memory import Memory


@dataclass(frozen=True)
class Value:
    """Told apart by identity: equal ones are two."""

    text: str


def test_an_answer_is_worked_out_once_for_each_value_and_question() -> None:
    memory, asked = Memory[int](2), list[str]()

    def length(value: Value, key: str) -> int:
        return memory.of(value, key, lambda: asked.append(value.text + key) or len(asked))

    one, other = Value("a"), Value("a")
    assert [length(one, "x"), length(one, "x"), length(other, "x"), length(one, "y")] == [1, 1, 2, 3]
    assert length(one, "z") == 4
    assert length(one, "x") == 5, "the oldest of three has gone"
    assert length(one, "z") == 4


def test_what_is_kept_goes_with_its_value() -> None:
    memory, value = Memory[str](2), Value("a")
    assert memory.of(value, "", lambda: "kept") == "kept"
    assert len(memory._known) == 1
    del value
    gc.collect()
    assert memory._known == {}


def test_what_fails_is_asked_again() -> None:
    memory, value = Memory[str](2), Value("a")
    with pytest.raises(ZeroDivisionError):
        memory.of(value, "", lambda: str(1 // 0))
    assert memory.of(value, "", lambda: "found") == "found"


def test_a_territory_is_changed_and_its_offers_worked_out_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """By the same changes; another change of a parcel, or another width of a street, is another question."""
    inputs = planner.read(write_small_scenario(tmp_path_factory.mktemp("small")))
    parcel = str(inputs.territory.parcels.index[0])

    def under(*changed: dict[str, object]) -> planner.Scenario:
        known = inputs.scenario.model_dump(exclude_unset=True)
        return planner.Scenario(**{**known, "changes": list(changed)})

    withdrawn, other = under({"withdraw": [parcel]}), under({"withdraw": [parcel]}, {"withdraw": ["YL-02"]})
    ground = changes.changed(inputs.territory, withdrawn)
    assert ground is changes.changed(inputs.territory, withdrawn.model_copy())
    assert ground is not changes.changed(inputs.territory, other)
    assert changes.changed(inputs.territory, under()) is inputs.territory
    assert changes.changed(replace(inputs.territory), withdrawn) is not ground
    offered = places.offers(ground, 30.0, 20.0)
    assert offered is places.offers(ground, 30.0, 20.0)
    assert offered is not places.offers(ground, 31.0, 20.0)
    assert not offered.parcels.loc[parcel, "available"]

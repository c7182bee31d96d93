"""The checker itself, on histories whose answer is known."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from tests.integration.faults.linearizable import UNKNOWN, Operation, is_linearizable


def register(state: int, asked: tuple[str, int]) -> tuple[int, int | None]:
    """A number that can be written and read."""
    what, value = asked
    return (value, None) if what == "write" else (state, state)


def w(called: float, replied: float, value: int, result: object = None) -> Operation:
    return Operation(called, replied, ("write", value), result)


def r(called: float, replied: float, saw: int) -> Operation:
    return Operation(called, replied, ("read", 0), saw)


GOOD = {
    "nothing happened": [],
    "one after the other": [w(0, 1, 1), r(2, 3, 1)],
    "a read during a write sees the old": [w(0, 3, 1), r(1, 2, 0)],
    "a read during a write sees the new": [w(0, 3, 1), r(1, 2, 1)],
    "two writes at once, either may be last": [w(0, 5, 1), w(0, 5, 2), r(6, 7, 1)],
    "a write without reply may have happened": [w(0, math.inf, 1, UNKNOWN), r(5, 6, 1)],
    "or not": [w(0, math.inf, 1, UNKNOWN), r(5, 6, 0)],
    "or late": [w(0, math.inf, 1, UNKNOWN), r(5, 6, 0), r(7, 8, 1)],
}
BAD = {
    "a read of what was never written": [w(0, 1, 1), r(2, 3, 2)],
    "a write that was acknowledged and lost": [w(0, 1, 1), r(2, 3, 0)],
    "new, then old again": [w(0, 9, 1), r(1, 2, 1), r(3, 4, 0)],
    "two readers who disagree about the order": [
        w(0, 9, 1),
        w(0, 9, 2),
        r(10, 11, 1),
        r(12, 13, 2),
    ],
    "a write without reply that happened before it was asked": [r(0, 1, 1), w(2, math.inf, 1, UNKNOWN)],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_possible_history_is_found_possible(name: str) -> None:
    assert is_linearizable(GOOD[name], 0, register)


@pytest.mark.parametrize("name", BAD)
def test_an_impossible_history_is_found_impossible(name: str) -> None:
    assert not is_linearizable(BAD[name], 0, register)


def by_trying_every_order(history: list[Operation]) -> bool:
    """The definition itself, for histories in which every operation had a reply."""
    for order in itertools.permutations(history):
        if any(later.replied < earlier.called for i, earlier in enumerate(order) for later in order[i + 1 :]):
            continue
        state, fits = 0, True
        for operation in order:
            state, result = register(state, operation.asked)
            fits = fits and result == operation.result
        if fits:
            return True
    return False


def test_it_agrees_with_trying_every_order() -> None:
    chance = random.Random(7)
    answers = []
    for _ in range(400):
        history = []
        for _ in range(5):
            called = chance.randrange(10)
            replied = called + 1 + chance.randrange(6)
            write = chance.random() < 0.5
            history.append((w if write else r)(called, replied, chance.randrange(3)))
        answers.append(is_linearizable(history, 0, register))
        assert answers[-1] == by_trying_every_order(history), history
    assert 40 < sum(answers) < 360, "the sample must hold both kinds"

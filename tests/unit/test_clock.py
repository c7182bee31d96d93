"""The store's clock as a worker follows it: close behind, never ahead."""

from __future__ import annotations

import pytest

from data.clock import ServerClock


def clock(monkeypatch: pytest.MonkeyPatch, offset: float) -> ServerClock:
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    made = ServerClock(None)
    made._offset = offset
    return made


def test_a_clock_hours_ahead_is_put_right_by_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = clock(monkeypatch, 9000.0)
    wrong.narrow(1100.0, asked=99.9, answered=100.0)
    assert wrong.now() == 1100.0


def test_a_clock_hours_behind_is_put_right_by_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = clock(monkeypatch, -9000.0)
    wrong.narrow(1100.0, asked=99.9, answered=100.0)
    assert wrong.now() == 1100.0


def test_a_slow_answer_does_not_spoil_a_clock_that_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    right = clock(monkeypatch, 1000.0)
    right.narrow(1099.0, asked=98.0, answered=100.0)
    assert right.now() == 1100.0


def test_a_clock_a_little_ahead_is_put_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = clock(monkeypatch, 1000.3)
    ahead.narrow(1100.0, asked=99.9, answered=100.0)
    assert ahead.now() == 1100.0

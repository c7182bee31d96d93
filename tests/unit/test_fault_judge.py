"""The judge of the fault campaign, on records in which the fault is known."""

from __future__ import annotations

from typing import Any

from tests.integration.faults.judge import judge

Calls = dict[str, dict[str, Any]]
Log = list[tuple[str, dict[str, Any]]]
UNIT = "sffd/E1"


def call(name: str, asked: list[str], at: float, known: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name, "asked": asked, "at": at}
    return {**made, "known": {"rule": "", "seq": 0, "at": at + 1, **known}} if known else made


def claim(name: str, incident: str, at: float, **known: Any) -> dict[str, Any]:
    return call(name, ["claim", UNIT, incident], at, known or None)


def assigned(command: str, name: str) -> tuple[str, dict[str, Any]]:
    return "UnitAssigned", {"command": command, "event": {"assignment": {"id": name, "unit": UNIT}}}


def cleared(command: str, name: str) -> tuple[str, dict[str, Any]]:
    event = {"assignment": name, "unit": UNIT, "status": "cleared"}
    return "AssignmentStatusChanged", {"command": command, "event": event}


def good() -> tuple[Calls, Log]:
    """One claims, another learns it is held, the first clears, the other claims."""
    calls = [
        claim("a", "I1", 0, status="accepted", seq=1),
        claim("b", "I2", 2, status="conflict", rule="unit_active_elsewhere"),
        call("c", ["clear", f"I1|{UNIT}|1", ""], 4, {"status": "accepted", "seq": 2}),
        claim("d", "I2", 6, status="accepted", seq=3),
    ]
    log = [assigned("a", f"I1|{UNIT}|1"), cleared("c", f"I1|{UNIT}|1"), assigned("d", f"I2|{UNIT}|1")]
    return {made["id"]: made for made in calls}, log


def test_a_record_of_one_truth_is_good() -> None:
    found = judge(1, *good())
    assert found.good, found
    assert not found.notes
    assert (found.commands, found.accepted) == (4, 3)


def test_an_acknowledged_command_missing_from_the_log_is_lost() -> None:
    calls, log = good()
    found = judge(1, calls, log[:2])
    assert found.acknowledged_lost == 1
    assert found.not_linearizable == 1, "and nobody holds what was claimed last"


def test_two_active_assignments_of_a_unit_are_seen() -> None:
    calls, log = good()
    found = judge(1, calls, [log[0], log[2], log[1]])
    assert found.two_active == 1


def test_an_outcome_nobody_ever_learnt_is_left_unknown() -> None:
    calls, log = good()
    del calls["d"]["known"]
    assert judge(1, calls, log).left_unknown == 1


def test_what_was_refused_may_not_have_happened() -> None:
    calls, log = good()
    calls["d"]["known"] = {"status": "stale", "rule": "stale", "seq": 0, "at": 7}
    assert judge(1, calls, log).refused_but_happened == 1


def test_a_no_because_the_unit_is_held_must_be_true_at_some_moment_of_the_call() -> None:
    calls, log = good()
    calls["b"]["at"], calls["b"]["known"]["at"] = 5.2, 5.8  # between the clearing's answer and the next claim
    assert judge(1, calls, log).not_linearizable == 1


def test_an_answer_the_campaign_does_not_foresee_is_noted() -> None:
    calls, log = good()
    calls["b"]["known"] = {"status": "refused", "rule": "role", "seq": 0, "at": 3}
    assert judge(1, calls, log).notes

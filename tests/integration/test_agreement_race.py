"""A paper that ends in the instant somebody decided on it: on a real server, with the moment held still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from data.link import BoardLink
from domain.commands import (
    Actor,
    AssignUnits,
    Command,
    DraftAgreement,
    RegisterAgreements,
    RevokeAgreement,
    Role,
    SuspendAgreement,
)
from domain.events import UnitAssigned
from domain.outcome import Outcome
from tests.integration.mutant import without_version_check
from tests.integration.test_commit import LOADER, ask, fire, give, log_of, workers
from tests.unit.boards import automatic_aid

OWNER = Actor("Ng", "smfd", Role.AGENCY_ADMIN)
PAPER = automatic_aid()


async def between(decider: BoardLink, other: BoardLink, meanwhile: Command, actor: Actor, asked: Command) -> Outcome:
    """`asked` of one worker, whose first decision is made when another worker's command slips in before the commit."""
    dispatcher, commit = decider._dispatcher, decider._dispatcher._commit
    slipped: list[Outcome] = []

    async def late(*args: Any) -> Sequence[bytes]:
        if not slipped:
            slipped.append(await give(other, meanwhile, actor))
        return await commit(*args)

    dispatcher._commit = late  # type: ignore[assignment,method-assign]
    try:
        return await decider.send(ask(asked))
    finally:
        dispatcher._commit = commit  # type: ignore[method-assign]
        assert slipped, "nothing slipped in: the test proves nothing"


@pytest.mark.parametrize("end", [RevokeAgreement(PAPER.id, "strike"), SuspendAgreement(PAPER.id, "strike")])
async def test_a_paper_that_ends_between_decision_and_commit_refuses_the_assignment(
    valkey_url: str, board_id: str, end: Command
) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        outcome = await between(two, one, end, OWNER, AssignUnits(incident, ("smfd/E91",)))
        assert not outcome.accepted
        assert outcome.decision.rule == "no_agreement"
        assert not [event for event in await log_of(one) if isinstance(event, UnitAssigned)]


async def test_without_the_version_check_the_ended_paper_would_have_lent_a_unit(valkey_url: str, board_id: str) -> None:
    """A mutation: shows that the test above sees the check missing."""
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        async with without_version_check(valkey_url):
            asked = AssignUnits(incident, ("smfd/E91",))
            outcome = await between(two, one, RevokeAgreement(PAPER.id, "strike"), OWNER, asked)
        assert outcome.accepted, "the mutant no longer shows the fault: the test of the ended paper proves nothing"


async def test_another_paper_slipping_in_costs_another_decision_and_no_unit(valkey_url: str, board_id: str) -> None:
    async with workers(valkey_url, board_id, 2) as (one, two):
        incident = await fire(one, two)
        draft = DraftAgreement(replace(PAPER, id="another"))
        outcome = await between(two, one, draft, OWNER, AssignUnits(incident, ("smfd/E91",)))
        assert outcome.accepted
        pack = RegisterAgreements((replace(PAPER, id="third"),))
        outcome = await between(two, one, pack, LOADER, AssignUnits(incident, ("smfd/E92",)))
        assert outcome.accepted

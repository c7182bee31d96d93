"""A paper revoked between the click and the commit refuses the assignment, whichever worker decides."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

from data.link import BoardLink
from domain.agreement import Agreement
from domain.commands import (
    Actor,
    AssignUnits,
    Envelope,
    RegisterAgreements,
    ReleaseUnits,
    ReportIncident,
    RevokeAgreement,
    Role,
)
from domain.outcome import Outcome
from tests.integration.test_commit import workers
from tests.unit.boards import automatic_aid

OURS = Actor("Okafor", "sffd", Role.DISPATCHER)
ADMIN = Actor("Adams", "smfd", Role.AGENCY_ADMIN)
LOADER = Actor("loader", "", Role.SERVICE)


async def give(link: BoardLink, command: object, actor: Actor) -> Outcome:
    return await link.send(Envelope(uuid.uuid4().hex, actor, command))  # type: ignore[arg-type]


async def _after(seconds: float, asking: Coroutine[Any, Any, Outcome]) -> Outcome:
    await asyncio.sleep(seconds)
    return await asking


async def test_of_a_revocation_and_an_assignment_in_one_instant_none_is_sent_after_the_paper_is_gone(
    valkey_url: str, board_id: str
) -> None:
    won = {"assigned": 0, "refused": 0}
    async with workers(valkey_url, board_id, 2) as (one, two):
        fire = (await give(one, ReportIncident("FIRE", -122.4, 37.7), OURS)).incident
        assert (await give(one, RevokeAgreement("peninsula", "over"), ADMIN)).accepted
        for round_ in range(60):
            paper = Agreement(**{
                **{name: getattr(automatic_aid(), name) for name in ("title", "parties", "clauses", "since")},
                "id": f"paper-{round_}",
            })  # fmt: skip
            assert (await give(two, RegisterAgreements((paper,)), LOADER)).accepted
            await one.caught_up(two.board.seq)
            head_start = 0.0002 * (round_ % 5)  # of the assignment or, in every other round, of the revocation
            revoke = give(two, RevokeAgreement(paper.id, "over"), ADMIN)
            assign = give(one, AssignUnits(fire, ("smfd/E91",)), OURS)
            revoking = asyncio.create_task(_after(head_start * (round_ % 2 == 0), revoke))
            assigning = asyncio.create_task(_after(head_start * (round_ % 2), assign))
            revoked, assigned = await revoking, await assigning
            assert revoked.accepted, revoked
            if assigned.accepted:
                won["assigned"] += 1
                assert assigned.seq < revoked.seq
                assert assigned.decision.clause == f"{paper.id}/1"
                assert (await give(one, ReleaseUnits(fire, ("smfd/E91",)), OURS)).accepted
            else:
                won["refused"] += 1
                assert assigned.decision.rule == "no_agreement", assigned
            later = await give(one, AssignUnits(fire, ("smfd/E92",)), OURS)
            assert later.decision.rule == "no_agreement", later
    print(won)
    assert all(won.values()), "the race was always won by the same side, so it proves nothing"

"""Who may give which command: the whole table, cell by cell. No entry means no."""

from __future__ import annotations

import pytest

from domain.commands import COMMANDS, Actor, AddNote, AssignUnits, Command, Role
from domain.rules.roles import MAY_GIVE, may_give

TABLE = """
                      dispatcher commander briefer agency_admin board_admin auditor service public
OpenBoard                 -         -         -         -            x         -       x      -
SetClock                  -         -         -         -            x         -       x      -
RegisterAgencies          -         -         -         -            x         -       x      -
RegisterUnits             -         -         -         x            x         -       x      -
RegisterAgreements        -         -         -         -            -         -       x      -
ReportIncident            x         x         -         -            -         -       x      -
ChangePriority            x         x         -         -            -         -       x      -
UpdateIncident            x         x         -         -            -         -       x      -
RelocateIncident          x         x         -         -            -         -       x      -
LinkIncidents             x         x         -         -            -         -       x      -
UnlinkIncidents           x         x         -         -            -         -       x      -
AddNote                   x         x         -         -            -         -       x      -
CloseIncident             x         x         -         -            -         -       x      -
ReopenIncident            x         x         -         -            -         -       x      -
AssignUnits               x         x         -         -            -         -       x      -
ExchangeUnits             x         x         -         -            -         -       x      -
PreemptUnit               x         x         -         -            -         -       x      -
ReleaseUnits              x         x         -         -            -         -       x      -
ChangeStatus              x         x         -         -            -         -       x      -
SetDuty                   x         x         -         x            -         -       x      -
CorrectStatus             x         x         -         -            -         -       x      -
MarkBenchmark             x         x         -         -            -         -       x      -
StartPar                  x         x         -         -            -         -       x      -
ReportPar                 x         x         -         -            -         -       x      -
StopPar                   x         x         -         -            -         -       x      -
AssignTalkgroup           x         x         -         -            -         -       x      -
FormTaskForce             x         x         -         -            -         -       x      -
DispatchTaskForce         x         x         -         -            -         -       x      -
DissolveTaskForce         x         x         -         -            -         -       x      -
GiveAgencyRole            x         x         -         -            -         -       x      -
WithdrawAgencyRole        x         x         -         -            -         -       x      -
ChangeLeadAgency          x         x         -         -            -         -       x      -
SetUnifiedCommand         x         x         -         -            -         -       x      -
AssignPosition            x         x         -         -            -         -       x      -
RelievePosition           x         x         -         -            -         -       x      -
UndoCommand               x         x         -         -            -         -       x      -
CloseStreets              x         x         -         -            -         -       x      -
ChangeClosure             x         x         -         -            -         -       x      -
ReopenStreets             x         x         -         -            -         -       x      -
AdoptBoundaries           -         -         -         -            x         -       x      -
DraftAgreement            -         -         -         x            -         -       -      -
ProposeAgreement          -         -         -         x            -         -       -      -
SignAgreement             -         -         -         x            -         -       -      -
SuspendAgreement          -         -         -         x            -         -       -      -
ResumeAgreement           -         -         -         x            -         -       -      -
RevokeAgreement           -         -         -         x            -         -       -      -
DeclarePurpose            x         x         -         x            -         -       x      -
RequestAssistance         x         x         -         -            -         -       x      -
AcknowledgeRequest        x         x         -         -            -         -       x      -
OfferUnits                x         x         -         -            -         -       x      -
AcceptOffer               x         x         -         -            -         -       x      -
DeclineOffer              x         x         -         -            -         -       x      -
DeclineRequest            x         x         -         -            -         -       x      -
WithdrawRequest           x         x         -         -            -         -       x      -
WithdrawOffer             x         x         -         -            -         -       x      -
SayToRequest              x         x         -         -            -         -       x      -
ExpireAsk                 -         -         -         -            -         -       x      -
AcknowledgeOverride       x         x         -         -            -         -       x      -
"""
HEAD, *BODY = TABLE.strip("\n").splitlines()
CELLS = {
    (row.split()[0], role): mark == "x"
    for row in BODY
    for role, mark in zip(HEAD.split(), row.split()[1:], strict=True)
}
KINDS = {kind.__name__: kind for kind in COMMANDS}


def test_the_table_has_every_command_and_every_role() -> None:
    assert set(CELLS) == {(name, str(role)) for name in KINDS for role in Role}
    assert set(MAY_GIVE) == set(Role)


@pytest.mark.parametrize("name", KINDS)
def test_a_role_may_give_exactly_what_the_table_says(name: str) -> None:
    # A role is asked about kinds, not contents: an empty command of the kind is enough.
    command: Command = object.__new__(KINDS[name])
    if hasattr(KINDS[name], "occurred_at"):
        object.__setattr__(command, "occurred_at", 0.0)
    for role in Role:
        decision = may_give(Actor("x", "sffd", role), command)
        assert decision.allowed == CELLS[(name, str(role))], (name, role)
        assert decision.reason


@pytest.mark.parametrize("command", [AssignUnits("1", ("a/b",), occurred_at=5.0), AddNote("1", "x", occurred_at=5.0)])
def test_recorded_times_are_for_service_accounts(command: Command) -> None:
    assert may_give(Actor("x", "sffd", Role.COMMANDER), command).rule == "recorded_time"
    assert may_give(Actor("x", "", Role.SERVICE), command).allowed

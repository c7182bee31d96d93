"""Who commands: agency roles, lead, unified command, ICS positions, talkgroups."""

from __future__ import annotations

import pytest

from domain.command_structure import AgencyRole
from domain.commands import (
    Actor,
    AssignPosition,
    AssignTalkgroup,
    ChangeLeadAgency,
    ChangePriority,
    ChangeStatus,
    GiveAgencyRole,
    RelievePosition,
    Role,
    SetUnifiedCommand,
    WithdrawAgencyRole,
)
from domain.errors import BadCommand
from tests.unit.boards import NOON, Table

POLICE = Actor("Lee", "sfpd", Role.DISPATCHER)
COMMANDER = Actor("Chen", "sffd", Role.COMMANDER)


def test_an_agency_given_a_role_takes_part_until_it_is_withdrawn() -> None:
    table = Table()
    fire = table.fire()
    verdict = table.do(GiveAgencyRole(fire, "sfpd", AgencyRole.ASSISTING))
    assert table.board.agencies_of(fire) == ("sffd", "sfpd")
    assert verdict.stands_on == {f"incident:{fire}", f"structure:{fire}"}
    allowed = table.ask(ChangePriority(fire, 2), POLICE)
    assert f"structure:{fire}" in allowed.stands_on, "the role may be withdrawn in the same instant"
    table.do(WithdrawAgencyRole(fire, "sfpd", AgencyRole.ASSISTING))
    assert table.ask(ChangePriority(fire, 2), POLICE).decision.rule == "not_taking_part"


def test_an_agency_that_is_only_informed_takes_no_part() -> None:
    table = Table()
    fire = table.fire()
    table.do(GiveAgencyRole(fire, "sfpd", AgencyRole.INFORMATIONAL))
    assert table.board.agencies_of(fire) == ("sffd",)
    assert table.ask(ChangePriority(fire, 2), POLICE).decision.rule == "not_taking_part"


def test_no_agency_gives_itself_a_role() -> None:
    table = Table()
    asked = GiveAgencyRole(table.fire(), "sfpd", AgencyRole.ASSISTING)
    assert table.ask(asked, POLICE).decision.rule == "not_lead"


def test_a_role_is_given_once_to_an_agency_that_exists() -> None:
    table = Table()
    fire = table.fire()
    table.do(GiveAgencyRole(fire, "amr", AgencyRole.ASSISTING))
    assert table.ask(GiveAgencyRole(fire, "amr", AgencyRole.ASSISTING)).decision.rule == "role_given"
    assert table.ask(GiveAgencyRole(fire, "nobody", AgencyRole.ASSISTING)).decision.rule == "unknown_agency"
    assert table.ask(WithdrawAgencyRole(fire, "amr", AgencyRole.DISPATCHED)).decision.rule == "no_role"


def test_the_lead_hands_over_and_leads_no_more() -> None:
    table = Table()
    fire = table.fire()
    verdict = table.do(ChangeLeadAgency(fire, "sfpd"))
    assert table.board.get_incident(fire).lead_agency == "sfpd"
    assert {f"incident:{fire}", f"structure:{fire}"} <= verdict.stands_on
    assert table.ask(ChangeLeadAgency(fire, "sffd")).decision.rule == "not_lead"
    assert table.ask(ChangeLeadAgency(fire, "sfpd"), POLICE).decision.rule == "leads_already"


def test_who_leads_may_step_units_of_others_and_that_stands_on_the_lead() -> None:
    table = Table()
    fire = table.fire()
    table.dispatch(fire, "sffd/E1")
    table.do(ChangeLeadAgency(fire, "sfpd"))
    from domain.assignment import AssignmentStatus

    verdict = table.ask(ChangeStatus(f"{fire}|sffd/E1|1", AssignmentStatus.EN_ROUTE), POLICE)
    assert f"incident:{fire}" in verdict.stands_on


def test_agencies_in_unified_command_lead_together() -> None:
    table = Table()
    fire = table.fire()
    table.do(SetUnifiedCommand(fire, ("sffd", "sfpd")))
    assert table.board.agencies_of(fire) == ("sffd", "sfpd")
    table.do(GiveAgencyRole(fire, "amr", AgencyRole.ASSISTING), POLICE)
    assert table.ask(ChangeLeadAgency(fire, "smfd")).decision.rule == "not_in_unified_command"
    table.do(ChangeLeadAgency(fire, "sfpd"), POLICE)
    table.do(SetUnifiedCommand(fire, ()))
    assert table.board.structure_of(fire).unified == ()


def test_unified_command_has_the_lead_in_it_and_at_least_two() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(SetUnifiedCommand(fire, ("sfpd", "amr"))).decision.rule == "lead_not_in_unified_command"
    assert table.ask(SetUnifiedCommand(fire, ("sffd", "nobody"))).decision.rule == "unknown_agency"
    assert table.ask(SetUnifiedCommand(fire, ())).decision.rule == "unified_already"
    for agencies in (("sffd",), ("sffd", "sffd")):
        with pytest.raises(BadCommand, match="2 to 20"):
            table.ask(SetUnifiedCommand(fire, agencies))


def test_a_position_has_one_holder_and_the_log_says_who_was_relieved() -> None:
    table = Table()
    fire = table.fire()
    table.do(AssignPosition(fire, "Safety", "Ng"))
    verdict = table.do(AssignPosition(fire, "safety", "Diaz"))
    held = table.board.structure_of(fire).positions
    assert [(one.name, one.holder, one.agency, one.since) for one in held] == [("Safety", "Diaz", "sffd", NOON)]
    assert table.log[-1].text == "Safety: Diaz, relieving Ng"
    assert verdict.stands_on == {f"incident:{fire}", f"structure:{fire}"}


def test_a_unit_on_the_incident_may_hold_a_position() -> None:
    table = Table()
    fire = table.fire()
    asked = AssignPosition(fire, "Division A", unit="sffd/E1")
    assert table.ask(asked).decision.rule == "unit_not_on_incident"
    table.dispatch(fire, "sffd/E1")
    verdict = table.do(asked)
    assert table.board.structure_of(fire).positions[0].holder == "E1"
    assert f"assignment:{fire}|sffd/E1|1" in verdict.stands_on


def test_only_who_leads_names_the_incident_commander() -> None:
    table = Table()
    fire = table.fire()
    table.do(GiveAgencyRole(fire, "sfpd", AgencyRole.ASSISTING))
    assert table.ask(AssignPosition(fire, "Safety", "Ng"), POLICE).decision.allowed
    assert table.ask(AssignPosition(fire, "incident commander", "Lee"), POLICE).decision.rule == "not_lead"
    assert table.ask(AssignPosition(fire, "Incident Commander", "Chen")).decision.allowed


def test_a_position_is_relieved_by_name_and_only_when_held() -> None:
    table = Table()
    fire = table.fire()
    assert table.ask(RelievePosition(fire, "Safety")).decision.rule == "no_position"
    table.do(AssignPosition(fire, "Safety", "Ng"))
    table.do(RelievePosition(fire, "SAFETY"))
    assert table.board.structure_of(fire).positions == ()


def test_a_position_without_name_or_holder_means_nothing() -> None:
    table = Table()
    fire = table.fire()
    for asked in (AssignPosition(fire, "Safety"), AssignPosition(fire, " ", "Ng")):
        with pytest.raises(BadCommand):
            table.ask(asked)


def test_a_talkgroup_goes_to_an_incident_by_those_who_take_part() -> None:
    table = Table()
    fire = table.fire()
    verdict = table.do(AssignTalkgroup("A2", fire))
    assert table.board.get_incident(fire).talkgroup == "A2"
    assert verdict.stands_on == {f"incident:{fire}"}
    assert table.ask(AssignTalkgroup("A2", fire)).decision.rule == "nothing_new"
    assert table.ask(AssignTalkgroup("A3", fire), POLICE).decision.rule == "not_taking_part"
    table.do(AssignTalkgroup("", fire))
    assert table.log[-1].text == "Talkgroup A2 released"


def test_the_boards_talkgroup_is_a_commanders_matter() -> None:
    table = Table()
    assert table.ask(AssignTalkgroup("CMD 1")).decision.rule == "not_commander"
    verdict = table.do(AssignTalkgroup("CMD 1"), COMMANDER)
    assert table.board.head.talkgroup == "CMD 1"
    assert verdict.stands_on == {"board"}
    with pytest.raises(BadCommand, match="both"):
        table.ask(AssignTalkgroup("A", table.fire(), "tf-1"))

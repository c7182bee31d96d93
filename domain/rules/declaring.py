"""The rule for declaring why patient data of an incident is looked at.

Whoever may see patient data at all says what for; without that it stays withheld, from its owner too.
"""

from __future__ import annotations

from domain.board import Board
from domain.commands import DeclarePurpose, Envelope
from domain.decision import Decision, allow, refuse
from domain.events import PurposeDeclared
from domain.granting import Audience
from domain.incident import short_number
from domain.purpose import LASTS_SECONDS, Purpose
from domain.refs import AGREEMENTS, incident_ref, purpose_ref
from domain.rules.common import find_known
from domain.rules.knowing import grant_of
from domain.rules.verdict import Facts, Verdict, no
from domain.share_clause import Label


def declare(board: Board, command: DeclarePurpose, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Holds for everybody of the agency in that role, for twelve hours."""
    incident = find_known(board, command.incident)
    if isinstance(incident, Decision):
        return no(incident, incident=command.incident)
    actor, when = envelope.actor, board.head.time(now)
    grant = grant_of(board, incident, Audience(actor.agency, str(actor.role)), facts, when)
    if grant is None or grant.label < Label.PATIENT:
        reason = f"{actor.agency} is not granted patient data of {short_number(incident.id)}"
        remedy = f"ask {incident.lead_agency} for a share clause"
        return no(refuse("no_patient_data", reason, remedy), incident=incident.id)
    purpose = Purpose(
        incident.id, actor.agency, str(actor.role), command.purpose, actor.name, when, when + LASTS_SECONDS
    )
    text = f"purpose {command.purpose.replace('_', ' ')} declared for {short_number(incident.id)}"
    ref = purpose_ref(incident.id, actor.agency, str(actor.role))
    stands_on = frozenset({ref, incident_ref(incident.id), *({AGREEMENTS} if grant.clause else ())})
    decision = allow(grant.rule, grant.reason, grant.clause)
    return Verdict(decision, (PurposeDeclared(purpose),), stands_on, text, incident.id)

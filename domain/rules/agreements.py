"""Rules for agreements: who may take which step, and what terms may say.

A party's admin acts for that party alone. Nobody signs for another, and the board's admin signs for nobody. Every step
touches the paper and the ref all papers share, so that an assignment decided on the old one conflicts in the commit.
"""

from __future__ import annotations

import re

from domain.agreement import Agreement, AgreementStatus, AidClause, Signature
from domain.agreement_terms import Polygon
from domain.board import Board
from domain.commands import (
    DraftAgreement,
    Envelope,
    ProposeAgreement,
    ResumeAgreement,
    RevokeAgreement,
    Role,
    SignAgreement,
    SuspendAgreement,
)
from domain.decision import Decision, allow, refuse
from domain.errors import BadCommand
from domain.events import (
    AgreementDrafted,
    AgreementProposed,
    AgreementResumed,
    AgreementRevoked,
    AgreementSigned,
    AgreementSuspended,
    Event,
)
from domain.refs import AGREEMENTS, agency_ref, agreement_ref
from domain.rules.common import needed_text
from domain.rules.verdict import Facts, Verdict, no
from domain.share_clause import Label, ShareClause

MOST_CLAUSES, MOST_PARTIES, MOST_CORNERS, MOST_WORDS = 500, 100, 200, 500
LATEST = 32_503_680_000.0
"""The year 3000: a moment every calendar can write."""
OPEN = (AgreementStatus.DRAFT, AgreementStatus.PROPOSED)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def draft(board: Board, command: DraftAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """New terms by a party's admin; other terms for a paper nobody has put in force."""
    written = command.terms
    check_terms(board, written)
    if _not_a_party(written, envelope) is not None:
        reason = f"{envelope.actor.agency or 'the board'} is no party of {written.id}"
        return no(refuse("not_a_party", reason, "name it among the parties"))
    there = board.find(agreement_ref(written.id))
    if isinstance(there, Agreement):
        if not command.change:
            reason = f"there is an agreement {written.id} already"
            return no(refuse("agreement_exists", reason, "choose another id"), conflict=agreement_ref(written.id))
        if (foreign := _not_a_party(there, envelope)) is not None:
            return no(foreign)
        if there.status not in OPEN:
            reason = f"{there.title} is {there.status.replace('_', ' ')}: its terms stand"
            return no(refuse("agreement_stands", reason, "draft another, then revoke this one"))
    elif command.change:
        return no(unknown(written.id))
    agreed = Agreement(
        written.id,
        needed_text(written.title, "title"),
        written.parties,
        written.clauses,
        written.since,
        written.until,
        written.modelled,
        written.shares,
        AgreementStatus.DRAFT,
    )
    return _step(board, agreed, AgreementDrafted(agreed, board.head.time(now)), f"{agreed.title} drafted")


def propose(board: Board, command: ProposeAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A draft goes to its parties."""
    paper = _mine(board, command.agreement, envelope, AgreementStatus.DRAFT)
    if isinstance(paper, Decision):
        return no(paper, conflict=agreement_ref(command.agreement))
    if not paper.clauses and not paper.shares:
        return no(refuse("nothing_granted", f"{paper.title} grants nothing", "add a clause"))
    event = AgreementProposed(paper.id, envelope.actor.agency, board.head.time(now))
    return _step(board, paper, event, f"{paper.title} is before its parties")


def sign(board: Board, command: SignAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Each party's admin signs the terms they read; the last signature puts the paper in force."""
    paper = _mine(board, command.agreement, envelope, AgreementStatus.PROPOSED)
    if isinstance(paper, Decision):
        return no(paper, conflict=agreement_ref(command.agreement))
    agency = envelope.actor.agency
    if command.digest != paper.terms_digest:
        reason = f"the terms of {paper.title} are not those that were read"
        return no(refuse("other_terms", reason, "read them again, then sign"), conflict=agreement_ref(paper.id))
    if paper.signed_by(agency) is not None:
        return no(refuse("already_signed", f"{agency} has signed {paper.title}", "wait for the others"))
    when = board.head.time(now)
    waiting = [party for party in paper.parties if party != agency and paper.signed_by(party) is None]
    signature = Signature(agency, envelope.actor.name, when, command.digest)
    event = AgreementSigned(paper.id, signature, not waiting, when)
    ends = "; it is in force" if paper.since <= when and not paper.expired(when) else ", the last; it does not bind now"
    end = f"; waiting for {', '.join(waiting[:5])}" if waiting else ends
    return _step(board, paper, event, f"{paper.title} signed for {agency}{end}")


def suspend(board: Board, command: SuspendAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Any party may let it rest, with a reason."""
    paper = _mine(board, command.agreement, envelope, AgreementStatus.IN_FORCE)
    if isinstance(paper, Decision):
        return no(paper, conflict=agreement_ref(command.agreement))
    reason = needed_text(command.reason, "reason")
    event = AgreementSuspended(paper.id, envelope.actor.agency, reason, board.head.time(now))
    return _step(board, paper, event, f"{paper.title} suspended")


def resume(board: Board, command: ResumeAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Only who suspended it lets it bind again."""
    paper = _mine(board, command.agreement, envelope, AgreementStatus.SUSPENDED)
    if isinstance(paper, Decision):
        return no(paper, conflict=agreement_ref(command.agreement))
    if paper.ended_by != envelope.actor.agency:
        return no(refuse("not_who_suspended", f"{paper.ended_by} suspended {paper.title}", f"ask {paper.ended_by}"))
    event = AgreementResumed(paper.id, envelope.actor.agency, board.head.time(now))
    return _step(board, paper, event, f"{paper.title} binds again")


def revoke(board: Board, command: RevokeAgreement, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """Any party may end it, with a reason, whatever it has come to."""
    paper = _mine(board, command.agreement, envelope, *(set(AgreementStatus) - {AgreementStatus.REVOKED}))
    if isinstance(paper, Decision):
        return no(paper, conflict=agreement_ref(command.agreement))
    reason = needed_text(command.reason, "reason")
    event = AgreementRevoked(paper.id, envelope.actor.agency, reason, board.head.time(now))
    return _step(board, paper, event, f"{paper.title} revoked")


def unknown(agreement: str) -> Decision:
    """The refusal of a paper there is none of, or that is not the asker's to know of: the difference would tell."""
    return refuse("unknown_agreement", f"no agreement {agreement} of yours on this board", "check the id")


def check_terms(board: Board, paper: Agreement) -> None:
    """What terms may say. Raises BadCommand naming the clause and the remedy."""
    if not _ID.fullmatch(paper.id):
        raise BadCommand(f"agreement id {paper.id[:80]!r}: use 1 to 64 of a-z 0-9 -, a letter or digit first")
    if not 2 <= len(set(paper.parties)) == len(paper.parties) <= MOST_PARTIES:
        raise BadCommand(f"{paper.id}: name 2 to {MOST_PARTIES} different parties; {len(paper.parties)} are named")
    for party in paper.parties:
        if board.find(agency_ref(party)) is None:
            raise BadCommand(f"{paper.id}: party {party!r} is no agency of this board")
    _check_times(paper, paper.id)
    clauses: list[AidClause | ShareClause] = [*paper.clauses, *paper.shares]
    if len(clauses) > MOST_CLAUSES:
        raise BadCommand(f"{paper.id}: {len(clauses)} clauses; at most {MOST_CLAUSES}")
    ids = [clause.id for clause in clauses]
    for clause in clauses:
        name = f"{paper.id}, clause {clause.id[:60]!r}"
        if not _ID.fullmatch(clause.id):
            raise BadCommand(f"{name}: an id is 1 to 64 of a-z 0-9 -, a letter or digit first")
        if ids.count(clause.id) > 1:
            raise BadCommand(f"{name}: the id is used twice; give each clause its own")
        if clause.giver not in paper.parties or clause.receiver not in paper.parties:
            raise BadCommand(f"{name}: giver and receiver must be parties")
        if clause.giver == clause.receiver:
            raise BadCommand(f"{name}: giver and receiver are the same agency")
        _check_words(clause, name)
        _check_aid(clause, name) if isinstance(clause, AidClause) else _check_share(clause, name)


def _check_times(terms: Agreement | ShareClause, name: str) -> None:
    for which, when in (("since", terms.since), ("until", terms.until)):
        if not 0 <= when <= LATEST:
            raise BadCommand(f"{name}: {which} {when} is no time from 1970 to 3000")
    if terms.until and terms.until <= terms.since:
        raise BadCommand(f"{name}: it ends before it begins; name a later end, or none")


def _check_words(clause: AidClause | ShareClause, name: str) -> None:
    """Lists of names are short enough to read, and each is a word: forms part them by spaces."""
    own = (clause.capabilities, ()) if isinstance(clause, AidClause) else ((), clause.incidents)
    for words in (clause.incident_types, clause.areas, *own):
        if len(words) > MOST_WORDS:
            raise BadCommand(f"{name}: a list of {len(words)}; at most {MOST_WORDS}")
        for word in words:
            if len(word) > 80:
                raise BadCommand(f"{name}: {word[:20]!r} has {len(word)} characters; a name has at most 80 characters")
            if word.split() != [word] or "," in word or not word.isprintable():
                raise BadCommand(f"{name}: {word[:20]!r} is not one word; leave a list empty for any")


def _check_aid(clause: AidClause, name: str) -> None:
    if not 0 <= clause.cap <= 10_000:
        raise BadCommand(f"{name}: cap {clause.cap}; 0 means none")
    if clause.hours is not None and not (0 <= clause.hours[0] < 24 and 0 < clause.hours[1] <= 24):
        raise BadCommand(f"{name}: hours {clause.hours}; from 0 to 23, to 1 to 24, past midnight too")
    if clause.hours is not None and clause.hours[0] == clause.hours[1]:
        raise BadCommand(f"{name}: hours {clause.hours} are no span; leave them out for all day")
    if not set(clause.days) <= set(range(7)):
        raise BadCommand(f"{name}: days {clause.days}; Monday is 0, Sunday 6")
    if clause.polygon:
        _check_polygon(clause.polygon, name)
    if not set(clause.activated_by) <= {Role.DISPATCHER, Role.COMMANDER, Role.SERVICE}:
        raise BadCommand(f"{name}: activated_by {clause.activated_by}; dispatcher, commander and service assign units")
    cost = clause.cost
    if not (0 <= cost.free_hours <= 10_000 and 0 <= cost.per_unit_hour <= 1_000_000):
        raise BadCommand(f"{name}: cost {cost.free_hours} h free, {cost.per_unit_hour} per hour; both 0 or more")
    if not re.fullmatch(r"[A-Z]{3}", cost.currency) or len(cost.note) > 200:
        raise BadCommand(f"{name}: currency is a code of three letters such as USD, its note at most 200 characters")


def _check_polygon(polygon: Polygon, name: str) -> None:
    if not 3 <= len(polygon) <= MOST_CORNERS:
        raise BadCommand(f"{name}: an area has 3 to {MOST_CORNERS} corners; {len(polygon)} are given")
    for lon, lat in polygon:
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise BadCommand(f"{name}: corner {lon}, {lat} is no place; write lon, lat")
    if len(set(polygon)) < 3:
        raise BadCommand(f"{name}: an area has at least 3 different corners")


def _check_share(clause: ShareClause, name: str) -> None:
    _check_times(clause, name)
    if len(clause.purpose) > 200:
        raise BadCommand(f"{name}: the purpose has {len(clause.purpose)} characters; at most 200")
    if clause.label >= Label.PATIENT and not clause.purpose.strip():
        raise BadCommand(f"{name}: label {clause.label} is shared for a purpose; say which")


def _not_a_party(paper: Agreement, envelope: Envelope) -> Decision | None:
    agency = envelope.actor.agency
    if agency and agency in paper.parties:
        return None
    return unknown(paper.id)


def _mine(board: Board, agreement: str, envelope: Envelope, *steps: AgreementStatus) -> Agreement | Decision:
    """A paper of the asker's agency at one of these statuses, or the refusal."""
    paper = board.find(agreement_ref(agreement))
    if not isinstance(paper, Agreement) or _not_a_party(paper, envelope) is not None:
        return unknown(agreement)
    if paper.status not in steps:
        reason = f"{paper.title} is {paper.status.replace('_', ' ')}"
        return refuse("agreement_status", reason, "look at its steps")
    return paper


def _step(board: Board, paper: Agreement, event: Event, text: str) -> Verdict:
    stands_on = frozenset({agreement_ref(paper.id), AGREEMENTS})
    return Verdict(allow("party", "an admin of a party takes the step"), (event,), stands_on, text)

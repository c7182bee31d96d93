"""The rule for adopting another set of boundaries.

What has happened keeps the edition of its time, so a new one only ever answers for what is still to come.
"""

from __future__ import annotations

import string

from domain.board import Board
from domain.commands import AdoptBoundaries, Envelope
from domain.decision import allow, refuse
from domain.edition import BoundaryEdition
from domain.errors import BadCommand
from domain.events import BoundariesAdopted
from domain.refs import BOUNDARIES
from domain.rules.common import checked_text, needed_text
from domain.rules.verdict import Facts, Verdict, no

LEAD_SECONDS = 10.0
"""Server seconds between adopting and answering: every process has fetched and mapped the edition by then."""


def adopt(board: Board, command: AdoptBoundaries, envelope: Envelope, now: float, facts: Facts) -> Verdict:
    """A new edition follows the newest; adopting the one before last again is the way back."""
    if len(command.edition) != 64 or not set(command.edition) <= set(string.hexdigits.lower()):
        raise BadCommand(f"edition {command.edition[:80]!r} is no SHA-256 in 64 lower-case hex digits")
    if command.areas < 1:
        raise BadCommand(f"an edition of {command.areas} areas answers nothing")
    newest = board.editions.newest
    if newest is not None and newest.id == command.edition:
        refusal = refuse("nothing_new", f"edition {newest.short} is the newest already", "look at the editions")
        return no(refusal, conflict=BOUNDARIES)
    soonest = board.head.time(now + LEAD_SECONDS)
    since = command.since or max(soonest, newest.since if newest else 0.0)
    if since < soonest:
        reason = f"an edition must be adopted {LEAD_SECONDS:.0f} s before it is in force: what has been answered stays"
        return no(refuse("edition_too_late", reason, "leave the time to the board, or name a later one"))
    if newest is not None and since < newest.since:
        reason = f"edition {newest.short}, adopted before, comes into force later"
        return no(refuse("edition_out_of_order", reason, "name a time after it"), conflict=BOUNDARIES)
    source = needed_text(command.source, "source", 120)
    edition = BoundaryEdition(command.edition, since, source, command.areas, checked_text(command.note, "note"))
    return Verdict(
        allow("setup", "boundaries adopted"),
        (BoundariesAdopted(edition, board.head.time(now)),),
        frozenset({BOUNDARIES}),
        f"boundaries {edition.short} of {source} adopted",
    )

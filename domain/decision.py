"""A Decision: the answer to "may this happen?", with the rule that gave it and why.

Knows how an answer is worded and stored. Refuses to know what was asked.
No rule means no. A Decision is stored with the event it allowed and shown to the person it refused.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """allowed or not; `rule` is a stable name for figures, `reason` a sentence for people.

    `clause` names the agreement clause that decided ("bay-fire-auto/1"), if one did.
    `remedy` says what the person may do next after a no.
    """

    allowed: bool
    rule: str
    reason: str
    clause: str = ""
    remedy: str = ""


def allow(rule: str, reason: str, clause: str = "") -> Decision:
    """A yes, and why."""
    return Decision(True, rule, reason, clause)


def refuse(rule: str, reason: str, remedy: str = "") -> Decision:
    """An ordinary no, why, and what to do instead."""
    return Decision(False, rule, reason, "", remedy)

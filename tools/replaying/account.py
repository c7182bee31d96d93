"""The accounting of a replay: every row and every command ends in exactly one column.

Knows how to count and to print. Refuses to know why the board answered as it did.

    rows     = accepted + refused by reason + not reached
    commands = accepted + refused by reason, and of those planned, the rest were not sent, by reason
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from domain.outcome import Outcome
from tools.replaying.plan import Plan, Step, StepKind

ROW_REFUSED = "row refused"
CALL_REFUSED = "call refused"
MOST_LISTED = 60
"""Refusals and flags listed one by one; beyond that only their number is given."""


@dataclass(slots=True)
class Account:
    """Counts of a replay in progress."""

    plan: Plan
    sent: Counter[StepKind] = field(default_factory=Counter)
    accepted: Counter[StepKind] = field(default_factory=Counter)
    refused: dict[StepKind, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    not_sent: dict[str, Counter[StepKind]] = field(default_factory=lambda: defaultdict(Counter))
    refusals: list[tuple[str, str, str]] = field(default_factory=list)
    """(rule, row or call, the board's reason) of every refusal, in order"""

    def answered(self, step: Step, outcome: Outcome) -> None:
        """A command was sent and this is what became of it."""
        self.sent[step.kind] += 1
        if outcome.accepted:
            self.accepted[step.kind] += 1
        else:
            self.refused[step.kind][outcome.decision.rule] += 1
            self.refusals.append((outcome.decision.rule, self.subject(step), outcome.decision.reason))

    def left_out(self, step: Step, reason: str) -> None:
        """A command was not sent, because what it builds on was refused."""
        self.not_sent[reason][step.kind] += 1

    def subject(self, step: Step) -> str:
        """The row (or call) a step belongs to, as the file names it."""
        return self.plan.rows[step.row].id if step.row >= 0 else self.plan.calls[step.call].number

    @property
    def rows_accepted(self) -> int:
        """Rows whose unit was assigned."""
        return self.accepted[StepKind.ASSIGN]

    @property
    def rows_refused(self) -> Counter[str]:
        """Rows that never became an assignment, by reason."""
        reasons = Counter(self.refused[StepKind.ASSIGN])
        for reason, kinds in self.not_sent.items():
            if kinds[StepKind.ASSIGN]:
                reasons[reason] += kinds[StepKind.ASSIGN]
        without = sum(1 for flag in self.plan.flags if flag.name == "dispatch_missing")
        if without:
            reasons["dispatch_missing"] += without
        return reasons

    @property
    def rows_not_reached(self) -> int:
        """Rows the replay was stopped before."""
        return len(self.plan.rows) - self.rows_accepted - self.rows_refused.total()

    @property
    def refused_by_rule(self) -> Counter[str]:
        """Refused commands of every kind, by rule."""
        return sum(self.refused.values(), Counter())

    @property
    def complete(self) -> bool:
        """Whether every planned command was sent or left out for a named reason."""
        left = sum(kinds.total() for kinds in self.not_sent.values())
        return self.sent.total() + left == len(self.plan.steps) and self.rows_not_reached == 0


def table(account: Account, seconds: float, clock_commands: int) -> str:
    """The end report, as text for a terminal."""
    lines = ["", "rows", _line("in the file", len(account.plan.rows)), _line("accepted", account.rows_accepted)]
    lines += [_line(f"refused: {rule}", count) for rule, count in account.rows_refused.most_common()]
    if account.rows_not_reached:
        lines.append(_line("not reached", account.rows_not_reached))
    lines += ["", "commands             sent   accepted    refused   not sent"]
    for kind in StepKind:
        refused, left = account.refused[kind].total(), sum(kinds[kind] for kinds in account.not_sent.values())
        lines.append(f"  {kind:15} {account.sent[kind]:8} {account.accepted[kind]:10} {refused:10} {left:10}")
    total = account.refused_by_rule.total()
    left = sum(kinds.total() for kinds in account.not_sent.values())
    lines.append(f"  {'all':15} {account.sent.total():8} {account.accepted.total():10} {total:10} {left:10}")
    lines += ["", "refused, by rule"] if total else ["", "nothing was refused"]
    lines += [_line(rule, count) for rule, count in account.refused_by_rule.most_common()]
    if left:
        lines += ["", "not sent, by reason"]
        lines += [_line(reason, kinds.total()) for reason, kinds in sorted(account.not_sent.items())]
    flags = Counter(flag.name for flag in account.plan.flags)
    lines += ["", "flags of the recording"] if flags else ["", "no flags"]
    lines += [_line(name, count) for name, count in flags.most_common()]
    lines += _listed("refusals", [f"{rule}  {subject}: {reason}" for rule, subject, reason in account.refusals])
    lines += _listed("flags", [f"{flag.name}  {flag.row}: {flag.text}" for flag in account.plan.flags])
    pace = account.sent.total() / seconds if seconds > 0 else 0.0
    lines += ["", f"{account.sent.total()} commands in {seconds:.1f} s ({pace:.0f}/s), {clock_commands} for the clock"]
    if not account.complete:
        lines.append(f"stopped early: {len(account.plan.steps) - account.sent.total() - left} commands not reached")
    return "\n".join(lines)


def _line(words: str, count: int) -> str:
    return f"  {words:38} {count:8}"


def _listed(title: str, rows: list[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  ... and {len(rows) - MOST_LISTED} more"] if len(rows) > MOST_LISTED else []
    return ["", f"{title}, one by one", *(f"  {row}" for row in rows[:MOST_LISTED]), *more]

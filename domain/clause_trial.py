"""The clause tester: "could A send B's ladder to this point at 03:00 on Sunday?", answered with every clause's reason.

Knows how one question is put to every paper between two agencies. Refuses to decide otherwise than an assignment would:
the answer itself comes from agreement.may_assign.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.agreement import Agreement, AidClause, clause_name, may_assign
from domain.agreement_terms import Term, between, terms
from domain.board import Board
from domain.decision import Decision
from domain.rules.verdict import Facts, scene_of


@dataclass(frozen=True, slots=True)
class ClauseAnswer:
    """One clause: whether it covers the case, what each term says, how many are out under it, how its paper stands."""

    name: str
    title: str
    mode: str
    standing: str
    covers: bool
    used: int
    cap: int
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """The Decision an assignment would get, and every clause between the two agencies, those that cover it first."""

    decision: Decision
    clauses: tuple[ClauseAnswer, ...]


def try_clauses(
    board: Board, facts: Facts, asker: str, role: str, owner: str, capability: str, incident_type: str,
    lon: float, lat: float, when: float,
) -> Tested:  # fmt: skip
    """Put a question to the papers as they stand; `when` is board time, the place WGS 84, `role` what the asker is."""
    scene = scene_of(facts, incident_type, lon, lat, when)
    question = scene.question(asker, role, owner, (capability,))
    decision = may_assign(question, board.agreements_of(owner), board.lent_under)
    answers = [
        _answer(board, paper, clause, tuple(terms(clause, question)), when)
        for paper in board.agreements_of(owner)
        for clause in paper.clauses
        if between(clause, question)
    ]
    answers.sort(key=lambda one: (not (one.covers and one.standing == "in_force"), one.name))
    return Tested(decision, tuple(answers))


def _answer(board: Board, paper: Agreement, clause: AidClause, said: tuple[Term, ...], when: float) -> ClauseAnswer:
    name = clause_name(paper, clause)
    covers = all(term.holds for term in said)
    standing = paper.standing(when)
    return ClauseAnswer(name, paper.title, str(clause.mode), standing, covers, board.lent_under(name), clause.cap, said)

"""Response plans of a modelled region: the run cards of `response_plans.toml` beside this file.

Knows which of them a region can use. Refuses to know their words: needs, checklists and codes are in the file.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from data.regions.papers import read_plans
from data.regions.tables import Findings
from domain.agency import Discipline
from domain.errors import BadRegion
from domain.problem import errors_of
from domain.response_plan import ResponsePlan

CARDS = Path(__file__).with_name("response_plans.toml")


def plans(coastal: bool, able: Collection[str]) -> tuple[ResponsePlan, ...]:
    """Every plan; those the coast guard leads only where there is a coast.

    Needs no unit is `able` to fill are left out, and with them a plan of which an alarm level would be empty.
    """
    findings = Findings(CARDS.name)
    cards = [plan for _, plan in read_plans(CARDS, findings)]
    wrong = errors_of(findings.all())
    if wrong:
        raise BadRegion("\n".join(map(str, wrong)))
    found = []
    for plan in cards:
        alarms = tuple(tuple(need for need in level if need.capability in able) for level in plan.alarms)
        if all(alarms) and (coastal or plan.discipline != Discipline.COAST_GUARD):
            found.append(replace(plan, alarms=alarms))
    return tuple(found)

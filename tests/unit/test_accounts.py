"""Names, passwords and positions of accounts, and who may manage whom."""

from __future__ import annotations

import itertools

import pytest

from domain.account import Position, checked_name, may_manage, password_problem, read_positions, training_account
from domain.commands import Role
from domain.errors import BadCommand

AGENCIES = ("sffd", "sfpd")


@pytest.mark.parametrize(
    "password",
    ["short", "a" * 20, "abcabcabcabc", "my-password-2026", "ada-and-more-12", "x" * 201, "ConcordConcord1!"],
)
def test_a_password_that_is_short_repeated_or_guessed_first_is_refused_with_the_reason(password: str) -> None:
    assert password_problem(password, "ada")


def test_three_unrelated_words_make_a_password() -> None:
    assert password_problem("walnut gravel piano", "ada") == ""


@pytest.mark.parametrize("name", ["", "a", "-ada", "ada byron", "ada<img>", "x" * 64, "ada:b"])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(BadCommand):
        checked_name(name)


def test_a_name_is_kept_in_lower_case() -> None:
    assert checked_name("  Ada.Byron ") == "ada.byron"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sffd", "agency:role"),
        ("sffd:chief", "no role"),
        ("nope:dispatcher", "no agency"),
        (":dispatcher", "no agency"),
        ("sffd:auditor", "belongs to the board"),
        (":service", "token"),
        (":public", "token"),
    ],
)
def test_a_position_that_cannot_be_is_named_with_the_remedy(word: str, said: str) -> None:
    with pytest.raises(BadCommand, match=said):
        read_positions([word], AGENCIES)


def test_an_agencys_admin_manages_its_own_accounts_and_nobody_gives_away_more_than_they_manage() -> None:
    every = [Position(agency, role) for agency, role in itertools.product(("", *AGENCIES), Role)]
    for manager, held in itertools.product(every, every):
        allowed = may_manage(manager, [held]).allowed
        own = manager.role == Role.AGENCY_ADMIN and manager.agency != "" and manager.agency == held.agency
        assert allowed == (manager.role == Role.BOARD_ADMIN or own), (manager, held)


def test_one_foreign_position_is_enough_to_keep_an_agencys_admin_out() -> None:
    admin = Position("sffd", Role.AGENCY_ADMIN)
    assert not may_manage(admin, [Position("sffd", Role.DISPATCHER), Position("sfpd", Role.BRIEFER)]).allowed


def test_a_training_region_has_one_account_for_each_agency_and_role() -> None:
    names = {training_account(Position(agency, role), agency.upper()).name for agency in AGENCIES for role in Role}
    assert len(names) == len(AGENCIES) * len(Role)

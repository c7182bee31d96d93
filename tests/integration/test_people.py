"""The door and the people office against a real store: passwords, codes, locks, sessions, tokens, devices."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

import pyotp
import pytest

from data.connection import connect, load_functions
from data.passwords import new_code_secret
from data.people import Entered, People, Refused
from data.sessions import WALL_SECONDS
from domain.account import IDLE_SECONDS, SIGNED_IN_SECONDS, Account, Position
from domain.commands import Role

DISPATCHER = Position("sffd", Role.DISPATCHER)
PASSWORD = "correct horse battery staple"


class Clock:
    """Server time under the test's hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.time() + self.passed


@contextlib.asynccontextmanager
async def door(url: str, board: str, clock: Clock | None = None) -> AsyncIterator[People]:
    client = connect(url, connections=1)
    await load_functions(client)
    await client.aclose()
    people = People(url, board, clock or Clock())
    async with people.running():
        yield people


async def with_ada(people: People, *positions: Position) -> None:
    assert await people.add(Account("ada", "Ada Byron", positions or (DISPATCHER,)), PASSWORD) == PASSWORD


async def came_in(people: People, password: str = PASSWORD, code: str = "") -> Entered | None:
    found = await people.sign_in("ada", password, code)
    return found if isinstance(found, Entered) else None


async def test_the_right_password_opens_a_session_at_the_first_position(valkey_url: str, board_id: str) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        entered = await came_in(people)
        assert entered is not None
        session = await people.sessions.find(entered.session.id, people.now())
        assert session is not None
        assert (session.name, session.agency, session.role) == ("Ada Byron", "sffd", Role.DISPATCHER)
        assert entered.secret not in repr(session)  # the store keeps no key


async def test_five_failures_are_forgiven_and_the_sixth_locks_the_right_password_too(
    valkey_url: str, board_id: str
) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        refused = [await people.sign_in("ada", "wrong", "") for _ in range(5)]
        assert not any(isinstance(each, Refused) and each.locked_now for each in refused)
        assert await came_in(people) is not None
        refused = [await people.sign_in("ada", "wrong", "") for _ in range(6)]
        assert [isinstance(each, Refused) and each.locked_now for each in refused] == [False] * 5 + [True]
        assert await came_in(people) is None
        await people.accounts.release("ada")
        assert await came_in(people) is not None


async def test_a_code_is_asked_for_works_once_and_a_wrong_one_counts_as_a_failure(
    valkey_url: str, board_id: str
) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        secret = new_code_secret()
        await people.accounts.set_code("ada", secret)
        code = pyotp.TOTP(secret).at(people.now())
        assert await came_in(people) is None
        assert await came_in(people, code="000000") is None
        assert await came_in(people, code=code) is not None
        assert await came_in(people, code=code) is None
        old = pyotp.TOTP(secret).at(people.now() - 120)
        assert await came_in(people, code=old) is None


async def test_a_disabled_account_and_one_without_a_position_stay_outside(valkey_url: str, board_id: str) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        await people.accounts.set_disabled("ada", True)
        assert await came_in(people) is None
        await people.accounts.set_disabled("ada", False)
        await people.accounts.set_positions("ada", ())
        assert await came_in(people) is None


async def test_a_session_ends_after_twelve_hours_and_locks_after_half_an_hour_untouched(
    valkey_url: str, board_id: str
) -> None:
    clock = Clock()
    async with door(valkey_url, board_id, clock) as people:
        await with_ada(people)
        entered = await came_in(people)
        assert entered is not None
        clock.passed = IDLE_SECONDS + 1
        session = await people.sessions.find(entered.session.id, people.now())
        assert session is not None
        assert session.is_locked(people.now())
        await people.sessions.touch(session, people.now())
        session = await people.sessions.find(entered.session.id, people.now())
        assert session is not None
        assert not session.is_locked(people.now())
        clock.passed = SIGNED_IN_SECONDS
        assert await people.sessions.find(entered.session.id, people.now()) is None


async def test_a_marked_device_does_not_lock_and_only_a_briefer_stays_on_a_wall(valkey_url: str, board_id: str) -> None:
    clock = Clock()
    async with door(valkey_url, board_id, clock) as people:
        await with_ada(people, Position("sffd", Role.BRIEFER))
        secret = await people.sessions.mark_device("wall", "North wall")
        device = await people.sessions.find_device(secret)
        entered = await people.sign_in("ada", PASSWORD, "", device=device)
        dispatcher = await people.enter(Account("bo", "Bo", (DISPATCHER,)), DISPATCHER, device=device)
        assert isinstance(entered, Entered)
        clock.passed = IDLE_SECONDS * 4
        assert not entered.session.is_locked(people.now())
        assert entered.session.until - entered.session.opened == WALL_SECONDS
        assert dispatcher.session.until - dispatcher.session.opened == SIGNED_IN_SECONDS
        assert await people.sessions.find_device("made up") == ""


async def test_a_revoked_session_is_over_and_a_late_touch_does_not_bring_it_back(
    valkey_url: str, board_id: str
) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        entered = await came_in(people)
        assert entered is not None
        await people.sessions.revoke(entered.session.id)
        await people.sessions.touch(entered.session, people.now())
        await people.sessions.lock(entered.session, False)
        assert await people.sessions.find(entered.session.id, people.now()) is None


async def test_a_new_password_ends_every_other_session(valkey_url: str, board_id: str) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        first, second = await came_in(people), await came_in(people)
        assert first is not None
        assert second is not None
        assert await people.sessions.revoke_account("ada", people.now(), keep=second.session.id) == 1
        assert await people.sessions.find(first.session.id, people.now()) is None
        assert await people.sessions.find(second.session.id, people.now()) is not None


async def test_a_token_speaks_for_its_agency_until_it_is_revoked_or_runs_out(valkey_url: str, board_id: str) -> None:
    clock = Clock()
    async with door(valkey_url, board_id, clock) as people:
        secret = await people.sessions.make_token("CAD link", DISPATCHER, "admin", people.now(), people.now() + 100)
        token = await people.sessions.find_token(secret, people.now())
        assert token is not None
        assert (token.identity().agency, token.identity().origin) == ("sffd", "api")
        assert await people.sessions.find_token(secret + "x", people.now()) is None
        assert set(await people.sessions.still([token.identity()], people.now())) == {token.identity().session}
        await people.sessions.revoke_token(token.id)
        assert await people.sessions.still([token.identity()], people.now()) == {}
        assert await people.sessions.find_token(secret, people.now()) is None


async def test_the_first_administrator_is_made_once(valkey_url: str, board_id: str) -> None:
    async with door(valkey_url, board_id) as people:
        made = await people.first_admin()
        assert made is not None
        assert await people.first_admin() is None
        found = await people.sign_in(*made, "")
        assert isinstance(found, Entered)
        assert found.session.must_change


async def test_a_name_is_given_once(valkey_url: str, board_id: str) -> None:
    async with door(valkey_url, board_id) as people:
        await with_ada(people)
        assert await people.add(Account("ada", "Another", (DISPATCHER,))) is None
        assert await came_in(people) is not None


@pytest.mark.parametrize(("most", "asked"), [(3, 5), (1, 2)])
async def test_requests_over_a_rate_are_told_how_long_to_wait(
    valkey_url: str, board_id: str, most: int, asked: int
) -> None:
    async with door(valkey_url, board_id) as people:
        waits = [await people.rate("name:ada", most, 60) for _ in range(asked)]
        assert waits[:most] == [0] * most
        assert all(0 < wait <= 60 for wait in waits[most:])


async def test_a_board_that_asks_for_a_second_factor_lets_nobody_with_a_password_on_without_one(
    valkey_url: str, board_id: str
) -> None:
    client = connect(valkey_url, connections=1)
    await load_functions(client)
    await client.aclose()
    people = People(valkey_url, board_id, Clock(), factor_required=True)
    async with people.running():
        await with_ada(people)
        entered = await came_in(people)
        assert entered is not None
        assert entered.session.factor_due
        await people.sessions.factor_set(entered.session)
        fresh = await people.sessions.find(entered.session.id, people.now())
        assert fresh is not None
        assert not fresh.factor_due
        secret = new_code_secret()
        await people.accounts.set_code("ada", secret)
        again = await came_in(people, code=pyotp.TOTP(secret).at(people.now()))
        assert again is not None
        assert not again.session.factor_due
        bo = Account("bo", "Bo", (DISPATCHER,), training=True)
        assert not (await people.enter(bo, DISPATCHER)).session.factor_due

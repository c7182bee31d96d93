"""Accounts from the command line: for the first administrator and for one who locked themselves out.

Knows what whoever has the machine may do anyway. Everything else is on the board's own page, where it goes on record.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from data.connection import connect, load_functions
from data.people import People
from data.settings import Settings, load_settings
from domain.account import Account
from domain.errors import BadCommand
from tools.opening import store_url


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, with whom."""
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    steps.add_parser("list", help="every account with its positions and state")
    steps.add_parser("first-admin", help="make the first administrator, if there is none")
    for name, words in (
        ("release", "unlock an account"),
        ("password", "give an account a new password, shown once, and end its sessions"),
        ("remove-factor", "ask an account for no second factor any more"),
    ):
        steps.add_parser(name, help=words).add_argument("account")


def run(args: argparse.Namespace) -> int:
    """Do it and say what was done."""
    print(asyncio.run(_run(load_settings(), args)))
    return 0


async def _run(settings: Settings, args: argparse.Namespace) -> str:
    url = store_url(settings)
    client = connect(url, connections=2, board=settings.board)
    await load_functions(client)
    await client.aclose()
    people = People(url, settings.board, time.time)
    async with people.running():
        if args.step == "list":
            return "\n".join(map(_line, await people.accounts.all())) or "no accounts"
        if args.step == "first-admin":
            return said(await people.first_admin()) or "there is an administrator already"
        if await people.accounts.find(args.account) is None:
            raise BadCommand(f"no account {args.account!r} on board {settings.board}; `list` shows them")
        if args.step == "release":
            await people.accounts.release(args.account)
            return f"{args.account} is released"
        if args.step == "remove-factor":
            await people.accounts.set_code(args.account, "")
            return f"{args.account} signs in with the password alone"
        password = await people.set_password(args.account, must_change=True)
        await people.sessions.revoke_account(args.account, people.now())
        return f"{args.account}: {password}  (to be changed at the first sign-in)"


def said(made: tuple[str, str] | None) -> str:
    """The first administrator in words; "" when none was made."""
    if made is None:
        return ""
    return f"first administrator: {made[0]}  password: {made[1]}  (shown once; to be changed at the first sign-in)"


def _line(account: Account) -> str:
    state = "locked" if account.locked else "disabled" if account.disabled else "ok"
    return f"{account.name:<24} {state:<9} {' '.join(map(str, account.positions))}"

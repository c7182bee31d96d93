"""Adopt a boundary file on a running board, list the editions, write one back to a file.

Knows the store, the board's agencies and how long to wait. Refuses to know polygons (geo/boundaries.py) and the rule
(domain/rules/editions.py).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from data.link import BoardLink
from data.settings import Settings, load_settings
from domain.commands import Actor, AdoptBoundaries, Envelope, Role
from domain.errors import BadRegion, ConcordError
from domain.problem import errors_of
from domain.rules import Facts
from geo.boundaries import check_boundaries, read_boundaries, write_boundaries
from tools.opening import store_url

EDITION_ACTIONS = ("adopt", "editions", "export-edition")
WAIT_SECONDS = 60.0
"""How long adopting waits for the web processes to have the edition ready."""


def add_edition_arguments(actions: Any) -> None:
    """`adopt FILE`, `editions`, `export-edition ID --out FILE`."""
    adopt = actions.add_parser("adopt", help="let a running board answer from another boundary file, without a restart")
    adopt.add_argument("file", type=Path, metavar="FILE", help="the boundary file, or a pack's folder")
    adopt.add_argument("--since", metavar="TIME", help="from when on, in the board's time zone (default: in 10 s)")
    adopt.add_argument("--note", default="", help="what people should know of it")
    listed = actions.add_parser("editions", help="the boundary editions of a board, and who answers from which")
    export = actions.add_parser("export-edition", help="write an edition's boundaries to a GeoPackage")
    export.add_argument("edition", metavar="ID", help="the edition, or the first digits of it")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    for each in (adopt, listed, export):
        each.add_argument("--board", help="the board (default: CONCORD_BOARD)")


def run_edition_action(args: argparse.Namespace) -> int:
    """Do it; 0 when it was done."""
    os.nice(10)  # the board that answers comes first
    settings = load_settings()
    if args.board:
        settings = settings.model_copy(update={"board": args.board})
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    # Nothing asked here depends on places: no boundaries are read but those adopted.
    async with BoardLink.open(store_url(settings), settings.board, Facts()) as link:
        if args.action == "adopt":
            return await _adopt(link, args)
        if args.action == "editions":
            return await _list(link)
        return await _export(link, args)


async def _adopt(link: BoardLink, args: argparse.Namespace) -> int:
    agencies = {agency.id for agency in link.board.agencies()}
    problems = check_boundaries(args.file, agencies)
    for problem in problems:
        print(problem)
    if errors_of(problems):
        print("nothing was adopted")
        return 1
    boundaries = read_boundaries(args.file)
    with tempfile.TemporaryDirectory() as folder:
        # As we write it ourselves: the same boundaries are the same edition, whatever file they came in.
        normal = Path(folder) / "boundaries.gpkg"
        write_boundaries(boundaries, normal)
        content = normal.read_bytes()
    edition = await link.editions.put(content)
    command = AdoptBoundaries(edition, args.file.name, len(boundaries.areas), _since(link, args.since), args.note)
    actor = Actor("region adopt", "", Role.BOARD_ADMIN, "tools")
    outcome = await link.send(Envelope(f"adopt-{uuid.uuid4()}", actor, command))
    print(outcome.text)
    if not outcome.accepted:
        if outcome.decision.remedy:
            print(outcome.decision.remedy)
        return 1
    newest = link.board.editions.newest
    if newest is not None:
        print(f"in force from {_time(link, newest.since)}; what happened before keeps the boundaries of its time")
    return await _wait(link, edition)


async def _wait(link: BoardLink, edition: str) -> int:
    """Say which web process has it ready; 1 when one had not after WAIT_SECONDS."""
    deadline, told = time.monotonic() + WAIT_SECONDS, set()
    while True:
        answering = await link.editions.answering(link.now())
        for process, used in sorted(answering.items()):
            if used == edition and process not in told:
                print(f"{process} has it ready")
                told.add(process)
        missing = sorted(process for process, used in answering.items() if used != edition)
        if not missing:
            if not told:
                print("no web process serves this board now; each takes it up when it starts")
            return 0
        if time.monotonic() > deadline:
            print(f"still on the former boundaries: {', '.join(missing)}; their /readyz says why")
            return 1
        await asyncio.sleep(0.25)


async def _list(link: BoardLink) -> int:
    answering = await link.editions.answering(link.now())
    now = link.board.head.time(link.now())
    in_force = link.board.editions.find_in_force(now)
    users = sum(used == "" for used in answering.values())
    print(f"{'region pack':<12} {'':<26} {users} process(es) answer from it{'' if in_force else ', in force'}")
    for edition in link.board.editions.editions:
        users = sum(used == edition.id for used in answering.values())
        state = ", in force" if edition == in_force else ", to come" if edition.since > now else ""
        print(
            f"{edition.short:<12} from {_time(link, edition.since):<21} {users} process(es) answer from it{state}; "
            f"{edition.areas} areas of {edition.source}" + (f"; {edition.note}" if edition.note else "")
        )
    return 0


async def _export(link: BoardLink, args: argparse.Namespace) -> int:
    known = {edition.id for edition in link.board.editions.editions if edition.id.startswith(args.edition)}
    if len(known) != 1:
        raise BadRegion(f"{args.edition!r} names {len(known)} editions; python -m tools region editions lists them")
    content = await link.editions.get(known.pop())
    args.out.parent.mkdir(parents=True, exist_ok=True)
    beside = args.out.with_name(f".{args.out.name}.writing")
    beside.write_bytes(content)
    beside.replace(args.out)
    print(f"{args.out}: {len(content)} bytes")
    return 0


def _since(link: BoardLink, text: str | None) -> float:
    if not text:
        return 0.0
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ConcordError(f"--since {text!r} is no time; write 2026-12-01T06:00") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(link.board.head.time_zone))
    return when.timestamp()


def _time(link: BoardLink, when: float) -> str:
    return datetime.fromtimestamp(when, ZoneInfo(link.board.head.time_zone)).isoformat(sep=" ", timespec="seconds")

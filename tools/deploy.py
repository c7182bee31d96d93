"""Start a store of real processes on this machine for training and tests: single, sentinel, cluster or tls.

Knows the command line. Refuses to know the settings (data/local_stores, docs/operations.md). Stops everything it
started when it is stopped. `where` says which master of a Cluster a board's name hashes to.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import threading
from pathlib import Path

from data.local_stores import LocalCluster, LocalSentinels, LocalSingle, LocalTls
from data.local_stores.sets import LocalStore
from data.placing import Place, place_boards, spread_names
from data.settings import load_settings
from domain.errors import StoreUnavailable

KINDS = ("single", "sentinel", "cluster", "tls", "where")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kind of store, its folder, how many replicas, which server program."""
    parser.add_argument("kind", choices=KINDS, help="what to start; where: say on which master boards are")
    parser.add_argument("boards", nargs="*", help="where: names of boards (none: propose one for each master)")
    parser.add_argument("--folder", type=Path, default=Path("var/practice"), help="for configuration and data")
    parser.add_argument("--replicas", type=int, choices=(0, 1, 2), help="sentinel: 1 or 2 (1); cluster: 0 or 1 (0)")
    parser.add_argument("--server", default="", help="server program (the wheel's; tls: an installed one)")


def run(args: argparse.Namespace) -> int:
    """Start, print the REDIS_URL, stay until stopped; everything is stopped again."""
    if args.kind == "where":
        return asyncio.run(_where(load_settings().redis_url, args.boards))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with make_store(args.kind, args.folder, args.replicas, _program(args.server)) as store:
        for server in store.servers:
            print(f"{server.address:<22} {server.folder}")
        print(f"REDIS_URL={store.url}", flush=True)
        print("Ctrl-C stops all of them; the data stays in the folder", flush=True)
        stop.wait()
    return 0


def make_store(kind: str, folder: Path, replicas: int | None = None, program: Path | None = None) -> LocalStore:
    """A store of a kind, not yet started."""
    folder = folder.resolve() / kind
    match kind:
        case "sentinel":
            return LocalSentinels(folder, program, replicas=replicas or 1)
        case "cluster":
            return LocalCluster(folder, program, replicas=bool(replicas))
        case "tls":
            return LocalTls(folder, program)
        case _:
            return LocalSingle(folder, program)


def _program(name: str) -> Path | None:
    if not name:
        return None
    found = shutil.which(name)
    if found is None:
        raise StoreUnavailable(f"--server {name}: there is no such program")
    return Path(found)


async def _where(url: str, boards: list[str]) -> int:
    if not url:
        raise StoreUnavailable("REDIS_URL must name a Cluster: cluster://host:port,host:port")
    places: list[Place] = (
        list((await place_boards(url, boards)).values()) if boards else await spread_names(url, "board")
    )
    for place in places:
        print(f"{place.board:<24} slot {place.slot:>5}  {place.host}:{place.port}")
    return 0

"""One web process: serves the board's pages and feed from a socket that is already open.

Knows how one web process runs. Refuses to know the others, the port and the app: `serve` opens the
socket and starts this module, `app.py` makes the app. Not a subcommand: nobody starts one by hand.
"""

from __future__ import annotations

import argparse
import logging
import signal
import socket
import sys

import uvicorn

from data.settings import load_settings

SWITCH_SECONDS = 0.0005
"""How long a thread that works aside may keep the others waiting. Python's own 5 ms would show in every request made
while boundaries are taken up or coverage is counted."""
GRACE_SECONDS = 3
"""How long open requests may take once the process is told to stop."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--fd`, the listening socket, and `--factory`, what makes the app."""
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the listening socket")
    parser.add_argument("--factory", default="app:create_server", help="what makes the app, as module:function")


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 0 after a clean stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    level = load_settings().log_level
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    server = uvicorn.Server(
        uvicorn.Config(
            args.factory,
            factory=True,
            ws="websockets-sansio",
            ws_per_message_deflate=False,  # costs four times the processor for little on frames this small
            ws_max_size=64 * 1024,  # the feed's clients hardly speak
            log_level=level,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    listening = socket.socket(fileno=args.fd)
    listening.set_inheritable(False)
    # uvicorn sends itself the signal again once it has stopped; by then it has done its work.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    server.run(sockets=[listening])
    return 0 if server.started else 1


if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="python -m tools.worker", description=__doc__)
    add_arguments(words)
    sys.exit(run(words.parse_args()))

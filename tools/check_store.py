"""Say what is wrong with the store and how to mend it, one line each; status 1 when something serious is.

Knows the command line. Refuses to know what is looked at (data/check_store.py).
"""

from __future__ import annotations

import argparse
import asyncio

from data.check_store import check_store
from data.settings import load_settings
from data.store_url import without_secrets
from tools.at_store import store_for_a_while


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--board`: in a Cluster, whose master is looked at."""
    parser.add_argument("--board", default="", help="name of the board (CONCORD_BOARD)")


def run(args: argparse.Namespace) -> int:
    """Print the findings; 0 when there is none that is serious."""
    settings = load_settings()
    with store_for_a_while(settings) as url:
        findings = asyncio.run(check_store(url, args.board or settings.board))
    for finding in findings:
        print(f"{'WRONG ' if finding.serious else 'notice'} {finding}")
    if not findings:
        print(f"{without_secrets(url)}: nothing is wrong")
    return 1 if any(finding.serious for finding in findings) else 0

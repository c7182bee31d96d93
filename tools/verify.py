"""Prove a board's history: log, seals, the file of seals and the current state.

Knows the words and the exit status: 0 good, 1 bad, 2 cannot tell. Refuses to mend. docs/verify.md says what is
proved and what is not.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

from data.audit import export_store, verify_export, verify_store
from data.event_files import archived_entries
from data.keys import AUDIT
from data.settings import Settings, load_settings
from data.signing import KeyRing
from data.verify import Report
from tools.opening import store_url

SHOWN = 10
"""Findings printed; the first one is the one to look into."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to verify, against what."""
    parser.add_argument("--board", help="the board (default: CONCORD_BOARD)")
    parser.add_argument("--audit", action="store_true", help="the board's audit log instead of its own")
    parser.add_argument("--seals", type=Path, metavar="FILE", help="file of seals (default: CONCORD_SEALS_FILE)")
    parser.add_argument(
        "--keys", type=Path, metavar="FOLDER", help="public keys to trust (default: keys/ in the data folder)"
    )
    parser.add_argument(
        "--from",
        type=int,
        default=1,
        dest="first",
        metavar="SEQ",
        help="start at the seal before this event; the state is then not proved",
    )
    parser.add_argument("--export", type=Path, metavar="FILE", help="write log, seals and state to a new file instead")
    parser.add_argument(
        "--archive", type=Path, metavar="FOLDER", help="where archived events lie, if not in the data folder"
    )
    parser.add_argument("--offline", type=Path, metavar="FILE", help="verify such a file; no store is asked")


def run(args: argparse.Namespace) -> int:
    """Verify or export; the exit status is described above."""
    settings = load_settings()
    if args.board:
        settings = settings.model_copy(update={"board": args.board})
    if args.audit:
        return _audit(settings, args)
    earlier = archived_entries(args.archive or settings.data_folder / "archive" / settings.board)
    if args.export:
        count = asyncio.run(export_store(store_url(settings), settings.board, args.export, earlier))
        print(f"{args.export}: {count} events of board {settings.board}")
        return 0
    ring = KeyRing(args.keys or settings.keys_folder)
    seals = args.seals or settings.seals_path
    started = time.monotonic()
    if args.offline:
        report = asyncio.run(verify_export(args.offline, ring, seals, args.first))
    else:
        report = asyncio.run(verify_store(store_url(settings), settings.board, ring, seals, args.first, earlier))
    print("\n".join(told(report, seals, time.monotonic() - started)))
    return report.status


def _audit(settings: Settings, args: argparse.Namespace) -> int:
    """The same for the audit log: a log of its own, with its own seals."""
    name, seals = settings.board + AUDIT, args.seals or settings.audit_seals_path
    if args.export:
        count = asyncio.run(export_store(store_url(settings), name, args.export))
        print(f"{args.export}: {count} entries of {name}")
        return 0
    ring = KeyRing(args.keys or settings.keys_folder)
    started = time.monotonic()
    if args.offline:
        report = asyncio.run(verify_export(args.offline, ring, seals, args.first))
    else:
        report = asyncio.run(verify_store(store_url(settings), name, ring, seals, args.first))
    print("\n".join(told(report, seals, time.monotonic() - started)))
    return report.status


def told(report: Report, seals: Path, took: float) -> list[str]:
    """A report as lines; the first says how it ended."""
    counted = (
        f"{report.events} events to {report.last}, {report.seals} seals, {report.outside} in {seals}, {took:.1f} s"
    )
    lines = [f"board {report.board}: {counted}"]
    for finding in report.findings[:SHOWN]:
        breaks = f" [breaks seal {finding.seal}]" if finding.seal else ""
        lines.append(f"{'BAD' if finding.bad else 'CANNOT TELL'}: {finding.what}{breaks}")
    if len(report.findings) > SHOWN:
        lines.append(f"... and {len(report.findings) - SHOWN} more")
    if not report.findings:
        fresh = f"; {report.last - report.sealed} newest not sealed yet" if report.last > report.sealed else ""
        which = (
            "every event" if report.events == report.last else f"every event from {report.last - report.events + 1} on"
        )
        lines.append(f"GOOD: {which} is there, unaltered and in order; sealed up to {report.sealed}{fresh}")
        if report.refs:
            lines.append(f"GOOD: the state of {report.refs} refs is the fold of the events")
    return lines + [f"note: {note}" for note in report.notes]

"""Audit a pack's boundaries: what overlaps, what nobody answers for, where two files differ.

Knows the table that is printed and the files that are written. Refuses to find anything (geo/audit.py).
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from data.regions.reading import read_pack
from domain.agency import SERVICE_NAMES, Service
from domain.errors import BadRegion
from domain.finding import KIND_WORDS, Finding
from geo.audit import audit
from geo.audit_file import write_findings
from geo.boundaries import read_boundaries

SHOWN = 25


def add_audit_arguments(actions: Any) -> None:
    """`audit PACK [--against FILE ...] [--calls CSV] [--out FILE] [--json FILE] [--day DATE] [--all]`."""
    parser = actions.add_parser(
        "audit", help="find gaps, overlaps and mismatches of boundaries, ranked by calls and area"
    )
    parser.add_argument("path", type=Path, metavar="PACK", help="a pack's folder, or a boundary file")
    parser.add_argument(
        "--against", type=Path, nargs="+", default=[], metavar="FILE", help="neighbouring agencies' boundary files"
    )
    parser.add_argument("--calls", type=Path, metavar="CSV", help="past calls: lon, lat[, weight] (default: calls.csv)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the findings to a GeoPackage")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings to a JSON file")
    parser.add_argument("--day", help="areas in force on this day (default: today)")
    parser.add_argument("--all", action="store_true", help=f"print all findings, not the first {SHOWN}")


def run_audit(args: argparse.Namespace) -> int:
    """Print and write what was found; 0 however much that is."""
    day = args.day or datetime.now(UTC).date().isoformat()
    try:
        date.fromisoformat(day)
    except ValueError:
        raise BadRegion(f"--day {day!r} is no date; write 2026-11-30") from None
    if args.out and args.out.suffix != ".gpkg":
        raise BadRegion(f"{args.out}: findings are written as GeoPackage; name the file audit.gpkg")
    calls = _calls(args.calls) if args.calls else _pack_calls(args.path)
    findings = audit(read_boundaries(args.path), day, [read_boundaries(path) for path in args.against], calls)
    _print(findings, args.all)
    if args.out:
        write_findings(findings, args.out)
        print(f"{args.out}: {len(findings)} findings")
    if args.json:
        args.json.write_text(json.dumps([asdict(one) for one in findings], indent=1), encoding="utf-8")
        print(f"{args.json}: {len(findings)} findings")
    return 0


def _print(findings: list[Finding], everything: bool) -> None:
    meant = [one for one in findings if not one.sliver]
    shown = findings if everything else meant[:SHOWN]
    print(f"{len(findings)} findings, {len(findings) - len(meant)} of them slivers narrower than 10 m")
    if shown:
        print(f"{'':>4} {'what':<24}{'service':<16}{'calls':>8} {'area':>12} {'width':>8}  {'place':<24}concerned")
    for number, one in enumerate(shown, start=1):
        service = SERVICE_NAMES[Service(one.service)]
        area = f"{one.area / 1e6:.3f} km2" if one.area >= 1e5 else f"{one.area:.0f} m2"
        concerned = " / ".join(one.names or one.agencies)
        print(
            f"{number:>4} {KIND_WORDS[one.kind]:<24}{service:<16}{one.calls:>8.0f} {area:>12} {one.width:>6.0f} m"
            f"  {f'{one.lat:.5f}, {one.lon:.5f}':<24}{concerned}"
        )
    if len(shown) < len(meant):
        print(f"and {len(meant) - len(shown)} more; --all shows every one, slivers too")


def _pack_calls(path: Path) -> list[tuple[float, float, float]] | None:
    if not path.is_dir():
        return None
    return [(call.lon, call.lat, call.weight) for _, call in read_pack(path).past_calls] or None


def _calls(path: Path) -> list[tuple[float, float, float]]:
    calls = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                try:
                    calls.append((float(row["lon"]), float(row["lat"]), float(row.get("weight") or 1.0)))
                except (KeyError, TypeError, ValueError):
                    raise BadRegion(
                        f"{path.name}:{number}: no lon and lat; the columns are lon, lat[, weight]"
                    ) from None
    except (OSError, UnicodeDecodeError, csv.Error) as broken:
        raise BadRegion(f"{path}: cannot be read: {broken}") from broken
    return calls

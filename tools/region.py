"""Check, build or import a region pack.

Knows how problems are printed and which exit status they mean. Refuses to know what is wrong with a pack
(data/regions and geo/boundaries.py say) and how one is built (region_build.py, import_datasf.py, region_import.py).
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from data.regions import check_region
from data.regions.reading import read_pack
from domain.errors import BadRegion
from domain.problem import ERROR, Problem
from geo.boundaries import check_boundaries
from geo.fitted_law import check_law
from geo.streets_store import check_streets
from tools.audit import add_audit_arguments, run_audit
from tools.editions import EDITION_ACTIONS, add_edition_arguments, run_edition_action


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`check`, `build`, `import-datasf`, `import-boundaries`, `fit-travel`, and those of editions.py."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="explain everything wrong with a pack; status 0 if it can be used, else 1")
    check.add_argument("path", type=Path, metavar="PATH", help="the pack's folder")
    check.add_argument("--strict", action="store_true", help="count warnings as errors")
    build = actions.add_parser("build", help="make a training region of US counties, modelled, not official")
    build.add_argument("--counties", required=True, metavar="FIPS,...", help="county codes, e.g. 06075,06081")
    build.add_argument("--out", type=Path, required=True, metavar="PATH", help="the folder to write")
    build.add_argument("--name", help="the region's name")
    build.add_argument("--seed", type=int, default=1, help="the same seed gives the same region (default 1)")
    add_edition_arguments(actions)
    add_audit_arguments(actions)
    datasf = actions.add_parser("import-datasf", help="make a pack of DataSF's published files")
    datasf.add_argument("folder", type=Path, metavar="DIR", help="where the published files lie")
    datasf.add_argument("--out", type=Path, required=True, metavar="PATH", help="the folder to write")
    fitted = actions.add_parser("fit-travel", help="fit the straight-line law of travel to the region's own history")
    fitted.add_argument("path", type=Path, metavar="PACK", help="the pack's folder; travel.toml is written there")
    fitted.add_argument(
        "--calls", type=Path, nargs="+", metavar="CSV", default=[], help="recorded calls (DataSF's columns)"
    )
    fitted.add_argument(
        "--board", default="", help="a board's history instead (default without --calls: CONCORD_BOARD)"
    )
    fitted.add_argument("--folder", type=Path, help="that board's archive (default: archive/BOARD in the data folder)")
    fitted.add_argument("--dry-run", action="store_true", help="say what would be written")
    bring = actions.add_parser(
        "import-boundaries",
        help="bring boundaries from files or servers into a pack; status 0 if written, 1 if something is refused",
        description="Areas of a layer that comes anew are replaced, other layers are kept. Formats: docs/regions.md.",
    )
    bring.add_argument("sources", nargs="+", metavar="SOURCE", help="a file, a folder, a ZIP or a server's address")
    bring.add_argument("--mapping", type=Path, metavar="FILE", help="which field is what (TOML); NENA's need none")
    bring.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="NAME",
        help="a layer to take, where a source has several; again",
    )
    bring.add_argument(
        "--replace", action="append", default=[], metavar="LAYER", help="a layer of the pack that goes for it; again"
    )
    bring.add_argument("--add", action="store_true", help="add to a layer of the same name instead of replacing it")
    bring.add_argument("--out", type=Path, required=True, metavar="PACK", help="the pack's folder")


def run(args: argparse.Namespace) -> int:
    """Do it; the exit status."""
    if args.action == "check":
        return _check(args.path, args.strict)
    if args.action == "audit":
        return run_audit(args)
    if args.action in EDITION_ACTIONS:
        return run_edition_action(args)
    if args.action == "fit-travel":
        from tools.fit_travel import fit_travel

        return fit_travel(args)
    if args.action == "import-boundaries":
        from tools.region_import import import_boundaries

        return import_boundaries(args.sources, args.out, args.mapping, args.layer, args.add, print, args.replace)
    if args.action == "build":
        from tools.region_build import build

        build(_counties(args.counties), args.out, args.name, args.seed, _say)
    else:
        from tools.import_datasf import import_datasf

        import_datasf(args.folder, args.out, _say)
    return _check(args.out, strict=False)


def check_pack(path: Path, now: float) -> list[Problem]:
    """Everything wrong with a pack, text files and boundaries, as of `now` (seconds since the epoch)."""
    problems = check_region(path, now)
    if path.is_dir():
        agencies = {agency.id for _, agency in read_pack(path).agencies}
        problems += check_streets(path) + check_law(path)
        problems += check_boundaries(path, agencies, datetime.fromtimestamp(now, UTC).date().isoformat())
    return problems


def _check(path: Path, strict: bool) -> int:
    problems = check_pack(path, time.time())
    for problem in problems:
        print(problem)
    errors = sum(problem.severity == ERROR for problem in problems)
    warnings = len(problems) - errors
    if not problems:
        print(f"{path}: nothing wrong")
    else:
        print(f"{path}: {_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return 1 if errors or (strict and warnings) else 0


def _counties(text: str) -> list[str]:
    codes = [code.strip() for code in text.split(",") if code.strip()]
    wrong = [code for code in codes if not re.fullmatch(r"[0-9]{5}", code)]
    if wrong or not codes:
        raise BadRegion(f"--counties {text!r}: a county's FIPS code has five digits; write 06075,06081")
    return list(dict.fromkeys(codes))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

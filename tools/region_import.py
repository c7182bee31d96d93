"""Boundaries of other people's files and servers into a pack: behind `tools region import-boundaries`.

Knows the order of the work and how it is told. Refuses to know formats, fields and repairs (geo/boundary_import.py).
Either everything that was named goes into the pack, in one step, or nothing does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from data.regions.reading import read_pack
from domain.problem import ERROR, Problem
from geo.boundaries import FILE_NAMES, Boundaries, find_boundaries, read_boundaries, write_boundaries
from geo.boundary_import import join, take
from geo.mapping_file import read_mapping
from geo.sources import called

SHOWN = 30
"""Problems of a source that are printed one by one."""


def import_boundaries(
    sources: Sequence[str],
    out: Path,
    mapping: Path | None,
    layers: Sequence[str],
    add: bool,
    say: Callable[[str], None],
    replacing: Sequence[str] = (),
) -> int:
    """Import into the folder `out`; 0 if it was written, 1 if something is refused.

    `layers` names those to take from each source; none: the only one it has. `replacing` names layers of the pack that
    go, besides those that come anew (which stay with `add`). `say` gets the report, line by line.
    Raises BadRegion for a mapping file or a pack that is itself at fault.
    """
    fields = read_mapping(mapping) if mapping else None
    agencies, view = _pack(out)
    if agencies is None:
        say(f"{out}: no agencies.csv, so the agencies' ids are not checked")
    existing = read_boundaries(out) if find_boundaries(out) else Boundaries((), ())
    all_taken = []
    wanted: Sequence[str | None] = layers or [None]
    for source, layer in ((source, layer) for source in sources for layer in wanted):
        taken = take(source, fields, layer, agencies=agencies, view=view)
        _tell(taken.problems, say)
        name = called(source) + (f", {layer}" if layer else "")
        say(f"{name}: {len(taken.boundaries.areas)} areas, {len(taken.boundaries.context)} of context")
        all_taken.append(taken)
    refused = sum(problem.severity == ERROR for taken in all_taken for problem in taken.problems)
    if refused:
        say(f"{out}: nothing written; {refused} refused")
        return 1
    joined, lines = join(existing, [taken.boundaries for taken in all_taken], add=add, replacing=replacing)
    file = out / FILE_NAMES[0]
    if not joined.areas:
        say(f"{file}: nothing written; a pack needs jurisdictions, import them before what is only context")
        return 1
    write_boundaries(joined, file)
    for line in lines:
        say(f"{file.name}: {line}")
    other = out / FILE_NAMES[1]
    if other.is_file():
        say(f"{other.name}: its boundaries are in {file.name} now, which is read instead; remove {other.name}")
    warnings = sum(len(taken.problems) for taken in all_taken)
    say(f"{file}: written, {len(joined.areas)} areas, {warnings} warnings")
    return 0


def _pack(out: Path) -> tuple[frozenset[str] | None, tuple[float, float] | None]:
    """The agencies' ids and the middle of the map, as far as the pack has them already."""
    if not out.is_dir():
        return None, None
    pack = read_pack(out)
    agencies = frozenset(agency.id for _, agency in pack.agencies) if (out / "agencies.csv").is_file() else None
    view = pack.head.view[:2] if (out / "region.toml").is_file() and any(pack.head.view[:2]) else None
    return agencies, view


def _tell(problems: Sequence[Problem], say: Callable[[str], None]) -> None:
    """What is refused first: it must not drown in what was mended."""
    ordered = sorted(problems, key=lambda problem: problem.severity != ERROR)
    for problem in ordered[:SHOWN]:
        say(str(problem))
    if len(ordered) > SHOWN:
        say(f"{ordered[0].file}: and {len(ordered) - SHOWN} more")

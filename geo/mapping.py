"""Whose field is what: a foreign layer brought under Concord's field names.

Knows what a mapping says, the field names and service names of NENA's GIS data model, and how a value becomes
ours: by a table, by a date's format. Refuses to know how a mapping file is spelled (mapping_file.py), polygons, and
whether the words are good (boundary_rows.py).

The field names are those of the service boundary layers in NENA-STA-006 (1.1-2020 and 2-2022), the services those of
NENA-STA-010. Both series of service names are known, `urn:nena:service:` and `urn:emergency:service:`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.agency import Service
from domain.errors import BadRegion
from domain.problem import did_you_mean
from geo.boundary_rows import CONTEXT, FIELDS, JURISDICTIONS, OPTIONAL
from geo.gpkg import Layer

NENA_FIELDS: Mapping[str, tuple[str, ...]] = {
    "service": ("ServiceURN",),
    "agency": ("Agency_ID",),
    "name": ("DsplayName",),
    "effective": ("Effective", "DateUpdate"),
    "expiry": ("Expire",),
}
"""NENA's `Effective` may be empty; then the day of the last update counts, which every feature has."""
_NENA_SERVICES = {
    "police.local": Service.POLICE,
    "police.countyParish": Service.POLICE,
    "police.tribal": Service.POLICE,
    "police.sheriff": Service.SHERIFF,
    "police.stateProvincial": Service.HIGHWAY_PATROL,
    "stateProvincial_police": Service.HIGHWAY_PATROL,
    "ems.local": Service.EMS,
    "ems.countyParish": Service.EMS,
    "ems.tribal": Service.EMS,
    "ems.private": Service.EMS,
}
"""NENA's finer services that are one of ours. Others (fire.airport, mountain_rescue) are for the mapping to decide."""
_RESPONDER = re.compile(r"urn:(?:nena|emergency):service:responder\.(.+)", re.IGNORECASE)
_PLACE = re.compile(r"\{([^{}]*)\}")

SINCE_EPOCH = {"epoch_seconds": 1.0, "epoch_milliseconds": 1000.0}


@dataclass(frozen=True, slots=True)
class Mapped:
    """A layer under our field names, and what there is to tell about it."""

    layer: Layer
    rows: tuple[int, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What a mapping file says. The keys of every table are our field names.

    `fields` gives the file's fields, the first that is not empty counts; one with braces is a pattern, as in
    "Precinct {Precinct}". `constants` serve where a field is empty or absent, `values` translate what the file says,
    `dates` are strptime formats, `skip` names the values whose features are left out.
    """

    name: str = "mapping"
    into: str = JURISDICTIONS
    crs: str = ""
    encoding: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    skip: Mapping[str, frozenset[str]] = field(default_factory=dict)


OWN = FieldMapping("Concord's own fields", fields={name: (name,) for name in FIELDS})
NENA = FieldMapping("NENA's fields", fields=NENA_FIELDS)


def mapping_for(layer: Layer) -> FieldMapping:
    """The mapping of a layer that speaks for itself: our own field names, or NENA's. BadRegion for another."""
    known = {name.casefold() for name in layer.columns}
    if {"service", "agency"} <= known:
        return OWN
    if {"serviceurn", "agency_id"} <= known:
        return NENA
    told = ", ".join(list(layer.columns)[:12]) or "none"
    raise BadRegion(
        f'layer "{layer.name}" has neither our fields nor NENA\'s (it has {told}); '
        "write a mapping file (docs/regions.md) and give it with --mapping"
    )


def apply(mapping: FieldMapping, layer: Layer) -> Mapped:
    """A layer under our names; `rows` are the features' numbers in the file. BadRegion for a field that is missing."""
    columns = _columns(mapping, layer)
    kept: list[int] = []
    words: dict[str, list[str]] = {name: [] for name in FIELDS}
    notes: list[str] = []
    skipped: dict[str, int] = {}
    for at in range(len(layer)):
        said = {name: read(at) for name, read in columns.items()}
        left_out = next((name for name, value in said.items() if value in mapping.skip.get(name, ())), None)
        if left_out is not None:
            skipped[f'{left_out} "{said[left_out][:60]}"'] = skipped.get(f'{left_out} "{said[left_out][:60]}"', 0) + 1
            continue
        kept.append(at)
        for name in FIELDS:
            words[name].append(_value(mapping, name, said.get(name, "")))
    for reason, count in skipped.items():
        notes.append(f"{count} features left out: {reason}" if count > 1 else f"a feature left out: {reason}")
    if not mapping.constants.get("layer") and not mapping.fields.get("layer"):
        words["layer"] = [layer.name] * len(kept)
    mapped = Layer(
        layer.name,
        mapping.crs if not layer.crs else layer.crs,
        {name: tuple(column) for name, column in words.items()},
        tuple(layer.shapes[at] for at in kept),
        {to: layer.faults[at] for to, at in enumerate(kept) if at in layer.faults},
        frozenset(to for to, at in enumerate(kept) if at in layer.closed),
    )
    return Mapped(mapped, tuple(at + 1 for at in kept), tuple(notes))


def _columns(mapping: FieldMapping, layer: Layer) -> dict[str, Callable[[int], str]]:
    """How to read each of our fields from a row."""
    folded: dict[str, str] = {}
    for name in layer.columns:
        folded.setdefault(name.casefold(), name)
    readers: dict[str, Callable[[int], str]] = {}
    missing: list[str] = []
    for ours, candidates in mapping.fields.items():
        found: list[Callable[[int], str]] = []
        absent: list[str] = []
        for candidate in candidates:
            names = _PLACE.findall(candidate) or [candidate]
            real = {name: name if name in layer.columns else folded.get(name.casefold(), "") for name in names}
            absent += [name for name, there in real.items() if not there]
            if all(real.values()):
                chosen = {name: layer.columns[there] for name, there in real.items()}
                found.append(_filled(candidate, chosen) if _PLACE.search(candidate) else _plain(chosen[candidate]))
        if found:
            readers[ours] = _first(found)
        elif ours not in OPTIONAL and ours not in mapping.constants:
            missing += [f'no field "{name[:60]}" for {ours}; {did_you_mean(name, layer.columns)}' for name in absent]
    needed = ("name",) if mapping.into == CONTEXT else [name for name in FIELDS if name not in {*OPTIONAL, "layer"}]
    unsaid = [name for name in needed if name not in mapping.fields and name not in mapping.constants]
    missing += [
        f"{mapping.name} does not say where {name} comes from; name it in [fields] or [constants]" for name in unsaid
    ]
    if missing:
        message = "; ".join(missing)
        raise BadRegion(f'layer "{layer.name}": {message}')
    return readers


def _plain(column: tuple[str, ...]) -> Callable[[int], str]:
    return lambda at: column[at]


def _filled(pattern: str, columns: Mapping[str, tuple[str, ...]]) -> Callable[[int], str]:
    def read(at: int) -> str:
        parts = {name: column[at] for name, column in columns.items()}
        return _PLACE.sub(lambda place: parts[place[1]], pattern) if any(parts.values()) else ""

    return read


def _first(readers: list[Callable[[int], str]]) -> Callable[[int], str]:
    return lambda at: next((value for read in readers if (value := read(at))), "")


def _value(mapping: FieldMapping, name: str, said: str) -> str:
    """What the file says as what we say."""
    value = mapping.values.get(name, {}).get(said, said) or mapping.constants.get(name, "")
    if name == "service":
        return service_of(value)
    if value and name in mapping.dates and said and value == said:
        return _date(value, mapping.dates[name])
    return value


def service_of(word: str) -> str:
    """One of our services, by its whole name, its short one (fire) or NENA's; else the word as it stands."""
    own = {service.value.casefold(): service.value for service in Service}
    short = {service.value.rpartition(".")[2].casefold(): service.value for service in Service}
    found = _RESPONDER.fullmatch(word)
    last = found[1] if found else word
    finer = {name.casefold(): service.value for name, service in _NENA_SERVICES.items()}
    folded = last.casefold()
    return own.get(word.casefold()) or short.get(folded) or (finer.get(folded, word) if found else word)


def _date(text: str, form: str) -> str:
    """A date in ISO form; the text itself where it is not of the form, to be refused by name later."""
    try:
        if form in SINCE_EPOCH:
            return datetime.fromtimestamp(float(text) / SINCE_EPOCH[form], UTC).date().isoformat()
        return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except (ValueError, OverflowError, OSError):
        return f"({form}) {text}"

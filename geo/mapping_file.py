"""A mapping file: TOML read into a FieldMapping, every wrong key or value refused by name.

Knows how the file is spelled (docs/regions.md has an example). Refuses to know what becomes of the fields (mapping.py).
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyproj

from domain.agency import Service
from domain.errors import BadRegion
from domain.problem import did_you_mean
from geo.boundary_rows import CONTEXT, FIELDS, JURISDICTIONS, service_meant
from geo.limits import MAX_MAPPING_BYTES
from geo.mapping import NENA_FIELDS, SINCE_EPOCH, FieldMapping, service_of

_TABLES = ("fields", "constants", "values", "dates", "skip")
_KEYS = ("base", "into", "crs", "encoding", *_TABLES)


def read_mapping(path: Path) -> FieldMapping:
    """A mapping file. BadRegion names the file, the table and the remedy."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_MAPPING_BYTES + 1)
        if len(raw) > MAX_MAPPING_BYTES:
            raise BadRegion(f"{path.name}: larger than {MAX_MAPPING_BYTES // 2**20} MB (MAX_MAPPING_BYTES)")
        values = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise BadRegion(f"{path.name}: cannot be read: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise BadRegion(f"{path.name}: not UTF-8 text; save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadRegion(f"{path.name}: not TOML: {str(error)[:120]}; mend the line") from error
    return _Reader(path.name).mapping(values)


class _Reader:
    """A mapping file's tables, each wrong key or value refused by name."""

    def __init__(self, file: str) -> None:
        self._file = file

    def mapping(self, values: Mapping[str, Any]) -> FieldMapping:
        self._known("", values, _KEYS)
        base = self._text(values, "base", "")
        if base not in ("", "nena"):
            raise self._bad(f'unknown base "{base[:40]}"', 'write base = "nena", or leave it out')
        into = self._text(values, "into", JURISDICTIONS)
        if into not in (JURISDICTIONS, CONTEXT):
            raise self._bad(f'unknown into "{into[:40]}"', did_you_mean(into, (JURISDICTIONS, CONTEXT)))
        tables = {name: self._table(values, name) for name in _TABLES}
        for name in _TABLES:
            self._known(f"[{name}] ", tables[name], FIELDS)
        found = FieldMapping(
            self._file,
            into,
            self._text(values, "crs", ""),
            self._text(values, "encoding", "") or None,
            {name: self._texts("fields", name, each) for name, each in tables["fields"].items()},
            {name: self._scalar("constants", name, each) for name, each in tables["constants"].items()},
            {name: self._pairs(name, each) for name, each in tables["values"].items()},
            {name: self._form(name, each) for name, each in tables["dates"].items()},
            {name: frozenset(self._texts("skip", name, each)) for name, each in tables["skip"].items()},
        )
        if found.crs:
            self._check_system(found.crs)
        if found.encoding:
            self._check_encoding(found.encoding)
        service = found.constants.get("service", "")
        if service and service_of(service) not in set(Service):
            raise self._bad(f'[constants] unknown service "{service[:80]}"', service_meant(service))
        return replace(found, fields={**NENA_FIELDS, **found.fields}) if base else found

    def _check_system(self, crs: str) -> None:
        try:
            pyproj.CRS.from_user_input(crs)
        except pyproj.exceptions.ProjError as error:
            raise self._bad(f'crs "{crs[:60]}" is not known', 'write a code like "EPSG:2263"') from error

    def _check_encoding(self, encoding: str) -> None:
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            raise self._bad(f'encoding "{encoding[:40]}" is not known', 'write "utf-8" or "cp1252"') from error

    def _known(self, where: str, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in values:
            if key not in known:
                raise self._bad(f'{where}unknown key "{key[:60]}"', did_you_mean(key, known))

    def _table(self, values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        table = values.get(name, {})
        if not isinstance(table, dict):
            raise self._bad(f"{name} is no table", f"begin it with [{name}]")
        return table

    def _text(self, values: Mapping[str, Any], name: str, default: str) -> str:
        value = values.get(name, default)
        if not isinstance(value, str):
            raise self._bad(f"{name} is not text", f'write {name} = "..."')
        return value

    def _texts(self, table: str, name: str, value: object) -> tuple[str, ...]:
        texts = value if isinstance(value, list) else [value]
        if not texts or not all(isinstance(each, str | int) and not isinstance(each, bool) for each in texts):
            raise self._bad(f"[{table}] {name} is neither text nor a list of texts", f'write {name} = "..."')
        return tuple(str(each) for each in texts)

    def _scalar(self, table: str, name: str, value: object) -> str:
        if isinstance(value, dict | list):
            raise self._bad(f"[{table}] {name} is not one value", f'write {name} = "..."')
        return str(value)

    def _pairs(self, name: str, value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise self._bad(f"[values] {name} is no table", f"begin it with [values.{name}]")
        return {key: self._scalar(f"values.{name}", key, each) for key, each in value.items()}

    def _form(self, name: str, value: object) -> str:
        if (
            name not in ("effective", "expiry")
            or not isinstance(value, str)
            or ("%" not in value and value not in SINCE_EPOCH)
        ):
            raise self._bad(f"[dates] {name} is no date format", 'write effective = "%m/%d/%Y" or "epoch_milliseconds"')
        return value

    def _bad(self, message: str, remedy: str) -> BadRegion:
        return BadRegion(f"{self._file}: {message}; {remedy}")

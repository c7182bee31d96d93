"""TOML files of a region pack: tables read with every wrong value told, and written.

Knows TOML's spelling and where in the file a table begins. Refuses to know what the keys mean.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from pathlib import Path
from typing import Any

from data.regions.tables import Findings, decode, read_bytes
from domain.problem import did_you_mean

LATEST = 32_503_680_000.0
"""The year 3000: what is later cannot be written as a date in every time zone."""
_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a TOML file, with the line it begins on (None where that cannot be told) and what to call it."""

    values: Mapping[str, Any]
    line: int | None
    name: str
    findings: Findings

    def error(self, message: str, remedy: str = "") -> None:
        """Something of this table stops the pack from being used."""
        self.findings.error(self.line, f"{self.name}: {message}", remedy)

    def warn(self, message: str, remedy: str = "") -> None:
        """Somebody should look at this table."""
        self.findings.warn(self.line, f"{self.name}: {message}", remedy)

    def only(self, *known: str) -> None:
        """Warn of keys that mean nothing here."""
        for key in self.values:
            if key not in known:
                self.warn(f'unknown key "{key[:80]}"', did_you_mean(key, set(known) - set(self.values)))

    def text(self, key: str, default: str | None = None) -> str:
        """A string; "" when it is wrong or, told, when it is missing and has no default."""
        value = self._value(key, default)
        if isinstance(value, str):
            if value.strip() or default is not None:
                return value.strip()
            self.error(f"{key} is empty", "fill it in")
        elif value is not None:
            self.error(f"{key} is not text", f'write {key} = "..."')
        return ""

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value(key, default)
        if _is_number(value):
            return float(value)
        if value is not None:
            self.error(f"{key} is not a number", f"write {key} = 1")
        return 0.0

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._value(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            self.error(f"{key} is not a whole number", f"write {key} = 1")
        return 0

    def yes(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            self.error(f"{key} is neither true nor false", f"write {key} = true, without quotes")
            return default
        return value

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of strings; empty when missing (told if required)."""
        value = self._value(key, None if required else [])
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(each.strip() for each in value)
        if value is not None:
            self.error(f"{key} is not a list of texts", f'write {key} = ["...", "..."]')
        return ()

    def moment(self, key: str, zone: tzinfo) -> float:
        """A date (its first moment in `zone`), a date and time, or seconds since the epoch; 0.0 when missing."""
        value = self._value(key, 0.0)
        try:
            if isinstance(value, datetime):
                value = (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp()
            elif isinstance(value, date):
                value = datetime.combine(value, time(), zone).timestamp()
        except (OverflowError, ValueError):
            pass
        if _is_number(value) and 0 <= value <= LATEST:
            return float(value)
        self.error(f"{key} is not a date", f"write {key} = 2024-07-01")
        return 0.0

    def tables(self, key: str, line_of: Sequence[int] | None = None) -> list[Table]:
        """An array of tables; `line_of` tells where each begins."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.error(f"{key} is not a list of tables", f"begin each with [[{key}]]")
            return []
        lines = line_of if line_of is not None and len(line_of) == len(value) else [None] * len(value)
        return [
            Table(each, line or self.line, f"{key} {_label(each, at)}", self.findings)
            for at, (each, line) in enumerate(zip(value, lines, strict=True))
        ]

    def _value(self, key: str, default: object) -> Any:
        if key in self.values:
            return self.values[key]
        if default is None:
            self.error(f"{key} is missing", "add it")
        return default


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed TOML file and the lines on which its `[[name]]` headers stand, by name, in order."""

    root: Table
    headers: Mapping[str, tuple[int, ...]]

    def tables(self, key: str) -> list[Table]:
        """The tables of an array at the top."""
        return self.root.tables(key, self.headers.get(key))


def read_toml(path: Path, findings: Findings) -> Document | None:
    """A TOML file, or None with the reason among the findings."""
    raw = read_bytes(path, findings)
    if raw is None:
        return None
    text = decode(raw, findings).replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        what = str(error).partition(" (at ")[0]
        findings.error(int(found[1]) if found else None, f"not TOML: {what}", "mend the line, or the one before it")
        return None
    except (RecursionError, ValueError, OverflowError):  # nested a thousand deep; an integer of a million digits
        findings.error(None, "not TOML that can be read", "begin again from a pack that works")
        return None
    headers: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.match(r"\s*\[\[\s*([A-Za-z0-9_.\-]+)\s*\]\]", line)
        if header:
            headers.setdefault(header[1], []).append(number)
    lines = {name: tuple(numbers) for name, numbers in headers.items()}
    return Document(Table(values, None, findings.file.removesuffix(".toml"), findings), lines)


def write_pairs(pairs: Iterable[tuple[str, object]]) -> str:
    """`key = value` lines."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in pairs)


def moment_written(when: float) -> object:
    """A time as a UTC date and time where that is exact to the last bit, else as seconds since the epoch."""
    try:
        moment = datetime.fromtimestamp(when, UTC)
        return moment if moment.timestamp() == when else when
    except (OverflowError, ValueError, OSError):
        return when


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A JSON string is a TOML basic string but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        flat = "[" + ", ".join(map(_value, value)) + "]"
        if len(flat) <= 100 or not value:
            return flat
        return "[\n" + "".join(f"  {_value(each)},\n" for each in value) + "]"
    raise TypeError(f"no TOML spelling for {value!r}")


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _label(values: Mapping[str, Any], at: int) -> str:
    """What to call a table: its id or code, else its place in the list."""
    for key in ("id", "code"):
        if isinstance(values.get(key), str):
            return f'"{values[key][:40]}"'
    return f"number {at + 1}"

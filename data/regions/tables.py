"""CSV tables of a region pack: bytes to rows of typed cells, and back.

Knows what spreadsheet programs do to a CSV file (byte-order marks, CRLF, semicolons, other encodings, stray
quotes) and how to say so. Refuses to know what the columns mean: a table is a tuple of Column.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.problem import WARNING, Problem, did_you_mean

MAX_BYTES = 32 * 1024 * 1024
"""A larger text file is refused: no county's roster comes near, and every worker reads it."""
MAX_PROBLEMS = 200
"""Findings kept per file; a file in the wrong format would otherwise tell the same of every row."""

Cell = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the type of its cells (str, int, float or bool), and its value where it may be left out.

    `default` None means the cell must be filled in.
    """

    name: str
    kind: type
    default: Cell | None = None


@dataclass(slots=True)
class Findings:
    """Collects what is wrong with one file, at most MAX_PROBLEMS of them, and says how many more there were."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    dropped: int = 0

    def error(self, row: int | None, message: str, remedy: str = "") -> None:
        """It stops the pack from being used."""
        self._add(Problem(self.file, row, message, remedy))

    def warn(self, row: int | None, message: str, remedy: str = "") -> None:
        """Somebody should look."""
        self._add(Problem(self.file, row, message, remedy, WARNING))

    def _add(self, problem: Problem) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        else:
            self.dropped += 1

    def all(self) -> list[Problem]:
        """Everything found."""
        if not self.dropped:
            return self.problems
        return [*self.problems, Problem(self.file, None, f"and {self.dropped} problems more", "mend these first")]


@dataclass(frozen=True, slots=True)
class Row:
    """A row's line in the file (the header is line 1) and its cells by column name."""

    line: int
    cells: Mapping[str, Cell]

    def text(self, name: str) -> str:
        """A str cell."""
        return str(self.cells[name])

    def number(self, name: str) -> float:
        """A float cell."""
        return float(self.cells[name])

    def count(self, name: str) -> int:
        """An int cell."""
        return int(self.cells[name])

    def yes(self, name: str) -> bool:
        """A bool cell."""
        return bool(self.cells[name])


def read_bytes(path: Path, findings: Findings, *, required: bool = True) -> bytes | None:
    """A file's bytes, or None with the reason among the findings (absent and not required: None, no reason)."""
    try:
        if not path.exists():
            if required:
                findings.error(None, "the file is missing", "every region pack has one")
            return None
        if not path.is_file():
            findings.error(None, "it is not a file", "put a file of that name into the pack")
            return None
        if path.stat().st_size > MAX_BYTES:
            findings.error(None, f"larger than {MAX_BYTES // 2**20} MB", "remove what does not belong to the region")
            return None
        return path.read_bytes()
    except OSError as error:
        findings.error(None, f"cannot be read: {error.strerror}", "check its permissions")
        return None


def decode(raw: bytes, findings: Findings) -> str:
    """Text from UTF-8, a byte-order mark allowed. What is not UTF-8 is told, and read as well as can be."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        findings.error(1, "written as UTF-16", 'save it as "CSV UTF-8" or plain UTF-8')
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        findings.error(line, f"byte 0x{raw[error.start]:02x} is not UTF-8", 'save it as "CSV UTF-8" or plain UTF-8')
        return raw.decode("utf-8-sig", errors="replace")


def read_table(path: Path, columns: Sequence[Column], findings: Findings, *, required: bool = True) -> list[Row]:
    """The rows of a CSV file whose every cell is good; everything else is among the findings."""
    raw = read_bytes(path, findings, required=required)
    if raw is None:
        return []
    records = _records(decode(raw, findings), findings)
    line, header = next(records, (1, []))
    names = [cell.strip() for cell in header]
    if not any(names):
        findings.error(1, "the file is empty", f"the first line names the columns: {_names(columns)}")
        return []
    if len(names) == 1 and len(columns) > 1 and (";" in names[0] or "\t" in names[0]):
        findings.error(line, "the columns are not separated by commas", "save it again with commas")
        return []
    known = {column.name for column in columns}
    for at, name in enumerate(names):
        if name in names[:at]:
            findings.error(line, f'column "{name}" is there twice', "remove one")
        elif name not in known:
            findings.warn(line, f'unknown column "{name[:80]}"', did_you_mean(name, known - set(names)))
    missing = [column for column in columns if column.default is None and column.name not in names]
    for column in missing:
        findings.error(line, f'column "{column.name}" is missing', f"the columns are {_names(columns)}")
    if missing:
        return []
    rows = []
    for line, record in records:
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(names):
            remedy = "quote a text that holds a comma" if len(record) > len(names) else "fill in the row"
            findings.error(line, f"{len(record)} cells where the header has {len(names)}", remedy)
            continue
        cells = _cells(dict(zip(names, record, strict=True)), columns, line, findings)
        if cells is not None:
            rows.append(Row(line, cells))
    return rows


def write_table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file's bytes: UTF-8, commas, one line feed after each row; numbers in the shortest exact form."""
    lines: list[str] = []
    # The csv module quotes the signs of its line end only: ask for both, and write one.
    writer = csv.writer(_Lines(lines), lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_written(cell) for cell in row])
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines).encode("utf-8")


@dataclass(frozen=True, slots=True)
class _Lines:
    """A file for the csv module: one write a row."""

    lines: list[str]

    def write(self, line: str) -> None:
        self.lines.append(line)


def _records(text: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record; a record the csv module cannot parse is a finding."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            remedy = 'write a quote inside a quoted text twice: ""'
            findings.error(line, f"cannot be parsed from here on: {error}", remedy)
            if reader.line_num < line:
                return
            continue
        yield line, record


def _cells(
    record: Mapping[str, str], columns: Sequence[Column], line: int, findings: Findings
) -> dict[str, Cell] | None:
    cells: dict[str, Cell] = {}
    good = True
    for column in columns:
        text = record.get(column.name, "").strip()
        if not text and column.default is not None:
            cells[column.name] = column.default
            continue
        if not text:
            findings.error(line, f"{column.name} is empty", "fill it in")
            good = False
            continue
        value = _parsed(text, column.kind)
        if value is None:
            message = f'{column.name} "{text[:80]}" is not {_KINDS[column.kind]}'
            findings.error(line, message, _remedy(text, column.kind))
            good = False
        else:
            cells[column.name] = value
    return cells if good else None


_KINDS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _parsed(text: str, kind: type) -> Cell | None:
    """The cell's value, or None. Numbers are plain: no thousands signs, no infinities."""
    if kind is str:
        return text
    if kind is bool:
        return _WORDS.get(text.casefold())
    if "_" in text or len(text) > 40:
        return None
    try:
        value = int(text) if kind is int else float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _remedy(text: str, kind: type) -> str:
    if kind is float and "," in text:
        return "write the decimal point as a point"
    return {int: "write digits only", float: "write it like -122.4194", bool: "write true or false"}.get(kind, "")


def _written(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(float(cell)) if isinstance(cell, float) else str(cell)


def _names(columns: Sequence[Column]) -> str:
    return ",".join(column.name for column in columns)

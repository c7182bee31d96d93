"""Between domain objects and bytes.

Knows the JSON of commands, events and entities. Refuses to know keys and rules.
msgspec reads and writes the domain's dataclasses as they are, strictly typed: a wrong type, a missing
or unknown field is one clear error that names the place.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from domain.accountability import Accountability
from domain.agency import Agency
from domain.agreement import Agreement
from domain.assignment import Assignment
from domain.assistance import AssistanceRequest
from domain.board import BoardHead, Entity, Numbers
from domain.closure import Closure
from domain.command_structure import CommandStructure
from domain.commands import COMMANDS, Actor, Command, Envelope
from domain.decision import Decision
from domain.edition import BoundaryEditions
from domain.errors import BadCommand
from domain.events import EVENTS, SCHEMA, Event, RecordedEvent
from domain.incident import Incident
from domain.purpose import Purpose
from domain.task_force import TaskForce
from domain.unit import Unit

_COMMANDS: dict[str, type] = {kind.__name__: kind for kind in COMMANDS}
_EVENTS: dict[str, type] = {kind.__name__: kind for kind in EVENTS}
_ENTITIES: dict[str, type] = {
    "board": BoardHead,
    "numbers": Numbers,
    "agency": Agency,
    "agreement": Agreement,
    "unit": Unit,
    "incident": Incident,
    "assignment": Assignment,
    "accountability": Accountability,
    "structure": CommandStructure,
    "taskforce": TaskForce,
    "closure": Closure,
    "boundaries": BoundaryEditions,
    "purpose": Purpose,
    "request": AssistanceRequest,
}
_encode = msgspec.json.Encoder().encode


@dataclasses.dataclass(frozen=True, slots=True)
class _Body:
    event: msgspec.Raw
    actor: Actor
    command: str
    decision: Decision


_body_decoder = msgspec.json.Decoder(_Body)
_event_decoders: dict[str, Any] = {name: msgspec.json.Decoder(kind) for name, kind in _EVENTS.items()}
_entity_decoders: dict[str, Any] = {name: msgspec.json.Decoder(kind) for name, kind in _ENTITIES.items()}


def to_json(value: object) -> bytes:
    """Any of the domain's values, or plain dicts and lists of them, as JSON."""
    return _encode(value)


def read_command(kind: str, body: Mapping[str, Any]) -> Command:
    """A command from its name and plain fields. Raises BadCommand naming what is wrong with which field."""
    cls = _COMMANDS.get(kind)
    if cls is None:
        raise BadCommand(f"{kind!r} is not a command; known are {', '.join(sorted(_COMMANDS))}")
    known = {field.name for field in dataclasses.fields(cls)}
    if unknown := sorted(set(body) - known):
        raise BadCommand(f"{kind} has no field {unknown[0]!r}; its fields are {', '.join(sorted(known))}")
    try:
        command: Command = msgspec.convert(dict(body), cls)
    except (msgspec.ValidationError, RecursionError) as wrong:
        raise BadCommand(f"{kind}: {wrong}") from wrong
    return command


def command_fields(command: Command) -> tuple[str, dict[str, Any]]:
    """A command's name and plain fields: what read_command takes."""
    return type(command).__name__, msgspec.to_builtins(command)


@dataclasses.dataclass(frozen=True, slots=True)
class _ConsoleCommand:
    id: str
    kind: str
    body: dict[str, Any]
    issued_at: float
    expected: dict[str, int] = dataclasses.field(default_factory=dict)


def read_console_command(data: Any, actor: Actor) -> Envelope:
    """What a page wrote into its `command` store (docs/feed.md) as an Envelope of whoever is before the screen.

    A console's command always says when it was issued, so that an old click can be refused. Raises BadCommand
    naming what is wrong.
    """
    try:
        sent = msgspec.convert(data, _ConsoleCommand)
    except (msgspec.ValidationError, RecursionError) as wrong:
        raise BadCommand(f"command: {wrong}") from wrong
    if sent.issued_at <= 0:
        raise BadCommand("issued_at is missing: a command must say when it was given")
    return Envelope(sent.id, actor, read_command(sent.kind, sent.body), sent.issued_at, sent.expected)


def read_callback(body: bytes) -> str:
    """Which output a page's callback request asks for. Raises BadCommand when it is no callback request."""
    try:
        asked = msgspec.json.decode(body)
        output, inputs = asked["output"], asked["inputs"]
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError, UnicodeDecodeError) as wrong:
        raise BadCommand(f"this is no callback request: {wrong}") from wrong
    if not isinstance(output, str) or not isinstance(inputs, list):
        raise BadCommand("this is no callback request: output is a text, inputs a list")
    return output


def digest(envelope: Envelope) -> str:
    """What makes two commands of one id the same: who asks and for what."""
    body = to_json([type(envelope.command).__name__, envelope.command, envelope.actor])
    return hashlib.sha256(body).hexdigest()[:32]


def write_event(event: Event, envelope: Envelope, decision: Decision) -> tuple[str, str, bytes]:
    """kind, schema and body of an event as the log keeps it."""
    body = to_json({"event": event, "actor": envelope.actor, "command": envelope.id, "decision": decision})
    return type(event).__name__, str(SCHEMA), body


def write_events(events: Iterable[Event], envelope: Envelope, decision: Decision) -> list[str | bytes]:
    """kind, schema, body of each event, one after the other: what commit.lua takes."""
    return [part for event in events for part in write_event(event, envelope, decision)]


def read_event(seq: int, fields: Mapping[bytes, bytes]) -> RecordedEvent:
    """An event from its log entry. Raises ValueError naming the sequence number when it cannot be read."""
    kind = fields[b"kind"].decode()
    schema = int(fields[b"schema"])
    if schema > SCHEMA or kind not in _EVENTS:
        raise ValueError(f"event {seq} is a {kind} of schema {schema}; this release reads up to {SCHEMA}: upgrade it")
    try:
        body = _body_decoder.decode(fields[b"body"])
        event = _event_decoders[kind].decode(body.event)
    except msgspec.DecodeError as broken:
        raise ValueError(f"event {seq} ({kind}) cannot be read: {broken}") from broken
    return RecordedEvent(seq, float(fields[b"at"]), event, body.actor, body.command, body.decision)


def entity_kinds() -> dict[str, type]:
    """The entities by the kind their refs begin with."""
    return dict(_ENTITIES)


def read_entity(ref: str, doc: bytes | msgspec.Raw) -> Entity:
    """An entity from the state hash or a snapshot."""
    entity: Entity = _entity_decoders[ref.partition(":")[0]].decode(doc)
    return entity

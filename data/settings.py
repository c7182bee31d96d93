"""Settings: every word of the environment Concord listens to, with its default, what it may be and what it does.

Knows names, defaults and limits. Refuses to know what is done with them. `docs/settings.md` holds the
same table for people; a test compares the two, so the table below is the only place to change.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from data import setting_values as values
from data.openid_settings import OpenIdSettings, read_secret
from data.store_url import BadStoreUrl, with_replicas
from domain.errors import ConcordError

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder; relative paths in settings start here."""

PREFIX = "CONCORD_"
FOR_TESTS = ("CONCORD_CHROMIUM", "CONCORD_REAL_DATA")
"""Variables the tests and tools listen to: not settings of the board, and no typing errors either."""


class BadSettings(ConcordError, ValueError):
    """The environment holds a value that cannot be used; one line each: variable, value, what is allowed."""


def _setting(default: Any, description: str, allowed: str, **limits: Any) -> Any:
    """A field; `allowed` is said to people when a value is not."""
    return Field(default=default, description=description, json_schema_extra={"allowed": allowed}, **limits)


class Settings(BaseSettings):
    """What the environment asks for. Read with load_settings(), which explains what is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    redis_url: Annotated[str, AfterValidator(values.store_url)] = _setting(
        "",
        "Where the store is. Empty: the embedded server under the data folder, started when needed.",
        "a redis://, rediss://, unix://, sentinel:// or cluster:// URL (docs/operations.md)",
        validation_alias="REDIS_URL",
    )
    host: str = _setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 lets other machines in.", "an address or host name", min_length=1
    )
    port: int = _setting(8050, "Port to listen on; 0 takes any free one.", "a whole number, 0 to 65535", ge=0, le=65535)
    workers: int = _setting(
        1, "Web processes that serve the board side by side.", "a whole number, 1 to 64", ge=1, le=64
    )
    board: str = _setting(
        "bay",
        "Name of the board: one operational area sharing one picture.",
        "1 to 32 of a-z, 0-9, - and _, a letter or digit first",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$",
    )
    region: str = _setting(
        "regions/bay_area",
        "Region pack loaded into an empty board.",
        "a folder, or the name of one in regions/",
        min_length=1,
    )
    simulator: bool = _setting(True, "Whether simulated calls, crews and dispatchers work the board.", "on or off")
    simulator_speed: float = _setting(
        1.0, "How many simulated seconds pass in one.", "a number above 0, up to 100", gt=0, le=100
    )
    simulator_surge: float = _setting(
        1.0, "How many times the usual number of calls come in.", "a number from 0 to 100", ge=0, le=100
    )
    simulator_seed: int = _setting(
        1, "Start of the simulator's chance; the same seed gives the same calls.", "a whole number, 0 or more", ge=0
    )
    tiles: Annotated[str, AfterValidator(values.tile_template)] = _setting(
        "",
        "URL template of a tile layer under the map. Empty: no request leaves this server.",
        "an http(s) URL or a path with {z}, {x} and {y}",
    )
    tiles_attribution: str = _setting("", "Who is to be credited for the tiles, shown on the map.", "any text")
    travel_engine: Literal["", "osrm", "valhalla"] = _setting(
        "",
        "An engine for travel times outside Concord, asked first. Empty: the pack's streets, else the straight line"
        " (docs/operations.md).",
        "osrm, valhalla or empty",
    )
    travel_engine_url: Annotated[str, AfterValidator(values.http_url)] = _setting(
        "", "Where that engine is, without the service's path.", "an http(s) URL, e.g. http://127.0.0.1:5000"
    )
    travel_engine_timeout: float = _setting(
        1.0, "Seconds that engine may take; then the next best answers.", "a number above 0, up to 10", gt=0, le=10
    )
    hosts: str = _setting(
        "",
        "Names the board is reached by, besides this machine's own and plain addresses; others are refused.",
        "host names, with commas between them",
        pattern=r"^[A-Za-z0-9.,\s-]*$",
    )
    public_url: Annotated[str, AfterValidator(values.origin)] = _setting(
        "",
        "Where browsers find this board: identity providers send people back to it, and it counts among CONCORD_HOSTS.",
        "https://host[:port] without a path; http:// on this machine only",
    )
    oidc_issuer: Annotated[str, AfterValidator(values.secure_url)] = _setting(
        "",
        "Issuer of an OpenID Connect provider people sign in with, as its discovery document names it"
        " (docs/operations.md). Empty: none.",
        "an https:// URL; http:// on this machine only",
    )
    oidc_client_id: str = _setting("", "This board's client id at that provider.", "any text")
    oidc_client_secret_file: str = _setting("", "File that holds this board's client secret there.", "a file")
    oidc_name: str = _setting(
        "your organisation", "What that provider is called on the sign-in page.", "any text", max_length=60
    )
    oidc_positions_claim: str = _setting(
        "concord_positions",
        "Claim in which it lists a person's positions, such as `sffd:dispatcher`.",
        "any text",
        min_length=1,
    )
    oidc_board_roles: Annotated[str, AfterValidator(values.board_roles)] = _setting(
        "",
        "Roles of the whole board it may give, too. Empty: it gives positions of agencies only.",
        "board_admin and auditor, or one of them",
    )
    notice: str = _setting(
        "", "A notice everybody reads before signing in, such as a warning of monitoring.", "any text", max_length=2000
    )
    second_factor: Literal["optional", "required"] = _setting(
        "optional",
        "Whether people with a password here may or must set up a one-time code; a provider asks for its own.",
        "optional or required",
    )
    training: bool = _setting(
        True,
        "Whether this is a training board: it says so everywhere, and whoever sits at its own machine enters any"
        " position without a password.",
        "on or off",
    )
    data_dir: str = _setting("var", "Folder for everything Concord writes.", "a folder", min_length=1)
    store_fsync: Literal["always", "everysec"] = _setting(
        "always",
        "When the embedded store forces its file to disk: always before it answers, so that what was acknowledged is"
        " there after a power cut; everysec is faster and may lose the last seconds.",
        "always or everysec",
    )
    signing_key: str = _setting(
        "",
        "PEM file of the Ed25519 key that seals the log. Empty: `keys/signing.pem` in the data folder, made at need.",
        "a file",
    )
    seals_file: str = _setting(
        "",
        "File outside the store that every seal is copied to. Empty: `seals/<board>.ndjson` in the data folder.",
        "a file",
    )
    store_replicas: int | None = _setting(
        None,
        "How many replicas must have a command before it counts as done. Empty: 1 behind sentinel://, else 0.",
        "a whole number, 0 to 9",
        ge=0,
        le=9,
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "warning", "How much the web processes log.", "debug, info, warning or error"
    )

    @property
    def store_url(self) -> str:
        """The store's URL with the copies a command must have; "" for the embedded server."""
        return with_replicas(self.redis_url, self.store_replicas)

    @property
    def data_folder(self) -> Path:
        """The data folder, absolute."""
        return ROOT / self.data_dir

    @property
    def store_folder(self) -> Path:
        """Where the embedded store keeps its files, absolute."""
        return self.data_folder / "valkey"

    @property
    def streets_folder(self) -> Path:
        """Where street networks are kept once they are built, absolute."""
        return self.data_folder / "streets"

    @property
    def keys_folder(self) -> Path:
        """Where the public keys of seals are kept, and the signing key when none is named; absolute."""
        return self.data_folder / "keys"

    @property
    def seals_path(self) -> Path:
        """The file of seals outside the store, absolute."""
        return ROOT / self.seals_file if self.seals_file else self.data_folder / "seals" / f"{self.board}.ndjson"

    @property
    def audit_seals_path(self) -> Path:
        """The file of the audit log's seals, beside the board's; absolute."""
        return self.seals_path.with_name(f"{self.seals_path.stem}-audit{self.seals_path.suffix}")

    @property
    def signing_key_path(self) -> Path | None:
        """The signing key that was named, absolute; None for the one in the folder of keys."""
        return ROOT / self.signing_key if self.signing_key else None

    def openid(self) -> OpenIdSettings | None:
        """The identity provider people may sign in with; None without one. Raises BadSettings."""
        if not self.oidc_issuer:
            return None
        try:
            secret = read_secret(ROOT / self.oidc_client_secret_file)
        except ValueError as wrong:
            raise BadSettings(f"CONCORD_OIDC_CLIENT_SECRET_FILE: {wrong}") from None
        return OpenIdSettings(
            self.oidc_issuer,
            self.oidc_client_id,
            secret,
            self.public_url,
            self.oidc_name,
            self.oidc_positions_claim,
            values.roles_in(self.oidc_board_roles),
        )

    def region_folder(self) -> Path:
        """The region pack's folder, absolute; BadSettings when there is none, naming those that ship."""
        for folder in (ROOT / self.region, ROOT / "regions" / self.region):
            if (folder / "region.toml").is_file():
                return folder.resolve()
        packs = sorted(path.parent.name for path in (ROOT / "regions").glob("*/region.toml"))
        there = f"regions/ holds {', '.join(packs)}" if packs else "regions/ holds none"
        raise BadSettings(f"CONCORD_REGION: {self.region!r} is no region pack (a folder with region.toml); {there}")


def load_settings() -> Settings:
    """Settings from the environment. BadSettings, one line for every value that is not allowed."""
    try:
        settings = Settings()
    except ValidationError as errors:
        raise BadSettings("\n".join(_explain(error) for error in errors.errors())) from None
    if settings.travel_engine and not settings.travel_engine_url:
        raise BadSettings(
            "CONCORD_TRAVEL_ENGINE_URL: empty, and CONCORD_TRAVEL_ENGINE names an engine; say where it is"
        )
    if missing := _half_a_provider(settings):
        raise BadSettings(f"{missing}: empty, and an identity provider is named; set it, or no CONCORD_OIDC_ variable")
    return settings


def _half_a_provider(settings: Settings) -> str:
    """The first variable that is missing where an identity provider is named by halves; "" when nothing is."""
    needed = ("oidc_issuer", "oidc_client_id", "oidc_client_secret_file")
    if not any(getattr(settings, name) for name in needed):
        return ""
    return next(((PREFIX + name).upper() for name in (*needed, "public_url") if not getattr(settings, name)), "")


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """A warning for every CONCORD_ variable nobody listens to: it is most likely a slip of the pen."""
    known = [*(variable_name(name, field) for name, field in Settings.model_fields.items()), *FOR_TESTS]
    endings = [name.removeprefix(PREFIX) for name in known if name.startswith(PREFIX)]
    warnings = []
    for name in sorted(os.environ if environ is None else environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else "see docs/settings.md"
            warnings.append(f"{name} is not a setting and does nothing; {hint}")
    return warnings


def variable_name(name: str, field: FieldInfo) -> str:
    """The environment variable of a field: CONCORD_PORT, and REDIS_URL, which other programs know too."""
    return str(field.validation_alias or (PREFIX + name).upper())


def settings_table() -> str:
    """The table of docs/settings.md, in Markdown."""
    head = ["| variable | default | allowed | what it does |", "|---|---|---|---|"]
    return "\n".join([*head, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        variable, default = variable_name(name, field), _shown(field.default)
        yield f"| `{variable}` | {default} | {_allowed(field)} | {field.description} |"


def _shown(default: object) -> str:
    """A default as somebody would type it."""
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    return f"`{default}`" if default not in ("", None) else "empty"


def _allowed(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["allowed"])


def _explain(error: Mapping[str, Any]) -> str:
    """One line for one bad value."""
    place = str(error["loc"][0])
    for name, field in Settings.model_fields.items():
        if place in (name, variable_name(name, field)):
            value = re.sub(r"//[^@/]*@", "//...@", str(error["input"]))  # no password on the screen
            why = error.get("ctx", {}).get("error")
            if isinstance(why, BadStoreUrl) and re.match(r"(rediss?|unix|sentinel|cluster)://", str(error["input"])):
                return str(why)  # it is one of those, and something in it is wrong
            return f"{variable_name(name, field)}: {value!r} is not allowed; allowed: {_allowed(field)}"
    return f"{place}: {error['msg']}"

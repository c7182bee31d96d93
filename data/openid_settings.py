"""What the environment says about an identity provider.

Knows which words belong together. Refuses to know the protocol (api/openid_provider.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from domain.commands import Role


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """An identity provider and what it may say about people.

    `public_url` is where browsers find this board, without a path; `name` is read on the sign-in page's button. Of
    the claims, `account_claim` proposes an account's name and `positions_claim` lists positions as `agency:role`.
    `board_roles` are the roles of the whole board that it may give.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    name: str = "your organisation"
    positions_claim: str = "concord_positions"
    board_roles: frozenset[Role] = frozenset()
    account_claim: str = "preferred_username"

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to: from the setting, never from a request's Host."""
        return f"{self.public_url}/openid/callback"

    @property
    def tls(self) -> bool:
        """Whether browsers reach this board over TLS."""
        return self.public_url.startswith("https://")


def read_secret(path: Path) -> str:
    """The client secret in a file. Raises ValueError saying what is wrong, without a word of what the file holds."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as wrong:
        raise ValueError(f"{path} cannot be read ({type(wrong).__name__})") from None
    if not secret or "\n" in secret:
        raise ValueError(f"{path} must hold the secret on one line and nothing else")
    return secret

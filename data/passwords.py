"""Passwords and one-time codes: hashing and checking, nothing else.

Knows Argon2id and TOTP through their libraries. Refuses to know accounts and where secrets are kept. Hashing takes
about a tenth of a second by design, so it runs in a thread, two at a time: a flood of guesses must not take the
processor from the board.
"""

from __future__ import annotations

import asyncio
import secrets

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
CODE_WINDOW = 1
"""Steps of 30 s a clock may be off, either way (RFC 6238, 5.2)."""
STEP_SECONDS = 30
_WORDS = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks passwords aside. RFC 9106's second recommended option (64 MiB), the library's default."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobody = ""

    async def hashed(self, password: str) -> str:
        """The hash to keep."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, kept: str, password: str) -> bool:
        """Whether a password is the one whose hash was kept; with no hash it takes as long and says no."""
        async with self._turn:
            if not self._nobody:
                self._nobody = await asyncio.to_thread(self._hasher.hash, secrets.token_hex())
            return await asyncio.to_thread(self._check, kept or self._nobody, password) and bool(kept)

    def _check(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def new_password() -> str:
    """A password nobody chose: four groups of five letters and digits that cannot be mistaken for each other."""
    return "-".join("".join(secrets.choice(_WORDS) for _ in range(5)) for _ in range(4))


def new_code_secret() -> str:
    """The secret a person's authenticator shares with the board: 160 bits, base 32."""
    return pyotp.random_base32()


def code_address(secret: str, account: str, board: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=f"Concord {board}")


def code_step(secret: str, code: str, now: float) -> int:
    """The time step of a valid one-time code, so that it can be used once; 0 for a wrong code."""
    digits = code.replace(" ", "")
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return 0
    totp = pyotp.TOTP(secret)
    present = int(now // STEP_SECONDS)
    for step in range(present - CODE_WINDOW, present + CODE_WINDOW + 1):
        if secrets.compare_digest(totp.at(step * STEP_SECONDS), digits):
            return step
    return 0

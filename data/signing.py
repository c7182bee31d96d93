"""Signing keys: one private key that seals, many public keys that check.

Knows Ed25519, PEM files and their permissions. Refuses to know what is signed.

A key's id is the first 16 hexadecimal digits of the SHA-256 of its 32 raw public bytes, so a public key cannot be
passed off as another. Every key that ever sealed leaves `<id>.pub.pem` in the folder of keys; nothing removes it, so
seals of a key that has been replaced still verify. Whoever may write in that folder may add a key: auditors keep a
copy of their own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from domain.errors import ConcordError

SIGNING_KEY = "signing.pem"
"""Name of the private key made when none is named."""
_PUBLIC = ".pub.pem"
log = logging.getLogger("concord.signing")


class BadKey(ConcordError, ValueError):
    """A key file that cannot be used; the text names file and remedy."""


class Signer:
    """Signs with one private key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key()
        self.key = _id_of(public)
        self.public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> str:
        """Ed25519 signature, base64; the same message always gives the same one."""
        return base64.b64encode(self._private.sign(message)).decode()


class KeyRing:
    """The public keys in a folder, found by id; files that come later are found too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Ed25519PublicKey] = {}

    def knows(self, key: str) -> bool:
        """Whether there is a public key of this id."""
        if key not in self._known:
            self._read()
        return key in self._known

    def holds(self, key: str, message: bytes, signature: str) -> bool:
        """Whether a signature is this key's over this message; False as well when the key is not known."""
        if not self.knows(key):
            return False
        try:
            self._known[key].verify(base64.b64decode(signature, validate=True), message)
        except (InvalidSignature, binascii.Error):
            return False
        return True

    @property
    def empty(self) -> bool:
        """Whether there is no key at all: then nothing can be said about any signature."""
        self._read()
        return not self._known

    def public_pem(self, key: str) -> str:
        """A known public key as PEM, "" for another."""
        if not self.knows(key):
            return ""
        return self._known[key].public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def _read(self) -> None:
        for path in sorted(self.folder.glob(f"*{_PUBLIC}")) if self.folder.is_dir() else ():
            try:
                public = load_pem_public_key(path.read_bytes())
            except (OSError, ValueError, UnsupportedAlgorithm) as broken:
                log.warning("%s is not a public key: %s", path, broken)
                continue
            if isinstance(public, Ed25519PublicKey):
                self._known[_id_of(public)] = public  # by content: a file's name proves nothing


def open_signer(named: Path | None, folder: Path) -> Signer:
    """The key named, or the one in the folder of keys, made on first use; its public half is put into the folder.

    Any number of processes may do this at once and get the same key. Raises BadKey.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = named or folder / SIGNING_KEY
        if named is None and not path.exists():
            _make(path)
        signer = _read_signer(path)
        _put(folder / f"{signer.key}{_PUBLIC}", signer.public_pem.encode(), 0o644)
    except OSError as error:
        remedy = "set CONCORD_SIGNING_KEY to a key this user can read, CONCORD_DATA_DIR to a folder it can write"
        raise BadKey(f"{error.filename or folder}: {error.strerror}; {remedy}") from error
    return signer


def _read_signer(path: Path) -> Signer:
    if path.stat().st_mode & 0o077:
        log.warning("%s can be read by others; `chmod 600` it", path)
    remedy = "make one with `openssl genpkey -algorithm ed25519 -out FILE`"
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as broken:
        raise BadKey(f"{path} is not a private key without a password ({broken}); {remedy}") from broken
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKey(f"{path} is not an Ed25519 key; {remedy}")
    return Signer(private)


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _put(path, pem, 0o600)


def _put(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole, unless there is one: of several processes the first wins, and nobody reads half a key."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        os.unlink(fresh)


def _id_of(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]

"""The seal's form and the signing key's files: what is refused, and what never changes."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from data.chain import BadSeal, Seal, from_line, genesis, link, link_entry, message, to_line
from data.signing import BadKey, KeyRing, open_signer

FIELDS = {b"kind": b"NoteAdded", b"at": b"1780000000.000001", b"schema": b"1", b"body": b'{"text":"\xc3\xa9"}'}


def seal(**fields: Any) -> Seal:
    head = "ab" * 32
    plain = Seal("bay", 3, 7, 9, head, "1780000000.000001", "0" * 16, 1, "0" * 8 + head[:8], "c2ln")
    return dataclasses.replace(plain, **fields)


def test_the_chain_of_a_known_event_never_changes() -> None:
    assert genesis("bay") == hashlib.sha256(b"concord-chain-1\nbay").digest()
    text = genesis("bay") + b"1:7,9:NoteAdded,17:1780000000.000001,1:1,13:" + FIELDS[b"body"] + b","
    assert link_entry(genesis("bay"), 7, FIELDS) == hashlib.sha256(text).digest()


def test_moving_a_byte_from_one_field_to_the_next_changes_the_chain() -> None:
    assert link(b"", 1, b"ab", b"c", b"", b"") != link(b"", 1, b"a", b"bc", b"", b"")
    assert link(b"", 1, b"1:a,", b"", b"", b"") != link(b"", 1, b"", b"1:a,", b"", b"")


def test_the_form_of_a_board_binds_its_name() -> None:
    assert genesis("bay") != genesis("bay2")


def test_a_line_gives_the_same_seal_back() -> None:
    assert from_line(to_line(seal())) == seal()


def test_what_is_signed_contains_every_field_but_the_signature() -> None:
    other = {"board": "x", "n": 4, "after": 8, "seq": 10, "hash": "cd" * 32, "at": "1.000000", "key": "1" * 16}
    other |= {"token": 2, "marks": "1" * 16}
    assert set(other) == set(Seal.__slots__) - {"signature"}
    for name, value in other.items():
        assert message(seal(**{name: value})) != message(seal()), name


@pytest.mark.parametrize(
    "fields",
    [
        {"after": 9},
        {"n": 0},
        {"hash": "AB" * 32},
        {"marks": "0" * 8},
        {"marks": "0" * 16},
        {"at": "1780000000"},
        {"at": "1780000000.000001\nkey 1"},
        {"key": "short"},
        {"signature": "not base64!"},
        {"board": "bäy"},
    ],
)
def test_what_only_looks_like_a_seal_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadSeal):
        from_line(to_line(seal(**fields)))


@pytest.mark.parametrize("line", ["", "[]", "{}", "nonsense", "[" * 100_000])
def test_a_line_that_is_no_seal_is_refused(line: str) -> None:
    with pytest.raises(BadSeal):
        from_line(line)


def test_an_entry_with_a_missing_field_is_refused() -> None:
    with pytest.raises(BadSeal, match="event 7 has no field 'at'"):
        link_entry(genesis("bay"), 7, {**{k: v for k, v in FIELDS.items() if k != b"at"}, b"when": b"1"})


# Keys ---------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda _: open_signer(None, folder), range(8)))
    assert len({signer.key for signer in signers}) == 1
    assert stat.S_IMODE((folder / "signing.pem").stat().st_mode) == 0o600
    assert {path.name for path in folder.iterdir()} == {"signing.pem", f"{signers[0].key}.pub.pem"}


def test_a_signature_holds_for_its_message_and_its_key_only(tmp_path: Path) -> None:
    signer, other = open_signer(None, tmp_path / "a"), open_signer(None, tmp_path / "b")
    ring = KeyRing(tmp_path / "a")
    signature = signer.sign(b"one")
    assert ring.holds(signer.key, b"one", signature)
    assert not ring.holds(signer.key, b"two", signature)
    assert not ring.holds(signer.key, b"one", other.sign(b"one"))
    assert not ring.holds(other.key, b"one", other.sign(b"one"))


def test_a_public_key_under_another_keys_name_is_not_taken_for_it(tmp_path: Path) -> None:
    signer, forger = open_signer(None, tmp_path / "a"), open_signer(None, tmp_path / "b")
    (tmp_path / "a" / f"{signer.key}.pub.pem").write_text(forger.public_pem)
    ring = KeyRing(tmp_path / "a")
    assert not ring.knows(signer.key)
    assert not ring.holds(signer.key, b"one", forger.sign(b"one"))


def test_a_key_that_was_replaced_stays_known(tmp_path: Path) -> None:
    old = open_signer(None, tmp_path)
    (tmp_path / "signing.pem").unlink()
    new = open_signer(None, tmp_path)
    ring = KeyRing(tmp_path)
    assert new.key != old.key
    assert ring.knows(old.key)
    assert ring.knows(new.key)


@pytest.mark.parametrize("content", [None, "", "-----BEGIN PRIVATE KEY-----\nno\n-----END PRIVATE KEY-----\n"])
def test_a_key_file_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadKey, match=r"mine\.pem"):
        open_signer(path, tmp_path / "keys")


def test_a_key_others_can_read_is_used_but_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_signer(None, tmp_path)
    os.chmod(tmp_path / "signing.pem", 0o644)
    open_signer(None, tmp_path)
    assert "can be read by others" in caplog.text

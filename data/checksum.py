"""A number that stands for what a page shows, so that server and page can tell whether they hold the same.

Knows how records are summed. Refuses to know which records an audience sees (views.py). The page's script sums the
same way (assets/a_checksum.js); docs/feed.md says what is in it.
"""

from __future__ import annotations

import zlib


class Checksum:
    """A sum over records that does not depend on their order: CRC-32 of each record's words, added up modulo 2**32."""

    def __init__(self, start: int = 0) -> None:
        self.total = start

    def add(self, kind: str, record: str, *versions: int) -> None:
        """Take in one record: a letter for its kind, its id and its versions."""
        words = f"{kind} {record} {' '.join(map(str, versions))}"
        self.total = (self.total + zlib.crc32(words.encode())) & 0xFFFFFFFF

    def __str__(self) -> str:
        return f"{self.total:08x}"

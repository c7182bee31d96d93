"""Cells of tables that people open in a spreadsheet.

Knows what a spreadsheet would take for a formula. Refuses to know what a table is about.
"""

from __future__ import annotations


def defused(cell: str) -> str:
    """A cell no spreadsheet runs: what begins like a formula gets an apostrophe before it (OWASP, CSV injection)."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell

"""Where a command-line client finds the store: the one the settings name, or the embedded one.

Knows settings and the embedded server. Refuses to know regions, boards and the geometry libraries they need.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from data.embedded import ensure_server, server_pid, stop_server
from data.settings import Settings


def store_url(settings: Settings) -> str:
    """The store the settings name, or the embedded one, adopted or started. Raises StoreUnavailable."""
    return settings.store_url or ensure_server(settings.store_folder, appendfsync=settings.store_fsync)


@contextmanager
def store_for_a_while(settings: Settings) -> Iterator[str]:
    """The store's URL for a short piece of work; an embedded server that had to be started is stopped again."""
    was_running = bool(settings.redis_url) or server_pid(settings.store_folder) is not None
    try:
        yield store_url(settings)
    finally:
        if not was_running:
            stop_server(settings.store_folder)

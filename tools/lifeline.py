"""A child's lifeline: it ends when the supervisor does, however that ended.

Knows one pipe. The supervisor holds the writing end and never writes; a child holds the reading end,
which reports "end of file" when the kernel closes the other one, also after kill -9, on Linux and macOS
alike. Refuses to know what the child does.

`python -m tools.lifeline FD MODULE ...` runs `python -m MODULE ...` on a lifeline.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 5.0
"""How long a child may take to stop by itself once its supervisor is gone."""


def hold(descriptor: int) -> None:
    """End this process soon after the other end of the pipe is closed: politely first, then at once."""
    os.set_inheritable(descriptor, False)  # a grandchild has its own parent to watch
    threading.Thread(target=_watch, args=(descriptor,), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    hold(int(sys.argv[1]))
    module = sys.argv[2]
    del sys.argv[1:3]
    runpy.run_module(module, run_name="__main__", alter_sys=True)

"""A small supervisor: children that are watched, restarted when they fall and stopped in order.

Knows processes: their names, commands, lives and last words. Refuses to know what they do.

Every child runs in a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone
and children stop in order; and on a lifeline (lifeline.py), so that none outlives the supervisor.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

SHORT_LIFE_SECONDS = 30.0
"""A child that ends within this time of its start by its own fault has "failed at once"."""
FAILURES_ALLOWED = 3
LONGEST_PAUSE_SECONDS = 10.0
ROOT = Path(__file__).resolve().parent.parent


class ChildFailed(RuntimeError):
    """A child the board cannot do without failed at once too often; the text ends with its last words."""


class Child:
    """One process to keep running: `python -m ARGUMENTS`, a module and what it is told, on the lifeline."""

    def __init__(self, name: str, arguments: Sequence[str], descriptors: Sequence[int], *, essential: bool) -> None:
        self.name = name
        self.arguments = tuple(arguments)
        self.descriptors = tuple(descriptors)
        self.essential = essential
        self.process: subprocess.Popen[str] | None = None
        self.started_at = 0.0
        self.resume_at: float | None = 0.0
        """When to start it (monotonic seconds); None while it runs or when it was given up."""
        self.failures = 0
        self.last_words: deque[str] = deque(maxlen=30)

    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts, watches and stops children. `say` prints one line; `environment` is what every child gets."""

    def __init__(self, say: Callable[[str], None], environment: Mapping[str, str]) -> None:
        self._say = say
        self._environment = dict(environment)
        self._children: list[Child] = []
        self._read_end, self._write_end = os.pipe()  # the write end is never inherited, so it dies with us

    def add(
        self, name: str, arguments: Sequence[str], *, descriptors: Sequence[int] = (), essential: bool = True
    ) -> Child:
        """Start a child. One that is not essential is given up when it keeps failing; the others go on."""
        child = Child(name, arguments, descriptors, essential=essential)
        self._children.append(child)
        self._start(child)
        return child

    def check(self, now: float) -> None:
        """Notice children that ended and restart those whose pause is over; `now` in monotonic seconds.

        Raises ChildFailed when an essential one failed at once three times in a row.
        """
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._ended(child, child.process.returncode, now)
            if child.resume_at is not None and now >= child.resume_at:
                self._start(child)

    def stop(self, name_prefix: str, seconds: float, forced: threading.Event) -> None:
        """Stop the children whose name starts so: ask, wait `seconds` (or until `forced`), then kill."""
        chosen = [child for child in self._children if child.name.startswith(name_prefix)]
        self._children = [child for child in self._children if child not in chosen]
        for child in chosen:
            _signal_group(child, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(child.running() for child in chosen) and time.monotonic() < deadline and not forced.is_set():
            time.sleep(0.02)
        for child in chosen:
            if child.running():
                _signal_group(child, signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _start(self, child: Child) -> None:
        child.resume_at = None
        child.started_at = time.monotonic()
        child.process = subprocess.Popen(
            [sys.executable, "-m", "tools.lifeline", str(self._read_end), *child.arguments],
            cwd=ROOT,
            env=self._environment,
            pass_fds=(self._read_end, *child.descriptors),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert child.process.stdout is not None
        threading.Thread(target=self._pass_on, args=(child, child.process.stdout), daemon=True).start()

    def _pass_on(self, child: Child, output: IO[str]) -> None:
        """Print what a child says under its name, and keep the end of it."""
        with output, suppress(ValueError, OSError):
            for line in output:
                child.last_words.append(line.rstrip())
                self._say(f"{child.name} | {line.rstrip()}")

    def _ended(self, child: Child, code: int, now: float) -> None:
        child.process = None
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        at_once = now - child.started_at < SHORT_LIFE_SECONDS and code not in (-signal.SIGKILL, -signal.SIGTERM)
        child.failures = child.failures + 1 if at_once else 0
        if child.failures >= FAILURES_ALLOWED:
            self._give_up(child, how)
            return
        pause = min(0.25 * 2**child.failures, LONGEST_PAUSE_SECONDS)
        child.resume_at = now + pause
        self._say(f"{child.name} {how}; starting it again in {pause:g} s")

    def _give_up(self, child: Child, how: str) -> None:
        time.sleep(0.1)  # its last words may still be on their way
        last = next((line for line in reversed(child.last_words) if line.strip()), "it said nothing")
        text = f"{child.name} {how} {child.failures} times in a row: {last}"
        if child.essential:
            raise ChildFailed(text)
        self._say(f"{text}; going on without it")


def _signal_group(child: Child, number: int) -> None:
    """Signal a child and whatever it started: it leads a process group of its own."""
    if child.process is not None and child.process.poll() is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)

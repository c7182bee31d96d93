"""Find the Chromium that browser tests and pictures drive; install Debian's when there is none.

Knows where browsers are and one package manager. Refuses to download a browser by itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
REMEDY = (
    "no Chromium found; install one (Debian: apt-get install chromium; macOS: brew install --cask chromium) "
    "or set CONCORD_CHROMIUM to its path"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--install`: put Debian's package on this machine if that is possible and needed."""
    parser.add_argument("--install", action="store_true", help="install Debian's package when none is found")


def run(args: argparse.Namespace) -> int:
    """Print the path; 2 when there is none."""
    found = find_chromium()
    if not found and args.install and _can_install():
        _install()
        found = find_chromium()
    print(found or f"concord: {REMEDY}", file=sys.stdout if found else sys.stderr, flush=True)
    return 0 if found else 2


def find_chromium() -> str:
    """Path of a Chromium: CONCORD_CHROMIUM, then the usual names; "" when there is none."""
    named = os.environ.get("CONCORD_CHROMIUM", "")
    if named:
        return shutil.which(named) or ""
    on_path = (shutil.which(name) for name in NAMES)
    return next((path for path in (*on_path, *PLACES) if path and os.access(path, os.X_OK)), "")


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> None:
    """Debian's package and one font, so that pages have letters. Failure shows in there being no Chromium."""
    print("No Chromium found; installing Debian's package", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    packages = ["chromium", "fonts-liberation"]
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *arguments], env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            print(done.stderr.strip()[-500:], file=sys.stderr, flush=True)


if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="python -m tools.chromium", description=__doc__)
    add_arguments(words)
    sys.exit(run(words.parse_args()))

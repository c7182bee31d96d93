"""`python -m tools SUBCOMMAND ...`: finds the subcommand's module, hands it its arguments, turns errors into one line.

Knows the contract of a subcommand: a module `tools.NAME` whose docstring's first line is its help, with
`add_arguments(parser)` and `run(args) -> int` (the exit status). Refuses to know what any of them does, and imports
one only when it is asked for, so that one that cannot start does not stop the others.

Exit status: what `run` returns; 2 for a wrong argument or a named error; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from domain.errors import ConcordError

STORE = ("check-store", "migrate", "backup", "restore", "deploy")
SUBCOMMANDS = ("region", "serve", "simulate", "people", "replay", "history", "archive", "verify", "screenshots", *STORE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit status (argparse itself exits with 2 on a wrong argument)."""
    words = list(sys.argv[1:] if argv is None else argv)
    present = [name for name in SUBCOMMANDS if find_spec(_module_name(name)) is not None]
    parser = argparse.ArgumentParser(prog="python -m tools", description="Concord's command line.")
    choices = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), "")
    runs = {}
    for name in present:
        sub = choices.add_parser(name, help=_first_line(name), description=_first_line(name))
        if name == asked:
            module = _module(name)
            module.add_arguments(sub)
            runs[name] = module.run
    try:
        args = parser.parse_args(words)
        return int(runs[args.subcommand](args))
    except ConcordError as error:
        print(f"concord: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe, say `head`, has gone; nothing is left to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _module(name: str) -> ModuleType:
    return importlib.import_module(_module_name(name))


def _module_name(name: str) -> str:
    return f"tools.{name.replace('-', '_')}"


def _first_line(name: str) -> str:
    """The help of a subcommand, read from its source without running it."""
    spec = find_spec(_module_name(name))
    if spec is None or spec.origin is None:
        return ""
    doc = ast.get_docstring(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))) or ""
    return doc.partition("\n")[0].replace("%", "%%")


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools` finds subcommands by name, and turns errors into one line and a status."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

import pytest

from domain.errors import BadRegion
from tools import __main__ as shell


def install(monkeypatch: pytest.MonkeyPatch, error: BaseException | None) -> None:
    """Put a module in the place of `tools.region` that ends as asked."""

    def run(args: argparse.Namespace) -> int:
        if error is not None:
            raise error
        return int(args.status)

    module = ModuleType("tools.region")
    module.run = run  # type: ignore[attr-defined]
    module.add_arguments = lambda parser: parser.add_argument("--status", default=0)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tools.region", module)
    monkeypatch.setattr(shell, "_first_line", lambda name: "help")
    monkeypatch.setattr(shell, "find_spec", lambda name: object())


def test_a_subcommand_s_status_is_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    assert shell.main(["region", "--status", "3"]) == 3


def test_a_named_error_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(monkeypatch, BadRegion("units.csv:3: no"))
    assert shell.main(["region"]) == 2
    assert capsys.readouterr().err == "concord: units.csv:3: no\n"


def test_ctrl_c_is_quiet_and_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    install(monkeypatch, KeyboardInterrupt())
    assert shell.main(["region"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_unforeseen_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        shell.main(["region"])


def test_help_names_the_subcommands_without_importing_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        shell.main(["--help"])
    assert stopped.value.code == 0
    assert "Check, build or import a region pack." in capsys.readouterr().out


def test_an_unknown_subcommand_is_a_wrong_argument() -> None:
    with pytest.raises(SystemExit) as stopped:
        shell.main(["nothing"])
    assert stopped.value.code == 2

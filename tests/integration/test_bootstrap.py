"""tools/bootstrap.py in a project of its own: old Pythons, first and second runs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

OLD = """
import runpy, sys
sys.version_info = (3, 9, 2)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def project(tmp_path: Path, project_root: Path) -> Path:
    """A project that needs no packages at all, so that nothing is fetched."""
    (tmp_path / "tools").mkdir()
    shutil.copy(project_root / "tools" / "bootstrap.py", tmp_path / "tools")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return tmp_path


def bootstrap(project: Path, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = [sys.executable, *before, str(project / "tools" / "bootstrap.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_any_python_3_can_read_it(project_root: Path) -> None:
    source = (project_root / "tools" / "bootstrap.py").read_text()
    tree = ast.parse(source, feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, newer)]


def test_a_python_that_is_too_old_gets_one_line_with_the_remedy(project: Path) -> None:
    run = bootstrap(project, "requirements.txt", before=("-c", OLD))
    assert run.returncode == 2
    assert run.stderr == "concord: Python 3.9 is too old; Concord needs 3.11 or newer: make run PYTHON=python3.11\n"
    assert run.stdout == ""
    assert not (project / ".venv").exists()


def test_the_second_run_installs_nothing_until_the_requirements_change(project: Path) -> None:
    first = bootstrap(project, "requirements-dev.txt", "-c", "import sys; print(sys.prefix)")
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines()[-1] == str(project / ".venv")
    began = time.monotonic()
    second = bootstrap(project, "requirements.txt", "-c", "print('ready')")
    assert second.stdout == "ready\n"  # the development requirements include it
    assert time.monotonic() - began < 2.0
    (project / "requirements.txt").write_text("# one line more\n")
    assert "Installing requirements-dev.txt" in bootstrap(project, "requirements-dev.txt").stdout


def test_what_it_runs_takes_its_place_and_gives_its_status(project: Path) -> None:
    run = bootstrap(project, "requirements.txt", "-c", "raise SystemExit(7)")
    assert run.returncode == 7


def test_a_failed_installation_is_one_line_and_is_tried_again(project: Path) -> None:
    (project / "requirements.txt").write_text("./no-such-folder\n")
    run = bootstrap(project, "requirements.txt", "-c", "print('never')")
    assert run.returncode == 2
    assert "never" not in run.stdout
    assert run.stderr.startswith("concord: pip could not install requirements.txt (all it said: .venv/pip.log). ERROR:")
    (project / "requirements.txt").write_text("")
    assert bootstrap(project, "requirements.txt", "-c", "print('now')").stdout.endswith("now\n")

"""A PostGIS of our own for a moment: Debian's package, a database in a temporary folder, gone afterwards.

Knows how to install, start and ask it. Refuses to touch a server that runs already. Questions are asked by
pgbench (prepared, one client, over a local socket), which is as near as a client gets to the server.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_QUESTION = """\\set x random({x0}, {x1})
\\set y random({y0}, {y1})
SELECT id FROM area WHERE ST_Intersects(shape, ST_SetSRID(ST_MakePoint(:x * 1e-7, :y * 1e-7), 4326));
"""


def find_postgis() -> Path | None:
    """The folder of the PostgreSQL programs whose PostGIS is installed."""
    for control in sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"), reverse=True):
        programs = Path("/usr/lib/postgresql") / control.parts[4] / "bin"
        if (programs / "initdb").exists() and shutil.which("pgbench", path=str(programs)):
            return programs
    return None


def install_postgis() -> None:
    """Install Debian 12's package; needs root. No cluster of the system's own is made or started."""
    keep_still = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    Path("/etc/postgresql-common").mkdir(exist_ok=True)
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.write_text("create_main_cluster = false\n")
    packages = ["postgresql-15", "postgresql-15-postgis-3"]
    command = ["apt-get", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    subprocess.run([*command, *packages], check=True, env=keep_still, stdout=subprocess.DEVNULL)


class PostGis:
    """A server in a temporary folder; use as a context manager."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="concord-postgis-"))
        self._data = self._folder / "data"

    def __enter__(self) -> PostGis:
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(self._folder, "postgres", "postgres")
        try:
            self._run("initdb", "-D", self._data, "-A", "trust", "--no-sync")
            settings = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c shared_buffers=256MB"
            self._run("pg_ctl", "-D", self._data, "-w", "-l", self._folder / "log", "-o", settings, "start")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._remove()

    def load(self, polygons: Sequence[str]) -> None:
        """Polygons as hexadecimal WKB, into a table with a GiST index."""
        rows = "".join(f"{number}\t{polygon}\n" for number, polygon in enumerate(polygons))
        self._psql("CREATE EXTENSION postgis; CREATE TABLE area (id int, shape geometry(Geometry, 4326));")
        self._psql(f"COPY area FROM STDIN;\n{rows}\\.\nCREATE INDEX ON area USING gist (shape);\nVACUUM ANALYZE area;")

    def ask_singly(self, low: Sequence[float], high: Sequence[float], count: int) -> list[float]:
        """Microseconds of each of many questions, at random places in a box, after as many that do not count."""
        script = self._folder / "question.sql"
        whole = [round(value * 1e7) for value in (*low, *high)]
        script.write_text(_QUESTION.format(x0=whole[0], y0=whole[1], x1=whole[2], y1=whole[3]))
        log = self._folder / "asked"
        self._run(
            *("pgbench", "-h", self._folder, "-n", "-M", "prepared", "-c", "1", "-t", str(2 * count)),
            *("-l", f"--log-prefix={log}", "-f", script, "postgres"),
        )
        (written,) = self._folder.glob("asked.*")
        spent = [float(line.split()[2]) for line in written.read_text().splitlines()]
        return spent[count:]

    def _psql(self, text: str) -> None:
        self._run("psql", "-h", self._folder, "-q", "-v", "ON_ERROR_STOP=1", "postgres", text=text)

    def _run(self, program: str, *arguments: str | Path, text: str = "") -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command, input=text, text=True, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        if done.returncode:
            raise SystemExit(f"{program}: {done.stderr.strip()}")

    def _remove(self) -> None:
        if (self._data / "postmaster.pid").exists():
            with contextlib.suppress(SystemExit):
                self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

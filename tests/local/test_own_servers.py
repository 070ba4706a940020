"""The servers of `./run`: data are kept, leftovers of a killed run do no harm, the socket is private."""

import stat

import psycopg
import pytest
import redis

from portal.local import postgres as postgres_file
from portal.local.home import CannotStart, Home
from portal.local.postgres import Postgres
from portal.local.redis import Redis


def test_postgres_keeps_its_data_over_a_restart(folder):
    server = Postgres(folder / "postgres", is_durable=False)
    server.start()
    server.create("portal")
    with psycopg.connect(server.conninfo("portal")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    server.stop()
    assert not (folder / "postgres" / "sockets").exists()
    server.start()
    server.create("portal")  # it is there already
    with psycopg.connect(server.conninfo("portal")) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)
    server.stop()


def test_postgres_starts_where_a_killed_run_left_one_running(folder):
    left = Postgres(folder / "postgres", is_durable=False)
    left.start()
    forgotten = left.sockets
    server = Postgres(folder / "postgres", is_durable=False)
    server.start()
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not forgotten.exists()
    server.stop()


def test_postgres_has_no_port_and_a_private_socket(folder):
    server = Postgres(folder / "postgres", is_durable=False)
    server.start()
    assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    server.stop()


def test_data_of_a_version_that_is_not_here_are_left_alone(folder):
    server = Postgres(folder / "postgres", is_durable=False)
    (server.data / "global").mkdir(parents=True)
    (server.data / "global" / "pg_control").touch()
    (server.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match=r"need PostgreSQL 9.*install postgresql-9"):
        server.start()
    assert (server.data / "PG_VERSION").exists()


def test_an_initdb_that_was_cut_short_is_done_again(folder):
    server = Postgres(folder / "postgres", is_durable=False)
    server.data.mkdir(parents=True)
    (server.data / "half").touch()
    server.start()
    assert not (server.data / "half").exists()
    server.stop()


def test_without_any_postgres_one_sentence_says_so(folder, monkeypatch):
    monkeypatch.setattr(postgres_file, "_embedded", list)
    monkeypatch.setattr(postgres_file, "_of_the_system", list)
    with pytest.raises(CannotStart, match="install the package postgresql, or set DATABASE_URL"):
        Postgres(folder / "postgres").start()


def test_redis_keeps_what_was_written_over_a_restart(tmp_path):
    server = Redis(tmp_path / "redis")
    server.start()
    with redis.Redis.from_url(server.url) as client:
        client.set("word", "kept")
    server.stop()
    server.start()
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert client.get("word") == "kept"
        assert client.config_get("port")["port"] == "0"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    server.stop()


def test_redis_ends_the_server_that_a_killed_run_left(tmp_path):
    left = Redis(tmp_path / "redis")
    left.start()
    server = Redis(tmp_path / "redis")
    server.start()
    assert left._process.wait(10) == 0
    left.stop()
    server.stop()


def test_a_data_folder_has_one_holder(tmp_path):
    first = Home(tmp_path / "var")
    first.hold()
    second = Home(tmp_path / "var")
    with pytest.raises(CannotStart, match="already runs from this folder"):
        second.hold()
    first.let_go()
    second.hold()
    second.let_go()


def test_secrets_are_made_once_and_are_private(tmp_path):
    home = Home(tmp_path)
    made = home.secrets()
    assert home.secrets() == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert made["PAYSTACK_SECRET_KEY"].startswith("sk_test_")


def test_a_fresh_home_forgets_all_but_its_lock(tmp_path):
    home = Home(tmp_path / "var")
    home.hold()
    former = home.secrets()
    (home.path / "mails").mkdir()
    home.empty()
    assert [path.name for path in home.path.iterdir()] == ["lock"]
    assert home.secrets() != former
    home.let_go()

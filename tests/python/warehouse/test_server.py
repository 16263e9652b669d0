"""The embedded server and the ways to an external one, through the command line."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from tests.kit import until
from warehouse.binaries import find_bin_dir
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError
from warehouse.server import EmbeddedServer, postmaster_pid

BINARIES = {
    "wheel 18": find_bin_dir(),
    "wheel 16": find_bin_dir().parents[1] / "pginstall" / "bin",
    "debian 15": Path("/usr/lib/postgresql/15/bin"),
}
INSTALLED = [name for name, folder in BINARIES.items() if (folder / "postgres").exists()]


@dataclass
class Warehouse:
    """``python -m warehouse`` with a state folder and variables of its own."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def popen(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "warehouse", *arguments],
            cwd=PROJECT_ROOT,
            env=os.environ | {"WAREHOUSE_HOME": str(self.home)} | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        process = self.popen(*arguments)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def refused(self, *arguments: str) -> str:
        """The one sentence of a command that must fail."""
        done = self(*arguments)
        assert done.returncode == 1, done
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with connect(Settings.embedded(self.home)) as conn:
            return conn.execute(query.encode()).fetchall()


@pytest.fixture
def warehouse(server_folder: Path) -> Iterator[Warehouse]:
    folder = Path(tempfile.mkdtemp(dir=server_folder))
    folder.chmod(0o711)
    yield Warehouse(folder / "pg")
    EmbeddedServer(folder / "pg").destroy()


@pytest.mark.parametrize("name", INSTALLED)
def test_whole_life(name: str, warehouse: Warehouse) -> None:
    """Start, use, stop, start again, destroy, with each PostgreSQL there is."""
    warehouse.environment["PG_BIN"] = str(BINARIES[name])
    assert warehouse("status").returncode == 3
    assert "There is no embedded server in" in warehouse.refused("env")
    started = warehouse("start")
    assert started.returncode == 0, started.stderr
    status = warehouse("status")
    assert status.returncode == 0
    assert status.stdout.startswith("running: warehouse_owner@127.0.0.1:")
    assert warehouse.ask("select current_setting('server_version_num')::int / 10000") == [
        (int(name.split()[1]),)
    ]
    assert warehouse("psql", "-Atqc", "create table gold.kept as select 1 as n").returncode == 0
    pid = postmaster_pid(warehouse.home / "data")
    assert warehouse("start").returncode == 0
    assert postmaster_pid(warehouse.home / "data") == pid
    assert warehouse("stop").stdout == "stopped\n"
    assert warehouse("status").returncode == 3
    assert warehouse("stop").stdout == "was not running\n"
    assert warehouse("psql", "-Atc", "select n from gold.kept").stdout == "1\n"  # starts it
    assert "add --yes" in warehouse.refused("destroy")
    assert warehouse("destroy", "--yes").returncode == 0
    assert not warehouse.home.exists()


def test_prepared_as_agreed(embedded_server: EmbeddedServer) -> None:
    settings = embedded_server.settings()
    with connect(settings) as conn:

        def one(query: str) -> object:
            row = conn.execute(query.encode()).fetchone()
            return row and row[0]

        assert (
            one(
                "select string_agg(nspname, ' ' order by nspname) from pg_namespace"
                " where pg_get_userbyid(nspowner) = 'warehouse_owner'"
            )
            == "bronze curated dst gold silver"
        )
        assert one("show search_path") == "dst, curated, gold, public"
        assert one("show timezone") == "UTC"
        assert one("show parallel_tuple_cost") == "0.001"
        assert one("show jit") == "off"
        assert (one("show fsync"), one("show synchronous_commit")) == ("off", "on")
        assert one("show wal_level") == "minimal"
        assert one("show listen_addresses") == "127.0.0.1"
        assert one("select usesuper from pg_user where usename = current_user") is False
        assert one("select rolcanlogin from pg_roles where rolname = 'bi_reader'") is True
        assert one("select has_schema_privilege('bi_reader', 'gold', 'usage')") is True
        assert one("select has_schema_privilege('bi_reader', 'silver', 'usage')") is False
        assert one("select lower('ÄÉ') = 'äé' and 'Z' < 'a' collate \"default\"") is True
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(
            host=settings.host, port=settings.port, user=settings.user, dbname=settings.dbname
        )


def test_files_are_private(embedded_server: EmbeddedServer) -> None:
    home = embedded_server.home
    assert home.stat().st_mode & 0o777 == 0o700
    for name in ("password", "superuser_password"):
        assert (home / name).stat().st_mode & 0o777 == 0o600


def test_env_is_for_a_shell(warehouse: Warehouse) -> None:
    warehouse("start")
    shell = 'eval "$1"; printf "%s\\n" "$DB_HOST" "$DB_PORT" "$DB_USER" "$DB_PASSWORD" "$DB_NAME"'
    printed = warehouse("env").stdout
    done = subprocess.run(
        ["sh", "-c", shell, "sh", printed], capture_output=True, text=True, check=True
    )
    settings = Settings.embedded(warehouse.home)
    host, port, user, password, dbname = done.stdout.splitlines()
    with psycopg.connect(host=host, port=port, user=user, password=password, dbname=dbname):
        assert (port, password) == (str(settings.port), settings.password)
    # A shell that has evaluated these lines still commands the embedded server.
    exports = dict(line[7:].split("=", 1) for line in printed.splitlines())
    warehouse.environment |= {name: shlex.split(value)[0] for name, value in exports.items()}
    assert warehouse("stop").stdout == "stopped\n"


def test_passwords_are_shell_quoted(warehouse: Warehouse) -> None:
    nasty = "a'b\"c $(exit 3);`d`"
    warehouse.environment |= {"DB_HOST": "example", "DB_PASSWORD": nasty}
    script = warehouse("env").stdout + 'printf %s "$DB_PASSWORD"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == nasty


def test_survives_the_group_that_started_it(warehouse: Warehouse) -> None:
    command = shlex.join([sys.executable, "-m", "warehouse", "start"])
    starter = subprocess.Popen(
        ["sh", "-c", f"{command}; sleep 60"],
        cwd=PROJECT_ROOT,
        env=os.environ | {"WAREHOUSE_HOME": str(warehouse.home)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert starter.stdout is not None
    assert starter.stdout.readline().startswith("PostgreSQL runs")
    os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    assert warehouse.ask("select 1") == [(1,)]


def test_killed_postmaster_loses_nothing_committed(warehouse: Warehouse) -> None:
    warehouse("start")
    settings = Settings.embedded(warehouse.home)
    with connect(settings) as conn:
        conn.execute("create table gold.kept as select generate_series(1, 100000) as n")
    busy = psycopg.connect(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password,
        dbname=settings.dbname,
    )
    busy.execute("insert into gold.kept values (-1)")  # open when the server dies
    pid = postmaster_pid(warehouse.home / "data")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: postmaster_pid(warehouse.home / "data") is None)
    assert (warehouse.home / "data" / "postmaster.pid").exists()
    assert warehouse("status").returncode == 3
    done = warehouse("start")
    assert done.returncode == 0, done.stderr
    assert warehouse.ask("select count(*), min(n) from gold.kept") == [(100000, 1)]
    busy.close()


def test_stranger_with_the_number_of_a_dead_server(warehouse: Warehouse) -> None:
    """A pid file left by a crash whose number now belongs to another process (here: this test)."""
    warehouse("start")
    warehouse("stop")
    pid_file = warehouse.home / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{warehouse.home / 'data'}\n0\n55400\n\n127.0.0.1\n0 0\n")
    if os.geteuid() == 0:
        shutil.chown(pid_file, (warehouse.home / "data").stat().st_uid)
    assert warehouse("status").returncode == 3
    done = warehouse("start")
    assert done.returncode == 0, done.stderr
    assert warehouse.ask("select 1") == [(1,)]


def test_eight_starts_make_one_server(warehouse: Warehouse) -> None:
    starts = [warehouse.popen("start") for _ in range(8)]
    said = [process.communicate(timeout=90) for process in starts]
    assert [process.returncode for process in starts] == [0] * 8, said
    assert len({out for out, _ in said}) == 1
    assert sum("Creating" in err for _, err in said) == 1
    running = [
        argv
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and (argv := _argv(entry))
        if Path(argv[0]).name == "postgres" and str(warehouse.home / "data") in argv
    ]
    assert len(running) == 1


def test_taken_port_gives_the_next(warehouse: Warehouse) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        warehouse.environment["PG_PORT"] = str(port)
        done = warehouse("start")
        assert done.returncode == 0, done.stderr
        assert f"Port {port} is taken" in done.stderr
        moved = Settings.embedded(warehouse.home).port
        assert port < moved < port + 200
        assert warehouse.ask("show port") == [(str(moved),)]
        warehouse("stop")
    del warehouse.environment["PG_PORT"]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PG_PORT", raising=False)
        warehouse("start")
    assert Settings.embedded(warehouse.home).port == moved  # it stays where it went


def test_data_of_another_version(warehouse: Warehouse) -> None:
    warehouse.environment["PG_BIN"] = str(BINARIES["wheel 16"])
    warehouse("start")
    warehouse("stop")
    warehouse.environment["PG_BIN"] = str(BINARIES["wheel 18"])
    assert "was made by PostgreSQL 16, but" in warehouse.refused("start")


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PG_BIN": "/nonexistent"}, "PG_BIN=/nonexistent holds no PostgreSQL server"),
        ({"PG_PORT": "many"}, "PG_PORT='many' is not a port"),
        ({"DB_HOST": "127.0.0.1", "DB_PORT": "0"}, "DB_PORT='0' is not a port"),
    ],
)
def test_unusable_variables(warehouse: Warehouse, variables: dict[str, str], sentence: str) -> None:
    warehouse.environment |= variables
    assert sentence in warehouse.refused("start")


def test_a_folder_of_someone_else_is_left_alone(warehouse: Warehouse) -> None:
    warehouse.home.mkdir(mode=0o755)
    (warehouse.home / "thesis.txt").write_text("x")
    assert "is not empty and holds no embedded server" in warehouse.refused("start")
    assert warehouse.home.stat().st_mode & 0o777 == 0o755
    (warehouse.home / "thesis.txt").unlink()


def test_destroy_deletes_only_its_own(warehouse: Warehouse) -> None:
    warehouse("start")
    (warehouse.home / "thesis.txt").write_text("x")
    assert warehouse("destroy", "--yes").returncode == 0
    assert [path.name for path in warehouse.home.iterdir()] == ["thesis.txt"]
    (warehouse.home / "thesis.txt").unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root meets this")
def test_root_where_no_account_can_go(warehouse: Warehouse) -> None:
    """A folder closed to all others: in a user namespace, or a sentence where there is none."""
    warehouse.home.parent.chmod(0o700)
    namespace = subprocess.run(
        ["unshare", "-U", f"--map-user={pwd.getpwnam('nobody').pw_uid}", "true"], check=False
    )
    if namespace.returncode == 0:
        done = warehouse("start")
        assert done.returncode == 0, done.stderr
        assert (warehouse.home / "data").stat().st_uid == 0
        assert warehouse.ask("select 1") == [(1,)]
        assert warehouse("stop").stdout == "stopped\n"
    warehouse.environment["PATH"] = "/nonexistent"  # no unshare
    if namespace.returncode == 0:
        warehouse("destroy", "--yes")
    assert "PostgreSQL refuses to run as root" in warehouse.refused("start")
    assert warehouse.home.parent.stat().st_mode & 0o777 == 0o700


# -- a server of one's own -------------------------------------------------------------------------


@pytest.fixture
def external(warehouse: Warehouse, database: Settings) -> Warehouse:
    """The shared server, as if it were someone else's."""
    warehouse.environment |= database.environment() | {"WAREHOUSE_EMBEDDED": ""}
    return warehouse


def test_external_server_is_prepared_not_managed(
    external: Warehouse, database: Settings, admin: Settings
) -> None:
    with connect(database) as conn:
        conn.execute("drop schema gold")
    done = external("start")
    assert done.returncode == 0, done.stderr
    assert "external, not started by us" in done.stdout
    with connect(database) as conn:
        assert conn.execute("select to_regnamespace('gold')::text").fetchone() == ("gold",)
    assert external("status").returncode == 0
    assert "not ours to stop" in external.refused("stop")
    assert "not ours to destroy" in external.refused("destroy", "--yes")
    assert external("psql", "-Atc", "select current_database()").stdout == f"{database.dbname}\n"
    assert not external.home.exists()


def test_dotenv_leads_to_a_server_and_the_environment_wins(
    warehouse: Warehouse, database: Settings, tmp_path: Path
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "".join(f"{name}='{value}'\n" for name, value in database.environment().items())
        + "WAREHOUSE_EMBEDDED=\n"
    )
    warehouse.environment["WAREHOUSE_ENV_FILE"] = str(dotenv)
    query = ("psql", "-Atc", "select current_database()")
    assert warehouse(*query).stdout == f"{database.dbname}\n"
    warehouse.environment["DB_NAME"] = "financial_analytics"
    assert warehouse(*query).stdout == "financial_analytics\n"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"DB_PASSWORD": "s3cret-wrong"}, "refuses the password of user warehouse_owner"),
        ({"DB_USER": "nobody_here"}, "refuses the password of user nobody_here"),
        ({"DB_NAME": "nowhere"}, "has no database 'nowhere'"),
        ({"DB_PORT": "1"}, "The server 127.0.0.1:1 cannot be reached"),
    ],
)
def test_no_way_in_is_one_sentence(
    external: Warehouse, database: Settings, wrong: dict[str, str], sentence: str
) -> None:
    external.environment |= wrong
    said = external.refused("start")
    assert sentence in said
    assert "s3cret" not in said and database.password not in said
    assert external("status").returncode == 3


def test_roles_that_may_not_be_created(
    embedded_server: EmbeddedServer, admin: Settings, database: Settings, external: Warehouse
) -> None:
    """bi_reader is there: go on. A schema is missing and may not be created: say which and how."""
    with connect(admin, autocommit=True) as conn:
        conn.execute("create role plain login password 'plain'")
    try:
        external.environment |= {"DB_USER": "plain", "DB_PASSWORD": "plain"}
        done = external("start")
        assert done.returncode == 0, done.stderr
        assert "User plain may not set the database's time zone" in done.stderr
        with connect(database) as conn:
            conn.execute("drop schema gold")
        assert "grant create on database" in external.refused("start")
    finally:
        with connect(admin, autocommit=True) as conn:
            conn.execute("drop role plain")


def test_reader_logs_in_once_it_has_a_password(
    warehouse: Warehouse, request: pytest.FixtureRequest
) -> None:
    warehouse.environment["BI_READER_PASSWORD"] = "it's"
    warehouse("start")
    reader = replace(Settings.embedded(warehouse.home), user="bi_reader", password="it's")
    with connect(reader) as conn:
        assert conn.execute("select current_user").fetchone() == ("bi_reader",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("create table gold.mine ()")


def test_reader_of_the_embedded_server_needs_no_setting(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password is made up and kept in the server's folder, for its owner only."""
    warehouse("start")
    file = warehouse.home / "bi_reader_password"
    assert file.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("WAREHOUSE_HOME", str(warehouse.home))
    for name in ("DB_HOST", "BI_READER_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAREHOUSE_ENV_FILE", str(warehouse.home / "no.env"))
    with connect(Settings.reader()) as conn:
        assert conn.execute("select current_user").fetchone() == ("bi_reader",)
    monkeypatch.setenv("BI_READER_PASSWORD", "another")
    with pytest.raises(WarehouseError, match="set BI_READER_PASSWORD in"):
        connect(Settings.reader())


def test_the_password_is_not_shown() -> None:
    settings = Settings("h", 1, "u", "s3cret", "d", "environment")
    assert "s3cret" not in repr(settings) + str(settings) + settings.address


@pytest.mark.parametrize("command", ["start", "stop", "status", "env", "psql", "destroy", "load"])
def test_help(warehouse: Warehouse, command: str) -> None:
    done = warehouse(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: python -m warehouse {command}")


def _argv(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")
    except OSError:
        return []

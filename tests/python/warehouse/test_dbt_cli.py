"""What stands before dbt: the connection it is given, and its packages with and without a hub."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.kit import until
from warehouse import dbt_cli, locks, packages
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The code under test writes to ``os.environ`` itself."""
    before = dict(os.environ)
    monkeypatch.chdir(PROJECT_ROOT / "models")
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The environments in which dbt was called."""
    seen: list[dict[str, str]] = []
    monkeypatch.setattr("dbt.cli.main.cli", lambda: seen.append(dict(os.environ)))
    monkeypatch.setattr(packages, "ensure", lambda: None)
    return seen


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dbt", *arguments])
    return dbt_cli.main()


def test_dbt_is_led_to_a_server_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, handed_over: list[dict[str, str]], database: Settings
) -> None:
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WAREHOUSE_EMBEDDED")
    monkeypatch.delenv("DB_USER")
    assert run(monkeypatch, "build") == 0
    (seen,) = handed_over
    assert seen["DB_NAME"] == database.dbname
    assert seen["DB_USER"] == "warehouse_owner"
    assert seen["DBT_PROFILES_DIR"] == seen["DBT_PROJECT_DIR"] == str(PROJECT_ROOT)


def test_dbt_starts_the_embedded_server(
    monkeypatch: pytest.MonkeyPatch, handed_over: list[dict[str, str]], server_folder: Path
) -> None:
    home = server_folder / "dbt"
    monkeypatch.setenv("WAREHOUSE_HOME", str(home))
    assert run(monkeypatch, "--version") == 0
    assert not home.exists()
    assert run(monkeypatch, "build") == 0
    try:
        settings = Settings.embedded(home)
        assert handed_over[1]["DB_PASSWORD"] == settings.password
        assert handed_over[1]["DB_PORT"] == str(settings.port)
    finally:
        dbt_cli.server.EmbeddedServer(home).destroy()


def test_a_server_that_is_down_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    handed_over: list[dict[str, str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("warehouse.db.RETRY_SECONDS", ())
    monkeypatch.setenv("DB_HOST", "127.0.0.1")
    monkeypatch.setenv("DB_PORT", "1")
    assert run(monkeypatch, "build") == 1
    assert handed_over == []
    said = capsys.readouterr().err
    assert said.startswith("error: The server 127.0.0.1:1 cannot be reached")
    assert said.count("\n") == 1


def on_path(settings: Settings, prefix: str) -> dict[str, str]:
    """The variables that lead to a database."""
    return {
        f"{prefix}{name.removeprefix('DB_')}": value
        for name, value in settings.environment().items()
        if name.startswith("DB_")
    }


@pytest.mark.parametrize("how", [("--target", "prod"), ("--target=prod",), ("-t", "prod"), ()])
def test_prod_without_its_variables_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    handed_over: list[dict[str, str]],
    capsys: pytest.CaptureFixture[str],
    how: tuple[str, ...],
) -> None:
    if not how:
        monkeypatch.setenv("DBT_TARGET", "prod")
    assert run(monkeypatch, "build", *how) == 1
    assert handed_over == []
    said = capsys.readouterr().err
    assert said.startswith("error: The target prod needs PROD_DB_HOST and PROD_DB_USER (and PROD_")
    assert said.count("\n") == 1


def test_prod_is_reached_by_its_own_variables(
    monkeypatch: pytest.MonkeyPatch,
    handed_over: list[dict[str, str]],
    database: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not by DB_*, and no embedded server is started for it."""
    monkeypatch.setenv("DB_HOST", "nowhere.invalid")
    for name, value in on_path(database, "PROD_DB_").items():
        monkeypatch.setenv(name, value)
    assert run(monkeypatch, "build", "--target", "prod") == 0
    assert len(handed_over) == 1
    monkeypatch.setenv("PROD_DB_PASSWORD", "wrong")
    assert run(monkeypatch, "build", "--target", "prod") == 1
    assert "correct PROD_DB_USER and PROD_DB_PASSWORD" in capsys.readouterr().err
    assert run(monkeypatch, "parse", "--target", "prod") == 0


# -- one build at a time -------------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database: Settings) -> None:
    """Leads to the test's own database."""
    for name, value in on_path(database, "DB_").items():
        monkeypatch.setenv(name, value)


def holders(database: Settings) -> list[tuple[bool]]:
    with connect(database) as conn:
        return conn.execute(
            "select granted from pg_locks where locktype = 'advisory' and objid = %s"
            " and database = (select oid from pg_database where datname = current_database())",
            (locks.BUILD % 2**32,),
        ).fetchall()


@pytest.mark.parametrize("command", ["build", "run", "seed", "snapshot", "retry"])
@pytest.mark.usefixtures("environment")
def test_a_build_holds_the_lock_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, database: Settings, command: str
) -> None:
    seen = []
    monkeypatch.setattr(packages, "ensure", lambda: None)
    monkeypatch.setattr("dbt.cli.main.cli", lambda: seen.append(holders(database)))
    assert run(monkeypatch, "--no-use-colors", command, "--select", "test") == 0
    assert seen == [[(True,)]]
    until(lambda: holders(database) == [])  # the server notices a moment later that it has gone


@pytest.mark.parametrize("command", ["test", "compile", "docs", "show", "parse", "ls"])
@pytest.mark.usefixtures("environment")
def test_what_does_not_build_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, handed_over: list[dict[str, str]], database: Settings,
    command: str,
) -> None:  # fmt: skip
    with dbt_cli.building(database):
        assert run(monkeypatch, command) == 0
    assert len(handed_over) == 1


@pytest.mark.usefixtures("environment")
def test_a_second_build_waits_for_the_first(
    monkeypatch: pytest.MonkeyPatch, handed_over: list[dict[str, str]], database: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("INFO")
    with ThreadPoolExecutor(1) as thread:
        with dbt_cli.building(database):
            second = thread.submit(run, monkeypatch, "build")
            until(lambda: (False,) in holders(database))
            assert handed_over == []
        assert second.result(20) == 0
    assert len(handed_over) == 1
    assert f"Another dbt build is at work on {database.address}, waiting for it." in caplog.messages


def test_a_killed_build_lets_go(database: Settings) -> None:
    program = (
        "import time; from warehouse.config import Settings; from warehouse.dbt_cli import building"
        "\nwith building(Settings.load()): time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | on_path(database, "DB_"),
        cwd=PROJECT_ROOT,
    )
    until(lambda: holders(database) == [(True,)])
    process.kill()
    process.wait()
    until(lambda: holders(database) == [])


def test_outside_the_project_dbt_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, handed_over: list[dict[str, str]], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DB_HOST", "nowhere.invalid")
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    assert run(monkeypatch, "build") == 0
    assert "DBT_PROFILES_DIR" not in handed_over[0]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a stand-in of one file."""
    folder = tmp_path / "packages" / "dbt_utils"
    folder.mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: dbt_utils\n")
    monkeypatch.setattr(packages, "STAND_IN", folder)
    monkeypatch.setattr(packages, "INSTALLED", tmp_path / "dbt_packages" / "dbt_utils")
    monkeypatch.setattr(packages, "_SECONDS", 0.5)
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", "http://127.0.0.1:1/")
    return folder


def test_without_a_hub_the_stand_in_is_copied_and_kept_up_to_date(stand_in: Path) -> None:
    packages.ensure()
    assert (packages.INSTALLED / "dbt_project.yml").read_text() == "name: dbt_utils\n"
    (stand_in / "new.sql").write_text("select 1")
    packages.ensure()
    assert (packages.INSTALLED / "new.sql").read_text() == "select 1"
    (stand_in / "new.sql").unlink()
    packages.ensure()
    assert not (packages.INSTALLED / "new.sql").exists()


def test_a_package_of_the_hub_is_not_replaced(stand_in: Path) -> None:
    packages.INSTALLED.mkdir(parents=True)
    (packages.INSTALLED / "dbt_project.yml").write_text("name: the real one\n")
    packages.ensure()
    assert (packages.INSTALLED / "dbt_project.yml").read_text() == "name: the real one\n"


def test_deps_typed_by_hand_without_a_hub(
    monkeypatch: pytest.MonkeyPatch, stand_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "deps") == 0
    assert (packages.INSTALLED / "dbt_project.yml").exists()


def test_neither_hub_nor_stand_in(
    monkeypatch: pytest.MonkeyPatch, stand_in: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stand_in / "dbt_project.yml").unlink()
    assert run(monkeypatch, "deps") == 1
    assert capsys.readouterr().err.startswith("error: The dbt hub does not answer and")


class _Hub(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(("status", "answers"), [(200, True), (403, False)])
def test_the_hub_is_asked(monkeypatch: pytest.MonkeyPatch, status: int, answers: bool) -> None:
    handler = type("Hub", (_Hub,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", f"http://127.0.0.1:{hub.server_port}/")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert packages.hub_answers() is answers
        hub.shutdown()


def test_a_silent_hub_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert packages.hub_answers() is False

"""What stands before dbt: the connection it is given, and its packages with and without a hub."""

from __future__ import annotations

import http.server
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from warehouse import dbt_cli, packages
from warehouse.config import PROJECT_ROOT, Settings


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

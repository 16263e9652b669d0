"""What is spared dbt: connections, messages that nobody hears, and reading the project again."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from dbt import flags
from dbt.adapters.base.connections import BaseConnectionManager
from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from dbt.context.macros import MacroNamespace
from dbt.events.logging import setup_event_logger
from dbt.events.types import MainReportVersion
from dbt.parser import manifest as parser
from dbt.parser.manifest import ManifestLoader
from dbt.task import runnable
from dbt_common.clients import agate_helper
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.clients.jinja import MacroFuzzEnvironment, get_environment
from dbt_common.events import event_manager
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import cleanup_event_logger
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

from warehouse import dbt_spared
from warehouse.config import Settings


@pytest.fixture(autouse=True)
def spared() -> None:
    """As in a process of dbt."""
    dbt_spared.spare()


@pytest.fixture
def manager(database: Settings) -> BaseConnectionManager:
    """dbt's connections, with the one of this thread open."""
    profile: Any = SimpleNamespace(credentials=None)
    found = PostgresConnectionManager(profile, get_context("spawn"))
    handle = psycopg2.connect(
        host=database.host, port=database.port, user=database.user,
        password=database.password, dbname=database.dbname,
    )  # fmt: skip
    connection = Connection(
        type="postgres", name="a node", state=ConnectionState.OPEN, transaction_open=True,
        handle=handle, credentials=None,
    )  # fmt: skip
    found.set_thread_connection(connection)
    return found


def ask(manager: BaseConnectionManager, statement: str) -> Any:
    with manager.get_thread_connection().handle.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def test_a_connection_outlives_its_node_and_nothing_else_does(
    manager: BaseConnectionManager,
) -> None:
    session = ask(manager, "select pg_backend_pid()")
    ask(manager, "create temporary table left_over as select 1 as a")
    manager.get_thread_connection().handle.commit()
    ask(manager, "create table public.not_committed as select 1 as a")

    manager.release()
    manager.set_connection_name("the next node")

    assert ask(manager, "select pg_backend_pid()") == session
    assert ask(manager, "select to_regclass('pg_temp.left_over')") is None
    assert ask(manager, "select to_regclass('public.not_committed')") is None
    assert not manager.get_thread_connection().transaction_open
    manager.cleanup_all()


def test_a_failed_node_leaves_no_failed_transaction(manager: BaseConnectionManager) -> None:
    with pytest.raises(psycopg2.Error):
        ask(manager, "select 1 / 0")
    manager.release()
    assert ask(manager, "select 1") == 1
    manager.cleanup_all()


def test_a_lost_connection_is_not_kept(manager: BaseConnectionManager) -> None:
    connection = manager.get_thread_connection()
    connection.handle.close()
    manager.release()
    assert connection.state == ConnectionState.CLOSED


@pytest.mark.parametrize(
    ("logged", "is_called_back", "heard"),
    [
        (EventLevel.DEBUG, False, ["debug", "info"]),
        (EventLevel.INFO, False, ["info"]),
        (EventLevel.INFO, True, ["debug", "info"]),
    ],
)
def test_what_somebody_hears_is_said(
    logged: EventLevel, is_called_back: bool, heard: list[str]
) -> None:
    manager = EventManager()
    said: list[str] = []

    def take(message: Any) -> None:
        said.append(message.info.level)

    logger: Any = SimpleNamespace(
        level=logged, filter=lambda _: not is_called_back, write_line=take
    )
    manager.loggers.append(logger)
    if is_called_back:
        manager.callbacks.append(take)
    manager.fire_event(Note(msg="a detail"), EventLevel.DEBUG)
    manager.fire_event(MainReportVersion(version="1"))
    assert said == heard


@pytest.mark.parametrize("listened_for", [None, "AnotherEvent", "Note"])
def test_what_dbt_sets_up_hears_no_detail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listened_for: str | None
) -> None:
    """dbt has a callback of its own; ours are for messages of one name."""
    built: list[str] = []
    build = event_manager.msg_from_base_event

    def recorded(event: Any, *rest: Any, **options: Any) -> Any:
        built.append(type(event).__name__)
        return build(event, *rest, **options)

    monkeypatch.setattr(event_manager, "msg_from_base_event", recorded)
    heard: list[str] = []
    ours = dbt_spared.Listener(listened_for or "", lambda message: heard.append(message.info.name))
    flags = SimpleNamespace(
        LOG_PATH=str(tmp_path), LOG_LEVEL="info", LOG_LEVEL_FILE="info", LOG_FORMAT="text",
        LOG_FORMAT_FILE="text", LOG_FILE_MAX_BYTES=0, LOG_CACHE_EVENTS=False, USE_COLORS=False,
        USE_COLORS_FILE=False, QUIET=True, DEBUG=False,
    )  # fmt: skip
    setup_event_logger(flags, [ours] if listened_for else [])
    try:
        fire_event(Note(msg="a detail"), EventLevel.DEBUG)
        fire_event(MainReportVersion(version="1"))
    finally:
        cleanup_event_logger()
    details = ["Note"] if listened_for == "Note" else []
    assert built == [*details, "MainReportVersion"]
    assert heard == details


def test_an_answer_has_the_types_of_its_own_columns() -> None:
    """Also when one with columns of the same names came before."""
    rows: list[dict[str, Any]] = [{"a": "007", "b": 7}, {"a": 7, "b": "007"}, {"a": 1, "b": 2}]
    for row in (*rows, *rows):
        table = table_from_data_flat([row], ["a", "b"])
        assert [value for answer in table.rows for value in answer] == [*row.values()]
    assert agate_helper.build_type_tester({"a"}) is agate_helper.build_type_tester(["a"])


def connection_known_by(**other: Any) -> Any:
    """What dbt compares to see whether the project must be read anew."""
    settings: dict[str, Any] = {
        "host": "127.0.0.1", "port": 5432, "user": "a", "password": "b", "database": "c",
        "schema": "public",
    }  # fmt: skip
    project = SimpleNamespace(
        cli_vars={}, args=SimpleNamespace(profile=None, target=None), project_env_vars={},
        credentials=PostgresCredentials(**settings | other),
    )  # fmt: skip
    loader: Any = SimpleNamespace(root_project=project, all_projects={})
    return ManifestLoader.build_manifest_state_check(loader).profile_hash


def test_another_port_is_no_other_project() -> None:
    assert connection_known_by(port=5433) == connection_known_by()
    for other in ({"host": "elsewhere"}, {"database": "d"}, {"user": "e"}):
        assert connection_known_by(**other) != connection_known_by()


@pytest.mark.parametrize("command", ["build", "test", "parse"])
def test_the_manifest_is_written_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """By what runs at its end, by what only reads the project when it is read."""
    written: list[str] = []
    project: Any = SimpleNamespace(write=written.append)
    monkeypatch.setattr(parser, "write_semantic_manifest", lambda **_: None)
    monkeypatch.setattr(flags, "GLOBAL_FLAGS", SimpleNamespace(WHICH=command))
    parser.write_manifest(project, str(tmp_path))
    if command != "parse":
        assert written == []
        runnable.write_manifest(project, str(tmp_path))
    assert written == [str(tmp_path / "manifest.json")]


def test_a_message_is_written_down_when_it_is_read() -> None:
    message = Note(msg=7)
    assert "pb_msg" not in vars(message)
    message.msg = "changed"
    assert (message.msg, message.to_dict()) == ("changed", {"msg": "changed"})


def test_a_template_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    generate = MacroFuzzEnvironment._generate

    def recorded(environment: Any, source: Any, *rest: Any, **options: Any) -> Any:
        compiled.append(type(environment).__name__)
        return generate(environment, source, *rest, **options)

    monkeypatch.setattr(MacroFuzzEnvironment, "_generate", recorded)
    text = f"{{{{ 42 | as_native }}}}{{# {uuid4()} #}}"  # nobody has had this one before
    other: Any = f"{text} "
    for is_native, source, rendered in [
        (False, text, "42"),
        (True, text, 42),
        (False, other, "42 "),
    ]:
        for _ in range(2):
            template: Any = get_environment(native=is_native).from_string(source)
            assert template.render({}) == rendered
    assert compiled == ["MacroFuzzEnvironment", "NativeSandboxEnvironment", "MacroFuzzEnvironment"]


def test_macros_are_those_that_dbt_would_find() -> None:
    here: Any = {"everywhere": 1, "local": 1}
    root: Any = {"everywhere": 2, "root": 2}
    others: Any = {"a_package": {"of_a_package": 3}, "everywhere": {}}
    of_dbt: Any = {"everywhere": 4, "of_dbt": 4}
    macros = MacroNamespace(root, here, of_dbt, others)
    assert dbt_spared.laid_out(macros) == dict(macros)
    assert dbt_spared.laid_out(macros)["everywhere"] == 1

"""The environment's ``dbt`` and ``mf``: they find the database by themselves.

dbt reads neither ``.env`` nor the embedded server's state, so this stands before it: it fills in
what is not exported, starts the embedded server if that is the one and stopped, provides dbt's
packages, sees to it that one build runs at a time, and hands over to the real command with the
arguments as they were typed.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse import config, dbt_spared, locks, packages, server
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

# Commands of dbt that need no database, that make no connection, that write, and the others.
_OFFLINE = {"clean", "deps", "init"}
_READING_FILES = {"list", "ls", "parse"}
_BUILDING = {"build", "retry", "run", "seed", "snapshot"}
_OTHERS = {"clone", "compile", "debug", "docs", "run-operation", "show", "source", "test"}
_COMMANDS = _OFFLINE | _READING_FILES | _BUILDING | _OTHERS
_ABOUT_ITSELF = {"--help", "-h", "--version", "-v"}
# dbt keeps almost everything it makes; looking for garbage every 700 objects was a quarter
# of the processor time of a build of the default data (60.7 s, without any search 44.1 s).
# As seldom as this, a build takes about half a gigabyte.
_GARBAGE = (2_000_000, 10, 10)


def main() -> int:
    """``dbt``."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    arguments = sys.argv[1:]
    with ExitStack() as held:
        try:
            if _in_project():
                command = _command(arguments)
                if command == "deps" and "--help" not in arguments:
                    rest = [argument for argument in arguments if argument != "deps"]
                    packages.install(rest)
                    return 0
                _complete_environment()
                if command is not None and command not in _OFFLINE:
                    packages.ensure()
                    _prepare(command, _target(arguments), held)
        except WarehouseError as error:
            sys.stderr.write(f"error: {error}\n")
            return 1
        except KeyboardInterrupt:
            sys.stderr.write("interrupted\n")
            return 130
        # Only now that the environment is complete: dbt reads it on import.
        from dbt.cli.main import cli  # noqa: PLC0415

        gc.set_threshold(*_GARBAGE)
        dbt_spared.spare()
        cli()
    return 0


@dataclass(frozen=True)
class Built:
    """What a build in this process did.

    Attributes:
        nodes: models, snapshots, seeds and tests that went well.
        rows: rows written to tables.
        failures: why it failed: a name and the first line of what was said, in order.
    """

    nodes: int
    rows: int
    failures: tuple[tuple[str, str], ...]


def build(*arguments: str, progress: Callable[[str], object] | None = None) -> Built:
    """``dbt build`` with these arguments in this process, silent but for dbt's own log file.

    Args:
        progress: called with the name of each node that is finished.

    Raises:
        WarehouseError: no connection, or no packages.
    """
    _complete_environment()
    packages.ensure()
    settings = _find_database()
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - dbt reads the environment on import

    callbacks: list[Callable[[Any], None]] = []
    if progress is not None:
        callbacks.append(
            dbt_spared.Listener("NodeFinished", lambda one: progress(one.data.node_info.node_name))
        )
    dbt_spared.spare()
    before = gc.get_threshold()
    gc.set_threshold(*_GARBAGE)
    try:
        with building(settings):
            runner = dbtRunner(callbacks=callbacks)
            done = runner.invoke(["build", *arguments, "--log-level", "none"])
    finally:
        gc.set_threshold(*before)
    results = getattr(done.result, "results", [])
    failures = [
        (result.node.name, _first_line(result.message))
        for result in results
        if result.status in ("error", "fail", "runtime error")
    ]
    if not done.success and not failures:
        failures = [("dbt", _first_line(str(done.exception or "it gave no reason")))]
    written = [result.adapter_response.get("rows_affected", 0) for result in results]
    return Built(
        nodes=sum(result.status in ("success", "pass", "warn") for result in results),
        rows=sum(rows for rows in written if rows > 0),
        failures=tuple(failures),
    )


def _first_line(message: str | None) -> str:
    """What was said, without dbt's heading that only names the node and its file."""
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("Database Error in", "Compilation"))]
    return (said or lines or ["no reason given"])[0]


def _prepare(command: str, target: str, held: ExitStack) -> None:
    """See to it that the target can be reached, and that nobody else builds it meanwhile."""
    if target == "prod":
        if command in _READING_FILES:
            return
        settings = Settings.prod()
        connect(settings).close()  # one sentence, instead of dbt's retries
    else:
        settings = _find_database()
    if command in _BUILDING:
        held.enter_context(building(settings))


@contextmanager
def building(settings: Settings) -> Iterator[None]:
    """Wait for other builds of this database, and keep them waiting until the block ends.

    The lock lives in a session of its own: if this process is killed, the server lets it go.

    Raises:
        WarehouseError: no connection.
    """
    with connect(settings, autocommit=True, application_name="dbt build lock") as conn:
        if conn.execute("select pg_try_advisory_lock(%s)", (locks.BUILD,)).fetchone() != (True,):
            log.info("Another dbt build is at work on %s, waiting for it.", settings.address)
            conn.execute("select pg_advisory_lock(%s)", (locks.BUILD,))
        yield


def mf_main() -> int:
    """``mf``, the MetricFlow command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if _in_project():
            _complete_environment()
            if not _ABOUT_ITSELF & set(sys.argv[1:]):
                _find_database()
            packages.ensure()
            os.chdir(PROJECT_ROOT)  # mf looks for the project in the working folder only
    except WarehouseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    try:
        from dbt_metricflow.cli.main import cli  # noqa: PLC0415 - not in the core set
    except ImportError:
        sys.stderr.write(
            "error: MetricFlow is not installed: install the development set (`make dev`).\n"
        )
        return 1
    cli()
    return 0


def _command(arguments: list[str]) -> str | None:
    """The subcommand, or None if dbt only has to say something about itself."""
    if _ABOUT_ITSELF & set(arguments):
        return None
    return next((argument for argument in arguments if argument in _COMMANDS), None)


def _target(arguments: list[str]) -> str:
    for position, argument in enumerate(arguments):
        if argument in ("--target", "-t"):
            return "".join(arguments[position + 1 : position + 2])
        if argument.startswith("--target="):
            return argument.removeprefix("--target=")
    return os.environ.get("DBT_TARGET") or "dev"


def _in_project() -> bool:
    here = Path.cwd().resolve()
    return here == PROJECT_ROOT or PROJECT_ROOT in here.parents


def _complete_environment() -> None:
    os.environ.setdefault("DBT_PROFILES_DIR", str(PROJECT_ROOT))
    os.environ.setdefault("DBT_PROJECT_DIR", str(PROJECT_ROOT))
    # All of .env, not only DB_*: the prod target has variables of its own.
    for name, value in config.env_file_variables().items():
        os.environ.setdefault(name, value)


def _find_database() -> Settings:
    """Lead dbt to the server of ``DB_*``, else to the embedded one, which is started."""
    settings = server.ensure()
    if settings.is_embedded or not os.environ.get("DB_HOST"):
        os.environ.update(settings.environment())
    else:
        connect(settings).close()  # one sentence, instead of dbt's retries
        for name, value in settings.environment().items():
            os.environ.setdefault(name, value)
    return settings

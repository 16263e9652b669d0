"""The environment's ``dbt`` and ``mf``: they find the database by themselves.

dbt reads neither ``.env`` nor the embedded server's state, so this stands before it: it fills in
what is not exported, starts the embedded server if that is the one and stopped, provides dbt's
packages, and hands over to the real command with the arguments as they were typed.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from warehouse import config, packages, server
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

# Commands of dbt that need no database.
_OFFLINE = {"clean", "deps", "init"}


def main() -> int:
    """``dbt``."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    arguments = sys.argv[1:]
    command = _command(arguments)
    try:
        if _in_project():
            if command == "deps" and "--help" not in arguments:
                rest = [argument for argument in arguments if argument != "deps"]
                packages.install(rest)
                return 0
            _set_up(database=command is not None and command not in _OFFLINE)
            if command is not None and command not in _OFFLINE:
                packages.ensure()
    except WarehouseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    # Only now that the environment is complete: dbt reads it on import.
    from dbt.cli.main import cli  # noqa: PLC0415

    cli()
    return 0


def mf_main() -> int:
    """``mf``, the MetricFlow command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if _in_project():
            _set_up(database=_command(sys.argv[1:]) is not None)
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
    if {"--help", "-h", "--version", "-v"} & set(arguments):
        return None
    return next((argument for argument in arguments if not argument.startswith("-")), None)


def _in_project() -> bool:
    here = Path.cwd().resolve()
    return here == PROJECT_ROOT or PROJECT_ROOT in here.parents


def _set_up(database: bool) -> None:
    os.environ.setdefault("DBT_PROFILES_DIR", str(PROJECT_ROOT))
    os.environ.setdefault("DBT_PROJECT_DIR", str(PROJECT_ROOT))
    # All of .env, not only DB_*: the prod target has variables of its own.
    for name, value in config.env_file_variables().items():
        os.environ.setdefault(name, value)
    if not database:
        return
    settings: Settings = server.ensure()
    if not settings.is_embedded and "prod" not in sys.argv:
        connect(settings).close()  # one sentence, instead of dbt's retries
    if settings.is_embedded or not os.environ.get("DB_HOST"):
        os.environ.update(settings.environment())
    else:
        for name, value in settings.environment().items():
            os.environ.setdefault(name, value)

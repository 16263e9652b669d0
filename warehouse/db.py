"""Connections to the warehouse: psycopg 3, one clear sentence when there is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from warehouse.config import Settings
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)
T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]

RETRY_SECONDS = (0.2, 0.8, 2.0)


def dsn(settings: Settings) -> str:
    """The libpq connection string; it contains the password, so never log it."""
    return make_conninfo(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password,
        dbname=settings.dbname,
        connect_timeout=10,
    )


def connect(
    settings: Settings | None = None,
    *,
    autocommit: bool = False,
    application_name: str = "warehouse",
    patient: bool = True,
) -> Connection:
    """Open a connection; an unreachable server is tried three times more.

    Args:
        settings: where to connect, by default `Settings.load()`.
        autocommit: as in psycopg.
        application_name: shown in ``pg_stat_activity``.
        patient: False to try only once.

    Raises:
        WarehouseError: wrong password, unreachable server, missing database.
    """
    settings = settings or Settings.load()
    for pause in (*RETRY_SECONDS, None) if patient else (None,):
        try:
            return psycopg.connect(
                dsn(settings), autocommit=autocommit, application_name=application_name
            )
        except psycopg.OperationalError as error:
            if pause is None or not _is_transient(error):
                raise WarehouseError(_explain(settings, error)) from error
        time.sleep(pause)
    raise AssertionError("unreachable")


def run(
    work: Callable[[Connection], T],
    settings: Settings | None = None,
    *,
    application_name: str = "warehouse",
) -> T:
    """Run ``work`` in one transaction on a new connection and commit.

    If the connection is lost on the way, all of ``work`` is run again on a new one, three times at
    most; it must therefore be safe to repeat (the commit itself may have succeeded unseen). Any
    other error rolls back and is raised at once.

    Raises:
        WarehouseError: no connection, or it was lost four times in a row.
    """
    settings = settings or Settings.load()
    for pause in (*RETRY_SECONDS, None):
        conn = connect(settings, application_name=application_name)
        try:
            result = work(conn)
            conn.commit()
            return result
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not (conn.closed or conn.broken):
                raise  # a full disk, say, is also an "operational" error, but the connection lives
            if pause is None:
                raise WarehouseError(
                    f"The connection to {settings.address} was lost {len(RETRY_SECONDS) + 1} times"
                    f" in a row ({_one_line(error)}): check the server, then run this again."
                ) from error
            log.warning("Connection to %s lost, trying again in %g s.", settings.address, pause)
        finally:
            conn.close()  # without a commit the server rolls back
        time.sleep(pause)
    raise AssertionError("unreachable")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _is_transient(error: psycopg.Error) -> bool:
    # libpq reports a refused log-in only by its text: FATAL comes from a server that answered.
    text = str(error)
    busy = ("starting up", "shutting down", "recovery mode", "too many clients")
    return "FATAL" not in text or any(word in text for word in busy)


def _explain(settings: Settings, error: psycopg.Error) -> str:
    text = str(error)
    where = f"server {settings.host}:{settings.port}"
    if "password authentication failed" in text or "no password supplied" in text:
        return (
            f"The {where} refuses the password of user {settings.user}: correct DB_USER and"
            f" DB_PASSWORD ({_named(settings)})."
        )
    if "database" in text and "does not exist" in text:
        return (
            f"The {where} has no database {settings.dbname!r}: create it"
            f" (`createdb {settings.dbname}`) or correct DB_NAME ({_named(settings)})."
        )
    if "FATAL" in text:
        return f"The {where} refuses user {settings.user}: {_one_line(error)}."
    if settings.is_embedded:
        return f"The embedded {where} is not running: run `python -m warehouse start`."
    return (
        f"The {where} cannot be reached ({_named(settings)}): start it, or correct DB_HOST and"
        " DB_PORT, or remove DB_HOST to use the embedded server."
    )


def _named(settings: Settings) -> str:
    places = {"environment": "set in the environment", ".env": "set in .env"}
    return places.get(settings.source, "of the embedded server")

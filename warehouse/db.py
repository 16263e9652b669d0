"""Connections to the warehouse: psycopg 3, one clear sentence when there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from warehouse.config import READER, Settings
from warehouse.errors import WarehouseError

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
            if pause is None or not is_transient(error):
                raise WarehouseError(_explain(settings, error)) from error
        time.sleep(pause)
    raise AssertionError("unreachable")


class ConnectionLost(Exception):
    """The server went away in the middle of something that may be tried again."""

    def __init__(self, settings: Settings, error: psycopg.Error) -> None:
        self._address = settings.address
        self._reason = _one_line(error)
        super().__init__(f"Connection to {self._address} lost")

    def for_good(self) -> WarehouseError:
        """What to say when trying again has not helped."""
        return WarehouseError(
            f"The connection to {self._address} was lost {len(RETRY_SECONDS) + 1} times in a row"
            f" ({self._reason}): check the server, then run this again."
        )


@contextmanager
def noticing_loss(conn: Connection, settings: Settings) -> Iterator[None]:
    """Raise `ConnectionLost` if the block fails because the connection broke.

    A full disk, say, is also an "operational" error, but the connection lives.
    """
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if conn.closed or conn.broken:
            raise ConnectionLost(settings, error) from error
        raise


def is_lost(conn: Connection) -> bool:
    """True if this session, at rest so far, has lost its server."""
    try:
        conn.execute("select 1")
    except psycopg.Error:
        return True
    return False


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def is_transient(error: psycopg.Error) -> bool:
    """True if the same may work later: not a wrong password, say, but a server that is away."""
    # libpq reports a refused log-in only by its text: FATAL comes from a server that answered.
    text = str(error)
    busy = ("starting up", "shutting down", "recovery mode", "too many clients")
    return "FATAL" not in text or any(word in text for word in busy)


def _explain(settings: Settings, error: psycopg.Error) -> str:
    text = str(error)
    where = f"server {settings.host}:{settings.port}"
    name = settings.prefix
    if "password authentication failed" in text and settings.user == READER and name != "DB_":
        return (
            f"The {where} refuses the password of {READER}: set BI_READER_PASSWORD in .env, then"
            " run `make start`."
        )
    if "password authentication failed" in text or "no password supplied" in text:
        return (
            f"The {where} refuses the password of user {settings.user}: correct {name}USER and"
            f" {name}PASSWORD ({_named(settings)})."
        )
    if "database" in text and "does not exist" in text:
        return (
            f"The {where} has no database {settings.dbname!r}: create it"
            f" (`createdb {settings.dbname}`) or correct {name}NAME ({_named(settings)})."
        )
    if "FATAL" in text:
        return f"The {where} refuses user {settings.user}: {_one_line(error)}."
    if settings.is_embedded:
        return f"The embedded {where} is not running: run `python -m warehouse start`."
    remedy = f"start it, or correct {name}HOST and {name}PORT"
    if name == "DB_":
        remedy += ", or remove DB_HOST to use the embedded server"
    return f"The {where} cannot be reached ({_named(settings)}): {remedy}."


def _named(settings: Settings) -> str:
    places = {"environment": "set in the environment", ".env": "set in .env"}
    return places.get(settings.source, "of the embedded server")

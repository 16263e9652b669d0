"""The way to the warehouse: a pool of sessions of api_reader, one transaction for each answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from api.problems import Problem
from warehouse.config import Settings
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

Row = tuple[Any, ...]
Query = sql.Composed | sql.SQL

# Who asks, for row-level security, and the state of the data: the newest build, and whether it is
# done. Read before the data, so that an answer is never older than the build it is marked with.
OPENING = sql.SQL(
    "select set_config('api.user_id', %s, true), newest.build_id, finished.build_id is not null"
    " from (select max(build_id) as build_id from silver.builds) as newest"
    " left join silver.finished_builds as finished on newest.build_id = finished.build_id"
)
CONNECT_SECONDS = 2
WAIT_SECONDS = 5.0
# While the server is known to be away nobody waits; each request tries the door again.
DOWN_SECONDS = 0.5

_NOT_BUILT = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidSchemaName,
)


@dataclass(frozen=True)
class State:
    """What the data are: the number of the newest build, and whether it has ended."""

    build_id: int | None
    is_settled: bool


def connection_string(settings: Settings, statement_timeout: float) -> str:
    """The libpq connection string of a session that reads, for so long and no longer."""
    milliseconds = max(int(statement_timeout * 1000), 1)
    return make_conninfo(
        host=settings.host,
        port=settings.port,
        user=settings.user,
        password=settings.password,
        dbname=settings.dbname,
        connect_timeout=CONNECT_SECONDS,
        application_name="analytics api",
        options=f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on"
        f" -c idle_in_transaction_session_timeout={10 * milliseconds}",
    )


class Database:
    """Answers queries as api_reader for one user at a time.

    Args:
        locate: the settings in force, asked at each new connection, so that a server that comes
            back on another port is found.
        statement_timeout: seconds after which the server cancels a query.
        size: connections at most.
    """

    def __init__(self, locate: Callable[[], Settings], statement_timeout: float, size: int) -> None:
        self._is_down = False

        async def conninfo() -> str:
            try:
                return connection_string(locate(), statement_timeout)
            except WarehouseError as error:
                raise psycopg.OperationalError(str(error)) from None

        async def connected(_: psycopg.AsyncConnection[Row]) -> None:
            self._is_down = False

        self._pool = AsyncConnectionPool[psycopg.AsyncConnection[Row]](
            conninfo,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=size,
            timeout=WAIT_SECONDS,
            max_idle=300,
            # one attempt; the next request makes the next one
            reconnect_timeout=0.1,
            configure=connected,
            reconnect_failed=self._noted_down,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect; a server that is away is no error here."""
        await self._pool.open()

    async def close(self) -> None:
        """Give all connections back."""
        await self._pool.close()

    async def state(self) -> State:
        """The state of the data.

        Raises:
            Problem: 503 if the server cannot be reached.
        """
        state, _ = await self.rows(0, sql.SQL("select"))
        return state

    async def rows(
        self, user: int, query: Query, parameters: Sequence[Any] = ()
    ) -> tuple[State, list[Row]]:
        """The rows of one query as the user may see them, and of which state they are.

        Raises:
            Problem: 503 if the server cannot be reached or the data set is not built, 504 if the
                query took too long.
        """
        with _explained():
            try:
                return await self._rows(user, query, parameters)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not _is_lost(error):
                    raise
            # A session that died since it was last used: sort out all of them, then try once more.
            self._is_down = True
            await self._pool.check()
            return await self._rows(user, query, parameters)

    async def _rows(
        self, user: int, query: Query, parameters: Sequence[Any]
    ) -> tuple[State, list[Row]]:
        patience = DOWN_SECONDS if self._is_down else WAIT_SECONDS
        async with self._pool.connection(timeout=patience) as connection:
            # Both in one round trip, and up to the end of the pipeline in one transaction.
            async with connection.pipeline():
                opening = await connection.execute(OPENING, (str(user),))
                cursor = await connection.execute(query, parameters)
            self._is_down = False
            found = await opening.fetchone()
            assert found is not None
            return State(found[1], found[2]), await cursor.fetchall()

    async def _noted_down(self, _: object) -> None:
        if not self._is_down:
            self._is_down = True
            log.warning("The warehouse cannot be reached.")


def _is_lost(error: psycopg.Error) -> bool:
    """True if the session is gone, not only its last command refused."""
    if isinstance(error, PoolTimeout):
        return False
    return error.sqlstate is None or error.sqlstate[:2] == "08" or error.sqlstate[:3] == "57P"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.QueryCanceled:
        raise Problem(
            HTTPStatus.GATEWAY_TIMEOUT,
            "The query took too long and was cancelled: ask for a shorter period.",
        ) from None
    except _NOT_BUILT as error:
        log.warning("A data set cannot be read: %s", error)
        raise _unavailable("This data set is not built yet, or is being built anew.") from None
    except PoolTimeout:
        raise _unavailable("The warehouse cannot be reached, or all sessions are in use.") from None
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        log.warning("The warehouse failed: %s", error)
        raise _unavailable("The warehouse cannot be reached.") from None


def _unavailable(detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "1"})

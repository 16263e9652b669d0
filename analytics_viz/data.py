"""Reading the warehouse: one snapshot of the database per report, aggregated in SQL.

Queries read the schemas gold and dst, as bi_reader may; gold.data_as_of says what "today" means,
not the clock (for relations that look back over months: gold.analyses_as_of).
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString

import pandas as pd
import psycopg

from warehouse.config import Settings
from warehouse.db import Connection, connect
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

Parameters = Mapping[str, Any]

AS_OF: LiteralString = "select as_of_date from gold.data_as_of"
ANALYSES_AS_OF: LiteralString = "select as_of_date from gold.analyses_as_of"


@dataclass(frozen=True)
class Period:
    """A number of whole days; both ends belong to it."""

    start: dt.date
    end: dt.date

    @classmethod
    def last(cls, days: int, as_of: dt.date) -> Period:
        """The ``days`` days that end with ``as_of``."""
        return cls(as_of - dt.timedelta(days=days - 1), as_of)

    @property
    def days(self) -> int:
        """Its length."""
        return (self.end - self.start).days + 1

    @property
    def previous(self) -> Period:
        """The period of the same length right before."""
        return Period.last(self.days, self.start - dt.timedelta(days=1))

    @property
    def parameters(self) -> dict[str, dt.date]:
        """``start`` and ``end``, to bind to a query."""
        return {"start": self.start, "end": self.end}


@dataclass
class Warehouse:
    """An open, read-only, unchanging view of the database."""

    connection: Connection
    settings: Settings
    as_of: dt.date
    first_day: dt.date
    _frames: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict)

    def frame(self, query: LiteralString, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of a query; money stays `Decimal`. The same question is asked only once.

        Raises:
            WarehouseError: a relation or column is missing, or may not be read.
        """
        key = (query, repr(sorted((parameters or {}).items())))
        if key not in self._frames:
            with _explained(self.settings), self.connection.cursor() as cursor:
                cursor.execute(query, parameters)
                names = [column.name for column in cursor.description or ()]
                self._frames[key] = pd.DataFrame(cursor.fetchall(), columns=names)
        return self._frames[key].copy()

    def value(self, query: LiteralString, parameters: Parameters | None = None) -> Any:
        """The one value of a query that returns one row and one column."""
        return self.frame(query, parameters).iat[0, 0]

    def printed(self, query: LiteralString, parameters: Parameters | None = None) -> str:
        """The query with its parameters filled in, as a reader can run it."""
        text = psycopg.ClientCursor(self.connection).mogrify(query, parameters)
        # '2024-12-31'::date as everybody knows it: date '2024-12-31'
        text = re.sub(r"'(\d{4}-\d\d-\d\d)'::date", r"date '\1'", text)
        return textwrap.dedent(text).strip()


@contextmanager
def open_warehouse(settings: Settings | None = None) -> Iterator[Warehouse]:
    """Connect and look at the database as it is now, whatever is built meanwhile.

    Raises:
        WarehouseError: no connection, nothing built, or nothing loaded.
    """
    settings = settings or Settings.load()
    connection = connect(settings, application_name="analytics_viz")
    try:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with _explained(settings):
            as_of = _single(connection, AS_OF)
            first_day = _single(
                connection, "select min(month_start_date) from dst.dst_category_trends"
            )
        if as_of is None or first_day is None:
            raise WarehouseError(
                f"The warehouse at {settings.address} is empty: load data"
                " (`make generate`), then run `dbt build`."
            )
        yield Warehouse(connection, settings, as_of, first_day)
    finally:
        connection.close()


def _single(connection: Connection, query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise WarehouseError(
            f"{_sentence(error)} in the warehouse at {settings.address}: run `dbt build`."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"User {settings.user} may not read what the report needs ({_sentence(error)}):"
            " connect as bi_reader or the warehouse's owner (DB_USER, DB_PASSWORD)."
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise WarehouseError(
            f"The connection to {settings.address} was lost while reading"
            f" ({_sentence(error)}): check the server, then run this again."
        ) from error


def _sentence(error: psycopg.Error) -> str:
    text = error.diag.message_primary or str(error)
    text = " ".join(text.split()).rstrip(".").replace('"', "")
    return text[:1].upper() + text[1:]

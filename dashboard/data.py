"""Reading gold and dst as bi_reader, through one pool for all sessions, cached by build."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any, LiteralString

import pandas as pd
import psycopg
import streamlit as st
from psycopg import sql
from psycopg.types.numeric import FloatLoader
from psycopg_pool import ConnectionPool, PoolTimeout

from dashboard.settings import POOL_SIZE, STATEMENT_SECONDS, WAIT_SECONDS
from warehouse.config import Settings
from warehouse.db import dsn
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

# What the pages read, each with the number of the build that wrote it last; not every bank has a
# marketplace.
_STATE: LiteralString = """
select
    (select as_of_date from gold.data_as_of) as as_of,
    (select max(_build_id) from gold.fact_payments_daily) as payments_build,
    (select max(_build_id) from gold.fact_channel_payments_daily) as channels_build,
    (select max(_build_id) from gold.fact_city_payments_daily) as cities_build,
    (select max(_build_id) from gold.monthly_transaction_totals) as spending_build,
    (select coalesce(max(_build_id), 0) from gold.fact_sales) as sales_build,
    (select coalesce(max(_build_id), 0) from gold.fact_customer_events) as visits_build,
    (select coalesce(max(_build_id), 0) from gold.fact_subscriptions) as memberships_build,
    (select max(_build_id) from gold.row_accounting) as deliveries_build,
    (select max(loaded_at) from gold.row_accounting) as loaded_at,
    (select min(transaction_date) from gold.fact_payments_daily) as first_day
"""


@dataclass(frozen=True)
class State:
    """What the database holds at the moment; equal states show equal pages."""

    as_of: dt.date
    builds: tuple[int, ...]
    loaded_at: dt.datetime
    first_day: dt.date

    @property
    def build(self) -> int:
        """The number of the latest build."""
        return max(self.builds)


@st.cache_resource(show_spinner=False)
def _pool(settings: Settings) -> ConnectionPool:
    options = f"-c statement_timeout={STATEMENT_SECONDS}s -c parallel_tuple_cost=0.001 -c jit=off"
    pool = ConnectionPool(
        dsn(settings),
        kwargs={"autocommit": True, "application_name": "dashboard", "options": options},
        min_size=0,
        max_size=POOL_SIZE,
        timeout=WAIT_SECONDS,
        max_idle=120,
        # sums are exact when they leave the server; a chart needs no more than a float
        configure=lambda connection: connection.adapters.register_loader("numeric", FloatLoader),
        open=False,
    )
    pool.open()
    return pool


def _fetched(
    pool: ConnectionPool, query: sql.Composed | sql.SQL, parameters: dict[str, Any]
) -> pd.DataFrame:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(query, parameters)
        names = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names)


def rows(query: sql.Composed | sql.SQL, parameters: dict[str, Any]) -> pd.DataFrame:
    """The rows of a query.

    Raises:
        WarehouseError: the database cannot be reached, or what is read is not there.
    """
    settings = Settings.reader()
    pool = _pool(settings)
    try:
        try:
            return _fetched(pool, query, parameters)
        except (psycopg.errors.QueryCanceled, PoolTimeout):  # waited for long enough
            raise
        except psycopg.OperationalError:  # a restarted server must not show as an error
            pool.check()
            return _fetched(pool, query, parameters)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        log.warning("%s", error)
        raise WarehouseError(
            f"The warehouse at {settings.address} lacks what this page reads: run `dbt build`."
        ) from error
    except psycopg.errors.QueryCanceled as error:
        raise WarehouseError(
            f"The database took more than {STATEMENT_SECONDS} seconds for this: choose a shorter"
            " period."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"{settings.user} may not read what this page shows: run `make start`, then"
            " `dbt build`."
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        log.warning("%s", error)
        raise WarehouseError(
            f"The database at {settings.host}:{settings.port} cannot be reached as"
            f" {settings.user}: start it (`make start`). This page tries again by itself."
        ) from error


def state() -> State:
    """What the database holds now; never cached.

    Raises:
        WarehouseError: as `rows`, or nothing is loaded.
    """
    found = rows(sql.SQL(_STATE), {}).iloc[0]
    if found.isna().any():
        raise WarehouseError(
            "The warehouse is empty: load data (`make generate`), then run `dbt build`."
        )
    builds = [value for name, value in found.items() if str(name).endswith("_build")]
    return State(
        as_of=found["as_of"],
        builds=tuple(int(build) for build in builds),
        loaded_at=found["loaded_at"],
        first_day=found["first_day"],
    )


def literal(text: str) -> sql.SQL:
    """SQL that comes from the project's own files, not from a visitor."""
    return sql.SQL(text)

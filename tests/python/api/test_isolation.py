"""Two users' rows never meet: whole, by the database alone, and by the query alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from api.catalog import Catalog, Dataset
from api.queries import Where, name_of, of_user
from tests.kit import Warehouse
from tests.python.api.conftest import Asker
from warehouse.config import Settings

Rows = set[tuple[Any, ...]]


@pytest.fixture(scope="module")
def as_api(located: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    """A session of api_reader."""
    way = Settings.api_reader()
    with psycopg.connect(
        host=way.host, port=way.port, user=way.user, password=way.password, dbname=way.dbname
    ) as connection:
        yield connection


@pytest.fixture(scope="module")
def as_bi(located: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    """A session of bi_reader, to which all rows are shown."""
    with located.connect(as_reader=True) as connection:
        yield connection


def read(
    connection: psycopg.Connection[Any], dataset: Dataset, where: Where, user: int | None
) -> Rows:
    """Key and owner of the rows a session sees."""
    named = [*dataset.key, *([dataset.meta.user_column] if dataset.meta.user_column else [])]
    query = sql.SQL("select {} from {}{}").format(
        sql.SQL(", ").join(map(sql.Identifier, named)), name_of(dataset), where.clause()
    )
    with connection.transaction():
        if user is not None:
            connection.execute("select set_config('api.user_id', %s, true)", (str(user),))
        return set(connection.execute(query, where.values).fetchall())


def own(catalog: Catalog) -> list[Dataset]:
    """The data sets of users' own rows."""
    return [one for one in catalog.datasets.values() if one.meta.user_column]


def test_there_is_something_to_protect(
    catalog: Catalog, as_bi: psycopg.Connection[Any], users: tuple[int, int]
) -> None:
    assert len(own(catalog)) >= 9
    seen = sum(bool(read(as_bi, one, of_user(one, users[0]), None)) for one in own(catalog))
    assert seen >= 9


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pair=st.tuples(st.integers(1, 1000), st.integers(1, 1000)).filter(lambda p: p[0] != p[1]))
def test_never_intersect(
    catalog: Catalog,
    as_api: psycopg.Connection[Any],
    as_bi: psycopg.Connection[Any],
    pair: tuple[int, int],
) -> None:
    """By row-level security alone, by the filter alone and by both: the same rows, and only own."""
    for dataset in own(catalog):
        column = [*dataset.key, dataset.meta.user_column].index(dataset.meta.user_column)
        results = []
        for user in pair:
            by_database = read(as_api, dataset, Where(), user)
            by_query = read(as_bi, dataset, of_user(dataset, user), None)
            by_both = read(as_api, dataset, of_user(dataset, user), user)
            assert by_database == by_query == by_both, dataset.id
            assert {row[column] for row in by_both} <= {user}, dataset.id
            results.append(by_both)
        assert not results[0] & results[1], dataset.id


def test_one_user_asking_for_another(
    catalog: Catalog, as_api: psycopg.Connection[Any], users: tuple[int, int]
) -> None:
    """A query that forgot whose rows it wants, or names another's, gets none of theirs."""
    for dataset in own(catalog):
        assert not read(as_api, dataset, of_user(dataset, users[1]), users[0]), dataset.id


def test_nobody_sees_nothing(catalog: Catalog, as_api: psycopg.Connection[Any]) -> None:
    """Without a user, and after a transaction that had one, no row is visible."""
    for dataset in own(catalog):
        assert not read(as_api, dataset, Where(), None), dataset.id


def test_pages_of_two_users(
    catalog: Catalog, ask: Callable[..., Asker], users: tuple[int, int]
) -> None:
    """Through the API, page by page, over every data set."""
    first, second = ask(users[0]), ask(users[1])
    for dataset in own(catalog):
        mine, theirs = (
            {tuple(row[name] for name in dataset.key) for row in one.rows(dataset.id, limit=5_000)}
            for one in (first, second)
        )
        assert not mine & theirs, dataset.id


def test_the_api_reads_what_is_published_and_nothing_else(
    located: Warehouse, catalog: Catalog
) -> None:
    granted = {
        (row[0], row[1])
        for row in located.query(
            "select n.nspname, c.relname from pg_class c join pg_namespace n"
            " on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'm', 'p')"
            " and n.nspname in ('bronze', 'silver', 'curated', 'dst', 'gold')"
            " and has_table_privilege('api_reader', c.oid, 'select')"
        )
    }
    published = {(one.schema, one.relation) for one in catalog.datasets.values()}
    builds = {("silver", "builds"), ("silver", "finished_builds"), ("gold", "data_as_of")}
    assert granted == published | builds


def test_the_api_changes_nothing(as_api: psycopg.Connection[Any]) -> None:
    for statement in (
        "delete from gold.fact_transactions",
        "update gold.dim_account set customer_id = 1",
        "create table gold.mine (a int)",
        "set role warehouse_owner",
        "alter table gold.dim_account disable row level security",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), as_api.transaction():
            as_api.execute(statement)  # type: ignore[call-overload]


def test_a_rebuild_keeps_the_rows_closed(
    located: Warehouse, as_api: psycopg.Connection[Any], users: tuple[int, int]
) -> None:
    """Also a full refresh, which makes the relation anew."""
    located.build_models("--full-refresh", "--select", "fact_credit_applications", "dim_customer")
    for relation in ("fact_credit_applications", "dim_customer"):
        with as_api.transaction():
            as_api.execute("select set_config('api.user_id', %s, true)", (str(users[0]),))
            seen = as_api.execute(
                sql.SQL("select distinct customer_id from {}").format(
                    sql.Identifier("gold", relation)
                )
            ).fetchall()
        assert {row[0] for row in seen} <= {users[0]}
    assert located.value("select count(*) from gold.fact_credit_applications") > 100

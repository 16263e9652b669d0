"""What those who read gold and dst may see, and that a build never disturbs them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.kit import Warehouse

CLEAR_EMAIL = re.compile(r"^[^*@]+@")


@pytest.fixture()
def reader(demo_warehouse: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    """A session of bi_reader."""
    with demo_warehouse.connect(as_reader=True) as connection:
        yield connection


def relations(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.query(  # type: ignore[return-value]
        "select table_schema, table_name from information_schema.tables"
        " where table_schema in ('gold', 'dst') order by 1, 2"
    )


def test_reader_reads_gold_and_dst(
    demo_warehouse: Warehouse, reader: psycopg.Connection[Any]
) -> None:
    for schema, name in relations(demo_warehouse):
        if name.endswith("_private"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"select 1 from {schema}.{name} limit 1")  # type: ignore[arg-type]
        else:
            found = reader.execute(f"select * from {schema}.{name} limit 1").fetchall()  # type: ignore[arg-type]
            assert found, f"{schema}.{name} is empty"


@pytest.mark.parametrize("schema", ["bronze", "silver", "curated"])
def test_reader_reads_nothing_below(
    demo_warehouse: Warehouse, reader: psycopg.Connection[Any], schema: str
) -> None:
    table = demo_warehouse.value(
        "select min(table_name::text) from information_schema.tables where table_schema = %s",
        [schema],
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select 1 from {schema}.{table} limit 1")  # type: ignore[arg-type]


def test_reader_changes_nothing(reader: psycopg.Connection[Any]) -> None:
    for statement in (
        "delete from gold.fact_transactions",
        "create table gold.mine (a int)",
        "update gold.dim_product set product_name = 'x'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)  # type: ignore[call-overload]


def test_personal_data_is_masked(
    demo_warehouse: Warehouse, reader: psycopg.Connection[Any]
) -> None:
    """The owner sees a name; a reader sees initials, in every relation that has one."""
    clear = dict(
        demo_warehouse.query(
            "select customer_id, full_name from gold.dim_customer where is_current"
        )
    )
    seen = reader.execute(
        "select customer_id, first_name, last_name, full_name, email, phone, date_of_birth"
        " from gold.dim_customer where is_current"
    ).fetchall()
    assert len(seen) == len(clear) > 500
    for customer_id, first, last, full, email, phone, born in seen:
        assert full != clear[customer_id]
        assert re.fullmatch(r".\. .\.", full)
        assert re.fullmatch(r".\.", first)
        assert re.fullmatch(r".\.", last)
        assert email is None or not CLEAR_EMAIL.match(email)
        assert phone is None or phone.startswith("***")
        assert born is None
    names = set(clear.values())
    for query in (
        "select person_name from dst.dst_person_analytics",
        "select person_name from dst.dst_monthly_spending_summary",
        "select top_spender from dst.vw_dst_latest_month_dashboard",
        "select person_name from gold.financial_health",
        "select person_name from gold.vw_spending_patterns",
        "select person_name from gold.vw_financial_recommendations",
        "select person_name from gold.vw_lifestyle_improvements",
        "select person_name from gold.vw_budget_alerts",
    ):
        found = {row[0] for row in reader.execute(query)}  # type: ignore[call-overload]
        assert found
        assert not found & names
        assert {row[0] for row in demo_warehouse.query(query)} & names


def test_no_national_id_or_account_number_in_clear(demo_warehouse: Warehouse) -> None:
    """Outside silver's base models no text column holds one, not even for the owner."""
    numbers = [
        row[0]
        for row in demo_warehouse.query(
            "select ssn from bronze.customers where ssn is not null limit 20"
        )
    ]
    numbers += [
        row[0]
        for row in demo_warehouse.query(
            "select account_number from bronze.accounts where account_number is not null limit 20"
        )
    ]
    columns = demo_warehouse.query(
        "select table_schema, table_name, column_name from information_schema.columns"
        " where table_schema in ('gold', 'dst') and data_type = 'text'"
    )
    assert len(numbers) == 40
    for schema, table, column in columns:
        hits = demo_warehouse.value(
            f'select count(*) from {schema}.{table} where "{column}" = any(%s)', [numbers]
        )
        assert hits == 0, f"{schema}.{table}.{column}"


def test_everything_is_commented(demo_warehouse: Warehouse) -> None:
    """Every relation and every column of gold and dst carries its description in the database."""
    bare = demo_warehouse.query(
        "select c.oid::regclass::text, a.attname::text from pg_class c"
        " join pg_namespace n on n.oid = c.relnamespace"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped"
        " left join pg_description d on d.objoid = c.oid and d.objsubid = a.attnum"
        " where n.nspname in ('gold', 'dst', 'curated', 'silver') and c.relkind in ('r', 'v', 'p')"
        " and coalesce(d.description, '') = ''"
    )
    undescribed = demo_warehouse.query(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname in ('gold', 'dst', 'curated', 'silver') and c.relkind in ('r', 'v', 'p')"
        " and coalesce(obj_description(c.oid), '') = ''"
    )
    assert not bare
    assert not undescribed


def test_a_description_that_differs_is_written_anew(demo_warehouse: Warehouse) -> None:
    column = "col_description('gold.dim_date'::regclass, attnum) from pg_attribute"
    where = "attrelid = 'gold.dim_date'::regclass and attname = 'full_date'"
    described = demo_warehouse.value(f"select {column} where {where}")
    with demo_warehouse.connect() as connection:
        connection.execute("comment on column gold.dim_date.full_date is 'something else'")
        connection.execute("comment on table gold.dim_date is null")
    demo_warehouse.run("dbt", "run", "--select", "dim_date")
    assert demo_warehouse.value(f"select {column} where {where}") == described
    assert demo_warehouse.value("select obj_description('gold.dim_date'::regclass)")


def test_a_table_with_other_columns_than_its_model_is_refused(demo_warehouse: Warehouse) -> None:
    with demo_warehouse.connect() as connection:
        connection.execute("alter table silver.base_tags add column surplus integer")
    try:
        refused = demo_warehouse.run("dbt", "run", "--select", "base_tags", check=False)
        assert refused.returncode == 1
        assert "out of sync" in refused.stdout and "surplus" in refused.stdout
    finally:
        with demo_warehouse.connect() as connection:
            connection.execute("alter table silver.base_tags drop column surplus")
    demo_warehouse.run("dbt", "run", "--select", "base_tags")


def test_a_build_does_not_disturb_readers(demo_warehouse: Warehouse) -> None:
    """While dbt builds, every relation of gold and dst can be read, whole, all the time."""
    names = [f"{s}.{t}" for s, t in relations(demo_warehouse) if not t.endswith("_private")]
    counts = {
        name: demo_warehouse.value(f"select count(*) from {name}")
        for name in names
        if "daily" not in name
    }
    done = threading.Event()
    troubles: list[str] = []
    rounds = 0

    def read() -> None:
        nonlocal rounds
        with demo_warehouse.connect(as_reader=True) as connection:
            while not done.is_set():
                for name, count in counts.items():
                    try:
                        (found,) = connection.execute(f"select count(*) from {name}").fetchone()  # type: ignore[misc, call-overload]
                        if found != count:
                            troubles.append(f"{name} had {found} rows, not {count}")
                    except psycopg.Error as error:
                        troubles.append(f"{name}: {error}")
                rounds += 1

    thread = threading.Thread(target=read)
    thread.start()
    try:
        demo_warehouse.build_models()
    finally:
        done.set()
        thread.join()
    assert rounds > 2
    assert not troubles, "\n".join(sorted(set(troubles))[:10])

"""The marts of commerce, built from a million order lines."""

from __future__ import annotations

from pathlib import Path

from psycopg import sql

from tests.benchmarks.building import server, slowest
from tests.benchmarks.measure import Span, middle, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION, QUARTER
from tests.kit import Warehouse

MARTS = ("--select", "gold.marts.commerce", "--full-refresh")
LINES = 1_000_000
# What the marts read, by the order it is stored in, with the ids that tell one copy from another.
FACTS = {
    "fact_sales": ("order_at", {"order_line_id", "order_id", "customer_id"}),
    "fact_customer_events": (
        "session_id", {"event_id", "session_id", "order_id", "customer_id"},
    ),
    "fact_subscriptions": ("start_date", {"subscription_id", "customer_id"}),
}  # fmt: skip


def run(report: Report, folder: Path, quick: bool) -> None:
    """The marts on a population as large as a million order lines need."""
    size = QUARTER if quick else MILLION
    with server(folder, "commerce") as warehouse:
        report.step(f"{size.transactions:,} transactions: generating, loading, building the facts")
        warehouse.generate(*size.arguments)
        warehouse.load()
        warehouse.build_models("--select", "+gold.marts.commerce")
        measure(report, warehouse, 1 if quick else 3)


def measure(report: Report, warehouse: Warehouse, turns: int) -> None:
    """Multiply the facts of a built warehouse, then build the marts from them."""
    count = "select count(*) from gold.{}"
    copies = -(-LINES // warehouse.value(count.format("fact_sales")))
    report.step(f"{copies} times the shoppers")
    for fact in FACTS:
        _multiply(warehouse, fact, copies)
    lines, events = (
        warehouse.value(count.format(fact)) for fact in ("fact_sales", "fact_customer_events")
    )
    spans: list[Span] = []
    for _ in range(turns):
        report.step(f"dbt run of the marts, {lines:,} order lines, {events:,} events")
        with span(warehouse) as found:
            warehouse.run("dbt", "--no-use-colors", "run", *MARTS)
        spans.append(found)
        report.step(f"{found}, slowest: {slowest(warehouse)}")
    whole = middle(spans)
    report.promise(
        "all marts of commerce, 1 million order lines", whole.wall,
        f"{whole} (median of {turns}; server {whole.server:.1f} s)",
        at_most=20, words="≤ 20 s", others=whole.others,
    )  # fmt: skip


def _multiply(warehouse: Warehouse, fact: str, copies: int) -> None:
    """As many copies of a fact as told, each with its own ids, stored in the order of the original.

    The generator's proportions stay: a copy is a population of its own that buys, browses and
    subscribes on the same days. Keys of dimensions are copied as they are; no mart reads them.
    """
    order, ids = FACTS[fact]
    table = sql.Identifier("gold", fact)
    columns = warehouse.query(
        "select column_name, data_type = 'text' from information_schema.columns"
        " where table_schema = 'gold' and table_name = %s order by ordinal_position",
        [fact],
    )
    # ids go on growing with time, as the source numbers them
    told = {True: "{0} || '-' || copy as {0}", False: "{0} * {1} + copy as {0}"}
    copied = sql.SQL(", ").join(
        sql.SQL(told[is_text] if name in ids else "{0}").format(
            sql.Identifier(name), sql.Literal(copies)
        )
        for name, is_text in columns
    )
    indexes = warehouse.query(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " where indrelid = cast(%s as regclass) and not indisprimary",
        [f"gold.{fact}"],
    )
    with warehouse.connect() as connection, connection.transaction():
        connection.execute(
            sql.SQL(
                "create temporary table copied on commit drop as"
                " select {} from {} cross join generate_series(1, {}) as copy"
            ).format(copied, table, sql.Literal(copies))
        )
        for name, _ in indexes:
            connection.execute(sql.SQL("drop index " + name))
        connection.execute(sql.SQL("truncate {}").format(table))
        connection.execute(
            sql.SQL("insert into {} select * from copied order by {}").format(
                table, sql.Identifier(order)
            )
        )
        for _, definition in indexes:
            connection.execute(sql.SQL(definition))
    with warehouse.connect() as connection:
        # now, or the server does it in the background while the marts are measured
        connection.execute(sql.SQL("vacuum analyze {}").format(table))

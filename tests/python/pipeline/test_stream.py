"""From the customers' clicks to bi_reader: at once without a build, and judged by the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.kit import Warehouse

TOPIC = "clicks-of-a-day"
MODELS = ("batch_deliveries", "base_kafka_stream", "stg_kafka_stream", "quarantine",
          "row_accounting", "fact_customer_events", "shopping_sessions",
          "as_of_date")  # fmt: skip
TESTS = ("delivered_rows_have_one_verdict", "bronze_rows_reach_base",
         "accepted_values_row_accounting_is_balanced__False__True")  # fmt: skip


@pytest.fixture(scope="module")
def stream(
    tmp_path_factory: pytest.TempPathFactory, kafka_cluster: tuple[Producer, str], parsed: Path
) -> Iterator[Warehouse]:
    """A small bank, loaded and built, whose programs know the broker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAFKA_BOOTSTRAP", kafka_cluster[1])
        patch.setenv("KAFKA_TOPIC", TOPIC)
        folder: Path = tmp_path_factory.mktemp("stream")
        warehouse = Warehouse(home=folder / "pg", raw=folder / "raw", parsed=parsed)
        warehouse.start()
        try:
            warehouse.generate(
                "--customers", "300", "--transactions", "6000", "--start", "2026-05-01",
                "--end", "2026-09-20",
            )  # fmt: skip
            warehouse.load()
            parents = [f"+{name}" for name in (*MODELS, "realtime_analytics")]
            warehouse.build_models("--select", *parents)
            yield warehouse
        finally:
            warehouse.destroy()


def send(warehouse: Warehouse, count: int) -> None:
    """The first events after the history go to the topic."""
    warehouse.run(
        "python", "-m", "generator", "stream", "--rate", "0", "--out", str(warehouse.raw),
        "--count", str(count),
    )  # fmt: skip


def build(warehouse: Warehouse) -> None:
    """The models that the stream reaches, and the tests of their counts."""
    only_these = ("--indirect-selection", "empty", "--exclude-resource-type", "unit_test")
    warehouse.build("--select", *MODELS, *TESTS, *only_these)


def live(warehouse: Warehouse) -> tuple[int, int]:
    """Events of the last two hours, and unreadable messages, as bi_reader sees them now."""
    with warehouse.connect(as_reader=True) as reader:
        [(events, unreadable)] = reader.execute(
            "select coalesce(sum(actual_value) filter (where metric = 'events'), 0),"
            " coalesce(sum(actual_value) filter (where metric = 'unreadable_messages'), 0)"
            " from gold.realtime_analytics where section = 'stream'"
        ).fetchall()
    return int(events), int(unreadable)


def test_from_the_topic_to_the_reader(
    stream: Warehouse, kafka_cluster: tuple[Producer, str]
) -> None:
    consume = ("python", "-m", "warehouse", "consume", "--until-caught-up")
    as_of = stream.value("select as_of_date from silver.as_of_date")
    builds = stream.value("select max(build_id) from silver.builds")
    assert live(stream) == (0, 0)

    send(stream, 40)
    producer = kafka_cluster[0]
    producer.produce(TOPIC, value=b"{damaged", partition=1)
    assert producer.flush(10) == 0
    stream.run(*consume)
    # no build since, and yet it is there: all events of the two hours up to the latest one
    assert stream.value("select max(build_id) from silver.builds") == builds
    recent = stream.value(
        "with events as (select cast(event_timestamp as timestamptz) as event_at"
        " from bronze.kafka_stream where _source_file like '%%/kafka/%%' and raw_message is null)"
        " select count(*) from events"
        " where event_at > (select max(event_at) - interval '2 hours' from events)"
    )
    assert recent > 0
    assert live(stream) == (recent, 1)

    # the same again and twenty more, in the same batch, as no build has read it yet
    send(stream, 60)
    stream.run(*consume)
    batches = "select count(*) from bronze.load_batches where source like 'kafka%%'"
    assert stream.value(batches) == 1

    build(stream)
    assert stream.value("select as_of_date from silver.as_of_date") == as_of == date(2026, 9, 20)
    accounting = (
        "select delivered_rows, kept_rows, duplicate_rows, quarantined_rows, is_balanced"
        " from gold.row_accounting where source_file like '%%/kafka/%%' order by batch_id"
    )
    assert stream.query(accounting) == [(101, 60, 40, 1, True)]
    [(file, row, reason)] = stream.query(
        "select source_file, source_row, quarantine_reason from silver.quarantine"
        " where source_file like '%%/kafka/%%'"
    )
    assert (file.split("/")[3:], reason) == (["kafka", TOPIC, "1"], "unreadable_message")
    assert stream.query("select message_offset, message_value from bronze.kafka_quarantine") == [
        (row, b"{damaged")
    ]

    # a batch of their own for those that come now that a build has read the first; visits go on
    send(stream, 75)
    stream.run(*consume)
    assert stream.value(batches) == 2
    before = stream.value("select count(*) from gold.fact_customer_events")
    build(stream)
    assert stream.query(accounting)[1] == (75, 15, 60, 0, True)
    assert stream.value("select count(*) from gold.fact_customer_events") == before + 15
    visits = (
        "select count(*) filter (where batches > 1),"
        " count(*) filter (where event_count is distinct from events)"
        " from gold.shopping_sessions full join ("
        "     select session_id, count(*) as events, count(distinct _batch_id) as batches"
        "     from gold.fact_customer_events group by session_id"
        " ) as facts using (session_id)"
    )
    [(continued, wrong)] = stream.query(visits)
    assert continued > 0
    assert wrong == 0

"""The stream: every message once in bronze, whatever is killed when, and nothing stops it.

The broker is the mock cluster of tests/conftest.py, or a real one.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from warehouse import bronze, loader, locks
from warehouse.cli import main
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError
from warehouse.stream import consumer, messages
from warehouse.stream.broker import Broker
from warehouse.stream.consumer import Options, Stop, consume
from warehouse.stream.store import Store

from .conftest import Write

TODAY = "to_char(now() at time zone 'utc', 'YYYY/MM/DD')"


def event(number: int, **more: Any) -> dict[str, Any]:
    """A message as the marketplace sends it."""
    return {
        "event_id": f"E{number}",
        "event_type": "view",
        "event_timestamp": "2026-11-21T10:11:12Z",
        "session_id": f"S{number // 10}",
        "customer_id": number % 7,
        "product_id": 5,
    } | more


@dataclass(frozen=True)
class Topic:
    """A topic of the test's own."""

    name: str
    producer: Producer
    address: str

    def send(self, *values: object, partition: int | None = None) -> None:
        """Messages as JSON, bytes and None as they are; spread over the partitions, or into one."""
        where = {} if partition is None else {"partition": partition}
        for value in values:
            raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
            while True:
                try:
                    self.producer.produce(self.name, value=raw, key=b"k", **where)
                    break
                except BufferError:
                    self.producer.poll(0.1)
        assert self.producer.flush(30) == 0

    def consume(self, settings: Settings, stop: Stop | None = None, **more: Any) -> int:
        """Read all there is, in this process."""
        options = Options(self.name, **({"until_caught_up": True} | more))
        return consume(options, settings, Broker.load(), stop)


@pytest.fixture
def topic(kafka_cluster: tuple[Producer, str], monkeypatch: pytest.MonkeyPatch) -> Topic:
    """A topic that exists, empty but for what the test sends."""
    producer, address = kafka_cluster
    monkeypatch.setenv("KAFKA_BOOTSTRAP", address)
    return Topic(f"test-{uuid.uuid4().hex[:12]}", producer, address)


def ask(settings: Settings, query: str, *values: object) -> list[tuple[Any, ...]]:
    with connect(settings) as conn:
        return conn.execute(query.encode(), values or None).fetchall()


def command(settings: Settings, topic: Topic, *more: str) -> subprocess.Popen[str]:
    """The consumer as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "warehouse", "consume", "--topic", topic.name, *more],
        cwd=PROJECT_ROOT,
        env=os.environ
        | settings.environment()
        | {"WAREHOUSE_EMBEDDED": "", "KAFKA_BOOTSTRAP": topic.address},
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something that comes within a minute, or fail."""
    for _ in range(1200):
        if condition():
            return
        assert process is None or process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def read_rows(settings: Settings) -> int:
    """Messages of which the offset is stored; 0 while there is nothing at all."""
    if ask(settings, "select to_regclass('bronze.kafka_offsets') is null") == [(True,)]:
        return 0
    return int(
        ask(settings, "select coalesce(sum(next_offset), 0) from bronze.kafka_offsets")[0][0]
    )


def everything_is_there_once(settings: Settings, ids: Sequence[str], unreadable: int = 0) -> None:
    """Each event once, offsets without a gap, and every count is that of the rows."""
    found = ask(settings, "select event_id from bronze.kafka_stream where event_id is not null")
    assert sorted(one for (one,) in found) == sorted(ids)
    assert (
        ask(
            settings,
            "select topic, partition, next_offset from bronze.kafka_offsets except"
            " select split_part(_source_file, '/', 5), split_part(_source_file, '/', 6)::int,"
            "  max(_source_row) + 1 from bronze.kafka_stream group by 1, 2"
            " having count(*) = max(_source_row) + 1 and count(distinct _source_row) = count(*)",
        )
        == []
    )
    assert (
        ask(
            settings,
            "select batch_id, batch_date, delivered_rows from bronze.load_batch_files"
            " join bronze.load_batches using (batch_id) except"
            " select _batch_id, _batch_date, count(*) from bronze.kafka_stream group by 1, 2",
        )
        == []
    )
    assert (
        ask(
            settings,
            "select count(*) from bronze.kafka_stream where raw_message is not null"
            " union all select count(*) from bronze.kafka_quarantine",
        )
        == [(unreadable,)] * 2
    )


def test_messages_arrive_as_text_with_where_they_came_from(
    database: Settings, topic: Topic
) -> None:
    bought = event(2, event_type="purchase", order_id=77, quantity=2, unit_price="12.50")
    topic.send(event(1, search_term='a "quoted", term\n'), partition=0)
    topic.send(bought, b"\0\0\0\0\7" + json.dumps(event(3)).encode(), partition=1)
    assert topic.consume(database) == 3
    rows = ask(
        database,
        "select _source_file, _source_row, event_id, search_term, order_id, quantity, unit_price,"
        " event_timestamp, customer_id, device_type, raw_message from bronze.kafka_stream"
        " order by 1, 2",
    )
    [(day,)] = ask(database, f"select {TODAY}")
    moment = "2026-11-21T10:11:12Z"
    assert rows == [
        (f"{day}/kafka/{topic.name}/0", 0, "E1", 'a "quoted", term\n', None, None, None, moment,
         "1", None, None),
        (f"{day}/kafka/{topic.name}/1", 0, "E2", None, "77", "2", "12.50", moment, "2", None, None),
        (f"{day}/kafka/{topic.name}/1", 1, "E3", None, None, None, None, moment, "3", None, None),
    ]  # fmt: skip
    assert ask(
        database,
        "select batch_id, source, manifest_sha256, table_name, file_name, delivered_rows"
        " from bronze.load_batches join bronze.load_batch_files using (batch_id)",
    ) == [(1, f"kafka {topic.name}", None, "kafka_stream", f"{day}/kafka/{topic.name}/1", 3)]


def test_a_second_start_reads_only_what_is_new(database: Settings, topic: Topic) -> None:
    topic.send(*map(event, range(500)))
    assert topic.consume(database, batch_rows=100) == 500
    assert topic.consume(database) == 0
    topic.send(*map(event, range(500, 520)))
    assert topic.consume(database) == 20
    everything_is_there_once(database, [f"E{n}" for n in range(520)])
    assert ask(database, "select count(*) from bronze.load_batches") == [(1,)]


def test_once_under_repeated_kill_9(database: Settings, topic: Topic) -> None:
    """Killed at moments that luck chooses, also while a transaction is under way."""
    count, luck = 20_000, random.Random(7)
    values: list[object] = [event(n) for n in range(count)]
    for place in range(0, count, 400):
        values[place] = b"garbage %d" % place
    topic.send(*values)
    # so few rows a batch that a fast machine, too, is killed long before it has read them all
    options = ("--until-caught-up", "--batch-rows", "10", "--batch-seconds", "0.05")
    for _ in range(8):
        before = read_rows(database)
        process = command(database, topic, *options)
        until(lambda before=before: read_rows(database) > before, process)  # type: ignore[misc]
        time.sleep(luck.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert 0 < read_rows(database) < count  # it was killed in the middle, each time
    process = command(database, topic, "--until-caught-up")
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said
    ids = [f"E{n}" for n in range(count) if n % 400]
    everything_is_there_once(database, ids, unreadable=count // 400)


def test_ctrl_c_ends_after_the_batch_under_way(database: Settings, topic: Topic) -> None:
    topic.send(*map(event, range(50)))
    # a minute after the first message: only being asked to stop can write this batch
    process = command(database, topic, "--batch-seconds", "60")
    until(lambda: process.stderr is not None and "Reading topic" in process.stderr.readline())
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said
    assert "Stopping after this batch." in said
    assert "Traceback" not in said
    assert read_rows(database) > 0
    topic.consume(database)
    everything_is_there_once(database, [f"E{n}" for n in range(50)])


POISON = [
    (b"", "it has no value", "(empty)"),
    (None, "it has no value", "(empty)"),
    (b"  ", "Invalid JSON: EOF while parsing a value at line 1 column 2", "(empty)"),
    (b"{", "Invalid JSON: EOF while parsing an object at line 1 column 1", "{"),
    (b"[1]", "Input should be an object", "[1]"),
    (b"\xff\xfe", "Invalid JSON: expected value at line 1 column 1", "\\xff\\xfe"),
    (b'{"a": "\0"}', None, '{"a": "\\x00"}'),
    (event(1, event_id="a\0b"), "event_id: String should match pattern", None),
    (event(1, event_id=""), "event_id: String should have at least 1 character", None),
    (event(1, event_id="x" * 1001), "event_id: String should have at most 1000 characters", None),
    ({"event_id": "E1"}, "event_type: Field required; event_timestamp: Field required", None),
    (event(1, event_timestamp="yesterday"), "event_timestamp: String should match", None),
    (event(1, event_timestamp="2026-02-30T00:00:00Z"), "a moment that exists", None),
    (event(1, customer_id="5"), "customer_id: Input should be a valid integer", None),
    (event(1, customer_id=True), "customer_id: Input should be a valid integer", None),
    (event(1, customer_id=2**63), "customer_id: Input should be less than", None),
    (event(1, quantity=-1), "quantity: Input should be greater than or equal to 0", None),
    (event(1, unit_price=12.5), "unit_price: Input should be a valid string", None),
    (event(1, unit_price="1e3"), "unit_price: String should match pattern", None),
]


def test_poison_is_set_aside_with_its_reason(
    database: Settings, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    for number, (value, *_) in enumerate(POISON):
        topic.send(event(100 + number), value, partition=2)
    assert topic.consume(database) == 2 * len(POISON)
    found = ask(
        database,
        "select topic, partition, message_offset, message_key, message_value, reason, raw_message,"
        " num_nulls(event_id, event_type, session_id) from bronze.kafka_quarantine"
        " join bronze.kafka_stream on _source_row = message_offset and _batch_id = batch_id"
        " order by message_offset",
    )
    assert len(found) == len(POISON)
    for number, (row, (value, reason, text)) in enumerate(zip(found, POISON, strict=True)):
        raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
        assert row[:5] == (topic.name, 2, 2 * number + 1, b"k", raw)
        assert reason is None or reason in row[5], value
        assert row[6] == (raw.decode() if text is None and raw else text)
        assert row[7] == 3
    everything_is_there_once(
        database, [f"E{100 + n}" for n in range(len(POISON))], unreadable=len(POISON)
    )
    said = [one for one in caplog.messages if one.startswith("Quarantined")]
    assert said[0] == "Quarantined: partition 2, offset 1: it has no value."
    assert said[-1] == f"Quarantined: {len(POISON) - 5} more."


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(value: bytes) -> None:
    try:
        assert len(messages.read(value)) == len(messages.COLUMNS)
    except messages.Unreadable as error:
        assert str(error)
    assert messages.as_text(value).strip()
    assert "\0" not in messages.as_text(value)


def test_the_schema_is_that_of_the_table() -> None:
    table = bronze.read_tables()[bronze.STREAMED]
    assert (*messages.COLUMNS, "raw_message") == table.columns
    schema = json.loads(messages.schema())
    assert schema["required"] == ["event_id", "event_type", "event_timestamp", "session_id"]


def test_fields_that_nobody_knows_are_named_once(
    database: Settings, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    topic.send(*(event(n, colour="red") for n in range(10)))
    topic.consume(database, batch_rows=2)
    assert [one for one in caplog.messages if "colour" in one] == [
        "Messages carry a field 'colour' that the schema lacks: it is not kept."
    ]
    everything_is_there_once(database, [f"E{n}" for n in range(10)])


def test_the_second_consumer_waits_for_the_first(
    database: Settings, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    topic.send(*map(event, range(300)))
    waiting = f"Another consumer reads topic {topic.name}, waiting for it."
    with connect(database) as conn, ThreadPoolExecutor(1) as thread:
        first = Store(conn, topic.name)
        first.prepare()
        assert first.claim()
        second = thread.submit(topic.consume, database)
        until(lambda: waiting in caplog.messages)
        assert read_rows(database) == 0
        conn.close()
        assert second.result(60) == 300
    everything_is_there_once(database, [f"E{n}" for n in range(300)])


def test_two_consumers_at_once(database: Settings, topic: Topic) -> None:
    topic.send(*map(event, range(3000)))
    both = [command(database, topic, "--once", "--batch-rows", "100") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    everything_is_there_once(database, [f"E{n}" for n in range(3000)])


def test_without_its_claim_a_consumer_is_refused(
    database: Settings, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is lost (a pool of connections, say): the offsets themselves refuse the second."""
    topic.send(*map(event, range(10)), partition=0)
    monkeypatch.setattr(Store, "claim", lambda _: True)
    write = Store.write

    def overtaken(store: Store, batch: Any) -> None:
        monkeypatch.setattr(Store, "write", write)
        assert topic.consume(database) == 10
        write(store, batch)

    monkeypatch.setattr(Store, "write", overtaken)
    with pytest.raises(WarehouseError, match=r"Somebody else reads topic .* too"):
        topic.consume(database)
    everything_is_there_once(database, [f"E{n}" for n in range(10)])


def test_new_partitions_are_picked_up(
    database: Settings, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    for partition in range(4):
        topic.send(*map(event, range(100 * partition, 100 * partition + 100)), partition=partition)
    partitions, asked = Broker.partitions, []

    def growing(broker: Broker, *arguments: Any) -> list[int]:
        asked.append(1)
        return partitions(broker, *arguments)[: 2 if len(asked) == 1 else 4]

    monkeypatch.setattr(Broker, "partitions", growing)
    monkeypatch.setattr(consumer, "_LOOK_FOR_PARTITIONS_SECONDS", 0.5)
    stop = Stop()
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(topic.consume, database, stop, until_caught_up=False)
        until(lambda: reading.done() or read_rows(database) == 400)
        stop.asked = True
        assert reading.result(60) == 400
    everything_is_there_once(database, [f"E{n}" for n in range(400)])


def test_a_build_reads_whole_batches_only(database: Settings, topic: Topic) -> None:
    """What a build was told is all there is of these batches, now and later."""
    topic.send(*map(event, range(4000)))
    with connect(database) as conn:
        conn.execute("create schema if not exists silver")
        conn.execute("create table silver.builds (build_id bigint, last_batch_id bigint)")
    macro = (PROJECT_ROOT / "macros/engine/hold_streams.sql").read_text()
    hold = macro.split("return('")[-1].split("'")[0].rstrip(";")
    builds: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1) as thread, connect(database, autocommit=True) as conn:
        reading = thread.submit(topic.consume, database, batch_rows=100)
        until(lambda: reading.done() or read_rows(database) > 0)
        while not reading.done():
            with conn.transaction():
                conn.execute(hold.encode())
                conn.execute(
                    "insert into silver.builds select 1, max(batch_id) from bronze.load_batches"
                )
            builds += conn.execute(
                "select last, count(*) from bronze.kafka_stream,"
                " (select max(last_batch_id) as last from silver.builds) builds"
                " where _batch_id <= last group by last"
            ).fetchall()
            time.sleep(0.02)
        assert reading.result(60) == 4000
    assert len({last for last, _ in builds}) > 1
    for last, rows in builds:
        [(later,)] = ask(
            database, "select count(*) from bronze.kafka_stream where _batch_id <= %s", last
        )
        assert later == rows
    everything_is_there_once(database, [f"E{n}" for n in range(4000)])
    assert ask(
        database, "select count(distinct file_name) = count(*) from bronze.load_batch_files"
    ) == [(True,)]


def test_files_and_streams_share_the_numbers(
    database: Settings, topic: Topic, write_batch: Write
) -> None:
    """Also on the same day, and the same file is still recognised."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    folder = write_batch("2023-01-31").parents[2]
    loader.load(folder, database)
    topic.send(event(1))
    topic.consume(database)
    write_batch(today)
    assert [one.skipped for one in loader.load(folder, database)] == [True, False]
    topic.send(event(2))
    topic.consume(database)
    assert ask(
        database,
        "select batch_id, source, batch_date::text from bronze.load_batches order by batch_id",
    ) == [(1, "test", "2023-01-31"), (2, f"kafka {topic.name}", today), (3, "test", today)]
    assert all(one.skipped for one in loader.load(folder, database))


def test_a_batch_is_begun_when_the_loader_has_finished(
    database: Settings, topic: Topic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    topic.send(event(1))
    with connect(database) as conn:
        Store(conn, topic.name).prepare()
    with connect(database) as conn, ThreadPoolExecutor(1) as thread:
        conn.execute("select pg_advisory_lock(%s)", (locks.LOAD,))
        reading = thread.submit(topic.consume, database)
        until(lambda: "A loader is at work, waiting for it." in caplog.messages)
        conn.close()
        assert reading.result(60) == 1


def test_a_lost_connection_is_made_again(
    database: Settings, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the commit, so that only the stored offsets tell what has been written."""
    topic.send(*map(event, range(1000)))
    write, lost = Store.write, []

    def breaking(store: Store, batch: Any) -> None:
        write(store, batch)
        if len(lost) < 3:
            lost.append(store)
            store._conn.close()
            store._conn.execute("select 1")

    monkeypatch.setattr(Store, "write", breaking)
    topic.consume(database, batch_rows=100)
    assert len(lost) == 3
    everything_is_there_once(database, [f"E{n}" for n in range(1000)])


def test_messages_that_were_deleted_unread(
    database: Settings, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic.send(*map(event, range(10)), partition=0)
    topic.consume(database)
    topic.send(*map(event, range(10, 30)), partition=0)
    marks = Broker.watermarks

    def pruned(broker: Broker, reader: Any, name: str, partition: int) -> tuple[int, int]:
        low, high = marks(broker, reader, name, partition)
        return (15, high) if partition == 0 else (low, high)

    monkeypatch.setattr(Broker, "watermarks", pruned)
    with pytest.raises(WarehouseError, match="begins at offset 15, but was read up to 10 only"):
        topic.consume(database)
    assert topic.consume(database, accept_loss=True) == 15
    assert ask(database, "select next_offset from bronze.kafka_offsets") == [(30,)]


def test_a_topic_made_anew_is_refused(database: Settings, topic: Topic) -> None:
    topic.send(event(1), partition=0)
    topic.consume(database)
    with connect(database) as conn:
        conn.execute("update bronze.kafka_offsets set next_offset = 50")
    with pytest.raises(WarehouseError, match=r"ends at offset 1, but was read up to 50: .* anew"):
        topic.consume(database)


def test_status_shows_the_lag(database: Settings, topic: Topic) -> None:
    topic.send(*map(event, range(3)), partition=1)
    lines = consumer.status(topic.name, database, Broker.load())
    assert lines[1] == f"{topic.name}/1: read to 0 of 3, lag 3, never read"
    topic.consume(database)
    topic.send(event(4), partition=1)
    lines = consumer.status(topic.name, database, Broker.load())
    assert lines[1].startswith(f"{topic.name}/1: read to 3 of 4, lag 1, last at 2")


def test_no_topic(database: Settings, topic: Topic) -> None:
    with pytest.raises(WarehouseError, match=r"has no topic 'no-such': create it, or name another"):
        Topic("no-such", topic.producer, topic.address).consume(database)


def test_no_broker(
    database: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("KAFKA_BOOTSTRAP", address)
    monkeypatch.setattr("warehouse.stream.broker.TIMEOUT_SECONDS", 1.0)
    for name, value in database.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WAREHOUSE_EMBEDDED")
    assert main(["consume", "--once"]) == 1
    assert main(["consume", "--status"]) == 1
    sentence = (
        f"error: The Kafka broker {address} cannot be reached: start it, or correct"
        " KAFKA_BOOTSTRAP.\n"
    )
    assert capsys.readouterr().err.count(sentence) == 2
    monkeypatch.delenv("KAFKA_BOOTSTRAP")
    assert main(["consume"]) == 1
    assert "KAFKA_BOOTSTRAP is not set" in capsys.readouterr().err


def test_a_broker_that_goes_away(
    database: Settings, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits for the end of a topic learns that it cannot be reached; nothing is half read."""
    monkeypatch.setattr(consumer, "_PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(consumer, "_LOOK_FOR_PARTITIONS_SECONDS", 0.1)
    monkeypatch.setattr("warehouse.stream.broker.TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(consumer._Reader, "_is_done", lambda _: False)
    own = Producer({"test.mock.num.brokers": 1}, logger=logging.getLogger("mock cluster"))
    [one] = own.list_topics(timeout=10).brokers.values()
    address = f"{one.host}:{one.port}"
    monkeypatch.setenv("KAFKA_BOOTSTRAP", address)
    Topic(topic.name, own, address).send(*map(event, range(20)))
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(topic.consume, database)
        until(lambda: read_rows(database) == 20)
        del own
        with pytest.raises(WarehouseError, match="cannot be reached"):
            reading.result(60)
    everything_is_there_once(database, [f"E{n}" for n in range(20)])


def test_without_the_library_it_says_what_to_install() -> None:
    hidden = "import sys; sys.modules['confluent_kafka'] = None; from warehouse.cli import main;"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden} sys.exit(main(['consume']))"],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "error: confluent-kafka is not installed: install what serves the warehouse"
        " (`make apps`).\n"
    )


@pytest.mark.parametrize("option", [("--batch-rows", "0"), ("--batch-seconds", "soon")])
def test_options_that_make_no_sense(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["consume", *option])
    assert ended.value.code == 2
    assert "invalid positive" in capsys.readouterr().err

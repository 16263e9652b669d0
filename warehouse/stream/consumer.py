"""``python -m warehouse consume``: a topic into bronze, until Ctrl-C or until all is read.

What has been read stands in PostgreSQL, in the transaction that wrote the rows, and nowhere else;
so partitions are assigned from there and no consumer group is used. See docs/decisions/0028.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from confluent_kafka import KafkaError, TopicPartition

from warehouse import db, loader
from warehouse.config import Settings
from warehouse.errors import WarehouseError
from warehouse.stream import store
from warehouse.stream.broker import Broker, Unreachable
from warehouse.stream.store import LoaderAtWork, MicroBatch, Store

log = logging.getLogger(__name__)

# How long a call may last, so that Ctrl-C is heard.
_BREATH = 0.2
_PIECE = 2_000  # messages a call
_LOOK_FOR_PARTITIONS_SECONDS = 10.0
_REPORT_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Options:
    """What to read, and how.

    Attributes:
        topic: its name.
        batch_rows, batch_seconds: a micro-batch is written when it has so many messages, or so long
            after its first one.
        until_caught_up: end where the topic ended when this began, instead of waiting for more.
        accept_loss: go on with the oldest message there is where unread ones were deleted.
    """

    topic: str
    batch_rows: int = 20_000
    batch_seconds: float = 1.0
    until_caught_up: bool = False
    accept_loss: bool = False


class Stop:
    """Whether somebody asked to end; the micro-batch under way is written first."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, *_: object) -> None:
        """Handle a signal: the first is a request, the second an order."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        log.info("Stopping after this batch.")


def consume(options: Options, settings: Settings, broker: Broker, stop: Stop | None = None) -> int:
    """Read messages into bronze; returns how many.

    Raises:
        WarehouseError: broker, topic or database cannot be used, or unread messages were deleted.
    """
    reader = _Reader(options, broker, stop or Stop())
    pauses = list(db.RETRY_SECONDS)
    try:
        while True:
            rows = reader.rows
            try:
                with _claimed(options.topic, settings, reader.stop) as found:
                    if found is not None:
                        reader.read(found)
                return reader.rows
            except db.ConnectionLost as error:
                if reader.rows > rows:
                    pauses = list(db.RETRY_SECONDS)
                if not pauses:
                    raise error.for_good() from error
                log.warning("%s, trying again in %g s.", error, pauses[0])
                time.sleep(pauses.pop(0))
    finally:
        reader.close()
        if reader.rows:
            loader.analyze(settings, {store.TABLE})


@contextmanager
def _claimed(topic: str, settings: Settings, stop: Stop) -> Iterator[Store | None]:
    """The topic's place in bronze, for this consumer alone; None if asked to stop before."""
    with (
        db.connect(settings, application_name="warehouse consume") as conn,
        _in_words(topic),
        db.noticing_loss(conn, settings),
    ):
        found = Store(conn, topic)
        found.prepare()
        waiting = False
        while not found.claim():
            if not waiting:
                log.info("Another consumer reads topic %s, waiting for it.", topic)
            waiting = True
            if stop.asked:
                yield None
                return
            time.sleep(_BREATH)
        yield found


@contextmanager
def _in_words(topic: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise WarehouseError(
            f"The server refuses messages of topic {topic!r}: {' '.join(str(error).split())}"
        ) from error


class _Reader:
    """Reads a topic with one consumer, whatever becomes of the connection to the database."""

    def __init__(self, options: Options, broker: Broker, stop: Stop) -> None:
        self.stop = stop
        self.rows = 0
        self._options = options
        self._broker = broker
        self._consumer = broker.consumer()
        self._next: dict[int, int] = {}  # per partition: offset up to which bronze has it
        self._goal: dict[int, int] = {}  # per partition: where it ended when it was found
        self._reached: dict[int, int] = {}  # per partition: offset up to which it was fetched
        self._unknown: set[str] = set()
        self._looked = self._reported = self._heard = time.monotonic()
        self._reported_rows = 0

    def close(self) -> None:
        self._consumer.close()

    def read(self, found: Store) -> None:
        """Read until asked to stop, or until caught up if that is wanted."""
        self._next, self._goal, self._reached = {}, {}, {}
        known = found.offsets()
        self._consumer.unassign()
        self._find_partitions(known)
        while not self.stop.asked and not self._is_done():
            batch = self._gather()
            if batch.rows:
                self._write(found, batch)
            now = time.monotonic()
            if now - self._looked > _LOOK_FOR_PARTITIONS_SECONDS:
                self._look_again(known)
            if now - self._reported > _REPORT_SECONDS:
                self._report(now)
        self._report(time.monotonic(), last=True)

    def _look_again(self, known: dict[int, int]) -> None:
        try:
            self._find_partitions(known)
            self._heard = time.monotonic()
        except Unreachable as error:
            silent = time.monotonic() - self._heard
            if self._options.until_caught_up and silent > _PATIENCE_SECONDS:
                raise
            log.warning("%s Trying again.", error)

    def _find_partitions(self, known: dict[int, int]) -> None:
        topic = self._options.topic
        self._looked = time.monotonic()
        new = []
        for partition in self._broker.partitions(self._consumer, topic):
            if partition in self._next:
                continue
            low, high = self._broker.watermarks(self._consumer, topic, partition)
            start = self._start(partition, known.get(partition), low, high)
            # after a loss the old offset stays until rows come: the store expects to find it
            self._next[partition] = known.get(partition, start)
            self._reached[partition] = start
            self._goal[partition] = high
            new.append(TopicPartition(topic, partition, start))
        if new:
            self._consumer.incremental_assign(new)
            log.info(
                "Reading topic %s, %s.",
                topic,
                ", ".join(f"partition {p.partition} from offset {p.offset}" for p in new),
            )

    def _start(self, partition: int, known: int | None, low: int, high: int) -> int:
        where = f"Topic {self._options.topic!r}, partition {partition},"
        if known is None:
            return low
        if known > high:
            raise WarehouseError(
                f"{where} ends at offset {high}, but was read up to {known}: it was made anew, or"
                " KAFKA_BOOTSTRAP leads to another broker; give a topic made anew another name."
            )
        if known < low:
            if not self._options.accept_loss:
                raise WarehouseError(
                    f"{where} begins at offset {low}, but was read up to {known} only: the broker"
                    f" has deleted {low - known} messages; add --accept-loss to go on without them."
                )
            log.warning("%s %d messages were deleted unread.", where, low - known)
        return max(known, low)

    def _gather(self) -> MicroBatch:
        """The next micro-batch; without any rows if none came for a moment."""
        options = self._options
        batch = MicroBatch(options.topic)
        until = time.monotonic() + _BREATH
        while batch.rows < options.batch_rows and not self.stop.asked:
            wait = min(until - time.monotonic(), _BREATH)
            if wait <= 0 or (batch.rows and self._is_done()):
                break
            found: list[Any] = self._consumer.consume(
                min(options.batch_rows - batch.rows, _PIECE), wait
            )
            for message in found:
                if message.error() is not None:
                    self._note(message)
                    continue
                partition, offset = message.partition(), message.offset()
                if offset < self._reached.get(partition, offset + 1):
                    continue  # fetched before the partition was assigned anew
                if not batch.rows:
                    until = time.monotonic() + options.batch_seconds
                batch.add(message, self._next[partition])
                self._reached[partition] = offset + 1
        return batch

    def _note(self, message: Any) -> None:
        error, partition = message.error(), message.partition()
        if error.code() == KafkaError._PARTITION_EOF:
            # may lie behind the last message: marks of transactions count as offsets, too
            self._reached[partition] = max(self._reached.get(partition, 0), message.offset())
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            low, high = self._broker.watermarks(self._consumer, self._options.topic, partition)
            self._start(partition, self._next[partition], low, high)
            raise WarehouseError(
                f"Topic {self._options.topic!r}, partition {partition}, cannot be read at offset"
                f" {self._next[partition]} ({error.str()}): run this again."
            )
        elif not error.retriable() and error.code() not in (
            KafkaError._TRANSPORT,
            KafkaError._ALL_BROKERS_DOWN,
        ):
            raise self._broker.refusal(error, self._options.topic)

    def _is_done(self) -> bool:
        return self._options.until_caught_up and all(
            self._reached[partition] >= goal for partition, goal in self._goal.items()
        )

    def _write(self, found: Store, batch: MicroBatch) -> None:
        waiting = False
        while True:
            try:
                found.write(batch)
                break
            except LoaderAtWork:
                if not waiting:
                    log.info("A loader is at work, waiting for it.")
                waiting = True
                time.sleep(_BREATH)
        self._next |= batch.after
        self.rows += batch.rows
        for _, partition, offset, *_, reason in batch.poison[:5]:
            log.warning("Quarantined: partition %d, offset %d: %s.", partition, offset, reason)
        if len(batch.poison) > 5:
            log.warning("Quarantined: %d more.", len(batch.poison) - 5)
        for name in batch.unknown - self._unknown:
            log.warning("Messages carry a field %r that the schema lacks: it is not kept.", name)
        self._unknown |= batch.unknown

    def _report(self, now: float, *, last: bool = False) -> None:
        lag = []
        for partition, after in sorted(self._reached.items()):
            _, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._options.topic, partition), cached=True
            )
            lag.append(f"{partition}: {max(high - after, 0):,}")
        rows = self.rows - self._reported_rows
        if rows or last:
            seconds = max(now - self._reported, 0.001)
            log.info(
                "%s messages read (%s a second); lag by partition %s.",
                f"{self.rows:,}",
                f"{rows / seconds:,.0f}",
                ", ".join(lag) or "none",
            )
        self._reported, self._reported_rows = now, self.rows


def status(topic: str, settings: Settings, broker: Broker) -> list[str]:
    """A line for each partition: how far it was read, and how much there is to read.

    Raises:
        WarehouseError: broker, topic or database cannot be used.
    """
    known: dict[int, tuple[int, Any]] = {}
    with db.connect(settings) as conn:
        if conn.execute("select to_regclass('bronze.kafka_offsets')").fetchone() != (None,):
            for partition, *found in conn.execute(
                "select partition, next_offset, received_at::timestamp(0)"
                " from bronze.kafka_offsets where topic = %s",
                (topic,),
            ):
                known[partition] = (found[0], found[1])
    consumer = broker.consumer()
    lines = []
    try:
        for partition in broker.partitions(consumer, topic):
            low, high = broker.watermarks(consumer, topic, partition)
            offset, at = known.get(partition, (low, None))
            read = f"{topic}/{partition}: read to {offset} of {high}, lag {high - offset}"
            lines.append(f"{read}, {f'last at {at} UTC' if at is not None else 'never read'}")
    finally:
        consumer.close()
    return lines

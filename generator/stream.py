"""`python -m generator stream`: the click stream of a day, as messages of a Kafka topic."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from generator.bank import read_state
from generator.options import HistoryOptions, OptionError, parse_date
from generator.sheet import Sheet
from generator.simulation import Simulation
from generator.timeline import date_of

log = logging.getLogger(__name__)

_WHOLE = {"customer_id", "product_id", "order_id", "quantity"}
# No day of the warehouse's calendar lies behind it.
_LAST = dt.date(2030, 12, 31)


def events(
    out: Path, date: dt.date | None = None, days: int | None = 1
) -> Iterator[dict[str, Any]]:
    """The true events of the days from `date` on, as messages; nothing is written.

    They are those of the batches that `--date` writes, without their dirt. The world of the history
    in `out` advances through all days in between.

    Args:
        out: the raw folder with the history.
        date: the first day; the day after the history if not given.
        days: how many days; None for as many as are asked for.

    Raises:
        OptionError: there is no history, or the day is not after it.
    """
    state = read_state(out)
    if state is None:
        raise OptionError(
            f"--out {out} holds no history whose customers could click: generate it first "
            "(python -m generator)."
        )
    options = HistoryOptions.from_json(state)
    first = date or options.end + dt.timedelta(days=1)
    if first <= options.end:
        raise OptionError(
            f"--date {first} lies within or before the history, which ends on {options.end}: "
            "give a later day."
        )
    simulation = Simulation(options)
    for _ in simulation.history():
        pass
    numbers = {str(key): int(value) for key, value in state.get("days", {}).items()}
    last = _LAST if days is None else first + dt.timedelta(days=days - 1)
    for happened in simulation.days_until(last, numbers):
        if date_of(happened.period.last) >= first:
            for lines in happened.clicks.all():
                yield from _messages(lines)


def _messages(sheet: Sheet) -> Iterator[dict[str, Any]]:
    lines = io.StringIO(b"".join([sheet.header, *sheet.csv()]).decode())
    for row in csv.DictReader(lines):
        message: dict[str, Any] = {
            name: int(value) if name in _WHOLE else value for name, value in row.items() if value
        }
        message["event_timestamp"] = message["event_timestamp"].replace(" ", "T") + "Z"
        yield message


def produce(found: Iterator[dict[str, Any]], topic: str, rate: float) -> int:
    """Send messages, so many a second (0: as fast as possible); returns how many.

    A visit's events go to the same partition, so they arrive in their order.

    Raises:
        WarehouseError: the broker cannot be used.
    """
    # Not in the core set.
    from warehouse.stream.broker import Broker  # noqa: PLC0415

    broker = Broker.load()
    producer = broker.producer(**{"message.timeout.ms": 30_000, "compression.type": "lz4"})
    refused: list[Any] = []
    broker.check(producer)

    def told(error: Any, _: object) -> None:
        if error is not None:
            refused.append(error)

    began, sent = time.monotonic(), 0
    try:
        for message in found:
            if rate:
                time.sleep(max(0.0, began + sent / rate - time.monotonic()))
            while True:
                try:
                    producer.produce(
                        topic,
                        json.dumps(message),
                        key=message["session_id"],
                        on_delivery=told,
                    )
                    break
                except BufferError:  # the queue is full
                    producer.poll(0.1)
            sent += 1
            producer.poll(0)
            if refused:
                break
    finally:
        left = producer.flush(30)
    if refused or left:
        raise broker.refusal(refused[0], topic) if refused else broker.unreachable()
    return sent


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code (1 refused by the broker, 2 wrong options)."""
    # Only here: the rest of the generator knows nothing of the warehouse.
    from warehouse.errors import WarehouseError  # noqa: PLC0415

    args = _parser().parse_args(arguments)
    count: int | None = args.count
    began = time.monotonic()
    try:
        if args.rate < 0 or (count is not None and count < 1):
            raise OptionError("--rate and --count are too small: give at least 0 and 1.")
        date = parse_date(args.date, "--date") if args.date is not None else None
        found = events(args.out, date, days=1 if count is None else None)
        topic = args.topic
        if topic is None:
            from warehouse.stream.broker import default_topic  # noqa: PLC0415

            topic = default_topic()
        log.info("Simulating the days up to the first event.")
        sent = produce(islice(found, count), topic, args.rate)
    except OptionError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except WarehouseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    seconds = time.monotonic() - began
    sys.stdout.write(f"Sent {sent} events to topic {topic} in {seconds:.1f} s.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generator stream",
        description="Send what the customers of a simulated bank do in the marketplace on a day"
        " after the history to a Kafka topic (KAFKA_BOOTSTRAP): the events of its batch, as JSON,"
        " without dirt. Same folder and day: same messages.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--date", default=None, help="the day (default: the one after the history)")
    add("--count", type=int, default=None, help="end after so many events, going on to later days")
    add("--rate", type=float, default=50, help="events a second; 0: as fast as possible")
    add("--topic", default=None, help="name of the topic (default: KAFKA_TOPIC, else clickstream)")
    add("--out", type=Path, default=Path("data/raw"), help="folder of the history")
    return parser

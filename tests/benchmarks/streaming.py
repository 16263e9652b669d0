"""The stream: messages a second into bronze, and how soon bi_reader sees an event."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from confluent_kafka import Producer

from tests.benchmarks.measure import span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import SMALL
from tests.kit import ROOT, Warehouse

TOPIC = "clickstream"
MOMENT = "2025-12-16T10:{:02d}:{:02d}Z"


def run(report: Report, folder: Path, quick: bool) -> None:
    """Measure the consumer; the broker is librdkafka's mock cluster, in this process."""
    quiet = logging.getLogger("mock cluster")
    quiet.setLevel(logging.CRITICAL)
    # compressed, as a mock partition keeps no more than 5 MB
    producer = Producer(
        {"test.mock.num.brokers": 1, "linger.ms": 100, "compression.type": "zstd"}, logger=quiet
    )
    [broker] = producer.list_topics(timeout=10).brokers.values()
    os.environ["KAFKA_BOOTSTRAP"] = f"{broker.host}:{broker.port}"
    warehouse = Warehouse(home=folder / "stream-pg", raw=folder / "stream-raw")
    warehouse.start()
    try:
        _throughput(report, warehouse, producer, 200_000 if quick else 400_000)
        warehouse.generate(*SMALL.arguments)
        warehouse.load()
        report.step("building what realtime_analytics rests on")
        warehouse.build_models("--select", "+realtime_analytics")
        _delay(report, warehouse, producer, 5 if quick else 20)
    finally:
        del os.environ["KAFKA_BOOTSTRAP"]
        warehouse.destroy()


def _throughput(report: Report, warehouse: Warehouse, producer: Producer, count: int) -> None:
    report.step(f"sending {count:,} events")
    for number in range(count):
        _send(producer, _event(number))
    assert producer.flush(60) == 0
    report.step("reading them, from the start of the command to its end")
    with span(warehouse) as found:
        warehouse.run("python", "-m", "warehouse", "consume", "--until-caught-up")
    assert warehouse.value("select count(distinct event_id) from bronze.kafka_stream") == count
    report.promise(
        "events into bronze", count / found.wall, f"{count / found.wall:,.0f} a second",
        at_least=20_000, words="≥ 20,000 a second", others=found.others,
    )  # fmt: skip
    words = f"client and broker {found.client:.1f} s, server {found.server:.1f} s"
    report.figure("… processor time", found.cpu, words, found.others)
    report.figure(
        "… by processor time", count / found.cpu,
        f"{count / found.cpu:,.0f} a second of one processor", found.others,
    )  # fmt: skip


def _delay(report: Report, warehouse: Warehouse, producer: Producer, turns: int) -> None:
    report.step("one event at a time, while the consumer waits for more")
    consumer = subprocess.Popen(
        [sys.executable, "-m", "warehouse", "consume"],
        cwd=ROOT, env=warehouse.environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = []
    statement = (
        "select count(*) from gold.realtime_analytics where section = 'stream'"
        " and metric = 'events' and observed_at = cast(%s as timestamptz)"
    )
    try:
        with warehouse.connect(as_reader=True) as reader:
            for turn in range(turns + 1):
                moment = MOMENT.format(1 + turn, 0)
                _send(producer, _event(10_000_000 + turn) | {"event_timestamp": moment})
                producer.flush(10)
                sent = time.perf_counter()
                while reader.execute(statement, [moment]).fetchone() == (0,):
                    assert consumer.poll() is None, "the consumer has ended"
                    time.sleep(0.05)
                if turn:  # at first the command is still starting
                    seconds.append(time.perf_counter() - sent)
    finally:
        consumer.send_signal(signal.SIGINT)
        consumer.wait(60)
    report.promise(
        "from the broker to realtime_analytics", max(seconds),
        f"{max(seconds):.1f} s at most, {median(seconds):.1f} s in the median of {turns}",
        at_most=10, words="≤ 10 s",
    )  # fmt: skip


def _event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"E{number:012d}",
        "event_type": "view",
        "event_timestamp": MOMENT.format(0, number % 60),
        "session_id": f"S{number // 8:012d}",
        "customer_id": 1 + number % 1000,
        "product_id": 1 + number % 640,
        "device_type": "mobile",
        "traffic_source": "search",
    }


def _send(producer: Producer, message: dict[str, Any]) -> None:
    while True:
        try:
            producer.produce(TOPIC, value=json.dumps(message), key=message["session_id"])
            return
        except BufferError:
            producer.poll(0.1)

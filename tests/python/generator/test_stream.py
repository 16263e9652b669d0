"""The click stream of a day as messages: the batch's events, fit for the consumer."""

from __future__ import annotations

import csv
import datetime as dt
import json
from itertools import islice
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from generator.cli import main
from generator.stream import events
from warehouse.stream import messages

from .conftest import DAYS, OPTIONS


def test_a_days_messages_are_the_events_of_its_batch(world: Path) -> None:
    found = list(events(world, DAYS[1]))
    with (world / f"{DAYS[1]:%Y/%m/%d}" / "kafka_stream.csv").open(newline="") as handle:
        rows = {row["event_id"]: row for row in csv.DictReader(handle)}
    assert {one["event_timestamp"][:10] for one in found} == {DAYS[1].isoformat()}
    told_again = {key for key in rows if not key.startswith(f"E{DAYS[1]:%Y%m%d}")}
    assert rows.keys() - told_again <= {one["event_id"] for one in found}
    same = 0
    for one in found:
        row = rows.get(one["event_id"])
        if row is None or row["event_type"] == "hover" or row["event_timestamp"] == "not a date":
            continue  # dirt of the batch
        moment = one["event_timestamp"].replace("T", " ").rstrip("Z")
        told = {name: str(value) for name, value in one.items()} | {"event_timestamp": moment}
        assert told == {name: value for name, value in row.items() if value}
        same += 1
    assert same > 0.9 * len(found) > 100


def test_messages_fit_the_schema_and_go_on_with_the_next_day(world: Path) -> None:
    one_day = list(events(world, DAYS[0]))
    unknown: set[str] = set()
    longer = list(islice(events(world, DAYS[0], days=None), len(one_day) + 5))
    for message in longer:
        messages.read(json.dumps(message).encode(), unknown)
    assert longer[: len(one_day)] == one_day
    assert longer[-1]["event_timestamp"][:10] == DAYS[1].isoformat()
    assert not unknown


def test_the_command_sends_them(
    world: Path,
    kafka_cluster: tuple[Producer, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", kafka_cluster[1])
    topic = f"generated-{dt.datetime.now():%H%M%S%f}"
    options = ["--out", str(world), "--topic", topic, "--date", str(DAYS[0]), "--rate", "0"]
    assert main(["stream", *options, "--count", "30"]) == 0
    assert capsys.readouterr().out.startswith(f"Sent 30 events to topic {topic} in ")
    reader = Consumer({"bootstrap.servers": kafka_cluster[1], "group.id": "test"})
    partitions = reader.list_topics(topic, timeout=10).topics[topic].partitions
    reader.assign([TopicPartition(topic, number, 0) for number in partitions])
    found = [one for _ in range(30) if (one := reader.poll(10)) is not None]
    reader.close()
    sent = list(islice(events(world, DAYS[0]), 30))
    by_id = {one["event_id"]: one for one in sent}
    assert {one["event_id"]: one for one in (json.loads(m.value() or b"") for m in found)} == by_id
    # a visit stays in one partition, in its order
    for session in {one["session_id"] for one in sent}:
        mine = [m for m in found if m.key() == session.encode()]
        assert len({m.partition() for m in mine}) == 1
        assert [json.loads(m.value() or b"")["event_id"] for m in mine] == [
            one["event_id"] for one in sent if one["session_id"] == session
        ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--date", str(OPTIONS.end)], "lies within or before the history, which ends on"),
        (["--date", "tomorrow"], "--date"),
        (["--out", "/nowhere/raw"], "holds no history whose customers could click"),
        (["--rate", "-1"], "--rate and --count are too small"),
        (["--count", "0"], "--rate and --count are too small"),
    ],
)
def test_mistakes_are_one_sentence(
    world: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    sentence: str,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setattr("warehouse.stream.broker.Broker.check", lambda *_: None)
    assert main(["stream", "--out", str(world), *options]) == 2
    assert sentence in capsys.readouterr().err


def test_no_broker(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setattr("warehouse.stream.broker.TIMEOUT_SECONDS", 1.0)
    assert main(["stream", "--out", str(world)]) == 1
    assert "The Kafka broker 127.0.0.1:1 cannot be reached" in capsys.readouterr().err

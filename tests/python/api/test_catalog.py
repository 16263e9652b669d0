"""Metadata: what is refused, and that a manifest may vanish or be half written."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from api.catalog import Catalog, LiveCatalog, UnusableManifest, read
from api.cli import main

NAME = "model.financial_analytics.fact_loan_payments"


def test_the_project_is_described_correctly(catalog: Catalog) -> None:
    assert len(catalog.datasets) >= 15
    for dataset in catalog.datasets.values():
        assert dataset.key
        assert dataset.description
        assert dataset.shown


@pytest.fixture(scope="module")
def whole(manifest: Path) -> dict[str, Any]:
    """The manifest with one data set only."""
    found: dict[str, Any] = json.loads(manifest.read_text())
    found["nodes"] = {NAME: found["nodes"][NAME]}
    return found


def changed(whole: dict[str, Any], folder: Path, **meta: Any) -> Path:
    """A manifest whose data set has other metadata; None takes a key away."""
    manifest = copy.deepcopy(whole)
    config = manifest["nodes"][NAME]["config"]
    config["meta"] = {k: v for k, v in (config["meta"] | meta).items() if v is not None}
    file = folder / "manifest.json"
    file.write_text(json.dumps(manifest))
    return file


MEASURE = {"name": "one", "expr": "actual_amount", "agg": "sum"}
WRONG = {
    "an unknown key": ({"colour": "red"}, "meta.colour: there is no such key"),
    "an unknown filter": (
        {"filters": {"date_colum": "scheduled_date"}},
        "meta.filters.date_colum: there is no such key",
    ),
    "a missing name": ({"friendly_name": None}, "meta.friendly_name: is missing"),
    "an unknown grain": ({"time_grain": "fortnight"}, "meta.time_grain: 'fortnight' cannot"),
    "an unknown group": ({"group": "things"}, "meta.group: 'things' cannot be used"),
    "a data set that is none": ({"dataset": False}, "meta.dataset"),
    "a missing column": (
        {"filters": {"date_column": "paid_on"}},
        "meta.filters.date_column names the column paid_on, which the relation does not have",
    ),
    "a date that is none": (
        {"filters": {"date_column": "actual_amount"}},
        "has to be date or timestamptz",
    ),
    "nobody's rows": ({"user_column": None}, "needs either user_column"),
    "somebody's rows in public": ({"public": True}, "and not both"),
    "a user that is no number": ({"user_column": "payment_method"}, "has to be bigint"),
    "a key that is missing": ({"key": ["nothing"]}, "meta.key names the column nothing"),
    "an enum without options": (
        {"filters": {"enum_filters": [{"name": "is_late", "label": "Late", "options": []}]}},
        "meta.filters.enum_filters.0.options",
    ),
    "a number that is a text": (
        {"filters": {"numeric_filters": [{"name": "payment_method", "label": "x"}]}},
        "numeric_filters names the column payment_method of type text",
    ),
    "an unknown aggregation": (
        {"semantic": {"measures": [MEASURE | {"agg": "median"}]}},
        "meta.semantic.measures.0.agg",
    ),
    "an expression": (
        {"semantic": {"measures": [MEASURE | {"expr": "actual_amount * 2"}]}},
        "meta.semantic.measures.0.expr",
    ),
    "a measure of a missing column": (
        {"semantic": {"measures": [MEASURE | {"expr": "nothing"}]}},
        "measure one names the column nothing",
    ),
    "a sum of a state": (
        {"semantic": {"measures": [MEASURE | {"expr": "avg_amount"}]}},
        "adds up avg_amount, which is not additive",
    ),
    "an average of averages": (
        {"semantic": {"measures": [MEASURE | {"expr": "avg_amount", "agg": "avg"}]}},
        "averages avg_amount, which is an average already",
    ),
    "a sum of a text": (
        {"semantic": {"measures": [MEASURE | {"expr": "payment_method"}]}},
        "measure one names the column payment_method of type text",
    ),
    "two of one name": (
        {"semantic": {"measures": [MEASURE, MEASURE | {"agg": "max"}]}},
        "the name one is given to two",
    ),
    "a time that is none": (
        {
            "semantic": {
                "measures": [MEASURE],
                "dimensions": [{"name": "t", "expr": "payment_method", "type": "time"}],
            }
        },
        "dimension t names the column payment_method of type text",
    ),
}


@pytest.mark.parametrize(("meta", "said"), WRONG.values(), ids=WRONG)
def test_wrong_metadata(
    whole: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    meta: dict[str, Any],
    said: str,
) -> None:
    assert main(["check", "--manifest", str(changed(whole, tmp_path))]) == 0
    assert main(["check", "--manifest", str(changed(whole, tmp_path, **meta))]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("error: fact_loan_payments: ") for line in lines), lines
    assert any(said in line for line in lines), lines


def test_a_key_is_found(whole: dict[str, Any], tmp_path: Path) -> None:
    """A primary key, or a tested column, or none, which is refused."""
    assert read(changed(whole, tmp_path)).datasets["fact_loan_payments"].key == ("payment_id",)
    manifest = copy.deepcopy(whole)
    for column in manifest["nodes"][NAME]["columns"].values():
        column["constraints"] = []
    manifest["nodes"][NAME]["constraints"] = []
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest))
    with pytest.raises(UnusableManifest, match="it has no key"):
        read(file)
    manifest["nodes"]["test.x"] = {
        "resource_type": "test",
        "attached_node": NAME,
        "column_name": "payment_id",
        "test_metadata": {"name": "unique", "kwargs": {}},
    }
    file.write_text(json.dumps(manifest))
    assert read(file).datasets["fact_loan_payments"].key == ("payment_id",)


def test_the_last_good_manifest_stays(
    whole: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "manifest.json"
    live = LiveCatalog(file)
    assert live.current() is None
    assert "run `dbt build`" in live.faults[0]
    changed(whole, tmp_path)
    good = live.current()
    assert good is not None
    assert list(good.datasets) == ["fact_loan_payments"]
    content = file.read_text()
    for broken in ("", content[: len(content) // 2], "[]", "{}", '{"nodes": {}, "metadata": {}}'):
        file.write_text(broken)
        assert live.current() is good
    file.unlink()
    assert live.current() is good
    changed(whole, tmp_path, colour="red")
    assert live.current() is good
    assert "there is no such key" in caplog.text
    changed(whole, tmp_path, friendly_name="Another")
    os.utime(file, ns=(1, 1))
    new = live.current()
    assert new is not None
    assert new.datasets["fact_loan_payments"].meta.friendly_name == "Another"
    assert new.version != good.version


def test_without_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--manifest", str(tmp_path / "none.json")]) == 1
    assert "There is no manifest" in capsys.readouterr().err

"""Export jobs: the same rows as the pages, exact, one's own, and gone when their time is over."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.catalog import Catalog, Column
from api.exports import Exporter, Job, TooMany, write_csv
from api.queries import Where, of_user
from api.settings import ApiSettings
from tests.kit import Warehouse
from tests.python.api.conftest import Asker
from warehouse.config import Settings
from warehouse.errors import WarehouseError

FACT = "fact_transactions"


def done(asker: Asker, **request: Any) -> dict[str, Any]:
    """A job that has ended."""
    answer = asker.post("/exports", request)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["status_url"]
    address = answer.json()["status_url"].removeprefix("/api/analytics")
    return waited(lambda: asker.get(address).json())


def waited(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    for _ in range(600):
        job = look()
        if job["state"] not in ("queued", "running"):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def downloaded(asker: Asker, job: dict[str, Any]) -> Any:
    assert job["state"] == "done", job
    answer = asker.get(job["download_url"].removeprefix("/api/analytics"))
    assert answer.status_code == 200
    assert len(answer.content) == job["byte_count"]
    return answer


@pytest.fixture()
def me(ask: Callable[..., Asker], users: tuple[int, int]) -> Any:
    """A user; what they export is deleted."""
    asker = ask(users[0])
    yield asker
    for job in asker.get("/exports").json()["exports"]:
        asker.delete(f"/exports/{job['id']}")


def test_csv_has_the_rows_of_the_pages(me: Asker) -> None:
    job = done(me, dataset=FACT)
    answer = downloaded(me, job)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="fact_transactions.csv"' in answer.headers["content-disposition"]
    written = list(csv.DictReader(io.StringIO(answer.text)))
    expected = {str(row["transaction_id"]): row for row in me.rows(FACT)}
    assert len(written) == len(expected) == job["row_count"]
    moments = {name for name in written[0] if name.endswith(("_at", "_timestamp"))}
    assert "transaction_timestamp" in moments
    for row in written:
        other = expected[row["transaction_id"]]
        assert list(row) == list(other)
        for name, value in other.items():
            if name in moments and value is not None:  # .88113 and .881130 are one moment
                assert datetime.fromisoformat(row[name]) == datetime.fromisoformat(value), name
                continue
            text = "" if value is None else str(value)
            text = text.lower() if isinstance(value, bool) else text
            assert row[name] == text, name


def test_parquet_has_the_rows_of_the_pages(me: Asker) -> None:
    answer = downloaded(me, done(me, dataset=FACT, format="parquet"))
    table = pq.read_table(io.BytesIO(answer.content))
    assert pa.types.is_decimal(table.schema.field("spending_amount").type)
    assert table.schema.field("transaction_timestamp").type == pa.timestamp("us", "UTC")
    expected = {row["transaction_id"]: row for row in me.rows(FACT)}
    assert table.num_rows == len(expected)
    for row in table.to_pylist():
        other = expected[row["transaction_id"]]
        assert row["spending_amount"] == Decimal(other["spending_amount"])
        assert row["fraud_score"] == (
            None if other["fraud_score"] is None else Decimal(other["fraud_score"])
        )
        assert row["is_fraud"] is other["is_fraud"]
        assert row["transaction_timestamp"] == datetime.fromisoformat(
            other["transaction_timestamp"]
        )
        assert str(row["customer_key"]) == other["customer_key"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_data_set(me: Asker, catalog: Catalog, form: str) -> None:
    for dataset in catalog.datasets:
        job = done(me, dataset=dataset, format=form)
        assert job["state"] == "done", (dataset, job)
        me.delete(f"/exports/{job['id']}")


def test_no_rows(me: Asker) -> None:
    for form in ("csv", "parquet"):
        job = done(me, dataset=FACT, format=form, end_date="1990-01-01")
        assert job["row_count"] == 0
        downloaded(me, job)


def test_filters(me: Asker) -> None:
    account = me.rows("dim_account")[0]["account_id"]
    wanted = {"account_ids": [str(account)], "where": ["status:eq:approved"]}
    job = done(me, dataset=FACT, **wanted)
    rows = me.rows(FACT, account_ids=account, where="status:eq:approved")
    assert job["row_count"] == len(rows) > 0


def test_jobs_belong_to_their_user(
    me: Asker, ask: Callable[..., Asker], users: tuple[int, int]
) -> None:
    other = ask(users[1])
    job = done(me, dataset=FACT)
    for path in (f"/exports/{job['id']}", f"/exports/{job['id']}/download"):
        assert me.get(path).status_code == 200
        assert other.get(path).status_code == 404
    assert other.delete(f"/exports/{job['id']}").status_code == 404
    assert job["id"] in {one["id"] for one in me.get("/exports").json()["exports"]}
    assert job["id"] not in {one["id"] for one in other.get("/exports").json()["exports"]}
    account = other.rows("dim_account")[0]["account_id"]
    answer = me.post("/exports", {"dataset": FACT, "account_ids": [str(account)]})
    assert answer.status_code == 404
    assert me.delete(f"/exports/{job['id']}").status_code == 204
    assert me.get(f"/exports/{job['id']}").status_code == 404


def test_requests_that_cannot_be_used(me: Asker) -> None:
    for request, status in (
        ({"dataset": "nothing"}, 404),
        ({"dataset": FACT, "format": "xlsx"}, 422),
        ({"dataset": FACT, "colour": "red"}, 422),
        ({"dataset": FACT, "where": ["status:eq:x"]}, 404),
        ({}, 422),
        ([], 422),
    ):
        assert me.post("/exports", request).status_code == status
    assert me.get("/exports/nothing").status_code == 404
    assert me.get("/exports/..%2Fx").status_code in (404, 422)


def test_a_user_has_a_few_at_a_time(me: Asker, settings: ApiSettings) -> None:
    for _ in range(settings.exports_per_user):
        done(me, dataset="dim_account")
    answer = me.post("/exports", {"dataset": "dim_account"})
    assert answer.status_code == 429
    assert "retry-after" in answer.headers


# --------------------------------------------------------------------- the exporter by itself


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    """Where exports are."""
    return tmp_path


def exporter(folder: Path, hours: float = 1.0) -> Exporter:
    return Exporter(folder, Settings.api_reader, hours, 5, 1)


def ended(exports: Exporter, user: int, job: Job) -> Job:
    def look() -> dict[str, Any]:
        found = exports.find(user, job.id)
        assert found is not None
        return found.model_dump()

    return Job.model_validate(waited(look))


def test_a_file_expires(
    folder: Path, catalog: Catalog, located: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = exporter(folder)
    dataset = catalog.datasets["dim_account"]
    job = ended(exports, 5, exports.create(5, dataset, of_user(dataset, 5), "csv"))
    file = exports.file(job)
    assert file.exists()
    assert folder.joinpath(job.id).stat().st_mode & 0o777 == 0o700
    later = [job.expires_at + timedelta(seconds=1)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return later[0]

    monkeypatch.setattr("api.exports.datetime", Clock)
    found = exports.find(5, job.id)
    assert found is not None
    assert found.state == "expired"
    assert not file.exists()
    later[0] += timedelta(days=1)
    assert exports.find(5, job.id) is None
    assert not list(folder.iterdir())
    exports.close()


def test_jobs_outlive_the_process(folder: Path, catalog: Catalog, located: Warehouse) -> None:
    """What was done is still there; what was cut off has failed."""
    dataset = catalog.datasets["dim_account"]
    first = exporter(folder)
    job = ended(first, 5, first.create(5, dataset, of_user(dataset, 5), "csv"))
    first.close()
    stored = folder / "cut"
    stored.mkdir()
    cut = json.loads((folder / job.id / "job.json").read_text())
    (stored / "job.json").write_text(json.dumps(cut | {"id": "cut", "state": "running"}))
    second = exporter(folder)
    second.open()
    again = second.find(5, job.id)
    assert again is not None
    assert (again.state, second.file(again).exists()) == ("done", True)
    other = second.find(5, "cut")
    assert other is not None
    assert (other.state, other.reason) == ("failed", "The API was stopped meanwhile.")
    second.close()


def test_a_failure_says_so(folder: Path, catalog: Catalog) -> None:
    def away() -> Settings:
        raise WarehouseError("There is no server.")

    exports = Exporter(folder, away, 1.0, 5, 1)
    dataset = catalog.datasets["dim_account"]
    job = ended(exports, 5, exports.create(5, dataset, Where(), "csv"))
    assert job.state == "failed"
    assert not list(folder.glob("*/*.part"))
    exports.close()


def test_enough_is_enough(folder: Path, catalog: Catalog, located: Warehouse) -> None:
    exports = Exporter(folder, Settings.api_reader, 1.0, 1, 1)
    dataset = catalog.datasets["dim_account"]
    exports.create(5, dataset, of_user(dataset, 5), "csv")
    exports.create(6, dataset, of_user(dataset, 6), "csv")
    with pytest.raises(TooMany):
        exports.create(5, dataset, of_user(dataset, 5), "csv")
    exports.close()


def test_csv_of_difficult_values(tmp_path: Path) -> None:
    columns = [Column(name, kind, "") for name, kind in (
        ("text", "text"), ("flag", "boolean"), ("at", "timestamptz"), ("amount", "numeric"),
    )]  # fmt: skip
    rows = [
        ('a "b", c\nd', True, datetime(2025, 1, 1, tzinfo=UTC), "0.0000001"),
        (None, None, None, None),
        ("", False, datetime(2025, 1, 1, 1, 1, 1, 5, tzinfo=UTC), "12.50"),
    ]
    file = tmp_path / "x.csv"
    assert write_csv(file, columns, iter([rows])) == 3
    found = list(csv.reader(file.open(newline="")))
    assert found[1] == ['a "b", c\nd', "true", "2025-01-01T00:00:00+00:00", "0.0000001"]
    assert found[2] == ["", "", "", ""]
    assert found[3][1:] == ["false", "2025-01-01T01:01:01.000005+00:00", "12.50"]

"""The warehouse against what the simulation knows: to the cent, to the row, to the version."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.kit import Warehouse

KEYS = {
    "products": "product_id",
    "merchants": "merchant_id",
    "customers": "customer_id",
    "accounts": "account_id",
    "product": "catalogue_product_id",
}


@pytest.fixture(scope="module")
def batch_truths(demo_warehouse: Warehouse) -> list[dict[str, Any]]:
    """What each batch's truth.json says, oldest first."""
    return [json.loads((batch / "truth.json").read_text()) for batch in demo_warehouse.batches()]


def test_spending_per_month_and_category(
    demo_warehouse: Warehouse, batch_truths: list[dict[str, Any]]
) -> None:
    """dst_category_trends equals the sum of the batches' true contributions, to the cent."""
    names = dict(
        demo_warehouse.query(
            "select merchant_category, category_name from silver.spending_categories"
        )
    )
    amounts: Counter[tuple[str, str]] = Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for truth in batch_truths:
        for part in truth["spending"]:
            key = (part["month"], names[part["category_name"]])
            amounts[key] += Decimal(part["amount"])  # type: ignore[assignment]
            counts[key] += part["transactions"]
    expected = {key: (amounts[key], counts[key]) for key in amounts if counts[key]}
    found = {
        (month, category): (amount, count)
        for month, category, amount, count in demo_warehouse.query(
            "select to_char(month_start_date, 'YYYY-MM'), category_name, total_spending,"
            " transaction_count from dst.dst_category_trends"
        )
    }
    assert len(found) > 500
    assert found == expected


def test_ledger(demo_warehouse: Warehouse, batch_truths: list[dict[str, Any]]) -> None:
    """Number and approved amount of all transactions, in silver and in gold."""
    transactions = sum(truth["ledger"]["transactions"] for truth in batch_truths)
    amount = sum(Decimal(truth["ledger"]["approved_amount"]) for truth in batch_truths)
    for statement in (
        "select count(*), sum(case when is_approved then amount else 0 end)"
        " from silver.stg_transactions",
        "select count(*), sum(approved_amount) from gold.fact_transactions",
    ):
        assert demo_warehouse.query(statement) == [(transactions, amount)]


def test_rows_of_every_batch(demo_warehouse: Warehouse, batch_truths: list[dict[str, Any]]) -> None:
    """delivered = kept + duplicates + quarantined, per batch and table, as injected."""
    expected = {
        (truth["batch_date"], table): (
            rows["delivered"], rows["kept"], rows["duplicates"], rows["quarantined"],
        )
        for truth in batch_truths
        for table, rows in truth["rows"].items()
        if rows["delivered"]
    }  # fmt: skip
    found = {
        (str(row[0]), row[1]): tuple(row[2:])
        for row in demo_warehouse.query(
            "select batch_date, source_table, delivered_rows, kept_rows, duplicate_rows,"
            " quarantined_rows from gold.row_accounting"
        )
    }
    assert found == expected


def test_every_defect_meets_its_fate(
    demo_warehouse: Warehouse, batch_truths: list[dict[str, Any]]
) -> None:
    """Each injected defect ends where the truth says, with the reason it says."""
    missed: list[str] = []
    for truth in batch_truths:
        by_file: dict[str, list[dict[str, Any]]] = {}
        for defect in truth["defects"]:
            by_file.setdefault(defect["file"], []).append(defect)
        folder = truth["batch_date"].replace("-", "/")
        for file, defects in by_file.items():
            table = file.removesuffix(".csv")
            verdicts = {
                row: (disposition, reason)
                for row, disposition, reason in demo_warehouse.query(
                    "select _source_row, disposition, quarantine_reason"
                    f" from silver.base_{table} where _source_file = %s",
                    [f"{folder}/{file}"],
                )
            }
            # one row can carry several repairable defects and be a duplicate, too
            strongest = {"repaired": 0, "duplicate": 1, "quarantined": 2}
            fate: dict[int, dict[str, Any]] = {}
            for defect in defects:
                known = fate.get(defect["row"])
                if known is None or strongest[defect["expected"]] > strongest[known["expected"]]:
                    fate[defect["row"]] = defect
            for row, defect in fate.items():
                wanted = {"repaired": "kept"}.get(defect["expected"], defect["expected"])
                if verdicts[row] != (wanted, defect["reason"]):
                    missed.append(f"{folder}/{file} row {row}: {defect} became {verdicts[row]}")
    assert not missed, "\n".join(missed[:20])


@pytest.mark.parametrize("table", KEYS)
def test_history_version_by_version(
    demo_warehouse: Warehouse, batch_truths: list[dict[str, Any]], table: str
) -> None:
    """Every true version is recorded, chained half-open, the first from the beginning."""
    truth = {
        (key, moment): deleted
        for batch in batch_truths
        for key, moment, deleted in batch["versions"].get(table, [])
    }
    by_key: dict[int, list[str]] = {}
    for key, moment in sorted(truth):
        by_key.setdefault(key, []).append(moment)
    expected = {
        (
            key,
            "1900-01-01 00:00:00" if place == 0 else moment,
            moments[place + 1] if place + 1 < len(moments) else None,
            truth[key, moment],
        )
        for key, moments in by_key.items()
        for place, moment in enumerate(moments)
    }
    found = set(
        demo_warehouse.query(
            f"select {KEYS[table]}, to_char(dbt_valid_from, 'YYYY-MM-DD HH24:MI:SS'),"
            " to_char(dbt_valid_to, 'YYYY-MM-DD HH24:MI:SS'), is_deleted"
            f" from curated.{table}_snapshot"
        )
    )
    assert expected
    assert found == expected
    assert any(valid_to for _, _, valid_to, _ in found), "no version was ever superseded"


def test_closing_balances(demo_warehouse: Warehouse) -> None:
    """The balance of every account on the last day, to the cent."""
    truth = json.loads((demo_warehouse.raw / "truth.json").read_text())
    expected = {int(key): Decimal(value) for key, value in truth["closing_balances"].items()}
    found = dict(
        demo_warehouse.query(
            "select distinct on (account_id) account_id, balance_amount"
            " from gold.account_balance_periods order by account_id, period_start_date desc"
        )
    )
    assert found == expected

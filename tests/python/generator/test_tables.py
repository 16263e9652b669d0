"""What the tables promise: complete, related, consistent with each other and to the cent."""

from __future__ import annotations

import bisect
import csv
import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from warehouse.bronze import read_tables

from .conftest import DAYS, OPTIONS
from .reading import (
    Row,
    amount,
    batches,
    moment,
    newest,
    rows_of,
    true_rows,
)

TABLES = {
    "products": "product_id",
    "merchants": "merchant_id",
    "customers": "customer_id",
    "accounts": "account_id",
    "transactions": "transaction_id",
    "credit_applications": "application_id",
    "fraud_alerts": "alert_id",
    "customer_interactions": "interaction_id",
    "economic_indicators": "date",
    "marketing_campaigns": "campaign_id",
    "loan_payments": "payment_id",
    "institutions": "institution_id",
    "connections": "connection_id",
    "external_accounts": "external_account_id",
    "tags": "tag_id",
    "external_transactions": "external_transaction_id",
    "transaction_tags": "transaction_tag_id",
    "balance_snapshots": "balance_snapshot_id",
}


def when(value: str) -> dt.datetime:
    """A timestamp that must be readable."""
    found = moment(value)
    assert found is not None, value
    return found


def test_all_tables_have_exactly_the_source_columns(world: Path) -> None:
    tables = {name: list(table.columns) for name, table in read_tables().items()}
    assert set(TABLES) <= set(tables)
    seen = set()
    for path in world.glob("*/*/*/*.csv"):
        with path.open(newline="") as file:
            assert next(csv.reader(file)) == tables[path.stem], path
        seen.add(path.stem)
    assert seen >= set(TABLES)


def test_manifests_state_rows_and_checksums(world: Path) -> None:
    assert len(batches(world)) == 8 + len(DAYS)
    for batch in batches(world):
        manifest = json.loads((batch / "manifest.json").read_text())
        assert manifest["format"] == 1
        assert manifest["batch_date"] == "-".join(batch.parts[-3:])
        assert set(manifest["files"]) == {p.name for p in batch.glob("*.csv")}
        for name, stated in manifest["files"].items():
            content = (batch / name).read_bytes()
            assert hashlib.sha256(content).hexdigest() == stated["sha256"]
            assert len(rows_of(batch, name.removesuffix(".csv"))) == stated["rows"] > 0
            assert b"\r" not in content and content.endswith(b"\n")


def test_history_has_exactly_the_transactions_asked_for(history: Path) -> None:
    ids = {r["transaction_id"] for r in true_rows(history, "transactions")}
    assert len(ids) == OPTIONS.transactions
    assert len({r["customer_id"] for r in true_rows(history, "customers")}) == OPTIONS.customers


def test_a_version_is_unique(world: Path) -> None:
    for table, key in TABLES.items():
        versions = Counter((r[key], r["updated_at"]) for r in true_rows(world, table))
        assert max(versions.values()) == 1, table
        created = defaultdict(set)
        for row in true_rows(world, table):
            created[row[key]].add(row["created_at"])
        assert all(len(c) == 1 for c in created.values()), table


def test_every_reference_exists(world: Path) -> None:
    keys = {t: {r[k] for r in true_rows(world, t)} for t, k in TABLES.items()}
    references = {
        "accounts": {"customer_id": "customers", "product_id": "products"},
        "transactions": {
            "account_id": "accounts",
            "customer_id": "customers",
            "merchant_id": "merchants",
        },
        "credit_applications": {"customer_id": "customers", "product_id": "products"},
        "fraud_alerts": {
            "transaction_id": "transactions",
            "customer_id": "customers",
            "account_id": "accounts",
        },
        "customer_interactions": {
            "customer_id": "customers",
            "campaign_id": "marketing_campaigns",
        },
        "loan_payments": {"account_id": "accounts", "customer_id": "customers"},
        "connections": {"customer_id": "customers", "institution_id": "institutions"},
        "external_accounts": {"connection_id": "connections"},
        "tags": {"customer_id": "customers"},
        "external_transactions": {
            "external_account_id": "external_accounts",
            "pending_transaction_id": "external_transactions",
        },
        "transaction_tags": {"external_transaction_id": "external_transactions", "tag_id": "tags"},
        "balance_snapshots": {"external_account_id": "external_accounts"},
    }
    for table, columns in references.items():
        for row in true_rows(world, table):
            for column, parent in columns.items():
                assert not row[column] or row[column] in keys[parent], (table, row)


def test_a_transaction_belongs_to_the_owner_of_its_account(world: Path) -> None:
    owner = {r["account_id"]: r["customer_id"] for r in true_rows(world, "accounts")}
    for row in true_rows(world, "transactions"):
        assert row["customer_id"] in ("", owner[row["account_id"]])


def test_parts_of_the_time_agree_with_the_time(world: Path) -> None:
    for row in true_rows(world, "transactions"):
        time = when(row["transaction_date"])
        assert int(row["hour_of_day"]) == time.hour
        assert int(row["day_of_week"]) == time.isoweekday()
        assert row["is_weekend"] == str(time.isoweekday() >= 6).lower()


def test_age_agrees_with_the_date_of_birth(world: Path) -> None:
    for row in true_rows(world, "customers"):
        born = dt.date.fromisoformat(row["date_of_birth"])
        day = when(row["updated_at"]).date()
        years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        assert int(row["age"]) == years


def ledger(world: Path) -> dict[str, list[tuple[dt.datetime, Decimal]]]:
    """Approved amounts of every account in the order of time, as finally corrected."""
    by_account = defaultdict(list)
    for row in newest(true_rows(world, "transactions"), "transaction_id").values():
        if not row["decline_reason"]:
            cents = amount(row["amount"])
            assert cents is not None
            by_account[row["account_id"]].append((when(row["transaction_date"]), cents))
    return {account: sorted(moves) for account, moves in by_account.items()}


@pytest.mark.parametrize("name", ["world", "troubled"])
def test_every_account_version_carries_the_balance_of_its_moment(
    name: str, request: pytest.FixtureRequest
) -> None:
    world = request.getfixturevalue(name)
    moves = ledger(world)
    versions = defaultdict(list)
    for row in true_rows(world, "accounts"):
        versions[row["account_id"]].append(row)
    later = 0
    for account, rows in versions.items():
        rows.sort(key=lambda r: r["updated_at"])
        first = rows[0]
        assert first["updated_at"] == first["created_at"]
        assert first["created_at"].startswith(first["open_date"])
        opening = Decimal(first["current_balance"])
        times = [t for t, _ in moves.get(account, [])]
        for row in rows:
            upto = bisect.bisect_right(times, when(row["updated_at"]))
            moved = sum((c for _, c in moves.get(account, [])[:upto]), Decimal(0))
            assert Decimal(row["current_balance"]) == opening + moved, row
            later += upto > 0
    assert later > 50


def test_balances_stay_plausible(history: Path) -> None:
    moves = ledger(history)
    opening = {
        r["account_id"]: (Decimal(r["current_balance"]), r)
        for r in true_rows(history, "accounts")
        if r["updated_at"] == r["created_at"]
    }
    limits: dict[str, Decimal] = defaultdict(Decimal)
    for row in true_rows(history, "accounts"):
        limits[row["account_id"]] = max(
            limits[row["account_id"]], Decimal(row["credit_limit"] or 0)
        )
    negative = checking = 0
    for account, (start, row) in opening.items():
        balance = start
        for _, cents in moves.get(account, []):
            balance += cents
            if row["credit_limit"]:
                assert -limits[account] <= balance <= 0, row
        checking += int(row["product_id"]) <= 4
        negative += int(row["product_id"]) <= 4 and balance < 0
    assert negative < 0.08 * checking


def test_closed_accounts_end_at_zero(history: Path) -> None:
    closed = [r for r in true_rows(history, "accounts") if r["account_status"] == "closed"]
    assert len(closed) > 10
    assert {r["current_balance"] for r in closed} == {"0.00"}
    assert all(r["close_date"] == r["updated_at"][:10] for r in closed)


def test_transfers_and_card_payments_come_in_pairs(world: Path) -> None:
    rows = newest(true_rows(world, "transactions"), "transaction_id").values()
    kind = {r["account_id"]: r["product_id"] for r in true_rows(world, "accounts")}
    for out, into in (("transfer_out", "transfer_in"), ("card_payment", "card_payment_received")):
        pairs: Counter[tuple[str, Decimal, dt.datetime]] = Counter()
        owner = {r["account_id"]: r["customer_id"] for r in true_rows(world, "accounts")}
        for row in rows:
            loan = int(kind[row["account_id"]]) > 10
            if row["transaction_type"] not in (out, into) or loan:
                continue
            cents = amount(row["amount"])
            assert cents is not None
            second = dt.timedelta(seconds=int(row["transaction_type"] == into))
            time = when(row["transaction_date"]) - second
            sign = -1 if row["transaction_type"] == out else 1
            assert cents * sign > 0
            pairs[owner[row["account_id"]], abs(cents), time] += sign
        assert len(pairs) > 20
        assert not any(pairs.values())


def test_signs_follow_the_type(world: Path) -> None:
    positive = {"refund", "salary", "deposit", "transfer_in", "card_payment_received"}
    positive |= {"loan_disbursement", "interest"}
    seen = set()
    for row in true_rows(world, "transactions"):
        cents = amount(row["amount"])
        assert cents is not None and cents != 0
        assert (cents > 0) == (row["transaction_type"] in positive), row
        spends = row["transaction_type"] in ("purchase", "refund", "fee")
        assert bool(row["mcc_code"]) == spends
        seen.add(row["transaction_type"])
    assert len(seen) == 13


def test_nothing_happens_outside_a_life(world: Path) -> None:
    first: dict[str, dt.datetime] = {}
    closed: dict[str, dt.datetime] = {}
    for row in true_rows(world, "accounts"):
        first.setdefault(row["account_id"], when(row["created_at"]))
        if row["account_status"] == "closed":
            closed[row["account_id"]] = when(row["updated_at"])
    joined: dict[str, dt.datetime] = {}
    left: dict[str, dt.datetime] = {}
    for row in true_rows(world, "customers"):
        joined[row["customer_id"]] = when(row["created_at"])
        if row["is_active"] == "false":
            time = when(row["updated_at"])
            left[row["customer_id"]] = min(time, left.get(row["customer_id"], time))
    assert len(closed) > 10 and len(left) > 5
    dates = {
        "transactions": "transaction_date",
        "credit_applications": "application_date",
        "fraud_alerts": "alert_date",
        "customer_interactions": "interaction_date",
    }
    for table, column in dates.items():
        for row in true_rows(world, table):
            time = when(row[column])
            account, customer = row.get("account_id"), row["customer_id"]
            if account:
                assert first[account] < time, (table, row)
                assert account not in closed or time <= closed[account], (table, row)
            if customer:
                assert joined[customer] <= time, (table, row)
                assert customer not in left or time <= left[customer], (table, row)
    for row in true_rows(world, "loan_payments"):
        assert first[row["account_id"]].date() <= dt.date.fromisoformat(row["scheduled_date"])
        if row["account_id"] in closed:
            assert dt.date.fromisoformat(row["actual_date"]) <= closed[row["account_id"]].date()


@pytest.mark.parametrize("name", ["world", "troubled"])
def test_loan_payments_agree_with_the_ledger(name: str, request: pytest.FixtureRequest) -> None:
    world = request.getfixturevalue(name)
    instalments = list(newest(true_rows(world, "loan_payments"), "payment_id").values())
    paid = Counter(
        (r["customer_id"], Decimal(r["actual_amount"])) for r in instalments if r["actual_date"]
    )
    booked: Counter[tuple[str, Decimal]] = Counter()
    owner = {r["account_id"]: r["customer_id"] for r in true_rows(world, "accounts")}
    for row in newest(true_rows(world, "transactions"), "transaction_id").values():
        if row["transaction_type"] == "loan_payment":
            cents = amount(row["amount"])
            assert cents is not None
            booked[owner[row["account_id"]], -cents] += 1
    assert paid == booked
    for row in true_rows(world, "loan_payments"):
        told = row["actual_date"] or row["updated_at"][:10]
        late = dt.date.fromisoformat(told) - dt.date.fromisoformat(row["scheduled_date"])
        assert late.days == int(row["days_late"])
        assert row["is_late"] == str(late.days > 0).lower()
        assert bool(row["actual_date"]) == bool(row["actual_amount"]) == bool(row["payment_method"])


def test_the_status_of_a_loan_follows_its_instalments(troubled: Path) -> None:
    """30 days behind: delinquent; all paid: active again; 120 days behind: charged off."""
    versions = defaultdict(list)
    for row in true_rows(troubled, "accounts"):
        if int(row["product_id"]) > 10:
            versions[row["account_id"]].append((row["updated_at"], row["account_status"]))
    unpaid = defaultdict(list)  # (due, paid or never) of each loan
    for row in newest(true_rows(troubled, "loan_payments"), "payment_id").values():
        due = dt.date.fromisoformat(row["scheduled_date"])
        paid = dt.date.fromisoformat(row["actual_date"] or "9999-12-31")
        unpaid[row["account_id"]].append((due, paid))
    last = DAYS[-1]
    seen: Counter[str] = Counter()
    for account, instalments in unpaid.items():
        told = sorted(versions[account])
        for day in (last - dt.timedelta(days=n) for n in range(200)):
            open_ = [(day - due).days for due, paid in instalments if due <= day < paid]
            behind = max(open_, default=0)
            status = next((s for time, s in reversed(told) if time[:10] <= str(day)), None)
            if status in (None, "closed"):
                continue
            expected = "active" if behind < 30 else "delinquent" if behind < 120 else "charged_off"
            assert status == expected, (account, day, behind)
            seen[status] += 1
    assert {"active", "delinquent", "charged_off"} == set(seen)


def test_nothing_is_due_on_a_loan_that_was_charged_off(troubled: Path) -> None:
    given_up = {
        r["account_id"]: r["updated_at"][:10]
        for r in true_rows(troubled, "accounts")
        if r["account_status"] == "charged_off"
    }
    assert len(given_up) > 3
    for row in true_rows(troubled, "loan_payments"):
        if row["account_id"] in given_up:
            assert row["scheduled_date"] < given_up[row["account_id"]]
            assert row["updated_at"][:10] <= given_up[row["account_id"]]


def test_loans_at_the_start_are_of_all_ages(history: Path) -> None:
    """Loans of the time before have been repaid in part; a mortgage belongs to a home."""
    home = {r["customer_id"]: r["home_ownership"] for r in true_rows(history, "customers")}
    ages, kinds = [], Counter[str]()
    for row in true_rows(history, "accounts"):
        if row["updated_at"] == row["created_at"] and int(row["product_id"]) > 10:
            kinds[row["product_id"]] += 1
            ages.append((OPTIONS.start - dt.date.fromisoformat(row["open_date"])).days // 365)
            assert row["product_id"] != "13" or home[row["customer_id"]] == "Mortgage"
    assert set(kinds) == {"11", "12", "13"} and {-1, 0, 1, 2} <= set(ages)


def test_households_neither_hoard_nor_fail(history: Path) -> None:
    """Whoever is paid here spends most of it, and balances stay where they were."""
    income: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for row in newest(true_rows(history, "transactions"), "transaction_id").values():
        cents = amount(row["amount"]) or Decimal(0)
        if row["decline_reason"] or not row["customer_id"]:
            continue
        if row["transaction_type"] in ("salary", "interest"):
            income[row["customer_id"]] += cents  # type: ignore[assignment]
            paid[row["customer_id"]] += row["transaction_type"] == "salary"
        elif row["transaction_type"] in ("purchase", "refund", "fee", "loan_payment"):
            spent[row["customer_id"]] -= cents  # type: ignore[assignment]
    regular = [c for c in income if paid[c] >= 6]
    rates = sorted(1 - spent[c] / income[c] for c in regular)
    assert len(rates) > 40
    assert 0.05 < rates[len(rates) // 2] < 0.2
    assert any(rate < 0 for rate in rates)


def test_batches_hold_what_happened_in_their_time(world: Path) -> None:
    previous = dt.date.min
    for batch in batches(world):
        last = dt.date(*map(int, batch.parts[-3:]))
        for table in ("customers", "accounts", "products", "merchants"):
            for row in rows_of(batch, table):
                assert when(row["updated_at"]).date() <= last, row
        previous = last
    assert previous == DAYS[-1]


@pytest.mark.parametrize("table", ["fraud_alerts", "credit_applications", "marketing_campaigns"])
def test_open_cases_are_settled_later(world: Path, table: str) -> None:
    versions: dict[str, list[Row]] = defaultdict(list)
    for row in true_rows(world, table):
        versions[row[TABLES[table]]].append(row)
    assert any(len(v) == 2 for v in versions.values())
    status = {"fraud_alerts": "investigation_status", "credit_applications": "decision"}
    if table in status:
        first = {min(v, key=lambda r: r["updated_at"])[status[table]] for v in versions.values()}
        assert first <= {"open", "pending"}


def test_fraud_happens_in_the_last_30_days(history: Path) -> None:
    since = str(OPTIONS.end - dt.timedelta(days=30))
    rows = true_rows(history, "transactions")
    assert any(r["is_fraud"] == "true" and r["transaction_date"] >= since for r in rows)
    bought = [r for r in rows if r["transaction_type"] == "purchase"]
    share = sum(r["is_fraud"] == "true" for r in bought) / len(bought)
    assert 0.002 < share < 0.01

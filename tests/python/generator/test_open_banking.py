"""Connected accounts: what institutions report hangs together, and truth.json says what it is."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from generator.bank import write_history

from .conftest import OPTIONS
from .reading import Row, amount, batches, moment, newest, rows_of, true_rows, truth_of, without


@pytest.fixture(scope="module")
def reported(world: Path) -> list[Row]:
    """All reports of transactions."""
    return true_rows(world, "external_transactions")


@pytest.fixture(scope="module")
def booked(reported: list[Row]) -> dict[str, Row]:
    """Booked transactions by their number."""
    return {
        r["external_transaction_id"]: r for r in reported if r["transaction_status"] == "booked"
    }


@pytest.fixture(scope="module")
def owners(world: Path) -> dict[str, str]:
    """The person of each connected account."""
    person = {r["connection_id"]: r["customer_id"] for r in true_rows(world, "connections")}
    return {
        r["external_account_id"]: person[r["connection_id"]]
        for r in true_rows(world, "external_accounts")
    }


def pairs_of(world: Path) -> list[tuple[str, str]]:
    """Both legs of the own transfers that truth.json states."""
    return [
        (out, in_)
        for batch in batches(world)
        for out, in_ in truth_of(batch)["open_banking"]["transfers"]
    ]


def test_only_a_part_of_the_customers_connects(world: Path, owners: dict[str, str]) -> None:
    people = {r["customer_id"] for r in true_rows(world, "customers")}
    assert 5 <= len(set(owners.values())) <= len(people) / 4
    assert {r["currency"] for r in true_rows(world, "external_accounts")} == {"USD", "EUR"}


def test_reported_balances_follow_the_bookings(world: Path, booked: dict[str, Row]) -> None:
    movements: dict[str, list[Row]] = defaultdict(list)
    for row in booked.values():
        movements[row["external_account_id"]].append(row)
    reports: dict[str, list[Row]] = defaultdict(list)
    for row in true_rows(world, "balance_snapshots"):
        reports[row["external_account_id"]].append(row)
    checked = 0
    for account, rows in reports.items():
        first, *later = sorted(rows, key=lambda row: row["balance_date"])
        for row in later:
            moved = sum(
                Decimal(r["amount"])
                for r in movements[account]
                if first["balance_date"] < r["booking_date"] <= row["balance_date"]
            )
            assert Decimal(row["balance_amount"]) == Decimal(first["balance_amount"]) + moved
            checked += 1
    assert checked > 100
    assert reports.keys() == {
        r["external_account_id"] for r in true_rows(world, "external_accounts")
    }


def test_nothing_is_reported_after_a_consent_has_ended(world: Path, reported: list[Row]) -> None:
    connections = newest(true_rows(world, "connections"), "connection_id")
    status = Counter(row["connection_status"] for row in connections.values())
    assert status["active"] and status["expired"] + status["revoked"]
    of_account = {
        r["external_account_id"]: connections[r["connection_id"]]
        for r in true_rows(world, "external_accounts")
    }
    for row in reported:
        connection = of_account[row["external_account_id"]]
        assert connection["consented_at"] < row["updated_at"]
        if connection["connection_status"] != "active":
            assert row["updated_at"] < connection["updated_at"]
    for row in true_rows(world, "connections"):
        if row["connection_status"] == "expired":
            assert row["updated_at"] == row["consent_expires_at"]
        elif row["updated_at"] != row["created_at"] and row["connection_status"] == "active":
            renewed = dt.datetime.fromisoformat(row["consent_expires_at"])
            assert renewed - dt.datetime.fromisoformat(row["updated_at"]) == dt.timedelta(days=180)


def test_pending_transactions_are_booked_released_or_still_open(
    world: Path, reported: list[Row], booked: dict[str, Row]
) -> None:
    told: dict[str, list[Row]] = defaultdict(list)
    for row in reported:
        told[row["external_transaction_id"]].append(row)
    replaced = {
        pending: later
        for batch in batches(world)
        for pending, later in truth_of(batch)["open_banking"]["pending_booked"]
    }
    by_reference = {
        int(r["pending_transaction_id"]): int(number)
        for number, r in booked.items()
        if r["pending_transaction_id"]
    }
    assert replaced == by_reference and len(replaced) > 20
    released = {
        str(number)
        for batch in batches(world)
        for number in truth_of(batch)["open_banking"]["released"]
    }
    kinds: Counter[str] = Counter()
    changed = 0
    for number, rows in told.items():
        stages = [r["transaction_status"] for r in sorted(rows, key=lambda r: r["updated_at"])]
        kinds["-".join(stages)] += 1
        assert (stages[-1] == "released") == (number in released)
        assert all(bool(r["booking_date"]) == (r["transaction_status"] == "booked") for r in rows)
        if int(number) in replaced:
            assert stages == ["pending"]
            later = booked[str(replaced[int(number)])]
            assert rows[0]["external_account_id"] == later["external_account_id"]
            assert rows[0]["value_date"] == later["value_date"] < later["booking_date"]
            changed += rows[0]["amount"] != later["amount"]
    assert set(kinds) <= {"booked", "pending", "pending-booked", "pending-released"}
    assert kinds["pending-booked"] > 20 and kinds["pending-released"] and changed


def test_own_transfers_have_two_equal_legs(
    world: Path, booked: dict[str, Row], owners: dict[str, str]
) -> None:
    bank = {r["transaction_id"]: r for r in true_rows(world, "transactions")}
    at = newest(true_rows(world, "accounts"), "account_id")

    def leg(name: str) -> tuple[str, Decimal, dt.date, str]:
        source, number = name.split()
        if source == "external":
            row = booked[number]
            day = dt.date.fromisoformat(row["booking_date"])
            return owners[row["external_account_id"]], Decimal(row["amount"]), day, row["currency"]
        row = bank[number]
        cents, when = amount(row["amount"]), moment(row["transaction_date"])
        assert cents is not None and when is not None
        return at[row["account_id"]]["customer_id"], cents, when.date(), row["currency"]

    kinds: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for out, in_ in pairs_of(world):
        seen.update((out, in_))
        kinds[f"{out.split()[0]} to {in_.split()[0]}"] += 1
        sent, received = leg(out), leg(in_)
        assert sent[0] == received[0] and sent[3] == received[3]
        assert sent[1] == -received[1] < 0
        assert 0 <= (received[2] - sent[2]).days <= 3
    assert max(seen.values()) == 1
    assert kinds["external to external"] > 20 and kinds["external to bank"]
    assert set(kinds) <= {"external to external", "external to bank", "bank to external"}


def test_totals_are_what_is_left(world: Path, booked: dict[str, Row]) -> None:
    legs = {name.split()[1] for pair in pairs_of(world) for name in pair if "external" in name}
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for number, row in booked.items():
        if number in legs:
            continue
        total = found[row["booking_date"][:7], row["currency"]]
        moved = Decimal(row["amount"])
        spends = moved < 0 or row["transaction_type"] == "card_payment"
        total[1 if spends else 0] += -moved if spends else moved
        total[2] += 1
    expected: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for batch in batches(world):
        for part in truth_of(batch)["open_banking"]["totals"]:
            total = expected[part["month"], part["currency"]]
            total[0] += Decimal(part["income_cents"]) / 100
            total[1] += Decimal(part["spending_cents"]) / 100
            total[2] += part["transactions"]
    assert found == expected and len(found) > 8


def test_tags_belong_to_the_person_of_the_transaction(
    world: Path, reported: list[Row], owners: dict[str, str]
) -> None:
    person = {r["external_transaction_id"]: owners[r["external_account_id"]] for r in reported}
    tags = {r["tag_id"]: r["customer_id"] for r in true_rows(world, "tags")}
    links = true_rows(world, "transaction_tags")
    for row in links:
        assert tags[row["tag_id"]] == person[row["external_transaction_id"]]
    assert any(row["is_deleted"] == "true" for row in links)
    per_transaction = Counter(
        row["external_transaction_id"] for row in links if row["is_deleted"] == "false"
    )
    assert {1, 2} <= set(per_transaction.values())


def test_the_bank_does_not_notice(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who connects what changes no byte of the bank's own tables."""
    monkeypatch.setattr("generator.open_banking.ROWS_SHARE", 0.0)
    monkeypatch.setattr("generator.open_banking.TAGS", (("Other", "#000000"),))
    write_history(OPTIONS, tmp_path / "raw")
    for batch in batches(history):
        for name in ("transactions", "customers", "accounts", "fraud_alerts", "loan_payments"):
            other = tmp_path / "raw" / batch.relative_to(history) / f"{name}.csv"
            if other.exists():
                assert (batch / f"{name}.csv").read_bytes() == other.read_bytes()
        assert not rows_of(tmp_path / "raw" / batch.relative_to(history), "connections")
    assert any(list(without(batch, "connections", ())) for batch in batches(history))

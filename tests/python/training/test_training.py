"""The command on the demo warehouse, and the terms that SQL and training share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import Warehouse
from training.data import Queries
from training.models import MODELS

# by kind: what is known, and the terms that must come out of it
CASES = {
    "churn": [
        ("tenure_days", "366", {"tenure_up_to_1_year": 1, "tenure_up_to_2_years": 366 / 365}),
        ("tenure_days", "3000", {"tenure_up_to_4_years": 1461 / 365}),
        ("tenure_days", "3000", {"tenure_up_to_8_years": 2922 / 365}),
        ("checking_balance_amount", "-0.01", {"checking_overdrawn": 1, "checking_below_100": 1}),
        ("checking_balance_amount", "0.00", {"checking_overdrawn": 0, "checking_below_100": 1}),
        ("checking_balance_amount", "99.99", {"checking_below_100": 1}),
        ("checking_balance_amount", "100.00", {"checking_below_100": 0, "checking_below_200": 1}),
        ("checking_balance_amount", "200.00", {"checking_below_200": 0, "checking_below_500": 1}),
        ("checking_balance_amount", "500.00", {"checking_below_500": 0, "checking_below_1000": 1}),
        ("checking_balance_amount", "1000.00", {"checking_below_1000": 0}),
        ("customer_segment", "'Student'", {"segment_student": 1, "segment_affluent": 0}),
        ("customer_segment", "'Mass Affluent'", {"segment_mass_affluent": 1}),
        ("customer_segment", "'Mass Affluent'", {"segment_affluent": 0}),
        ("customer_segment", "'Affluent'", {"segment_affluent": 1, "segment_mass_affluent": 0}),
        ("customer_segment", "'Private Banking'", {"segment_private_banking": 1}),
        *((column, "2", {term: 1}) for column, term in (
            ("bad_ratings_30d", "bad_rating_30d"), ("bad_ratings_90d", "bad_rating_90d"),
            ("bad_ratings_180d", "bad_rating_180d"), ("complaints_90d", "complaint_90d"),
            ("unresolved_contacts_90d", "unresolved_contact_90d"), ("open_loans", "has_open_loan"),
            ("pending_applications", "has_pending_application"),
            ("credit_cards", "has_credit_card"), ("savings_accounts", "has_savings"),
        )),
        *((column, "0", {term: 0}) for column, term in (
            ("bad_ratings_90d", "bad_rating_90d"), ("open_loans", "has_open_loan"),
        )),
        ("days_since_last_transaction", "null", {"months_since_last_transaction": 365 / 30}),
        ("transaction_trend_30d", "null", {"transaction_trend_30d": 1}),
        ("declined_transactions_90d", "9", {"declined_transactions_90d": 5}),
        ("total_transactions_90d", "0", {"transactions_90d_log": 0}),
    ],
    "late_payment": [
        ("credit_score", "null", {"credit_score_100": 7}),
        ("credit_score", "650", {"credit_score_100": 6.5}),
        ("min_checking_balance_90d", "199.99", {"lowest_checking_90d_below_200": 1}),
        ("min_checking_balance_90d", "200", {"lowest_checking_90d_below_200": 0}),
        ("min_checking_balance_90d", "null", {"lowest_checking_90d_below_200": 0}),
        ("late_payments_30d", "1", {"late_payment_30d": 1}),
        ("late_payments_180d", "7", {"late_payments_180d": 4}),
        ("max_days_late_90d", "30", {"late_over_30_days_90d": 0}),
        ("max_days_late_90d", "31", {"late_over_30_days_90d": 1}),
        ("overdue_instalments", "0", {"overdue_now": 0}),
        ("overdue_instalments", "1", {"overdue_now": 1, "overdue_twice": 0}),
        ("overdue_instalments", "2", {"overdue_twice": 1}),
        ("annual_income", "0", {"debt_service_percent": 0}),
        ("loan_paid_amount_90d", "999999", {"debt_service_percent": 100}),
        ("credit_used_percent", "50.01", {"credit_used_over_half": 1}),
        ("credit_used_percent", "null", {"credit_used_over_half": 0}),
        ("open_loans", "2", {"more_than_one_loan": 1}),
        ("open_loans", "1", {"more_than_one_loan": 0}),
    ],
    "fraud": [
        ("is_night", "true", {"at_night": 1}),
        ("is_online", "true", {"online": 1}),
        ("is_high_risk_merchant", "true", {"risky_merchant": 1}),
        ("merchant_risk_score", "null", {"merchant_risk_score": 0}),
        ("distance_from_home_km", "499.99", {"far_from_home": 0}),
        ("distance_from_home_km", "500", {"far_from_home": 1}),
        ("velocity_24h", "1", {"second_in_24h": 0}),
        ("velocity_24h", "3", {"second_in_24h": 1, "third_in_24h": 1, "fourth_in_24h": 0}),
        ("velocity_24h", "4", {"fourth_in_24h": 1}),
        ("velocity_24h", "null", {"second_in_24h": 0}),
        ("amount_deviation_score", "null", {"amount_deviation": 0}),
        ("amount_deviation_score", "9", {"amount_deviation": 4}),
        ("amount_deviation_score", "-9", {"amount_deviation": -3}),
        ("transaction_amount_abs", "4.99", {"small_test_amount": 1}),
        ("transaction_amount_abs", "5", {"small_test_amount": 0}),
        ("transaction_amount_abs", "1", {"amount_log": 0}),
    ],
}  # fmt: skip
USUAL = {
    "churn": "gold.predictive_analytics",
    "late_payment": "gold.predictive_analytics",
    "fraud": "gold.fact_transactions",
}


@pytest.fixture(scope="module")
def queries(demo_warehouse: Warehouse) -> Queries:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in demo_warehouse.environment.items():
            patch.setenv(name, value)
        return Queries.compile()


@pytest.mark.parametrize("kind", CASES)
def test_terms_at_their_borders(demo_warehouse: Warehouse, queries: Queries, kind: str) -> None:
    """One row with one column set, everything else as usual."""
    terms = {t: sql for found in queries.drivers[kind].values() for t, sql in found.items()}
    columns = sorted(
        name
        for (name,) in demo_warehouse.query(
            "select column_name::text from information_schema.columns"
            " where table_schema || '.' || table_name = %s",
            [USUAL[kind]],
        )
        if any(name in sql for sql in terms.values())
    )
    tested = set()
    with demo_warehouse.connect() as connection:
        for column, value, expected in CASES[kind]:
            typed = "cast(null as numeric)" if value == "null" else value
            given = ", ".join(f"{typed} as {c}" if c == column else c for c in columns)
            known = f"(select {given} from {USUAL[kind]} limit 1) as known"
            for term, wanted in expected.items():
                tested.add(term)
                assert column in terms[term], f"{term} does not read {column}"
                found = connection.execute(f"select {terms[term]} from {known}").fetchone()  # type: ignore[arg-type]
                assert found and float(found[0]) == pytest.approx(wanted), (term, column, value)
    untested = set(terms) - tested
    assert untested <= {"income_log", *(t for t in terms if t.startswith("checking"))}


def test_no_term_is_ever_missing(demo_warehouse: Warehouse, queries: Queries) -> None:
    """All terms of all rows, on the as-of date."""
    as_of = demo_warehouse.value("select as_of_date from silver.as_of_date")
    for query, parameters in (
        (queries.customers, {"day": as_of}),
        (queries.transactions, {"first": as_of.replace(day=1), "last": as_of}),
    ):
        with demo_warehouse.connect() as connection:
            rows = connection.execute(query, parameters).fetchall()  # type: ignore[arg-type]
        assert len(rows) > 100
        assert all(value is not None for row in rows for value in row)


def test_features_of_the_past_do_not_change_with_the_future(
    demo_warehouse: Warehouse, queries: Queries
) -> None:
    """No leakage: the terms of a past evening are the same if everything later is deleted."""
    day = demo_warehouse.value("select as_of_date - 200 from silver.as_of_date")
    later = (
        ("fact_transactions", "transaction_date"),
        ("fact_customer_interactions", "interaction_at::date"),
        ("fact_fraud_alerts", "alert_at::date"),
        ("fact_credit_applications", "application_at::date"),
        ("fact_loan_payments", "scheduled_date"),
        ("account_balance_periods", "period_start_date"),
        ("dim_customer_private", "valid_from::date"),
    )
    with demo_warehouse.connect() as connection:
        before = connection.execute(queries.customers, {"day": day}).fetchall()  # type: ignore[arg-type]
        with connection.transaction(force_rollback=True):
            for table, moment in later:
                done = connection.execute(
                    f"delete from gold.{table} where {moment} > %s",  # type: ignore[arg-type]
                    [day],
                )
                assert done.rowcount > 0, table
            # what was decided, paid or ended later had not happened yet
            for statement in (
                "update gold.fact_fraud_alerts set resolution_at = null"
                " where resolution_at::date > %s",
                "update gold.fact_credit_applications set decision_at = null, decision = 'pending'"
                " where decision_at::date > %s",
                "update gold.fact_loan_payments set actual_date = null, actual_amount = 0,"
                " late_fee_amount = 0 where actual_date > %s",
                "update gold.account_balance_periods set period_end_date = '9999-12-31'"
                " where period_end_date > %s::date + 1",
                "update gold.dim_customer_private set valid_to = '9999-12-31'"
                " where valid_to >= %s::date + 1",
            ):
                connection.execute(statement, [day])  # type: ignore[call-overload]
            after = connection.execute(queries.customers, {"day": day}).fetchall()  # type: ignore[arg-type]
    assert len(before) > 300
    assert after == before


def test_a_small_bank_is_refused_and_nothing_is_written(
    demo_warehouse: Warehouse, tmp_path: Path
) -> None:
    """1,000 customers are too few to learn from; the shipped coefficients stay."""
    done = demo_warehouse.run(
        "python", "-m", "training", "--out", str(tmp_path / "seeds"), check=False
    )
    assert done.returncode == 1
    assert "too few data to train churn_90d" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "seeds").exists()


def test_every_model_has_its_baseline(queries: Queries) -> None:
    for model in MODELS:
        terms = {term for found in queries.drivers[model.kind].values() for term in found}
        assert model.baseline_term in terms

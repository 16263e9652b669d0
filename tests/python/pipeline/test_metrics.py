"""The semantic layer: MetricFlow sees the metrics and agrees with SQL on the gold schema."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.kit import Warehouse

# What is so seldom in a small bank that a month may have none of it is asked for the year.
SELDOM = ("fraud_rate", "return_rate")
YEAR = "between date '2024-01-01' and date '2024-12-31'"
# metric -> the same number in SQL, for October 2024
MONTH = "between date '2024-10-01' and date '2024-10-31'"
SQL = {
    "transactions": f"select count(*) from gold.fact_transactions where transaction_date {MONTH}",
    "active_customers": (
        "select count(distinct customer_id) from gold.fact_transactions"
        f" where transaction_date {MONTH}"
    ),
    "transaction_volume": (
        "select sum(abs(transaction_amount)) from gold.fact_transactions"
        f" where transaction_date {MONTH}"
    ),
    "spending": (
        "select sum(total_spending) from dst.dst_category_trends where year = 2024 and month = 10"
    ),
    "revenue": (
        f"select sum(revenue_amount) from gold.fact_transactions where transaction_date {MONTH}"
    ),
    "fraud_rate": (
        "select avg(case when is_fraud then 1.0 else 0 end) from gold.fact_transactions"
        f" where transaction_date {YEAR}"
    ),
    "decline_rate": (
        "select avg(case when status = 'declined' then 1.0 else 0 end) from gold.fact_transactions"
        f" where transaction_date {MONTH}"
    ),
    "payment_failure_rate": (
        "select avg(case when status = 'declined' then 1.0 else 0 end) from gold.fact_transactions"
        " where transaction_type = 'purchase' and payment_method"
        f" in ('Credit Card', 'Debit Card', 'UPI', 'Net Banking') and transaction_date {MONTH}"
    ),
    "average_processing_time": (
        "select avg(processing_time_ms) / 1000 from gold.fact_transactions"
        " where transaction_type = 'purchase' and payment_method"
        f" in ('Credit Card', 'Debit Card', 'UPI', 'Net Banking') and transaction_date {MONTH}"
    ),
    "essential_share": (
        "select sum(total_spending) filter (where category_group = 'essential')"
        " / sum(total_spending) from dst.dst_category_trends where year = 2024 and month = 10"
    ),
    "discretionary_share": (
        "select sum(total_spending) filter (where category_group = 'discretionary')"
        " / sum(total_spending) from dst.dst_category_trends where year = 2024 and month = 10"
    ),
    "deposits": (
        "select sum(balance_amount) from gold.fact_account_daily_snapshot"
        " where snapshot_date = date '2024-10-31' and balance_amount > 0"
    ),
    "late_payment_rate": (
        "select avg(case when is_late then 1.0 else 0 end) from gold.fact_loan_payments"
        f" where scheduled_date {MONTH}"
    ),
    "sales_revenue": (
        f"select sum(revenue_amount) from gold.daily_revenue where revenue_date {MONTH}"
    ),
    "orders": f"select sum(order_count) from gold.daily_revenue where revenue_date {MONTH}",
    "profit_margin": (
        "select sum(profit_amount) / sum(revenue_amount) from gold.product_category_revenue_monthly"
        " where year = 2024 and month = 10"
    ),
    "return_rate": (
        "select sum(returned_amount) / sum(revenue_amount) from gold.daily_revenue"
        f" where revenue_date {YEAR}"
    ),
    "average_order": (
        "select sum(revenue_amount) / sum(order_count) from gold.daily_revenue"
        f" where revenue_date {MONTH}"
    ),
    "conversion_rate": (
        "select 1.0 * sum(purchase_count) / sum(session_count) from gold.shopping_funnel"
        " where year = 2024 and month = 10"
    ),
    "monthly_recurring_revenue": (
        "select sum(monthly_amount) from gold.fact_subscriptions"
        " where start_date <= date '2024-10-31'"
        " and (end_date is null or end_date > date '2024-10-31')"
    ),
    "savings_rate": (
        "select (sum(income_amount) - sum(spending_amount)) / sum(income_amount)"
        f" from gold.fact_transactions where transaction_date {MONTH}"
    ),
}


@pytest.fixture(scope="module")
def answers(
    demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Decimal]:
    """What MetricFlow says of October 2024, and of the year."""
    often = [name for name in SQL if name not in SELDOM]
    found: dict[str, Decimal] = {}
    for names, grain, first, last in (
        (often, "month", "2024-10-01", "2024-10-31"),
        (SELDOM, "year", "2024-01-01", "2024-12-31"),
    ):
        file: Path = tmp_path_factory.mktemp("metrics") / f"{grain}.csv"
        demo_warehouse.run(
            "mf", "query", "--metrics", ",".join(names), "--group-by", f"metric_time__{grain}",
            "--start-time", first, "--end-time", last, "--csv", str(file),
        )  # fmt: skip
        (row,) = csv.DictReader(file.open())
        found |= {name: Decimal(row[name]) for name in names}
    return found


@pytest.mark.parametrize("metric", SQL)
def test_metric_agrees_with_sql(
    demo_warehouse: Warehouse, answers: dict[str, Decimal], metric: str
) -> None:
    expected = demo_warehouse.value(SQL[metric])
    assert expected
    assert answers[metric] == pytest.approx(Decimal(expected), rel=Decimal("1e-9"))

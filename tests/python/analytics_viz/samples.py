"""Small frames with the columns of report 01's queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go

from analytics_viz.charts import descriptive

AS_OF = dt.date(2026, 11, 20)
Draw = Callable[[pd.DataFrame, dt.date], go.Figure]


def kpis() -> pd.DataFrame:
    ends = [dt.date(2026, 8, 22), dt.date(2026, 9, 21), dt.date(2026, 10, 21), AS_OF]
    series = {"Spending": ("money", (100, 110, 99, 150)), "Customers": ("count", (50, 40, 50, 51))}
    rows = [
        (label, kind, end, Decimal(value))
        for label, (kind, values) in series.items()
        for end, value in zip(ends, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["label", "kind", "period_end", "value"])


def months() -> pd.DataFrame:
    starts = pd.date_range("2025-06-01", "2026-11-01", freq="MS").date
    return pd.DataFrame({
        "month_start_date": starts,
        "is_complete": [start < dt.date(2026, 11, 1) for start in starts],
        "spending_amount": [Decimal(1000 + 10 * i) for i in range(len(starts))],
        "transaction_count": [100 + i for i in range(len(starts))],
    })  # fmt: skip


def channels() -> pd.DataFrame:
    return pd.DataFrame({
        "channel": ["Auto", "POS", "ATM"],
        "transaction_count": [30, 60, 10],
        "spending_count": [20, 60, 0],
        "spending_amount": [Decimal("7500"), Decimal("2500"), Decimal("0")],
    })  # fmt: skip


def segments() -> pd.DataFrame:
    return pd.DataFrame({
        "customer_segment": ["Student", "Affluent"],
        "customer_count": [75, 25],
        "spending_amount": [Decimal(1000), Decimal(3000)],
    })  # fmt: skip


def people() -> pd.DataFrame:
    return pd.DataFrame({
        "age_group": ["65+", "18-24", "18-24", "Unknown"],
        "income_bracket": ["30k to 60k", "30k to 60k", "Under 30k", "Unknown"],
        "customer_count": [2, 5, 2, 1],
    })  # fmt: skip


def products() -> pd.DataFrame:
    return pd.DataFrame({
        "product_category": ["Savings", "Savings", "Mortgage", "Credit Card", "Credit Card"],
        "product_name": ["Gold Savings", "Plain Savings", "Home Mortgage", "Red Card", "Blue Card"],
        "account_count": [10, 20, 1, 5, 5],
        "held_amount": [Decimal(v) for v in (410, 200, 0, 0, 0)],
        "owed_amount": [Decimal(v) for v in (10, 0, 380, 10, 10)],
    })  # fmt: skip


def merchants() -> pd.DataFrame:
    return pd.DataFrame({
        "merchant_name": ["Corner Shop", "Big Store", "Corner Shop"],
        "merchant_category": ["Groceries", "Shopping", "Dining"],
        "transaction_count": [10, 20, 5],
        "spending_amount": [Decimal(300), Decimal(500), Decimal(100)],
        "all_spending_amount": [Decimal(1800)] * 3,
        "merchant_count": [40] * 3,
    })  # fmt: skip


def accounts() -> pd.DataFrame:
    return pd.DataFrame({
        "product_category": ["Checking", "Checking", "Savings", "Loan"],
        "account_status": ["active", "closed", "active", "frozen"],
        "account_count": [70, 10, 19, 1],
    })  # fmt: skip


CHARTS: dict[str, tuple[Draw, Callable[[], pd.DataFrame]]] = {
    "kpi_changes": (descriptive.kpi_changes, kpis),
    "monthly_trends": (descriptive.monthly_trends, months),
    "channel_share": (descriptive.channel_share, channels),
    "channel_spending": (descriptive.channel_spending, channels),
    "customer_segments": (descriptive.customer_segments, segments),
    "demographics": (descriptive.demographics, people),
    "product_treemap": (descriptive.product_treemap, products),
    "top_merchants": (descriptive.top_merchants, merchants),
    "account_status": (descriptive.account_status, accounts),
}

"""The Python entry point: a data set in memory, from the same simulation as the batches."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl

from generator.bank import write_history
from generator.options import HistoryOptions, parse_date, yesterday
from generator.simulation import TABLES, Simulation

KEY = {
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
}


class EnhancedFinancialDataGenerator:
    """Generates the 11 banking tables.

    Args:
        start_date: first day of the history, 'YYYY-MM-DD' or a date.
        num_customers: customers at the end of the history.
        end_date: last day; yesterday (UTC) if not given.
        seed: same seed and arguments give the same data.
        dirt: share of transaction rows with a defect in the files (see `out_dir`).
        out_dir: if given, `generate_all` also writes the history there as batches.

    Raises:
        OptionError: an argument that cannot be fulfilled.
    """

    def __init__(
        self,
        start_date: str | dt.date = "2023-01-01",
        num_customers: int = 1000,
        *,
        end_date: str | dt.date | None = None,
        seed: int = 42,
        dirt: float = 0.02,
        out_dir: str | Path | None = None,
    ) -> None:
        self.start = (
            parse_date(start_date, "start_date") if isinstance(start_date, str) else start_date
        )
        end = end_date if end_date is not None else yesterday()
        self.end = parse_date(end, "end_date") if isinstance(end, str) else end
        self.customers = num_customers
        self.seed = seed
        self.dirt = dirt
        self.out_dir = Path(out_dir) if out_dir is not None else None

    def generate_all(self, num_transactions: int = 50_000) -> dict[str, pd.DataFrame]:
        """All tables in their clean final state: the newest version of every row, no defects.

        Money and rates are float64 columns, ids int64, moments datetime64; shapes follow the
        arguments (`transactions` has exactly `num_transactions` rows).
        """
        options = HistoryOptions(
            self.customers, num_transactions, self.start, self.end, self.seed, self.dirt
        )
        if self.out_dir is not None:
            write_history(options, self.out_dir, overwrite=True)
        parts: dict[str, list[pl.DataFrame]] = {name: [] for name in TABLES}
        for happened in Simulation(options).history():
            parts["transactions"].append(happened.render(happened.ledger.rows))
            for name, frame in happened.tables.items():
                parts[name].append(frame)
        return {name: _final(name, pl.concat(frames)) for name, frames in parts.items()}


def _final(name: str, frame: pl.DataFrame) -> pd.DataFrame:
    newest = frame.unique(subset=KEY[name], keep="last", maintain_order=True)
    whole = [c for c in newest.columns if c.endswith("_id") and c not in ("device_id", "agent_id")]
    moments = [c for c in newest.columns if c.endswith("_at")]
    typed = newest.with_columns(
        *(pl.col(c).cast(pl.Int64) for c in whole),
        *(pl.col(c).str.to_datetime("%Y-%m-%d %H:%M:%S") for c in moments),
    )
    if "transaction_date" in typed.columns:
        typed = typed.with_columns(pl.col("transaction_date").str.to_datetime("%Y-%m-%d %H:%M:%S"))
    texts = {"zip_code", "mcc_code", "card_last_four", "authorization_code", "account_number"}
    for column in typed.columns:
        if typed[column].dtype != pl.String or column in texts:
            continue
        values = set(typed[column].drop_nulls().unique().to_list()[:3])
        if values and values <= {"true", "false"}:
            typed = typed.with_columns((pl.col(column) == "true").alias(column))
        else:
            number = typed[column].cast(pl.Float64, strict=False)
            if number.null_count() == typed[column].null_count() and number.null_count() < len(
                typed
            ):
                typed = typed.with_columns(number)
    return typed.to_pandas()

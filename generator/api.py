"""The Python entry point: a data set in memory, from the same simulation as the batches."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pandas as pd

from generator.bank import write_history
from generator.options import HistoryOptions, parse_date, yesterday
from generator.sheet import Sheet
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

# digits that are no number
TEXTS = ("zip_code", "mcc_code", "card_last_four", "authorization_code", "account_number")


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

        Money and rates are float64 columns, whole numbers int64 (float64 where some are missing),
        moments datetime64; shapes follow the arguments (`transactions` has exactly
        `num_transactions` rows).
        """
        options = HistoryOptions(
            self.customers, num_transactions, self.start, self.end, self.seed, self.dirt
        )
        if self.out_dir is not None:
            write_history(options, self.out_dir, overwrite=True)
        parts: dict[str, list[Sheet]] = {name: [] for name in TABLES}
        for happened in Simulation(options).history():
            parts["transactions"].append(happened.render(happened.ledger.rows))
            tables = happened.tables()
            for name in parts.keys() & tables.keys():
                parts[name].append(tables[name])
        return {name: _final(name, _as_frame(sheets)) for name, sheets in parts.items()}


def _as_frame(sheets: list[Sheet]) -> pd.DataFrame:
    content = io.BytesIO()
    content.write(sheets[0].header)
    for sheet in sheets:
        content.writelines(sheet.csv())
    content.seek(0)
    return pd.read_csv(content, dtype=str, keep_default_na=False, na_values=[""])


def _final(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    newest = frame.drop_duplicates(KEY[name], keep="last", ignore_index=True)
    return newest.apply(_typed)


def _typed(column: pd.Series) -> pd.Series:
    """Numbers, flags and moments instead of their text."""
    name = str(column.name)
    if name.endswith("_at") or name == "transaction_date":
        return pd.to_datetime(column, format="%Y-%m-%d %H:%M:%S")
    if name in TEXTS:
        return column
    if column.isin(["true", "false"]).eq(column.notna()).all() and column.notna().any():
        return column.map({"true": True, "false": False})
    number = pd.to_numeric(column, errors="coerce")
    if number.isna().ne(column.isna()).any() or number.isna().all():
        return column
    return number

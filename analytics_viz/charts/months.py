"""What figures with an axis of calendar months share."""

from __future__ import annotations

import pandas as pd


def ends(table: pd.DataFrame, column: str) -> list[pd.Series]:
    """The rows worth a label: the highest and the last."""
    if table.empty:
        return []
    rows = {int(table[column].astype(float).argmax()), len(table) - 1}
    if max(rows) - min(rows) < 4:  # two labels so close would overlap
        rows = {len(table) - 1}
    return [table.iloc[row] for row in sorted(rows)]


def with_room(months: pd.Series, share: float) -> list[str]:
    """A range with room for a label behind the last month."""
    length = max(months.max() - months.min(), pd.Timedelta(days=60))
    return [
        (months.min() - length * 0.03).isoformat(),
        (months.max() + length * share).isoformat(),
    ]


def marked(months: pd.Series) -> list[str]:
    """The months to name on the axis: Januaries, in a short history the starts of quarters."""
    every = 12 if len(months) > 24 else 3 if len(months) > 6 else 1
    return [month.isoformat() for month in months if (month.month - 1) % every == 0]

"""Columns of text, built a column at a time: what the CSV files hold is text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from generator.columns import Array
from generator.timeline import timestamp_bytes


def _fixed_width(matrix: Array, missing: Array | None) -> pl.Series:
    """Text of equal width from an array of bytes, shape (n, width), without copying."""
    n, width = matrix.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int64)
    column = pa.LargeStringArray.from_buffers(
        n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))
    )
    series = pl.Series(pl.from_arrow(column))
    if missing is not None and missing.any():
        series = pl.select(pl.when(pl.Series(~missing)).then(series)).to_series()
    return series


def stamps(seconds: Array, missing: Array | None = None) -> pl.Series:
    """'YYYY-MM-DD HH:MM:SS' from seconds since 1970."""
    safe = seconds if missing is None else np.where(missing, 0, seconds)
    return _fixed_width(timestamp_bytes(safe), missing)


def dates(days: Array, missing: Array | None = None) -> pl.Series:
    """'YYYY-MM-DD' from day numbers (before 1970 too)."""
    series = pl.Series(days.astype(np.int32)).cast(pl.Date).dt.to_string("%Y-%m-%d")
    if missing is None or not missing.any():
        return series
    return pl.select(pl.when(pl.Series(~missing)).then(series)).to_series()


def money(cents: Array, missing: Array | None = None) -> pl.Series:
    """'-12.50' from whole cents, exact."""
    series = (
        pl.Series(cents.astype(np.int64))
        .to_frame("c")
        .select((pl.col("c").cast(pl.Decimal(20, 0)) * pl.lit("0.01").cast(pl.Decimal(4, 2)))
                .cast(pl.Decimal(20, 2)).cast(pl.String))
        .to_series()
    )
    if missing is None or not missing.any():
        return series
    return pl.select(pl.when(pl.Series(~missing)).then(series)).to_series()


def number(values: Array, digits: int = 0, missing: Array | None = None) -> pl.Series:
    """Decimal text with a fixed number of digits after the point."""
    if digits:
        # through whole numbers: the text of a float could depend on the platform
        scaled = np.rint(np.where(np.isnan(values), 0, values) * 10**digits).astype(np.int64)
        scale = pl.lit(f"0.{'0' * (digits - 1)}1").cast(pl.Decimal(digits + 2, digits))
        expression = (pl.col("v").cast(pl.Decimal(20, 0)) * scale).cast(pl.Decimal(20, digits))
        series = pl.Series(scaled).to_frame("v").select(expression.cast(pl.String)).to_series()
    else:
        series = pl.Series(values.astype(np.int64)).cast(pl.String)
    if missing is None or not missing.any():
        return series
    return pl.select(pl.when(pl.Series(~missing)).then(series)).to_series()


def pick(pool: Sequence[str | None] | pl.Series, positions: Array) -> pl.Series:
    """Texts of a pool by position; -1 gives a missing value."""
    texts = pool if isinstance(pool, pl.Series) else pl.Series(pool, dtype=pl.String)
    texts = texts.extend_constant(None, 1) if (positions < 0).any() else texts
    safe = np.where(positions < 0, len(texts) - 1, positions).astype(np.uint32)
    return texts.gather(pl.Series(safe))


def flags(values: Array) -> pl.Series:
    """'true' or 'false'."""
    return pick(["false", "true"], values.astype(np.int64))


def where(mask: Array, series: pl.Series) -> pl.Series:
    """The series, missing where the mask is false."""
    return pl.select(pl.when(pl.Series(mask)).then(series)).to_series()


def padded(values: Array, width: int) -> pl.Series:
    """Whole numbers with leading zeros."""
    return pl.Series(values.astype(np.int64)).cast(pl.String).str.zfill(width)

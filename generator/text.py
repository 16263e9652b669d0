"""Columns of text, built a column at a time: what the CSV files hold is text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa

from generator.columns import Array
from generator.timeline import timestamp_bytes

_NULL = pl.Series([None], dtype=pl.String)
_NO_NUMBER = pl.Series([None], dtype=pl.Int64)


def _without(series: pl.Series, missing: Array | None) -> pl.Series:
    """The series, with nothing where `missing` is true."""
    if missing is None or not missing.any():
        return series
    return series.zip_with(pl.Series(~missing), _NULL)


def _fixed_width(matrix: Array, missing: Array | None) -> pl.Series:
    """Text of equal width from an array of bytes, shape (n, width), without copying."""
    n, width = matrix.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int64)
    column = pa.LargeStringArray.from_buffers(
        n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))
    )
    series = pl.Series(pl.from_arrow(column))
    return _without(series, missing)


def stamps(seconds: Array, missing: Array | None = None) -> pl.Series:
    """'YYYY-MM-DD HH:MM:SS' from seconds since 1970."""
    safe = seconds if missing is None else np.where(missing, 0, seconds)
    return _fixed_width(timestamp_bytes(safe), missing)


def dates(days: Array, missing: Array | None = None) -> pl.Series:
    """'YYYY-MM-DD' from day numbers (before 1970 too)."""
    series = pl.Series(days.astype(np.int32)).cast(pl.Date).dt.to_string("%Y-%m-%d")
    return _without(series, missing)


def _decimals(units: Array, digits: int) -> pl.Series:
    """Whole units of 10^-digits as decimal text, exact: no float takes part."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = words[:, 0] >> 63  # the sign, extended to 128 bits
    kind = pa.decimal128(20, digits)
    column = pa.Array.from_buffers(kind, len(units), [None, pa.py_buffer(words)])
    return pl.Series(pl.from_arrow(column)).cast(pl.String)


def money(cents: Array, missing: Array | None = None) -> pl.Series:
    """'-12.50' from whole cents, exact."""
    return _without(_decimals(cents.astype(np.int64), 2), missing)


def number(values: Array, digits: int = 0, missing: Array | None = None) -> pl.Series:
    """Decimal text with a fixed number of digits after the point."""
    if digits:
        # through whole numbers: the text of a float could depend on the platform
        units = np.rint(np.where(np.isnan(values), 0, values) * 10**digits).astype(np.int64)
        series = _decimals(units, digits)
    else:
        series = pl.Series(values.astype(np.int64)).cast(pl.String)
    return _without(series, missing)


@cache
def _pool(texts: tuple[str | None, ...]) -> pl.Series:
    return pl.Series([*texts, None], dtype=pl.String)


def pool(texts: Sequence[str | None]) -> pl.Series:
    """Texts to `pick` from, with a missing value behind them; built once for equal texts."""
    return _pool(tuple(texts))


def pick(texts: Sequence[str | None] | pl.Series, positions: Array) -> pl.Series:
    """Texts of a pool by position; -1 gives a missing value. A series must come from `pool`."""
    source = texts if isinstance(texts, pl.Series) else pool(texts)
    safe = np.where(positions < 0, len(source) - 1, positions).astype(np.uint32)
    return source[pl.Series(safe)]  # much quicker than gather(), which plans a query


def some(mask: Array, build: Callable[[Array], pl.Series]) -> pl.Series:
    """Texts of the rows where the mask is true, built for these rows only; missing elsewhere."""
    rows = np.flatnonzero(mask)
    built = build(rows).extend_constant(None, 1)
    place = np.full(len(mask), len(rows), dtype=np.uint32)
    place[rows] = np.arange(len(rows), dtype=np.uint32)
    return built[pl.Series(place)]


def whole(values: Array) -> pl.Series:
    """Whole numbers as they are; -1 is missing."""
    series = pl.Series(values.astype(np.int64))
    missing = values == -1
    return series.zip_with(pl.Series(~missing), _NO_NUMBER) if missing.any() else series


def flags(values: Array) -> pl.Series:
    """'true' or 'false'."""
    return pick(("false", "true"), values.astype(np.int64))


def where(mask: Array, series: pl.Series) -> pl.Series:
    """The series, missing where the mask is false."""
    return series.zip_with(pl.Series(mask), _NULL)


def padded(values: Array, width: int) -> pl.Series:
    """Whole numbers with leading zeros."""
    return pl.Series(values.astype(np.int64)).cast(pl.String).str.zfill(width)

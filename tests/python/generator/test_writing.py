"""Cells and lines: text that is gathered equals text that Python would format."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import batch, sheet, text
from generator.columns import Array, Columns
from generator.sheet import Layout, Sheet, band


def cells(array: Array) -> list[str]:
    """The texts of cells."""
    return [row.tobytes().replace(b"\0", b"").decode() for row in array]


@given(st.lists(st.integers(0, 10**15), min_size=1))
def test_whole_numbers(values: list[int]) -> None:
    assert cells(text.whole(np.array(values))) == [str(value) for value in values]


def test_missing_numbers() -> None:
    values = np.array([7, -1, 12_345, 0])
    assert cells(text.whole(values)) == ["7", "", "12345", "0"]
    assert cells(text.whole(values, np.array([True, False, False, True]))) == ["", "", "12345", ""]
    assert cells(text.money(values, values == 0)) == ["0.07", "-0.01", "123.45", ""]
    assert cells(text.padded(values % 10_000, 4)) == ["0007", "9999", "2345", "0000"]
    assert cells(text.padded(np.array([7, -1]), 2)) == ["07", ""]


@given(st.lists(st.integers(-(10**13), 10**13), min_size=1), st.sampled_from([1, 2, 3, 4, 6]))
def test_decimals(units: list[int], digits: int) -> None:
    expected = [f"{Decimal(unit).scaleb(-digits):.{digits}f}" for unit in units]
    assert cells(text.decimals(np.array(units), digits)) == expected


@given(st.lists(st.integers(0, 2**31 - 1), min_size=1))
def test_times(seconds: list[int]) -> None:
    moments = [dt.datetime.fromtimestamp(second, dt.UTC) for second in seconds]
    assert cells(text.stamps(np.array(seconds))) == [f"{m:%Y-%m-%d %H:%M:%S}" for m in moments]


@given(st.dates(dt.date(1900, 1, 1), dt.date(2037, 12, 31)))
def test_dates(date: dt.date) -> None:
    days = np.array([(date - dt.date(1970, 1, 1)).days, 0])
    assert cells(text.dates(days, np.array([False, True]))) == [date.isoformat(), ""]


def test_what_needs_quotes_is_quoted() -> None:
    odd = ['12,50 "each"', "two\nlines", None, "plain"]
    sheet_ = Sheet.of({"a": text.texts(odd), "b": text.pick(odd, np.array([3, 0, -1, 1]))})
    content = (sheet_.header + b"".join(sheet_.csv())).decode()
    assert list(csv.reader(io.StringIO(content))) == [
        ["a", "b"],
        [odd[0], "plain"],
        [odd[1], odd[0]],
        ["", ""],
        ["plain", odd[1]],
    ]


def test_a_cell_may_become_longer_than_its_column() -> None:
    lines = Sheet.of({"a": text.texts(["1", "2", None]), "b": text.texts(["x", "y", "z"])})
    lines.rewrite("a", np.array([1, 2]), lambda value: value * 30)
    lines.blank(np.array([0]), "b")
    assert b"".join(lines.csv()) == b"1,\n" + b"2" * 30 + b",y\n,z\n"
    wide = Sheet.concat([lines, Sheet.of({"a": text.texts(["9"]), "b": text.texts(["long one"])})])
    assert wide.strings("b") == ["", "y", "z", "long one"]
    assert wide.strings("a") == ["1", "2" * 30, "", "9"]


def test_neighbouring_columns_are_put_in_one_go() -> None:
    layout = Layout({"a": 3, "b": 4, "c": 2})
    pairs = band(layout, {"a": ["x", "yy"], "b": [None, "1234"]})
    lines = Sheet.empty(layout, 2)
    lines.put("b", text.pick(pairs, np.array([1, 0])))
    lines.put("c", text.texts(["5"]), np.array([1]))
    assert b"".join(lines.csv()) == b"yy,1234,\nx,,5\n"


def test_parts_are_written_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "PIECE", 7)
    texts = [f"text {n}" if n % 3 else None for n in range(40)]
    wide = Sheet.of({f"c{i}": text.texts(texts) for i in range(30)})
    parts = [wide, wide.take(np.zeros(0, dtype=int)), wide.take(np.arange(40) % 5 == 0)]
    path = tmp_path / "rows.csv"
    checksum = batch.write_csv(iter(parts), path)
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == wide.columns
    assert rows == [[value or ""] * 30 for value in [*texts, *texts[::5]]]


def test_columns_grow_without_touching_what_was_taken() -> None:
    table = Columns(a=np.arange(3), b=np.zeros(3, dtype=bool))
    taken = table.take(np.arange(3))
    for n in range(20):
        table.append(Columns(a=np.array([n]), b=np.array([True])))
        table.b = ~table.b
    assert table.a.tolist() == [0, 1, 2, *range(20)]
    assert len(table.b) == 23 and taken.a.tolist() == [0, 1, 2]
    table.a[0] = 7
    assert taken.a[0] == 0

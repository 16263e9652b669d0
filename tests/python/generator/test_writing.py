"""Files hold exactly the rows, whatever pieces they were put together from."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import polars as pl
import pytest

from generator import batch


def test_parts_and_empty_chunks_are_written_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "PIECE", 7)
    wide = pl.DataFrame(
        {f"c{i}": [f"text {i} {n}" if n % 3 else None for n in range(40)] for i in range(30)}
    ).with_columns(pl.int_range(40).alias("number"))
    # filtered like the queue of corrections: its first chunk is empty
    queue = pl.concat([wide[0:5], wide[10:12], wide[20:24]])
    queue = queue.filter(pl.Series((queue["number"] > 9).to_list()))
    assert queue.n_chunks() > 1
    parts = [wide, wide.head(0), queue]
    quoted = wide.head(3).with_columns(pl.lit('12,50 "each"').alias("c1"))
    path = tmp_path / "rows.csv"
    checksum = batch.write_csv([*parts, quoted], path)
    assert checksum == hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == wide.columns
    expected = [
        ["" if cell is None else str(cell) for cell in row]
        for part in (*parts, quoted)
        for row in part.rows()
    ]
    assert rows == expected

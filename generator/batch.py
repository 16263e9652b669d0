"""Batches on disk: CSV files, their manifest and their truth, complete or not there at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from generator.dirt import Delivered
from generator.timeline import date_of

PIECE = 25_000  # rows that are turned into text at once: bounds the memory of a large month


def folder_of(day: int) -> Path:
    """YYYY/MM/DD of a batch date, relative to the raw folder."""
    return Path(date_of(day).strftime("%Y/%m/%d"))


def write_json(path: Path, content: dict[str, Any], indent: int | None = 2) -> None:
    """JSON with sorted keys and a final newline."""
    path.write_text(json.dumps(content, indent=indent, sort_keys=True) + "\n", encoding="utf-8")


def write_csv(parts: list[pl.DataFrame], path: Path) -> str:
    """Write the rows of all parts as one file and return the sha256 of its bytes."""
    header = (",".join(parts[0].columns) + "\n").encode()
    checksum = hashlib.sha256(header)
    with path.open("wb") as file:
        file.write(header)
        for part in parts:
            for piece in part.iter_slices(PIECE) if len(part) else ():
                content = _csv_lines(piece)
                checksum.update(content)
                file.write(content)
    return checksum.hexdigest()


def _csv_lines(frame: pl.DataFrame) -> bytes | memoryview:
    """The lines of a frame, which is not empty, without a header; quotes only where needed."""
    try:
        # three times as fast, and refuses values that need quotes
        sink = pa.BufferOutputStream()
        options = pa_csv.WriteOptions(include_header=False, quoting_style="none", batch_size=8192)
        # in one piece: an empty first chunk makes this writer emit garbage
        pa_csv.write_csv(frame.rechunk().to_arrow(), sink, options)
        content: memoryview = memoryview(sink.getvalue())
        return content
    except pa.ArrowInvalid:
        buffer = io.BytesIO()
        frame.write_csv(buffer, include_header=False, quote_style="necessary", line_terminator="\n")
        return buffer.getbuffer()


def write_batch(delivered: Delivered, root: Path) -> Path:
    """Write a batch below `root` and return its folder."""
    date = date_of(delivered.period.last).isoformat()
    folder = root / folder_of(delivered.period.last)
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, parts in delivered.tables.items():
        rows = delivered.rows[name]["delivered"]
        if rows:
            sha256 = write_csv(parts, folder / f"{name}.csv")
            files[f"{name}.csv"] = {"rows": rows, "sha256": sha256}
    write_json(
        folder / "truth.json",
        {
            "batch_date": date,
            "rows": {
                name: counts for name, counts in delivered.rows.items() if counts["delivered"]
            },
            "spending": delivered.spending,
            "ledger": delivered.ledger,
            "defects": delivered.defects,
            "versions": delivered.versions,
            "late_transactions": delivered.late,
            "corrected_transactions": delivered.corrected,
        },
        indent=None,
    )
    write_json(
        folder / "manifest.json",
        {"format": 1, "batch_date": date, "source": "generator", "files": files},
    )
    return folder


def move_into_place(source: Path, target: Path) -> None:
    """Put a finished batch where it belongs; an earlier one of the same date gives way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        old = target.with_name(f".{target.name}.old")
        if old.exists():
            shutil.rmtree(old)
        target.rename(old)
        source.rename(target)
        shutil.rmtree(old)
    else:
        source.rename(target)

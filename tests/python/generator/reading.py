"""An independent reader of batches: plain csv and datetime, nothing of the generator."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, str]
UNREADABLE = None


def batches(root: Path) -> list[Path]:
    """Folders of all batches in the order of their dates."""
    return sorted(m.parent for m in root.glob("*/*/*/manifest.json"))


def rows_of(batch: Path, table: str) -> list[Row]:
    """The data rows of one file; empty if the file is absent."""
    path = batch / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def truth_of(batch: Path) -> dict[str, Any]:
    """The truth about one batch."""
    content: dict[str, Any] = json.loads((batch / "truth.json").read_text())
    return content


def moment(value: str) -> dt.datetime | None:
    """A timestamp in one of the four formats, or None."""
    for pattern in (
        "%Y-%m-%d %H:%M:%S",
        "%d/%m/%Y %H:%M:%S",
        "%d-%b-%Y %H:%M:%S",
        "%d/%m/%y %H:%M:%S",
    ):
        try:
            return dt.datetime.strptime(value.strip(), pattern)
        except ValueError:
            continue
    return None


def amount(value: str) -> Decimal | None:
    """An amount in one of the four formats, or None."""
    text = value.strip().replace("USD", "").replace("$", "").strip()
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def without(batch: Path, table: str, expected: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a file except those whose defect is expected to end so."""
    bad = {
        d["row"]
        for d in truth_of(batch)["defects"]
        if d["file"] == f"{table}.csv" and d["expected"] in expected
    }
    for number, row in enumerate(rows_of(batch, table), start=1):
        if number not in bad:
            yield row


def true_rows(root: Path, table: str) -> list[Row]:
    """All rows but duplicates and quarantined ones, batch after batch."""
    return [
        row
        for batch in batches(root)
        for row in without(batch, table, ("duplicate", "quarantined"))
    ]


def newest(rows: list[Row], key: str) -> dict[str, Row]:
    """The version with the latest updated_at of every key."""
    found: dict[str, Row] = {}
    for row in rows:
        if row[key] not in found or row["updated_at"] >= found[row[key]]["updated_at"]:
            found[row[key]] = row
    return found


def mcc_categories(project: Path) -> dict[str, str]:
    """Category of each merchant category code."""
    with (project / "seeds" / "merchant_category_codes.csv").open(newline="") as file:
        return {r["mcc_code"]: r["category_name"] for r in csv.DictReader(file)}


def spending(rows: Iterator[Row] | list[Row], codes: dict[str, str]) -> dict[tuple[str, str], Any]:
    """Amount and number of spending rows by month and category."""
    totals: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [Decimal(0), 0])
    for row in rows:
        if row["transaction_type"] not in ("purchase", "refund", "fee") or row["decline_reason"]:
            continue
        when, cents = moment(row["transaction_date"]), amount(row["amount"])
        assert when is not None and cents is not None, row
        total = totals[when.strftime("%Y-%m"), codes[row["mcc_code"]]]
        total[0] -= cents
        total[1] += 1
    return {key: (total, count) for key, (total, count) in totals.items()}

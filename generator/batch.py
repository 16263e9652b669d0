"""Batches on disk: CSV files, their manifest and their truth, complete or not there at all."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from generator.dirt import Delivered
from generator.sheet import Sheet
from generator.timeline import date_of


def folder_of(day: int) -> Path:
    """YYYY/MM/DD of a batch date, relative to the raw folder."""
    return Path(date_of(day).strftime("%Y/%m/%d"))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """JSON with sorted keys and a final newline."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def write_csv(parts: Iterable[Sheet], path: Path) -> str:
    """Write the rows of all parts as one file and return the sha256 of its bytes."""
    checksum = hashlib.sha256()
    with path.open("wb") as file:
        for number, part in enumerate(parts):
            header = [memoryview(part.header)] if number == 0 else []
            for content in (*header, *part.csv()):
                checksum.update(content)
                file.write(content)
    return checksum.hexdigest()


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
    told = {name: counts for name, counts in delivered.rows.items() if counts["delivered"]}
    versions = (f'"{name}": {delivered.versions[name]}' for name in sorted(delivered.versions))
    truth = {
        "batch_date": json.dumps(date),
        "corrected_transactions": json.dumps(delivered.corrected),
        "defects": f"[{', '.join(delivered.defects)}]",
        "late_transactions": json.dumps(delivered.late),
        "ledger": json.dumps(delivered.ledger, sort_keys=True),
        "open_banking": json.dumps(delivered.connected.truth(), sort_keys=True),
        "rows": json.dumps(told, sort_keys=True),
        "spending": json.dumps(delivered.spending, sort_keys=True),
        "versions": f"{{{', '.join(versions)}}}",
    }
    lines = ", ".join(f'"{key}": {value}' for key, value in truth.items())
    (folder / "truth.json").write_text(f"{{{lines}}}\n", encoding="utf-8")
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

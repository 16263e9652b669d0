"""Batches on disk: folders ``YYYY/MM/DD`` with CSV files and a ``manifest.json``."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from warehouse.bronze import Table
from warehouse.errors import WarehouseError

MANIFEST = "manifest.json"
# What may lie beside the files of the manifest without being data.
_NOT_DATA = {MANIFEST, "truth.json"}


@dataclass(frozen=True)
class BatchFile:
    """One CSV file of a batch, as the manifest promises it."""

    path: Path
    table: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Batch:
    """One batch folder whose manifest and files agree by name.

    Attributes:
        folder: the folder ``YYYY/MM/DD``.
        batch_date: its business date.
        source: who delivered it, as the manifest says, or None.
        manifest_sha256: checksum of the manifest's bytes: what a batch is recognised by.
        files: in the order of their names.
    """

    folder: Path
    batch_date: date
    source: str | None
    manifest_sha256: str
    files: tuple[BatchFile, ...]

    def source_file(self, file: BatchFile) -> str:
        """The file's path from the raw folder on, for example ``2023/01/31/transactions.csv``."""
        return "/".join((*self.folder.parts[-3:], file.path.name))


def find_batches(folder: Path) -> list[Path]:
    """The batch folders at or below ``folder``, by date.

    Raises:
        WarehouseError: there is no such folder, or no batch in it.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise WarehouseError(
            f"There is no folder {folder}: run `make generate` first, or name the folder of your"
            " batches."
        )
    inside = [path for path in folder.rglob("*") if path.is_dir()]
    dated = [(day, path) for path in [folder, *inside] if (day := folder_date(path)) is not None]
    if not dated:
        raise WarehouseError(
            f"{folder} holds no batch: a batch is a folder YYYY/MM/DD with CSV files and a"
            f" {MANIFEST}."
        )
    return [path for _, path in sorted(dated)]


def folder_date(folder: Path) -> date | None:
    """The date in a path that ends in ``YYYY/MM/DD``, else None."""
    parts = folder.parts[-3:]
    if tuple(map(len, parts)) != (4, 2, 2) or not all(
        part.isascii() and part.isdecimal() for part in parts
    ):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def read_batch(folder: Path, tables: Iterable[str]) -> Batch:
    """Read a batch's manifest and compare it with the folder, names only.

    Args:
        folder: a folder ``YYYY/MM/DD``.
        tables: names of the tables that bronze knows.

    Raises:
        WarehouseError: no manifest, one that cannot be used, or files that differ from it.
    """
    manifest = folder / MANIFEST
    try:
        raw = manifest.read_bytes()
        content = json.loads(raw)
    except FileNotFoundError:
        raise WarehouseError(
            f"{folder} has no {MANIFEST}: deliver it with one, or remove the folder."
        ) from None
    except ValueError as error:
        raise WarehouseError(
            f"{manifest} is not JSON ({error}): deliver the batch again."
        ) from None
    batch_date = _manifest_date(manifest, content, folder)
    files = _manifest_files(manifest, content)
    _compare(folder, files, set(tables))
    source = content.get("source")
    return Batch(
        folder=folder,
        batch_date=batch_date,
        source=None if source is None else str(source),
        manifest_sha256=hashlib.sha256(raw).hexdigest(),
        files=files,
    )


def _manifest_date(manifest: Path, content: object, folder: Path) -> date:
    if not isinstance(content, dict) or content.get("format") != 1:
        raise WarehouseError(
            f'{manifest} is not a manifest of "format": 1: deliver the batch again.'
        )
    stated = content.get("batch_date")
    expected = folder_date(folder)
    if expected is None or stated != expected.isoformat():
        raise WarehouseError(
            f"{manifest} is for batch_date {stated!r}, but its folder is for {expected}: move the"
            " batch to the folder of its date."
        )
    return expected


def _manifest_files(manifest: Path, content: dict[str, object]) -> tuple[BatchFile, ...]:
    listed = content.get("files")
    if not isinstance(listed, dict):
        raise WarehouseError(f'{manifest} has no "files": deliver the batch again.')
    files = []
    for name, promise in sorted(listed.items()):
        rows = promise.get("rows") if isinstance(promise, dict) else None
        sha256 = promise.get("sha256") if isinstance(promise, dict) else None
        if type(rows) is not int or rows < 0 or not isinstance(sha256, str):
            raise WarehouseError(
                f'{manifest} states no usable "rows" and "sha256" for {name}: deliver the batch'
                " again."
            )
        path = manifest.parent / name
        if path.parent != manifest.parent or path.suffix != ".csv":
            raise WarehouseError(
                f"{manifest} lists {name!r}, which is not a CSV file of its folder: correct the"
                " manifest."
            )
        files.append(BatchFile(path, path.stem, rows, sha256.lower()))
    return tuple(files)


def _compare(folder: Path, files: tuple[BatchFile, ...], tables: set[str]) -> None:
    listed = {file.path.name for file in files}
    there = {
        path.name
        for path in folder.iterdir()
        if path.name not in _NOT_DATA and not path.name.startswith(".")
    }
    if listed - there:
        raise WarehouseError(
            f"{folder} lacks {_list(listed - there)}, which its {MANIFEST} lists: deliver the batch"
            " again."
        )
    if there - listed:
        raise WarehouseError(
            f"{folder} holds {_list(there - listed)}, which its {MANIFEST} does not list: remove"
            " what does not belong there, or deliver the batch again."
        )
    unknown = {file.path.name for file in files if file.table not in tables}
    if unknown:
        raise WarehouseError(
            f"{folder} holds {_list(unknown)}, but there is no such table in bronze: add it to"
            " a file of models/bronze, or remove it from the batch."
        )


def read_header(file: BatchFile, table: Table) -> list[str]:
    """Column names of a CSV file.

    Raises:
        WarehouseError: no header, a repeated or unusable name, or columns missing (all are named).
    """
    with file.path.open("rb") as handle:
        line = handle.readline()
    try:
        names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r\n")], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise WarehouseError(
            f"{file.path}, line 1: the header cannot be read ({error}): deliver the batch again."
        ) from None
    if not names:
        raise WarehouseError(f"{file.path} is empty, even of a header: deliver the batch again.")
    missing = [name for name in table.columns if name not in names]
    if missing:
        raise WarehouseError(
            f"{file.path}, line 1: {_count(missing, 'column')} {_list(missing, ordered=True)}"
            f" {'is' if len(missing) == 1 else 'are'} missing: deliver the batch again with every"
            f" column of {table.name}."
        )
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise WarehouseError(
            f"{file.path}, line 1: {_count(repeated, 'column')} {_list(repeated)} appear twice:"
            " deliver the batch again with each column once."
        )
    new = [name for name in names if name not in table.columns]
    # An underscore is kept for the loader's own columns; PostgreSQL would cut a name of 64 bytes.
    unusable = [n for n in new if not n.strip() or n.startswith("_") or len(n.encode()) > 63]
    if unusable:
        raise WarehouseError(
            f"{file.path}, line 1: {_list(unusable)} cannot be a column of bronze (empty, longer"
            " than 63 bytes, or with a leading underscore): rename it at the source."
        )
    return names


def _list(names: Iterable[str], ordered: bool = False) -> str:
    return ", ".join(repr(name) for name in (names if ordered else sorted(names)))


def _count(names: Iterable[str], word: str) -> str:
    return word if len(list(names)) == 1 else f"{word}s"

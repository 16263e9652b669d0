"""Cells as bytes: arrays of shape (rows, width) in which NUL stands for nothing.

Text is gathered from tables instead of being formatted row by row. Where a text begins in its cell
does not matter: NULs are dropped when the file is written. A missing cell holds NULs only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np

from generator.columns import Array
from generator.timeline import DAY, NEVER


def _quoted(text: str) -> str:
    """A cell as CSV writes it: in quotes where it needs them."""
    if "," in text or '"' in text or "\n" in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def texts(values: Sequence[str | None]) -> Array:
    """One cell for each text."""
    cells = [_quoted(value or "").encode() for value in values]
    width = max(map(len, cells), default=1) or 1
    return np.array(cells, dtype=f"S{width}").view(np.uint8).reshape(len(cells), width)


def plain(cells: Array) -> str:
    """All cells one after the other, as one text."""
    return cells.tobytes().translate(None, b"\0").decode()


# ---------------------------------------------------------------- from tables


def _in_words(cells: Array) -> Array:
    """The same cells, 1, 2, 4 … 32 bytes wide: NumPy copies those several times faster."""
    rows, width = cells.shape
    room = 1 << (width - 1).bit_length() if width <= 32 else width
    wide = np.zeros((rows, room), dtype=np.uint8)
    wide[:, room - width :] = cells
    return wide


@cache
def _table(values: tuple[str | None, ...]) -> Array:
    return _in_words(texts([*values, None]))


def table(values: Sequence[str | None]) -> Array:
    """Texts to `pick` from, with a missing one behind them; built once for equal texts."""
    return _table(tuple(values))


def pick(source: Sequence[str | None] | Array, positions: Array) -> Array:
    """Cells of a table by position; -1 gives a missing one. An array must come from `table`."""
    rows = source if isinstance(source, np.ndarray) else table(source)
    picked: Array = rows.take(positions, axis=0, mode="wrap")
    return picked


def flags(values: Array) -> Array:
    """'true' or 'false'."""
    return pick(("false", "true"), values.astype(np.intp))


@cache
def _item(width: int) -> np.dtype[np.void]:
    return np.dtype((np.void, width))


def items(cells: Array) -> Array:
    """The same cells as one item each: they are copied in one go, and not byte by byte."""
    return cells.view(_item(cells.shape[1]))


def where(mask: Array, cells: Array) -> Array:
    """The cells, missing where the mask is false."""
    return cells * mask.astype(np.uint8)[:, None]


def join(*parts: str | Array) -> Array:
    """Cells that consist of several parts: cells, or text that is the same in all rows."""
    rows = next(len(part) for part in parts if not isinstance(part, str))
    arrays = [
        _in_words(np.frombuffer(part.encode(), np.uint8)[None]) if isinstance(part, str) else part
        for part in parts
    ]
    ends = list(accumulate(part.shape[1] for part in arrays))
    cells = np.empty((rows, ends[-1]), dtype=np.uint8)
    for part, end in zip(arrays, ends, strict=True):
        items(cells[:, end - part.shape[1] : end])[:] = items(part)
    return cells


# ---------------------------------------------------------------- numbers


def _four_digits() -> Array:
    """Text of 0 … 9999 in words of four bytes: zeros in front; none; none, and empty for zero."""
    value = np.arange(10_000)[:, None]
    digits = (value // [1000, 100, 10, 1] % 10 + ord("0")).astype(np.uint8)
    short = np.where(value < [1000, 100, 10, 0], 0, digits)
    leading = np.where(value < [1000, 100, 10, 1], 0, digits)
    none = np.zeros((1, 4), dtype=np.uint8)
    words = np.concatenate([digits, short, leading, none]).astype(np.uint8)
    return words.view(np.uint32).ravel()


_WORDS = _four_digits()
_SHORT, _LEADING, _NONE = 10_000, 20_000, 30_000


def _groups(top: int) -> int:
    """Words that numbers up to `top` take."""
    return (len(str(top)) + 3) // 4


def _write(words: Array, values: Array, top: int, absent: Array | None) -> None:
    """Write whole numbers up to `top` into the columns of `words`; none where they are absent."""
    groups = words.shape[1]
    kind = np.int32 if top < 2**31 else np.int64
    rest: Array = (values if absent is None else np.where(absent, 0, values)).astype(kind)
    for group in range(groups - 1, 0, -1):
        higher = rest // 10_000
        at = rest - higher * 10_000
        at += (higher == 0) * kind(_SHORT if group == groups - 1 else _LEADING)
        if group == groups - 1 and absent is not None:
            np.copyto(at, _NONE, where=absent)
        words[:, group] = _WORDS.take(at)
        rest = higher
    rest = rest + kind(_SHORT if groups == 1 else _LEADING)
    if groups == 1 and absent is not None:
        np.copyto(rest, _NONE, where=absent)
    words[:, 0] = _WORDS.take(rest)


def whole(values: Array, missing: Array | None = None) -> Array:
    """Whole numbers; what is below 0 is missing."""
    absent = values < 0 if values.min(initial=0) < 0 else None
    if missing is not None:
        absent = missing if absent is None else absent | missing
    top = int(values.max(initial=0))
    words = np.empty((len(values), _groups(top)), dtype=np.uint32)
    _write(words, values, top, absent)
    return words.view(np.uint8)


def padded(values: Array, width: int) -> Array:
    """Whole numbers with leading zeros, `width` of at most four digits; below 0 is missing."""
    words = _WORDS.take(np.where(values < 0, _NONE, values))
    return words.view(np.uint8).reshape(-1, 4)[:, 4 - width :]


@cache
def _fractions(digits: int) -> Array:
    """'.00' … '.99' (or with none to three digits) in words of four bytes."""
    cells = [f".{n:0{digits}d}"[: digits + 1].rjust(4, "\0") for n in range(10**digits)]
    return table(cells).view(np.uint32)


def decimals(units: Array, digits: int, missing: Array | None = None) -> Array:
    """Decimal text of whole units of 10^-digits (at most seven), exact: no float takes part."""
    one = 10**digits
    size = np.abs(units)
    front = size // one
    rest = size - front * one
    top = int(front.max(initial=0))
    signed, groups = bool(units.min(initial=0) < 0), _groups(top)
    words = np.empty((len(units), signed + groups + 1 + (digits > 3)), dtype=np.uint32)
    if signed:
        words[:, 0] = (units < 0) * np.uint32(ord("-"))
    _write(words[:, signed : signed + groups], front, top, None)
    if digits > 3:
        high = rest // 10_000
        words[:, -1] = _WORDS.take(rest - high * 10_000)
        rest, digits = high, digits - 4
    words[:, signed + groups] = _fractions(digits).take(rest)
    cells = words.view(np.uint8)
    return cells if missing is None else where(~missing, cells)


def money(cents: Array, missing: Array | None = None) -> Array:
    """'-12.50' from whole cents."""
    return decimals(cents, 2, missing)


def number(values: Array, digits: int, missing: Array | None = None) -> Array:
    """Decimal text with a fixed number of digits after the point."""
    # through whole numbers: the text of a float could depend on the platform
    known = values if missing is None else np.where(missing, 0, values)
    return decimals(np.rint(known * 10**digits).astype(np.int64), digits, missing)


# ---------------------------------------------------------------- times

_FIRST_DAY = -40_000  # in 1860


@cache
def _days() -> Array:
    """'YYYY-MM-DD ' of every day from 1860 to 2038."""
    days = np.arange(_FIRST_DAY, NEVER // DAY + 1).astype("datetime64[D]")
    cells = np.full((len(days), 11), ord(" "), dtype=np.uint8)
    cells[:, :10] = np.datetime_as_string(days).astype("S10").view(np.uint8).reshape(-1, 10)
    return _in_words(cells)


@cache
def _seconds() -> Array:
    """'HH:MM:SS' of every second of a day, in words of eight bytes."""
    second = np.arange(DAY)[:, None]
    digits = second // [36_000, 3_600, 600, 60, 10, 1] % [10, 10, 6, 10, 6, 10] + ord("0")
    cells = np.full((DAY, 8), ord(":"), dtype=np.uint8)
    cells[:, [0, 1, 3, 4, 6, 7]] = digits
    return cells.view(np.uint64).ravel()


def dates(days: Array, missing: Array | None = None) -> Array:
    """'YYYY-MM-DD' from day numbers, from 1860 to 2038."""
    known = days if missing is None else np.where(missing, 0, days)
    cells: Array = np.take(_days(), known - _FIRST_DAY, axis=0)[:, :-1]
    return cells if missing is None else where(~missing, cells)


def stamps(seconds: Array, missing: Array | None = None) -> Array:
    """'YYYY-MM-DD HH:MM:SS' from seconds since 1970, up to 2038."""
    known = seconds if missing is None else np.where(missing, 0, seconds)
    days = known // DAY
    clock = np.take(_seconds(), known - days * DAY).view(np.uint8).reshape(-1, 8)
    cells = join(np.take(_days(), days - _FIRST_DAY, axis=0), clock)
    return cells if missing is None else where(~missing, cells)

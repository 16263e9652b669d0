"""Structures of arrays: the whole simulated bank is kept in columns, never in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Columns:
    """Named NumPy arrays of equal length, as attributes."""

    __slots__ = ("__dict__", "_room")  # the columns; arrays of which they are the beginning

    def __init__(self, **columns: Array) -> None:
        self.__dict__.update(columns)
        self._room: dict[str, Array] = {}

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Array: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def __len__(self) -> int:
        return len(next(iter(self.__dict__.values()))) if self.__dict__ else 0

    @property
    def names(self) -> list[str]:
        """Column names in the order in which they were given."""
        return list(self.__dict__)

    def append(self, other: Columns) -> None:
        """Add the rows of `other`, which must have the same columns."""
        old, new = len(self), len(self) + len(other)
        if new == old:
            return
        for name, column in self.__dict__.items():
            more = other.__dict__[name]
            room = self._room.get(name)
            if room is None or column.base is not room or len(room) < new:
                # some room beyond the end, so that most additions copy nothing
                room = np.empty(new + new // 4, dtype=np.result_type(column, more))
                room[:old] = column
                self._room[name] = room
            room[old:new] = more
            self.__dict__[name] = room[:new]

    def take(self, rows: Array | slice) -> Columns:
        """The rows at the given positions, or where the given mask is true."""
        if isinstance(rows, np.ndarray) and rows.dtype == bool:
            rows = np.flatnonzero(rows)  # once, and not in each column
        if isinstance(rows, slice):
            return Columns(**{name: column[rows] for name, column in self.__dict__.items()})
        return Columns(**{name: column.take(rows) for name, column in self.__dict__.items()})

    @staticmethod
    def concat(parts: list[Columns], order: Array | None = None) -> Columns:
        """All rows of several parts with equal columns, in the given order."""
        whole = {}
        for name in parts[0].names:
            column = np.concatenate([part.__dict__[name] for part in parts])
            whole[name] = column if order is None else column.take(order)
        return Columns(**whole)


def key(major: Array, minor: Array) -> Array:
    """Two numbers below 2^31 as one that sorts by the first, then the second."""
    return (major.astype(np.int64) << 32) | minor


MINOR = 2**32 - 1  # bits of the second number in a key


def order_of(values: Array) -> Array:
    """As a stable argsort of numbers below 2^31, in a fraction of its time."""
    return np.sort(key(values, np.arange(len(values)))) & MINOR

"""Structures of arrays: the whole simulated bank is kept in columns, never in rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Columns:
    """Named NumPy arrays of equal length, with attribute access and `append`."""

    def __init__(self, **columns: Array) -> None:
        self.__dict__["_columns"] = dict(columns)

    def __getattr__(self, name: str) -> Array:
        try:
            column: Array = self.__dict__["_columns"][name]
        except KeyError:
            raise AttributeError(name) from None
        return column

    def __setattr__(self, name: str, column: Array) -> None:
        self._all[name] = column

    def __len__(self) -> int:
        return len(next(iter(self._all.values()))) if self._all else 0

    @property
    def _all(self) -> dict[str, Array]:
        columns: dict[str, Array] = self.__dict__["_columns"]
        return columns

    @property
    def names(self) -> list[str]:
        """Column names in the order in which they were given."""
        return list(self._all)

    def append(self, other: Columns) -> None:
        """Add the rows of `other`, which must have the same columns."""
        if len(other) == 0:
            return
        for name, column in self._all.items():
            self._all[name] = np.concatenate([column, getattr(other, name)])

    def take(self, rows: Array) -> Columns:
        """The rows at the given positions, or where the given mask is true."""
        return Columns(**{name: column[rows] for name, column in self._all.items()})

    @staticmethod
    def concat(parts: list[Columns]) -> Columns:
        """All rows of several parts with equal columns."""
        names = parts[0].names
        return Columns(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})

"""Lines of a CSV file as one array of bytes: each column has a place, NUL fills what is left of it.

Cells come from `text`; the bytes of the file are what remains without the NULs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
import polars as pl

from generator import text
from generator.columns import Array, Columns

PIECE = 4_000  # lines that are written at once: what stays in the processor's cache
DRAFTED = 16_000  # lines that are made at once: long steps, and yet memory stays flat


class Layout:
    """Names and widths (in bytes) of the columns of a line."""

    def __init__(self, widths: dict[str, int]) -> None:
        self.widths = widths
        ends = accumulate(width + 1 for width in widths.values())
        self.places = {
            name: slice(end - 1 - width, end - 1)
            for (name, width), end in zip(widths.items(), ends, strict=True)
        }

    @cached_property
    def empty_line(self) -> Array:
        """A line without any text: separators only."""
        line = np.zeros(sum(self.widths.values()) + len(self.widths), dtype=np.uint8)
        for place in self.places.values():
            line[place.stop] = ord(",")
        line[-1] = ord("\n")
        return line

    def wider(self, widths: dict[str, int]) -> Layout:
        """A layout with room for these widths, too."""
        return Layout({name: max(w, widths.get(name, 0)) for name, w in self.widths.items()})


class Sheet:
    """Some lines."""

    def __init__(self, layout: Layout, cells: Array) -> None:
        self.layout = layout
        self.cells = cells  # shape (lines, bytes of a line)

    @classmethod
    def empty(cls, layout: Layout, lines: int) -> Sheet:
        """Lines without any text."""
        cells = np.empty((lines, len(layout.empty_line)), dtype=np.uint8)
        cells[:] = layout.empty_line
        return cls(layout, cells)

    @classmethod
    def of(cls, columns: dict[str, Array]) -> Sheet:
        """Lines from the cells of all columns."""
        layout = Layout({name: cells.shape[1] for name, cells in columns.items()})
        sheet = cls.empty(layout, len(next(iter(columns.values()))))
        for name, cells in columns.items():
            sheet.put(name, cells)
        return sheet

    @classmethod
    def concat(cls, parts: Sequence[Sheet]) -> Sheet:
        """The lines of several parts with the same columns."""
        layout = parts[0].layout
        for part in parts[1:]:
            layout = layout.wider(part.layout.widths)
        return cls(layout, np.concatenate([part.within(layout).cells for part in parts]))

    def within(self, layout: Layout) -> Sheet:
        """The same lines in a layout that is as wide or wider."""
        if layout.widths == self.layout.widths:
            return self
        sheet = Sheet.empty(layout, len(self))
        for name in self.columns:
            sheet.put(name, self.column(name))
        return sheet

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.layout.widths)

    def column(self, name: str) -> Array:
        """The cells of a column, to read and to change."""
        return self.cells[:, self.layout.places[name]]

    def strings(self, name: str) -> list[str]:
        """The texts of a column."""
        cells = np.full((len(self), self.layout.widths[name] + 1), ord("\n"), dtype=np.uint8)
        cells[:, :-1] = self.column(name)
        return text.plain(cells).split("\n")[:-1]

    def take(self, rows: Array) -> Sheet:
        """A copy of the lines at the given positions, or where the given mask is true."""
        return Sheet(self.layout, self.cells[rows])

    def put(self, name: str, cells: Array, rows: Array | slice = slice(None)) -> None:
        """Write cells so that they end where the column ends.

        Cells with separators in them reach into the columns before (see `band`).
        """
        end, width = self.layout.places[name].stop, cells.shape[1]
        text.items(self.cells[:, end - width : end])[rows] = text.items(cells)

    def write(self, name: str, rows: Array, values: Sequence[str | None]) -> None:
        """Replace the texts of some cells; a single text is written to all of them."""
        cells = text.texts(values)
        if cells.shape[1] > self.layout.widths[name]:
            wide = self.within(self.layout.wider({name: cells.shape[1]}))
            self.layout, self.cells = wide.layout, wide.cells
        self.column(name)[rows] = 0
        self.put(name, cells, rows)

    def rewrite(self, name: str, rows: Array, change: Callable[[str], str | None]) -> None:
        """Replace the texts of some cells; empty ones stay empty."""
        old = self.take(rows).strings(name)
        self.write(name, rows, [change(value) if value else None for value in old])

    def blank(self, rows: Array, *names: str) -> None:
        """Remove the text of some cells."""
        for name in names:
            self.column(name)[rows] = 0

    @property
    def header(self) -> bytes:
        """The first line of the file."""
        return ",".join(self.columns).encode() + b"\n"

    def csv(self) -> Iterator[memoryview]:
        """The bytes of the file, some thousand lines at a time."""
        for start in range(0, len(self), PIECE):
            cells = pl.Series(self.cells[start : start + PIECE].reshape(-1))
            # ten times as fast as bytes.translate, and other threads go on meanwhile
            yield cells.filter(cells != 0).to_numpy().data


class Draft:
    """Many lines, of which there are only figures: some become text, or all, when needed.

    A line takes much more memory than its figures: a large month is never held as lines.
    """

    def __init__(self, rows: Columns, render: Callable[[Columns], Sheet]) -> None:
        self.rows = rows
        self.render = render

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: Array | slice) -> Sheet:
        """The lines of some rows."""
        return self.render(self.rows.take(rows))

    def all(self) -> Iterator[Sheet]:
        """All lines, some thousand at a time."""
        for start in range(0, len(self), DRAFTED):
            yield self.take(slice(start, start + DRAFTED))


def band(layout: Layout, columns: dict[str, Sequence[str | None]]) -> Array:
    """Texts of neighbouring columns at their places, to `text.pick` from in one go."""
    lines = Sheet.of({name: text.texts(values) for name, values in columns.items()})
    place = Layout({name: layout.widths[name] for name in columns})
    return np.ascontiguousarray(lines.within(place).cells[:, :-1])

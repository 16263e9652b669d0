"""One random generator per (seed, subject, period): results never depend on the order of calls."""

from __future__ import annotations

import zlib

import numpy as np

from generator.columns import Array

MANY = 1_000  # weights, or draws


def random_for(seed: int, subject: str, period: int = 0) -> np.random.Generator:
    """A generator of its own for a subject (such as 'purchases') in a period (day number)."""
    # crc32 and not hash(): hash() of a text differs from process to process
    key = (zlib.crc32(subject.encode()), period)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def choose(rng: np.random.Generator, weights: Array, size: int) -> Array:
    """`size` positions drawn with replacement, in proportion to `weights`."""
    return chosen(weights, rng.random(size))


def chosen(weights: Array, draw: Array) -> Array:
    """The positions that draws from [0, 1) choose, in proportion to `weights`."""
    cumulative = np.cumsum(weights, dtype=np.float64)
    sought = draw * cumulative[-1]
    if len(sought) < MANY:
        found = np.searchsorted(cumulative, sought, side="right")
    elif len(cumulative) < MANY:
        found = places(cumulative[None], np.zeros(len(sought), dtype=np.intp), sought)
    else:  # neighbours are found at neighbouring places: sorting costs less than it saves
        order = np.argsort(sought)
        found = np.empty(len(sought), dtype=np.int64)
        found[order] = np.searchsorted(cumulative, sought[order], side="right")
    positions: Array = np.minimum(found, len(cumulative) - 1)
    return positions


def places(cumulative: Array, row: Array, sought: Array) -> Array:
    """How many sums of the row are not above what is sought in it; shape of `sought`.

    `cumulative`: one or several rows of ascending sums, shape (rows, sums); what a row does not
    use is infinite. `sought`: from 0 to the row's last finite sum, or a rounding error above it.

    `np.searchsorted` one by one, in a third of its time: a table says where to begin to look
    (indexed search: Chen and Asau, "On Generating Random Variates from an Empirical
    Distribution", AIIE Transactions 6, 1974).
    """
    rows, sums = cumulative.shape
    cells = 4 * sums
    top = cumulative.max(axis=1, where=np.isfinite(cumulative), initial=0)
    # a little early, so that no rounding begins too late
    starts = np.arange(cells + 1) * (1 - 1e-12) / cells
    begin = np.concatenate(
        [np.searchsorted(cumulative[r], starts * top[r], side="right") for r in range(rows)]
    )
    ends = np.pad(cumulative, ((0, 0), (0, 1)), constant_values=np.inf).ravel()
    scale = cells / np.where(top > 0, top, 1)
    at: Array = begin.take(row * (cells + 1) + (sought * scale[row]).astype(np.intp))
    base = row * (sums + 1)
    further = np.flatnonzero(ends.take(base + at) <= sought)
    while len(further):
        at[further] += 1
        beyond = ends.take(base.take(further) + at.take(further)) <= sought.take(further)
        further = further[beyond]
    return at

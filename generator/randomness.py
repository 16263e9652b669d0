"""One random generator per (seed, subject, period): results never depend on the order of calls."""

from __future__ import annotations

import zlib

import numpy as np

from generator.columns import Array

MANY = 1_000  # weights


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
    if len(cumulative) < MANY:
        found = np.searchsorted(cumulative, sought, side="right")
    else:  # neighbours are found at neighbouring places: sorting costs less than it saves
        order = np.argsort(sought)
        found = np.empty(len(sought), dtype=np.int64)
        found[order] = np.searchsorted(cumulative, sought[order], side="right")
    positions: Array = np.minimum(found, len(cumulative) - 1)
    return positions

"""The one kind of error a user is meant to read."""

from __future__ import annotations


class WarehouseError(Exception):
    """A user's mistake or an unusable environment, in one sentence: what, where, what to do."""

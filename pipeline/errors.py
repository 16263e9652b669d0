"""Failures that pass by themselves, apart from those that somebody has to look at."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg

from warehouse.db import ConnectionLost, is_transient
from warehouse.errors import WarehouseError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TryLaterError(WarehouseError):
    """Nothing is wrong with the data or the project: the same command may work later."""


def passes_by_itself(error: BaseException) -> bool:
    """True if the error, or what caused it, is a busy or lost server, or a disk without room."""
    return any(
        isinstance(one, TryLaterError | ConnectionLost)
        or (isinstance(one, psycopg.OperationalError) and is_transient(one))
        or (isinstance(one, OSError) and one.errno in _FULL)
        for one in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

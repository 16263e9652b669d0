"""How often a user may ask: a bucket of tokens that fills steadily."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from api.problems import Problem

MOST_USERS = 10_000


class RateLimit:
    """``per_minute`` requests a minute for each user, all at once or spread; 0 for no limit."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        # user: (tokens left, when that was); the users who asked last are at the end
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def take(self, user: int) -> None:
        """Count one request.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        if not self._per_minute:
            return
        now = self._clock()
        rate = self._per_minute / 60
        left, before = self._buckets.pop(user, (float(self._per_minute), now))
        left = min(left + (now - before) * rate, self._per_minute)
        self._buckets[user] = (max(left - 1, 0) if left >= 1 else left, now)
        if len(self._buckets) > MOST_USERS:
            self._buckets.popitem(last=False)
        if left < 1:
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"More than {self._per_minute} requests a minute.",
                {"Retry-After": str(math.ceil((1 - left) / rate))},
            )

"""Where a page ended: an opaque text that only this API can make, for one user and one question."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from api.problems import Problem
from api.queries import missing


class Positions:
    """Signs and checks positions with a key made of the API's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"positions of pages:" + secret.encode()).digest()

    def write(self, question: str, values: list[Any]) -> str:
        """A text for ``values``, good for ``question`` only."""
        body = json.dumps(values, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._sign(question, body) + body).decode().rstrip("=")

    def read(self, question: str, text: str) -> list[Any]:
        """The values of a text that `write` made for this question.

        Raises:
            Problem: 404 if it was made for another one, or by somebody else.
        """
        try:
            content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise _unknown() from None
        signature, body = content[:16], content[16:]
        if not hmac.compare_digest(signature, self._sign(question, body)):
            raise _unknown()
        values: list[Any] = json.loads(body)
        return values

    def _sign(self, question: str, body: bytes) -> bytes:
        message = hashlib.sha256(question.encode()).digest() + body
        return hmac.digest(self._key, message, "sha256")[:16]


def _unknown() -> Problem:
    return missing("The cursor does not belong to this query: begin at the first page.")

"""Who asks: the bearer token's user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import jwt
from starlette.concurrency import run_in_threadpool

from api.problems import Problem
from api.settings import ApiSettings

# With keys of a key set only what is asymmetric: a public key must never pass as a shared secret.
SHARED = ["HS256"]
ASYMMETRIC = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
REQUIRED = ["exp", "aud", "iss", "sub"]
LARGEST_USER = 2**63 - 1
LEEWAY = 5
REFRESH = "refresh"


@dataclass(frozen=True)
class Caller:
    """A user whose token was good; `scopes` is what they may do besides reading."""

    user: int
    scopes: frozenset[str]


class Tokens:
    """Checks tokens and, with a secret of its own, issues them."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._keys = (
            jwt.PyJWKClient(settings.jwks_url, cache_keys=True, timeout=5)
            if settings.jwks_url
            else None
        )
        self._secret = None if self._keys else settings.signing_secret()

    def issue(self, user: int, valid_for: timedelta, scopes: list[str]) -> str:
        """A token for ``user``, signed with the secret.

        Raises:
            ValueError: the tokens of this API are issued elsewhere.
        """
        if self._secret is None:
            raise ValueError("With API_JWKS_URL tokens are issued by whoever owns those keys.")
        now = datetime.now(UTC)
        claims = {
            "sub": str(user),
            "aud": self._settings.jwt_audience,
            "iss": self._settings.jwt_issuer,
            "iat": now,
            "exp": now + valid_for,
            "scope": " ".join(scopes),
        }
        return jwt.encode(claims, self._secret, algorithm=SHARED[0])

    async def check(self, token: str) -> Caller:
        """The user the token speaks of.

        Raises:
            Problem: 401, whatever is wrong with it; 503 if the key set cannot be had.
        """
        try:
            if self._secret is not None:
                claims = self._decode(token, self._secret, SHARED)
            else:
                claims = await run_in_threadpool(self._decode_by_key_set, token)
        except jwt.PyJWKClientConnectionError:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "The keys of the tokens cannot be fetched."
            ) from None
        except jwt.ExpiredSignatureError:
            raise refused("The token has expired.") from None
        except jwt.PyJWTError:
            raise refused("The token is not valid here.") from None
        user = str(claims["sub"])
        digits = user.isascii() and user.isdecimal() and len(user) < 20
        if not (digits and 0 < int(user) <= LARGEST_USER):
            raise refused("The token names no user of this warehouse.")
        scope = claims.get("scope")
        return Caller(int(user), frozenset(scope.split() if isinstance(scope, str) else ()))

    def _decode_by_key_set(self, token: str) -> dict[str, Any]:
        assert self._keys is not None
        return self._decode(token, self._keys.get_signing_key_from_jwt(token).key, ASYMMETRIC)

    def _decode(self, token: str, key: Any, algorithms: list[str]) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=self._settings.jwt_audience,
            issuer=self._settings.jwt_issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
        return claims


def refused(detail: str) -> Problem:
    """401 with what the client needs to know."""
    return Problem(
        HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    )

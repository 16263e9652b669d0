"""Who gets in, and how often."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from api.auth import Tokens
from api.limits import RateLimit
from api.main import PREFIX
from api.problems import Problem
from api.settings import ApiSettings
from tests.python.api.conftest import Asker
from warehouse.errors import WarehouseError

OTHER_SECRET = "another secret of more than thirty-two characters"


def claims(**changes: Any) -> dict[str, Any]:
    """Claims that are good, with changes; None leaves one out."""
    good = {
        "sub": "5",
        "aud": "financial-analytics",
        "iss": "financial-analytics",
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def status(client: TestClient, token: str) -> int:
    """What the API says to a token."""
    answer = client.get(f"{PREFIX}/datasets", headers={"Authorization": f"Bearer {token}"})
    if answer.status_code == 401:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert token not in answer.text
    return answer.status_code


BAD = {
    "expired": {"exp": datetime(2024, 1, 1, tzinfo=UTC)},
    "never expires": {"exp": None},
    "for another audience": {"aud": "another"},
    "for no audience": {"aud": None},
    "of another issuer": {"iss": "another"},
    "of no issuer": {"iss": None},
    "of nobody": {"sub": None},
    "of an empty user": {"sub": ""},
    "of a user that is no number": {"sub": "5 or 1=1"},
    "of user 0": {"sub": "0"},
    "of a negative user": {"sub": "-5"},
    "of a user out of range": {"sub": "9223372036854775808"},
    "of a user in other digits": {"sub": "\u0665"},
    "not yet valid": {"nbf": datetime(2999, 1, 1, tzinfo=UTC)},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_bad_claims(client: TestClient, settings: ApiSettings, changes: dict[str, Any]) -> None:
    secret = settings.signing_secret()
    assert status(client, jwt.encode(claims(), secret, "HS256")) == 200
    assert status(client, jwt.encode(claims(**changes), secret, "HS256")) == 401


def test_forged(client: TestClient, settings: ApiSettings) -> None:
    secret = settings.signing_secret()
    good = jwt.encode(claims(), secret, "HS256")
    head, body, signature = good.split(".")
    other = jwt.encode(claims(sub="6"), secret, "HS256").split(".")[1]
    for token in (
        jwt.encode(claims(), OTHER_SECRET, "HS256"),
        jwt.encode(claims(), secret, "HS512"),
        jwt.encode(claims(), None, "none"),
        jwt.encode(claims(), None, "none") + signature,
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        "x",
        "..",
    ):
        assert status(client, token) == 401
    for header in ("", "Bearer", f"Basic {good}", good):
        answer = client.get(f"{PREFIX}/datasets", headers={"Authorization": header})
        assert answer.status_code == 401


@pytest.fixture()
def key_set() -> Any:
    """An RSA key, and the address of a key set with its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    document = json.dumps({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield key, public, f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    server.server_close()


def test_key_set(key_set: Any, tmp_path: Path) -> None:
    key, public, address = key_set
    tokens = Tokens(ApiSettings(home=tmp_path, jwks_url=address))
    good = jwt.encode(claims(), key, "RS256", {"kid": "one"})
    assert asyncio.run(tokens.check(good)).user == 5
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for token in (
        jwt.encode(claims(), stranger, "RS256", {"kid": "one"}),
        jwt.encode(claims(), key, "RS256", {"kid": "two"}),
        # the public key, which everybody knows, as a shared secret
        jwt.encode(claims(), public["n"], "HS256", {"kid": "one"}),
        jwt.encode(claims(), None, "none", {"kid": "one"}),
        jwt.encode(claims(exp=datetime(2024, 1, 1, tzinfo=UTC)), key, "RS256", {"kid": "one"}),
    ):
        with pytest.raises(Problem) as caught:
            asyncio.run(tokens.check(token))
        assert caught.value.status == 401
    with pytest.raises(ValueError, match="API_JWKS_URL"):
        tokens.issue(5, timedelta(hours=1), [])


def test_key_set_that_is_away(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens = Tokens(ApiSettings(home=tmp_path, jwks_url="http://127.0.0.1:1/keys"))
    with pytest.raises(Problem) as caught:
        asyncio.run(tokens.check(jwt.encode(claims(), key, "RS256", {"kid": "one"})))
    assert caught.value.status == 503


def test_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = ApiSettings(home=tmp_path / "home")
    secret = settings.signing_secret()
    assert len(secret) >= 48
    assert ApiSettings(home=tmp_path / "home").signing_secret() == secret
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "home" / "jwt_secret").stat().st_mode & 0o777 == 0o600
    assert secret not in repr(settings)


def test_unusable_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_JWT_SECRET", "short")
    with pytest.raises(WarehouseError, match="API_JWT_SECRET") as caught:
        ApiSettings.load()
    assert "short" not in str(caught.value).replace("shorter", "")


def test_scope(ask: Callable[..., Asker], users: tuple[int, int]) -> None:
    """Who may read may not have the warehouse rebuilt for that."""
    answer = ask(users[0], scopes=[]).post("/refresh")
    assert answer.status_code == 403
    assert ask(users[0], scopes=[]).get("/datasets").status_code == 200


def test_rate_limit() -> None:
    """A minute's requests at once, then one whenever its time has come; each user by themselves."""
    now = 0.0
    limit = RateLimit(3, lambda: now)
    for _ in range(3):
        limit.take(1)
    with pytest.raises(Problem) as caught:
        limit.take(1)
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "20"
    limit.take(2)
    now = 19.9
    with pytest.raises(Problem):
        limit.take(1)
    now = 20.1
    limit.take(1)
    with pytest.raises(Problem):
        limit.take(1)
    now = 10_000.0
    for _ in range(3):
        limit.take(1)
    with pytest.raises(Problem):
        limit.take(1)


def test_no_rate_limit() -> None:
    limit = RateLimit(0, time.monotonic)
    for _ in range(100):
        limit.take(1)

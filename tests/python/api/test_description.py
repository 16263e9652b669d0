"""The OpenAPI description: schemathesis finds no answer that it does not describe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx

from tests.python.api.conftest import Served


def test_answers_are_as_described(served: Served, tmp_path: Path) -> None:
    """Examples, limits of every parameter, random values good and bad: no crash, no surprise."""
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{served.address}/openapi.json",
            "--header", f"Authorization: Bearer {served.token(5)}",
            "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1",
            "--no-color", "--continue-on-failure",
        ],
        cwd=tmp_path, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_examples_everywhere(served: Served) -> None:
    document = httpx.get(f"{served.address}/openapi.json").json()
    assert "HTTPValidationError" not in str(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (path, method)
            assert operation["description"], (path, method)
            if "/analytics" in path and not path.endswith("/status"):
                assert operation["security"], (path, method)
                assert "401" in operation["responses"], (path, method)

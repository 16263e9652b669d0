"""The curl examples of the README run as printed, and the page of the description shows."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from analytics_viz.export import find_browser
from api.refresh import Refresh
from tests.kit import ROOT
from tests.python.api.conftest import Served


def printed() -> str:
    """The shell examples of the README's section on the API."""
    section = (ROOT / "README.md").read_text().partition("\n## The API\n")[2].partition("\n## ")[0]
    found = re.findall(r"```bash\n(.*?)```", section, re.S)
    assert len(found) == 1
    return str(found[0])


def test_examples_of_the_readme(served: Served) -> None:
    """Each prints JSON and succeeds; only the address is the test's own."""
    script = printed()
    assert script.count("curl ") >= 10
    assert "http://localhost:8000" in script
    served.refresher.run = Refresh(state="never")
    checked = "set -euo pipefail\ncurl() { command curl --fail-with-body -w '\\n' \"$@\"; }\n"
    done = subprocess.run(
        ["bash", "-c", checked + script.replace("http://localhost:8000", served.address)],
        cwd=ROOT, text=True, capture_output=True, check=False,
        env=os.environ | {"API_HOME": str(served.settings.home), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    answers = done.stdout.splitlines()
    assert len(answers) == script.count("curl ")
    assert all(line.startswith("{") and line.endswith("}") for line in answers)
    rows = [line for line in answers if '"count":' in line]
    assert len(rows) == 5
    assert not any('"count":0' in line for line in rows), [line[:80] for line in rows]


def test_page_of_the_description(served: Served, tmp_path: Path) -> None:
    """Swagger UI works without any other server."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        foreign: list[str] = []
        failures: list[str] = []
        page.on(
            "request",
            lambda one: foreign.append(one.url) if not one.url.startswith(served.address) else None,
        )
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(f"{served.address}/docs")
        page.get_by_text("Rows of a data set", exact=True).wait_for()
        assert page.locator(".opblock").count() >= 15
        page.screenshot(path=str(tmp_path / "docs.png"), full_page=True)
        browser.close()
    assert not [url for url in foreign if not url.startswith("data:")]
    assert not failures


@pytest.mark.parametrize("arguments", [["token", "--user", "x"], ["token", "--user", "0"], []])
def test_mistakes_on_the_command_line(arguments: list[str], located: object) -> None:
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "api", *arguments],
        cwd=ROOT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr

"""What schedulers are told to run is what the command takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from pipeline import cli
from tests.kit import ROOT

FILES = [
    *sorted((ROOT / "deploy").rglob("*.service")),
    ROOT / "deploy" / "crontab.example",
    ROOT / ".github" / "workflows" / "daily.yml",
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    found = re.findall(r"-m pipeline ([^|\n]*?)(?: 2>>.*)?(?: \|\|.*)?$", path.read_text(), re.M)
    assert found
    for line in found:
        shown = line.replace('${DAY:+--date "$DAY"}', "--date 2026-01-01")
        assert cli._parser().parse_args(shlex.split(shown)).command in ("day", "alert")


def test_secrets_are_named_and_not_written() -> None:
    path = ROOT / ".github" / "workflows" / "daily.yml"
    job = yaml.safe_load(path.read_text())["jobs"]["day"]
    assert job["env"]["DB_PASSWORD"] == "${{ secrets.DB_PASSWORD }}"
    # nothing from outside is pasted into a script
    assert not [step for step in job["steps"] if "${{" in step.get("run", "")]

"""Every report says in the lineage what it reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from analytics_viz.run_all_viz import find_scripts, load_report
from tests.kit import ROOT

READ = re.compile(r"\b(?:gold|dst)\.([a-z_]+)")
REPORTS = find_scripts()


@pytest.fixture(scope="module")
def exposures() -> dict[str, dict[str, Any]]:
    text = (ROOT / "models" / "gold" / "_exposures.yml").read_text()
    return {one["name"]: one for one in yaml.safe_load(text)["exposures"]}


def read_by(exposure: dict[str, Any]) -> set[str]:
    return {reference[len("ref('") : -len("')")] for reference in exposure["depends_on"]}


@pytest.mark.parametrize("script", REPORTS.values(), ids=REPORTS.keys())
def test_a_report_names_what_it_reads(script: Path, exposures: dict[str, dict[str, Any]]) -> None:
    report = load_report(script)
    statements = [one.query for one in (*report.charts, *report.kpis) if one.query]
    read = {name for statement in statements for name in READ.findall(statement)}
    exposure = exposures[f"report_{report.name}"]
    assert read_by(exposure) == read
    assert exposure["url"] == f"reports/{report.name}.html"

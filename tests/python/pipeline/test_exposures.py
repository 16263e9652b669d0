"""Reports, pages and endpoints say in the lineage what they read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from analytics_viz.run_all_viz import find_scripts, load_report
from api.catalog import read
from api.routes import convenience
from tests.kit import ROOT, Warehouse

READ = re.compile(r"\b(?:gold|dst)\.([a-z_]+)")
REPORTS = find_scripts()
# the modules of the dashboard's pages; data.py is what all of them share
PAGES = {
    path.stem: path for path in (ROOT / "dashboard").glob("*.py") if READ.search(path.read_text())
}
PAGES.pop("data")


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


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_it_reads(page: str, exposures: dict[str, dict[str, Any]]) -> None:
    assert read_by(exposures[f"dashboard_{page}"]) == set(READ.findall(PAGES[page].read_text()))


def test_endpoints_name_their_data_sets(
    demo_warehouse: Warehouse, exposures: dict[str, dict[str, Any]]
) -> None:
    served = read(demo_warehouse.home / "target" / "manifest.json").datasets
    assert read_by(exposures["api_datasets"]) == set(served)
    for name, dataset in (
        ("spending_by_tag", convenience.SPENDING_BY_TAG),
        ("monthly_trends", convenience.MONTHLY_TRENDS),
        ("balance_history", convenience.BALANCE_HISTORY),
    ):
        assert read_by(exposures[f"api_{name}"]) == {dataset}

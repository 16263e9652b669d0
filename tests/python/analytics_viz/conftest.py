"""The reports of the demo warehouse, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import Warehouse


@pytest.fixture(scope="session")
def reports(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `run_all_viz.py` wrote."""
    folder = tmp_path_factory.mktemp("reports")
    demo_warehouse.run(
        "python", "analytics_viz/run_all_viz.py", "--no-email", "--output-dir", str(folder)
    )
    return folder

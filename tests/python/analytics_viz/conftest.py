"""The reports of the demo warehouse, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import making
from tests.kit import Warehouse


@pytest.fixture(scope="session")
def reports(demo_warehouse: Warehouse, shared_folder: Path) -> Path:
    """The folder that `run_all_viz.py` wrote."""
    folder = shared_folder / "reports"
    with making(folder) as is_first:
        if is_first:
            demo_warehouse.run(
                "python", "analytics_viz/run_all_viz.py", "--no-email", "--output-dir", str(folder)
            )
    return folder

"""What the page on data quality shows: row accounting, freshness, and the last tests of dbt."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import data
from dashboard.metrics import Metric, metric, select_list
from warehouse.config import PROJECT_ROOT

SPANS = {14: "Last 14 batches", 60: "Last 60 batches", 100_000: "All batches"}
DEFAULT_SPAN = 14

_TABLES = """
with latest as (
    select batch_date
    from gold.row_accounting
    group by batch_date
    order by batch_date desc
    limit %(span)s
)
select source_table,
    {sums},
    count(*) filter (where not is_balanced) as unbalanced,
    max(batch_date) as latest_batch,
    max(loaded_at) as loaded_at
from gold.row_accounting
where batch_date in (select batch_date from latest)
group by source_table
order by source_table
"""
_BATCHES = """
select batch_date, {sums}
from gold.row_accounting
group by batch_date
order by batch_date desc
limit %(span)s
"""


def metrics() -> dict[str, Metric]:
    """The metrics of the page, in the order of its columns."""
    names = ("delivered_rows", "kept_rows", "duplicate_rows", "quarantined_rows", "quarantine_rate")
    return {name: metric(name) for name in names}


@st.cache_data(show_spinner=False, max_entries=16)
def load(span: int, builds: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Row accounting of the latest batches, by table and by batch."""
    del builds  # the key of the cache
    sums = data.literal(select_list(metrics().values()))
    tables = data.rows(data.literal(_TABLES).format(sums=sums), {"span": span})
    batches = data.rows(data.literal(_BATCHES).format(sums=sums), {"span": span})
    return tables, batches.sort_values("batch_date").reset_index(drop=True)


@dataclass(frozen=True)
class Tests:
    """What the last run of dbt on this machine said of its tests."""

    finished_at: dt.datetime
    command: str
    passed: int
    warned: list[str]
    failed: list[str]

    @property
    def number(self) -> int:
        """How many tests ran."""
        return self.passed + len(self.warned) + len(self.failed)


def results_file() -> Path:
    """Where dbt leaves the results of a run."""
    return Path(os.environ.get("DBT_TARGET_PATH") or PROJECT_ROOT / "target") / "run_results.json"


def last_tests(file: Path) -> Tests | None:
    """The results in a file of dbt; None if there is none, or no test has run."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        results = [
            (str(one["unique_id"]), str(one["status"]))
            for one in found["results"]
            if str(one["unique_id"]).startswith(("test.", "unit_test."))
        ]
        finished = dt.datetime.fromisoformat(found["metadata"]["generated_at"])
        command = str(found["args"].get("which", "dbt"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    ran = [(name, status) for name, status in results if status != "skipped"]
    if not ran:
        return None

    def named(*statuses: str) -> list[str]:
        return sorted(name.split(".")[2] for name, status in ran if status in statuses)

    return Tests(
        finished, command, len(named("pass", "success")), named("warn"), named("fail", "error")
    )

"""Data quality: is every row accounted for, are the data fresh, did the tests pass?"""

from __future__ import annotations

import datetime as dt

import streamlit as st

from analytics_viz import formats
from dashboard import charts, data, quality
from dashboard.views.parts import Card, download, header, side_by_side


def show(state: data.State) -> None:
    """Is every row accounted for, is the data fresh, did the tests pass?"""
    header("Data quality", state)
    spans = quality.SPANS
    span = st.segmented_control(
        "Batches", list(spans), format_func=spans.__getitem__, default=quality.DEFAULT_SPAN,
        required=True,
    )  # fmt: skip
    tables, batches = quality.load(span, state.builds)
    known = quality.metrics()
    sums = {part.name: tables[part.name].sum() for one in known.values() for part in one.parts}
    unbalanced = int(tables["unbalanced"].sum())
    tests = quality.last_tests(quality.results_file())
    age = (dt.datetime.now(dt.UTC) - state.loaded_at).total_seconds() / 3600
    cells = st.columns(4)
    rate = known["quarantine_rate"].of(sums)
    cells[0].metric(
        "Rows delivered", formats.count(sums["delivered_rows"]), border=True,
        delta="all accounted for" if not unbalanced else f"{unbalanced} tables do not add up",
        delta_color="off" if not unbalanced else "inverse", delta_arrow="off",
    )  # fmt: skip
    cells[1].metric(
        "In quarantine", formats.count(sums["quarantined_rows"]), border=True,
        delta=f"{formats.percent(100 * (rate or 0))} of all", delta_color="off", delta_arrow="off",
    )  # fmt: skip
    cells[2].metric(
        "Last loaded", _ago(age), border=True,
        delta=f"data as of {formats.day(state.as_of)}", delta_color="off", delta_arrow="off",
    )  # fmt: skip
    if tests is None:
        cells[3].metric(
            "Tests", "unknown", border=True, delta="no dbt run on this machine",
            delta_color="off", delta_arrow="off",
        )  # fmt: skip
    else:
        cells[3].metric(
            "Tests passed", f"{tests.passed} of {tests.number}", border=True,
            delta=f"dbt {tests.command}, {tests.finished_at:%-d %b, %H:%M} UTC",
            delta_color="off" if not tests.failed else "inverse", delta_arrow="off",
        )  # fmt: skip
        if tests.failed:
            st.error("Failed: " + ", ".join(tests.failed), icon=":material/error:")
    largest = tables.sort_values("quarantined_rows", ascending=False).iloc[0]
    finding = "No row is in quarantine"
    if int(largest["quarantined_rows"]):
        finding = (
            f"Most rows in quarantine are {largest['source_table']}"
            f" ({formats.count(largest['quarantined_rows'])})"
        )
    words = ("Quarantine", finding, "Rows in quarantine and duplicates, by batch.")
    side_by_side(("", [Card("quarantine", words, charts.deliveries(batches))]))
    st.subheader("Row accounting", anchor=False)
    st.caption("delivered = kept + duplicates + quarantined, per table of the batches above")
    shown = tables.rename(columns={"source_table": "table"})
    names = [name for name in known if name != "quarantine_rate"]
    listed = shown[["table", *names, "unbalanced", "latest_batch", "loaded_at"]]
    labels = {name: one.label for name, one in known.items()}
    st.dataframe(
        listed, hide_index=True, width="stretch", height=35 * (len(listed) + 1) + 3,
        column_config={
            **labels, "table": "Table", "unbalanced": "Batches that do not add up",
            "latest_batch": st.column_config.DateColumn("Latest batch"),
            "loaded_at": st.column_config.DatetimeColumn("Loaded (UTC)", format="YYYY-MM-DD HH:mm"),
        },
    )  # fmt: skip
    download(listed, f"row_accounting_{state.as_of}.csv")


def _ago(hours: float) -> str:
    if hours < 1:
        return "this hour"
    return f"{hours:.0f} h ago" if hours < 72 else f"{hours / 24:.0f} days ago"

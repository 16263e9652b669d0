"""Payments: revenue, failures and speed, over time and compared."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from analytics_viz import formats
from analytics_viz.data import Period
from dashboard import data, filters, payments
from dashboard.filters import ALL, DIMENSIONS, OWN, PRESETS, Choices, Filters
from dashboard.views.parts import (
    comparisons,
    download,
    header,
    key_figures,
    side_by_side,
    trends,
)


def show(state: data.State) -> None:
    """Revenue, failures and speed of payments."""
    header("Payments", state)
    choices = payments.choices(state, state.builds, state.as_of)
    chosen, wrong = _choose(choices)
    for sentence in wrong:
        st.warning(f"{sentence} The link's other filters are applied.", icon=":material/link_off:")
    shown = payments.load(chosen, choices, state.builds)
    if shown.by_channel.is_empty:
        st.info(
            f"No payments from {formats.days(chosen.period.start, chosen.period.end)} for this"
            " choice: widen it, or reset the filters.",
            icon=":material/filter_alt_off:",
        )
        return
    of = list(payments.metrics().values())
    by = DIMENSIONS[chosen.by]
    rows = [
        trends(of, shown.by_member, shown.split(), by),
        comparisons(of, shown.by_channel, "Channel", "payments", slots=4),
    ]
    if chosen.by != "channel":
        rows.append(comparisons(of, shown.by_member, by, "payments"))
    key_figures(of, shown.by_channel)
    side_by_side(*rows)
    table = shown.by_channel.table(payments.asked(), "channel")
    download(table, f"payments_{chosen.period.start}_{chosen.period.end}.csv")


def _choose(choices: Choices) -> tuple[Filters, list[str]]:
    """The filters in the sidebar; the address says them, too."""
    memory = st.session_state
    if "filters" not in memory:
        memory["filters"], memory["wrong"] = filters.read(st.query_params.to_dict(), choices)
    before: Filters = memory["filters"]
    with st.sidebar:
        st.header("Filters", anchor=False)
        preset = _select("preset", "Period", [*PRESETS, OWN], before.preset, _preset_name)
        period = before.period if preset == OWN else filters.preset_period(preset, choices)
        if preset != OWN or "f_dates" not in memory:
            memory["f_dates"] = (period.start, period.end)
        picked = st.date_input(
            "From, to", key="f_dates", min_value=choices.first_day, max_value=choices.as_of,
            disabled=preset != OWN, format="YYYY-MM-DD",
        )  # fmt: skip
        if preset == OWN and isinstance(picked, tuple) and len(picked) == 2:
            period = Period(*picked)
        region = _select("region", "Region", [ALL, *choices.regions()], before.region)
        state = _select("state", "State", [ALL, *choices.states(region)], before.state)
        city = _select("city", "City", [ALL, *choices.labels(region, state)], before.city)
        channel = _select("channel", "Channel", [ALL, *choices.channels], before.channel)
        segment = _select("segment", "Segment", [ALL, *choices.segments], before.segment)
        by = _select("by", "Compare by", list(DIMENSIONS), before.by, DIMENSIONS.__getitem__)
        st.button("Reset", on_click=_reset, width="stretch")
        st.caption("The address of this page is a link to what you see.")
    chosen = Filters(period, preset, region, state, city, channel, segment, by)
    if chosen != before:
        memory["wrong"] = []
    memory["filters"] = chosen
    if st.query_params.to_dict() != chosen.parameters():
        st.query_params.from_dict(chosen.parameters())
    return chosen, memory["wrong"]


def _select(
    name: str, label: str, options: list[str], before: str, text: Callable[[str], str] = str
) -> str:
    """One of the options; a choice that has become impossible is the first one again."""
    key = f"f_{name}"
    if st.session_state.setdefault(key, before) not in options:
        st.session_state[key] = options[0]
    return st.selectbox(label, options, key=key, format_func=text)


def _preset_name(preset: str) -> str:
    return PRESETS.get(preset, "Own dates")


def _reset() -> None:
    for name in [str(key) for key in st.session_state if str(key).startswith("f_")]:
        del st.session_state[name]
    st.session_state.pop("filters", None)
    st.query_params.clear()

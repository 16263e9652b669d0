"""Payments: revenue, failures and speed, over time and compared."""

from __future__ import annotations

import streamlit as st

from dashboard import data, filters, payments
from dashboard.filters import ALL, DIMENSIONS, Choices, Filters
from dashboard.views.parts import (
    comparisons,
    download,
    header,
    key_figures,
    nothing_found,
    say_wrong,
    side_by_side,
    trends,
)
from dashboard.views.sidebar import Sidebar


def show(state: data.State) -> None:
    """Revenue, failures and speed of payments."""
    header("Payments", state)
    choices = payments.choices(state, state.builds, state.as_of)
    chosen, wrong = _choose(choices)
    say_wrong(wrong)
    shown = payments.load(chosen, choices, state.builds)
    if shown.by_channel.is_empty:
        nothing_found("payments", chosen.period)
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
    with st.sidebar:
        st.header("Filters", anchor=False)
        bar = Sidebar("payments", lambda said: filters.read(said, choices))
        before = bar.before
        preset, period = bar.period(choices)
        region = bar.select("region", "Region", [ALL, *choices.regions()], before.region)
        state = bar.select("state", "State", [ALL, *choices.states(region)], before.state)
        city = bar.select("city", "City", [ALL, *choices.labels(region, state)], before.city)
        channel = bar.select("channel", "Channel", [ALL, *choices.channels], before.channel)
        segment = bar.select("segment", "Segment", [ALL, *choices.segments], before.segment)
        by = bar.select("by", "Compare by", list(DIMENSIONS), before.by, DIMENSIONS.__getitem__)
        chosen = Filters(period, preset, region, state, city, channel, segment, by)
        return chosen, bar.close(chosen)

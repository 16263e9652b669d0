"""Commerce: sales, orders and profit, over time and compared; visits and memberships."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analytics_viz import formats
from analytics_viz.data import Period
from dashboard import charts, commerce, data
from dashboard.commerce import DIMENSIONS, Basket, Choices
from dashboard.filters import ALL
from dashboard.views.parts import (
    Card,
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
    """What the marketplace sells and earns."""
    header("Commerce", state)
    choices = commerce.choices(state.builds, state.as_of)
    if choices is None:
        st.info("Nothing has been ordered on the marketplace yet.")
        return
    basket, wrong = _choose(choices)
    say_wrong(wrong)
    shown = commerce.load(basket, choices.first_day, state.builds)
    if shown.is_empty:
        nothing_found("orders", basket.period)
        return
    all_of = list(commerce.metrics().values())
    of = [one for one in all_of if one.name != "sales_profit"]
    by = DIMENSIONS[basket.by]
    orders = shown.totals()["orders"]
    rows = [
        trends(of, shown, commerce.split(basket, shown), by),
        comparisons(of, shown, by, "orders", number=orders),
        _visits(basket.period),
        _memberships(basket.period),
    ]
    key_figures(all_of, shown)
    side_by_side(*rows)
    table = shown.table(all_of, basket.by)
    download(table, f"commerce_{basket.period.start}_{basket.period.end}.csv")


def _visits(period: Period) -> tuple[str, list[Card]]:
    """How far visits of a period went; no other filter narrows them."""
    visits = commerce.visits(period)
    sums = {one.name: float(visits[one.name].sum()) for one in commerce.steps()}
    steps = pd.DataFrame(
        {
            "member": [one.label for one in commerce.steps()],
            "value": list(sums.values()),
            "count": sums["visits"],
        }
    )
    one = commerce.conversion()
    devices = pd.DataFrame(
        {"member": visits["device"], "value": one.column(visits), "count": visits["visits"]}
    )
    rate = charts.SHOWN[one.name]
    note = f"All visits of the period, n = {formats.count(sums['visits'])}."
    funnel = charts.bars(steps, charts.SHOWN["visits"], 4, "visits")
    compared = charts.bars(devices, rate, 4, "visits")
    return "Visits", [
        Card("funnel", ("Steps", f"{rate.text(one.of(sums))} end with an order", note), funnel),
        Card("devices", (one.label, charts.bars_finding(devices, rate), note), compared),
    ]


def _memberships(period: Period) -> tuple[str, list[Card]]:
    """What members pay a month; no other filter narrows it."""
    one = commerce.recurring()
    paid, shown = commerce.memberships(period), charts.SHOWN[one.name]
    note = "All memberships, at the end of each month."
    words = (one.label, charts.trend_finding(paid, shown), note)
    return "Memberships", [Card("members", words, charts.by_month({one.label: paid}, shown))]


def _choose(choices: Choices) -> tuple[Basket, list[str]]:
    """The filters in the sidebar; the address says them, too."""
    with st.sidebar:
        st.header("Filters", anchor=False)
        bar = Sidebar("commerce", lambda said: commerce.read(said, choices))
        before = bar.before
        preset, period = bar.period(choices)
        category = bar.select("category", "Department", [ALL, *choices.categories], before.category)
        segment = bar.select("segment", "Segment", [ALL, *choices.segments], before.segment)
        channel = bar.select("channel", "Channel", [ALL, *choices.channels], before.channel)
        by = bar.select("by", "Compare by", list(DIMENSIONS), before.by, DIMENSIONS.__getitem__)
        basket = Basket(period, preset, category, segment, channel, by)
        return basket, bar.close(basket)

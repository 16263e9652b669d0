"""Spending and essentials: months by group and category."""

from __future__ import annotations

import streamlit as st

from analytics_viz import formats
from dashboard import charts, data, spending
from dashboard.views.parts import Card, cards, download, header, side_by_side


def show(state: data.State) -> None:
    """What people spend, and how much of it is essential."""
    header("Spending and essentials", state)
    asked = st.query_params.get("months", str(spending.DEFAULT_SPAN))
    known = {str(months): months for months in spending.SPANS}
    if asked not in known:
        st.warning(f"“{asked}” months cannot be shown: choose one of {', '.join(known)}.")
    span = st.segmented_control(
        "Complete months", list(spending.SPANS), format_func=spending.SPANS.__getitem__,
        default=known.get(asked, spending.DEFAULT_SPAN), required=True,
    )  # fmt: skip
    st.query_params["months"] = str(span)
    shown = spending.Spending(spending.load(state.builds, state.as_of), span)
    if not shown.months:
        st.info("There is no complete month yet: come back after the first one.")
        return
    first, last = shown.months[0], shown.months[-1]
    cards(
        [(one, shown.reading(one)) for one in spending.metrics().values()],
        f"{formats.month(first)} to {formats.month(last)}, changes against the {span} months"
        " before",
    )  # fmt: skip
    groups = shown.by_group()
    totals = groups.groupby("group")["spending"].sum().sort_values(ascending=False)
    one = spending.metrics()["essential_share"]
    months = shown.shares(one)
    as_shown = charts.SHOWN[one.name]
    both = {
        "Essential": months,
        "Discretionary": shown.shares(spending.metrics()["discretionary_share"]),
    }
    categories = shown.categories()
    money = charts.SHOWN["spending"]
    side_by_side(
        ("", [
            Card(
                "spending-groups",
                ("Spending", f"Most goes to {totals.index[0]} ({formats.money(totals.iloc[0])})",
                 f"By month, {formats.month(first)} to {formats.month(last)}."),
                charts.stacked(groups, spending.GROUPS),
            ),
            Card(
                "spending-shares",
                (one.label, charts.trend_finding(months, as_shown), "Of what is spent in a month."),
                charts.by_month(both, as_shown),
            ),
        ]),
        ("", [
            Card(
                "spending-categories",
                ("Spending by category", charts.bars_finding(categories, money),
                 f"The {len(categories)} largest categories."),
                charts.bars(categories, money, spending.LARGEST, "transactions"),
            ),
        ]),
    )  # fmt: skip
    download(shown.shown, f"spending_{first:%Y-%m}_{last:%Y-%m}.csv")

"""How does the marketplace do? The figures of report 10.

Every function takes the rows of its query in `analytics_viz.queries.commerce` and the as-of date,
and returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics_viz import formats
from analytics_viz.charts.intervals import (
    ALPHA,
    add_intervals,
    dotted_line,
    floats,
    p_text,
    places,
    ratio,
    ratio_axis,
    records,
    span,
    times,
    wilson,
)
from analytics_viz.charts.months import ends, marked, with_room
from analytics_viz.data import Period
from analytics_viz.kpi import relative_change
from analytics_viz.theme import LIGHT, finish, no_data

MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DEVICES = {
    "mobile": LIGHT.blue,
    "desktop": LIGHT.orange,
    "tablet": LIGHT.green,
    "unknown": LIGHT.quiet,
}
STEPS = {
    "views": "see a product",
    "searches": "search",
    "carts": "fill a cart",
    "checkouts": "go to checkout",
    "purchases": "buy",
}
SEGMENTS = {
    "Low Value": "Low Value<br>(below $500)",
    "Medium Value": "Medium Value<br>($500 and more)",
    "High Value": "High Value<br>($1,000 and more)",
}
STOCK = {
    "In Stock": LIGHT.blue,
    "Low Stock": LIGHT.orange,
    "Out of Stock": LIGHT.vermillion,
    "Discontinued": LIGHT.quiet,
}
MOVES = {
    "new_amount": ("new", LIGHT.blue, 1),
    "expansion_amount": ("dearer plan", LIGHT.sky, 1),
    "contraction_amount": ("cheaper plan", LIGHT.orange, -1),
    "churned_amount": ("cancelled", LIGHT.vermillion, -1),
}
STANDS_OUT = 1.1  # a month is a season if in each year it is so many times the months around it
SEARCH_NOTE = "searching is no step on the way and can be left out"


def revenue(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Sales and profit per calendar month.

    Args:
        frame: month_start_date, is_complete, order_count, revenue_amount, profit_amount; oldest
            first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("orders", as_of)
    table = floats(frame, "revenue_amount", "profit_amount").assign(
        month=pd.to_datetime(frame["month_start_date"])
    )
    whole = table[table["is_complete"].astype(bool)]
    shown = whole if len(whole) > 1 else table
    figure = go.Figure()
    for column, name, colour in (
        ("revenue_amount", "sales", LIGHT.blue),
        ("profit_amount", "profit", LIGHT.orange),
    ):
        figure.add_scatter(
            x=shown["month"],
            y=shown[column],
            mode="lines+markers" if len(shown) < 3 else "lines",
            line={"color": colour, "width": 2.5},
            name=name,
            customdata=shown["order_count"],
            hovertemplate=f"%{{y:$,.0f}} {name}, %{{customdata:,}} orders<extra></extra>",
        )
        labels = ends(shown, column)[-2 if name == "sales" else -1 :]
        figure.add_scatter(
            x=[label["month"] for label in labels],
            y=[label[column] for label in labels],
            mode="markers+text",
            marker={"size": 8, "color": colour},
            text=[f"<b>{formats.money(label[column])}</b>" for label in labels],
            textposition=["top center"] * (len(labels) - 1) + ["middle right"],
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    figure.update_layout(showlegend=True, hovermode="x unified")
    figure.update_yaxes(title="Per month ($)", tickformat="$~s", rangemode="tozero", nticks=6)
    figure.update_xaxes(
        title="Month",
        tickformat="%b\n%Y",
        hoverformat="%B %Y",
        tickvals=marked(shown["month"]),
        range=with_room(shown["month"], 0.12),
    )
    last = shown.iloc[-1]
    kept = 100 * last["profit_amount"] / last["revenue_amount"] if last["revenue_amount"] else 0.0
    year_ago = shown[shown["month"] == last["month"] - pd.DateOffset(years=1)]
    before = year_ago["revenue_amount"].iloc[0] if len(year_ago) else None
    running = table["month"].iloc[-1] if len(shown) < len(table) else None
    return finish(
        figure,
        title=f"The marketplace sold for {formats.money(last['revenue_amount'])} in"
        f" {formats.month(last['month'])}{_compared(last['revenue_amount'], before)};"
        f" {formats.percent(kept)} of it is profit",
        subtitle="Sales without shipping and tax, and profit, per calendar month"
        + (f"; {formats.month(running)}, not over yet, is left out" if running else ""),
        how_to_read="The distance between the lines is what the goods cost on the day of the sale;"
        " the dots mark the month with most sales and the last one.",
        sample=f"n = {formats.count(int(shown['order_count'].sum()))} orders"
        f" in {times(len(shown), 'month')}",
        as_of=as_of,
        height=440,
        narrow={
            "xaxis.range": with_room(shown["month"], 0.25),
            "yaxis.title.text": "",
            "height": 360,
        },
    )


def days(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Sales per day with their moving averages.

    Args:
        frame: revenue_date, is_weekend, is_holiday, order_count, revenue_amount,
            revenue_7_day_average, revenue_30_day_average; oldest first.
        as_of: the last of the days.
    """
    if frame.empty:
        return no_data("orders", as_of)
    averages = {
        "revenue_7_day_average": ("average of 7 days", LIGHT.blue, 7),
        "revenue_30_day_average": ("average of 30 days", LIGHT.orange, 30),
    }
    table = floats(frame, "revenue_amount", *averages)
    figure = go.Figure(
        go.Bar(
            x=table["revenue_date"],
            y=table["revenue_amount"],
            marker_color=LIGHT.quiet,
            name="a day",
            customdata=np.dstack([
                table["order_count"],
                [
                    ", holiday" if holiday else ", weekend" if weekend else ""
                    for holiday, weekend in zip(
                        table["is_holiday"], table["is_weekend"], strict=True
                    )
                ],
            ])[0],
            hovertemplate="%{y:$,.0f}, %{customdata[0]} orders%{customdata[1]}<extra></extra>",
        )
    )  # fmt: skip
    for column, (name, colour, _) in averages.items():
        figure.add_scatter(
            x=table["revenue_date"],
            y=table[column],
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=name,
            hovertemplate=f"%{{y:$,.0f}} {name}<extra></extra>",
        )
    figure.update_layout(showlegend=True, bargap=0.15, hovermode="x unified")
    figure.update_yaxes(title="Sales per day ($)", tickformat="$~s", nticks=6)
    figure.update_xaxes(title="Day", tickformat="%-d %b", hoverformat="%a, %-d %b %Y", nticks=6)
    last = table.iloc[-1]
    week, month = last["revenue_7_day_average"], last["revenue_30_day_average"]
    finding = f"{formats.money(table['revenue_amount'].sum())} in {times(len(table), 'day')}"
    if pd.notna(week):
        finding = f"The last 7 days brought {formats.money(week)} a day"
    if pd.notna(month):
        finding += _against(week, month, "the average of 30 days")
    silent = int((table["order_count"] == 0).sum())
    return finish(
        figure,
        title=finding,
        subtitle=f"Sales per day, {formats.days(table['revenue_date'].iloc[0], as_of)}"
        + (f"; {times(silent, 'day')} without an order" if silent else ""),
        how_to_read="Bars are single days; each line is the mean of the 7 or 30 days up to that"
        " day, so it shows where sales are heading without the ups and downs of the week.",
        sample=f"n = {formats.count(int(table['order_count'].sum()))} orders",
        as_of=as_of,
        height=440,
        narrow={"yaxis.title.text": "", "height": 360, "xaxis.nticks": 4},
    )


def categories(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Sales and profit of each department.

    Args:
        frame: category_name, revenue_amount, profit_amount, returned_amount, unit_count,
            previous_revenue_amount, month_count, last_month; the smallest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("orders in a month that is over", as_of)
    table = floats(
        frame, "revenue_amount", "profit_amount", "returned_amount", "previous_revenue_amount"
    )
    table["margin"] = 100 * table["profit_amount"] / table["revenue_amount"]
    table["share"] = 100 * table["revenue_amount"] / table["revenue_amount"].sum()
    table["returned"] = 100 * table["returned_amount"] / table["revenue_amount"]
    changes = [
        relative_change(now, before)
        for now, before in zip(
            table["revenue_amount"],
            table["previous_revenue_amount"].astype(object).where(
                table["previous_revenue_amount"].notna(), None
            ),
            strict=True,
        )
    ]  # fmt: skip
    most = float(table["revenue_amount"].max())
    figure = go.Figure()
    figure.add_bar(
        y=table["category_name"],
        x=table["revenue_amount"],
        orientation="h",
        name="sales",
        marker_color=LIGHT.quiet,
        text=[
            f"<b>{formats.money(sold)}</b> · {formats.percent(margin)}"
            for sold, margin in zip(table["revenue_amount"], table["margin"], strict=True)
        ],
        textposition="outside",
        cliponaxis=False,
        customdata=pd.DataFrame({
            "share": table["share"],
            "units": table["unit_count"].astype(float),
            "returned": table["returned"],
            "change": [
                "" if change is None
                else f"<br>{formats.signed_percent(change)} against the 12 months before"
                for change in changes
            ],
        }),
        hovertemplate="%{y}: %{x:$,.0f} sold (%{customdata[0]:.1f} % of all)<br>"
        "%{customdata[1]:,.0f} units; %{customdata[2]:.1f} % returned%{customdata[3]}"
        "<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        y=table["category_name"],
        x=table["profit_amount"],
        orientation="h",
        name="of which profit",
        width=0.4,
        marker_color=LIGHT.blue,
        customdata=table["margin"],
        hovertemplate="%{y}: %{x:$,.0f} profit, a margin of %{customdata:.1f} %<extra></extra>",
    )
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(title="Sales ($)", tickformat="$~s", range=[0, 1.4 * most], nticks=5)
    figure.update_yaxes(title="Department")
    top = table.iloc[-1]
    best, worst = (
        table.iloc[int(table["margin"].argmax())],
        table.iloc[int(table["margin"].argmin())],
    )
    total = 100 * table["profit_amount"].sum() / table["revenue_amount"].sum()
    return finish(
        figure,
        title=f"{top['category_name']} {_verb(top['category_name'], 'brings', 'bring')}"
        f" {formats.percent(top['share'])} of sales; margins run from"
        f" {formats.percent(worst['margin'])} ({worst['category_name']}) to"
        f" {formats.percent(best['margin'])} ({best['category_name']})"
        if len(table) > 1
        else f"All sales are {top['category_name']}, with a margin of {formats.percent(total)}",
        subtitle=f"Sales, profit and margin by department, {_months(table)}",
        how_to_read="The grey bar is what was sold, the blue one in it what is left after the cost"
        " of the goods; the percentage is the margin, blue divided by grey.",
        sample=f"n = {formats.count(int(table['unit_count'].sum()))} units",
        as_of=as_of,
        height=130 + 44 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.9 * most], "xaxis.nticks": 4},
    )


def seasons(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Sales by year and month.

    Args:
        frame: month_start_date, is_complete, order_count, revenue_amount, mom_percent_change,
            qoq_percent_change, revenue_volatility_percent; every month, oldest first.
        as_of: the last day with data.
    """
    table = floats(
        frame[frame["is_complete"].astype(bool)],
        "revenue_amount", "mom_percent_change", "qoq_percent_change", "revenue_volatility_percent",
    ).reset_index(drop=True)  # fmt: skip
    if table.empty:
        return no_data("months of orders that are over", as_of)
    table["month"] = pd.to_datetime(table["month_start_date"])
    table["year"], table["number"] = table["month"].dt.year, table["month"].dt.month
    table["words"] = [_changes(row) for row in records(table)]
    years = sorted(table["year"].unique())

    def grid(column: str) -> pd.DataFrame:
        return table.pivot(index="year", columns="number", values=column).reindex(
            index=years, columns=range(1, 13)
        )

    sold = grid("revenue_amount")
    figure = go.Figure(
        go.Heatmap(
            x=MONTH_NAMES,
            y=[str(year) for year in years],
            z=sold,
            zmin=0,
            colorscale=LIGHT.scale,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            text=[
                ["" if np.isnan(value) else formats.money(value) for value in row]
                for row in sold.to_numpy()
            ],
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 13},
            customdata=np.dstack(
                [grid("order_count").fillna(0), grid("words").astype(object).fillna("")]
            ),
            hovertemplate="%{x} %{y}: %{z:$,.0f}, %{customdata[0]:,} orders%{customdata[1]}"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="Month", type="category", showgrid=False, tickangle=0)
    figure.update_yaxes(title="Year", type="category", autorange="reversed", showgrid=False)
    best = table.iloc[int(table["revenue_amount"].argmax())]
    worst = table.iloc[int(table["revenue_amount"].argmin())]
    finding = (
        f"{formats.month(best['month'])} was the best month"
        f" ({formats.money(best['revenue_amount'])}), {formats.month(worst['month'])} the worst"
        f" ({formats.money(worst['revenue_amount'])})"
        if len(table) > 1
        else f"{formats.money(best['revenue_amount'])} were sold in {formats.month(best['month'])}"
    )
    season = _season(table)
    volatility = table["revenue_volatility_percent"].iloc[-1]
    return finish(
        figure,
        title=season or finding,
        subtitle="Sales by month"
        + (f"; {finding}" if season else "")
        + (
            f"; in the last 12 months they varied by {formats.percent(volatility)} of their mean"
            " (one standard deviation)"
            if pd.notna(volatility)
            else ""
        ),
        how_to_read="Each cell is a month, the darker (at night: brighter) the more was sold; read"
        " a column to see whether a month is strong every year, a line for growth within the year.",
        sample=f"n = {formats.count(int(table['order_count'].sum()))} orders"
        f" in {times(len(table), 'month')}",
        as_of=as_of,
        height=150 + 52 * len(years),
        narrow={
            "data.0.texttemplate": "",
            "yaxis.title.text": "",
            "xaxis.tickvals": MONTH_NAMES[::3],
        },
    )


def funnel(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How far visits get, by device.

    Args:
        frame: device_type, visits, views, searches, carts, checkouts, purchases, abandoned_amount;
            the device with most visits first.
        as_of: the last of the 365 days.
    """
    if frame.empty:
        return no_data("visits in the year", as_of)
    table = floats(frame, "visits", *STEPS, "abandoned_amount")
    visits = float(table["visits"].sum())
    figure = go.Figure()
    for row in records(table):
        whole = row["visits"]
        shares = [100 * row[step] / whole for step in STEPS]
        bounds = [wilson(row[step], whole) for step in STEPS]
        figure.add_bar(
            y=list(STEPS.values()),
            x=shares,
            orientation="h",
            name=f"{row['device_type']} ({formats.count(whole)})",
            marker_color=DEVICES.get(row["device_type"], LIGHT.purple),
            error_x={
                "type": "data", "symmetric": False, "color": LIGHT.text, "thickness": 1.2,
                "width": 2,
                "array": [high - s for s, (_, high) in zip(shares, bounds, strict=True)],
                "arrayminus": [s - low for s, (low, _) in zip(shares, bounds, strict=True)],
            },
            customdata=[
                [row[step], whole, low, high]
                for step, (low, high) in zip(STEPS, bounds, strict=True)
            ],
            hovertemplate=f"{row['device_type']}: %{{customdata[0]:,.0f}} of"
            " %{customdata[1]:,.0f} visits %{y}<br>%{x:.1f} % (95 %: %{customdata[2]:.1f} to"
            " %{customdata[3]:.1f})<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25, showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Share of visits (%)", range=[0, 104], nticks=6)
    figure.update_yaxes(title="Visits that …", autorange="reversed")
    bought = 100 * table["purchases"].sum() / visits
    # visits that are lost on the way from one step to the next
    way = [visits, *(float(table[step].sum()) for step in ("carts", "checkouts", "purchases"))]
    lost = [before - after for before, after in pairwise(way)]
    place = ("before a cart", "between cart and checkout", "at the checkout")[int(np.argmax(lost))]
    return finish(
        figure,
        title=f"{formats.percent(bought)} of visits buy; most of the others"
        f" ({formats.percent(100 * max(lost) / (visits - way[-1]))}) end {place}"
        f"{_devices(table)}"
        if visits > way[-1]
        else f"Every one of {formats.count(visits)} visits bought",
        subtitle=f"Visits by how far they got and by device, {_year(as_of)}; carts left behind held"
        f" {formats.money(table['abandoned_amount'].sum())}",
        how_to_read="Each group of bars is a step, of all visits with that device; whiskers are"
        f" 95 % intervals. From top to bottom visits get fewer, but {SEARCH_NOTE}.",
        sample=f"n = {formats.count(visits)} visits",
        as_of=as_of,
        height=480,
        narrow={"yaxis.title.text": "", "height": 440},
    )


def sessions(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Visits and the share that buys, per calendar month.

    Args:
        frame: month_start_date, visits, purchases, abandoned_amount; months that are over, oldest
            first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("visits in a month that is over", as_of)
    table = floats(frame, "visits", "purchases", "abandoned_amount").assign(
        month=pd.to_datetime(frame["month_start_date"])
    )
    table["share"] = 100 * table["purchases"] / table["visits"]
    bounds = [wilson(row["purchases"], row["visits"]) for row in records(table)]
    table["low"], table["high"] = [low for low, _ in bounds], [high for _, high in bounds]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    figure.add_bar(
        x=table["month"],
        y=table["visits"],
        marker_color=LIGHT.blue,
        customdata=table["abandoned_amount"],
        hovertemplate="%{x|%B %Y}: %{y:,} visits<br>%{customdata:$,.0f} in carts left behind"
        "<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=table["month"], y=table["low"], mode="lines", line={"width": 0}, hoverinfo="skip",
        row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=table["month"], y=table["high"], mode="lines", line={"width": 0}, fill="tonexty",
        fillcolor=LIGHT.orange_soft, hoverinfo="skip", row=2, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=table["month"],
        y=table["share"],
        mode="lines+markers" if len(table) < 3 else "lines",
        line={"color": LIGHT.orange, "width": 2.5},
        customdata=table[["low", "high", "purchases"]],
        hovertemplate="%{x|%B %Y}: %{y:.1f} % buy (95 %: %{customdata[0]:.1f} to"
        " %{customdata[1]:.1f})<br>%{customdata[2]:,.0f} orders<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_layout(showlegend=False, bargap=0.2)
    figure.update_yaxes(title="Visits", nticks=5, tickformat="~s", row=1, col=1)
    figure.update_yaxes(title="Visits that buy (%)", nticks=5, rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title="Month", row=2, col=1)
    figure.update_xaxes(tickformat="%b\n%Y", tickvals=marked(table["month"]))
    last = table.iloc[-1]
    year_ago = table[table["month"] == last["month"] - pd.DateOffset(years=1)]
    before = year_ago["visits"].iloc[0] if len(year_ago) else None
    return finish(
        figure,
        title=f"{times(int(last['visits']), 'visit')} in {formats.month(last['month'])}"
        f"{_compared(last['visits'], before)}; {formats.percent(last['share'], 1)} of them bought"
        f" (95{formats.SPACE}% interval {last['low']:.1f} to {last['high']:.1f})",
        subtitle="Visits, and the share of them that ends in an order, per calendar month",
        how_to_read="The band around the lower line is the 95 % interval: with few visits the share"
        " moves a lot by chance, so only changes beyond the band say something.",
        sample=f"n = {formats.count(table['visits'].sum())} visits in {times(len(table), 'month')}",
        as_of=as_of,
        height=480,
        narrow={"height": 440},
    )


def segments(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Shares of customers, sales and profit by what customers are worth.

    Args:
        frame: value_segment, customer_count, revenue_amount, profit_amount, order_count.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("customers who have ordered", as_of)
    table = floats(frame, "customer_count", "revenue_amount", "profit_amount", "order_count")
    present = [name for name in SEGMENTS if name in set(table["value_segment"])]
    table = table.set_index("value_segment").loc[present]
    customers, sold = float(table["customer_count"].sum()), float(table["revenue_amount"].sum())
    figure = go.Figure()
    for column, name, colour in (
        ("revenue_amount", "share of sales", LIGHT.blue),
        ("customer_count", "share of customers", LIGHT.orange),
    ):
        shares = 100 * table[column] / (table[column].sum() or 1)
        figure.add_bar(
            y=[SEGMENTS[name] for name in present],
            x=shares,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[formats.percent(share) for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=pd.DataFrame({
                "customers": table["customer_count"],
                "each": table["revenue_amount"] / table["customer_count"],
                "orders": table["order_count"] / table["customer_count"],
                "profit": table["profit_amount"] / table["customer_count"],
            }),
            hovertemplate="%{y}: %{x:.1f} % — " + name + "<br>%{customdata[0]:,.0f} customers with"
            " %{customdata[2]:.1f} orders each<br>%{customdata[1]:$,.0f} of sales and"
            " %{customdata[3]:$,.0f} of profit a head<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        barmode="group", bargap=0.3, bargroupgap=0.08, legend_traceorder="reversed",
        showlegend=True,
    )  # fmt: skip
    figure.update_xaxes(title="Share (%)", range=[0, 118], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title="Sales to a customer so far")
    name = present[-1]
    top = table.iloc[-1]
    number = int(top["customer_count"])
    return finish(
        figure,
        title=f"{times(number, 'customer')} ({formats.percent(100 * number / customers)})"
        f" {'is' if number == 1 else 'are'} of {name.lower()} and"
        f" {'brings' if number == 1 else 'bring'}"
        f" {formats.percent(100 * top['revenue_amount'] / sold if sold else 0)} of all sales",
        subtitle="Customers who have ordered, by all they have bought so far",
        how_to_read="A segment whose blue bar is longer than its orange one brings more than its"
        " number of customers would suggest. Customers move up with time: a new one is low.",
        sample=f"n = {formats.count(int(customers))} customers",
        as_of=as_of,
        height=480,
        narrow={"yaxis.title.text": "", "height": 360},
    )


def discounts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Orders and their margin by discount, and what breaks the rules.

    Args:
        frame: discount_to (an order's discount, up to the next 5 %), order_count,
            high_discount_count, high_shipping_count, both_count, revenue_amount, profit_amount.
        as_of: the last of the 365 days.
    """
    if frame.empty:
        return no_data("orders in the year", as_of)
    table = floats(
        frame, "order_count", "high_discount_count", "high_shipping_count", "both_count",
        "revenue_amount", "profit_amount",
    )  # fmt: skip
    table["margin"] = 100 * table["profit_amount"] / table["revenue_amount"].replace(0, np.nan)
    table["label"] = [str(to) for to in table["discount_to"]]
    is_high = table["high_discount_count"] > 0
    colours = [LIGHT.vermillion if high else LIGHT.blue for high in is_high]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    figure.add_bar(
        x=table["label"],
        y=table["order_count"],
        marker_color=colours,
        text=[formats.count(number) for number in table["order_count"]],
        textposition="outside",
        textangle=0,
        cliponaxis=False,
        customdata=table[["high_discount_count", "high_shipping_count"]],
        hovertemplate="discount up to %{x} %: %{y:,} orders<br>%{customdata[0]:,.0f} above 30 %"
        " discount, %{customdata[1]:,.0f} above 10 % shipping<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=table["label"],
        y=table["margin"],
        mode="lines+markers",
        line={"color": LIGHT.quiet, "width": 1.5},
        marker={
            "size": 10,
            "color": colours,
            "symbol": ["diamond" if high else "circle" for high in is_high],
        },
        customdata=table[["revenue_amount", "profit_amount", "order_count"]],
        hovertemplate="discount up to %{x} %: margin %{y:.1f} %<br>%{customdata[0]:$,.0f} sold,"
        " %{customdata[1]:$,.0f} profit, %{customdata[2]:,.0f} orders<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_layout(showlegend=False, bargap=0.25)
    figure.update_yaxes(
        title="Orders", range=[0, 1.18 * float(table["order_count"].max())], nticks=5, row=1, col=1
    )
    figure.update_yaxes(title="Margin (%)", nticks=5, rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title="Discount of the order, up to … (%)", row=2, col=1)
    figure.update_xaxes(type="category", tickangle=0, showgrid=False)
    orders = float(table["order_count"].sum())
    high, shipping, both = (
        int(table[f"{name}_count"].sum()) for name in ("high_discount", "high_shipping", "both")
    )
    broken = high + shipping - both
    margins = [
        100 * part["profit_amount"].sum() / part["revenue_amount"].sum()
        for part in (table[is_high], table[table["discount_to"] == 0])
        if part["revenue_amount"].sum()
    ]
    return finish(
        figure,
        title=(
            f"{formats.percent(100 * broken / orders)} of orders break a rule:"
            f" {formats.count(high)} by their discount, {formats.count(shipping)} by their"
            f" shipping, {formats.count(both)} of them by both"
            if broken
            else f"None of {formats.count(orders)} orders breaks a rule"
        )
        + (
            f"; above 30 % discount the margin is {formats.percent(margins[0])} instead of"
            f" {formats.percent(margins[1])} without any"
            if high and len(margins) == 2
            else ""
        ),
        subtitle=f"Orders and their margin by discount, {_year(as_of)}; rules: a discount above"
        " 30 %, shipping above 10 % of the goods",
        how_to_read="Each step is the orders with up to so much discount; red bars and diamonds are"
        " above 30 %, an order at 30 % is not. Below stands what they leave of their sales.",
        sample=f"n = {formats.count(orders)} orders",
        as_of=as_of,
        height=480,
        narrow={"height": 440},
    )


def stock(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Products of the catalogue by department and inventory status.

    Args:
        frame: category_name, inventory_status, product_count.
        as_of: the day of the stock.
    """
    if frame.empty:
        return no_data("products of the catalogue", as_of)
    counts = frame.pivot_table(
        index="category_name", columns="inventory_status", values="product_count", aggfunc="sum",
        fill_value=0,
    ).reindex(columns=list(STOCK), fill_value=0).astype(int)  # fmt: skip
    counts = counts.sort_values(["Out of Stock", "Low Stock"])
    figure = go.Figure()
    for status, colour in STOCK.items():
        figure.add_bar(
            y=list(counts.index),
            x=counts[status],
            orientation="h",
            name=status.lower(),
            marker_color=colour,
            hovertemplate=f"%{{y}}: %{{x:,}} {status.lower()}<extra></extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Products", nticks=6)
    figure.update_yaxes(title="Department")
    offered = counts.drop(columns="Discontinued").sum(axis=1)
    out, low = counts["Out of Stock"], counts["Low Stock"]
    total = int(offered.sum())
    worst = out[out == out.max()].index
    finding = (
        f"{times(int(out.sum()), 'product')} of {formats.count(total)} on offer"
        f" ({formats.percent(100 * out.sum() / total if total else 0)})"
        f" {'is' if out.sum() == 1 else 'are'} out of stock and {formats.count(low.sum())} low"
    )
    return finish(
        figure,
        title=finding + (f"; {worst[0]} misses most ({out.max()})" if len(worst) == 1 else "")
        if out.sum()
        else f"None of {formats.count(total)} products on offer is out of stock,"
        f" {formats.count(low.sum())} {'is' if low.sum() == 1 else 'are'} low",
        subtitle=f"Products of the catalogue by department and stock on {formats.day(as_of)}",
        how_to_read="Each bar is a department's products; low means at or below the level at which"
        " more is ordered. Discontinued products are no longer on offer.",
        sample=f"n = {formats.count(int(counts.to_numpy().sum()))} products",
        as_of=as_of,
        height=max(130 + 38 * len(counts), 500),
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4, "height": 130 + 38 * len(counts)},
    )


def memberships(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What memberships bring in every month, and what moves it.

    Args:
        frame: month_start_date, new_amount, expansion_amount, contraction_amount, churned_amount,
            closing_amount, closing_members, opening_members, new_members, churned_members; months
            that are over, oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("months of memberships that are over", as_of)
    table = floats(frame, *MOVES, "closing_amount").assign(
        month=pd.to_datetime(frame["month_start_date"])
    )
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1, row_heights=[0.42, 0.58]
    )
    figure.add_scatter(
        x=table["month"],
        y=table["closing_amount"],
        mode="lines+markers" if len(table) < 3 else "lines",
        line={"color": LIGHT.purple, "width": 2.5},
        name="all",
        customdata=table["closing_members"],
        hovertemplate="%{x|%B %Y}: %{y:$,.2f} a month from %{customdata:,} members<extra></extra>",
        row=1,
        col=1,
    )
    for column, (name, colour, sign) in MOVES.items():
        figure.add_bar(
            x=table["month"],
            y=sign * table[column],
            name=name,
            marker_color=colour,
            customdata=table[column],
            hovertemplate=f"%{{x|%B %Y}}, {name}: %{{customdata:$,.2f}} a month<extra></extra>",
            row=2,
            col=1,
        )
    figure.update_layout(
        barmode="relative", bargap=0.15, showlegend=True, legend_traceorder="normal"
    )
    figure.update_yaxes(
        title="Revenue a month ($)", tickformat="$~s", nticks=5, rangemode="tozero", row=1, col=1
    )
    figure.update_yaxes(title="Change ($)", tickformat="$~s", nticks=6, zeroline=True, row=2, col=1)
    figure.update_xaxes(title="Month", row=2, col=1)
    figure.update_xaxes(tickformat="%b\n%Y", tickvals=marked(table["month"]))
    last, year = table.iloc[-1], table.tail(12)
    year_ago = table[table["month"] == last["month"] - pd.DateOffset(years=1)]
    before = year_ago["closing_amount"].iloc[0] if len(year_ago) else None
    return finish(
        figure,
        title=f"{times(int(last['closing_members']), 'member')}"
        f" {'brings' if last['closing_members'] == 1 else 'bring'} in"
        f" {formats.money(last['closing_amount'])} a month"
        f"{_compared(last['closing_amount'], before)}: in {times(len(year), 'month')} new ones"
        f" added {formats.money(year['new_amount'].sum())}, cancellations took"
        f" {formats.money(year['churned_amount'].sum())}",
        subtitle=f"Monthly recurring revenue at the end of each month to"
        f" {formats.month(last['month'])}, and what moved it",
        how_to_read="Bars above zero add to what memberships bring in every month, bars below take"
        " away; together they are the step of the upper line. Yearly plans count a twelfth.",
        sample=f"n = {formats.count(int(table['new_members'].sum()))} memberships begun",
        as_of=as_of,
        height=500,
        narrow={"height": 480},
    )


def cohorts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Members still there, by quarter of joining and months since.

    Args:
        frame: cohort_start_date, months_since, member_count, retained_count; only what all of a
            quarter have lived through.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("quarters of members that are over", as_of)
    table = floats(frame, "member_count", "retained_count")
    table["share"] = 100 * table["retained_count"] / table["member_count"]
    bounds = [wilson(row["retained_count"], row["member_count"]) for row in records(table)]
    table["low"], table["high"] = [low for low, _ in bounds], [high for _, high in bounds]
    starts = sorted(table["cohort_start_date"].unique())
    months = list(range(int(table["months_since"].max()) + 1))

    def grid(column: str) -> pd.DataFrame:
        return table.pivot(
            index="cohort_start_date", columns="months_since", values=column
        ).reindex(index=starts, columns=months)

    sizes = table.groupby("cohort_start_date")["member_count"].max()
    figure = go.Figure(
        go.Heatmap(
            x=months,
            y=[f"{_quarter(start)} ({formats.count(sizes[start])})" for start in starts],
            z=grid("share"),
            zmin=0,
            zmax=100,
            colorscale=LIGHT.scale,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            customdata=np.dstack([grid(c) for c in ("low", "high", "retained_count")]),
            colorbar={
                "title": {"text": "Still members (%)", "font": {"size": 12}},
                "thickness": 12,
                "outlinewidth": 0,
            },
            hovertemplate="joined in %{y}<br>after %{x} months %{z:.1f} % still members"
            " (95 %: %{customdata[0]:.1f} to %{customdata[1]:.1f})<br>%{customdata[2]:,} members"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="Months since joining", dtick=3, showgrid=False)
    figure.update_yaxes(title="Quarter of joining (members)", autorange="reversed", showgrid=False)
    age = 12 if 12 in months else months[-1]
    old = table[table["months_since"] == age]
    stayed, joined = old["retained_count"].sum(), old["member_count"].sum()
    low, high = wilson(stayed, joined)
    return finish(
        figure,
        title=f"{formats.percent(100 * stayed / joined)} of the members were still members after"
        f" {times(age, 'month')} (95{formats.SPACE}% interval {low:.0f} to {high:.0f},"
        f" {times(int(joined), 'member')})",
        subtitle="Share of members who had not left, by quarter of joining and months since; no"
        " field: not yet lived through by all of the quarter; a change of plan is no leaving",
        how_to_read="Read a line from left to right to follow those who joined together, a column"
        " from top to bottom to compare quarters at the same age. A quarter is few members, so"
        " single fields vary by chance; point at one for its interval.",
        sample=f"n = {formats.count(sizes.sum())} memberships in {times(len(sizes), 'quarter')}",
        as_of=as_of,
        height=190 + 24 * len(starts),
        narrow={
            "yaxis.title.text": "",
            "xaxis.dtick": 12,
            "data.0.xgap": 0,
            "data.0.colorbar.orientation": "h",
            "data.0.colorbar.y": 1.0,
            "data.0.colorbar.yanchor": "bottom",
            "data.0.colorbar.title.side": "top",
        },
    )


def weather(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Orders on rainy days against dry ones, by department.

    Args:
        frame: category_name, city_days, rainy_days, order_count, rainy_order_count, rate_ratio and
            revenue_correlation with their intervals and corrected p-values, as_of_date; the
            largest ratio first.
        as_of: the last day with data; the figure is of the day of the analysis.
    """
    numbers = [str(name) for name in frame if name not in ("category_name", "as_of_date")]
    table = floats(frame, *numbers).dropna(subset=["rate_ratio", "rate_ratio_ci_low"])
    if table.empty:
        return no_data("orders on both rainy and dry days", as_of)
    table["place"] = range(len(table))
    table["estimate"] = table["rate_ratio"]
    table["ci_low"], table["ci_high"] = table["rate_ratio_ci_low"], table["rate_ratio_ci_high"]
    table["is_shown"] = table["adjusted_p_value"] < ALPHA
    table["hover"] = [_rain_hover(row) for row in records(table)]
    figure = go.Figure()
    for is_shown, name in ((True, "difference shown"), (False, "no difference shown")):
        part = table[table["is_shown"] == is_shown]
        if len(part):
            add_intervals(
                figure,
                part,
                colour=LIGHT.blue,
                name=name,
                symbol="circle" if is_shown else "circle-open",
            )
    dotted_line(figure, 1)
    places(
        figure,
        [f"{row['category_name']} ({formats.count(row['order_count'])})" for row in records(table)],
    )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        title="Orders per day: rainy to dry (ratio, 1 = no difference)",
        # a wide interval of a small department would press all others together
        **ratio_axis(max(table["ci_low"].min(), 0.05), min(table["ci_high"].max(), 20)),
    )
    figure.update_yaxes(title="Department (orders)")
    shown = table[table["is_shown"]]
    more = [_rain_name(row) for row in records(shown) if row["estimate"] > 1]
    less = [_rain_name(row) for row in records(shown[::-1]) if row["estimate"] < 1]
    parts = [
        f"{how} of {formats.listing(names)}"
        for how, names in (("more", more), ("less", less))
        if names
    ]
    rest = len(table) - len(shown)
    first = table.iloc[0]
    return finish(
        figure,
        title=(
            f"When it rains people order {formats.listing(parts)}"
            + (f"; no difference is shown for {times(rest, 'other department')}" if rest else "")
            if parts
            else f"No difference between rainy and dry days is shown in"
            f" {times(len(table), 'department')}"
        ),
        subtitle="Orders per day and city on rainy days against dry ones of the same city, month"
        f" and weekday; p corrected for {times(len(table), 'department')}",
        how_to_read="A mark right of the dotted line: more orders when it rains; the whisker is the"
        " 95 % interval, filled marks differ from 1 beyond chance. Rain is not drawn by lot, so"
        " what goes along with it need not be caused by it.",
        sample=f"n = {formats.count(table['order_count'].sum())} orders on"
        f" {formats.count(first['city_days'])} days of cities,"
        f" {formats.count(first['rainy_days'])} of them rainy",
        as_of=frame["as_of_date"].iloc[0],
        height=180 + 42 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Ratio (1 = no difference)"},
    )


def _rain_name(row: dict[str, Any]) -> str:
    return f"{row['category_name']} ({ratio(row['estimate'])} times)"


def _rain_hover(row: dict[str, Any]) -> str:
    return (
        f"<b>{row['category_name']}</b>: {ratio(row['estimate'])} times as many orders a day<br>"
        f"{span(row['ci_low'], row['ci_high'])}; {p_text(row['adjusted_p_value'])}<br>"
        f"{row['rainy_order_count']:,.0f} of {row['order_count']:,.0f} orders on rainy days<br>"
        f"rain and sales: correlation {_signed(row['revenue_correlation'])}"
        f" ({_signed(row['revenue_correlation_ci_low'])} to"
        f" {_signed(row['revenue_correlation_ci_high'])}),"
        f" {p_text(row['revenue_correlation_adjusted_p_value'])}"
    )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", formats.MINUS)


def _verb(name: str, one: str, many: str) -> str:
    """Names of departments are plural where they end in s or join two things."""
    return many if name.endswith("s") or "&" in name else one


def _compared(now: float, before: float | None) -> str:
    """``, 12 % more than a year earlier``; nothing where there is no year earlier."""
    change = relative_change(now, before)
    if change is None:
        return ""
    if abs(change) < 0.5:
        return ", as much as a year earlier"
    return (
        f", {formats.percent(abs(change))} {'more' if change > 0 else 'less'} than a year earlier"
    )


def _against(now: float, before: float, what: str) -> str:
    change = relative_change(now, before)
    if change is None:
        return ""
    if abs(change) < 0.5:
        return f", as much as {what}"
    return f", {formats.percent(abs(change))} {'more' if change > 0 else 'less'} than {what}"


def _changes(row: dict[str, float]) -> str:
    """The changes against month and quarter before, for the hover of a month."""
    words = ""
    for column, what in (("mom_percent_change", "month"), ("qoq_percent_change", "quarter")):
        if not np.isnan(row[column]):
            whose = "" if what == "month" else "its quarter: "
            words += f"<br>{whose}{formats.signed_percent(row[column])} on the {what} before"
    return words


def _season(table: pd.DataFrame) -> str:
    """The month that stands out from the twelve around it every year, in at least two; else empty.

    The classical ratio to the centred moving average of 12 months, so growth does not count.
    """
    year = table["revenue_amount"].rolling(12).mean()
    around = ((year + year.shift(1)) / 2).shift(-6)
    ratios = (
        (table["revenue_amount"] / around).groupby(table["number"]).agg(["mean", "count", "min"])
    )
    often = ratios[ratios["count"] >= 2]
    if len(often) < 12:
        return ""
    place = int(often["mean"].argmax())  # all twelve are there, in order
    if often["min"].iloc[place] < STANDS_OUT:
        return ""
    above = 100 * (float(often["mean"].iloc[place]) - 1)
    return (
        f"{dt.date(2000, place + 1, 1):%B} stands out: on average {formats.percent(above)} above"
        f" the twelve months around it ({times(int(often['count'].iloc[place]), 'year')})"
    )


def _devices(table: pd.DataFrame) -> str:
    """Which device buys more often, if intervals of the best and the worst do not overlap."""
    rates = sorted(
        (
            row["purchases"] / row["visits"],
            *wilson(row["purchases"], row["visits"]),
            str(row["device_type"]),
        )
        for row in records(table)
    )
    if len(rates) < 2:
        return ""
    (low_rate, _, low_top, low_name), (high_rate, high_bottom, _, high_name) = rates[0], rates[-1]
    if high_bottom <= low_top:
        return "; no difference between devices is shown"
    return (
        f"; {high_name} buys more often ({formats.percent(100 * high_rate)}) than {low_name}"
        f" ({formats.percent(100 * low_rate)})"
    )


def _months(table: pd.DataFrame) -> str:
    number = int(table["month_count"].max())
    return f"{times(number, 'month')} to {formats.month(table['last_month'].max())}"


def _quarter(start: dt.date) -> str:
    return f"{start.year} Q{(start.month + 2) // 3}"


def _year(as_of: dt.date) -> str:
    return formats.days(Period.last(365, as_of).start, as_of)

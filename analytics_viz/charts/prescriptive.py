"""What should we do? The figures of report 06.

Every function takes the rows of its query in `analytics_viz.queries.prescriptive` and the as-of
date, and returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics_viz import formats
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

Z = 1.959964


def offer_matrix(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The best offers by product and segment.

    Args:
        frame: customer_segment, product_name, possible_count, recommended_count, expected_value.
        as_of: the day of the plan.
    """
    if frame.empty or not frame["recommended_count"].sum():
        return no_data("offers worth their cost", as_of)
    table = frame.assign(value=frame["expected_value"].astype(float))
    order = table.groupby("product_name")["recommended_count"].sum().sort_values()
    segments = table.groupby("customer_segment")["recommended_count"].sum()
    columns = list(segments.sort_values(ascending=False).index)

    def grid(column: str) -> pd.DataFrame:
        wide = table.pivot_table(
            index="product_name", columns="customer_segment", values=column, aggfunc="sum"
        )
        return wide.reindex(index=order.index, columns=columns).astype(float)

    counts, possible, value = (grid(c) for c in ("recommended_count", "possible_count", "value"))
    cells = [
        [
            "" if np.isnan(number) else f"{number:,.0f}<br>{formats.money(money)}"
            if number else formats.EN_DASH
            for number, money in zip(*rows, strict=True)
        ]
        for rows in zip(counts.values, value.values, strict=True)
    ]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            x=[wrapped(name, 12) for name in columns],
            y=list(order.index),
            z=counts.where(counts > 0),
            colorscale=LIGHT.scale,
            zmin=0,
            showscale=False,
            xgap=3,
            ygap=3,
            text=cells,
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 12},
            customdata=np.dstack([counts, possible, value]),
            hoverongaps=False,
            hovertemplate="%{y}, %{x}<br>recommended to %{customdata[0]:,.0f} of"
            " %{customdata[1]:,.0f} customers who could have it<br>expected value"
            " %{customdata[2]:$,.0f}<extra></extra>",
        )
    )  # fmt: skip
    # what is possible but never the best has no colour, yet its dash
    figure.update_xaxes(title="Segment", type="category", side="bottom", showgrid=False)
    figure.update_yaxes(title="Product offered", type="category", showgrid=False)
    total = int(counts.sum().sum())
    top = order.index[-1]
    worth = float(value.sum().sum())
    return finish(
        figure,
        title=f"{top} is the best offer for {formats.count(int(order.iloc[-1]))} of"
        f" {formats.count(total)} customers with an offer; all together are worth"
        f" {formats.money(worth)}",
        subtitle="Customers whose best offer it is, with expected value less cost, by product and"
        " segment; acceptance and margins rest on assumptions where no campaign has measured them",
        how_to_read="Each cell counts the customers to whom this product should be offered next,"
        " with what that is expected to bring; a dash means possible, but never the best.",
        sample=f"n = {formats.count(total)} customers",
        as_of=as_of,
        height=130 + 56 * len(order),
        narrow={
            "yaxis.title.text": "",
            "yaxis.tickfont.size": 11,
            "data.0.textfont.size": 9,
            "data.0.text": [[cell.replace(formats.SPACE, "") for cell in row] for row in cells],
        },
    )


def retention_waterfall(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """From the expected loss to what remains of it.

    Args:
        frame: step, step_order, customer_count, amount (USD); the expected loss first, then what
            each step of action keeps, the cost last.
        as_of: the day of the plan.
    """
    table = frame.assign(money=frame["amount"].astype(float)) if len(frame) else frame
    if len(table) < 3 or not table["money"].iloc[0]:
        return no_data("retention actions worth their cost", as_of)
    loss, cost = float(table["money"].iloc[0]), float(table["money"].iloc[-1])
    kept = table.iloc[1:-1]
    saved = float(kept["money"].sum())
    remaining = loss - saved + cost
    labels = [*table["step"], "Loss and cost that remain"]
    values = [loss, *(-kept["money"]), cost, remaining]
    figure = go.Figure(
        go.Waterfall(
            y=[wrapped(label, 18) for label in labels],
            x=values,
            orientation="h",
            measure=["absolute", *["relative"] * (len(kept) + 1), "total"],
            text=[formats.money(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": LIGHT.quiet, "width": 1}},
            increasing={"marker": {"color": LIGHT.vermillion}},
            decreasing={"marker": {"color": LIGHT.green}},
            totals={"marker": {"color": LIGHT.blue}},
            customdata=[*table["customer_count"], table["customer_count"].iloc[0]],
            hovertemplate="%{y}: %{text}<br>%{customdata:,} customers<extra></extra>",
        )
    )
    low = min(remaining, loss - saved)
    # the bars begin at zero unless what is kept would be too thin to see
    floor = 0.0 if saved > 0.15 * loss else max(0.0, low - 1.5 * (loss - low))
    figure.update_yaxes(title="Step", type="category", autorange="reversed")
    figure.update_xaxes(
        title="Lifetime value ($)", tickformat="$~s", nticks=6,
        range=[floor, loss + 0.2 * (loss - floor)],
    )  # fmt: skip
    figure.update_layout(showlegend=False)
    cut = "; the axis does not begin at zero" if floor else ""
    return finish(
        figure,
        title=f"{formats.money(cost)} of retention keep {formats.money(saved)} of the"
        f" {formats.money(loss)} that departures of a year are expected to cost",
        subtitle="Expected loss of lifetime value within 365 days and what the funded actions take"
        f" from it{cut}",
        how_to_read="From top to bottom: the loss without any action, what each action keeps on top"
        " of the cheaper ones, what the actions cost, and what remains. Effects are assumptions.",
        sample=f"n = {formats.count(int(table['customer_count'].iloc[0]))} customers of some value",
        as_of=as_of,
        height=420,
        narrow={
            "yaxis.title.text": "",
            "xaxis.nticks": 4,
            "xaxis.range": [floor, loss + 0.35 * (loss - floor)],
        },
    )


def budget_curve(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What each budget would be worth.

    Args:
        frame: budget_rank, budget_used_amount, budget_amount, value_amount, value_per_dollar,
            is_funded, step_count; the best dollars first.
        as_of: the day of the plan.
    """
    if frame.empty:
        return no_data("retention actions worth their cost", as_of)
    columns = ["budget_used_amount", "budget_amount", "value_amount", "value_per_dollar"]
    table = frame.assign(**{column: frame[column].astype(float) for column in columns})
    budget = float(table["budget_amount"].iloc[0])
    funded = table[table["is_funded"].astype(bool)]
    spent = float(funded["budget_used_amount"].max()) if len(funded) else 0.0
    value = float(funded["value_amount"].max()) if len(funded) else 0.0
    rest = table[~table["is_funded"].astype(bool)]
    figure = go.Figure()
    start = pd.DataFrame({"budget_used_amount": [0.0], "value_amount": [0.0]})
    for part, name, colour, dash in (
        (pd.concat([start, funded]), "funded", LIGHT.blue, "solid"),
        (pd.concat([funded.tail(1) if len(funded) else start, rest]), "not funded", LIGHT.muted,
         "dot"),
    ):  # fmt: skip
        if len(part) > 1:
            figure.add_scatter(
                x=part["budget_used_amount"],
                y=part["value_amount"],
                mode="lines",
                name=name,
                line={"color": colour, "width": 2.5, "dash": dash},
                hovertemplate="%{x:$,.0f} spent on the best actions<br>expected value less cost"
                " %{y:$,.0f}<extra></extra>",
            )
    figure.add_vline(x=budget, line_color=LIGHT.vermillion, line_width=1.5, line_dash="dash")
    most = max(float(table["budget_used_amount"].max()), budget)
    # on the side of the line that has room for it
    side, shift = ("right", -5) if budget > 0.5 * most else ("left", 5)
    figure.add_annotation(
        x=budget, y=0, yref="paper", yanchor="bottom", xanchor=side, xshift=shift, showarrow=False,
        text=f"budget {formats.money(budget)}", font={"color": LIGHT.bad, "size": 13},
    )  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="Spent on retention ($)", tickformat="$~s", range=[0, 1.05 * most])
    figure.update_yaxes(
        title="Expected value less cost ($)", tickformat="$~s", rangemode="tozero", nticks=6
    )
    ahead = (
        f"the next dollar would earn {formats.price(rest['value_per_dollar'].iloc[0])}"
        if len(rest)
        else "nothing more is worth its cost"
    )
    steps = int(table["step_count"].iloc[0])
    return finish(
        figure,
        title=f"{formats.money(spent)} of the budget earn {formats.money(value)}"
        f" ({formats.price(value / spent)} a dollar); {ahead}"
        if spent
        else f"The budget of {formats.money(budget)} pays for no action; {ahead}",
        subtitle="Retention actions by value per dollar, the best first",
        how_to_read="The line shows what the best use of each budget is expected to earn after its"
        " cost; it flattens because the best dollars are spent first.",
        sample=f"n = {formats.count(steps)} actions worth their cost",
        as_of=as_of,
        height=420,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def budget_allocation(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """On whom the budget is spent.

    Args:
        frame: customer_segment, action_name, action_order, customer_count, cost, expected_value.
        as_of: the day of the plan.
    """
    if frame.empty:
        return no_data("funded retention actions", as_of)
    table = frame.assign(
        cost=frame["cost"].astype(float), value=frame["expected_value"].astype(float)
    )
    segments = table.groupby("customer_segment")[["cost", "value", "customer_count"]].sum()
    segments = segments.sort_values("cost")
    figure = go.Figure()
    actions = table.sort_values("action_order")["action_name"].unique()
    colours = [LIGHT.sky, LIGHT.blue, LIGHT.orange, LIGHT.purple, LIGHT.green, LIGHT.vermillion]
    for number, action in enumerate(actions):
        part = table[table["action_name"] == action]
        figure.add_bar(
            y=part["customer_segment"],
            x=part["cost"],
            name=action,
            orientation="h",
            marker_color=colours[number % len(colours)],
            customdata=part[["customer_count", "value"]],
            hovertemplate=f"%{{y}}: {action.lower()}<br>%{{x:$,.0f}} for %{{customdata[0]:,}}"
            " customers<br>expected value less cost %{customdata[1]:$,.0f}<extra></extra>",
        )
    most = float(segments["cost"].max())
    figure.add_scatter(
        x=segments["cost"],
        y=list(segments.index),
        mode="text",
        text=[
            f" <b>{formats.money(cost)}</b> earn {formats.money(value)}"
            for cost, value in zip(segments["cost"], segments["value"], strict=True)
        ],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Cost ($)", tickformat="$~s", range=[0, 1.5 * most], nticks=5)
    figure.update_yaxes(title="Segment", categoryorder="array", categoryarray=list(segments.index))
    cost, customers = segments["cost"].sum(), int(segments["customer_count"].sum())
    top = segments.iloc[-1]
    return finish(
        figure,
        title=f"{segments.index[-1]} customers get {formats.percent(100 * top['cost'] / cost)} of"
        f" the {formats.money(cost)} spent to keep {formats.count(customers)}"
        f" customer{'' if customers == 1 else 's'}",
        subtitle="Cost of the recommended retention actions by segment, and their expected value"
        " less cost",
        how_to_read="Each bar is what is spent on a segment, by action; the figures behind it say"
        " what that is expected to earn.",
        sample=f"n = {formats.count(customers)} customers",
        as_of=as_of,
        height=360,
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 2.1 * most], "xaxis.nticks": 4},
    )


def acceptance(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What is assumed and what campaigns have measured.

    Args:
        frame: product_name, treated_count, treated_opened, control_count, control_opened,
            measured_uplift (NULL where not measured), assumed_acceptance, acceptance_probability,
            is_measured.
        as_of: the day of the plan.
    """
    if frame.empty:
        return no_data("offers", as_of)
    columns = ["measured_uplift", "assumed_acceptance", "acceptance_probability"]
    counted = ["treated_opened", "treated_count", "control_opened", "control_count"]
    table = frame.assign(**{column: 100 * frame[column].astype(float) for column in columns})
    measured = table[table["is_measured"].astype(bool)].copy()
    if len(measured):
        bounds = [uplift_interval(*(int(v) for v in row)) for row in measured[counted].to_numpy()]
        measured["low"], measured["high"] = zip(*bounds, strict=True)
    figure = go.Figure()
    if len(measured):
        figure.add_scatter(
            x=measured["measured_uplift"],
            y=measured["product_name"],
            mode="markers",
            name="measured against the hold-out",
            marker={"color": LIGHT.blue, "size": 10},
            error_x={
                "type": "data", "symmetric": False, "color": LIGHT.blue, "thickness": 1.5,
                "array": measured["high"] - measured["measured_uplift"],
                "arrayminus": measured["measured_uplift"] - measured["low"],
            },
            customdata=measured[
                [*counted, "low", "high"]
            ],
            hovertemplate="%{y}: %{x:+.2f} points (95 %: %{customdata[4]:+.2f} to"
            " %{customdata[5]:+.2f})<br>opened by %{customdata[0]:,} of %{customdata[1]:,} who got"
            " the offer, %{customdata[2]:,} of %{customdata[3]:,} held out<extra></extra>",
        )  # fmt: skip
    for column, name, colour, symbol, size in (
        ("assumed_acceptance", "assumed", LIGHT.orange, "circle-open", 17),
        ("acceptance_probability", "used", LIGHT.vermillion, "diamond", 10),
    ):
        figure.add_scatter(
            x=table[column],
            y=table["product_name"],
            mode="markers",
            name=name,
            marker={
                "color": colour,
                "size": size,
                "symbol": symbol,
                "line": {"width": 2, "color": colour},
            },
            hovertemplate=f"%{{y}}: {name} %{{x:.2f}} %<extra></extra>",
        )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="Acceptance because of the offer (%)", zeroline=True, nticks=7)
    figure.update_yaxes(
        title="Product", type="category", categoryorder="array",
        categoryarray=list(table["product_name"]),
    )  # fmt: skip
    proven = int((measured["low"] > 0).sum()) if len(measured) else 0
    contacts = int(table["treated_count"].sum() + table["control_count"].sum())
    return finish(
        figure,
        title=f"Campaigns have measured {len(measured)} of {len(table)} offers;"
        f" {proven or 'none'} of them {'is' if proven < 2 else 'are'} shown to sell by more than"
        " chance"
        if len(measured)
        else f"No campaign has measured any of {len(table)} offers: acceptance is assumption",
        subtitle="Acceptance of offers: assumed, measured against the hold-out, and the mean of"
        " both that the plan uses",
        how_to_read="Blue is what campaigns measured, with its 95 % interval; the more contacts,"
        " the nearer the diamond lies to it, and the fewer, the nearer to the circle.",
        sample=f"n = {formats.count(contacts)} contacts and hold-outs without such a product",
        as_of=as_of,
        height=140 + 44 * len(table),
        narrow={
            "yaxis.title.text": "",
            "xaxis.title.text": "Acceptance (%)",
            "xaxis.nticks": 4,
        },
    )


def uplift_interval(
    opened: int, treated: int, opened_control: int, control: int
) -> tuple[float, float]:
    """95 % interval of a difference of two shares, in percentage points (Agresti and Caffo, 2000).

    One success and one failure are added to each group, so that it covers with few events, too.
    """
    first, second = (opened + 1) / (treated + 2), (opened_control + 1) / (control + 2)
    half = Z * (first * (1 - first) / (treated + 2) + second * (1 - second) / (control + 2)) ** 0.5
    return 100 * (first - second - half), 100 * (first - second + half)

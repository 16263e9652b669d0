"""What patterns exist? The figures of report 03.

Every function takes the rows of its query in `analytics_viz.queries.exploratory` and the as-of
date, and returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics_viz import formats
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

LEVEL = 0.05
OUTLIER_SCORE = 3.5
SMALL = 0.025  # of all customers; a smaller place would be a blot
STEP = 0.25  # of the logarithm to base 10 of a month's spending
MIN_CUSTOMERS = 30  # of a state, to speak of its spending
FEATURES = {"spending": "Spending", "balance": "Balances", "debt": "Debt"}
COLOURS = [LIGHT.sky, LIGHT.orange, LIGHT.green, LIGHT.purple, LIGHT.vermillion, LIGHT.blue]
SOFT = [LIGHT.blue_soft, LIGHT.orange_soft]


def clusters(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The clusters by balances and spending.

    Args:
        frame: cluster_name, customer_count, monthly_spending_amount, balance_amount and
            debt_amount (means, USD); one row for customers who are much alike.
        as_of: the day of the clusters.
    """
    if frame.empty:
        return no_data("customers of a complete month", as_of)
    table = _floats(frame, "monthly_spending_amount", "balance_amount", "debt_amount")
    table = table.assign(customer_count=table["customer_count"].astype(int))
    total, largest = int(table["customer_count"].sum()), float(table["customer_count"].max())
    names = sorted(table["cluster_name"].unique())
    figure = go.Figure()
    for name, colour in zip(names, _repeated(COLOURS, len(names)), strict=True):
        part = table[table["cluster_name"] == name]
        figure.add_scatter(
            # a logarithmic axis has no zero
            x=part["balance_amount"].clip(lower=1),
            y=part["monthly_spending_amount"].clip(lower=1),
            mode="markers",
            name=name,
            marker={
                "size": 7 + 20 * np.sqrt(part["customer_count"] / largest),
                "color": colour,
                "opacity": 0.8,
                "line": {"color": LIGHT.surface, "width": 1},
            },
            customdata=part[
                ["customer_count", "balance_amount", "monthly_spending_amount", "debt_amount"]
            ],
            hovertemplate=f"<b>{name}</b><br>%{{customdata[0]:,}} customers<br>balances"
            " %{customdata[1]:$,.0f}, spending %{customdata[2]:$,.0f} a month<br>debt"
            " %{customdata[3]:$,.0f}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend_itemsizing="constant")
    figure.update_xaxes(title="Mean balance ($)", type="log", **_decades(table["balance_amount"]))
    figure.update_yaxes(
        title="Spending a month ($)", type="log", **_decades(table["monthly_spending_amount"])
    )
    sizes = table.groupby("cluster_name")["customer_count"].sum().sort_values(ascending=False)
    top, least = str(sizes.index[0]), str(sizes.index[-1])
    title = (
        f"Customers fall into {len(names)} groups: the largest"
        f" ({formats.percent(100 * sizes.iloc[0] / total)}) has {_described(top)}, the smallest"
        f" ({formats.percent(100 * sizes.iloc[-1] / total)}) {_described(least)}"
        if len(names) > 1
        else f"All {_times(total, 'customer')} fall into one group: {_described(top)}"
    )
    return finish(
        figure,
        title=title,
        subtitle="Customers by mean balance and monthly spending of the last 12 complete months,"
        " both on logarithmic scales; less than $1 is shown as $1",
        how_to_read="Each bubble is customers who are much alike, larger for more of them; a colour"
        " is a cluster (k-means of spending, balances and debt). Clusters touch: they are a way to"
        " speak of customers, not kinds that exist by themselves.",
        sample=f"n = {_times(total, 'customer')}",
        as_of=as_of,
        height=500,
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Balance ($); upwards: spending ($)",
                "height": 520},
    )  # fmt: skip


def cluster_profiles(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How the centre of each cluster differs from the average customer.

    Args:
        frame: cluster_name, feature, centre_score (standard deviations), median_amount (USD),
            customer_count.
        as_of: the day of the clusters.
    """
    if frame.empty:
        return no_data("customers of a complete month", as_of)
    table = _floats(frame, "centre_score", "median_amount")
    features = [name for name in FEATURES if (table["feature"] == name).any()]
    names = sorted(table["cluster_name"].unique())
    scores, medians = (
        table.pivot_table(index="cluster_name", columns="feature", values=column).reindex(
            index=names, columns=features
        )
        for column in ("centre_score", "median_amount")
    )
    sizes = table.groupby("cluster_name")["customer_count"].max().astype(int)
    widest = float(scores.abs().max().max()) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=scores.to_numpy(),
            x=[FEATURES[name] for name in features],
            y=[f"{wrapped(name, 20)}<br>({formats.count(sizes[name])})" for name in names],
            colorscale=_diverging(),
            zmin=-widest,
            zmax=widest,
            showscale=False,
            xgap=3,
            ygap=3,
            text=[
                [f"<b>{formats.money(median)}</b><br>{_signed(score)}"
                 for median, score in zip(medians.loc[name], scores.loc[name], strict=True)]
                for name in names
            ],
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 13},
            customdata=medians.to_numpy(),
            hovertemplate="%{y}<br>%{x}: median %{customdata:$,.2f}, centre %{z:+.2f} standard"
            " deviations from the average customer<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Median ($; spending: a month) and centre (standard deviations)",
                     showgrid=False, tickangle=0)  # fmt: skip
    figure.update_yaxes(title="Cluster (customers)", showgrid=False, autorange="reversed")
    farthest = table.iloc[table["centre_score"].abs().argmax()]
    number = str(farthest["cluster_name"]).split(" ", maxsplit=1)[0]
    distance = float(farthest["centre_score"])
    return finish(
        figure,
        title=f"Cluster {number} stands farthest from the average customer:"
        f" {FEATURES.get(farthest['feature'], farthest['feature']).lower()}"
        f" {abs(distance):.1f} standard deviations {'above' if distance > 0 else 'below'} it"
        f" (median {formats.money(farthest['median_amount'])})",
        subtitle="Median of each cluster, and how far its centre lies from the average customer",
        how_to_read="Each row is a cluster; blue is more and orange less than the average customer,"
        " the deeper the farther from it, in standard deviations of the logarithms.",
        sample=f"n = {_times(int(sizes.sum()), 'customer')}",
        as_of=as_of,
        height=500,
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Median, standard deviations",
                "yaxis.tickfont.size": 10, "xaxis.tickfont.size": 11,
                "data.0.textfont.size": 11},
    )  # fmt: skip


def spending_distribution(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How customers spread over what they spend a month.

    Args:
        frame: log_from (lower end of a step of 0.25 of the logarithm to base 10 of a month's
            spending, which is at least 1 USD), customer_count, spending_amount.
        as_of: the day of the profiles.
    """
    if frame.empty:
        return no_data("customers of a complete month", as_of)
    table = _floats(frame, "log_from", "customer_count", "spending_amount")
    table = table.sort_values("log_from")
    total, spent = int(table["customer_count"].sum()), float(table["spending_amount"].sum())
    low, high = float(table["log_from"].min()), float(table["log_from"].max()) + STEP
    figure = go.Figure(
        go.Histogram(
            x=table["log_from"] + STEP / 2,
            y=table["customer_count"],
            histfunc="sum",
            xbins={"start": low, "end": high, "size": STEP},
            marker={"color": LIGHT.blue, "line": {"color": LIGHT.surface, "width": 1}},
            customdata=[
                f"{formats.money(10**start)} to {formats.money(10 ** (start + STEP))} a month"
                for start in table["log_from"]
            ],
            hovertemplate="%{y:,} customers spend %{x}<extra></extra>",
        )
    )
    ticks = list(range(int(np.floor(low)), int(np.ceil(high)) + 1))
    figure.update_layout(bargap=0.03, showlegend=False)
    figure.update_xaxes(
        title="Spending a month ($)", range=[low - STEP / 2, high + STEP / 2], tickvals=ticks,
        ticktext=[f"${10**tick:,}" for tick in ticks],
    )  # fmt: skip
    figure.update_yaxes(title="Customers", nticks=6)
    top = table.sort_values("log_from", ascending=False)
    few = top[top["customer_count"].cumsum() <= max(total / 10, top["customer_count"].iloc[0])]
    number = int(few["customer_count"].sum())
    share = 100 * float(few["spending_amount"].sum()) / spent if spent > 0 else None
    floor = 10 ** float(few["log_from"].min())
    return finish(
        figure,
        title=f"{_times(number, 'customer')} ({formats.percent(100 * number / total)})"
        f" {'spends' if number == 1 else 'spend'} {formats.money(floor)} or more a month and"
        f" {'makes' if number == 1 else 'make'} {formats.percent(min(share, 100))} of all spending"
        if share is not None
        else f"None of {_times(total, 'customer')} spent anything",
        subtitle="Customers by mean spending a month in the last 12 complete months, on a"
        " logarithmic scale; less than $1 counts as $1",
        how_to_read="Each bar counts the customers whose spending lies in its range; ranges grow"
        " with the amount, each is 1.8 times as far as the one before. Two hills"
        " would mean two kinds of customers.",
        sample=f"n = {_times(total, 'customer')}",
        as_of=as_of,
        narrow={"yaxis.title.text": "", "xaxis.tickfont.size": 11},
    )


def cluster_spending(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Which cluster the spending comes from.

    Args:
        frame: cluster_name, customer_count, spending_amount.
        as_of: the day of the clusters.
    """
    table = _floats(frame, "spending_amount", "customer_count").sort_values("cluster_name")
    total = int(table["customer_count"].sum())
    shown = table[table["spending_amount"] > 0]
    if shown.empty:
        return no_data("spending in the last 12 complete months", as_of)
    spent = float(shown["spending_amount"].sum())
    colours = dict(
        zip(table["cluster_name"], _repeated(COLOURS, len(table)), strict=True)
    )  # as in the scatter plot
    shares = 100 * shown["spending_amount"] / spent
    figure = go.Figure(
        go.Pie(
            labels=shown["cluster_name"],
            values=shown["spending_amount"],
            hole=0.6,
            sort=False,
            direction="clockwise",
            marker={
                "colors": [colours[name] for name in shown["cluster_name"]],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[formats.percent(share) if share >= 1 else "" for share in shares],
            textinfo="text",
            textposition="outside",
            customdata=shown["customer_count"],
            hovertemplate="<b>%{label}</b><br>%{value:$,.0f} (%{percent})<br>%{customdata:,}"
            " customers<extra></extra>",
        )
    )
    figure.add_annotation(
        text=f"<b>{formats.money(spent)}</b><br>in 12 months", showarrow=False, x=0.5, y=0.5,
        xref="paper", yref="paper", font={"size": 16, "color": LIGHT.text},
    )  # fmt: skip
    figure.update_layout(
        showlegend=True, margin={"t": 30, "b": 30, "l": 40, "r": 40},
        legend={"y": -0.05, "yanchor": "top"},
    )  # fmt: skip
    place = int(shares.argmax())
    top = shown.iloc[place]
    return finish(
        figure,
        title=f"{formats.percent(shares.iloc[place])} of spending comes from the"
        f" {formats.percent(100 * top['customer_count'] / total)} of customers with"
        f" {_described(str(top['cluster_name']))}",
        subtitle="Spending of the last 12 complete months by cluster of customers",
        how_to_read="The whole ring is all spending; each arc is one cluster's share, clockwise"
        " from the top in the order of the clusters, in the colours of the scatter plot.",
        sample=f"n = {_times(total, 'customer')}",
        as_of=as_of,
        height=420,
        narrow={"height": 440, "annotations.0.font.size": 13},
    )


def spending_treemap(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Spending by category and how it changed.

    Args:
        frame: category_name, category_group, spending_amount, yoy_percent (against the 12 months
            before), transaction_count, period_start_date, period_end_date.
        as_of: the last day with data.
    """
    table = _floats(frame, "spending_amount", "yoy_percent")
    table = table[table["spending_amount"] > 0].sort_values("spending_amount", ascending=False)
    if table.empty:
        return no_data("spending in the last 12 complete months", as_of)
    total = float(table["spending_amount"].sum())
    groups = table.groupby("category_group")["spending_amount"].sum().sort_values(ascending=False)
    boxes = []
    for group in groups.index:
        rows = table[table["category_group"] == group]
        if len(rows) > 1:
            boxes.append((str(group), str(group).capitalize(), "", float(groups[group]), np.nan,
                          int(rows["transaction_count"].sum())))  # fmt: skip
        parent = str(group) if len(rows) > 1 else ""
        boxes += [
            (f"{group}/{name}", name, parent, amount, change, int(number))
            for name, amount, change, number in zip(
                rows["category_name"], rows["spending_amount"], rows["yoy_percent"],
                rows["transaction_count"], strict=True,
            )
        ]  # fmt: skip
    changes = [
        "" if np.isnan(change) else f"{formats.signed_percent(change)} in a year"
        for *_, change, _ in boxes
    ]
    figure = go.Figure(
        go.Treemap(
            ids=[box[0] for box in boxes],
            labels=[box[1] for box in boxes],
            parents=[box[2] for box in boxes],
            values=[box[3] for box in boxes],
            branchvalues="total",
            sort=False,
            marker={
                "colors": [
                    LIGHT.grid if np.isnan(change) else SOFT[0] if change >= 0 else SOFT[1]
                    for *_, change, _ in boxes
                ],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[
                f"{formats.money(amount)} · {formats.percent(100 * amount / total)}"
                + (f"<br>{change}" if change else "")
                for (*_, amount, _, _), change in zip(boxes, changes, strict=True)
            ],
            texttemplate="<b>%{label}</b><br>%{text}",
            textfont={"color": LIGHT.text, "size": 13},
            customdata=[box[5] for box in boxes],
            hovertemplate="<b>%{label}</b><br>%{text}<br>%{customdata:,} transactions"
            "<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": False},
            root={"color": LIGHT.surface},
        )
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 0}, uniformtext={"minsize": 10, "mode": "hide"}
    )
    top = table.iloc[0]
    known = table.dropna(subset=["yoy_percent"])
    mover = known.iloc[known["yoy_percent"].abs().argmax()] if len(known) else None
    return finish(
        figure,
        title=f"{top['category_name']} takes"
        f" {formats.percent(100 * top['spending_amount'] / total)} of spending"
        + (
            f"; {mover['category_name']} changed most in a year"
            f" ({formats.signed_percent(mover['yoy_percent'])})"
            if mover is not None
            else ""
        ),
        subtitle=f"Spending by category, {_period(table)}; blue grew and orange shrank against the"
        " 12 months before",
        how_to_read="Each box is a category in the frame of its group; its area is what was spent."
        " Point at a box for its figures.",
        sample=f"n = {_times(int(table['transaction_count'].sum()), 'transaction')}",
        as_of=as_of,
        height=440,
        narrow={
            "height": 560,
            "data.0.texttemplate": "%{label}",
            "data.0.textfont.size": 12,
            "uniformtext.minsize": 8,
        },
    )


def geography_treemap(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Where customers live.

    Args:
        frame: state, city, customer_count, spending_amount.
        as_of: the day of the profiles.
    """
    if frame.empty:
        return no_data("customers of a complete month", as_of)
    table = _floats(frame, "spending_amount", "customer_count")
    total, spent = table["customer_count"].sum(), float(table["spending_amount"].sum())
    states = table.groupby("state")["customer_count"].sum().sort_values(ascending=False)
    # the long tail would be blots
    large = states[states >= SMALL * total]
    table["shown_state"] = table["state"].where(table["state"].isin(large.index), "Elsewhere")
    boxes = []
    for state, rows in table.groupby("shown_state", sort=False):
        row = (str(state), "", rows)
        boxes.append(row)
        if state == "Elsewhere":
            continue
        sizes_of = rows.groupby("city")["customer_count"].transform("sum")
        shown_city = rows["city"].where(sizes_of >= SMALL * total, "Other cities")
        if rows["city"].nunique() > 1:
            boxes += [
                (f"{state}/{city}", str(state), part)
                for city, part in rows.groupby(shown_city, sort=False)
            ]
    sizes = [float(rows["customer_count"].sum()) for *_, rows in boxes]
    money = [float(rows["spending_amount"].sum()) for *_, rows in boxes]
    labels = []
    for name, _, rows in boxes:
        elsewhere = _times(rows["state"].nunique(), "other state")
        names = list(rows["city"].unique())
        labels.append(
            name.split("/", 1)[1] if "/" in name
            else elsewhere if name == "Elsewhere"
            else f"{names[0]}, {name}" if len(names) == 1
            else name
        )  # fmt: skip
    figure = go.Figure(
        go.Treemap(
            ids=[name for name, *_ in boxes],
            labels=labels,
            parents=[parent for _, parent, _ in boxes],
            values=sizes,
            branchvalues="total",
            marker={
                "colors": [
                    LIGHT.grid if name == "Elsewhere" or (parent == "" and label == name)
                    else LIGHT.blue_soft
                    for (name, parent, _), label in zip(boxes, labels, strict=True)
                ],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[f"{size:,.0f} · {formats.percent(100 * size / total)}" for size in sizes],
            texttemplate="<b>%{label}</b><br>%{text}",
            textfont={"color": LIGHT.text, "size": 13},
            customdata=[
                f"{formats.money(amount)} spent in 12 months"
                + (f" ({formats.percent(100 * amount / spent)})" if spent > 0 else "")
                for amount in money
            ],
            hovertemplate="<b>%{label}</b><br>%{value:,} customers<br>%{customdata}"
            "<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": False},
            root={"color": LIGHT.surface},
        )
    )  # fmt: skip
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 0}, uniformtext={"minsize": 10, "mode": "hide"}
    )
    cities = table.groupby(["city", "state"])["customer_count"].sum().sort_values(ascending=False)
    city, state = cities.index[0]
    leading = states.head(3)
    return finish(
        figure,
        title=f"{formats.listing([str(name) for name in leading.index])}"
        f" {'is' if len(leading) == 1 else 'are'} home to"
        f" {formats.percent(100 * leading.sum() / total)} of customers; {city}, {state} alone to"
        f" {formats.percent(100 * cities.iloc[0] / total)}",
        subtitle="Customers by state and city of residence",
        how_to_read="Each box is a city in the frame of its state; its area is the number of"
        " customers; small places are one box. Point at a box for what they spend.",
        sample=f"n = {_times(int(total), 'customer')}",
        as_of=as_of,
        height=440,
        narrow={
            "height": 560,
            "data.0.texttemplate": "%{label}",
            "data.0.textfont.size": 12,
            "uniformtext.minsize": 8,
        },
    )


def geography_spending(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What customers of each state spend.

    Args:
        frame: state, spending (USD a month) with value_low and value_high, customer_count,
            period_start_date, period_end_date.
        as_of: the last day with data.
    """
    table = _floats(frame, "spending", "value_low", "value_high")
    table = table[table["customer_count"] >= MIN_CUSTOMERS].dropna(subset=["value_low"])
    if table.empty:
        return no_data(f"state with {MIN_CUSTOMERS} customers", as_of)
    table = table.sort_values("spending")
    figure = go.Figure(
        go.Scatter(
            y=[f"{state} ({formats.count(number)})"
               for state, number in zip(table["state"], table["customer_count"], strict=True)],
            x=table["spending"],
            mode="markers",
            marker={"size": 11, "color": LIGHT.blue},
            error_x={
                "type": "data", "symmetric": False, "color": LIGHT.muted, "thickness": 1.5,
                "array": table["value_high"] - table["spending"],
                "arrayminus": table["spending"] - table["value_low"],
            },
            customdata=table[["value_low", "value_high"]],
            hovertemplate="%{y} customers: median %{x:$,.2f} a month<br>95 % interval"
            " %{customdata[0]:$,.2f} to %{customdata[1]:$,.2f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Median spending a month ($)", rangemode="tozero", nticks=6)
    figure.update_yaxes(title="State (customers)")
    top, least = table.iloc[-1], table.iloc[0]
    apart = top["value_low"] > least["value_high"]
    number = int(table["customer_count"].sum())
    said = f"{formats.price(top['spending'])} a month in {top['state']}"
    return finish(
        figure,
        title=f"The median customer spends {said}"
        if len(table) == 1
        else f"The median customer spends {said} and {formats.price(least['spending'])} in"
        f" {least['state']}; "
        + (
            f"their intervals lie apart (not corrected for {len(table)} states)"
            if apart
            else "the intervals overlap, so it may be chance"
        ),
        subtitle=f"Median of customers' mean spending a month, {_period(table)}, by state of"
        f" residence; states with {MIN_CUSTOMERS} customers or more",
        how_to_read="Each dot is a state's median, its line the 95 % interval; the median, because"
        " a few customers spend so much that they make any mean. Lines that overlap may differ by"
        " chance only.",
        sample=f"n = {_times(number, 'customer')} of {_times(len(table), 'state')}",
        as_of=as_of,
        height=560,
        narrow={"yaxis.title.text": "", "height": 120 + 36 * len(table)},
    )


def correlations(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Rank correlations of each two features.

    Args:
        frame: feature, other_feature, spearman with spearman_low and spearman_high, p_value,
            adjusted_p_value, customer_count, comparison_count.
        as_of: the day of the profiles.
    """
    if frame.empty:
        return no_data("customers with all features", as_of)
    table = _floats(frame, "spearman", "spearman_low", "spearman_high", "adjusted_p_value")
    table["is_known"] = table["adjusted_p_value"] < LEVEL
    features = list(dict.fromkeys([*_order(table, "feature"), *_order(table, "other_feature")]))
    places = {name: place for place, name in enumerate(features)}
    empty = [[""] * len(features) for _ in features]
    z = np.full((len(features), len(features)), np.nan)
    text, hover = [list(row) for row in empty], [list(row) for row in empty]
    for left, right, value, low, high, p_value, is_known, count in zip(
        *(table[column] for column in ("feature", "other_feature", "spearman", "spearman_low",
          "spearman_high", "adjusted_p_value", "is_known", "customer_count")),
        strict=True,
    ):  # fmt: skip
        column, row = sorted((places[left], places[right]))
        z[row, column] = value
        # without the zero before the point, as is usual for what cannot exceed 1
        text[row][column] = (
            _signed(value, 2).replace("+", "").replace("0.", ".") if is_known else "·"
        )
        hover[row][column] = (
            f"{left} and {right}: {_signed(value, 2)}<br>95 % interval {_signed(low, 2)} to"
            f" {_signed(high, 2)}<br>corrected p {_p(p_value)}, n = {count:,}"
        )
    labels = [name.capitalize() for name in features]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(v) else v for v in row[:-1]] for row in z[1:]],
            x=labels[:-1],
            y=labels[1:],
            colorscale=_diverging(),
            zmin=-1,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            text=[row[:-1] for row in text[1:]],
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 12},
            customdata=[row[:-1] for row in hover[1:]],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(
        title="Feature (rank correlation, \u22121 to 1)", showgrid=False, tickangle=-45,
        type="category",
    )  # fmt: skip
    figure.update_yaxes(title="Feature", showgrid=False, autorange="reversed", type="category")
    sure = table[table["is_known"]]
    pairs, number = int(table["comparison_count"].iloc[0]), int(table["customer_count"].iloc[0])
    best = sure.iloc[sure["spearman"].abs().argmax()] if len(sure) else None
    return finish(
        figure,
        title=f"{len(sure)} of {pairs} pairs of features go together beyond chance, most of all"
        f" {best['feature']} and {best['other_feature']} ({_signed(best['spearman'], 2)})"
        if best is not None
        else f"None of {_times(pairs, 'pair')} of features goes together beyond chance",
        subtitle="Spearman's rank correlation of customers' features over the last 12 complete"
        " months",
        how_to_read="Blue: who has more of one has more of the other; orange: less. A dot could be"
        f" chance (Holm's correction for {pairs} tests). A correlation is no cause, and amounts"
        " that contain each other go together anyway.",
        sample=f"n = {_times(number, 'customer')} with purchases and all features",
        as_of=as_of,
        height=560,
        narrow={"xaxis.title.text": "Rank correlation", "yaxis.title.text": "",
                "data.0.textfont.size": 9, "xaxis.tickfont.size": 10, "yaxis.tickfont.size": 10,
                "xaxis.tickangle": -90, "height": 480},
    )  # fmt: skip


def amounts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How far purchases lie from what is usual in their category.

    Args:
        frame: score_from (lower end of a step of 0.5 of the robust score), is_outlier,
            purchase_count, fraud_count.
        as_of: the last day with data.
    """
    table = _floats(frame, "score_from", "purchase_count", "fraud_count")
    total = int(table["purchase_count"].sum())
    if not total:
        return no_data("purchases in the last 12 complete months", as_of)
    table["is_outlier"] = table["is_outlier"].astype(bool)
    low, high = float(table["score_from"].min()), float(table["score_from"].max()) + 0.5
    figure = go.Figure()
    for is_outlier, name, colour in (
        (False, "usual", LIGHT.blue), (True, "outlier", LIGHT.vermillion),
    ):  # fmt: skip
        part = table[table["is_outlier"] == is_outlier]
        figure.add_histogram(
            x=part["score_from"] + 0.25,
            y=part["purchase_count"],
            histfunc="sum",
            xbins={"start": low, "end": high, "size": 0.5},
            name=name,
            marker={"color": colour, "line": {"color": LIGHT.surface, "width": 1}},
            hovertemplate="score around %{x:.2f}: %{y:,} purchases<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.03, showlegend=True)
    for edge in (-OUTLIER_SCORE, OUTLIER_SCORE):
        figure.add_vline(x=edge, line_dash="dot", line_color=LIGHT.muted, line_width=1.5)
    figure.update_xaxes(
        title="Distance from the category's median (robust standard deviations)",
        range=[min(low, -4) - 0.25, max(high, 4) + 0.25],
        dtick=1,
    )
    figure.update_yaxes(title="Purchases (logarithmic)", type="log", dtick=1)
    odd = table[table["is_outlier"]]
    number, frauds = int(odd["purchase_count"].sum()), int(odd["fraud_count"].sum())
    all_frauds = int(table["fraud_count"].sum())
    return finish(
        figure,
        title=f"{formats.count(number)} of {_times(total, 'purchase')}"
        f" ({formats.percent(100 * number / total)})"
        f" {'is' if number == 1 else 'are'} out of line with their category; {frauds} of"
        f" {_times(all_frauds, 'fraudulent one')} {'is' if frauds == 1 else 'are'} among them"
        if number
        else f"None of {_times(total, 'purchase')} is out of line with its category",
        subtitle="Approved purchases of the last 12 complete months that do not recur, by how far"
        " the logarithm of the amount lies from its category's median",
        how_to_read="Each bar counts purchases, each gridline is ten times as many as the one"
        f" below; beyond the dotted lines ({formats.MINUS}3.5 and 3.5) an amount is called an"
        " outlier. Small amounts lie on the left, large ones on the right.",
        sample=f"n = {_times(total, 'purchase')}",
        as_of=as_of,
        height=420,
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Robust standard deviations"},
    )


def outliers(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The usual amounts of each category, and what lies outside.

    Args:
        frame: category_name, purchase_count, outlier_count, outlier_fraud_count, min_amount,
            max_amount, median_amount, lower_bound_amount, upper_bound_amount (USD).
        as_of: the last day with data.
    """
    columns = ("purchase_count", "outlier_count", "outlier_fraud_count", "min_amount",
               "max_amount", "median_amount", "lower_bound_amount",
               "upper_bound_amount")  # fmt: skip
    table = _floats(frame, *columns).dropna(subset=["lower_bound_amount"])
    if table.empty:
        return no_data("purchases in the last 12 complete months", as_of)
    table = table.fillna({"outlier_count": 0, "outlier_fraud_count": 0})
    table = table.sort_values(["median_amount", "category_name"])
    # a logarithmic axis has no zero
    table["lower_bound_amount"] = table["lower_bound_amount"].clip(lower=0.01)
    figure = go.Figure(
        go.Bar(
            y=table["category_name"],
            base=table["lower_bound_amount"],
            x=table["upper_bound_amount"] - table["lower_bound_amount"],
            orientation="h",
            name="usual amounts",
            marker_color=LIGHT.blue_soft,
            customdata=table[["lower_bound_amount", "upper_bound_amount", "purchase_count",
                              "outlier_count"]],
            hovertemplate="%{y}: usual are %{customdata[0]:$,.2f} to %{customdata[1]:$,.2f}<br>"
            "%{customdata[3]:,} of %{customdata[2]:,} purchases lie outside<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        y=table["category_name"],
        x=table["median_amount"],
        mode="markers",
        name="median",
        marker={"symbol": "line-ns", "size": 14, "line": {"color": LIGHT.blue, "width": 3},
                "color": LIGHT.blue},
        hovertemplate="%{y}: median %{x:$,.2f}<extra></extra>",
    )  # fmt: skip
    for column, name, odd in (
        ("min_amount", "smallest", table["min_amount"] < table["lower_bound_amount"]),
        ("max_amount", "largest", table["max_amount"] > table["upper_bound_amount"]),
    ):
        figure.add_scatter(
            y=table["category_name"],
            x=table[column],
            mode="markers",
            name=f"{name} amount",
            marker={
                "symbol": ["diamond" if out else "circle-open" for out in odd],
                "size": [12 if out else 7 for out in odd],
                "color": [LIGHT.vermillion if out else LIGHT.muted for out in odd],
            },
            showlegend=False,
            hovertemplate="%{y}: " + name + " amount %{x:$,.2f}<extra></extra>",
        )
    extent = pd.concat([table["min_amount"], table["lower_bound_amount"],
                        table["max_amount"], table["upper_bound_amount"]])  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="Amount of a purchase ($)", type="log", **_decades(extent))
    figure.update_yaxes(title="Category")
    number = int(table["outlier_count"].sum())
    larger = table.assign(times=table["max_amount"] / table["median_amount"])
    larger = larger[larger["max_amount"] > larger["upper_bound_amount"]].sort_values("times")
    odd_ones = int((table["outlier_count"] > 0).sum())
    title = (
        f"{odd_ones} of {_times(len(table), 'category', 'categories')}"
        f" {'has' if odd_ones == 1 else 'have'} unusual amounts"
        if number
        else f"No unusual amount in any of {_times(len(table), 'category', 'categories')}"
    )
    if len(larger):
        row = larger.iloc[-1]
        title += (
            f"; farthest above is {formats.price(row['max_amount'])} for"
            f" {str(row['category_name']).lower()}, {row['times']:.0f} times the median"
        )
    return finish(
        figure,
        title=title,
        subtitle="Usual amounts of approved purchases by category (median and 3.5 robust standard"
        " deviations of the logarithm to each side)",
        how_to_read="A bar spans the usual amounts of a category; rings are its smallest and"
        " largest purchase, diamonds where these are outliers. The scale is logarithmic.",
        sample=f"n = {_times(int(table['purchase_count'].sum()), 'purchase')},"
        f" {_times(number, 'outlier')}",
        as_of=as_of,
        height=460,
        narrow={"yaxis.title.text": ""},
    )


def _diverging() -> list[list[float | str]]:
    """Less (orange), the same, more (blue); soft, for text stands on it."""
    return [[0, LIGHT.orange_soft], [0.5, LIGHT.surface], [1, LIGHT.scale_2]]


def _described(cluster: str) -> str:
    """``heavy spending, high balances and some debt`` of ``5 Heavy spending, high …``."""
    text = cluster.split(" ", 1)[-1]
    return formats.listing((text[:1].lower() + text[1:]).split(", "))


def _decades(values: pd.Series) -> dict[str, object]:
    """Ticks at powers of ten, written out, for a logarithmic axis."""
    kept = values.clip(lower=0.01)
    low, high = np.floor(np.log10(kept.min())), np.ceil(np.log10(kept.max()))
    powers = np.arange(low, high + 1)
    return {
        "tickvals": [10.0**power for power in powers],
        "ticktext": [f"${10.0**power:,.12g}" for power in powers],
    }


def _order(table: pd.DataFrame, column: str) -> list[str]:
    """Names by how many pairs they begin: the order in which the pairs were formed."""
    return [str(name) for name in table[column].value_counts(sort=True).index]


def _repeated(colours: list[str], number: int) -> list[str]:
    return [colours[i % len(colours)] for i in range(number)]


def _period(table: pd.DataFrame) -> str:
    return formats.days(table["period_start_date"].iloc[0], table["period_end_date"].iloc[0])


def _signed(value: float, digits: int = 1) -> str:
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else formats.MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _times(number: float, thing: str, things: str | None = None) -> str:
    return f"{formats.count(number)} {thing if number == 1 else things or thing + 's'}"


def _floats(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].astype(float) for column in columns})

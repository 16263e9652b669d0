"""What happened? The figures of report 01.

Every function takes the rows of its query in `analytics_viz.queries.descriptive` and the as-of
date, and returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics_viz import formats
from analytics_viz.charts.months import ends, marked, with_room
from analytics_viz.data import Period
from analytics_viz.kpi import relative_change
from analytics_viz.theme import LIGHT, direct_label, finish, no_data, wrapped

YEAR_DAYS = 365
AGE_GROUPS = ["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
INCOME_BRACKETS = ["Under 30k", "30k to 60k", "60k to 100k", "100k to 200k", "200k and more"]
STATUS_COLOURS = {
    "active": LIGHT.blue,
    "dormant": LIGHT.sky,
    "delinquent": LIGHT.vermillion,
    "charged_off": LIGHT.purple,
    "closed": LIGHT.quiet,
}


def kpi_changes(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How unusual the change of each key figure is.

    Args:
        frame: label, kind, period_end, value; several periods for each label, oldest first. A
            figure that was zero in one of them is left out: no change can be measured from zero.
        as_of: the last day of the latest period.
    """
    rows = []
    for label, group in frame.groupby("label", sort=False):
        values = list(group["value"])
        changes = [relative_change(b, a) for a, b in pairwise(values)]
        # a change from zero has no size: a range without it would call the next change unusual
        if known := [change for change in changes if change is not None]:
            *before, latest = known
            if len(known) == len(changes):
                rows.append((label, latest, min(before, default=None), max(before, default=None)))
    if not rows:
        return no_data("two periods to compare", as_of)
    table = pd.DataFrame(rows, columns=["label", "change", "low", "high"]).sort_values("change")
    usual = table.dropna(subset=["low"])
    outside = (table["change"] < table["low"]) | (table["change"] > table["high"])
    figure = go.Figure()
    figure.add_bar(
        y=usual["label"],
        base=usual["low"],
        x=usual["high"] - usual["low"],
        orientation="h",
        width=0.42,
        marker_color=LIGHT.quiet,
        opacity=0.55,
        name="range of the earlier changes",
        customdata=usual[["low", "high"]],
        hovertemplate="%{y}<br>earlier changes: %{customdata[0]:+.1f} % to %{customdata[1]:+.1f} %"
        "<extra></extra>",
    )
    figure.add_scatter(
        y=table["label"],
        x=table["change"],
        mode="markers+text",
        marker={
            "size": 13,
            "color": [LIGHT.vermillion if out else LIGHT.blue for out in outside],
            "symbol": ["diamond" if out else "circle" for out in outside],
        },
        text=[f"<b>{formats.signed_percent(change, 1)}</b>" for change in table["change"]],
        textposition="top center",
        cliponaxis=False,
        name="latest change",
        hovertemplate="%{y}<br>latest change: %{x:+.1f} %<extra></extra>",
    )
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(
        title="Change against the 30 days before (%)", zeroline=True, zerolinewidth=2
    )
    figure.update_yaxes(title="Key figure", title_standoff=4)
    unusual = list(table["label"][outside])
    top = table.iloc[table["change"].abs().argmax()]
    title = (
        f"{formats.listing(unusual)} moved further than in any 30 days of the past year"
        if 0 < len(unusual) <= 3
        else f"{len(unusual)} of {len(table)} key figures moved further than in the past year"
        if unusual
        else f"All {len(table)} comparable key figures moved within their usual range,"
        f" {top['label'].lower()} most ({formats.signed_percent(top['change'], 1)})"
    )
    periods = frame.groupby("label")["period_end"].nunique().max()
    return finish(
        figure,
        title=title,
        subtitle=f"Latest 30 days against the 30 days before, "
        f"{formats.days(Period.last(30, as_of).start, as_of)}",
        how_to_read="Each mark is the latest change of one figure; the grey bar spans all changes"
        " from one 30-day period to the next in the past year, so a diamond outside it is unusual.",
        sample=f"n = {periods} periods of 30 days",
        as_of=as_of,
        height=90 + 46 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Change (%)"},
    )


def monthly_trends(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Spending and number of transactions per calendar month.

    Args:
        frame: month_start_date, is_complete, spending_amount, transaction_count; oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("transactions", as_of)
    table = frame.assign(
        month=pd.to_datetime(frame["month_start_date"]),
        spending=frame["spending_amount"].astype(float),
    )
    whole = table[table["is_complete"].astype(bool)]
    # a month that has just begun would look like a crash
    shown = whole if len(whole) > 1 else table
    panels = (
        ("spending", "Spending ($)", formats.money, "$,.0f", "$~s"),
        ("transaction_count", "Transactions", formats.count, ",.0f", "~s"),
    )
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    for row, (column, name, text, in_full, short) in enumerate(panels, start=1):
        labels = ends(shown, column)
        figure.add_scatter(
            x=shown["month"],
            y=shown[column],
            mode="lines+markers" if len(shown) < 3 else "lines",
            line={"color": LIGHT.blue, "width": 2.5},
            hovertemplate=f"%{{x|%B %Y}}<br>{name}: %{{y:{in_full}}}<extra></extra>",
            row=row,
            col=1,
        )
        figure.add_scatter(
            x=[label["month"] for label in labels],
            y=[label[column] for label in labels],
            mode="markers+text",
            marker={"size": 8, "color": LIGHT.blue},
            text=[f"<b>{text(label[column])}</b>" for label in labels],
            textposition=["top center"] * (len(labels) - 1) + ["middle right"],
            cliponaxis=False,
            hoverinfo="skip",
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title=name,
            range=[0, 1.2 * float(shown[column].max() or 1)],
            tickformat=short,
            nticks=5,
            row=row,
            col=1,
        )
    running = table["month"].iloc[-1] if len(shown) < len(table) else None
    figure.update_xaxes(title="Month", row=2, col=1)
    figure.update_xaxes(
        tickformat="%b\n%Y",
        hoverformat="%B %Y",
        tickvals=marked(shown["month"]),
        range=with_room(shown["month"], 0.15),
    )
    figure.update_layout(showlegend=False, hovermode="closest")
    return finish(
        figure,
        title=_trend_finding(shown),
        subtitle="Spending and transactions per calendar month"
        + (f"; {formats.month(running)}, not over yet, is left out" if running else ""),
        how_to_read="Each line runs from month to month above a scale that starts at zero; the dots"
        " mark the highest and the last month.",
        sample=f"n = {formats.count(int(shown['transaction_count'].sum()))} transactions"
        f" in {len(shown)} months",
        as_of=as_of,
        height=504,
        narrow={
            "xaxis.range": with_room(shown["month"], 0.25),
            "xaxis2.range": with_room(shown["month"], 0.25),
        },
    )


def channel_share(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The channels' shares in the number of transactions.

    Args:
        frame: channel, transaction_count.
        as_of: the last of the 365 days.
    """
    table = frame[frame["transaction_count"] > 0].sort_values("transaction_count", ascending=False)
    if table.empty:
        return no_data(_in_year("transactions", as_of), as_of)
    total = int(table["transaction_count"].sum())
    shares = 100 * table["transaction_count"] / total
    top = table.iloc[0]
    rest = "".join(
        f", {formats.percent(share)} through {channel}"
        for channel, share in zip(table["channel"][1:2], shares[1:2], strict=True)
    )
    figure = go.Figure(
        go.Pie(
            labels=table["channel"],
            values=table["transaction_count"],
            hole=0.62,
            sort=False,
            direction="clockwise",
            marker={
                "colors": LIGHT.series[: len(table)],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[
                f"<b>{channel}</b> {formats.percent(share)}"
                for channel, share in zip(table["channel"], shares, strict=True)
            ],
            textinfo="text",
            textposition="outside",
            hovertemplate="%{label}<br>%{value:,} transactions<br>%{percent}<extra></extra>",
        )
    )
    figure.add_annotation(
        **direct_label(
            text=f"<b>{formats.count(total)}</b><br>transactions",
            x=0.5,
            y=0.5,
            xref="paper",
            yref="paper",
            font={"size": 16, "color": LIGHT.text},
        )
    )
    figure.update_layout(showlegend=False, margin={"t": 48, "b": 36, "l": 78, "r": 78})
    return finish(
        figure,
        title=f"{formats.percent(shares.iloc[0])} of transactions go through"
        f" {top['channel']}{rest}",
        subtitle=f"Share of transactions by channel, {_year(as_of)}",
        how_to_read="The whole ring is all transactions; each arc is one channel's share, clockwise"
        " from the largest. Auto stands for standing orders and direct debits.",
        sample=f"n = {formats.count(total)} transactions",
        as_of=as_of,
        narrow={
            "height": 320,
            "annotations.0.font.size": 13,
            "margin.l": 90,
            "margin.r": 90,
        },
    )  # fmt: skip


def channel_spending(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What is spent through each channel.

    Args:
        frame: channel, spending_count, spending_amount.
        as_of: the last of the 365 days.
    """
    table = frame.assign(spending=frame["spending_amount"].astype(float))
    table = table[table["spending"] > 0].sort_values("spending")
    if table.empty:
        return no_data(_in_year("spending", as_of), as_of)
    number = int(table["spending_count"].sum())
    share = 100 * table["spending"] / table["spending"].sum()
    count_share = 100 * table["spending_count"] / number
    most = float(table["spending"].max())
    figure = go.Figure(
        go.Bar(
            y=table["channel"],
            x=table["spending"],
            orientation="h",
            marker_color=_last_in_blue(len(table)),
            text=[
                f"<b>{formats.money(spent)}</b> · {formats.percent(part)}"
                for spent, part in zip(table["spending"], share, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=pd.DataFrame({
                "count": table["spending_count"],
                "mean": table["spending"] / table["spending_count"],
            }),
            hovertemplate="%{y}<br>%{x:$,.0f} spent<br>%{customdata[0]:,} transactions of"
            " %{customdata[1]:$,.2f} on average<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="Spending ($)", tickformat="$~s", range=[0, 1.3 * most], nticks=5)
    figure.update_yaxes(title="Channel")
    return finish(
        figure,
        title=f"{table.iloc[-1]['channel']} carries {formats.percent(share.iloc[-1])} of spending"
        f" in {formats.percent(count_share.iloc[-1])} of the spending transactions",
        subtitle=f"Spending by channel, {_year(as_of)}",
        how_to_read="The longer the bar, the more was spent through the channel; transfers, cash"
        " and loan payments are not spending and do not appear. Auto stands for standing orders and"
        " direct debits.",
        sample=f"n = {formats.count(number)} spending transactions",
        as_of=as_of,
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.7 * most], "xaxis.nticks": 4},
    )


def customer_segments(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Share of customers and share of spending by segment.

    Args:
        frame: customer_segment, customer_count, spending_amount.
        as_of: the last of the 365 days.
    """
    table = frame.assign(spending=frame["spending_amount"].astype(float))
    customers, spending = table["customer_count"].sum(), table["spending"].sum()
    if not customers:
        return no_data("active customers", as_of)
    table["customer_share"] = 100 * table["customer_count"] / customers
    table["spending_share"] = 100 * table["spending"] / spending if spending else 0.0
    table["per_customer"] = table["spending"] / table["customer_count"]
    table = table.sort_values("spending_share")
    figure = go.Figure()
    for column, name, colour in (
        ("spending_share", "share of spending", LIGHT.blue),
        ("customer_share", "share of customers", LIGHT.orange),
    ):
        figure.add_bar(
            y=table["customer_segment"],
            x=table[column],
            name=name,
            orientation="h",
            marker_color=colour,
            text=[formats.percent(value) for value in table[column]],
            textposition="outside",
            cliponaxis=False,
            customdata=table[["customer_count", "per_customer"]],
            hovertemplate="%{y}: %{x:.1f} % — " + name + "<br>%{customdata[0]:,} customers<br>"
            "%{customdata[1]:$,.0f} spent per customer in 365 days<extra></extra>",
        )
    figure.update_layout(
        barmode="group", bargap=0.3, bargroupgap=0.08, legend_traceorder="reversed"
    )
    figure.update_xaxes(
        title="Share (%)",
        range=[0, 1.15 * float(table[["customer_share", "spending_share"]].max().max())],
        nticks=6,
    )
    figure.update_yaxes(title="Segment")
    per = table.sort_values("per_customer").iloc[-1]
    mean = spending / customers
    return finish(
        figure,
        title=f"{per['customer_segment']} customers spend {per['per_customer'] / mean:.1f} times"
        f" the average: {formats.percent(per['customer_share'])} of customers,"
        f" {formats.percent(per['spending_share'])} of spending"
        if mean
        else f"{int(customers):,} active customers, none of them spent anything in 365 days",
        subtitle=f"Active customers by segment and their spending, {_year(as_of)}",
        how_to_read="A segment whose blue bar is longer than its orange one spends more than its"
        " number of customers would suggest.",
        sample=f"n = {formats.count(int(customers))} active customers",
        as_of=as_of,
        narrow={"yaxis.title.text": ""},
    )


def demographics(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Customers by age group and income bracket.

    Args:
        frame: age_group, income_bracket, customer_count.
        as_of: the day on which ages are counted.
    """
    if frame.empty:
        return no_data("active customers", as_of)
    table = (
        frame.pivot_table("customer_count", "income_bracket", "age_group", "sum")
        .reindex(index=_in_order(INCOME_BRACKETS, frame["income_bracket"]))
        .reindex(columns=_in_order(AGE_GROUPS, frame["age_group"]))
        .fillna(0)
        .astype(int)
    )
    total = int(table.to_numpy().sum())
    short = {"Under 30k": "< 30k", "200k and more": "200k +"}
    brackets = [short.get(name, name.replace(" to ", formats.EN_DASH)) for name in table.index]
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy().tolist(),
            x=list(table.columns),
            y=brackets,
            colorscale=LIGHT.scale,
            zmin=0,
            showscale=False,
            xgap=3,
            ygap=3,
            text=[[str(n) if n else "·" for n in row] for row in table.to_numpy().tolist()],
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 14},
            customdata=(100 * table / total).to_numpy().tolist(),
            hovertemplate="age %{x}, income %{y}<br>%{z:,} customers (%{customdata:.1f} %)"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="Age (years)", type="category", showgrid=False, tickangle=0)
    figure.update_yaxes(title="Income ($ a year)", type="category", showgrid=False)
    age, income = table.sum(axis=0), table.sum(axis=1)
    return finish(
        figure,
        title=f"The largest age group is {formats.unbroken(str(age.idxmax()))}"
        f" ({formats.percent(100 * age.max() / total)} of customers), the most common income"
        f" {formats.unbroken(_bracket(str(income.idxmax())))}"
        f" ({formats.percent(100 * income.max() / total)})",
        subtitle="Active customers by age and annual income",
        how_to_read="Each cell counts the customers of one age group and one income bracket; the"
        " darker (at night: brighter) the cell, the more of them.",
        sample=f"n = {formats.count(total)} active customers",
        as_of=as_of,
        narrow={"xaxis.tickfont.size": 11, "yaxis.title.text": "",
                "xaxis.title.text": "Age (years); rows: $ a year"},
    )  # fmt: skip


def product_treemap(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The money held in or owed on each product.

    Args:
        frame: product_category, product_name, account_count, held_amount, owed_amount.
        as_of: the day of the balances.
    """
    table = frame.assign(
        held=frame["held_amount"].astype(float), owed=frame["owed_amount"].astype(float)
    )
    table["balance"] = table["held"] - table["owed"]
    table["size"] = table["balance"].abs()
    table = table.sort_values("size", ascending=False)
    table = table[table["size"] > 0]
    if table.empty:
        return no_data("open accounts with a balance", as_of)
    total = table["size"].sum()
    boxes = []
    for category, products in table.groupby("product_category", sort=False):
        # a box with one box in it says the same thing twice, and one that small is only a blot
        single = len(products) == 1 or products["size"].sum() < 0.03 * total
        boxes.append(
            {
                "id": str(category),
                "label": products["product_name"].iloc[0] if len(products) == 1 else str(category),
                "parent": "",
                **products[["size", "balance", "account_count"]].sum(),
            }
        )
        if not single:
            boxes += [
                {
                    "id": f"{category}/{product['product_name']}",
                    "label": product["product_name"],
                    "parent": str(category),
                    **product[["size", "balance", "account_count"]],
                }
                for _, product in products.iterrows()
            ]
    tree = pd.DataFrame(boxes)
    share = [formats.percent(100 * size / total) for size in tree["size"]]
    figure = go.Figure(
        go.Treemap(
            ids=tree["id"],
            labels=tree["label"],
            parents=tree["parent"],
            values=tree["size"].astype(float),
            branchvalues="total",
            sort=False,
            marker={
                "colors": [
                    LIGHT.blue_soft if balance >= 0 else LIGHT.orange_soft
                    for balance in tree["balance"]
                ],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[
                f"{formats.money(size)} · {part}"
                for size, part in zip(tree["size"], share, strict=True)
            ],
            texttemplate="<b>%{label}</b><br>%{text}",
            textfont={"color": LIGHT.text, "size": 14},
            customdata=[
                [part, "held" if balance >= 0 else "owed", count, size / count]
                for part, balance, count, size in zip(
                    share, tree["balance"], tree["account_count"], tree["size"], strict=True
                )
            ],
            hovertemplate="<b>%{label}</b><br>%{value:$,.0f} %{customdata[1]} (%{customdata[0]})"
            "<br>%{customdata[2]:,} accounts, %{customdata[3]:$,.0f} each on average"
            "<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": False},
            root={"color": LIGHT.surface},
        )
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 4, "b": 0}, uniformtext={"minsize": 11, "mode": "hide"}
    )
    top = table.iloc[0]
    accounts = int(table["account_count"].sum())
    return finish(
        figure,
        title=f"{top['product_name']} {'holds' if top['balance'] >= 0 else 'is'}"
        f" {formats.percent(100 * top['size'] / total)} of the book;"
        f" customers hold {formats.money(table['held'].sum())}"
        f" and owe {formats.money(table['owed'].sum())}",
        subtitle="Balances by product: blue is held by customers, orange is owed to the bank",
        how_to_read="Each box is a product, in its category's frame; its area is the money held in"
        " it or owed on it; small categories are one box. Point at a box for its figures.",
        sample=f"n = {formats.count(accounts)} open accounts",
        as_of=as_of,
        height=440,
    )


def top_merchants(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The merchants where customers spend most.

    Args:
        frame: merchant_name, merchant_category, transaction_count, spending_amount,
            all_spending_amount, merchant_count (the last two: of all merchants, repeated).
        as_of: the last of the 365 days.
    """
    table = frame.assign(spending=frame["spending_amount"].astype(float)).sort_values("spending")
    table = table[table["spending"] > 0]
    if table.empty:
        return no_data(_in_year("spending at merchants", as_of), as_of)
    everything = float(table["all_spending_amount"].iloc[0])
    top = table.iloc[-1]
    rank = range(len(table), 0, -1)
    figure = go.Figure(
        go.Bar(
            y=_labels(table["merchant_name"]),
            x=table["spending"],
            orientation="h",
            marker_color=_last_in_blue(len(table)),
            text=[
                f"<b>{formats.money(spent)}</b> {category}"
                for spent, category in zip(
                    table["spending"], table["merchant_category"], strict=True
                )
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=pd.DataFrame({
                "rank": list(rank),
                "name": table["merchant_name"],
                "category": table["merchant_category"],
                "count": table["transaction_count"],
                "mean": table["spending"] / table["transaction_count"],
            }),
            hovertemplate="%{customdata[0]}. %{customdata[1]} (%{customdata[2]})<br>%{x:$,.0f} in"
            " %{customdata[3]:,} transactions of %{customdata[4]:$,.2f} on average<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(
        title="Spending ($)",
        tickformat="$~s",
        nticks=5,
        range=[0, 1.5 * float(table["spending"].max())],
    )
    figure.update_yaxes(title="Merchant")
    share = 100 * table["spending"].sum() / everything if everything else 0.0
    return finish(
        figure,
        title=f"{top['merchant_name']} leads with {formats.money(top['spending'])}; the top"
        f" {len(table)} of {formats.count(int(table['merchant_count'].iloc[0]))} merchants take"
        f" {formats.percent(share)} of spending",
        subtitle=f"Spending by merchant without rent, {_year(as_of)}",
        how_to_read="Merchants in order of what customers spent there, refunds deducted; the word"
        " after the amount is the merchant's category. Landlords are left out.",
        sample=f"n = {formats.count(int(table['transaction_count'].sum()))} transactions at these"
        " merchants",
        as_of=as_of,
        height=84 + 30 * len(table),
        narrow={
            "yaxis.title.text": "",
            "yaxis.tickfont.size": 11,
            "xaxis.range": [0, 1.4 * float(table["spending"].max())],
            "xaxis.nticks": 4,
            "data.0.text": [f"<b>{formats.money(spent)}</b>" for spent in table["spending"]],
        },
    )


def account_status(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Accounts by product category and status.

    Args:
        frame: product_category, account_status, account_count.
        as_of: the day of the status.
    """
    if frame.empty:
        return no_data("accounts", as_of)
    table = (
        frame.pivot_table("account_count", "product_category", "account_status", "sum")
        .fillna(0)
        .astype(int)
    )
    order = table.sum(axis=1).sort_values().index
    table = table.loc[order, _in_order(list(STATUS_COLOURS), frame["account_status"])]
    total, per_row = int(table.to_numpy().sum()), table.sum(axis=1)
    figure = go.Figure()
    for position, status in enumerate(table.columns):
        figure.add_bar(
            y=list(table.index),
            x=table[status],
            name=str(status).replace("_", " "),
            orientation="h",
            marker_color=STATUS_COLOURS.get(str(status), LIGHT.series[position % 6]),
            marker_line={"color": LIGHT.surface, "width": 1},
            customdata=100 * table[status] / per_row,
            hovertemplate="%{y}: %{x:,} "
            + str(status)
            + " accounts (%{customdata:.1f} % of the category)<extra></extra>",
        )
    for category, n in per_row.items():
        figure.add_annotation(
            **direct_label(text=f"<b>{n:,}</b>", x=n, y=category, xanchor="left", xshift=6)
        )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Accounts (number)", range=[0, 1.12 * float(per_row.max())], nticks=6)
    figure.update_yaxes(title="Product category")
    most = float(per_row.max())
    return finish(
        figure,
        title=_status_finding(table, total),
        subtitle="Accounts by product category and status",
        how_to_read="The length of a bar is the number of accounts ever opened in the category; its"
        " parts are their status today.",
        sample=f"n = {formats.count(total)} accounts",
        as_of=as_of,
        height=90 + 74 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.25 * most], "height": 380},
    )


def _last_in_blue(n: int) -> list[str]:
    """Colours of ``n`` bars in ascending order: the longest stands out."""
    return [LIGHT.quiet] * (n - 1) + [LIGHT.blue]


def _labels(names: pd.Series) -> list[str]:
    """Axis labels; two bars must not share one, or plotly would lay them upon each other."""
    seen: dict[str, int] = {}
    labels = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        labels.append(f"{wrapped(name)}{chr(0x200B) * (seen[name] - 1)} ")
    return labels


def _status_finding(table: pd.DataFrame, total: int) -> str:
    parts = {str(status): int(table[status].sum()) for status in table.columns}
    active = parts.get("active", 0)
    if parts.get("closed"):
        closed = 100 * table["closed"] / table.sum(axis=1)
        rest = f"; {closed.idxmax()} has the most closed ones ({formats.percent(closed.max())})"
    else:
        rest = ""
    share = formats.percent(100 * active / total)
    return f"{share} of {formats.count(total)} accounts are active{rest}"


def _trend_finding(table: pd.DataFrame) -> str:
    last = table.iloc[-1]
    text = f"{formats.money(last['spending'])} were spent in {formats.month(last['month'])}"
    year_ago = table[table["month"] == last["month"] - pd.DateOffset(years=1)]
    before = year_ago["spending"].iloc[0] if len(year_ago) else None
    change = relative_change(last["spending"], before)
    if change is None:
        return text
    if abs(change) < 0.5:
        return f"{text}, as much as a year earlier"
    more = "more" if change > 0 else "less"
    return f"{text}, {formats.percent(abs(change))} {more} than a year earlier"


def _in_order(known: list[str], found: pd.Series) -> list[str]:
    present = {str(value) for value in found}
    return [name for name in known if name in present] + sorted(present - set(known))


def _bracket(name: str) -> str:
    if name[:1].isdigit():
        return "$" + name.replace(" to ", f"{formats.EN_DASH}$")
    return name.lower().replace("under ", "under $")


def _year(as_of: dt.date) -> str:
    return formats.days(Period.last(YEAR_DAYS, as_of).start, as_of)


def _in_year(what: str, as_of: dt.date) -> str:
    return f"{what} in the {YEAR_DAYS} days to {formats.day(as_of)}"

"""What will happen? The figures of report 05.

Every function takes the rows of its query in `analytics_viz.queries.predictive` and the as-of date,
and returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics_viz import formats
from analytics_viz.theme import LIGHT, finish, no_data

CATEGORIES = {"Low": LIGHT.sky, "Medium": LIGHT.orange, "High": LIGHT.vermillion}
MODELS = {
    "churn_90d": ("Leaving within 90 days", LIGHT.blue),
    "churn_365d": ("Leaving within 365 days", LIGHT.orange),
    "late_payment_90d": ("Late payment within 90 days", LIGHT.green),
    "fraud": ("Fraudulent transaction", LIGHT.purple),
}
BIN = 0.05
SOFT = {"Low": LIGHT.blue_soft, "Medium": LIGHT.orange_soft, "High": LIGHT.vermillion}  # with text


def churn_distribution(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How the churn risk scores are spread.

    Args:
        frame: score_from (lower end of a bin of 0.05), churn_risk_category, customer_count,
            expected_departures.
        as_of: the day of the scores.
    """
    if frame.empty:
        return no_data("churn scores", as_of)
    table = _floats(frame, "score_from", "expected_departures")
    total = int(table["customer_count"].sum())
    figure = go.Figure()
    for category, colour in CATEGORIES.items():
        part = table[table["churn_risk_category"] == category]
        figure.add_bar(
            x=part["score_from"] + BIN / 2,
            y=part["customer_count"],
            width=0.9 * BIN,
            name=category,
            marker_color=colour,
            customdata=pd.DataFrame({
                "low": part["score_from"],
                "high": part["score_from"] + BIN,
                "leave": part["expected_departures"],
            }),
            hovertemplate="score %{customdata[0]:.2f} to %{customdata[1]:.2f}: " + category
            + "<br>%{y:,} customers<br>%{customdata[2]:.1f} expected to leave within 90 days"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0, showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Churn risk score (0 to 1)", range=[0, 1], dtick=0.1)
    figure.update_yaxes(title="Customers", nticks=6)
    figure.add_vline(x=0.5, line_dash="dot", line_color=LIGHT.muted, line_width=1.5)
    high = table[table["churn_risk_category"] == "High"]
    number = int(high["customer_count"].sum())
    leaving = float(table["expected_departures"].sum())
    share = 100 * float(high["expected_departures"].sum()) / leaving if leaving else 0.0
    return finish(
        figure,
        title=f"{_times(number, 'customer')} of {formats.count(total)}"
        f" ({formats.percent(100 * number / total)}) {'has' if number == 1 else 'have'} a high"
        f" churn risk and {'makes' if number == 1 else 'make'} up {formats.percent(share)} of the"
        f" {formats.count(round(leaving))} departures expected within 90 days",
        subtitle="Customers by churn risk score; dotted: the average customer (0.5)",
        how_to_read="A score says how the odds of leaving within 90 days compare with the average"
        " customer's: 0.5 equal, 0.7 more than twice, 0.3 less than half of them.",
        sample=f"n = {formats.count(total)} customers",
        as_of=as_of,
        height=440,
        narrow={"xaxis.dtick": 0.2, "yaxis.title.text": "", "height": 360},
    )


def risk_and_value(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Risk of leaving against lifetime value.

    Args:
        frame: churn_risk_category, customer_count, churn_percent, lifetime_value (above zero),
            expected_loss; one row for customers who are much alike.
        as_of: the day of the scores.
    """
    if frame.empty:
        return no_data("customers of some value", as_of)
    table = _floats(frame, "churn_percent", "lifetime_value", "expected_loss", "customer_count")
    total = int(table["customer_count"].sum())
    largest = float(table["customer_count"].max())
    figure = go.Figure()
    for category, colour in CATEGORIES.items():
        part = table[table["churn_risk_category"] == category]
        figure.add_scatter(
            x=part["churn_percent"],
            y=part["lifetime_value"],
            mode="markers",
            name=f"{category} churn risk",
            marker={
                "size": 6 + 26 * np.sqrt(part["customer_count"] / largest),
                "color": colour,
                "opacity": 0.75,
                "line": {"color": LIGHT.surface, "width": 1},
            },
            customdata=part[["customer_count", "expected_loss"]],
            hovertemplate="%{customdata[0]:,} customers<br>%{x:.2f} % leave within a year<br>"
            "worth %{y:$,.0f} each<br>expected loss %{customdata[1]:$,.0f}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend_itemsizing="constant")
    figure.update_xaxes(
        title="Probability of leaving within 365 days (%)",
        type="log",
        **_decades(table["churn_percent"], ""),
    )
    figure.update_yaxes(
        title="Lifetime value ($)", type="log", **_decades(table["lifetime_value"], "$")
    )
    ordered = table.sort_values("expected_loss", ascending=False)
    half = ordered[ordered["expected_loss"].cumsum() <= 0.5 * ordered["expected_loss"].sum()]
    few = int(half["customer_count"].sum()) or int(ordered["customer_count"].iloc[0])
    loss = float(table["expected_loss"].sum())
    return finish(
        figure,
        title=f"Departures of a year would cost {formats.money(loss)} of lifetime value; half of"
        f" it hangs on {formats.percent(100 * few / total)} of the customers",
        subtitle="Customers by risk and value, both on logarithmic scales; those without a positive"
        " value are left out",
        how_to_read="Each bubble is a group of customers who are much alike, larger for more of"
        " them; the farther up and to the right, the more is at stake.",
        sample=f"n = {formats.count(total)} customers",
        as_of=as_of,
        height=460,
        narrow={"yaxis.title.text": "", "height": 420},
    )


def risk_categories(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Low, medium and high risk of each kind.

    Args:
        frame: risk, category, customer_count.
        as_of: the day of the scores.
    """
    if frame.empty:
        return no_data("risk categories", as_of)
    counts = frame.pivot_table(
        index="risk", columns="category", values="customer_count", aggfunc="sum", fill_value=0
    ).astype(float)
    counts = counts.reindex(columns=list(CATEGORIES), fill_value=0.0)
    sizes = counts.sum(axis=1)
    shares = 100 * counts.div(sizes, axis=0)
    shares = shares.sort_values("High")
    labels = [f"{risk}<br>({formats.count(sizes[risk])})" for risk in shares.index]
    figure = go.Figure()
    for category, colour in SOFT.items():
        figure.add_bar(
            y=labels,
            x=shares[category],
            name=category,
            orientation="h",
            marker_color=colour,
            text=[formats.percent(v) if v >= 12 else "" for v in shares[category]],
            textangle=0,
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": LIGHT.text},
            customdata=counts.loc[shares.index, category],
            hovertemplate="%{customdata:,} customers (%{x:.1f} %) have a " + category.lower()
            + " risk<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Share of those who can run the risk (%)", range=[0, 100])
    figure.update_yaxes(title="Risk (number of customers)")
    most = float(shares["High"].max())
    tops = [risk.lower() for risk in shares.index[::-1] if shares.loc[risk, "High"] == most]
    parts = formats.listing([
        f"{_times(int(counts.loc[risk, 'High']), 'customer')} for {risk.lower()}"
        for risk in shares.index[::-1]
    ])  # fmt: skip
    return finish(
        figure,
        title=f"High risk: {parts}; {formats.listing(tops)} {'has' if len(tops) == 1 else 'have'}"
        f" the largest share ({formats.percent(most)})"
        if most
        else "No customer has a high risk of any kind",
        subtitle="Customers by category of risk; only borrowers can be late with an instalment",
        how_to_read="Each bar is all customers who can run that risk; scores above 0.7 are high,"
        " above 0.3 medium. Fraud: the most suspicious transaction of the last 30 days.",
        sample=f"n = {formats.count(sizes.max())} customers",
        as_of=as_of,
        height=320,
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Share of customers (%)"},
    )


def value_at_risk(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Expected loss of lifetime value by segment.

    Args:
        frame: customer_segment, customer_count, lifetime_value, expected_loss.
        as_of: the day of the scores.
    """
    table = _floats(frame, "lifetime_value", "expected_loss")
    table = table[table["lifetime_value"] > 0].sort_values("expected_loss")
    if not table["expected_loss"].sum():
        return no_data("customers of some value", as_of)
    table["share"] = 100 * table["expected_loss"] / table["lifetime_value"]
    table["each"] = table["expected_loss"] / table["customer_count"]
    most = float(table["expected_loss"].max())
    figure = go.Figure(
        go.Bar(
            y=table["customer_segment"],
            x=table["expected_loss"],
            orientation="h",
            marker_color=[LIGHT.quiet] * (len(table) - 1) + [LIGHT.blue],
            text=[
                f"<b>{formats.money(loss)}</b> · {formats.percent(share)}"
                for loss, share in zip(table["expected_loss"], table["share"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=table[["customer_count", "lifetime_value", "each"]],
            hovertemplate="%{y}: %{customdata[0]:,} customers worth %{customdata[1]:$,.0f}<br>"
            "expected loss %{x:$,.0f}, %{customdata[2]:$,.2f} each<extra></extra>",
        )
    )
    figure.update_xaxes(
        title="Expected loss within 365 days ($)",
        tickformat="$~s",
        range=[0, 1.35 * most],
        nticks=5,
    )
    figure.update_yaxes(title="Segment")
    top = table.iloc[-1]
    total = float(table["expected_loss"].sum())
    return finish(
        figure,
        title=f"{top['customer_segment']} customers carry"
        f" {formats.percent(100 * top['expected_loss'] / total)} of the"
        f" {formats.money(total)} that departures of a year are expected to cost",
        subtitle="Probability of leaving within 365 days times lifetime value, by segment; the"
        " percentage is of the segment's lifetime value",
        how_to_read="The longer the bar, the more margin is expected to leave. Values rest on"
        " assumptions.",
        sample=f"n = {formats.count(int(table['customer_count'].sum()))} customers",
        as_of=as_of,
        height=340,
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.8 * most], "xaxis.nticks": 4},
    )


def importance(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What the ranking loses without each driver.

    Args:
        frame: model, driver, loss, y_low, y_high, auc, and the judged period; the least first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("trained models", as_of)
    table = _floats(frame, "loss", "y_low", "y_high", "auc")
    models = [name for name in MODELS if (table["model"] == name).any()]
    sizes = [int((table["model"] == name).sum()) for name in models]
    figure = make_subplots(
        rows=len(models), cols=1, vertical_spacing=0.17, row_heights=sizes,
        subplot_titles=[MODELS[name][0] for name in models],
    )  # fmt: skip
    for row, name in enumerate(models, start=1):
        part = table[table["model"] == name]
        figure.add_bar(
            y=part["driver"],
            x=part["loss"],
            orientation="h",
            marker_color=[LIGHT.blue if low > 0 else LIGHT.quiet for low in part["y_low"]],
            error_x={
                "type": "data", "symmetric": False, "array": part["y_high"] - part["loss"],
                "arrayminus": part["loss"] - part["y_low"], "color": LIGHT.muted, "thickness": 1.5,
            },
            customdata=part[["y_low", "y_high"]],
            hovertemplate="%{y}: %{x:.3f} of the area under the ROC curve<br>"
            "95 % interval %{customdata[0]:.3f} to %{customdata[1]:.3f}<extra></extra>",
            row=row,
            col=1,
        )  # fmt: skip
    figure.update_layout(showlegend=False, bargap=0.4, margin_t=40)
    figure.update_xaxes(zeroline=True, nticks=6)
    figure.update_xaxes(title="Loss of area under the ROC curve (0 to 0.5)")
    figure.update_yaxes(title="Driver")
    _left_titles(figure)
    narrow: dict[str, object] = {}
    for number in range(len(models)):
        end = "" if number == 0 else str(number + 1)
        narrow |= {
            f"yaxis{end}.title.text": "",
            f"xaxis{end}.title.text": "Loss of area",
            f"annotations.{number}.x": 1,
            f"annotations.{number}.xanchor": "right",
        }
    churn = table[table["model"] == models[0]].iloc[::-1]
    telling = [d.lower() for d in churn.loc[churn["y_low"] > 0, "driver"]]
    what = MODELS[models[0]][0]
    rest = int((churn["y_low"] <= 0).sum())
    return finish(
        figure,
        title=f"{what} is told by {formats.listing(telling[:5])}"
        + (
            f"; {_times(rest, 'other driver')} {'adds' if rest == 1 else 'add'} nothing"
            if rest
            else ""
        )
        if telling
        else f"No driver tells of {what.lower()}",
        subtitle=_judged(table),
        how_to_read="The longer a bar, the worse the model ranks when that driver is shuffled among"
        " the customers; the whisker is the 95 % interval, grey bars could be chance.",
        sample=_judged_sample(table),
        as_of=as_of,
        height=200 + 34 * sum(sizes),
        narrow=narrow,
    )


def roc(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Found events against false alarms.

    Args:
        frame: model, false_alarms, found, auc, auc_low, auc_high, baseline, baseline_auc and the
            judged period.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("trained models", as_of)
    table = _floats(frame, "false_alarms", "found", "auc", "auc_low", "auc_high", "baseline_auc")
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": LIGHT.quiet, "dash": "dot"},
        name="chance", hoverinfo="skip",
    )  # fmt: skip
    cards = table.groupby("model").first()
    for name, (label, colour) in MODELS.items():
        part = table[table["model"] == name]
        if part.empty:
            continue
        card = cards.loc[name]
        figure.add_scatter(
            x=100 * part["false_alarms"],
            y=100 * part["found"],
            mode="lines",
            line={"color": colour, "width": 2.5},
            name=f"{label}: {card['auc']:.3f}",
            hovertemplate=f"{label}<br>%{{y:.0f}} % found at %{{x:.1f}} % false alarms<br>"
            f"area {card['auc']:.3f} ({card['auc_low']:.3f} to {card['auc_high']:.3f});"
            f" {card['baseline']}: {card['baseline_auc']:.3f}<extra></extra>",
        )
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "v",
            "x": 0.98,
            "xanchor": "right",
            "y": 0.02,
            "yanchor": "bottom",
            "title": {"text": "area"},
        },
    )
    figure.update_xaxes(title="False alarms (% of those to whom nothing happens)", range=[-1, 100])
    figure.update_yaxes(title="Found (% of the events)", range=[0, 102])
    better = int((cards["auc_low"] > cards["baseline_auc"]).sum())
    shown = next(name for name in MODELS if name in cards.index)
    first = cards.loc[shown]
    return finish(
        figure,
        title=f"{better} of {len(cards)} models rank better than their rule of thumb;"
        f" {MODELS[shown][0].lower()} reaches {first['auc']:.2f} against"
        f" {first['baseline_auc']:.2f} by {first['baseline']}",
        subtitle=_judged(table),
        how_to_read="A curve shows what share of the events is found if so many false alarms are"
        " accepted; the farther above the dotted diagonal, the better. The area is the chance"
        " that an event is ranked above a non-event.",
        sample=_judged_sample(table),
        as_of=as_of,
        height=440,
        narrow={
            "yaxis.title.text": "",
            "xaxis.title.text": "False alarms (%)",
            "legend.y": -0.2,
            "legend.x": 0,
            "legend.xanchor": "left",
            "legend.yanchor": "top",
            "height": 520,
        },
    )


def calibration(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Whether probabilities mean what they say.

    Args:
        frame: model, event, predicted, observed, y_low, y_high, row_count, mean_predicted,
            observed_share and the judged period.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("trained models", as_of)
    table = _floats(
        frame, "predicted", "observed", "y_low", "y_high", "mean_predicted", "observed_share"
    )
    models = [name for name in MODELS if (table["model"] == name).any()]
    figure = make_subplots(
        rows=1, cols=len(models), horizontal_spacing=0.07,
        subplot_titles=[MODELS[name][0] for name in models],
    )  # fmt: skip
    narrow: dict[str, object] = {"height": 300 * len(models)}
    inside = 0
    for place, name in enumerate(models, start=1):
        part = table[table["model"] == name]
        inside += int(
            ((part["y_low"] <= part["predicted"]) & (part["predicted"] <= part["y_high"])).sum()
        )
        most = 105 * float(part[["predicted", "y_high"]].max().max())
        figure.add_scatter(
            x=[0, most], y=[0, most], mode="lines", hoverinfo="skip",
            line={"color": LIGHT.quiet, "dash": "dot"}, row=1, col=place,
        )  # fmt: skip
        figure.add_scatter(
            x=100 * part["predicted"],
            y=100 * part["observed"],
            mode="markers",
            marker={"color": MODELS[name][1], "size": 9},
            error_y={
                "type": "data", "symmetric": False, "color": MODELS[name][1], "thickness": 1.5,
                "array": 100 * (part["y_high"] - part["observed"]),
                "arrayminus": 100 * (part["observed"] - part["y_low"]),
            },
            customdata=part.assign(low=100 * part["y_low"], high=100 * part["y_high"])[
                ["row_count", "low", "high"]
            ],
            hovertemplate="predicted %{x:.2f} %<br>observed %{y:.2f} %"
            " (95 %: %{customdata[1]:.2f} to %{customdata[2]:.2f})<br>%{customdata[0]:,} rows"
            "<extra></extra>",
            row=1,
            col=place,
        )  # fmt: skip
        figure.update_xaxes(title="Predicted (%)", range=[0, most], nticks=6, row=1, col=place)
        figure.update_yaxes(title="Observed (%)", range=[0, most], nticks=6, row=1, col=place)
        end = "" if place == 1 else str(place)
        gap = 0.3 / len(models)
        top = 1 - (place - 1) / len(models)
        narrow[f"xaxis{end}.domain"] = [0, 1]
        narrow[f"yaxis{end}.domain"] = [top - 1 / len(models) + gap, top - 0.02]
        narrow[f"annotations.{place - 1}.x"] = 0
        narrow[f"annotations.{place - 1}.y"] = top - 0.02
    figure.update_layout(showlegend=False, margin_t=40)
    _left_titles(figure)
    first = table[table["model"] == models[0]]
    predicted = formats.percent(100 * float(first["mean_predicted"].iloc[0]), 2)
    observed = formats.percent(100 * float(first["observed_share"].iloc[0]), 2)
    return finish(
        figure,
        title=f"{MODELS[models[0]][0]}: {predicted} predicted, {observed} observed;"
        f" {inside} of {len(table)} bins agree within their interval",
        subtitle=_judged(table),
        how_to_read="Each point holds customers of similar probability; on the dotted line as many"
        " had the event as predicted. The whisker is the 95 % interval of what was observed.",
        sample=_judged_sample(table),
        as_of=as_of,
        height=420,
        narrow=narrow,
    )


def _floats(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].astype(float) for column in columns})


def _times(number: int, thing: str) -> str:
    return f"{formats.count(number)} {thing}{'' if number == 1 else 's'}"


def _decades(values: pd.Series[float], unit: str) -> dict[str, object]:
    """Ticks at powers of ten, written out, for a logarithmic axis."""
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    ticks = [10.0**power for power in np.arange(low, high + 1)]
    return {"tickvals": ticks, "ticktext": [f"{unit}{tick:,.12g}" for tick in ticks]}


def _left_titles(figure: go.Figure) -> None:
    """Names of the panels, at their left end instead of above their middle."""
    for note in figure.layout.annotations:
        axis = next(
            axis for axis in figure.select_xaxes()
            if axis.domain is None or abs(sum(axis.domain) / 2 - note.x) < 1e-6
        )  # fmt: skip
        note.update(
            x=(axis.domain or (0,))[0], xanchor="left", font={"size": 13, "color": LIGHT.muted}
        )


def _judged(table: pd.DataFrame) -> str:
    """When and on what models were judged, in words."""
    start, end = table["judged_from"].min(), table["judged_to"].max()
    source = str(table["trained_on"].iloc[0]).split(";")[0]
    return (
        f"Judged {formats.day(start)} to {formats.day(end)}, after all outcomes learned from;"
        f" {source}"
    )


def _judged_sample(table: pd.DataFrame) -> str:
    cards = table.groupby("model").first()
    rows = int(cards["judged_rows"].astype(int).sum())
    return f"n = {formats.count(rows)} judged rows of {len(cards)} models"

"""What all pages are made of: header, key figures, charts in cards, downloads."""

from __future__ import annotations

import html
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from analytics_viz import formats
from analytics_viz.data import Period
from analytics_viz.kpi import Kpi, Reading
from dashboard import charts, data
from dashboard.metrics import Metric
from dashboard.series import COMPARED, TOTAL, Series


def header(title: str, state: data.State) -> None:
    st.title(title, anchor=False)
    loaded = state.loaded_at
    st.html(
        f'<p class="asof">Data as of <strong>{formats.day(state.as_of)}</strong> · build'
        f" {state.build} · loaded {formats.day(loaded.date())}, {loaded:%H:%M} UTC</p>"
    )


def say_wrong(sentences: list[str]) -> None:
    """What a link asked for and cannot have."""
    for sentence in sentences:
        st.warning(f"{sentence} The link's other filters are applied.", icon=":material/link_off:")


def nothing_found(what: str, period: Period) -> None:
    """A choice that leaves nothing."""
    st.info(
        f"No {what} from {formats.days(period.start, period.end)} for this choice: widen it, or"
        " reset the filters.",
        icon=":material/filter_alt_off:",
    )


def cards(
    readings: list[tuple[Metric, tuple[float | None, float | None]]],
    against: str,
) -> None:
    """Key figures with their change against the period before."""
    for column, (one, (value, previous)) in zip(st.columns(len(readings)), readings, strict=True):
        shown = charts.SHOWN[one.name]
        kpi = Kpi(one.name, one.label, shown.kind, shown.better, one.meaning, "")
        scaled = [None if v is None else v * shown.factor for v in (previous, value)]
        reading = Reading(kpi, [], scaled, "")
        colour = {"up": "normal", "down": "inverse", None: "off"}[shown.better]
        arrow = {"▲": "up", "▼": "down"}.get(reading.arrow, "off")
        column.metric(
            one.label, reading.text,
            # a sign of the keyboard: streamlit takes the colour from it
            delta=reading.change_text.replace(formats.MINUS, "-"),
            delta_color=colour if arrow != "off" else "off",  # type: ignore[arg-type]
            delta_arrow=arrow,  # type: ignore[arg-type]
            help=one.meaning, border=True,
        )  # fmt: skip
    st.html(f'<p class="asof">{against}</p>')


def key_figures(of: list[Metric], shown: Series) -> None:
    """The cards of some metrics over the period of the page."""
    period, before = shown.period, shown.period.previous
    cards(
        [(one, shown.reading(one)) for one in of],
        f"{formats.days(period.start, period.end)}, changes against"
        f" {formats.days(before.start, before.end)}",
    )


@dataclass(frozen=True)
class Card:
    """A chart in the page's theme, with its words.

    Attributes:
        key: of the page, its own.
        words: what it is of, what it says, how to read it.
        drawing: the chart.
    """

    key: str
    words: tuple[str, str, str]
    drawing: charts.Chart | str

    @property
    def said(self) -> str:
        """Its words as HTML."""
        said = zip(("of", "finding", "note"), self.words, strict=True)
        return "".join(f'<p class="{kind}">{html.escape(text)}</p>' for kind, text in said)

    def draw(self, place: st.delta_generator.DeltaGenerator) -> None:
        """Put it somewhere."""
        with place.container(border=True, key=f"card-{self.key}"):
            if isinstance(self.drawing, str):
                st.html(self.said + self.drawing)
                return
            drawn = charts.in_theme(self.drawing, st.context.theme.type == "dark")
            names = "".join(
                f'<span><i style="background:{colour}"></i>{html.escape(name)}</span>'
                for name, colour in charts.legend(drawn)
            )
            legend = f'<p class="legend">{names}</p>' if names else ""
            st.html(self.said + legend)
            st.echarts_chart(
                drawn, theme=None, height=charts.HEIGHT, key=f"{self.key}-chart",
                alt=": ".join(self.words[:2]),
            )  # fmt: skip


def side_by_side(*rows: tuple[str, list[Card]]) -> None:
    """Rows of cards, each below its title.

    All cards are made before the first one is put on the page, and what is HTML is put there in one
    piece: the browser goes through the whole page for whatever comes alone.
    """
    for title, row in rows:
        if title:
            st.subheader(title, anchor=False)
        if all(isinstance(card.drawing, str) for card in row):
            cards = "".join(f'<div class="card">{card.said}{card.drawing}</div>' for card in row)
            st.html(f'<div class="cards">{cards}</div>')
        else:
            for column, card in zip(st.columns(len(row)), row, strict=True):
                card.draw(column)


def trends(of: list[Metric], shown: Series, split: list[str], by: str) -> tuple[str, list[Card]]:
    """A chart by day for each metric; `split`: the members to draw."""
    note = "Each day, and the average of seven days."
    if split:
        note = f"Average of seven days, the {len(split)} largest by {by.lower()}."
    found = []
    for one in of:
        lines = shown.trend(one, split)
        finding = charts.trend_finding(lines[TOTAL], charts.SHOWN[one.name])
        drawing = charts.trend(lines, charts.SHOWN[one.name])
        found.append(Card(f"trend-{one.name}", (one.label, finding, note), drawing))
    return "", found


def comparisons(
    of: list[Metric],
    shown: Series,
    by: str,
    counted: str,
    *,
    slots: int = COMPARED,
    number: float | None = None,
) -> tuple[str, list[Card]]:
    """Members as bars for each metric.

    Args:
        of: the metrics.
        shown: sums by day and member.
        by: what the members are.
        counted: what there are n of.
        slots: room for so many bars.
        number: n, where it is not the sum over the members.
    """
    few = f"The {len(shown.members(slots))} with the most {counted}; " if slots == COMPARED else ""
    found = []
    for one in of:
        compared = shown.compared(one)
        finding = charts.bars_finding(compared, charts.SHOWN[one.name])
        count = formats.count(compared["count"].sum() if number is None else number)
        note = f"{few}n = {count} {counted}."
        drawing = charts.bars(compared, charts.SHOWN[one.name], slots, counted)
        found.append(Card(f"by-{by.lower()}-{one.name}", (one.label, finding, note), drawing))
    return f"By {by.lower()}", found


def download(table: pd.DataFrame, name: str) -> None:
    st.download_button(
        "Download what is shown (CSV)", lambda: table.to_csv(index=False).encode(), name,
        "text/csv", on_click="ignore", icon=":material/download:",
    )  # fmt: skip

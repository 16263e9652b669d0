"""What all pages are made of: header, key figures, charts in cards, downloads."""

from __future__ import annotations

import html

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from analytics_viz import formats
from analytics_viz.kpi import Kpi, Reading
from dashboard import charts, data
from dashboard.metrics import Metric


def header(title: str, state: data.State) -> None:
    st.title(title, anchor=False)
    loaded = state.loaded_at
    st.html(
        f'<p class="asof">Data as of <strong>{formats.day(state.as_of)}</strong> · build'
        f" {state.build} · loaded {formats.day(loaded.date())}, {loaded:%H:%M} UTC</p>"
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


def chart(
    place: st.delta_generator.DeltaGenerator,
    key: str,
    words: tuple[str, str, str],
    figure: go.Figure,
) -> None:
    """A chart in a card, in the page's theme; words: what it is of, what it says, how to read."""
    said = list(zip(("of", "finding", "note"), words, strict=True))
    with place.container(border=True, key=f"card-{key}"):
        st.html("".join(f'<p class="{kind}">{html.escape(text)}</p>' for kind, text in said))
        st.plotly_chart(
            charts.in_theme(figure, st.context.theme.type == "dark"), theme=None,
            config=charts.CONFIG, key=f"{key}-figure", width="stretch", alt=": ".join(words[:2]),
        )  # fmt: skip


def download(table: pd.DataFrame, name: str) -> None:
    st.download_button(
        "Download what is shown (CSV)", lambda: table.to_csv(index=False).encode(), name,
        "text/csv", on_click="ignore", icon=":material/download:",
    )  # fmt: skip

"""Colours, and the frame that every figure is put into.

Figures are drawn with the colours of `LIGHT`. The page swaps each for its counterpart in `DARK`,
string by string; so every colour of a figure must be one of the palette, and no two are equal.
The series colours follow Okabe and Ito, "Color Universal Design" (2008): people with any of the
three kinds of colour blindness can tell them apart; the dark ones are the same hues, lighter.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import plotly.graph_objects as go

from analytics_viz import formats

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Palette:
    """One colour per role; `#RRGGBB`."""

    background: str  # of the page
    surface: str  # of a card or figure
    text: str
    muted: str  # second-rank text
    grid: str
    quiet: str  # marks that are context
    blue: str
    orange: str
    green: str
    vermillion: str
    purple: str
    sky: str
    blue_soft: str  # large areas with text on them
    orange_soft: str
    good: str
    bad: str
    scale_0: str  # a sequential scale from "nothing" to "most"
    scale_1: str
    scale_2: str
    scale_3: str

    @property
    def series(self) -> list[str]:
        """The colours of series, in the order to use them."""
        return [self.blue, self.orange, self.green, self.purple, self.sky, self.vermillion]

    @property
    def scale(self) -> list[list[float | str]]:
        """The sequential scale as plotly wants it."""
        return [[0, self.scale_0], [0.33, self.scale_1], [0.66, self.scale_2], [1, self.scale_3]]


LIGHT = Palette(
    background="#F5F6F8",
    surface="#FFFFFF",
    text="#1B1F24",
    muted="#57606A",
    grid="#E3E6EA",
    quiet="#C3C9D1",
    blue="#0072B2",
    orange="#E69F00",
    green="#009E73",
    vermillion="#D55E00",
    purple="#CC79A7",
    sky="#56B4E9",
    blue_soft="#CBE3F2",
    orange_soft="#FBE3B5",
    good="#00704F",
    bad="#B34700",
    scale_0="#F1F6FA",
    scale_1="#BFDCF0",
    scale_2="#7DB9DF",
    scale_3="#3B95CE",
)
DARK = Palette(
    background="#0E1116",
    surface="#171B22",
    text="#E8EBEF",
    muted="#A0A9B4",
    grid="#2A303A",
    quiet="#4B545F",
    blue="#3E97DB",
    orange="#F0B23C",
    green="#2DBE93",
    vermillion="#F07A33",
    purple="#DE97BE",
    sky="#9AD4F7",
    blue_soft="#1D4261",
    orange_soft="#5C4513",
    good="#3FCB9E",
    bad="#FF9357",
    scale_0="#1B222C",
    scale_1="#1F3A52",
    scale_2="#22577F",
    scale_3="#2069A0",
)


def counterparts() -> dict[str, str]:
    """Every light colour with the dark one that stands for it."""
    dark = asdict(DARK)
    return {colour: dark[role] for role, colour in asdict(LIGHT).items()}


def template() -> go.layout.Template:
    """The plotly template of all figures."""
    axis = {
        "gridcolor": LIGHT.grid,
        "linecolor": LIGHT.grid,
        "zerolinecolor": LIGHT.quiet,
        "zeroline": False,
        "automargin": True,
        "ticks": "",
        "tickfont": {"color": LIGHT.muted},
        "title": {"font": {"color": LIGHT.muted, "size": 13}, "standoff": 10},
        "fixedrange": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": LIGHT.text},
            "title": {"font": {"size": 18, "color": LIGHT.text}},
            "paper_bgcolor": LIGHT.surface,
            "plot_bgcolor": LIGHT.surface,
            "colorway": LIGHT.series,
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": LIGHT.surface,
                "bordercolor": LIGHT.quiet,
                "font": {"family": FONT, "size": 13, "color": LIGHT.text},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "itemclick": False,
                "itemdoubleclick": False,
            },
            "margin": {"l": 8, "r": 16, "t": 16, "b": 8},
            "bargap": 0.35,
            "dragmode": False,  # a finger that scrolls the page must not zoom the chart
        }
    )


def finish(
    figure: go.Figure,
    *,
    title: str,
    subtitle: str,
    how_to_read: str,
    sample: str,
    as_of: dt.date,
    height: int = 380,
    narrow: Mapping[str, object] | None = None,
) -> go.Figure:
    """Give a figure its looks and what a reader must know about it.

    The words live in ``layout.title`` and ``layout.meta``, so they travel with the figure to
    whatever shows it: a page, a dashboard, an image.

    Args:
        figure: traces, axes and annotations done.
        title: the finding, one sentence computed from the data.
        subtitle: what is drawn, over which time.
        how_to_read: one sentence for somebody who sees this kind of chart for the first time.
        sample: n and of what, such as ``n = 1,000 customers``.
        as_of: the business day that "today" means.
        height: in pixels.
        narrow: layout attributes (dotted names, or `data.0.…` of a trace) to set instead on a
            screen as wide as a phone.
    """
    figure.update_layout(
        template=template(),
        height=height,
        title={"text": title, "subtitle": {"text": subtitle}},
        meta={
            "subtitle": subtitle,
            "how_to_read": how_to_read,
            "sample": sample,
            "as_of": as_of.isoformat(),
            "as_of_text": f"data as of {formats.day(as_of)}",
            "narrow": dict(narrow or {}),
        },
    )
    return figure


def no_data(what: str, as_of: dt.date) -> go.Figure:
    """The figure that stands where there is nothing to draw.

    Args:
        what: what is missing, such as ``transactions in the 365 days to 20 Nov 2026``.
        as_of: the business day that "today" means.
    """
    figure = go.Figure()
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text="No data", showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper",
        font={"size": 22, "color": LIGHT.muted},
    )  # fmt: skip
    finish(
        figure,
        title=f"No data: the warehouse holds no {what}",
        subtitle="Nothing to draw",
        how_to_read="This chart is empty because its query returned no rows.",
        sample="n = 0",
        as_of=as_of,
        height=180,
    )
    return figure


def wrapped(text: str, width: int = 22) -> str:
    """A label broken into lines, for names that would push a chart off a phone's screen."""
    return "<br>".join(textwrap.wrap(text, width)) or text


def direct_label(**attributes: Any) -> dict[str, Any]:
    """Attributes of an annotation that names a mark, without an arrow."""
    return {"showarrow": False, "font": {"color": LIGHT.text, "size": 13}, **attributes}

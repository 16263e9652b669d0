"""HTML pages out of figures and key figures: one file, no network.

plotly.js stands once in the page. A content security policy forbids everything that is not in the
file, so that a page that needs the network fails loudly here and not at a reader without it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from analytics_viz import export, formats, theme
from analytics_viz.kpi import Reading

TEMPLATES = Path(__file__).resolve().parent / "templates"
SUMMARY_MARK = '<script type="application/json" id="summary">'
TABLE_ROWS = 60
SIZE_BUDGET = 6_000_000


@dataclass(frozen=True)
class Header:
    """What stands above everything else."""

    name: str
    number: str
    title: str
    question: str
    summary: str
    as_of: dt.date
    built_at: dt.datetime
    refresh_seconds: int | None = None  # the page loads itself anew so often
    is_analysis: bool = False  # it may be of an earlier day than the facts


@dataclass(frozen=True)
class Section:
    """A figure with the rows and the query behind it (``sql`` None: the key figures' queries)."""

    name: str
    figure: go.Figure
    frame: pd.DataFrame
    sql: str | None
    is_wide: bool = False


@dataclass(frozen=True)
class Content:
    """All that a report says."""

    header: Header
    readings: Sequence[Reading]
    sections: Sequence[Section]


@dataclass(frozen=True)
class Summary:
    """What the index needs to know of a report; stored in its page."""

    name: str
    number: str
    title: str
    question: str
    summary: str
    as_of: str
    built_at: str
    chart_count: int
    preview_label: str
    preview_value: str
    preview_change: str
    preview_verdict: str
    size: int = 0
    file: str = ""


def render_report(header: Header, readings: Sequence[Reading], sections: Sequence[Section]) -> str:
    """The page of a report."""
    first = readings[0] if readings else None
    summary = Summary(
        name=header.name,
        number=header.number,
        title=header.title,
        question=header.question,
        summary=header.summary,
        as_of=header.as_of.isoformat(),
        built_at=header.built_at.isoformat(timespec="seconds"),
        chart_count=len(sections),
        preview_label=first.kpi.label if first else "",
        preview_value=first.text if first else "",
        preview_change=f"{first.arrow} {first.change_text}" if first else "",
        preview_verdict=first.verdict if first else "neutral",
    )
    figures = {section.name: section.figure.to_plotly_json() for section in sections}
    for section in sections:
        figures[section.name]["layout"]["meta"]["image"] = export.layout(section.figure)
    return _environment().get_template("report.html.j2").render(
        **_common(),
        header=header,
        readings=readings,
        sections=[_Shown(section) for section in sections],
        summary_json=_json(asdict(summary)),
        figures_json=_json(figures),
        counterparts_json=_json(theme.counterparts()),
        plotly_js=Markup(_closed(get_plotlyjs())),
        script=Markup(_asset("report.js")),
        refresh_script=Markup(_asset("refresh.js")) if header.refresh_seconds else "",
        sparkline=sparkline,
    )  # fmt: skip


def render_index(summaries: Sequence[Summary], built_at: dt.datetime) -> str:
    """The page that lists the reports."""
    return _environment().get_template("index.html.j2").render(
        **_common(), summaries=summaries, built_at=built_at
    )  # fmt: skip


def render_mail(
    contents: Mapping[Path, Content],
    index: Path,
    failed: Mapping[str, str],
    attached: str,
    base_url: str,
) -> tuple[str, str]:
    """The same message as text and as HTML: key figures and findings, and where the pages are.

    Args:
        contents: what each file says, in the order of the reports; at least one.
        index: the page that lists them.
        failed: the reports that were not built, with the reason.
        attached: name of the attachment that holds the pages; empty if there is none.
        base_url: address of the folder of the reports; empty if it has none.
    """
    size = sum(path.stat().st_size for path in contents) / 1e6
    if attached:
        place = f"The pages are in {attached}: unpack it and open index.html."
    elif base_url:
        place = f"The pages ({size:.0f} MB) are too large to attach: {base_url}/{index.name}"
    else:
        place = f"The pages ({size:.0f} MB) are too large to attach: {index}"
    words = {
        **_common(),
        "contents": contents,
        "as_of": next(iter(contents.values())).header.as_of,
        "failed": failed,
        "place": place,
        "base_url": base_url,
    }
    text, html = (
        _environment().get_template(f"mail.{kind}.j2").render(**words) for kind in ("txt", "html")
    )
    return text, html


def find_summaries(folder: Path) -> list[Summary]:
    """The reports in a folder in the order of their numbers, of each the one built last."""
    newest: dict[str, Summary] = {}
    for path in sorted(folder.glob("[0-9][0-9]_*.html")):
        found = _summary_of(path)
        if found and (found.name not in newest or newest[found.name].built_at <= found.built_at):
            newest[found.name] = found
    return [newest[name] for name in sorted(newest)]


def sparkline(reading: Reading, width: int = 120, height: int = 28) -> Markup:
    """The course of a key figure as a small inline SVG, the latest period marked."""
    values = [float(value) for value in reading.values if value is not None]
    if len(values) < 3:
        return Markup("")
    low, high = min(values), max(values)
    step = (width - 8) / (len(values) - 1)
    share = [(value - low) / (high - low) if high > low else 0.5 for value in values]
    points = [(4 + step * i, height - 4 - (height - 8) * part) for i, part in enumerate(share)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    words = f"The last {len(values)} periods, from {formats.number(low, reading.kpi.kind)} to"
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" preserveAspectRatio="xMinYMid"'
        ' role="img" aria-label="{label}">'
        '<polyline points="{line}"/><circle cx="{x}" cy="{y}" r="3"/></svg>'
    ).format(
        w=width, h=height, line=line, x=f"{x:.1f}", y=f"{y:.1f}",
        label=f"{words} {formats.number(high, reading.kpi.kind)}",
    )  # fmt: skip


class _Shown:
    """A section as the template wants it."""

    def __init__(self, section: Section) -> None:
        meta = section.figure.layout.meta
        self.name = section.name
        self.is_wide = section.is_wide
        self.sql = section.sql
        self.height = int(section.figure.layout.height)
        self.title = section.figure.layout.title.text
        self.subtitle = meta["subtitle"]
        self.how_to_read = meta["how_to_read"]
        self.sample = meta["sample"]
        self.as_of_text = meta["as_of_text"]
        self.columns = [str(name).replace("_", " ") for name in section.frame.columns]
        self.rows = [
            [_cell(value) for value in row]
            for row in section.frame.head(TABLE_ROWS).itertuples(index=False)
        ]
        self.left_out = max(len(section.frame) - TABLE_ROWS, 0)


def _cell(value: object) -> tuple[str, bool]:
    """A table cell: its text, and whether it is a number."""
    if isinstance(value, bool):
        return ("yes" if value else "no"), False
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "", False
    if isinstance(value, Decimal):
        return f"{value:,f}", True
    if isinstance(value, int):
        return f"{value:,}", True
    if isinstance(value, float):
        return f"{value:,.4g}", True
    return str(value), False


def _common() -> dict[str, Any]:
    return {
        "css": Markup(_asset("report.css")),
        "light": asdict(theme.LIGHT),
        "dark": asdict(theme.DARK),
        "font": theme.FONT,
        "formats": formats,
        "theme_script": Markup(_asset("theme.js")),
        "toggle_script": Markup(_asset("toggle.js")),
    }


def _summary_of(path: Path) -> Summary | None:
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(20_000)
    _, mark, rest = head.partition(SUMMARY_MARK)
    if not mark:
        return None  # somebody else's file
    try:
        known = json.loads(rest.partition("</script>")[0])
        return Summary(**{**known, "size": path.stat().st_size, "file": path.name})
    except (ValueError, TypeError):
        return None  # a report of another version of this program


def _json(value: object) -> Markup:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, cls=_Encoder, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


class _Encoder(json.JSONEncoder):
    """plotly's figures hold NumPy arrays and dates."""

    def default(self, o: Any) -> Any:
        if hasattr(o, "to_plotly_json"):
            return o.to_plotly_json()
        if hasattr(o, "tolist"):
            return o.tolist()
        if isinstance(o, (dt.date, pd.Timestamp)):
            return o.isoformat()
        if isinstance(o, Decimal):
            return float(o)
        return super().default(o)


def _closed(script: str) -> str:
    """A script that cannot end its own element."""
    return script.replace("</script", "<\\/script")


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(["html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""What makes a numbered script a report: its definition, how it is built, its command line."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import pandas as pd
import plotly.graph_objects as go

from analytics_viz import kpi, page
from analytics_viz.data import Period, Warehouse, open_warehouse
from analytics_viz.kpi import Kpi
from warehouse.config import PROJECT_ROOT, variables
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chart:
    """A figure of a report: a query and the function that draws its rows.

    Attributes:
        name: stable, for links and file names of exports.
        draw: rows and as-of date in, figure out.
        query: may use ``%(as_of)s`` and, for the ``days`` days up to it, ``%(start)s`` and
            ``%(end)s``; None for a chart of the key figures themselves.
        days: length of the period.
        is_wide: takes the full width of the page.
    """

    name: str
    draw: Callable[[pd.DataFrame, dt.date], go.Figure]
    query: LiteralString | None
    days: int = 365
    is_wide: bool = False


@dataclass(frozen=True)
class Report:
    """A report: the question it answers, its key figures and its charts.

    Attributes:
        name: also the name of its script and of its HTML file, like ``01_descriptive_analytics``.
        title: what it is called.
        question: the question it answers.
        summary: one line for the index.
        kpis: the cards at the top; the first is shown in the index.
        charts: in the order of the page.
        days: length of the period that the cards compare with the one before.
    """

    name: str
    title: str
    question: str
    summary: str
    kpis: Sequence[Kpi]
    charts: Sequence[Chart]
    days: int = 30

    @property
    def number(self) -> str:
        """The digits in front of its name."""
        return self.name.split("_", 1)[0]


def render(report: Report, warehouse: Warehouse, built_at: dt.datetime) -> str:
    """The HTML page of a report.

    Raises:
        WarehouseError: a relation is missing, or the connection was lost.
    """
    as_of = warehouse.as_of
    readings = kpi.read(warehouse, report.kpis, report.days)
    sections = []
    for chart in report.charts:
        if chart.query is None:
            frame, sql = kpi.to_frame(readings), None
        else:
            parameters = {"as_of": as_of, **Period.last(chart.days, as_of).parameters}
            frame = warehouse.frame(chart.query, parameters)
            sql = warehouse.printed(chart.query, parameters)
        sections.append(
            page.Section(chart.name, chart.draw(frame, as_of), frame, sql, chart.is_wide)
        )
    header = page.Header(
        name=report.name,
        number=report.number,
        title=report.title,
        question=report.question,
        summary=report.summary,
        as_of=as_of,
        built_at=built_at,
    )
    return page.render_report(header, readings, sections)


def write(
    report: Report, warehouse: Warehouse, folder: Path, *, has_timestamp: bool = False
) -> Path:
    """Build a report and put it into ``folder``, whole or not at all.

    Raises:
        WarehouseError: as `render`, or the folder cannot be written.
    """
    built_at = dt.datetime.now(dt.UTC)
    suffix = f"_{built_at:%Y%m%d_%H%M%S}" if has_timestamp else ""
    path = folder / f"{report.name}{suffix}.html"
    write_atomically(path, render(report, warehouse, built_at))
    return path


def write_atomically(path: Path, text: str) -> None:
    """Replace a file by its new text in one step; a reader sees the old one or the new one.

    Raises:
        WarehouseError: the folder cannot be made or written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.stem}-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        temporary.chmod(0o644)  # temporary files are private, reports are there to be read
        temporary.replace(path)
    except OSError as error:
        if temporary:
            temporary.unlink(missing_ok=True)
        raise WarehouseError(
            f"{path} cannot be written ({error.strerror}): give another folder with --output-dir"
            " or REPORT_OUTPUT_DIR."
        ) from error


def default_folder() -> Path:
    """``REPORT_OUTPUT_DIR`` (environment, then .env; relative to the project), else ``reports``."""
    return PROJECT_ROOT / Path(variables().get("REPORT_OUTPUT_DIR") or "reports").expanduser()


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that every report script and `run_all_viz.py` share."""
    parser.add_argument(
        "--output-dir",
        type=lambda text: Path(text).expanduser(),
        default=None,
        metavar="FOLDER",
        help="where to write (default: REPORT_OUTPUT_DIR, else reports/ in the project)",
    )
    parser.add_argument(
        "--timestamp",
        action="store_true",
        help="put the time into the file's name, so that earlier reports stay",
    )


def guarded(work: Callable[[], int]) -> int:
    """Run a command; a mistake of the user becomes one sentence and exit code 1."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return work()
    except WarehouseError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)  # noqa: T201
        return 130


def main(report: Report, argv: Sequence[str] | None = None) -> int:
    """Command line of one report; returns the exit code (0 written, 1 refused, 2 wrong usage)."""
    parser = argparse.ArgumentParser(
        prog=f"python analytics_viz/{report.name}.py",
        description=f"{report.title}: {report.question} Writes one self-contained HTML file.",
    )
    add_options(parser)
    options = parser.parse_args(argv)

    def work() -> int:
        folder = options.output_dir or default_folder()
        with open_warehouse() as warehouse:
            path = write(report, warehouse, folder, has_timestamp=options.timestamp)
        print(shown(path))  # noqa: T201
        return 0

    return guarded(work)


def shown(path: Path) -> str:
    """A path for people: relative to the current folder where it lies in it."""
    absolute = path.absolute()
    here = Path.cwd()
    inside = absolute.is_relative_to(here)
    return os.fspath(absolute.relative_to(here) if inside else absolute)

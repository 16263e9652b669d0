"""What makes a numbered script a report: its definition, how it is built, its command line."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import pandas as pd
import plotly.graph_objects as go

from analytics_viz import data, export, kpi, page
from analytics_viz.data import Parameters, Period, Warehouse, open_warehouse
from analytics_viz.kpi import Kpi
from warehouse.config import PROJECT_ROOT, variables
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

WATCH_SECONDS = 60


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
        refresh_seconds: its page loads itself anew so often; None for one that stays as it is.
        is_analysis: it reads relations that may be built less often than the rest of gold.
        parameters: bound to its queries besides the days.
        for_customer: makes the same report about one customer, by id.
    """

    name: str
    title: str
    question: str
    summary: str
    kpis: Sequence[Kpi]
    charts: Sequence[Chart]
    days: int = 30
    refresh_seconds: int | None = None
    is_analysis: bool = False
    parameters: Parameters = field(default_factory=dict)
    for_customer: Callable[[Warehouse, int], Report] | None = None

    @property
    def number(self) -> str:
        """The digits in front of its name."""
        return self.name.split("_", 1)[0]


def read(
    report: Report,
    warehouse: Warehouse,
    built_at: dt.datetime,
    refresh_seconds: int | None = None,
) -> page.Content:
    """Ask the warehouse and draw what it answers.

    Raises:
        WarehouseError: a relation is missing, or the connection was lost.
    """
    as_of = warehouse.value(data.ANALYSES_AS_OF) if report.is_analysis else warehouse.as_of
    readings = kpi.read(warehouse, report.kpis, as_of, report.days, report.parameters)
    sections = []
    for chart in report.charts:
        if chart.query is None:
            frame, sql = kpi.to_frame(readings), None
        else:
            days = Period.last(chart.days, as_of).parameters
            parameters = {**report.parameters, "as_of": as_of, **days}
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
        refresh_seconds=refresh_seconds or report.refresh_seconds,
        is_analysis=report.is_analysis,
    )
    return page.Content(header, readings, sections)


@dataclass(frozen=True)
class Written:
    """A report that stands in its file."""

    path: Path
    content: page.Content

    @property
    def images(self) -> dict[Path, go.Figure]:
        """Its figures by the path of their images, without the ending."""
        folder = self.path.with_suffix("")
        return {folder / section.name: section.figure for section in self.content.sections}


def write(
    report: Report,
    warehouse: Warehouse,
    folder: Path,
    *,
    has_timestamp: bool = False,
    refresh_seconds: int | None = None,
) -> Written:
    """Build a report and put it into ``folder``, whole or not at all.

    Raises:
        WarehouseError: as `read`, or the folder cannot be written.
    """
    built_at = dt.datetime.now(dt.UTC)
    suffix = f"_{built_at:%Y%m%d_%H%M%S}" if has_timestamp else ""
    path = folder / f"{report.name}{suffix}.html"
    content = read(report, warehouse, built_at, refresh_seconds)
    write_atomically(path, page.render_report(content.header, content.readings, content.sections))
    return Written(path, content)


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
    parser.add_argument(
        "--export",
        type=export.formats,
        default=(),
        metavar="png,svg",
        help="also draw each chart as an image, into a folder named like the report",
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
    parser.add_argument(
        "--watch",
        type=_seconds,
        nargs="?",
        const=report.refresh_seconds or WATCH_SECONDS,
        default=None,
        metavar="SECONDS",
        help="build it anew every so often (default: %(const)s s) until Ctrl-C;"
        " the page loads itself anew",
    )
    if report.for_customer:
        parser.add_argument(
            "--customer",
            type=_identifier,
            default=None,
            metavar="ID",
            help="about this customer only, into a file of its own (default: about all)",
        )
    options = parser.parse_args(argv)
    customer = getattr(options, "customer", None)
    if options.watch and (options.timestamp or options.export or customer is not None):
        parser.error("--watch rewrites one page: leave out --timestamp, --export and --customer")

    def work() -> int:
        browser = export.find_browser() if options.export else None
        folder = options.output_dir or default_folder()
        if options.watch:
            return watch(report, folder, options.watch)
        with open_warehouse() as warehouse:
            wanted = report
            if report.for_customer and customer is not None:
                wanted = report.for_customer(warehouse, customer)
            written = write(wanted, warehouse, folder, has_timestamp=options.timestamp)
        paths = [written.path]
        if browser:
            paths += export.write_images(written.images, options.export, browser)
        for path in paths:
            print(shown(path))  # noqa: T201
        return 0

    return guarded(work)


def watch(report: Report, folder: Path, seconds: int) -> int:
    """Build a report anew every ``seconds`` until Ctrl-C; the page keeps its last good state.

    Raises:
        WarehouseError: it cannot be built the first time; later that is told, and tried again.
    """
    path: Path | None = None
    try:
        while True:
            started = time.monotonic()
            try:
                with open_warehouse() as warehouse:
                    path = write(report, warehouse, folder, refresh_seconds=seconds).path
                print(f"{dt.datetime.now():%H:%M:%S} {shown(path)}", flush=True)  # noqa: T201
            except WarehouseError as error:
                if path is None:
                    raise
                log.warning("%s The page stays as it was; next try in %d s.", error, seconds)
            time.sleep(max(seconds - (time.monotonic() - started), 0))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # noqa: T201
        return 0


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of seconds up to a day")
    return int(text)


def _identifier(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no id of a customer, which is a number")
    return int(text)


def shown(path: Path) -> str:
    """A path for people: relative to the current folder where it lies in it."""
    absolute = path.absolute()
    here = Path.cwd()
    inside = absolute.is_relative_to(here)
    return os.fspath(absolute.relative_to(here) if inside else absolute)

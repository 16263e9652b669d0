"""Build all reports (or some) and the index: ``python analytics_viz/run_all_viz.py --only 01``."""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from tqdm import tqdm

from analytics_viz import page
from analytics_viz.data import open_warehouse
from analytics_viz.report import (
    Report,
    add_options,
    default_folder,
    guarded,
    shown,
    write,
    write_atomically,
)
from warehouse.errors import WarehouseError

SCRIPTS = Path(__file__).resolve().parent


def find_scripts(folder: Path = SCRIPTS) -> dict[str, Path]:
    """The report scripts by number, in order."""
    return {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.py"))}


def load_report(script: Path) -> Report:
    """The ``REPORT`` of a script; a name that begins with a digit can only be loaded by its path.

    Raises:
        WarehouseError: the script defines none.
    """
    spec = importlib.util.spec_from_file_location(f"report_{script.stem}", script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    report = getattr(module, "REPORT", None)
    if not isinstance(report, Report):
        raise WarehouseError(f"{script} defines no report: give it a REPORT = Report(…).")
    return report


def chosen(wanted: Sequence[str], scripts: dict[str, Path]) -> list[Path]:
    """The scripts that ``--only`` names by number or by name; all of them if it names none.

    Raises:
        WarehouseError: no script is called so.
    """
    found = []
    for word in wanted:
        matches = [p for n, p in scripts.items() if word in (n, n.lstrip("0"), p.stem, p.name)]
        if not matches:
            known = ", ".join(path.stem for path in scripts.values())
            raise WarehouseError(f"There is no report {word!r}: choose among {known}.")
        found += [path for path in matches if path not in found]
    return found or list(scripts.values())


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 all written, 1 refused, 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python analytics_viz/run_all_viz.py",
        description="Build all reports, or those named with --only, and the index of reports.",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="REPORT",
        help="number or name of a report; may be repeated and hold several separated by commas",
    )
    parser.add_argument("--list", action="store_true", help="list the reports and stop")
    add_options(parser)
    options = parser.parse_args(argv)

    def work() -> int:
        wanted = [word.strip() for text in options.only for word in text.split(",") if word.strip()]
        reports = [load_report(script) for script in chosen(wanted, find_scripts())]
        if options.list:
            for report in reports:
                print(f"{report.name}  {report.question} {report.summary}")  # noqa: T201
            return 0
        folder = options.output_dir or default_folder()
        written = []
        with open_warehouse() as warehouse, tqdm(reports, unit="report", leave=False) as progress:
            for report in progress:
                progress.set_description(report.name)
                written.append(write(report, warehouse, folder, has_timestamp=options.timestamp))
        index = folder / "index.html"
        write_atomically(
            index, page.render_index(page.find_summaries(folder), dt.datetime.now(dt.UTC))
        )
        for path in [*written, index]:
            print(f"{shown(path)}  {path.stat().st_size / 1e6:.1f} MB")  # noqa: T201
        return 0

    return guarded(work)


if __name__ == "__main__":
    sys.exit(main())

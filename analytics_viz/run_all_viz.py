"""Build all reports (or some) and the index: ``python analytics_viz/run_all_viz.py --only 01``.

A report that cannot be built does not take the others with it: they are written, and the exit code
is 1. Where e-mail is switched on, one message then brings what was written.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from tqdm import tqdm

from analytics_viz import export, mail, page
from analytics_viz.data import Warehouse, open_warehouse
from analytics_viz.report import (
    Report,
    Written,
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


def write_each(
    scripts: Sequence[Path], warehouse: Warehouse, folder: Path, *, has_timestamp: bool = False
) -> tuple[list[Written], dict[str, str]]:
    """Build the reports of the scripts; returns those written, and why the others were not."""
    written: list[Written] = []
    failed: dict[str, str] = {}
    with tqdm(scripts, unit="report", leave=False, disable=None) as progress:
        for script in progress:
            progress.set_description(script.stem)
            if warehouse.connection.closed:
                failed[script.stem] = "The connection was lost before its turn."
                continue
            try:
                report = load_report(script)
                # a query that failed would end the common transaction: each report has its own part
                with warehouse.connection.transaction():
                    written.append(write(report, warehouse, folder, has_timestamp=has_timestamp))
            except Exception as error:  # whatever is wrong with one, the others go on
                failed[script.stem] = explained(error)
    return written, failed


def explained(error: Exception) -> str:
    """One sentence: a user's mistake in its own words, a defect of a report with its place."""
    if isinstance(error, WarehouseError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if SCRIPTS in Path(frame.filename).parents] or frames
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{said} ({shown(Path(ours[-1].filename))}, line {ours[-1].lineno})."


def refresh(folder: Path | None = None, *, email: bool = True) -> list[Written]:
    """All reports and the index, for programs; returns the reports written.

    Raises:
        WarehouseError: some could not be built (the others are written), or the message is refused.
    """
    folder = folder or default_folder()
    with open_warehouse() as warehouse:
        written, failed = write_each(list(find_scripts().values()), warehouse, folder)
    if written:
        index = _write_index(folder)
        if email:
            send_mail(written, index, failed)
    if failed:
        raise WarehouseError(
            f"{len(failed)} of {len(failed) + len(written)} reports were not built: "
            + " ".join(f"{name}: {why}" for name, why in failed.items())
        )
    return written


def _write_index(folder: Path) -> Path:
    index = folder / "index.html"
    summaries = page.find_summaries(folder)
    write_atomically(index, page.render_index(summaries, dt.datetime.now(dt.UTC)))
    return index


def send_mail(written: Sequence[Written], index: Path, failed: Mapping[str, str]) -> None:
    """One message with all that was written, if e-mail is switched on.

    Raises:
        WarehouseError: the settings are unusable, or the server refuses.
    """
    settings = mail.load()
    if settings is None:
        return
    contents = {one.path: one.content for one in written}
    mail.send(mail.compose(settings, contents, index.absolute(), failed), settings)
    print(f"sent to {', '.join(settings.recipients)}")  # noqa: T201


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 all written, 1 refused or not all written, 2 wrong usage."""
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
    parser.add_argument(
        "--no-email", action="store_true", help="send nothing, whatever ENABLE_EMAIL_REPORTS says"
    )
    add_options(parser)
    options = parser.parse_args(argv)

    def work() -> int:
        wanted = [word.strip() for text in options.only for word in text.split(",") if word.strip()]
        scripts = chosen(wanted, find_scripts())
        if options.list:
            for report in map(load_report, scripts):
                print(f"{report.name}  {report.question} {report.summary}")  # noqa: T201
            return 0
        browser = export.find_browser() if options.export else None
        folder = options.output_dir or default_folder()
        with open_warehouse() as warehouse:
            written, failed = write_each(
                scripts, warehouse, folder, has_timestamp=options.timestamp
            )
        for name, why in failed.items():
            print(f"error: {name} was not built: {why}", file=sys.stderr)  # noqa: T201
        if not written:
            return 1
        index = _write_index(folder)
        paths = [*(one.path for one in written), index]
        if browser:
            figures = {stem: figure for one in written for stem, figure in one.images.items()}
            paths += export.write_images(figures, options.export, browser)
        for path in paths:
            print(f"{shown(path)}  {path.stat().st_size / 1e6:.1f} MB")  # noqa: T201
        if not options.no_email:
            send_mail(written, index, failed)
        return 1 if failed else 0

    return guarded(work)


if __name__ == "__main__":
    sys.exit(main())

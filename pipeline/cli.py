"""Command line: ``python -m pipeline day`` and ``python -m pipeline backfill``."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import sys
import time
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from analytics_viz import mail
from generator.options import OptionError, parse_date
from pipeline import day, steps
from pipeline.errors import passes_by_itself
from warehouse.config import PROJECT_ROOT, variables
from warehouse.errors import WarehouseError

log = logging.getLogger("pipeline")

DONE, CORRECT, USAGE, LATER, STOPPED = 0, 1, 2, 75, 130
_CODES = """exit codes:
  0    done, or nothing was left to do
  1    something has to be corrected first: a refused batch, a failing test, a report
  2    wrong usage
  75   nothing is wrong, try later: no batch yet, server away, disk full, another run (--no-wait)
  130  interrupted
After any of them the same command goes on where it ended.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (see ``--help``)."""
    options = _parser().parse_args(argv)
    _log_to_file_and_terminal()
    try:
        return int(options.run(options))
    except OptionError as error:
        log.error("error: %s", error)
        return USAGE
    except WarehouseError as error:
        code = LATER if passes_by_itself(error) else CORRECT
        log.error("error: %s", error)
        _alert(f"{options.command} {_asked(options)} ended with exit code {code}.\n\n{error}")
        return code
    except KeyboardInterrupt:
        log.error("interrupted")
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline",
        description="The daily batch: generate or pick up a day, load it, build what it touches,"
        " write its cleaned rows as Parquet, refresh the reports.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser(
        "day", help="one day", epilog=_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    one.add_argument("--date", default=None, help="YYYY-MM-DD (default: yesterday, UTC)")
    several = commands.add_parser(
        "backfill",
        help="several days in one go",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    several.add_argument("--from", dest="first", required=True, help="first day, YYYY-MM-DD")
    several.add_argument("--to", dest="last", required=True, help="last day, YYYY-MM-DD")
    for command in (one, several):
        _add_options(command)
        command.set_defaults(run=_run)
    alert = commands.add_parser("alert", help="send a message to EMAIL_RECIPIENTS, if switched on")
    alert.add_argument("text", help="what to say")
    alert.set_defaults(run=_say)
    return parser


def _add_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--raw", type=Path, default=steps.RAW, help="folder of the batches (default: data/raw)")
    add("--processed", type=Path, default=steps.PROCESSED,
        help="folder of the Parquet files (default: data/processed)")  # fmt: skip
    add("--day-transactions", type=int, default=None,
        help="transactions of a simulated day (default: the average of its history)")  # fmt: skip
    add("--analyses", action="store_true", help="also build what looks back over months")
    add("--no-reports", action="store_true", help="do not write the reports")
    add("--no-email", action="store_true", help="do not send the reports")
    add("--no-wait", action="store_true", help="end with 75 if another run is at work")
    add("--allow-future", action="store_true", help="accept a day after today")


def _run(options: argparse.Namespace) -> int:
    if options.command == "day":
        last = first = _date(options.date, "--date") if options.date else day.today() - _DAY
    else:
        first, last = _date(options.first, "--from"), _date(options.last, "--to")
        if last < first:
            raise OptionError(f"--to {last} lies before --from {first}: give a later --to.")
    days = [first + n * _DAY for n in range((last - first).days + 1)]
    day.run(
        days,
        day.Options(
            raw=options.raw.absolute(),
            processed=options.processed.absolute(),
            transactions=options.day_transactions,
            has_analyses=options.analyses,
            has_reports=not options.no_reports,
            has_email=not options.no_email,
            waits=not options.no_wait,
            takes_future=options.allow_future,
        ),
    )
    return DONE


_DAY = dt.timedelta(days=1)


def _date(text: str, option: str) -> dt.date:
    return parse_date(text, option)


def _say(options: argparse.Namespace) -> int:
    settings = mail.load()
    if settings is None:
        log.info("E-mail is not switched on (ENABLE_EMAIL_REPORTS): %s", options.text)
        return DONE
    mail.send(mail.compose_alert(settings, f"Warehouse: {options.text}", options.text), settings)
    return DONE


def _asked(options: argparse.Namespace) -> str:
    if options.command == "day":
        return options.date or "of yesterday"
    return f"{options.first} to {options.last}" if options.command == "backfill" else ""


def _alert(text: str) -> None:
    """Tell people, if e-mail is switched on; a failure here hides nothing."""
    try:
        settings = mail.load()
        if settings is not None:
            where = f"{os.uname().nodename}, {log_file()}"
            message = mail.compose_alert(settings, "Warehouse: the daily batch failed",
                                         f"{text}\n\nMore in the log: {where}\n")  # fmt: skip
            mail.send(message, settings)
            log.info("told %s", ", ".join(settings.recipients))
    except WarehouseError as error:
        log.error("error: nobody could be told: %s", error)


def log_file() -> Path:
    """Beside dbt's own log."""
    folder = Path(variables().get("DBT_LOG_PATH") or "logs").expanduser()
    return PROJECT_ROOT / folder / "pipeline.log"


def _log_to_file_and_terminal() -> None:
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(logging.Formatter("%(message)s"))
    handlers: list[logging.Handler] = [terminal]
    formatter = logging.Formatter("%(asctime)sZ %(process)d %(levelname)s %(message)s")
    formatter.converter = time.gmtime
    formatter.default_msec_format = ""
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(log_file(), maxBytes=5_000_000, backupCount=5)
        file.setFormatter(formatter)
        handlers.append(file)
    except OSError as error:
        sys.stderr.write(f"warning: no log is kept, {log_file()} cannot be written: {error}\n")
    # one line a step; what it has to warn of is said
    logging.getLogger("warehouse.loader").setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers = handlers
    root.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a log on a full disk must not end the run

"""The command: dates, exit codes, the log, and who is told of a failure."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest

from analytics_viz import mail
from pipeline import cli, day
from pipeline.errors import TryLaterError
from warehouse.db import ConnectionLost
from warehouse.errors import WarehouseError


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of the test's own; handlers and levels of the process are put back."""
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    root, loader = logging.getLogger(), logging.getLogger("warehouse.loader")
    before = root.handlers, root.level, logging.raiseExceptions
    level_before = loader.level
    yield tmp_path / "logs" / "pipeline.log"
    root.handlers, root.level, logging.raiseExceptions = before
    loader.setLevel(level_before)  # what a test sets is kept in a cache: through the method only


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[dt.date], day.Options]]:
    """What `day.run` was asked for."""
    asked: list[tuple[list[dt.date], day.Options]] = []
    monkeypatch.setattr(day, "run", lambda days, options: asked.append((list(days), options)))
    return asked


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def run(days: Sequence[dt.date], options: day.Options) -> None:
        raise error

    monkeypatch.setattr(day, "run", run)


def test_a_day(ran: list[tuple[list[dt.date], day.Options]]) -> None:
    assert cli.main(["day", "--date", "2026-03-01", "--day-transactions", "500"]) == 0
    assert ran == [([dt.date(2026, 3, 1)], day.Options(transactions=500))]


def test_without_a_date_it_is_yesterday(ran: list[tuple[list[dt.date], day.Options]]) -> None:
    assert cli.main(["day", "--no-reports", "--no-wait", "--analyses"]) == 0
    ((days, options),) = ran
    assert days == [day.today() - dt.timedelta(days=1)]
    assert (options.has_reports, options.waits, options.has_analyses) == (False, False, True)


def test_several_days(ran: list[tuple[list[dt.date], day.Options]]) -> None:
    assert cli.main(["backfill", "--from", "2026-02-27", "--to", "2026-03-02"]) == 0
    assert [one.isoformat() for one in ran[0][0]] == [
        "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["day", "--date", "1.3.2026"], "--date '1.3.2026' is not a date"),
        (["backfill", "--from", "2026-03-02", "--to", "2026-03-01"], "--to 2026-03-01 lies before"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert said in capsys.readouterr().err


LOST = WarehouseError("Lost for good.")
LOST.__cause__ = psycopg.OperationalError("server closed the connection")
REFUSED = WarehouseError("Wrong password.")
REFUSED.__cause__ = psycopg.OperationalError("FATAL:  password authentication failed")
FULL = WarehouseError("No room.")
FULL.__cause__ = psycopg.errors.DiskFull("could not extend file")
FULL_HERE = WarehouseError("No room here.")
FULL_HERE.__cause__ = OSError(28, "No space left on device")
GONE = WarehouseError("Gone.")
GONE.__cause__ = ConnectionLost.__new__(ConnectionLost)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WarehouseError("A batch is refused."), 1), (REFUSED, 1), (TryLaterError("Not yet."), 75),
        (LOST, 75), (FULL, 75), (FULL_HERE, 75), (GONE, 75), (KeyboardInterrupt(), 130),
    ],
)  # fmt: skip
def test_exit_codes(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], logs: Path,
) -> None:  # fmt: skip
    _failing(monkeypatch, error)
    assert cli.main(["day"]) == code
    said = capsys.readouterr().err
    assert said == ("interrupted\n" if code == 130 else f"error: {error}\n")
    assert said.strip() in logs.read_text()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """What would have been sent, with e-mail switched on."""
    for name, value in {
        "ENABLE_EMAIL_REPORTS": "true", "EMAIL_RECIPIENTS": "ann@bank.example",
        "SMTP_HOST": "localhost", "EMAIL_FROM": "warehouse@bank.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    messages: list[EmailMessage] = []
    monkeypatch.setattr(mail, "send", lambda message, _: messages.append(message))
    return messages


def test_a_failure_is_told(
    sent: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, logs: Path
) -> None:
    _failing(monkeypatch, WarehouseError("A batch is refused."))
    assert cli.main(["day", "--date", "2026-03-01"]) == 1
    (message,) = sent
    assert message["Subject"] == "Warehouse: the daily batch failed"
    assert message["To"] == "ann@bank.example"
    text = message.get_content()
    assert "day 2026-03-01 ended with exit code 1.\n\nA batch is refused." in text
    assert str(logs) in text


def test_a_mail_server_that_is_down_hides_nothing(
    sent: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, TryLaterError("Not yet."))

    def send(*_: object) -> None:
        raise WarehouseError("The mail server is down.")

    monkeypatch.setattr(mail, "send", send)
    assert cli.main(["backfill", "--from", "2026-03-01", "--to", "2026-03-02"]) == 75
    said = capsys.readouterr().err
    assert "error: Not yet.\nerror: nobody could be told: The mail server is down." in said


def test_success_is_not_told(
    sent: list[EmailMessage], ran: list[tuple[list[dt.date], day.Options]]
) -> None:
    assert cli.main(["day"]) == 0
    assert sent == []


def test_an_alert_from_outside(sent: list[EmailMessage]) -> None:
    assert cli.main(["alert", "the unit warehouse-day was killed"]) == 0
    assert sent[0]["Subject"] == "Warehouse: the unit warehouse-day was killed"


def test_no_alert_without_e_mail(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["alert", "killed"]) == 0
    assert "E-mail is not switched on" in capsys.readouterr().err


def test_a_log_that_cannot_be_written(
    ran: list[tuple[list[dt.date], day.Options]], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "file").touch()
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "file"))
    assert cli.main(["day"]) == 0
    assert "warning: no log is kept" in capsys.readouterr().err

"""``--watch``: a page that is built again and again, through lost connections, until Ctrl-C."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from analytics_viz import report
from analytics_viz.report import Report
from tests.kit import ROOT, Warehouse
from tests.python.analytics_viz.test_report import run
from warehouse.errors import WarehouseError

Watch = Callable[..., tuple[int, list[float]]]
REPORT = Report("08_x", "X", "Now?", "All.", (), (), refresh_seconds=60)


class Empty:
    """A warehouse of which nothing is asked."""

    as_of = dt.date(2026, 11, 20)
    first_day = dt.date(2023, 1, 1)


@pytest.fixture()
def watch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Watch:
    """Watches through the given answers of the database, then Ctrl-C; returns the pauses, too.

    By the clock of the test every building takes two seconds.
    """

    def watched(*answers: WarehouseError | None, seconds: int = 5) -> tuple[int, list[float]]:
        left = list(answers)
        pauses: list[float] = []
        clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)

        @contextmanager
        def opened() -> Iterator[Empty]:
            clock.now += 2
            if (answer := left.pop(0)) is not None:
                raise answer
            yield Empty()

        def sleep(pause: float) -> None:
            pauses.append(pause)
            clock.now += pause
            if not left:
                raise KeyboardInterrupt

        monkeypatch.setattr(report, "open_warehouse", opened)
        clock.sleep = sleep
        monkeypatch.setattr(report, "time", clock)
        return report.watch(REPORT, tmp_path, seconds), pauses

    return watched


LOST = WarehouseError("The connection was lost: check the server.")


def test_builds_until_interrupted(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, pauses = watch(None, None, None)
    assert code == 0
    assert pauses == [3, 3, 3], "the time of building counts"
    said = capsys.readouterr()
    assert said.out.count("08_x.html") == 3 and said.err == "stopped\n"
    assert 'data-seconds="5"' in (tmp_path / "08_x.html").read_text()


def test_a_building_longer_than_the_interval_is_followed_at_once(watch: Watch) -> None:
    assert watch(None, None, seconds=1)[1] == [0, 0]


def test_lost_connection_is_told_and_tried_again(
    watch: Watch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "08_x.html"
    code, pauses = watch(None, LOST, LOST)
    assert code == 0 and len(pauses) == 3
    assert caplog.text.count("The connection was lost") == 2
    assert "The page stays as it was; next try in 5 s." in caplog.text
    assert path.read_text().startswith("<!doctype html>")


def test_comes_back(watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(None, LOST, None)[0] == 0
    assert capsys.readouterr().out.count("08_x.html") == 2


def test_mistake_at_the_start_ends_it(watch: Watch) -> None:
    with pytest.raises(WarehouseError, match="connection was lost"):
        watch(LOST, None)


@pytest.mark.parametrize("seconds", ["0", "-5", "soon", "1.5", "86401"])
def test_unusable_interval(seconds: str) -> None:
    done = run("08_realtime_analytics.py", "--watch", seconds)
    assert done.returncode == 2 and "number of seconds" in done.stderr


@pytest.mark.parametrize("other", ["--timestamp", "--export=png"])
def test_watching_rewrites_one_page(other: str) -> None:
    done = run("08_realtime_analytics.py", "--watch", "5", other)
    assert done.returncode == 2 and "leave out --timestamp, --export" in done.stderr


def test_real_command_ends_with_ctrl_c(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    page = tmp_path / "08_realtime_analytics.html"
    with subprocess.Popen(
        [sys.executable, "analytics_viz/08_realtime_analytics.py", "--watch", "1",
         "--output-dir", str(tmp_path)],
        cwd=ROOT, env=demo_warehouse.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    assert page.name in first and page.name in second
    assert process.returncode == 0 and errors.splitlines()[-1] == "stopped"
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == [page.name], "leftovers"

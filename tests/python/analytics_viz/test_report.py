"""The command line: where files go, and one sentence for each mistake."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from analytics_viz import data, report, run_all_viz
from analytics_viz import open as viewer
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.errors import WarehouseError

SCRIPTS = PROJECT_ROOT / "analytics_viz"


def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
    kept |= {"WAREHOUSE_ENV_FILE": os.devnull, **variables}
    kept.pop("PYTHONPATH", None)  # a script started by its path finds its package by itself
    return subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        cwd="/", env=kept, text=True, capture_output=True, check=False,
    )  # fmt: skip


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    return lines[0]


@pytest.mark.parametrize("script", ["01_descriptive_analytics.py", "run_all_viz.py"])
def test_help(script: str) -> None:
    done = run(script, "--help")
    assert done.returncode == 0 and "--output-dir" in done.stdout and "--timestamp" in done.stdout


def test_unknown_report() -> None:
    text = one_sentence(run("run_all_viz.py", "--only", "1,77"))
    assert "'77'" in text and "01_descriptive_analytics" in text


def test_unknown_option() -> None:
    assert run("run_all_viz.py", "--colour").returncode == 2


@pytest.mark.parametrize("text", ["abc", "-1", "1.5", ""])
def test_customer_is_a_number(text: str) -> None:
    done = run("09_financial_health.py", "--customer", text)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "--customer" in done.stderr


def test_list() -> None:
    done = run("run_all_viz.py", "--list")
    assert done.returncode == 0 and "01_descriptive_analytics  What happened?" in done.stdout


@pytest.mark.parametrize("script", ["01_descriptive_analytics.py", "run_all_viz.py"])
def test_unreachable_server(script: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    done = run(
        script, "--output-dir", str(tmp_path / "out"), DB_HOST="127.0.0.1", DB_PORT=port
    )  # fmt: skip
    text = one_sentence(done)
    assert port in text and "DB_HOST" in text
    assert not (tmp_path / "out").exists()


def test_never_started_server(tmp_path: Path) -> None:
    text = one_sentence(run("01_descriptive_analytics.py", WAREHOUSE_HOME=str(tmp_path / "none")))
    assert "python -m warehouse start" in text


@pytest.mark.parametrize("word", ["01", "1", "01_descriptive_analytics"])
def test_only_by_number_or_name(word: str) -> None:
    scripts = run_all_viz.find_scripts()
    assert [path.stem for path in run_all_viz.chosen([word, word], scripts)] == [
        "01_descriptive_analytics"
    ]


def test_report_is_named_like_its_script() -> None:
    for script in run_all_viz.find_scripts().values():
        found = run_all_viz.load_report(script)
        assert found.name == script.stem
        names = [chart.name for chart in found.charts]
        assert len(set(names)) == len(names)


def test_script_without_report(tmp_path: Path) -> None:
    (tmp_path / "09_empty.py").write_text("X = 1\n")
    with pytest.raises(WarehouseError, match="defines no report"):
        run_all_viz.load_report(tmp_path / "09_empty.py")


def test_output_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAREHOUSE_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.delenv("REPORT_OUTPUT_DIR", raising=False)
    assert report.default_folder() == PROJECT_ROOT / "reports"
    (tmp_path / ".env").write_text("REPORT_OUTPUT_DIR=/from/file\n")
    assert report.default_folder() == Path("/from/file")
    monkeypatch.setenv("REPORT_OUTPUT_DIR", "out")
    assert report.default_folder() == PROJECT_ROOT / "out"


def test_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "a.html"
    report.write_atomically(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(WarehouseError, match=r"a\.html cannot be written \(No space left"):
            report.write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["a.html"], "leftovers"
    report.write_atomically(path, "new")
    assert path.read_text() == "new" and path.stat().st_mode & 0o444 == 0o444


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    with pytest.raises(WarehouseError, match="--output-dir"):
        report.write_atomically(tmp_path / "reports" / "a.html", "x")


def test_open_without_a_screen_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("CI", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "index.html"
    assert viewer.main([str(path)]) == 1
    assert "run_all_viz.py" in capsys.readouterr().err
    path.touch()
    assert viewer.main([str(path)]) == 0 and not opened
    assert path.as_uri() in capsys.readouterr().out
    monkeypatch.setenv("DISPLAY", ":0")
    assert viewer.main([str(path)]) == 0 and opened == [path.as_uri()]


class _Connection:
    """Answers like a warehouse that was built from nothing."""

    read_only = isolation_level = None

    def execute(self, _: str) -> _Connection:
        return self

    def fetchone(self) -> tuple[None]:
        return (None,)

    def close(self) -> None:
        pass


def test_empty_warehouse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "connect", lambda *_, **__: _Connection())
    settings = Settings("h", 1, "u", "p", "d", "environment")
    with pytest.raises(WarehouseError, match="is empty: load data"), data.open_warehouse(settings):
        pass

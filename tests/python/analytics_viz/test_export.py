"""Charts as image files: drawn by the browser of the machine, or one sentence why not."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from analytics_viz import export
from tests.python.analytics_viz.samples import AS_OF, CHARTS
from tests.python.analytics_viz.test_report import one_sentence, run
from warehouse.errors import WarehouseError


def test_images_say_what_the_page_says(browser_path: Path, tmp_path: Path) -> None:
    names = ("monthly_trends", "product_treemap")
    figures = {}
    for name in names:
        draw, sample = CHARTS[name]
        figures[tmp_path / "report" / name] = draw(sample(), AS_OF)
    paths = export.write_images(figures, ("png", "svg"), browser_path)
    assert [path.name for path in paths] == [f"{n}.{k}" for n in names for k in ("png", "svg")]
    for stem, figure in figures.items():
        png = stem.with_suffix(".png").read_bytes()
        assert png.startswith(b"\x89PNG")
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        size = export.layout(figure)
        assert (width, height) == (2 * size["width"], 2 * size["height"])
        svg = stem.with_suffix(".svg").read_text(encoding="utf-8")
        words = " ".join(svg.replace("\u00a0", " ").split())
        for said in ("data as of 20 Nov 2026", "n = ", str(figure.layout.title.text).split()[0]):
            assert said in words


def test_room_for_the_title() -> None:
    draw, sample = CHARTS["account_status"]
    figure = draw(sample(), AS_OF)
    before = figure.layout.height, export.layout(figure)
    figure.layout.title.text = "word " * 50
    after = export.layout(figure)
    assert after["title"]["text"].count("<br>") == 2
    assert after["height"] == before[1]["height"] + 2 * export.TITLE_LINE
    assert after["margin"]["t"] == before[1]["margin"]["t"] + 2 * export.TITLE_LINE
    assert figure.layout.height == before[0], "the figure itself must stay as it is"


@pytest.mark.parametrize(("text", "found"), [
    ("png", ("png",)), ("svg,png", ("svg", "png")), ("PNG, svg,png", ("png", "svg")),
])  # fmt: skip
def test_formats(text: str, found: tuple[str, ...]) -> None:
    assert export.formats(text) == found


@pytest.mark.parametrize("text", ["", "pdf", "png,gif"])
def test_other_formats_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="none of png, svg"):
        export.formats(text)


@pytest.fixture()
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A search path with nothing on it, and no browser elsewhere; returns the folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WAREHOUSE_ENV_FILE", str(tmp_path / ".env"))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setattr(export, "_known_elsewhere", lambda: None)
    return tmp_path


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    return path


def test_finds_the_browser_of_the_machine(bare_machine: Path) -> None:
    chrome = program(bare_machine / "google-chrome")
    assert export.find_browser() == chrome
    chromium = program(bare_machine / "chromium")
    assert export.find_browser() == chromium, "chromium comes first"


def test_browser_path_wins(bare_machine: Path) -> None:
    program(bare_machine / "chromium")
    mine = program(bare_machine / "mine")
    (bare_machine / ".env").write_text(f"BROWSER_PATH={mine}\n")
    assert export.find_browser() == mine


def test_no_browser(bare_machine: Path) -> None:
    with pytest.raises(WarehouseError, match=r"no Chromium or Chrome.*apt-get install chromium"):
        export.find_browser()


def test_browser_path_that_is_none(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare_machine / "chromium")
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")
    with pytest.raises(WarehouseError, match=r"BROWSER_PATH=/no/such/browser is no program"):
        export.find_browser()


def test_browser_that_does_not_start(tmp_path: Path) -> None:
    draw, sample = CHARTS["account_status"]
    figures = {tmp_path / "account_status": draw(sample(), AS_OF)}
    with pytest.raises(WarehouseError, match=r"fake draws no images .*BROWSER_PATH"):
        export.write_images(figures, ("svg",), program(tmp_path / "fake"))
    assert not list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize("script", ["08_realtime_analytics.py", "run_all_viz.py"])
def test_command_says_it_before_it_builds(script: str, tmp_path: Path) -> None:
    done = run(
        script, "--export", "png", "--output-dir", str(tmp_path / "out"), BROWSER_PATH="/no/such"
    )
    assert "BROWSER_PATH=/no/such" in one_sentence(done)
    assert not (tmp_path / "out").exists()


def test_command_refuses_other_formats() -> None:
    done = run("run_all_viz.py", "--export", "pdf")
    assert done.returncode == 2 and "'pdf' is none of png, svg" in done.stderr

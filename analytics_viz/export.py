"""Charts as images: PNG and SVG, drawn by a Chromium that is found on the machine.

An image leaves its page, so it carries what the page says around a chart: the finding, n and the
as-of date. The page's own buttons use the same attributes.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from analytics_viz.formats import unbroken
from analytics_viz.theme import LIGHT
from warehouse.config import variables
from warehouse.errors import WarehouseError

FORMATS = ("png", "svg")
WIDTH = 1100
SCALE = 2  # pixels of a PNG for one of the layout
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TITLE_COLUMNS, SUBTITLE_COLUMNS = 100, 150
TITLE_LINE, SUBTITLE_LINE = 24, 18  # pixels


def layout(figure: go.Figure) -> dict[str, Any]:
    """What the layout of a finished figure is to be replaced by in an image.

    Args:
        figure: as `theme.finish` returns it.
    """
    meta = figure.layout.meta
    title = textwrap.wrap(figure.layout.title.text, TITLE_COLUMNS)
    words = " · ".join((meta["subtitle"], meta["sample"], unbroken(meta["as_of_text"])))
    subtitle = textwrap.wrap(words, SUBTITLE_COLUMNS)
    room = 58 + TITLE_LINE * len(title) + SUBTITLE_LINE * len(subtitle)
    margin = figure.layout.template.layout.margin.to_plotly_json()
    margin |= figure.layout.margin.to_plotly_json()
    return {
        "title": {
            "text": "<br>".join(f"<b>{line}</b>" for line in title),
            "subtitle": {
                "text": "<br>".join(subtitle),
                "font": {"size": 13, "color": LIGHT.muted},
            },
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 22, "l": 16},
        },
        "margin": margin | {"t": margin["t"] + room},
        "height": figure.layout.height + room,
        "width": WIDTH,
    }


def write_images(
    figures: Mapping[Path, go.Figure], formats: Sequence[str], browser: Path
) -> list[Path]:
    """Draw each figure into a file for each format; returns the files.

    Args:
        figures: by the path of the image without its ending.
        formats: of `FORMATS`.
        browser: as `find_browser` returns it.

    Raises:
        WarehouseError: the browser does not start or draw, or a file cannot be written.
    """
    # Kaleido takes half a second to import, and only an export needs it.
    import choreographer.errors as browser_errors  # noqa: PLC0415
    import kaleido  # noqa: PLC0415
    from kaleido.errors import KaleidoError  # noqa: PLC0415

    for name in ("kaleido", "choreographer"):  # they report each step
        logging.getLogger(name).setLevel(logging.WARNING)

    async def draw() -> list[Path]:
        written = []
        # no MathJax: it would be fetched from the network
        async with kaleido.Kaleido(path=browser, mathjax=False) as drawing:
            for stem, figure in figures.items():
                changed = go.Figure(figure).update_layout(layout(figure))
                size = {"width": changed.layout.width, "height": changed.layout.height}
                for kind in formats:
                    image = await drawing.calc_fig(
                        changed, opts={"format": kind, "scale": SCALE, **size}
                    )
                    path = stem.with_name(f"{stem.name}.{kind}")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(image)
                    written.append(path)
        return written

    try:
        return asyncio.run(draw())
    except (
        browser_errors.BrowserFailedError,
        browser_errors.BrowserClosedError,
        browser_errors.ChromeNotFoundError,
        KaleidoError,
        TimeoutError,
    ) as error:
        words = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise WarehouseError(
            f"{browser} draws no images ({words}): name another Chromium in BROWSER_PATH."
        ) from error
    except OSError as error:
        raise WarehouseError(
            f"The images cannot be written ({error.strerror}): give another folder with"
            " --output-dir or REPORT_OUTPUT_DIR."
        ) from error


def find_browser() -> Path:
    """A Chromium or Chrome: ``BROWSER_PATH``, else the first that the machine has.

    Raises:
        WarehouseError: there is none, or ``BROWSER_PATH`` names no program.
    """
    wanted = variables().get("BROWSER_PATH")
    if wanted and not (found := shutil.which(wanted)):
        raise WarehouseError(f"BROWSER_PATH={wanted} is no program: name a Chromium or Chrome.")
    if not wanted:
        found = next(filter(None, map(shutil.which, BROWSERS)), None) or _known_elsewhere()
    if not found:
        raise WarehouseError(
            "Images need a browser, and there is no Chromium or Chrome: install one"
            " (Debian: `apt-get install chromium`) or name it in BROWSER_PATH."
        )
    return Path(found).absolute()


def _known_elsewhere() -> str | None:
    """Where macOS and Windows keep a Chrome, or Kaleido has put its own."""
    from choreographer.browsers.chromium import Chromium  # noqa: PLC0415

    found = Chromium.find_browser(skip_local=False)
    return found if found and os.access(found, os.X_OK) else None


def formats(text: str) -> tuple[str, ...]:
    """``png,svg`` as a command line has it.

    Raises:
        argparse.ArgumentTypeError: another format.
    """
    found = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    if not found or set(found) - set(FORMATS):
        raise argparse.ArgumentTypeError(f"{text!r} is none of png, svg and png,svg")
    return found

"""Show a report: ``python -m analytics_viz.open [FILE]`` opens it, or says where it is."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from analytics_viz.report import default_folder, guarded
from warehouse.errors import WarehouseError


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 opened or told, 1 no such file."""
    parser = argparse.ArgumentParser(
        prog="python -m analytics_viz.open",
        description="Open a report in the browser; where there is none, print its address.",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, default=None, help="default: the index of the reports"
    )
    options = parser.parse_args(argv)

    def work() -> int:
        path = (options.file or default_folder() / "index.html").absolute()
        if not path.is_file():
            raise WarehouseError(
                f"There is no {path}: run `python analytics_viz/run_all_viz.py` first."
            )
        print(f"Report: {path.as_uri()}")  # noqa: T201
        if has_screen():
            webbrowser.open(path.as_uri())
        return 0

    return guarded(work)


def has_screen() -> bool:
    """True if a window can be opened; in a bare terminal a text browser would take it over."""
    if os.environ.get("CI"):
        return False
    wanted = ("DISPLAY", "WAYLAND_DISPLAY")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in wanted)


if __name__ == "__main__":
    sys.exit(main())

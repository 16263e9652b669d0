"""The dbt packages: from the hub where it answers, else the local stand-in."""

from __future__ import annotations

import filecmp
import logging
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

from warehouse.config import PROJECT_ROOT
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

STAND_IN = PROJECT_ROOT / "packages" / "dbt_utils"
INSTALLED = PROJECT_ROOT / "dbt_packages" / "dbt_utils"
# In a copy of the stand-in, so that it is told from the hub's package and kept up to date.
_MARK = ".stand-in"
_SECONDS = 3


def ensure() -> None:
    """Make sure that dbt finds its packages; costs nothing when they are there.

    Raises:
        WarehouseError: neither the hub nor the stand-in can provide them.
    """
    if not INSTALLED.exists():
        install()
    elif (INSTALLED / _MARK).exists() and not _same(STAND_IN, INSTALLED):
        _copy_stand_in()


def install(arguments: list[str] | None = None) -> None:
    """Run ``dbt deps`` if the hub answers within seconds, else copy the stand-in.

    Args:
        arguments: further arguments of ``dbt deps``.

    Raises:
        WarehouseError: as for `ensure`.
    """
    if hub_answers():
        # A process of its own: dbt keeps state, and this one is about to run another command.
        command = [sys.executable, "-m", "dbt.cli.main", "deps", *(arguments or [])]
        # A failing hub makes dbt print a traceback: shown only to those who look for it.
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and INSTALLED.exists():
            log.info("dbt packages installed from the hub.")
            return
        log.warning("dbt deps failed though the hub answers; its log is in logs/dbt.log.")
    _copy_stand_in()
    log.info("dbt hub not reachable: using the local stand-in for dbt_utils (packages/dbt_utils).")


def hub_answers() -> bool:
    """True if the dbt hub (``DBT_PACKAGE_HUB_URL``, else dbt's default) answers in 3 seconds."""
    url = os.environ.get("DBT_PACKAGE_HUB_URL") or "https://hub.getdbt.com/"
    answers: list[bool] = []

    def ask() -> None:
        try:
            address = url.rstrip("/") + "/api/v1/dbt-labs/dbt_utils.json"
            with urllib.request.urlopen(address, timeout=_SECONDS) as reply:
                answers.append(reply.status == 200)
        except (OSError, ValueError):
            pass

    # In a thread, since no timeout of ours covers the look-up of the name.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return answers == [True]


def _copy_stand_in() -> None:
    if not (STAND_IN / "dbt_project.yml").is_file():
        raise WarehouseError(
            f"The dbt hub does not answer and {STAND_IN} is missing: restore that folder, or run"
            " `dbt deps` where the hub can be reached."
        )
    new = INSTALLED.with_name(f".{INSTALLED.name}.{os.getpid()}")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(STAND_IN, new)
    (new / _MARK).touch()
    shutil.rmtree(INSTALLED, ignore_errors=True)
    try:
        new.rename(INSTALLED)
    except OSError:  # another dbt was quicker
        shutil.rmtree(new, ignore_errors=True)


def _same(left: Path, right: Path) -> bool:
    names = _files(left)
    if names != _files(right) - {Path(_MARK)}:
        return False
    return all(filecmp.cmp(left / name, right / name, shallow=False) for name in names)


def _files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}

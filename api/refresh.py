"""Bringing the warehouse up to date on request: one run at a time, whoever runs it."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, Field

from warehouse.config import PROJECT_ROOT

log = logging.getLogger(__name__)

COMMAND = ("dbt", "build", "--selector", "daily")


class Refresh(BaseModel):
    """The newest refresh."""

    state: Literal["never", "running", "succeeded", "failed"] = Field(examples=["running"])
    started_at: datetime | None = None
    finished_at: datetime | None = None


class AlreadyRunning(Exception):
    """A refresh is at work."""


class Refresher(Protocol):
    """What the API needs of whatever builds the warehouse: a process here, or an orchestrator."""

    def start(self) -> Refresh:
        """Begin a refresh and return at once.

        Raises:
            AlreadyRunning: one is at work.
        """

    def current(self) -> Refresh:
        """The newest refresh."""


class CommandRefresher:
    """Runs a command of the project in the background.

    Args:
        folder: where its log, its state and its lock are. The command inherits the lock, so that
            it counts as running for as long as it does, even if the API is started anew.
        command: a program of this environment with its arguments.
    """

    def __init__(self, folder: Path, command: tuple[str, ...] = COMMAND) -> None:
        self._folder = folder
        self._command = (str(Path(sys.executable).parent / command[0]), *command[1:])

    def start(self) -> Refresh:
        """Begin a refresh and return at once.

        Raises:
            AlreadyRunning: one is at work.
        """
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning from None
            run = Refresh(state="running", started_at=datetime.now(UTC))
            with (self._folder / "log").open("wb") as output:
                process = subprocess.Popen(
                    self._command,
                    cwd=PROJECT_ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(lock,),
                    start_new_session=True,
                )
            self._write(run)
        finally:
            os.close(lock)
        threading.Thread(target=self._wait, args=(process, run), daemon=True).start()
        return run

    def current(self) -> Refresh:
        """The newest refresh; one whose end nobody saw has failed."""
        try:
            run = Refresh.model_validate_json((self._folder / "state.json").read_text())
        except (OSError, ValueError):
            return Refresh(state="never")
        if run.state == "running" and not self._is_locked():
            # the end may just have been written
            run = Refresh.model_validate_json((self._folder / "state.json").read_text())
            return run.model_copy(update={"state": "failed"}) if run.state == "running" else run
        return run

    def _wait(self, process: subprocess.Popen[bytes], run: Refresh) -> None:
        code = process.wait()
        if code:
            log.warning("The refresh failed (exit code %d): see %s.", code, self._folder / "log")
        self._write(
            run.model_copy(
                update={
                    "state": "failed" if code else "succeeded",
                    "finished_at": datetime.now(UTC),
                }
            )
        )

    def _is_locked(self) -> bool:
        with (self._folder / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _write(self, run: Refresh) -> None:
        new = self._folder / "state.new"
        new.write_text(json.dumps(run.model_dump(mode="json")))
        new.replace(self._folder / "state.json")

"""A refresh as a run of Dagster (`make dagster`), over its GraphQL interface."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

from api.problems import Problem
from api.refresh import AlreadyRunning, Refresh

JOB = "refresh"
LOCATION = "orchestration.definitions"
# a busy machine has been seen to take 40 s to launch a run
TIMEOUT_SECONDS = 60
_AT_WORK = ["QUEUED", "NOT_STARTED", "MANAGED", "STARTING", "STARTED", "CANCELING"]
_RUNS = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter, limit: 1) {
    __typename
    ... on Runs { results { status creationTime endTime } }
    ... on PythonError { message }
  }
}
"""
_LAUNCH = """
mutation Launch($job: String!, $location: String!) {
  launchRun(executionParams: {
    selector: {
      jobName: $job, repositoryName: "__repository__", repositoryLocationName: $location
    }
  }) {
    __typename
    ... on LaunchRunSuccess { run { status creationTime endTime } }
    ... on PythonError { message }
  }
}
"""


class DagsterRefresher:
    """Launches the job ``refresh``; Dagster queues what else builds, so only one run is at work.

    Args:
        url: of the Dagster page, for example ``http://localhost:3000``.
    """

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/graphql"

    def start(self) -> Refresh:
        """Launch the job and return at once.

        Raises:
            AlreadyRunning: a run that builds (a day, a refresh) is queued or at work.
            Problem: 503, Dagster cannot be reached or does not know the job.
        """
        if self._newest({"statuses": _AT_WORK}):
            raise AlreadyRunning
        said = self._ask(_LAUNCH, {"job": JOB, "location": LOCATION})["launchRun"]
        if said["__typename"] != "LaunchRunSuccess":
            raise _unavailable()
        return _as_refresh(said["run"])

    def current(self) -> Refresh:
        """The newest refresh, whoever launched it."""
        run = self._newest({"pipelineName": JOB})
        return _as_refresh(run) if run else Refresh(state="never")

    def _newest(self, wanted: dict[str, Any]) -> dict[str, Any] | None:
        said = self._ask(_RUNS, {"filter": wanted})["runsOrError"]
        if said["__typename"] != "Runs":
            raise _unavailable()
        found: list[dict[str, Any]] = said["results"]
        return found[0] if found else None

    def _ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._url,
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                data = json.load(response).get("data")
        except (OSError, ValueError, urllib.error.URLError):
            data = None
        if not data:
            raise _unavailable()
        answer: dict[str, Any] = data
        return answer


def _unavailable() -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Dagster cannot start a refresh: is it running?")


def _as_refresh(run: dict[str, Any]) -> Refresh:
    state: Literal["running", "succeeded", "failed"] = "failed"
    if run["status"] in _AT_WORK:
        state = "running"
    elif run["status"] == "SUCCESS":
        state = "succeeded"
    return Refresh(
        state=state,
        started_at=_time(run["creationTime"]),
        finished_at=None if state == "running" else _time(run["endTime"]),
    )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

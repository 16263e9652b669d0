"""A refresh as a run of Dagster: launched, refused while one is at work, and Dagster away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from api.orchestrator import DagsterRefresher
from api.problems import Problem
from api.refresh import AlreadyRunning, CommandRefresher
from api.services import Services
from api.settings import ApiSettings


class Dagster:
    """Answers as the page's GraphQL interface does, from a list of runs."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.is_broken = False

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.is_broken:
            return {"errors": [{"message": "no"}]}
        if "launchRun" in asked["query"]:
            if asked["variables"]["job"] != "refresh":
                return {"data": {"launchRun": {"__typename": "PipelineNotFoundError"}}}
            self.runs.insert(0, run("QUEUED"))
            return {"data": {"launchRun": {"__typename": "LaunchRunSuccess", "run": self.runs[0]}}}
        wanted = asked["variables"]["filter"].get("statuses")
        found = [one for one in self.runs if wanted is None or one["status"] in wanted]
        return {"data": {"runsOrError": {"__typename": "Runs", "results": found[:1]}}}


def run(status: str) -> dict[str, Any]:
    return {"status": status, "creationTime": 1_000.0, "endTime": 2_000.0}


@pytest.fixture
def dagster() -> Iterator[tuple[Dagster, DagsterRefresher]]:
    fake = Dagster()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/graphql"
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(fake.answer(asked)).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield fake, DagsterRefresher(f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_launched_once(dagster: tuple[Dagster, DagsterRefresher]) -> None:
    fake, refresher = dagster
    assert refresher.current().state == "never"
    started = refresher.start()
    assert (started.state, started.finished_at) == ("running", None)
    assert started.started_at == datetime.fromtimestamp(1_000, UTC)
    with pytest.raises(AlreadyRunning):
        refresher.start()
    assert len(fake.runs) == 1


@pytest.mark.parametrize(
    ("status", "state"), [("SUCCESS", "succeeded"), ("FAILURE", "failed"), ("CANCELED", "failed")]
)
def test_it_has_ended(dagster: tuple[Dagster, DagsterRefresher], status: str, state: str) -> None:
    fake, refresher = dagster
    fake.runs = [run(status)]
    assert refresher.current().state == state
    assert refresher.current().finished_at == datetime.fromtimestamp(2_000, UTC)
    assert refresher.start().state == "running"


def test_dagster_is_broken_or_away(dagster: tuple[Dagster, DagsterRefresher]) -> None:
    fake, refresher = dagster
    fake.is_broken = True
    with pytest.raises(Problem, match="is it running"):
        refresher.start()
    with pytest.raises(Problem, match="is it running") as away:
        DagsterRefresher("http://127.0.0.1:9").current()
    assert away.value.status == 503


def test_a_setting_chooses_it(tmp_path: Any) -> None:
    with_it = ApiSettings(home=tmp_path, dagster_url="http://localhost:3000")
    assert isinstance(Services.of(with_it).refresher, DagsterRefresher)
    assert isinstance(Services.of(ApiSettings(home=tmp_path)).refresher, CommandRefresher)

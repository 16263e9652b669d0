"""Clocks: wall time, processor time, memory, and what other programs took meanwhile."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.kit import ROOT, Warehouse

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass
class Span:
    """What something took.

    Attributes:
        wall: seconds on the clock.
        client: processor seconds (user + system) of this process and the programs it ran.
        server: processor seconds of the PostgreSQL server.
        others: processors that the rest of the machine kept busy meanwhile, on average.
    """

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0
    others: float = 0.0

    @property
    def cpu(self) -> float:
        """Processor seconds of client and server."""
        return self.client + self.server

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, CPU {self.cpu:.1f} s"


@contextmanager
def span(warehouse: Warehouse | None = None) -> Iterator[Span]:
    """Measure the block; with a warehouse, its server too."""
    found = Span()
    before = _client(), _server(warehouse), _machine()
    started = time.perf_counter()
    yield found
    found.wall = time.perf_counter() - started
    found.client = _client() - before[0]
    found.server = _server(warehouse) - before[1]
    busy = _machine() - before[2]
    found.others = max(busy - found.cpu, 0.0) / found.wall


def _client() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _stat(pid: int | str) -> list[int]:
    """Fields of /proc/PID/stat from the parent on (index 0); empty if the process is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return []
    return [int(field) for field in text.rpartition(")")[2].split()[1:]]


def _server(warehouse: Warehouse | None) -> float:
    """Processor seconds of a server since its start, of all its processes; 0 without /proc."""
    if warehouse is None or not PROC.is_dir():
        return 0.0
    file = next(warehouse.home.rglob("postmaster.pid"))
    postmaster = int(file.read_text().split()[0])
    alive = [stat for one in PROC.glob("[0-9]*") if (stat := _stat(one.name))]
    ticks = sum(sum(stat[10:12]) for stat in alive if stat[0] == postmaster)
    return (ticks + sum(_stat(postmaster)[10:14])) / TICKS


def _machine() -> float:
    """Processor seconds that all programs have used since the machine started."""
    try:
        fields = (PROC / "stat").read_text().splitlines()[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / TICKS


@dataclass
class Run:
    """One program run to its end: what it printed, its span and its peak memory in MB."""

    said: str
    span: Span
    peak: float


def run_alone(*command: str, environment: dict[str, str] | None = None) -> Run:
    """Run ``python …`` in the project folder and measure it.

    Raises:
        AssertionError: it failed; the message is what it printed.
    """
    with span() as found:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, text=True,
            env=environment or dict(os.environ),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.read()
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said[-6000:]
    found.client = used.ru_utime + used.ru_stime
    # kilobytes on Linux, bytes on macOS
    return Run(said, found, used.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2))


def paired(repetitions: int, *ways: Callable[[], Span]) -> list[list[Span]]:
    """Measure several ways of doing the same in turns, A B A B …; spans by way."""
    turns = [[way() for way in ways] for _ in range(repetitions)]
    return [list(spans) for spans in zip(*turns, strict=True)]


def middle(spans: Sequence[Span]) -> Span:
    """Medians of spans, each figure by itself."""
    return Span(
        median(one.wall for one in spans),
        median(one.client for one in spans),
        median(one.server for one in spans),
        median(one.others for one in spans),
    )

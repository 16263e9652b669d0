"""Command line: ``python -m warehouse COMMAND``."""
# ruff: noqa: T201 - printing is what a command line is for

from __future__ import annotations

import argparse
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from warehouse import config, server
from warehouse.binaries import find_psql
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError
from warehouse.prepare import prepare

EXIT_STOPPED = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (0 done, 1 refused, 2 wrong usage, 3 stopped)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if arguments[:1] == ["psql"] and arguments[1:2] not in (["--help"], ["-h"]):
            return _psql(arguments[1:])  # everything after it is psql's own
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        return code
    except WarehouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m warehouse",
        description="The warehouse's PostgreSQL: the embedded server (or the one DB_HOST names)"
        " and the loader.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    add("start", _start, "start the embedded server (or check an external one) and prepare it")
    add("stop", _stop, "stop the embedded server; the data stay")
    add("status", _status, "say where the server is; exit code 0 if it runs, 3 if not")
    add("env", _env, 'print the connection for a shell: eval "$(python -m warehouse env)"')
    psql = add("psql", None, "open psql in the warehouse; its own arguments may follow")
    psql.usage = "python -m warehouse psql [psql's arguments]"
    destroy = add("destroy", _destroy, "stop the embedded server and delete all its data")
    destroy.add_argument("--yes", action="store_true", help="do not ask")
    load = add("load", _load, "load every batch found in a folder that is not loaded yet")
    load.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=config.PROJECT_ROOT / "data" / "raw",
        metavar="FOLDER",
        help="folder of batches YYYY/MM/DD, or one such batch (default: data/raw)",
    )
    consume = add("consume", _consume, "read a Kafka topic (KAFKA_BOOTSTRAP) into bronze")
    consume.add_argument("--topic", help="its name (default: KAFKA_TOPIC, else clickstream)")
    consume.add_argument(
        "--until-caught-up",
        "--once",
        action="store_true",
        help="end where the topic ended when this began, instead of waiting for more",
    )
    consume.add_argument(
        "--batch-rows", type=_positive(int), default=20_000, metavar="N",
        help="write after so many messages (default: 20000)",
    )  # fmt: skip
    consume.add_argument(
        "--batch-seconds", type=_positive(float), default=1.0, metavar="S",
        help="or so long after the first of them (default: 1)",
    )  # fmt: skip
    consume.add_argument(
        "--accept-loss",
        action="store_true",
        help="go on where the broker has deleted messages that were not read",
    )
    about = consume.add_mutually_exclusive_group()
    about.add_argument("--status", action="store_true", help="show the lag and end")
    about.add_argument("--schema", action="store_true", help="print the JSON Schema and end")
    duckdb = add(
        "duckdb", _duckdb, "write what bi_reader sees to a read-only DuckDB file and to Parquet"
    )
    duckdb.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=config.PROJECT_ROOT / "data" / "laptop",
        metavar="FOLDER",
        help="where to write (default: data/laptop)",
    )
    return parser


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < 1_000_000_000:
            raise ValueError(text)
        return value

    read.__name__ = f"positive {'whole ' if kind is int else ''}number"
    return read


def _start(_: argparse.Namespace) -> int:
    if config.uses_embedded():
        settings = server.current().start()
        print(f"PostgreSQL runs at {settings.address}")
        return 0
    settings = Settings.load()
    with connect(settings) as conn:
        prepare(conn, settings.user)
        version = conn.info.server_version // 10000
    print(f"PostgreSQL {version} at {settings.address} is ready (external, not started by us)")
    return 0


def _stop(_: argparse.Namespace) -> int:
    _refuse_external("stop")
    print("stopped" if server.current().stop() else "was not running")
    return 0


def _status(_: argparse.Namespace) -> int:
    if not config.uses_embedded():
        settings = Settings.load()
        try:
            connect(settings, patient=False).close()
        except WarehouseError as error:
            print(error)
            return EXIT_STOPPED
        print(f"running (external): {settings.address}")
        return 0
    embedded = server.current()
    if not embedded.is_running():
        print(f"stopped: {embedded.home}")
        return EXIT_STOPPED
    pid = server.postmaster_pid(embedded.data)
    print(f"running: {embedded.settings().address}, process {pid}, state in {embedded.home}")
    return 0


def _env(_: argparse.Namespace) -> int:
    for name, value in Settings.load().environment().items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _psql(arguments: list[str]) -> int:
    settings = server.ensure()
    program = find_psql()
    environment = os.environ | {
        "PGHOST": settings.host,
        "PGPORT": str(settings.port),
        "PGUSER": settings.user,
        "PGPASSWORD": settings.password,
        "PGDATABASE": settings.dbname,
    }
    sys.stdout.flush()
    os.execve(program, [str(program), *arguments], environment)


def _destroy(options: argparse.Namespace) -> int:
    _refuse_external("destroy")
    embedded = server.current()
    if not options.yes:
        if not sys.stdin.isatty():
            raise WarehouseError(
                f"destroy deletes everything in {embedded.home}: add --yes if you mean it."
            )
        if input(f"Delete the server in {embedded.home} and all its data? [y/N] ") not in (
            "y",
            "yes",
        ):
            print("nothing deleted")
            return 1
    embedded.destroy()
    print(f"deleted: {embedded.home}")
    return 0


def _load(options: argparse.Namespace) -> int:
    # Its imports would slow the other commands down.
    from warehouse.loader import load  # noqa: PLC0415

    load(options.folder, server.ensure())
    return 0


def _consume(options: argparse.Namespace) -> int:
    # Neither are in the core set, nor needed by the other commands.
    from warehouse.stream import messages  # noqa: PLC0415

    if options.schema:
        print(messages.schema())
        return 0
    from warehouse.stream.broker import Broker, default_topic  # noqa: PLC0415
    from warehouse.stream.consumer import Options, Stop, consume, status  # noqa: PLC0415

    broker = Broker.load()
    topic = options.topic or default_topic()
    settings = server.ensure()
    if options.status:
        print("\n".join(status(topic, settings, broker)))
        return 0
    stop = Stop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    consume(
        Options(
            topic,
            batch_rows=options.batch_rows,
            batch_seconds=options.batch_seconds,
            until_caught_up=options.until_caught_up,
            accept_loss=options.accept_loss,
        ),
        settings,
        broker,
        stop,
    )
    return 0


def _duckdb(options: argparse.Namespace) -> int:
    # DuckDB is not in the core set.
    from warehouse.laptop import export  # noqa: PLC0415

    export(options.folder.absolute(), server.ensure())
    return 0


def _refuse_external(command: str) -> None:
    if not config.uses_embedded():
        settings = Settings.load()
        raise WarehouseError(
            f"{settings.host}:{settings.port} is an external server, not ours to {command}: unset"
            f" DB_HOST to {command} the embedded one."
        )

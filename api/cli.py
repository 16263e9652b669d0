"""``python -m api``: serve, make a token, check the metadata."""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from api.auth import LARGEST_USER, REFRESH, Tokens
from api.catalog import UnusableManifest, read
from api.settings import ApiSettings
from warehouse import packages, server
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.errors import WarehouseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        return int(options.run(options) or 0)
    except WarehouseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api",
        description="The analytics API: data sets of the warehouse, each user their own rows.",
        epilog="Settings are the variables API_… (docs/api.md).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve it (API_HOST, API_PORT; 127.0.0.1:8000)")
    serve.add_argument("--host")
    serve.add_argument("--port", type=int)
    serve.set_defaults(run=_serve)

    token = commands.add_parser("token", help="print a token for a user of the demo")
    token.add_argument("--user", type=_user, required=True, metavar="ID", help="the customer")
    token.add_argument("--hours", type=float, default=24, help="how long it is good (24)")
    token.add_argument(
        "--scope", action="append", metavar="NAME", help=f"default: {REFRESH}; may be repeated"
    )
    token.set_defaults(run=_token)

    check = commands.add_parser("check", help="check config.meta of all data sets")
    check.add_argument("--manifest", type=Path, help="of this manifest, instead of parsing anew")
    check.set_defaults(run=_check)
    return parser


def _user(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= LARGEST_USER):
        raise argparse.ArgumentTypeError(f"{text!r} is not the number of a customer")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    import uvicorn  # noqa: PLC0415 - only here

    from api.main import create_app  # noqa: PLC0415 - takes a second

    settings = ApiSettings.load()
    host, port = options.host or settings.host, options.port or settings.port
    server.ensure()
    Settings.api_reader()  # or a sentence about its password, before anybody asks
    uvicorn.run(
        create_app(settings), host=host, port=port, access_log=False, log_level="info",
        server_header=False, timeout_graceful_shutdown=10,
    )  # fmt: skip
    return 0


def _token(options: argparse.Namespace) -> int:
    tokens = Tokens(ApiSettings.load())
    scopes = [REFRESH] if options.scope is None else options.scope
    try:
        token = tokens.issue(options.user, timedelta(hours=options.hours), scopes)
    except ValueError as error:
        raise WarehouseError(str(error)) from None
    sys.stdout.write(token + "\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    try:
        if options.manifest is not None:
            catalog = read(options.manifest)
        else:
            with tempfile.TemporaryDirectory() as folder:
                catalog = read(_parsed(Path(folder)))
    except UnusableManifest as error:
        for fault in error.faults:
            sys.stderr.write(f"error: {fault}\n")
        return 1
    sys.stdout.write(f"{len(catalog.datasets)} data sets are described as they should be.\n")
    return 0


def _parsed(folder: Path) -> Path:
    """The manifest of the project as it is now; needs no database."""
    packages.ensure()
    command = [sys.executable, "-m", "dbt.cli.main", "parse", "--target-path", str(folder)]
    environment = os.environ | {"DBT_PROFILES_DIR": str(PROJECT_ROOT)}
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise WarehouseError(f"dbt cannot read the project:\n{done.stdout[-3000:]}")
    return folder / "manifest.json"

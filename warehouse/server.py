"""The embedded PostgreSQL server: one per project, in a folder of its own, outliving its starter.

It listens on 127.0.0.1 only, with SCRAM and a random password. Its state folder holds ``data/``,
the server's settings, the passwords, the port and the log.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg import sql

from warehouse import config
from warehouse.binaries import Account, choose_account, find_bin_dir, major_version, pwd_name
from warehouse.config import API_PASSWORD_FILE, READER_PASSWORD_FILE, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError
from warehouse.prepare import prepare

log = logging.getLogger(__name__)

SUPERUSER = "postgres"
_ENTRIES = (
    "data",
    "data.new",
    "server.conf",
    "password",
    "superuser_password",
    API_PASSWORD_FILE,
    READER_PASSWORD_FILE,
    "port",
    "log",
    "lock",
)


def current() -> EmbeddedServer:
    """The embedded server of this project (or of ``WAREHOUSE_HOME``)."""
    return EmbeddedServer(config.state_dir())


def ensure() -> Settings:
    """The settings in force, with the embedded server started if it is the one and stopped.

    Raises:
        WarehouseError: it cannot be started, or a variable is unusable.
    """
    if config.uses_embedded() and not current().is_running():
        return current().start()
    return Settings.load()


@dataclass(frozen=True)
class EmbeddedServer:
    """A server whose whole state is in the folder ``home`` (mode 0700)."""

    home: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def log_file(self) -> Path:
        """The server's log."""
        return self.home / "log"

    def settings(self) -> Settings:
        """How to log in as the owner of the warehouse, running or not."""
        return Settings.embedded(self.home)

    def is_running(self) -> bool:
        """True if a postmaster of this very data folder is alive."""
        return postmaster_pid(self.data) is not None

    def start(self) -> Settings:
        """Start the server unless it runs, and prepare the database; safe to repeat.

        Raises:
            WarehouseError: it cannot run here; the sentence says why.
        """
        bin_dir = find_bin_dir()
        with self._locked():
            if not self.is_running():
                port = self._first_port()
                version = major_version(bin_dir)
                account = choose_account(self.home, bin_dir)
                account.own(self.home)
                if not self.data.exists():
                    self._create(bin_dir, version, account)
                self._check_version(version, bin_dir)
                self._clear_crash()
                self._launch(bin_dir, account, port)
            self._prepare(choose_account(self.home, bin_dir))
        return self.settings()

    def stop(self) -> bool:
        """Stop the server, ending its sessions; False if it was not running.

        Raises:
            WarehouseError: it may not be stopped by us, or does not end.
        """
        if not self.home.exists():
            return False
        with self._locked():
            return self._stop()

    def destroy(self) -> None:
        """Stop the server and delete everything it has stored (only what belongs to it)."""
        if not self.home.exists():
            return
        with self._locked():
            self._stop()
            for name in _ENTRIES:
                path = self.home / name
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something of the user's is in it: leave it
            self.home.rmdir()

    # -- one process at a time -----------------------------------------------------------------

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.home / "lock"
        try:
            self._make_home()
            while True:
                with path.open("a") as handle:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    # A `destroy` we waited for has deleted the file we hold: take the new one.
                    if path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat()):
                        yield
                        return
                self._make_home()
        except PermissionError as error:
            raise WarehouseError(
                f"{error.filename or self.home} may not be used by account"
                f" {pwd_name(os.geteuid())}: run this as the account that owns it, or set"
                " WAREHOUSE_HOME to a folder of your own."
            ) from error

    def _make_home(self) -> None:
        if self.home.exists():
            found = {entry.name for entry in self.home.iterdir()}
            if found and not found & set(_ENTRIES):
                raise WarehouseError(
                    f"{self.home} is not empty and holds no embedded server: set WAREHOUSE_HOME to"
                    " a new folder."
                )
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.home.stat().st_mode & 0o077:
            self.home.chmod(0o700)

    # -- a new cluster -------------------------------------------------------------------------

    def _create(self, bin_dir: Path, version: int, account: Account) -> None:
        log.info("Creating a PostgreSQL %d cluster in %s.", version, self.data)
        for name in ("password", "superuser_password"):
            self._write(name, secrets.token_urlsafe(24) + "\n", account)
        # Made beside and renamed, so that a half-made cluster is never taken for a whole one.
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        account.own(new)
        command: list[str | Path] = [bin_dir / "initdb", "-D", new, "-U", SUPERUSER, "--no-sync"]
        command += ["-A", "scram-sha-256", f"--pwfile={self.home / 'superuser_password'}"]
        command += ["-E", "UTF8", "--locale=C"]
        if version >= 18:
            # Checksums would log a full page for every hint bit set by the first read after a load.
            command += ["--no-data-checksums"]
        # Text sorts by code point (fast, the same everywhere); upper() and lower() know them all.
        if version >= 17:
            unicode = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            unicode = ["--lc-ctype=C.UTF-8"]
        done = account.run([*command, *unicode], self.home)
        if done.returncode != 0:
            done = account.run(command, self.home)
        if done.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise WarehouseError(
                f"initdb could not create {self.data} as account {account.name}:"
                f" {' '.join(done.stderr.split()) or 'no reason given'}"
            )
        with (new / "postgresql.conf").open("a") as handle:
            handle.write("\ninclude '../server.conf'\n")
        new.rename(self.data)

    def _check_version(self, version: int, bin_dir: Path) -> None:
        made_by = int((self.data / "PG_VERSION").read_text())
        if made_by != version:
            raise WarehouseError(
                f"{self.data} was made by PostgreSQL {made_by}, but {bin_dir} is {version}: set"
                f" PG_BIN to programs of version {made_by}, or run `python -m warehouse destroy`"
                " and start afresh."
            )

    def _write(self, name: str, text: str, account: Account) -> None:
        path = self.home / name
        new = path.with_suffix(".tmp")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(text)
        account.own(new)
        new.replace(path)

    # -- starting ------------------------------------------------------------------------------

    def _first_port(self) -> int:
        wanted = config.variables().get("PG_PORT")
        if wanted:
            return config.port_number(wanted, "PG_PORT")
        if (self.home / "port").exists():
            return int((self.home / "port").read_text())
        return config.DEFAULT_PORT

    def _launch(self, bin_dir: Path, account: Account, first: int) -> None:
        if not self.log_file.exists():
            self._write("log", "", account)
        for port in range(first, min(first + 200, 65536)):
            if not _is_free(port):
                continue
            self._write("server.conf", _server_conf(port, self.home), account)
            offset = self.log_file.stat().st_size
            command: list[str | Path] = [bin_dir / "pg_ctl", "start", "-w", "-t", "120"]
            command += ["-D", self.data, "-l", self.log_file]
            code = account.run_detached(command, self.home)
            if code == 0 and self.is_running():
                self._write("port", f"{port}\n", account)
                if port != first:
                    log.warning("Port %d is taken, the server listens on %d.", first, port)
                return
            with self.log_file.open(errors="replace") as handle:
                handle.seek(offset)
                said = handle.read()
            if "could not bind" not in said:  # else someone was quicker: try the next port
                lines = [line for line in said.splitlines() if "FATAL" in line or "HINT" in line]
                reason = " ".join(lines).strip() or f"pg_ctl ended with {code}"
                raise WarehouseError(
                    f"The embedded server does not start as account {account.name}"
                    f" ({reason}): see {self.log_file}."
                )
        raise WarehouseError(f"No port from {first} on is free: set PG_PORT to one that is.")

    def _clear_crash(self) -> None:
        """Let go of what a killed postmaster left behind.

        Its sessions may still be at work on the shared memory: they are ended first, since a second
        server beside them would destroy the data. Only then is the stale pid file removed (its
        number may meanwhile belong to a stranger, and then PostgreSQL would refuse to start).
        """
        if not Path("/proc/self/cwd").exists():
            return  # without /proc PostgreSQL's own check has to do
        for sent in (None, signal.SIGQUIT, signal.SIGKILL):
            for pid in _processes_in(self.data):
                if sent is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, sent)
            if _wait(lambda: not _processes_in(self.data), seconds=3):
                break
        else:
            left = ", ".join(map(str, _processes_in(self.data)))
            raise WarehouseError(
                f"Processes of a crashed server still use {self.data} (ids {left}): end them, then"
                " start again."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _stop(self) -> bool:
        pid = postmaster_pid(self.data)
        if pid is None:
            return False
        # SIGINT: fast shutdown. SIGQUIT: at once; the next start recovers from the log.
        for sent, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 15)):
            os.kill(pid, sent)
            if _wait(lambda: not self.is_running(), seconds):
                return True
        raise WarehouseError(f"The server (process {pid}) does not end: see {self.log_file}.")

    # -- the database --------------------------------------------------------------------------

    def _prepare(self, account: Account) -> None:
        owner = self.settings()
        for name in (API_PASSWORD_FILE, READER_PASSWORD_FILE):
            if not (self.home / name).exists():
                self._write(name, secrets.token_urlsafe(24) + "\n", account)
        admin = replace(
            owner,
            user=SUPERUSER,
            password=(self.home / "superuser_password").read_text().strip(),
            dbname="postgres",
        )
        with connect(admin, autocommit=True) as conn:
            role, database = sql.Identifier(owner.user), sql.Identifier(owner.dbname)
            if not conn.execute(
                "select 1 from pg_roles where rolname = %s", (owner.user,)
            ).fetchone():
                conn.execute(
                    sql.SQL("create role {} login password {}").format(
                        role, sql.Literal(owner.password)
                    )
                )
            if not conn.execute(
                "select 1 from pg_database where datname = %s", (owner.dbname,)
            ).fetchone():
                conn.execute(sql.SQL("create database {} owner {}").format(database, role))
        passwords = [
            (self.home / name).read_text().strip()
            for name in (API_PASSWORD_FILE, READER_PASSWORD_FILE)
        ]
        with connect(replace(admin, dbname=owner.dbname)) as conn:
            prepare(conn, owner.user, *passwords)


def postmaster_pid(data: Path) -> int | None:
    """Process id of the live postmaster of ``data``, else None.

    A pid file alone proves nothing: after a crash its number may belong to any process.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError, IndexError):
        return None
    if Path("/proc/self").exists():
        try:
            argv = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        except OSError:
            return None
        is_server = Path(argv[0]).name in ("postgres", "postmaster")
        folders = [argv[i + 1] for i, arg in enumerate(argv[:-1]) if arg == "-D"]
        return pid if is_server and any(_same(Path(folder), data) for folder in folders) else None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return pid


def _same(left: Path, right: Path) -> bool:
    return left.resolve() == right.resolve()


def _processes_in(folder: Path) -> list[int]:
    """Processes whose working folder is ``folder``, as that of every PostgreSQL process is."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if (entry / "cwd").readlink() == folder.resolve():
                    found.append(int(entry.name))
    return found


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself does; without it a port just closed would look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.EMBEDDED_HOST, port))
        except OSError:
            return False
    return True


def _memory_mb() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(Path(limit).read_text()))
    return total >> 20


def _server_conf(port: int, home: Path) -> str:
    memory = _memory_mb()
    disk_free = shutil.disk_usage(home).free >> 20
    lines = [
        "# Written by `python -m warehouse start` each time; changes here are lost.",
        f"port = {port}",
        f"listen_addresses = '{config.EMBEDDED_HOST}'",
        "unix_socket_directories = ''",
        "password_encryption = 'scram-sha-256'",
        "max_connections = 60",
        "",
        "# The data can be built again, so a power failure may cost it (fsync = off); a killed",
        "# server may not: what was committed is handed to the operating system first. With",
        "# synchronous_commit = off a table that was committed has been seen to vanish. A kill can",
        "# also tear a page that was being written, so full_page_writes stays on.",
        "fsync = off",
        "synchronous_commit = on",
        "full_page_writes = on",
        "",
        "# No replica: COPY into a table made in the same transaction writes no log.",
        "wal_level = minimal",
        "max_wal_senders = 0",
        "wal_buffers = '64MB'",
        f"max_wal_size = '{max(256, min(8192, disk_free // 8))}MB'",
        "checkpoint_timeout = '30min'",
        "",
        f"shared_buffers = '{max(32, min(1024, memory // 4))}MB'",
        f"effective_cache_size = '{max(64, memory // 2)}MB'",
        f"work_mem = '{max(4, min(64, memory // 32))}MB'",
        f"maintenance_work_mem = '{max(32, min(512, memory // 8))}MB'",
        "max_parallel_workers_per_gather = 2",
        "random_page_cost = 1.1",
        "max_locks_per_transaction = 256  # partitions: one lock each",
        "autovacuum = on",
        "deadlock_timeout = '100ms'  # a build waits no longer for autovacuum to give way",
        "",
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
        "log_line_prefix = '%m [%p] '",
        "log_checkpoints = off",
        "log_min_error_statement = fatal  # statements may hold personal data",
    ]
    if sys.platform == "linux":
        lines.append("effective_io_concurrency = 200")
        shared = shutil.disk_usage("/dev/shm").total >> 20 if Path("/dev/shm").exists() else 0
        if shared < 512:
            # Containers often have 64 MB there, too little for a parallel query.
            lines.append("dynamic_shared_memory_type = mmap")
    return "\n".join(lines) + "\n"

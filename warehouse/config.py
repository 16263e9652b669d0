"""Settings: where the warehouse is and how to log in.

Order of precedence: the environment, then ``.env`` in the project root, then the embedded server.
Passwords never appear in a ``repr``, in a message or in a log.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values

from warehouse.errors import WarehouseError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
DEFAULT_DATABASE = "financial_analytics"
DEFAULT_OWNER = "warehouse_owner"
DEFAULT_PORT = 54329
EMBEDDED_HOST = "127.0.0.1"
# The roles that only read, and the embedded server's files of their passwords.
READER = "bi_reader"
READER_PASSWORD_FILE = "bi_reader_password"
API_READER = "api_reader"
API_PASSWORD_FILE = "api_reader_password"
# ``warehouse env`` exports this beside DB_HOST, so that a shell in which its lines were evaluated
# still counts as using the embedded server, even after that server moved to another port.
EMBEDDED_MARK = "WAREHOUSE_EMBEDDED"

Source = Literal["environment", ".env", "embedded"]


def env_file() -> Path:
    """Path of the ``.env`` file (``WAREHOUSE_ENV_FILE`` names another one)."""
    return Path(os.environ.get("WAREHOUSE_ENV_FILE") or PROJECT_ROOT / ".env")


def env_file_variables() -> dict[str, str]:
    """The non-empty variables of ``.env``; empty if there is no such file."""
    return {name: value for name, value in dotenv_values(env_file()).items() if value}


def variables() -> dict[str, str]:
    """All non-empty variables, those of the environment before those of ``.env``."""
    return env_file_variables() | {name: value for name, value in os.environ.items() if value}


def state_dir() -> Path:
    """Folder of the embedded server's state (``WAREHOUSE_HOME``, else ``.pg`` in the project)."""
    home = variables().get("WAREHOUSE_HOME")
    return Path(home).expanduser().absolute() if home else PROJECT_ROOT / ".pg"


def port_number(text: str, variable: str) -> int:
    """``text`` as a TCP port.

    Raises:
        WarehouseError: it is not a whole number from 1 to 65535.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise WarehouseError(f"{variable}={text!r} is not a port: give a number from 1 to 65535.")
    return int(text)


@dataclass(frozen=True)
class Settings:
    """One way into the warehouse's database; ``prefix`` is that of the variables it came from."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    dbname: str
    source: Source
    prefix: str = "DB_"

    @property
    def is_embedded(self) -> bool:
        """True if the server is the one this project runs itself."""
        return self.source == "embedded"

    @property
    def address(self) -> str:
        """``user@host:port/database``, for messages."""
        return f"{self.user}@{self.host}:{self.port}/{self.dbname}"

    def environment(self) -> dict[str, str]:
        """The ``DB_*`` variables that lead other programs to the same place."""
        found = {
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_USER": self.user,
            "DB_PASSWORD": self.password,
            "DB_NAME": self.dbname,
        }
        return found | ({EMBEDDED_MARK: f"{self.host}:{self.port}"} if self.is_embedded else {})

    @classmethod
    def load(cls) -> Settings:
        """The settings in force; nothing is started or contacted.

        Raises:
            WarehouseError: a variable is unusable, or the embedded server was never started.
        """
        found = variables()
        if uses_embedded(found):
            return cls.embedded(state_dir())
        return cls(
            host=found["DB_HOST"],
            port=port_number(found.get("DB_PORT", "5432"), "DB_PORT"),
            user=found.get("DB_USER", DEFAULT_OWNER),
            password=found.get("DB_PASSWORD", ""),
            dbname=found.get("DB_NAME", DEFAULT_DATABASE),
            source="environment" if os.environ.get("DB_HOST") else ".env",
        )

    @classmethod
    def api_reader(cls) -> Settings:
        """The settings in force, as the role that sees the rows of one user only.

        Raises:
            WarehouseError: a variable is unusable, or the role has no password.
        """
        owner = cls.load()
        if owner.is_embedded:
            file = state_dir() / API_PASSWORD_FILE
            password = file.read_text().strip() if file.exists() else None
        else:
            password = variables().get("API_READER_PASSWORD")
        if not password:
            raise WarehouseError(
                f"Role {API_READER} has no password yet: "
                + (
                    "run `python -m warehouse start`."
                    if owner.is_embedded
                    else "set API_READER_PASSWORD in .env, then run `python -m warehouse start`."
                )
            )
        return replace(owner, user=API_READER, password=password)

    @classmethod
    def prod(cls) -> Settings:
        """The settings of dbt's target ``prod``, from the variables ``PROD_DB_*``.

        Raises:
            WarehouseError: host or user is not set, or the port is unusable.
        """
        found = variables()
        missing = [name for name in ("PROD_DB_HOST", "PROD_DB_USER") if name not in found]
        if missing:
            raise WarehouseError(
                f"The target prod needs {' and '.join(missing)} (and PROD_DB_PASSWORD, PROD_DB_PORT"
                " and PROD_DB_NAME as your server has them): set them in the environment or in"
                " .env."
            )
        return cls(
            host=found["PROD_DB_HOST"],
            port=port_number(found.get("PROD_DB_PORT", "5432"), "PROD_DB_PORT"),
            user=found["PROD_DB_USER"],
            password=found.get("PROD_DB_PASSWORD", ""),
            dbname=found.get("PROD_DB_NAME", f"{DEFAULT_DATABASE}_prod"),
            source="environment" if os.environ.get("PROD_DB_HOST") else ".env",
            prefix="PROD_DB_",
        )

    @classmethod
    def reader(cls) -> Settings:
        """The settings in force for who only reads gold and dst: role ``bi_reader``.

        Raises:
            WarehouseError: its password is not known here, or as `load`.
        """
        owner = cls.load()
        if owner.user == READER:
            return owner
        password = variables().get("BI_READER_PASSWORD")
        if not password and owner.is_embedded:
            with contextlib.suppress(FileNotFoundError):
                password = (state_dir() / READER_PASSWORD_FILE).read_text().strip()
        if not password:
            raise WarehouseError(
                f"The password of {READER} is not known here: set BI_READER_PASSWORD in .env, then"
                " run `make start`."
            )
        return replace(owner, user=READER, password=password, prefix="BI_READER_")

    @classmethod
    def embedded(cls, home: Path) -> Settings:
        """The settings of the embedded server whose state is in ``home``, running or not.

        Raises:
            WarehouseError: no server was ever started there, or its files may not be read.
        """
        try:
            port = int((home / "port").read_text())
            password = (home / "password").read_text().strip()
        except FileNotFoundError:
            raise WarehouseError(
                f"There is no embedded server in {home} yet: run `python -m warehouse start`,"
                " or set DB_HOST to use a server of your own."
            ) from None
        except PermissionError:
            raise WarehouseError(
                f"{home} belongs to another account: run this as the account that started the"
                " server, or set WAREHOUSE_HOME to a folder of your own."
            ) from None
        return cls(EMBEDDED_HOST, port, DEFAULT_OWNER, password, DEFAULT_DATABASE, "embedded")


def uses_embedded(found: Mapping[str, str] | None = None) -> bool:
    """True if no external server is configured (see the comment at ``EMBEDDED_MARK``)."""
    found = variables() if found is None else found
    host = found.get("DB_HOST")
    return not host or found.get(EMBEDDED_MARK) == f"{host}:{found.get('DB_PORT', '5432')}"

"""Settings of the API: variables of the environment, then ``.env``, then what is given here."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from warehouse import config
from warehouse.errors import WarehouseError

SECRET_FILE = "jwt_secret"


class ApiSettings(BaseModel):
    """Each field is the variable ``API_<FIELD>``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    home: Path = config.PROJECT_ROOT / ".api"
    manifest: Path = config.PROJECT_ROOT / "target" / "manifest.json"

    jwt_secret: Annotated[SecretStr | None, Field(min_length=32)] = None
    jwks_url: str | None = None
    jwt_audience: str = "financial-analytics"
    jwt_issuer: str = "financial-analytics"

    pool_size: Annotated[int, Field(ge=1, le=100)] = 8
    statement_timeout: Annotated[float, Field(gt=0, le=600)] = 10.0
    rate_limit: Annotated[int, Field(ge=0)] = 600
    export_hours: Annotated[float, Field(gt=0)] = 24.0
    exports_per_user: Annotated[int, Field(ge=1)] = 5
    workers_of_exports: Annotated[int, Field(ge=1, le=16)] = 2

    dagster_url: Annotated[str | None, Field(pattern="^https?://")] = None

    @classmethod
    def load(cls) -> ApiSettings:
        """The settings in force.

        Raises:
            WarehouseError: a variable is unusable.
        """
        found = config.variables()
        given = {
            name: found[f"API_{name.upper()}"]
            for name in cls.model_fields
            if f"API_{name.upper()}" in found
        }
        if "manifest" not in given and os.environ.get("DBT_TARGET_PATH"):
            folder = config.PROJECT_ROOT / os.environ["DBT_TARGET_PATH"]
            given["manifest"] = str(folder / "manifest.json")
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            variable = f"API_{str(first['loc'][0]).upper()}"
            raise WarehouseError(f"{variable} is unusable: {first['msg']}.") from None

    def private_folder(self, *names: str) -> Path:
        """A folder below `home` that only this account may enter, made if it is missing."""
        folder = self.home
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            folder = folder / name
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def signing_secret(self) -> str:
        """The secret of HS256: the variable's, else one that was made up once and kept (0600)."""
        if self.jwt_secret is not None:
            return self.jwt_secret.get_secret_value()
        file = self.private_folder() / SECRET_FILE
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text().strip()
        secret = secrets.token_urlsafe(48)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secret + "\n")
        return secret

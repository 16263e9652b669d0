"""What the routes work with, made once for an app."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from api.auth import Tokens
from api.catalog import Catalog, Dataset, LiveCatalog
from api.database import Database
from api.exports import Exporter
from api.limits import RateLimit
from api.orchestrator import DagsterRefresher
from api.positions import Positions
from api.problems import Problem
from api.refresh import CommandRefresher, Refresher
from api.settings import ApiSettings
from warehouse.config import Settings


@dataclass(frozen=True)
class Services:
    """The parts of the API."""

    settings: ApiSettings
    tokens: Tokens
    limit: RateLimit
    live: LiveCatalog
    database: Database
    positions: Positions
    refresher: Refresher
    exporter: Exporter

    @classmethod
    def of(cls, settings: ApiSettings, refresher: Refresher | None = None) -> Services:
        """The parts as the settings want them; nothing is contacted yet."""
        return cls(
            settings=settings,
            tokens=Tokens(settings),
            limit=RateLimit(settings.rate_limit),
            live=LiveCatalog(settings.manifest),
            database=Database(Settings.api_reader, settings.statement_timeout, settings.pool_size),
            positions=Positions(settings.signing_secret()),
            refresher=refresher or _refresher(settings),
            exporter=Exporter(
                settings.private_folder("exports"),
                Settings.api_reader,
                settings.export_hours,
                settings.exports_per_user,
                settings.workers_of_exports,
            ),
        )

    def catalog(self) -> Catalog:
        """The data sets.

        Raises:
            Problem: 503 if there has never been a usable manifest.
        """
        found = self.live.current()
        if found is None:
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The data sets are not known yet: the warehouse has to be built first.",
                {"Retry-After": "5"},
            )
        return found

    def dataset(self, name: str) -> Dataset:
        """One data set.

        Raises:
            Problem: 404 if there is none of this name.
        """
        try:
            return self.catalog().datasets[name]
        except KeyError:
            raise Problem(HTTPStatus.NOT_FOUND, "There is no data set of this name.") from None


def _refresher(settings: ApiSettings) -> Refresher:
    if settings.dagster_url is not None:
        return DagsterRefresher(settings.dagster_url)
    return CommandRefresher(settings.private_folder("refresh"))

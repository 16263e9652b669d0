"""What the assets share: where batches lie, and how a refusal is told to Dagster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from pipeline import steps
from pipeline.errors import passes_by_itself
from warehouse.errors import WarehouseError

# A server that is away, or a full disk, may be well again; a refused batch will not.
RETRIES = dg.RetryPolicy(max_retries=3, delay=10, backoff=dg.Backoff.EXPONENTIAL)


class Folders(dg.ConfigurableResource[None]):
    """Folders of the raw batches and of the Parquet files."""

    raw: str = str(steps.RAW)
    processed: str = str(steps.PROCESSED)

    @property
    def raw_path(self) -> Path:
        """As a path."""
        return Path(self.raw)


@contextmanager
def told() -> Iterator[None]:
    """One sentence instead of a traceback; repeated only if that may help."""
    try:
        yield
    except WarehouseError as error:
        raise dg.Failure(str(error), allow_retries=passes_by_itself(error)) from error


def shown(done: steps.Done) -> dict[str, dg.MetadataValue]:
    """What a step did, for the asset's page."""
    return {
        "dagster/row_count": dg.MetadataValue.int(done.rows),
        "note": dg.MetadataValue.text(done.note or "-"),
    }

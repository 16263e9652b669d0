"""The small server and the batches made to order of the tests of `warehouse`."""

from tests.python.warehouse.conftest import (  # noqa: F401
    admin,
    clean_environment,
    database,
    embedded_server,
    server_folder,
    write_batch,
)

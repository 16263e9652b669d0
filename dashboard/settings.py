"""What can be set from outside."""

from __future__ import annotations

import os

REFRESH_SECONDS = int(os.environ.get("DASHBOARD_REFRESH_SECONDS", "600"))
POOL_SIZE = 8
STATEMENT_SECONDS = 20
WAIT_SECONDS = 10  # for a connection: a page says within this time that there is none

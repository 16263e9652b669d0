"""What the linter sees in place of what gives more than text: see lint/macros.sql for the rest."""

import gc

# The linter loads this in each of its processes. It keeps almost everything it makes of a file;
# looking for garbage every 700 objects was a fifth of its processor time.
gc.set_threshold(200_000, 10, 100)


def source_keys() -> dict[str, str]:
    """A table and its key, for macros/source_keys.sql."""
    return {"products": "product_id"}

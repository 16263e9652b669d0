"""What the linter sees in place of dbt's own macros: something of the same shape."""


def date_trunc(part: str, value: str) -> str:
    """A date expression."""
    return value


def dateadd(part: str, number: object, value: str) -> str:
    """A date expression."""
    return value


def datediff(first: str, second: str, part: str) -> str:
    """A number."""
    return first


def last_day(value: str, part: str) -> str:
    """A date expression."""
    return value


def date_spine(part: str, first: str, last: str) -> str:
    """A query with one column."""
    return "select date_day from days"


def current_timestamp() -> str:
    """A moment."""
    return "now()"


def type_string() -> str:
    """A type."""
    return "text"


def type_float() -> str:
    """A type."""
    return "float"


def type_timestamp() -> str:
    """A type."""
    return "timestamptz"


def listagg(measure: str, delimiter: str, order: str) -> str:
    """An aggregate."""
    return f"max({measure})"

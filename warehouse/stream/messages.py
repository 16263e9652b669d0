"""The schema of a message, and how one is read.

A message is a JSON object with the columns of ``bronze.kafka_stream``. The schema says what shape
it has: names, types, formats. What its values are worth (a kind of event nobody knows, a customer
who does not exist) is judged in silver, for files and streams alike.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

# PostgreSQL has no text with NUL in it.
_TEXT = r"^[^\x00]*$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?$"
# Kafka's own serializers put a zero and the number of a schema, four bytes, before the JSON.
_PREFIX_BYTES = 5


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=_TEXT)]
Whole = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Moment = Annotated[str, StringConstraints(pattern=_MOMENT), AfterValidator(_moment)]
# As text, so that no program on the way makes a binary fraction of it.
Money = Annotated[str, StringConstraints(max_length=30, pattern=r"^-?\d+(\.\d+)?$")]


class Event(BaseModel):
    """A click-stream event of the marketplace. Fields that are not listed are not kept."""

    model_config = ConfigDict(extra="allow", title="clickstream")

    event_id: Text = Field(description="Name of the event, unique.")
    event_type: Text = Field(description="view, search, add_to_cart, checkout or purchase.")
    event_timestamp: Moment = Field(description="When it happened; UTC unless it says otherwise.")
    session_id: Text = Field(description="The visit it belongs to.")
    customer_id: Whole | None = Field(None, description="Who was logged in.")
    product_id: Whole | None = Field(None, description="Product of the catalogue.")
    order_id: Whole | None = Field(None, description="The order, of purchases.")
    quantity: Whole | None = Field(None, description="Units, of add_to_cart.")
    unit_price: Money | None = Field(None, description='Price of a unit in USD, as "12.50".')
    search_term: Text | None = Field(None, description="What was looked for.")
    device_type: Text | None = Field(None, description="mobile, desktop or tablet.")
    traffic_source: Text | None = Field(None, description="Where the visit came from.")


COLUMNS = tuple(Event.model_fields)


class Unreadable(Exception):
    """A message that breaks the schema; the text says how, without repeating what it holds."""


def schema() -> str:
    """The JSON Schema of a message."""
    return json.dumps(Event.model_json_schema(), indent=2)


def read(value: bytes | None, unknown: set[str] | None = None) -> tuple[Any, ...]:
    """The values of a message in the order of `COLUMNS`.

    Args:
        value: the message, with or without the prefix of a schema registry.
        unknown: where names that the schema does not have are added.

    Raises:
        Unreadable: it is not JSON, not in UTF-8, or breaks the schema.
    """
    if not value:
        raise Unreadable("it has no value")
    if value[0] == 0:
        value = value[_PREFIX_BYTES:]
    try:
        event = Event.model_validate_json(value)
    except ValidationError as error:
        raise Unreadable(_in_words(error)) from None
    if unknown is not None and event.model_extra:
        unknown.update(event.model_extra)
    return tuple(event.__dict__.values())


def _in_words(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        ": ".join((*(".".join(map(str, one["loc"])),) * bool(one["loc"]), _reason(one)))
        for one in found
    )


def _reason(one: Any) -> str:
    # some of pydantic's sentences quote the value
    if one["type"] == "value_error":
        return "Input should be a moment that exists"
    return str(one["msg"]).split(", got ")[0]


def as_text(value: bytes | None) -> str:
    """A message that cannot be read, as text that PostgreSQL can hold; never empty."""
    text = (value or b"").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return text if text.strip() else "(empty)"

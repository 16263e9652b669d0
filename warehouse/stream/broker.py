"""The Kafka broker: where it is, what it has, and one clear sentence when it does not answer."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from warehouse.config import variables
from warehouse.errors import WarehouseError

try:
    import confluent_kafka as kafka
    from confluent_kafka import KafkaError, KafkaException
except ImportError as error:
    raise WarehouseError(
        "confluent-kafka is not installed: install what serves the warehouse (`make apps`)."
    ) from error

log = logging.getLogger(__name__)

TOPIC = "clickstream"
TIMEOUT_SECONDS = 10.0
# Variables and what librdkafka calls them.
_SETTINGS = {
    "KAFKA_BOOTSTRAP": "bootstrap.servers",
    "KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "KAFKA_SASL_USERNAME": "sasl.username",
    "KAFKA_SASL_PASSWORD": "sasl.password",
    "KAFKA_SSL_CA": "ssl.ca.location",
    "KAFKA_SSL_CERTIFICATE": "ssl.certificate.location",
    "KAFKA_SSL_KEY": "ssl.key.location",
    "KAFKA_SSL_KEY_PASSWORD": "ssl.key.password",
}
_LOG_IN = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
_NO_TOPIC = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}


def default_topic() -> str:
    """The topic of KAFKA_TOPIC, else ``clickstream``."""
    return variables().get("KAFKA_TOPIC", TOPIC)


class Unreachable(WarehouseError):
    """The broker does not answer; it may do so later."""


@dataclass
class Broker:
    """A broker as the variables KAFKA_… name it.

    Attributes:
        address: its bootstrap servers.
        trouble: what went wrong last on the way to it.
    """

    address: str
    trouble: KafkaError | None = field(default=None, init=False)
    _settings: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls) -> Broker:
        """The broker of the variables in force; it is not contacted.

        Raises:
            WarehouseError: KAFKA_BOOTSTRAP is not set.
        """
        found = variables()
        if "KAFKA_BOOTSTRAP" not in found:
            raise WarehouseError(
                "KAFKA_BOOTSTRAP is not set: name your Kafka broker in the environment or in .env,"
                " for example KAFKA_BOOTSTRAP=localhost:9092."
            )
        settings = {key: found[name] for name, key in _SETTINGS.items() if name in found}
        return cls(found["KAFKA_BOOTSTRAP"], settings)

    def consumer(self, **more: Any) -> kafka.Consumer:
        """A consumer that belongs to no group, stores no offsets and starts nowhere by itself."""
        consumer: kafka.Consumer = self._client(
            kafka.Consumer,
            {
                # librdkafka wants a name, though without subscribe() and commits nobody sees it
                "group.id": "warehouse",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
            | more,
        )
        return consumer

    def producer(self, **more: Any) -> kafka.Producer:
        """A producer that repeats nothing when it has to send again."""
        producer: kafka.Producer = self._client(
            kafka.Producer, {"enable.idempotence": True, "linger.ms": 20} | more
        )
        return producer

    def _client(self, kind: Any, more: dict[str, Any]) -> Any:
        quiet = logging.getLogger("librdkafka")
        quiet.setLevel(logging.CRITICAL)  # it repeats itself; `trouble` holds what matters
        try:
            return kind(self._settings | more | {"error_cb": self._notice}, logger=quiet)
        except KafkaException as error:
            raise WarehouseError(
                f"The variables KAFKA_… cannot be used ({error.args[0].str()}): correct them."
            ) from error

    def _notice(self, error: KafkaError) -> None:
        self.trouble = error

    def partitions(self, client: Any, topic: str) -> list[int]:
        """Numbers of the topic's partitions.

        Raises:
            WarehouseError: the broker does not answer, or has no such topic.
        """
        try:
            found = client.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
        except KafkaException as error:
            client.poll(0)  # runs error_cb
            raise self.unreachable(error.args[0]) from error
        if found.error is not None:
            raise self.refusal(found.error, topic)
        return sorted(found.partitions)

    def watermarks(self, consumer: kafka.Consumer, topic: str, partition: int) -> tuple[int, int]:
        """Offset of the oldest message there is, and of the next one to come.

        Raises:
            WarehouseError: the broker does not answer.
        """
        try:
            low, high = consumer.get_watermark_offsets(
                kafka.TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS
            )
        except KafkaException as error:
            raise self.unreachable(error.args[0]) from error
        return low, high

    def check(self, client: Any) -> None:
        """Make sure that the broker answers.

        Raises:
            WarehouseError: it does not.
        """
        try:
            client.list_topics(timeout=TIMEOUT_SECONDS)
        except KafkaException as error:
            client.poll(0)  # runs error_cb
            raise self.unreachable(error.args[0]) from error

    def unreachable(self, error: KafkaError | None = None) -> WarehouseError:
        """Why the broker does not answer, as far as one knows."""
        for reason in (self.trouble, error):
            if reason is not None and reason.code() in _LOG_IN:
                return WarehouseError(
                    f"The Kafka broker {self.address} refuses the log-in: correct"
                    " KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD."
                )
            if reason is not None and reason.code() == KafkaError._SSL:
                return WarehouseError(
                    f"No encrypted connection to the Kafka broker {self.address}: correct"
                    " KAFKA_SECURITY_PROTOCOL and KAFKA_SSL_CA."
                )
        return Unreachable(
            f"The Kafka broker {self.address} cannot be reached: start it, or correct"
            " KAFKA_BOOTSTRAP."
        )

    def refusal(self, error: KafkaError, topic: str) -> WarehouseError:
        """What the broker has against a topic."""
        if error.code() in _NO_TOPIC:
            return WarehouseError(
                f"The Kafka broker {self.address} has no topic {topic!r}: create it, or name"
                " another one (--topic, KAFKA_TOPIC)."
            )
        return WarehouseError(
            f"The Kafka broker {self.address} refuses topic {topic!r}: {error.str()}."
        )

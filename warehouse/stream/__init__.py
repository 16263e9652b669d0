"""From a Kafka topic into bronze: every message once, whatever is killed when."""

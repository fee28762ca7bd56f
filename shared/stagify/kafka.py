"""How this platform talks to Kafka: one way to make a producer, and what counts as passing."""

from aiokafka import AIOKafkaProducer

# CloudEvents, Kafka protocol binding, structured mode.
CONTENT_TYPE = [("content-type", b"application/cloudevents+json; charset=UTF-8")]


def make_producer(bootstrap_servers: str, client_id: str) -> AIOKafkaProducer:
    """An idempotent producer; `acks=all`, so an acknowledged event is on every replica."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        max_batch_size=512 * 1024,
        request_timeout_ms=10_000,
        metadata_max_age_ms=60_000,
    )

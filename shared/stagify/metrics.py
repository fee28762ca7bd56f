"""The kit's Prometheus metrics, all in one place, so that this list explains the dashboards."""

import asyncio

from prometheus_client import Counter, Gauge, Histogram, generate_latest

OUTBOX_PUBLISHED = Counter("stagify_outbox_published", "Events sent to Kafka.", ["service"])
OUTBOX_FAILURES = Counter(
    "stagify_outbox_failures", "Batches that had to be sent again.", ["service"]
)
OUTBOX_LAG = Gauge("stagify_outbox_lag_seconds", "Age of the oldest unsent event.", ["service"])

CONSUMER_EVENTS = Counter(
    "stagify_consumer_events",
    "Events by what became of them: handled, repeated, ignored or dead_lettered.",
    ["consumer", "outcome"],
)
CONSUMER_RETRIES = Counter("stagify_consumer_retries", "Transient failures retried.", ["consumer"])
CONSUMER_LAG = Gauge("stagify_consumer_lag", "Messages not yet handled.", ["consumer", "topic"])

TASKS = Counter(
    "stagify_tasks",
    "Tasks by what became of an attempt: done, retried, given_up (alert above 0), lost.",
    ["service", "kind", "outcome"],
)
TASK_LEASES_EXPIRED = Counter(
    "stagify_task_leases_expired", "Tasks whose process gave no sign of life.", ["service"]
)
TASKS_READY = Gauge("stagify_tasks_ready", "Tasks that are due and not begun.", ["service", "kind"])
TASKS_LATE = Gauge(
    "stagify_tasks_late_seconds", "How long the oldest of these has been due.", ["service", "kind"]
)
TASKS_GIVEN_UP = Gauge(
    "stagify_tasks_given_up",
    "Tasks that were given up and wait to be retried or discarded.",
    ["service", "kind"],
)

HTTP_REQUESTS = Counter(
    "stagify_http_requests", "Requests answered.", ["service", "method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "stagify_http_request_seconds",
    "Time to answer.",
    ["service", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

ASYNCIO_TASKS = Gauge("stagify_asyncio_tasks", "Tasks of the event loop that shows this.")


def render() -> bytes:
    """All metrics in the format of Prometheus; call it on the process's event loop."""
    ASYNCIO_TASKS.set(len(asyncio.all_tasks()))
    return generate_latest()

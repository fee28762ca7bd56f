"""Logging: one JSON object on each line, with the tenant, the request and the trace.

A message is a constant dotted name such as `outbox.published`; everything else is a field.
Never log payloads, tokens or names of people.
"""

import logging
import sys
from typing import Any

import orjson

from stagify import cause, telemetry
from stagify.tenancy import current_tenant_id

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname,
            "service": self._service,
            "event": record.getMessage(),
            "logger": record.name,
            "tenant_id": current_tenant_id(),
            "request_id": cause.current.get().request_id,
            "traceparent": telemetry.current_traceparent(),
        }
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        present = {key: value for key, value in line.items() if value is not None}
        return orjson.dumps(present, default=str).decode()


def configure(service: str, level: str) -> None:
    """Log JSON lines of `level` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # These log too much at INFO; what matters of it we log ourselves.
    for name in ("aiokafka", "alembic", "botocore", "_granian", "granian.access"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))

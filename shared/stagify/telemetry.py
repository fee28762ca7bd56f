"""Traces: one trace shows request → outbox → consumer. (Metrics are in `metrics`.)

Without OTEL_EXPORTER_OTLP_ENDPOINT no spans are made, but the W3C trace context of a request
still travels with its events, so that log lines on both sides can be joined.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.trace import Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stagify.settings import ProcessSettings

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

_propagator = TraceContextTextMapPropagator()
# Whether spans are made. If not, we leave the SDK alone: its objects would only cost time.
_makes_spans = False
_inherited: ContextVar[str | None] = ContextVar("traceparent", default=None)


def configure(service: str, settings: ProcessSettings) -> bool:
    """Send spans of HTTP, SQL and Kafka to the collector; False if no collector is configured."""
    global _makes_spans
    if settings.otel_exporter_otlp_endpoint is None:
        return False
    # Imported here: processes without telemetry do not pay for the SDK.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    endpoint = str(settings.otel_exporter_otlp_endpoint).rstrip("/") + "/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)
    _makes_spans = True
    AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]
    return True


def tracer() -> Tracer:
    """The tracer of the kit; makes no spans unless telemetry is configured."""
    return trace.get_tracer("stagify")


def span(name: str, kind: trace.SpanKind) -> AbstractContextManager[object]:
    """A span around the block, if telemetry is configured."""
    return tracer().start_as_current_span(name, kind=kind) if _makes_spans else nullcontext()


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the current work, or None outside a trace."""
    if not _makes_spans:
        return _inherited.get()
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent") or _inherited.get()


@contextmanager
def inherited(traceparent: str) -> Iterator[None]:
    """Events that are published in the block continue the trace that the request came with."""
    valid = traceparent if TRACEPARENT.fullmatch(traceparent) else None
    token = _inherited.set(valid)
    try:
        yield
    finally:
        _inherited.reset(token)


@contextmanager
def continued(traceparent: str | None, span: str, kind: trace.SpanKind) -> Iterator[None]:
    """Run the block as a span with the name `span`, in the trace that `traceparent` names."""
    with inherited(traceparent or ""):
        if not _makes_spans:
            yield
            return
        parent = _propagator.extract({"traceparent": traceparent or ""})
        with tracer().start_as_current_span(span, context=parent, kind=kind):
            yield

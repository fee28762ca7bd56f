"""The gateway's spans of requests, while telemetry is on."""

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.hosts.routes import segment_of
from gateway.wire.record import Record
from gateway.wire.request import Request

_propagator = TraceContextTextMapPropagator()


class TracedRequest:
    """A request with its span. Implements `Tracked`."""

    __slots__ = ("span", "traceparent")

    def __init__(self, span: Span) -> None:
        context = span.get_span_context()
        ids = (context.trace_id, context.span_id, context.trace_flags)
        self.span = span
        self.traceparent = b"00-%032x-%016x-%02x" % ids


class Tracing:
    """Makes a server span for each request that the tracer's sampler takes.

    A client's `traceparent` is the parent of the span; the sampler (OTEL_TRACES_SAMPLER) decides
    whether its sampled flag counts.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def track(self, request: Request) -> TracedRequest:
        """Begin the span of `request`; services get its context, sampled or not."""
        carrier = {}
        if request.traceparent is not None:
            carrier["traceparent"] = request.traceparent.decode()
        method = request.method.decode()
        return TracedRequest(
            self._tracer.start_span(
                method,
                context=_propagator.extract(carrier),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method},
            )
        )

    def ended(self, record: Record) -> None:
        """End the span; there is none for bytes that were no request."""
        if record.tracked is None:
            return
        span: Span = record.tracked.span
        if span.is_recording():
            self._describe(span, record)
        span.end()

    @staticmethod
    def _describe(span: Span, record: Record) -> None:
        if record.service is not None:
            is_transfer = not record.target.startswith(b"/v1/")
            route = "/{object}" if is_transfer else f"/v1/{segment_of(record.target).decode()}"
            span.update_name(f"{record.method.decode()} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("stagify.upstream", record.service.name)
        if record.who is not None and record.who.tenant_id is not None:
            span.set_attribute("stagify.tenant_id", str(record.who.tenant_id))
        span.set_attribute("stagify.request_id", record.request_id.decode())
        if record.status:
            span.set_attribute("http.response.status_code", record.status)
        if record.code:
            span.set_attribute("error.type", record.code.decode())
        if record.status >= 500:
            span.set_status(Status(StatusCode.ERROR))

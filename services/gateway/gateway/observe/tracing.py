"""Spans of requests at the edge, while telemetry is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.hosts.routes import segment_of

if TYPE_CHECKING:
    from gateway.wire.exchange import Exchange
    from gateway.wire.request import Request

_propagator = TraceContextTextMapPropagator()


class Tracing:
    """Makes a server span for each request that the tracer's sampler takes.

    A client's `traceparent` is the parent of the span, and its sampled flag counts as far as the
    sampler (OTEL_TRACES_SAMPLER) lets it.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start(self, request: Request) -> Span:
        """The span of `request`; services get its context, sampled or not."""
        carrier = {}
        if request.traceparent is not None:
            carrier["traceparent"] = request.traceparent.decode()
        method = request.method.decode()
        return self._tracer.start_span(
            method,
            context=_propagator.extract(carrier),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
        )

    def end(self, span: Span, exchange: Exchange, code: bytes) -> None:
        """`exchange` has ended, for the reason `code` (see `access_log`)."""
        if span.is_recording():
            self._describe(span, exchange, code)
        span.end()

    @staticmethod
    def _describe(span: Span, exchange: Exchange, code: bytes) -> None:
        request = exchange.request
        if exchange.started:
            route = f"/v1/{segment_of(request.target).decode()}"
            span.update_name(f"{request.method.decode()} {route}")
            span.set_attribute("http.route", route)
            span.set_attribute("stagify.upstream", exchange.service.name)
        if exchange.tenant_id is not None:
            span.set_attribute("stagify.tenant_id", str(exchange.tenant_id))
        span.set_attribute("stagify.request_id", exchange.request_id.decode())
        if exchange.status:
            span.set_attribute("http.response.status_code", exchange.status)
        if code:
            span.set_attribute("error.type", code.decode())
        if exchange.status >= 500:
            span.set_status(Status(StatusCode.ERROR))


def traceparent_of(span: Span) -> bytes:
    """What says to a service that its work belongs to `span`."""
    context = span.get_span_context()
    return b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags)

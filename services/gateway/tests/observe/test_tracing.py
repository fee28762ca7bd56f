"""The gateway's spans: one for each sampled request, and none while telemetry is off."""

from collections.abc import Awaitable, Callable

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import StatusCode

from gateway.testing.client import request
from gateway.testing.running import Running
from gateway.testing.service import FakeService, Received, Wire

MakeGateway = Callable[..., Awaitable[Running]]

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
SAMPLED = 1


class Traced:
    """A gateway whose spans stay in memory."""

    def __init__(self, live: Running, exporter: InMemorySpanExporter) -> None:
        self.live = live
        self._exporter = exporter

    async def spans(self) -> tuple[ReadableSpan, ...]:
        """Every span that has ended, in order; asked for on the gateway's own loop."""
        spans: tuple[ReadableSpan, ...] = await self.live.run(self._exporter.get_finished_spans)
        return spans


MakeTraced = Callable[..., Awaitable[Traced]]


@pytest.fixture
def make_traced(make_gateway: MakeGateway) -> MakeTraced:
    """Start a gateway whose new traces are sampled at `ratio`."""

    async def make(ratio: float = 1.0) -> Traced:
        exporter = InMemorySpanExporter()
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(ratio)), shutdown_on_exit=False
        )
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        return Traced(await make_gateway(tracer=provider.get_tracer("test")), exporter)

    return make


async def test_span_joins_the_trace_of_the_client_and_the_service_joins_it(
    make_traced: MakeTraced, service: FakeService
) -> None:
    traced = await make_traced()
    tenant_id = await traced.live.add_tenant()
    lines = (f"traceparent: 00-{TRACE}-{PARENT}-01", "x-request-id: request-0001")
    await traced.live.get(request("/v1/projects/1?x=2", *lines))
    (span,) = await traced.spans()
    assert span.name == "GET /v1/projects"
    assert span.parent is not None
    assert span.context is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/v1/projects",
        "http.response.status_code": 200,
        "stagify.request_id": "request-0001",
        "stagify.tenant_id": str(tenant_id),
        "stagify.upstream": "staging-svc",
    }
    (sent,) = service.received[-1].values("traceparent")
    assert sent == f"00-{TRACE}-{span.context.span_id:016x}-01"


async def test_unsampled_trace_makes_no_span_and_stays_unsampled(
    make_traced: MakeTraced, service: FakeService
) -> None:
    traced = await make_traced()
    await traced.live.get(request("/v1/projects", f"traceparent: 00-{TRACE}-{PARENT}-00"))
    assert await traced.spans() == ()
    (sent,) = service.received[-1].values("traceparent")
    assert sent.startswith(f"00-{TRACE}-")
    assert sent.endswith("-00")


async def test_ratio_holds_for_traces_that_begin_here(
    make_traced: MakeTraced, service: FakeService
) -> None:
    traced = await make_traced(ratio=0.0)
    await traced.live.get(request())
    await traced.live.get(request("/v1/projects", f"traceparent: 00-{TRACE}-{PARENT}-01"))
    assert len(await traced.spans()) == 1
    (begun_here,) = service.received[0].values("traceparent")
    assert not int(begun_here[-2:], 16) & SAMPLED


async def test_refusal_and_failure_are_seen_in_the_span(
    make_traced: MakeTraced, service: FakeService
) -> None:
    async def vanish(received: Received, wire: Wire) -> None:
        wire.close()

    service.handlers["/v1/projects"] = vanish
    traced = await make_traced()
    await traced.live.get(request("/nowhere"))
    await traced.live.get(request("/v1/projects", method="POST", body=b"{}"))
    refused, failed = await traced.spans()
    assert refused.name == "GET"
    assert refused.attributes is not None
    assert failed.attributes is not None
    assert refused.attributes["error.type"] == "not_found"
    assert refused.status.status_code is StatusCode.UNSET
    assert failed.attributes["http.response.status_code"] == 502
    assert failed.status.status_code is StatusCode.ERROR


async def test_without_telemetry_the_trace_of_the_client_passes_through(
    live: Running, service: FakeService
) -> None:
    sent = f"00-{TRACE}-{PARENT}-01"
    await live.get(request("/v1/projects", f"traceparent: {sent}"))
    assert service.received[-1].values("traceparent") == [sent]

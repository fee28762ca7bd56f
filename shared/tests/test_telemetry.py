"""One trace shows request → outbox → consumer, at a collector that speaks OTLP."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stagify.testing import DatabaseUrls

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Takes what exporters POST to /v1/traces."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            request = ExportTraceServiceRequest()
            body = await reader.readexactly(int(head["content-length"]))
            if head.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            request.ParseFromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    self.spans.extend(scope.spans)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> dict[str, str] | None:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return dict(line.split(": ", 1) for line in lines[1:] if line)


async def test_one_trace_from_request_to_consumer(
    kit_urls: DatabaseUrls, kafka_server: str
) -> None:
    collector = Collector()
    server = await asyncio.start_server(collector.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("telemetry_scenario.py")),
        env={
            **os.environ,
            "DATABASE_URL": kit_urls.app,
            "RELAY_DATABASE_URL": kit_urls.relay,
            "TASKS_DATABASE_URL": kit_urls.tasks,
            "ENVIRONMENT": "test",
            "KAFKA_BOOTSTRAP_SERVERS": kafka_server,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "SCENARIO_TRACEPARENT": f"00-{TRACE_ID}-b7ad6b7169203331-01",
        },
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), 90)
    server.close()
    assert process.returncode == 0, errors.decode()[-3000:]

    spans = {span.span_id: span for span in collector.spans if span.trace_id.hex() == TRACE_ID}
    consumed = next(
        span for span in spans.values() if span.name == "tenant-svc stagify.project.deleted.v1"
    )
    path = [consumed.name]
    while (parent := spans.get(consumed.parent_span_id)) is not None:
        consumed = parent
        path.append(consumed.name)
    assert path == [
        "tenant-svc stagify.project.deleted.v1",
        "outbox stagify.project.deleted.v1",
        "POST /projects",
    ]
    assert any(span.name == "SELECT" for span in spans.values()), "no span of SQL"

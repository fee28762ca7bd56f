"""One request through the gateway: what the service gets and what the client gets."""

from gateway.testing.client import HOST, request
from gateway.testing.running import Running
from gateway.testing.service import FakeService


async def test_request_reaches_its_service_with_a_context(
    edge: Running, service: FakeService
) -> None:
    answer = await edge.get(request("/v1/projects?limit=2", "Accept: application/json"))
    assert answer.status == 200
    assert answer.body == b"{}"
    (received,) = service.received
    assert (received.method, received.target) == ("GET", "/v1/projects?limit=2")
    assert received.values("accept") == ["application/json"]
    assert received.values("x-forwarded-host") == [HOST]
    assert len(received.values("x-stagify-context")) == 1
    assert received.values("x-request-id") == [answer.headers["x-request-id"]]

"""docs/architecture.md names the gateway's files that the creation of a project passes through."""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from functools import partial

from gateway.testing.identity import Identity
from gateway.testing.running import Running
from gateway.testing.service import FakeService
from stagify.testing import ContextKeys
from stagify.testing.files import files_run, files_told

KEY = f"stg_live_{'A' * 8}_{'b' * 49}"
REQUEST = (
    "POST /v1/projects HTTP/1.1\r\n"
    "Host: acme.stagify.test\r\n"
    f"Authorization: Bearer {KEY}\r\n"
    "Idempotency-Key: once\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 2\r\n\r\n{}"
)


async def test_documentation_names_the_files(
    make_gateway: Callable[..., Awaitable[Running]],
    service: FakeService,
    context_keys: ContextKeys,
) -> None:
    running = await make_gateway()
    Identity(service, context_keys).add(await running.add_tenant(), KEY)
    ways = []
    for _ in range(3):
        with ExitStack() as stack:
            # On the gateway's thread, which is where its code runs.
            files = await running.run(partial(stack.enter_context, files_run()))
            assert (await running.get(REQUEST.encode())).status == 200
            await running.run(stack.close)
        ways.append(files)
    # The first one also asks identity-svc; what else differs is no part of the request.
    told = files_told("The life of POST /v1/projects")
    gateway = {path for path in told if path.startswith("services/gateway/")}
    assert set.intersection(*ways[1:]) == gateway

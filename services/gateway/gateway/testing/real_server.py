"""A service that answers everything by `{"ok":true}`, on the server that all services listen with:
`python -m gateway.testing.real_server PORT`.
"""

import sys
from types import SimpleNamespace
from typing import cast

from stagify.cli import serve
from stagify.middleware import Receive, RequestMiddleware, Scope, Send
from stagify.settings import ServiceSettings

_BODY = b'{"ok":true}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def make_app() -> RequestMiddleware:
    """The app, in the middleware that all services have."""
    return RequestMiddleware(_answer, service="test", max_body_bytes=1024 * 1024, max_running=64)


if __name__ == "__main__":
    settings = SimpleNamespace(
        http_host="127.0.0.1",
        http_port=int(sys.argv[1]),
        http_workers=1,
        shutdown_grace_seconds=1.0,
    )
    serve("gateway.testing.real_server:make_app", cast(ServiceSettings, settings))

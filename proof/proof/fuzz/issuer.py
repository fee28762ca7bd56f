"""The metadata of a provider of log-ins, which somebody has to serve before one can be connected."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Metadata(BaseHTTPRequestHandler):
    """Says where everything would be; nobody logs in there."""

    def do_GET(self) -> None:
        """Answer every path with the same."""
        issuer = f"http://{self.headers['host']}"
        told = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }
        content = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would stand among the output of the tests."""


@contextmanager
def issuer() -> Iterator[str]:
    """The address of a provider on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Metadata)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()

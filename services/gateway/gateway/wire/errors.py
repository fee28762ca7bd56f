"""How a parser says no."""

from gateway.wire.refusals import Refusal


class RefusedError(Exception):
    """The client's bytes cannot be served; carries the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class UpstreamProtocolError(Exception):
    """A service answered something that is not well-formed HTTP/1.1."""

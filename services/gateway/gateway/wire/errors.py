"""The errors that parsers raise."""

from gateway.wire.refusals import Refusal


class RefusedError(Exception):
    """The client's bytes cannot be served; carries the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class UpstreamProtocolError(Exception):
    """A service's answer is not well-formed HTTP/1.1."""

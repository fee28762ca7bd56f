"""Turns the Host header into the one spelling of a host name that the directory uses."""

from gateway.wire.authority import split_authority


def normalise_host(value: bytes) -> bytes | None:
    """The lower-case ASCII name without port and trailing dot; None if it is not a host name."""
    authority = split_authority(value)
    return None if authority is None else authority[0]

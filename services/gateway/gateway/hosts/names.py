"""Turns the Host header into the one spelling of a host name that the directory uses.

Everything that two parsers could read differently is refused.
"""

import re

# Longest host name plus a port and a trailing dot.
_MAX_BYTES = 253 + len(":65535.")
_LABEL = rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rb"%b(?:\.%b)*" % (_LABEL, _LABEL))
_ADDRESS = re.compile(rb"\[[0-9a-f:.]{2,45}\]")
_PORT = re.compile(rb"[0-9]{1,5}")


def normalise_host(value: bytes) -> bytes | None:
    """The lower-case ASCII name without port and trailing dot; None if it is not a host name.

    Names outside ASCII must come as punycode, which is what every client sends.
    """
    if len(value) > _MAX_BYTES:
        return None
    host = value.lower()
    if host.startswith(b"["):
        return _without_port(host, host.find(b"]") + 1, _ADDRESS)
    colon = host.find(b":")
    return _without_port(host, len(host) if colon < 0 else colon, _NAME)


def _without_port(host: bytes, end: int, grammar: re.Pattern[bytes]) -> bytes | None:
    name, port = host[:end], host[end:]
    if port and not (port.startswith(b":") and _is_port(port[1:])):
        return None
    name = name.removesuffix(b".")
    if len(name) > 253 or grammar.fullmatch(name) is None:
        return None
    return name


def _is_port(digits: bytes) -> bool:
    return _PORT.fullmatch(digits) is not None and 0 < int(digits) <= 65535

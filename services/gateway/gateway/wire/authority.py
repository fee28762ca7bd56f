"""The part of a URL, and of the Host header, that names a server: a host and perhaps a port.

Everything that two parsers could read differently is refused.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address

# Longest host name plus a port and a trailing dot.
_MAX_BYTES = 253 + len(":65535.")
_LABEL = rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rb"%b(?:\.%b)*" % (_LABEL, _LABEL))
_ADDRESS = re.compile(rb"\[([0-9a-f:.]{2,45})\]")
_PORT = re.compile(rb"[0-9]{1,5}")
_DEFAULT_PORTS = {b"http": 80, b"https": 443}


def split_authority(value: bytes) -> tuple[bytes, int | None] | None:
    """The lower-case ASCII name without its trailing dot, and the port if there is one; None if
    `value` does not name a server.

    Names outside ASCII must come as punycode, which is what every client sends.
    """
    if len(value) > _MAX_BYTES:
        return None
    host = value.lower()
    end = host.find(b"]") + 1 if host.startswith(b"[") else host.find(b":")
    name, port = (host, b"") if end < 0 else (host[:end], host[end:])
    if port and not port.startswith(b":"):
        return None
    known = _address(name) if name.startswith(b"[") else _name(name)
    if known is None:
        return None
    digits = port[1:]
    if not digits:
        # A colon without a port means the default one (RFC 3986, 3.2.3).
        return known, None
    if _PORT.fullmatch(digits) is None or not 0 < int(digits) <= 65535:
        return None
    return known, int(digits)


def _name(name: bytes) -> bytes | None:
    name = name.removesuffix(b".")
    return name if len(name) <= 253 and _NAME.fullmatch(name) is not None else None


def _address(name: bytes) -> bytes | None:
    """An IPv6 address in the one spelling of RFC 5952."""
    match = _ADDRESS.fullmatch(name)
    if match is None:
        return None
    try:
        return f"[{IPv6Address(match[1].decode()).compressed}]".encode()
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def is_same_server(scheme: bytes, one: bytes, other: bytes) -> bool:
    """Whether two authorities name the same host and port, in URLs with `scheme`."""
    first, second = split_authority(one), split_authority(other)
    if first is None or second is None or first[0] != second[0]:
        return False
    default = _DEFAULT_PORTS.get(scheme)
    return (first[1] or default) == (second[1] or default)


def is_same_origin(origin: bytes, scheme: bytes, host: bytes) -> bool:
    """Whether the Origin header `origin` (RFC 6454) is that of `host`, reached by `scheme`."""
    prefix, separator, authority = origin.partition(b"://")
    return bool(separator) and prefix.lower() == scheme and is_same_server(scheme, authority, host)

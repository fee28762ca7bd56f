"""Where a request came from, for limits that count by source.

The gateway drops whatever a client says about its own address, and writes the one that it has seen
(or that a trusted proxy named) into `x-forwarded-for`. Only it can reach a service with a context
token of a visitor, so next to such a token the header is true.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated

from fastapi import Depends, Request

from stagify.auth import principal_of

HEADER = "x-forwarded-for"

# One customer's line has at least a /64 (RFC 6177), so an address by itself says nothing. Many get a
# /56 or a /48, for nothing: 65,536 of the former.
_LINE_BITS, _SITE_BITS = 64, 48


@dataclass(frozen=True, slots=True)
class Source:
    """A source as limits count it: `prefixes` from the narrowest to the widest.

    An IPv4 address stands for itself. An IPv6 address stands for its /64, and less strictly for the
    /48 around that. Requests without a readable address have one source in common.
    """

    prefixes: tuple[str, ...]

    @classmethod
    def of(cls, address: str) -> "Source":
        """The source of an IP address."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return cls(("unknown",))
        if isinstance(parsed, IPv6Address):
            embedded = _embedded(parsed)
            if embedded is None:
                return cls((_prefix(parsed, _LINE_BITS), _prefix(parsed, _SITE_BITS)))
            parsed = embedded
        return cls((str(parsed),))


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind one that is mapped (RFC 4291), 6to4 (RFC 3056) or Teredo (RFC 4380)."""
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _prefix(address: IPv6Address, bits: int) -> str:
    rest = 128 - bits
    return f"{IPv6Address(int(address) >> rest << rest)}/{bits}"


async def request_source(request: Request) -> Source:
    """The source of a request that carries a valid context token; InvalidContextError without one."""
    principal_of(request)
    lines = request.headers.getlist(HEADER)
    return Source.of(lines[0] if len(lines) == 1 else "")


SourceDep = Annotated[Source, Depends(request_source)]

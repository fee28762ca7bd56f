"""Whose a domain is: whoever can write a record of ours into its DNS."""

import hmac
from base64 import b32encode
from datetime import timedelta
from enum import Enum
from uuid import UUID

import dns.asyncresolver
import dns.exception
import dns.resolver

from identity_svc.digests.service import Digester

# Under a name of its own, so that it does not get into the way of other records.
LABEL, PREFIX = "_stagify", "stagify-domain="
# Nobody's (RFC 2606).
EXAMPLE = ".example"
SECONDS = 5.0
MAX_RECORDS = 50
# So long a domain goes on whose record is missing: a mistake in the DNS is found and mended in that time.
GRACE = timedelta(days=7)


class Look(Enum):
    """What a look at a domain's record has shown."""

    THERE = "there"
    # Its DNS says that there is none, or has another one.
    GONE = "gone"
    # Nothing is known: its name servers, or ours, did not answer.
    UNANSWERED = "unanswered"


def record_name(domain: str) -> str:
    """Where the record is."""
    return f"{LABEL}.{domain.encode('idna').decode()}"


def record_value(digester: Digester, tenant_id: UUID, domain: str) -> str:
    """What it says: another value for each tenant, which none can find out of another one."""
    digest = digester.digest("sso_domain", str(tenant_id), domain)
    return PREFIX + b32encode(digest[:20]).decode().lower()


class Domains:
    """Looks records up, at the name servers of the machine unless others are named. Where tests and laptops
    have no domain of their own, those under `.example` can be proved without a record."""

    def __init__(self, nameserver: str | None = None, *, is_example_proved: bool = False) -> None:
        self._nameserver = nameserver
        self._is_example_proved = is_example_proved

    async def look(self, domain: str, value: str) -> Look:
        """Whether the domain has the record."""
        if self._is_example_proved and domain.endswith(EXAMPLE):
            return Look.THERE
        resolver = dns.asyncresolver.Resolver(configure=self._nameserver is None)
        if self._nameserver is not None:
            host, _, port = self._nameserver.rpartition(":")
            resolver.nameservers, resolver.port = [host], int(port)
        resolver.lifetime = SECONDS
        try:
            found = await resolver.resolve(record_name(domain), "TXT")
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Look.GONE
        except (dns.exception.DNSException, OSError):
            return Look.UNANSWERED
        told = [b"".join(record.strings) for record in list(found)[:MAX_RECORDS]]
        is_there = any(hmac.compare_digest(each, value.encode()) for each in told)
        return Look.THERE if is_there else Look.GONE

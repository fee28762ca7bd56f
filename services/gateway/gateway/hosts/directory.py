"""Host name to tenant, in memory: what the compacted topic `tenant.directory` says."""

import logging
from collections.abc import Callable
from uuid import UUID

from gateway.fairness.limits import Limits, Party
from gateway.hosts.names import normalise_host
from gateway.hosts.refusals import UNKNOWN_HOST
from gateway.hosts.sites import Site, SiteKind, SiteStatus, Who
from gateway.wire.refusals import INVALID_HOST, Refusal
from stagify.events import UndecodableEventError, decode
from stagify.events.tenant import TenantDirectoryEntry
from stagify.principal import Principal

logger = logging.getLogger(__name__)

# How many spellings of host names are remembered, so that each is normalised once.
_MAX_SPELLINGS = 50_000
_STATUSES: dict[str, SiteStatus] = {
    "provisioning": "provisioning",
    "active": "active",
    "suspended": "suspended",
}


class Directory:
    """Every tenant's newest record. A tenant whose sign-up expired is not in it.

    `changed` is called with the id of a tenant whose record was applied. `reserved` are names of the
    platform that no tenant gets, whatever the topic says.
    """

    def __init__(
        self,
        base_host: str,
        limits: Limits,
        changed: Callable[[UUID], None] = lambda _: None,
        *,
        reserved: frozenset[bytes] = frozenset(),
    ) -> None:
        self._limits = limits
        self._changed = changed
        self._reserved = reserved
        self._sites: dict[bytes, Site] = {}
        self._by_tenant: dict[UUID, Site] = {}
        self._spellings: dict[bytes, bytes] = {}
        self._platform = _platform_site("app", "platform", base_host, limits.new_party())
        self._sites[self._platform.host] = self._platform
        self._console = _platform_site("ops", "ops", base_host, limits.new_party())

    def __len__(self) -> int:
        return len(self._by_tenant)

    def find(self, host: bytes) -> Site | Refusal:
        """The site that the Host header `host` names."""
        # Nearly all clients send the spelling that the directory has.
        site = self._sites.get(host)
        if site is not None:
            return site
        name = self._spellings.get(host)
        if name is None:
            name = normalise_host(host)
            if name is None:
                return INVALID_HOST
            if len(self._spellings) >= _MAX_SPELLINGS:
                self._spellings.clear()
            self._spellings[host] = name
        return self._sites.get(name) or UNKNOWN_HOST

    def is_open(self, host: bytes, tenant_id: UUID) -> bool:
        """Whether `host` leads to the tenant, and it is not suspended."""
        site = self.find(host)
        return isinstance(site, Site) and site.tenant_id == tenant_id and site.status != "suspended"

    def find_console(self, host: bytes) -> Site | None:
        """The operators' console, if `host` names it. It has pages only, so `find` does not know it."""
        return self._console if normalise_host(host) == self._console.host else None

    def at(self, name: bytes) -> Site | None:
        """The site at a host name in the directory's own spelling."""
        return self._sites.get(name)

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Apply one record of the topic; one without a value says that the tenant is gone."""
        if value is None:
            self._forget(key)
            return
        try:
            entry = decode(value)
        except UndecodableEventError as error:
            logger.error("directory.record_not_understood", extra={"reason": str(error)})
            return
        if isinstance(entry, TenantDirectoryEntry):
            self._put(entry.tenant_id, entry)
            self._changed(entry.tenant_id)

    def _forget(self, key: bytes | None) -> None:
        try:
            tenant_id = UUID((key or b"").decode())
        except ValueError:
            logger.error("directory.key_not_understood")
            return
        self._remove(tenant_id)
        self._changed(tenant_id)

    def _put(self, tenant_id: UUID, entry: TenantDirectoryEntry) -> None:
        party = self._remove(tenant_id)
        if entry.status == "expired":
            return
        status = _STATUSES.get(entry.status)
        if status is None:
            # This release does not know what the status means, so nobody is let in.
            logger.error("directory.status_not_known", extra={"status": entry.status})
            status = "suspended"
        party = party or self._limits.new_party()
        self._limits.follow_plan(party, entry.plan)
        site = _tenant_site(tenant_id, entry, status, party)
        self._by_tenant[tenant_id] = site
        for host in site.hosts:
            before = self._sites.get(host)
            if before is self._platform or host == self._console.host or host in self._reserved:
                continue
            self._sites[host] = site
            if before is not None and before.tenant_id is not None:
                # It was another tenant's.
                self._changed(before.tenant_id)

    def _remove(self, tenant_id: UUID) -> Party | None:
        site = self._by_tenant.pop(tenant_id, None)
        if site is None:
            return None
        for host in site.hosts:
            # A host that has since gone to another tenant stays there.
            if self._sites.get(host) is site:
                del self._sites[host]
        return site.party


def _tenant_site(
    tenant_id: UUID, entry: TenantDirectoryEntry, status: SiteStatus, party: Party
) -> Site:
    hosts = tuple(name for host in entry.hosts if (name := normalise_host(host.encode())))
    if len(hosts) != len(entry.hosts):
        logger.error("directory.host_not_valid", extra={"site_tenant_id": str(tenant_id)})
    visitor = Principal(
        kind="anonymous",
        issuer="gateway",
        tenant_id=tenant_id,
        plan=entry.plan,
        region=entry.region,
        tenant_status=status,
        slug=entry.slug,
    )
    return Site(
        host=hosts[0] if hosts else b"",
        name=entry.name,
        status=status,
        visitor=visitor,
        party=party,
        unidentified=Who(tenant_id, ""),
        key=tenant_id.bytes,
        hosts=hosts,
        branding=entry.branding.model_dump_json().encode() if entry.branding else b"",
    )


def _platform_site(label: str, kind: SiteKind, base_host: str, party: Party) -> Site:
    host = normalise_host(f"{label}.{base_host}".encode())
    if host is None:
        raise ValueError(f"BASE_DOMAIN is not a host name: {base_host!r}")
    return Site(
        host=host,
        name="StagifyAI",
        status="active",
        visitor=Principal(kind="platform", issuer="gateway"),
        party=party,
        hosts=(host,),
        kind=kind,
    )

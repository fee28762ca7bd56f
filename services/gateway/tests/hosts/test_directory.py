"""The directory: the newest record of each tenant counts, and hosts move cleanly."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.fairness.limits import Limits, LimitSettings
from gateway.hosts.directory import Directory
from gateway.hosts.refusals import UNKNOWN_HOST
from gateway.hosts.sites import Site
from gateway.wire.refusals import INVALID_HOST
from stagify.events import encode
from stagify.events.tenant import TenantActivated, TenantDirectoryEntry


@pytest.fixture
def directory() -> Directory:
    return Directory("stagify.test", Limits(LimitSettings()))


def put(directory: Directory, tenant_id: UUID, *hosts: str, **changes: Any) -> None:
    """Apply a record."""
    fields = {
        "slug": "acme",
        "name": "Acme",
        "type": "organization",
        "status": "active",
        "plan": "free",
        "region": "eu",
        **changes,
    }
    entry = TenantDirectoryEntry(tenant_id=tenant_id, hosts=list(hosts), **fields)
    directory.apply(str(tenant_id).encode(), encode(entry, "tenant-svc"))


def tenant_at(directory: Directory, host: bytes) -> UUID | None:
    """The tenant that `host` belongs to."""
    site = directory.find(host)
    return site.tenant_id if isinstance(site, Site) else None


def test_host_names_its_tenant_however_it_is_spelt(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test", "www.acme.test")
    for host in (b"acme.stagify.test", b"ACME.stagify.test.:80", b"www.acme.test:8080"):
        assert tenant_at(directory, host) == tenant_id
    assert directory.find(b"x.acme.stagify.test") is UNKNOWN_HOST
    assert directory.find(b"acme_.stagify.test") is INVALID_HOST


def test_platform_host_belongs_to_no_tenant(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "app.stagify.test", "acme.stagify.test")
    site = directory.find(b"APP.stagify.test:8080")
    assert isinstance(site, Site)
    assert (site.tenant_id, site.visitor.kind) == (None, "platform")
    directory.apply(str(tenant_id).encode(), None)
    assert isinstance(directory.find(b"app.stagify.test"), Site)


def test_newer_record_replaces_the_older(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test")
    before = directory.find(b"acme.stagify.test")
    put(directory, tenant_id, "new.stagify.test", plan="pro")
    after = directory.find(b"new.stagify.test")
    assert isinstance(before, Site)
    assert isinstance(after, Site)
    assert directory.find(b"acme.stagify.test") is UNKNOWN_HOST
    assert after.visitor.plan == "pro"
    # What is running is still counted.
    assert after.party is before.party
    assert len(directory) == 1


def test_unknown_status_lets_nobody_in(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test", status="quarantined")
    site = directory.find(b"acme.stagify.test")
    assert isinstance(site, Site)
    assert (site.status, site.visitor.tenant_status) == ("suspended", "suspended")
    put(directory, tenant_id, "acme.stagify.test", status="active")
    site = directory.find(b"acme.stagify.test")
    assert isinstance(site, Site)
    assert site.status == "active"


def test_other_unknown_values_change_nothing(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test", type="franchise", plan="platinum", region="moon")
    site = directory.find(b"acme.stagify.test")
    assert isinstance(site, Site)
    assert (site.status, site.visitor.plan) == ("active", "platinum")


@pytest.mark.parametrize("gone", ["expired", "tombstone"])
def test_tenant_that_is_gone_has_no_host(directory: Directory, tenant_id: UUID, gone: str) -> None:
    put(directory, tenant_id, "acme.stagify.test")
    if gone == "expired":
        put(directory, tenant_id, "acme.stagify.test", status="expired")
    else:
        directory.apply(str(tenant_id).encode(), None)
    assert directory.find(b"acme.stagify.test") is UNKNOWN_HOST
    assert len(directory) == 0


def test_host_of_an_expired_tenant_stays_with_its_successor(
    directory: Directory, tenant_id: UUID
) -> None:
    successor = uuid4()
    put(directory, tenant_id, "acme.stagify.test")
    put(directory, successor, "acme.stagify.test")
    put(directory, tenant_id, "acme.stagify.test", status="expired")
    assert tenant_at(directory, b"acme.stagify.test") == successor
    directory.apply(str(tenant_id).encode(), None)
    assert tenant_at(directory, b"acme.stagify.test") == successor


def test_suspended_tenant_is_known_as_such(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test", status="suspended")
    site = directory.find(b"acme.stagify.test")
    assert isinstance(site, Site)
    assert site.status == "suspended"


def test_what_is_no_record_changes_nothing(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test")
    directory.apply(b"x", b"not json")
    directory.apply(b"not a tenant", None)
    directory.apply(None, None)
    directory.apply(b"x", encode(TenantActivated(tenant_id=tenant_id), "tenant-svc"))
    put(directory, uuid4(), "not_a_host", "acme..test")
    assert tenant_at(directory, b"acme.stagify.test") == tenant_id


def test_memory_for_spellings_is_bounded(directory: Directory, tenant_id: UUID) -> None:
    put(directory, tenant_id, "acme.stagify.test")
    for number in range(60_000):
        assert directory.find(b"h%d.stagify.test" % number) is UNKNOWN_HOST
    assert len(directory._spellings) <= 50_000
    assert tenant_at(directory, b"acme.stagify.test") == tenant_id

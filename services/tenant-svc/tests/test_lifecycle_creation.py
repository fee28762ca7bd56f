"""identity-svc creates a tenant, once and under a slug that nobody else has."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.tenant import TenantCreated, TenantDirectoryEntry
from stagify.ids import new_id
from stagify.testing import ContextKeys
from tenant_testing import AskForSlug, AskForTenant, CreateTenant, Published, Tenant, code


async def test_other_services_are_refused(
    client: httpx.AsyncClient, context_keys: ContextKeys, wanted: dict[str, Any], tenant_id: UUID
) -> None:
    headers = context_keys.service_headers("tenant-svc", "staging-svc")
    answer = await client.put(f"/internal/tenants/{tenant_id}", json=wanted, headers=headers)
    assert code(answer) == (403, "permission_denied")


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"name": "a\x00b"}, {"type": "guild"}, {"signup_id": "x"}, {"more": 1}],
)
async def test_wrong_body_is_refused(
    ask_for_tenant: AskForTenant, tenant_id: UUID, wrong: dict[str, Any]
) -> None:
    answer = await ask_for_tenant(tenant_id, **wrong)
    assert code(answer) == (422, "invalid_request")


async def test_twice_is_once(
    create_tenant: CreateTenant, published: Published, tenant_id: UUID, slug: str
) -> None:
    answers = await asyncio.gather(*(create_tenant(tenant_id) for _ in range(5)))
    assert all(answer == answers[0] for answer in answers)
    events = await published(tenant_id)
    assert [type(event) for event in events] == [TenantCreated, TenantDirectoryEntry]
    entry = events[1]
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.hosts == [f"{slug}.example.test"]
    assert entry.status == "provisioning"


async def test_same_id_with_another_body_is_refused(
    ask_for_tenant: AskForTenant, tenant: Tenant, slug: str
) -> None:
    for other in ({"name": "Other"}, {"slug": f"{slug}-b"}, {"signup_id": str(new_id())}):
        answer = await ask_for_tenant(tenant.id, **other)
        assert code(answer) == (409, "tenant_conflict")


async def test_slug_goes_to_the_first_of_many_sign_ups(
    ask_for_tenant: AskForTenant, ask_for_slug: AskForSlug, slug: str
) -> None:
    for _ in range(2):
        assert (await ask_for_slug(slug)).status_code == 200
    answers = await asyncio.gather(
        *(ask_for_tenant(new_id(), signup_id=str(new_id())) for _ in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert {code(a) for a in answers if a.status_code == 409} == {(409, "slug_taken")}


async def test_what_the_last_release_held_is_free(
    ask_for_tenant: AskForTenant, database: Database, tenant_id: UUID, slug: str
) -> None:
    async with database.system() as session:
        await session.execute(
            text("INSERT INTO slugs (slug, signup_id, expires_at) VALUES (:slug, :id, :at)"),
            {"slug": slug, "id": new_id(), "at": utc_now() + timedelta(minutes=30)},
        )
    assert (await ask_for_tenant(tenant_id)).status_code == 200


@pytest.mark.usefixtures("tenant")
async def test_slug_of_another_tenant_is_refused(
    ask_for_tenant: AskForTenant, other_tenant_id: UUID
) -> None:
    answer = await ask_for_tenant(other_tenant_id, signup_id=str(new_id()))
    assert code(answer) == (409, "slug_taken")

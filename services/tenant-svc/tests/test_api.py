"""tenant-svc over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from stagify.clock import utc_now
from stagify.events import Event
from stagify.events.tenant import TenantCreated, TenantDirectoryEntry
from stagify.ids import new_id
from stagify.testing import ContextKeys

Published = Callable[[UUID], Awaitable[list[Event]]]
CreateTenant = Callable[..., Awaitable[dict[str, Any]]]


def member(keys: ContextKeys, tenant_id: UUID, role: str = "viewer") -> dict[str, str]:
    return keys.headers("tenant-svc", tenant_id=tenant_id, role=role, user_id=new_id())


def anonymous(keys: ContextKeys, tenant_id: UUID) -> dict[str, str]:
    return keys.headers("tenant-svc", kind="anonymous", tenant_id=tenant_id)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


class TestGetTenant:
    async def test_call_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        assert code(await client.get("/v1/tenant")) == (401, "invalid_context")

    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        answer = await client.get("/v1/tenant", headers=anonymous(context_keys, tenant_id))
        assert code(answer) == (401, "authentication_required")

    async def test_key_without_the_scope_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers("tenant-svc", kind="api_key", tenant_id=tenant_id)
        assert code(await client.get("/v1/tenant", headers=headers)) == (403, "permission_denied")

    async def test_token_for_another_service_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers("usage-svc", tenant_id=tenant_id, role="owner")
        assert code(await client.get("/v1/tenant", headers=headers)) == (401, "invalid_context")

    async def test_member_of_another_tenant_does_not_see_it(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        create_tenant: CreateTenant,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.get("/v1/tenant", headers=member(context_keys, other_tenant_id))
        assert code(answer) == (404, "tenant_not_found")

    async def test_member_reads_it(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        create_tenant: CreateTenant,
        tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.get("/v1/tenant", headers=member(context_keys, tenant_id))
        assert answer.status_code == 200
        body = answer.json()
        assert body.pop("created_at")
        assert body == {
            "id": str(tenant_id),
            "slug": slug,
            "name": "Acme Homes",
            "type": "organization",
            "status": "provisioning",
            "plan": "free",
            "region": "eu",
            "url": f"https://{slug}.example.test:8080",
        }


class TestGetBranding:
    async def test_platform_host_has_none(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str]
    ) -> None:
        answer = await client.get("/v1/branding", headers=platform_headers)
        assert code(answer) == (403, "wrong_host")

    async def test_visitor_of_another_host_does_not_see_it(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, other_tenant_id: UUID
    ) -> None:
        headers = anonymous(context_keys, other_tenant_id)
        answer = await client.get("/v1/branding", headers=headers)
        assert code(answer) == (404, "tenant_not_found")

    async def test_anyone_on_the_host_reads_it(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        create_tenant: CreateTenant,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.get("/v1/branding", headers=anonymous(context_keys, tenant_id))
        assert answer.json() == {
            "name": "Acme Homes",
            "colors": {"primary": "#1f4d3a", "accent": "#c98a3c"},
            "logo_url": None,
        }


class TestLookUpSlug:
    async def test_tenant_host_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = member(context_keys, tenant_id, "owner")
        answer = await client.get("/v1/slugs/acme", headers=headers)
        assert code(answer) == (403, "wrong_host")

    async def test_free_one(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], slug: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert answer.json() == {"available": True, "reason": None, "suggestion": None}

    @pytest.mark.parametrize(
        ("asked", "reason"), [("admin", "slug_reserved"), ("x", "slug_invalid")]
    )
    async def test_one_that_nobody_may_have(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], asked: str, reason: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{asked}", headers=platform_headers)
        assert answer.json()["reason"] == reason
        assert not answer.json()["available"]

    async def test_misspelt_one_brings_the_nearest(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], slug: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{slug.upper()}--Höme", headers=platform_headers)
        assert answer.json() == {
            "available": False,
            "reason": "slug_invalid",
            "suggestion": f"{slug}-home",
        }

    async def test_taken_one_brings_a_free_one(
        self,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        create_tenant: CreateTenant,
        tenant_id: UUID,
        other_tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        await create_tenant(other_tenant_id, slug=f"{slug}-2", signup_id=str(new_id()))
        answer = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert answer.json() == {
            "available": False,
            "reason": "slug_taken",
            "suggestion": f"{slug}-3",
        }


class TestHoldSlug:
    @pytest.fixture
    def hold(self) -> dict[str, Any]:
        expires_at = utc_now() + timedelta(minutes=30)
        return {"signup_id": str(new_id()), "expires_at": expires_at.isoformat()}

    async def test_gateway_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, hold: dict[str, Any], slug: str
    ) -> None:
        headers = context_keys.service_headers("tenant-svc", "gateway")
        answer = await client.put(f"/internal/slugs/{slug}", json=hold, headers=headers)
        assert code(answer) == (403, "permission_denied")

    async def test_member_is_refused(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        hold: dict[str, Any],
        slug: str,
        tenant_id: UUID,
    ) -> None:
        headers = member(context_keys, tenant_id, "owner")
        answer = await client.put(f"/internal/slugs/{slug}", json=hold, headers=headers)
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize(
        ("asked", "reason"), [("admin", "slug_reserved"), ("a--b", "slug_invalid")]
    )
    async def test_one_that_nobody_may_have(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        hold: dict[str, Any],
        asked: str,
        reason: str,
    ) -> None:
        answer = await client.put(f"/internal/slugs/{asked}", json=hold, headers=identity_headers)
        assert code(answer) == (422, reason)

    async def test_same_sign_up_may_hold_again(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        hold: dict[str, Any],
        slug: str,
    ) -> None:
        for _ in range(2):
            answer = await client.put(
                f"/internal/slugs/{slug}", json=hold, headers=identity_headers
            )
            assert answer.status_code == 200
            assert answer.json()["slug"] == slug

    async def test_one_of_many_sign_ups_gets_it(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        hold: dict[str, Any],
        slug: str,
    ) -> None:
        answers = await asyncio.gather(
            *(
                client.put(
                    f"/internal/slugs/{slug}",
                    json=hold | {"signup_id": str(new_id())},
                    headers=identity_headers,
                )
                for _ in range(20)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert {code(a) for a in answers if a.status_code == 409} == {(409, "slug_taken")}

    async def test_lapsed_hold_is_free(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        hold: dict[str, Any],
        slug: str,
    ) -> None:
        past = {"expires_at": (utc_now() - timedelta(seconds=1)).isoformat()}
        await client.put(f"/internal/slugs/{slug}", json=hold | past, headers=identity_headers)
        other = hold | {"signup_id": str(new_id())}
        answer = await client.put(f"/internal/slugs/{slug}", json=other, headers=identity_headers)
        assert answer.status_code == 200

    async def test_sign_up_that_takes_another_name_gives_the_first_back(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        platform_headers: dict[str, str],
        hold: dict[str, Any],
        slug: str,
    ) -> None:
        for name in (slug, f"{slug}-x"):
            await client.put(f"/internal/slugs/{name}", json=hold, headers=identity_headers)
        first = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        second = await client.get(f"/v1/slugs/{slug}-x", headers=platform_headers)
        assert first.json()["available"]
        assert second.json()["reason"] == "slug_taken"


class TestCreateTenant:
    async def test_other_services_are_refused(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        wanted: dict[str, Any],
        tenant_id: UUID,
    ) -> None:
        headers = context_keys.service_headers("tenant-svc", "staging-svc")
        answer = await client.put(f"/internal/tenants/{tenant_id}", json=wanted, headers=headers)
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize(
        "wrong",
        [{"name": " "}, {"name": "a\x00b"}, {"type": "guild"}, {"signup_id": "x"}, {"more": 1}],
    )
    async def test_wrong_body_is_refused(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        wrong: dict[str, Any],
    ) -> None:
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted | wrong, headers=identity_headers
        )
        assert code(answer) == (422, "invalid_request")

    async def test_twice_is_once(
        self, create_tenant: CreateTenant, published: Published, tenant_id: UUID, slug: str
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
        self,
        client: httpx.AsyncClient,
        create_tenant: CreateTenant,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        for other in ({"name": "Other"}, {"slug": f"{slug}-b"}, {"signup_id": str(new_id())}):
            answer = await client.put(
                f"/internal/tenants/{tenant_id}", json=wanted | other, headers=identity_headers
            )
            assert code(answer) == (409, "tenant_conflict")

    async def test_slug_held_by_another_sign_up_is_refused(
        self,
        client: httpx.AsyncClient,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        slug: str,
    ) -> None:
        expires_at = (utc_now() + timedelta(minutes=30)).isoformat()
        hold = {"signup_id": str(new_id()), "expires_at": expires_at}
        await client.put(f"/internal/slugs/{slug}", json=hold, headers=identity_headers)
        answer = await client.put(
            f"/internal/tenants/{tenant_id}", json=wanted, headers=identity_headers
        )
        assert code(answer) == (409, "slug_taken")

    async def test_slug_of_another_tenant_is_refused(
        self,
        client: httpx.AsyncClient,
        create_tenant: CreateTenant,
        identity_headers: dict[str, str],
        wanted: dict[str, Any],
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.put(
            f"/internal/tenants/{other_tenant_id}",
            json=wanted | {"signup_id": str(new_id())},
            headers=identity_headers,
        )
        assert code(answer) == (409, "slug_taken")

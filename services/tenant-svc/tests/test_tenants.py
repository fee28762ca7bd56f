"""A tenant as its members see it."""

from uuid import UUID

import httpx

from stagify.testing import ContextKeys
from tenant_testing import CreateTenant, anonymous, code, member


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

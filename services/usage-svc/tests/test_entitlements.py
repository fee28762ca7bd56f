"""What a tenant's plan includes, as its members and identity-svc are told."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from stagify.testing import ContextKeys
from usage_svc.plans.schemas import PlanCatalog

URL = "/v1/entitlements"
Subscribe = Callable[[UUID, str], Awaitable[None]]


@pytest.fixture
def told(
    client: httpx.AsyncClient, context_keys: ContextKeys
) -> Callable[[UUID], Awaitable[httpx.Response]]:
    """What a member of a tenant is told."""

    async def read(tenant_id: UUID) -> httpx.Response:
        headers = context_keys.headers(
            "usage-svc", tenant_id=tenant_id, permissions={"tenant:read"}
        )
        return await client.get(URL, headers=headers)

    return read


async def test_who_may_not_read_the_workspace_is_refused(
    client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
) -> None:
    for fields, code in (
        ({"kind": "anonymous", "tenant_id": tenant_id}, "authentication_required"),
        ({"kind": "platform"}, "authentication_required"),
        ({"tenant_id": tenant_id, "permissions": {"usage:read"}}, "permission_denied"),
    ):
        answer = await client.get(URL, headers=context_keys.headers("usage-svc", **fields))
        assert answer.json()["code"] == code


async def test_only_identity_svc_is_told_without_a_member(
    client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
) -> None:
    for issuer, code in (("identity-svc", 200), ("staging-svc", 403), ("gateway", 403)):
        headers = context_keys.service_headers("usage-svc", issuer, tenant_id=tenant_id)
        answer = await client.get("/internal/entitlements", headers=headers)
        assert answer.status_code == code
    headers = context_keys.headers("usage-svc", tenant_id=tenant_id, permissions={"tenant:read"})
    answer = await client.get("/internal/entitlements", headers=headers)
    assert answer.status_code == 403


async def test_the_plan_decides_and_a_change_counts_at_once(
    told: Callable[[UUID], Awaitable[httpx.Response]],
    subscribe: Subscribe,
    tenant_id: UUID,
    other_tenant_id: UUID,
) -> None:
    await subscribe(tenant_id, "pro")
    await subscribe(other_tenant_id, "enterprise")
    assert (await told(tenant_id)).json() == {
        "plan": "pro",
        "features": ["custom_domains", "hide_platform_brand"],
        "limits": {
            "staging": 200,
            "storage_bytes": 107_374_182_400,
            "api_calls": 500_000,
            "seats": 25,
        },
    }
    other = (await told(other_tenant_id)).json()
    assert other["plan"] == "enterprise"
    assert set(other["limits"].values()) == {None}
    assert "sso" in other["features"]


async def test_a_tenant_that_is_not_known_yet_has_the_default_plan(
    told: Callable[[UUID], Awaitable[httpx.Response]], tenant_id: UUID
) -> None:
    answer = (await told(tenant_id)).json()
    assert (answer["plan"], answer["features"]) == ("free", [])
    assert answer["limits"] == {
        "staging": 10,
        "storage_bytes": 1_073_741_824,
        "api_calls": 10_000,
        "seats": 3,
    }


def test_a_plan_that_has_left_the_file_is_the_default_one(plans: PlanCatalog) -> None:
    for gone in ("gone", None):
        assert plans.entitlements(gone) == plans.entitlements("free")

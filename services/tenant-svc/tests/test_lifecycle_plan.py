"""A tenant's new plan reaches the directory."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from stagify.clock import utc_now
from stagify.consumer import PoisonMessageError
from stagify.events.billing import PlanChanged
from stagify.events.tenant import (
    SignInRulesChanged,
    TenantCreated,
    TenantDirectoryEntry,
    TenantUpdated,
)
from stagify.testing import ContextKeys
from tenant_testing import Deliver, Tenant


async def test_new_plan_reaches_the_directory_once(tenant: Tenant) -> None:
    for _ in range(2):
        await tenant.deliver(PlanChanged(tenant_id=tenant.id, plan="pro", previous_plan="free"))
    created, _, updated, entry = await tenant.events()
    assert isinstance(created, TenantCreated)
    assert isinstance(updated, TenantUpdated)
    assert updated.plan == "pro"
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.plan == "pro"


async def test_an_older_plan_that_comes_later_changes_nothing(tenant: Tenant) -> None:
    first, second, third = (
        PlanChanged(tenant_id=tenant.id, plan=plan, mfa_required=plan == "enterprise")
        for plan in ("enterprise", "pro", "free")
    )
    for event in (second, first, third, second, first):
        await tenant.deliver(event)
    told = await tenant.events()
    assert [each.plan for each in told if isinstance(each, TenantUpdated)] == ["pro", "free"]
    # Nor does it ask for what came with it.
    assert not [each for each in told if isinstance(each, SignInRulesChanged)]


async def test_a_plan_may_ask_for_a_second_factor_until_the_owner_decides_otherwise(
    tenant: Tenant, client: httpx.AsyncClient, context_keys: ContextKeys
) -> None:
    plan = PlanChanged(tenant_id=tenant.id, plan="enterprise", mfa_required=True)
    for _ in range(2):
        await tenant.deliver(plan)
    (told,) = [each for each in await tenant.events() if isinstance(each, SignInRulesChanged)]
    assert told.mfa_due_at is not None
    days = (told.mfa_due_at - utc_now()) / timedelta(days=1)
    assert 13.9 < days <= 14
    owner = context_keys.headers(
        "tenant-svc",
        tenant_id=tenant.id,
        permissions=("tenant:read", "sso:manage"),
        auth_time=int(utc_now().timestamp()),
    )
    body = {"mfa_required": False}
    answer = await client.patch("/v1/tenant/sign-in", json=body, headers=owner)
    assert answer.json() == {"mfa_required": False, "mfa_due_at": None}
    # The same once more, as Kafka may bring it.
    await tenant.deliver(plan)
    answer = await client.get("/v1/tenant/sign-in", headers=owner)
    assert answer.json()["mfa_required"] is False


async def test_a_plan_does_not_put_off_what_the_tenant_asks_for_already(
    tenant: Tenant, client: httpx.AsyncClient, context_keys: ContextKeys
) -> None:
    owner = context_keys.headers(
        "tenant-svc",
        tenant_id=tenant.id,
        permissions=("tenant:read", "sso:manage"),
        auth_time=int(utc_now().timestamp()),
    )
    wanted = {"mfa_required": True, "grace_days": 3}
    decided = (await client.patch("/v1/tenant/sign-in", json=wanted, headers=owner)).json()
    await tenant.deliver(PlanChanged(tenant_id=tenant.id, plan="enterprise", mfa_required=True))
    assert (await client.get("/v1/tenant/sign-in", headers=owner)).json() == decided


async def test_plan_not_known_here_is_passed_on(tenant: Tenant) -> None:
    await tenant.deliver(PlanChanged(tenant_id=tenant.id, plan="platinum"))
    entry = (await tenant.events())[-1]
    assert isinstance(entry, TenantDirectoryEntry)
    assert entry.plan == "platinum"


async def test_plan_of_an_unknown_tenant_is_poison(deliver: Deliver, tenant_id: UUID) -> None:
    with pytest.raises(PoisonMessageError):
        await deliver(PlanChanged(tenant_id=tenant_id, plan="pro"))

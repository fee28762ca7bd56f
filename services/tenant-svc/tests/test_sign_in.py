"""How people sign in to a tenant: who may change that, and what others are told."""

from datetime import datetime, timedelta

import httpx

from stagify.clock import utc_now
from stagify.events.tenant import SignInRulesChanged
from stagify.testing import Clock, ContextKeys
from tenant_testing import Published, Tenant

URL = "/v1/tenant/sign-in"


def owner(keys: ContextKeys, tenant: Tenant, **changed: object) -> dict[str, str]:
    """An owner who has just logged in."""
    fields: dict[str, object] = {
        "tenant_id": tenant.id,
        "subject": str(tenant.id),
        "user_id": tenant.id,
        "credential_id": tenant.id,
        "permissions": ("tenant:read", "sso:manage"),
        "auth_time": int(utc_now().timestamp()),
        **changed,
    }
    return keys.headers("tenant-svc", **fields)  # type: ignore[arg-type]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_who_may(
    client: httpx.AsyncClient, context_keys: ContextKeys, tenant: Tenant
) -> None:
    body = {"mfa_required": True}
    callers = [
        (
            context_keys.headers("tenant-svc", kind="anonymous", tenant_id=tenant.id),
            401,
            "authentication_required",
        ),
        (owner(context_keys, tenant, permissions=("tenant:manage",)), 403, "permission_denied"),
        (owner(context_keys, tenant, kind="api_key"), 403, "person_required"),
        (
            owner(context_keys, tenant, auth_time=int(utc_now().timestamp()) - 700),
            403,
            "step_up_required",
        ),
        (owner(context_keys, tenant, restriction="second_factor"), 403, "second_factor_required"),
    ]
    for headers, status, said in callers:
        answer = await client.patch(URL, json=body, headers=headers)
        assert code(answer) == (status, said)
    restricted = owner(context_keys, tenant, restriction="second_factor")
    assert code(await client.get("/v1/tenant", headers=restricted)) == (
        403,
        "second_factor_required",
    )


async def test_a_second_factor_is_asked_for_after_some_days(
    client: httpx.AsyncClient,
    context_keys: ContextKeys,
    tenant: Tenant,
    published: Published,
    clock: Clock,
) -> None:
    async def change(**body: object) -> dict[str, object]:
        answer = await client.patch(URL, json=body, headers=owner(context_keys, tenant))
        assert answer.status_code == 200, answer.text
        read = await client.get(URL, headers=owner(context_keys, tenant))
        assert read.json() == answer.json()
        found: dict[str, object] = answer.json()
        return found

    off: dict[str, object] = {"mfa_required": False, "mfa_due_at": None}
    assert await change(mfa_required=False) == off
    begun = utc_now()
    on = await change(mfa_required=True)
    due_at = datetime.fromisoformat(str(on["mfa_due_at"]))
    assert timedelta(0) <= due_at - begun - timedelta(days=14) < timedelta(minutes=1)
    sooner = await change(mfa_required=True, grace_days=1)
    assert str(sooner["mfa_due_at"]) < str(on["mfa_due_at"])
    clock.advance(timedelta(days=2))
    # What holds already is not put off by asking for it once more.
    assert await change(mfa_required=True, grace_days=30) == sooner
    assert await change(mfa_required=False) == off
    told = [e.mfa_due_at for e in await published(tenant.id) if isinstance(e, SignInRulesChanged)]
    assert [each is None for each in told] == [False, False, True]


async def test_days_have_bounds(
    client: httpx.AsyncClient, context_keys: ContextKeys, tenant: Tenant
) -> None:
    for days in (-1, 61, "7", True):
        body = {"mfa_required": True, "grace_days": days}
        answer = await client.patch(URL, json=body, headers=owner(context_keys, tenant))
        assert code(answer) == (422, "invalid_request")

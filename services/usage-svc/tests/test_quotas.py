"""Quotas and reservations."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import Clock, ContextKeys, app_client
from usage_svc.app import create_app
from usage_svc.meters import month_start, next_month
from usage_svc.parts import Parts
from usage_svc.quotas import reservations
from usage_svc.quotas.errors import ReservationReleasedError
from usage_svc.quotas.rules import Held, Wanted
from usage_svc.settings import Settings
from usage_svc.worker import expire_reservations, upkeep

Usage = Callable[..., Awaitable[dict[str, Any]]]
Subscribe = Callable[[UUID, str], Awaitable[None]]
Reserve = Callable[..., Awaitable[httpx.Response]]
Release = Callable[[UUID, str], Awaitable[None]]


BODY = {
    "reservation_id": "01a206ef-924f-75f5-a4aa-4da00a0c159a",
    "meter": "staging",
    "quantity": 1,
}


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def release(database: Database) -> Release:
    """Release a tenant's reservation, as the handler of an ended project does."""

    async def call(tenant_id: UUID, reservation_id: str) -> None:
        async with database.tenant_connection(tenant_id) as connection:
            await reservations.release(
                connection, tenant_id=tenant_id, reservation_id=UUID(reservation_id), now=utc_now()
            )

    return call


async def test_identity_svc_is_told_what_was_counted(
    client: httpx.AsyncClient,
    context_keys: ContextKeys,
    ingest: Callable[[list[UsageRecorded]], Awaitable[Any]],
    tenant_id: UUID,
    other_tenant_id: UUID,
) -> None:
    def seats(quantity: int) -> UsageRecorded:
        return UsageRecorded(
            tenant_id=tenant_id, meter="seats", quantity=quantity, source="/identity-svc"
        )

    await ingest([seats(3), seats(-1)])
    for tenant, used in ((tenant_id, 2), (other_tenant_id, 0)):
        headers = context_keys.service_headers("usage-svc", "identity-svc", tenant_id=tenant)
        answer = await client.get("/internal/levels/seats", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"used": used})
        assert code(await client.get("/internal/levels/chairs", headers=headers)) == (
            422,
            "unknown_meter",
        )
    for issuer in ("staging-svc", "gateway"):
        headers = context_keys.service_headers("usage-svc", issuer, tenant_id=tenant_id)
        answer = await client.get("/internal/levels/seats", headers=headers)
        assert code(answer) == (403, "permission_denied")


class TestReadUsage:
    async def test_call_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        assert code(await client.get("/v1/usage")) == (401, "invalid_context")

    async def test_anonymous_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers("usage-svc", kind="anonymous", tenant_id=tenant_id)
        assert code(await client.get("/v1/usage", headers=headers)) == (
            401,
            "authentication_required",
        )

    async def test_key_without_the_scope_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers(
            "usage-svc",
            kind="api_key",
            tenant_id=tenant_id,
            permissions={"projects:read"},
        )
        assert code(await client.get("/v1/usage", headers=headers)) == (403, "permission_denied")

    async def test_new_tenant_sees_zeros(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers("usage-svc", tenant_id=tenant_id, permissions={"usage:read"})
        answer = await client.get("/v1/usage", headers=headers)
        body = answer.json()
        now = datetime.fromisoformat(body["as_of"])
        assert datetime.fromisoformat(body["period"]["start"]) == month_start(now)
        assert datetime.fromisoformat(body["period"]["end"]) == next_month(now)
        assert body["meters"] == [
            {
                "meter": meter,
                "unit": unit,
                "used": 0,
                "reserved": 0,
                "limit": limit,
                "remaining": limit,
            }
            for meter, unit, limit in (
                ("staging", "photos", 10),
                ("storage_bytes", "bytes", 1_073_741_824),
                ("api_calls", "calls", 10_000),
                ("seats", "people", 3),
            )
        ]

    async def test_no_limit_is_null(
        self, usage: Usage, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        await subscribe(tenant_id, "enterprise")
        meter = await usage(tenant_id)
        assert (meter["limit"], meter["remaining"]) == (None, None)

    async def test_another_tenants_use_does_not_show(
        self, usage: Usage, reserve: Reserve, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await reserve(tenant_id)
        assert (await usage(tenant_id))["reserved"] == 1
        assert (await usage(other_tenant_id))["reserved"] == 0


class TestReserve:
    async def test_owner_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.headers(
            "usage-svc", tenant_id=tenant_id, permissions=ALL_PERMISSIONS
        )
        answer = await client.post("/internal/reservations", json=BODY, headers=headers)
        assert code(answer) == (403, "permission_denied")

    async def test_other_services_are_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = context_keys.service_headers("usage-svc", "tenant-svc", tenant_id=tenant_id)
        answer = await client.post("/internal/reservations", json=BODY, headers=headers)
        assert code(answer) == (403, "permission_denied")

    async def test_call_for_no_tenant_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys
    ) -> None:
        headers = context_keys.service_headers("usage-svc", "staging-svc")
        answer = await client.post("/internal/reservations", json=BODY, headers=headers)
        assert code(answer) == (403, "tenant_required")

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"meter": "smiles"}, "unknown_meter"),
            ({"quantity": 0}, "invalid_request"),
            ({"quantity": -1}, "invalid_request"),
            ({"quantity": 2**64}, "invalid_request"),
            ({"ttl_seconds": 0}, "invalid_request"),
            ({"reservation_id": "x"}, "invalid_request"),
            ({"more": 1}, "invalid_request"),
        ],
    )
    async def test_wrong_body_is_refused(
        self, reserve: Reserve, tenant_id: UUID, body: dict[str, Any], reason: str
    ) -> None:
        assert code(await reserve(tenant_id, **body)) == (422, reason)

    async def test_holds_for_a_quarter_of_an_hour(
        self, reserve: Reserve, usage: Usage, tenant_id: UUID
    ) -> None:
        reservation_id = str(new_id())
        answer = await reserve(tenant_id, reservation_id=reservation_id)
        assert answer.status_code == 201
        assert answer.json()["reservation_id"] == reservation_id
        left = datetime.fromisoformat(answer.json()["expires_at"]) - utc_now()
        assert timedelta(minutes=14) < left <= timedelta(minutes=15)
        meter = await usage(tenant_id)
        assert (meter["used"], meter["reserved"], meter["remaining"]) == (0, 1, 9)

    async def test_same_call_again_has_the_same_answer(
        self, reserve: Reserve, usage: Usage, tenant_id: UUID
    ) -> None:
        reservation_id = str(new_id())
        calls = (reserve(tenant_id, reservation_id=reservation_id) for _ in range(20))
        answers = await asyncio.gather(*calls)
        answers.append(await reserve(tenant_id, reservation_id=reservation_id))
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert (await usage(tenant_id))["reserved"] == 1

    async def test_same_id_for_something_else_is_refused(
        self, reserve: Reserve, tenant_id: UUID
    ) -> None:
        reservation_id = str(new_id())
        await reserve(tenant_id, reservation_id=reservation_id)
        for other in ({"quantity": 2}, {"meter": "api_calls"}):
            answer = await reserve(tenant_id, reservation_id=reservation_id, **other)
            assert code(answer) == (409, "reservation_mismatch")

    async def test_new_ones_beside_others(
        self,
        reserve: Reserve,
        release: Release,
        usage: Usage,
        clock: Clock,
        parts: Parts,
        tenant_id: UUID,
    ) -> None:
        expired, held, released, new = (new_id() for _ in range(4))
        await reserve(tenant_id, reservation_id=str(expired))
        clock.advance(timedelta(minutes=16))
        await expire_reservations(parts)
        for each in (held, released):
            await reserve(tenant_id, reservation_id=str(each))
        await release(tenant_id, str(released))
        batch = [
            Wanted(each, 1, timedelta(minutes=15)) for each in (new, expired, held, released, new)
        ]
        async with parts.database.tenant_connection(tenant_id) as connection:
            outcomes = await reservations.reserve(
                connection,
                tenant_id=tenant_id,
                meter="staging",
                batch=batch,
                plans=parts.plans,
                attached_ttl=parts.settings.attached_ttl,
                now=utc_now(),
            )
        assert [type(each) for each in outcomes] == [
            Held,
            Held,
            Held,
            ReservationReleasedError,
            Held,
        ]
        assert (await usage(tenant_id))["reserved"] == 3

    async def test_same_id_of_another_tenant_is_another_reservation(
        self, reserve: Reserve, usage: Usage, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        reservation_id = str(new_id())
        await reserve(tenant_id, reservation_id=reservation_id)
        answer = await reserve(other_tenant_id, reservation_id=reservation_id, quantity=2)
        assert answer.status_code == 201
        assert (await usage(tenant_id))["reserved"] == 1
        assert (await usage(other_tenant_id))["reserved"] == 2

    async def test_of_64_at_once_exactly_the_limit_succeed(
        self, reserve: Reserve, usage: Usage, tenant_id: UUID
    ) -> None:
        answers = await asyncio.gather(*(reserve(tenant_id) for _ in range(64)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201] * 10 + [402] * 54
        refused = next(answer for answer in answers if answer.status_code == 402)
        body = refused.json()
        expected = {"meter": "staging", "used": 0, "reserved": 10, "limit": 10}
        assert body["code"] == "quota_exceeded"
        assert {name: body[name] for name in expected} == expected
        assert datetime.fromisoformat(body["resets_at"]) == next_month(utc_now())
        assert (await usage(tenant_id))["reserved"] == 10

    async def test_two_processes_share_the_limit(
        self,
        settings: Settings,
        context_keys: ContextKeys,
        reserve: Reserve,
        usage: Usage,
        tenant_id: UUID,
    ) -> None:

        async with app_client(create_app(settings)) as second:
            headers = context_keys.service_headers("usage-svc", "staging-svc", tenant_id=tenant_id)
            others = (
                second.post(
                    "/internal/reservations",
                    json={"reservation_id": str(new_id()), "meter": "staging", "quantity": 1},
                    headers=headers,
                )
                for _ in range(32)
            )
            answers = await asyncio.gather(*others, *(reserve(tenant_id) for _ in range(32)))
        assert sorted(answer.status_code for answer in answers) == [201] * 10 + [402] * 54
        assert (await usage(tenant_id))["reserved"] == 10

    async def test_new_plan_counts_at_once(
        self, reserve: Reserve, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        assert code(await reserve(tenant_id, quantity=11)) == (402, "quota_exceeded")
        await subscribe(tenant_id, "pro")
        assert (await reserve(tenant_id, quantity=11)).status_code == 201

    async def test_level_has_no_reset(self, reserve: Reserve, tenant_id: UUID) -> None:
        answer = await reserve(tenant_id, meter="storage_bytes", quantity=2**40)
        assert answer.status_code == 402
        assert answer.json()["resets_at"] is None


class TestExpiry:
    async def test_sweep_gives_back_what_is_due(
        self,
        reserve: Reserve,
        usage: Usage,
        clock: Clock,
        parts: Parts,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        await reserve(tenant_id, quantity=3)
        clock.advance(timedelta(minutes=16))
        await reserve(tenant_id, quantity=2)
        await reserve(other_tenant_id)
        for _ in range(2):
            await expire_reservations(parts)
            assert (await usage(tenant_id))["reserved"] == 2
        assert (await usage(other_tenant_id))["reserved"] == 1

    async def test_nobody_is_refused_for_what_is_due(
        self, reserve: Reserve, usage: Usage, clock: Clock, tenant_id: UUID
    ) -> None:
        await reserve(tenant_id, quantity=10)
        clock.advance(timedelta(minutes=16))
        assert (await reserve(tenant_id, quantity=4)).status_code == 201
        assert (await usage(tenant_id))["reserved"] == 4

    async def test_expired_one_can_be_made_again(
        self,
        reserve: Reserve,
        usage: Usage,
        clock: Clock,
        parts: Parts,
        tenant_id: UUID,
    ) -> None:
        reservation_id = str(new_id())
        await reserve(tenant_id, reservation_id=reservation_id)
        clock.advance(timedelta(minutes=16))
        await expire_reservations(parts)
        answer = await reserve(tenant_id, reservation_id=reservation_id)
        assert answer.status_code == 201
        assert datetime.fromisoformat(answer.json()["expires_at"]) > utc_now()
        assert (await usage(tenant_id))["reserved"] == 1

    async def test_upkeep_runs_and_forgets_what_ended_long_ago(
        self,
        reserve: Reserve,
        release: Release,
        database: Database,
        parts: Parts,
        tenant_id: UUID,
    ) -> None:
        ids = [str(new_id()) for _ in range(2)]
        for reservation_id in ids:
            await reserve(tenant_id, reservation_id=reservation_id)
        await release(tenant_id, ids[0])
        async with database.tenant(tenant_id) as session:
            await session.execute(
                text("UPDATE reservations SET closed_at = closed_at - interval '61 days'")
            )
        await upkeep(parts)
        async with database.tenant(tenant_id) as session:
            left = await session.execute(text("SELECT id::text FROM reservations"))
            assert left.scalars().all() == [ids[1]]


class TestRelease:
    async def test_another_tenant_releases_nothing(
        self,
        release: Release,
        reserve: Reserve,
        usage: Usage,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        held = (await reserve(tenant_id)).json()["reservation_id"]
        await release(other_tenant_id, held)
        assert (await usage(tenant_id))["reserved"] == 1

    async def test_many_times_at_once_is_once(
        self, release: Release, reserve: Reserve, usage: Usage, tenant_id: UUID
    ) -> None:
        await reserve(tenant_id)
        held = (await reserve(tenant_id)).json()["reservation_id"]
        await asyncio.gather(*(release(tenant_id, held) for _ in range(8)))
        assert (await usage(tenant_id))["reserved"] == 1

    async def test_one_that_was_released_first_cannot_be_made(
        self, release: Release, reserve: Reserve, usage: Usage, tenant_id: UUID
    ) -> None:
        reservation_id = str(new_id())
        await release(tenant_id, reservation_id)
        answer = await reserve(tenant_id, reservation_id=reservation_id)
        assert code(answer) == (409, "reservation_released")
        assert (await usage(tenant_id))["reserved"] == 0

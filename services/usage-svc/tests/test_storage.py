"""Storage as a quota: reserved for an upload until it is used or deleted, and enforced."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest

from stagify.consumer import Rejection
from stagify.events import Event
from stagify.events.staging import UploadDeleted
from stagify.events.usage import UsageRecorded
from stagify.ids import new_id
from stagify.testing import Clock
from usage_svc.parts import Parts
from usage_svc.worker import expire_reservations

Usage = Callable[..., Awaitable[dict[str, Any]]]
Deliver = Callable[[Event], Awaitable[None]]
Ingest = Callable[[list[UsageRecorded]], Awaitable[list[Rejection]]]
Subscribe = Callable[[UUID, str], Awaitable[None]]
Reserve = Callable[..., Awaitable[httpx.Response]]

FREE = 1_073_741_824
PHOTO: dict[str, Any] = {"meter": "staging", "quantity": 1}


@pytest.fixture
def reserve(reserve: Reserve) -> Reserve:
    """Reserve bytes for a tenant, unless told otherwise."""
    return partial(reserve, meter="storage_bytes", quantity=1000)


def stored(tenant_id: UUID, quantity: int, reservation_id: UUID | None = None) -> UsageRecorded:
    return UsageRecorded(
        tenant_id=tenant_id,
        source="staging-svc",
        meter="storage_bytes",
        quantity=quantity,
        reservation_id=reservation_id,
    )


def deleted(tenant_id: UUID, reservation_id: UUID) -> UploadDeleted:
    return UploadDeleted(tenant_id=tenant_id, upload_id=new_id(), reservation_id=reservation_id)


class TestReservation:
    async def test_it_lasts_until_the_upload_is_deleted(
        self,
        reserve: Reserve,
        usage: Usage,
        deliver: Deliver,
        clock: Clock,
        parts: Parts,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        reservation_id = new_id()
        for _ in range(2):
            answer = await reserve(tenant_id, reservation_id=str(reservation_id))
            assert answer.status_code == 201
        clock.advance(timedelta(days=1000))
        await expire_reservations(parts)
        await deliver(deleted(other_tenant_id, reservation_id))
        meter = await usage(tenant_id, "storage_bytes")
        assert (meter["used"], meter["reserved"], meter["remaining"]) == (0, 1000, FREE - 1000)
        for _ in range(2):
            await deliver(deleted(tenant_id, reservation_id))
            assert (await usage(tenant_id, "storage_bytes"))["reserved"] == 0

    async def test_one_with_an_end_of_its_own_expires(
        self, reserve: Reserve, usage: Usage, clock: Clock, parts: Parts, tenant_id: UUID
    ) -> None:
        await reserve(tenant_id, ttl_seconds=60)
        clock.advance(timedelta(seconds=61))
        await expire_reservations(parts)
        assert (await usage(tenant_id, "storage_bytes"))["reserved"] == 0

    async def test_end_that_comes_first_leaves_nothing_to_reserve(
        self, reserve: Reserve, usage: Usage, deliver: Deliver, tenant_id: UUID
    ) -> None:
        reservation_id = new_id()
        await deliver(deleted(tenant_id, reservation_id))
        answer = await reserve(tenant_id, reservation_id=str(reservation_id))
        assert (answer.status_code, answer.json()["code"]) == (409, "reservation_released")
        assert (await usage(tenant_id, "storage_bytes"))["reserved"] == 0
        # It is known among the reservations of bytes.
        assert (await usage(tenant_id, "staging"))["reserved"] == 0

    @pytest.mark.parametrize("is_deleted_first", [False, True])
    async def test_use_takes_its_place_whatever_comes_first(
        self,
        reserve: Reserve,
        usage: Usage,
        deliver: Deliver,
        ingest: Ingest,
        tenant_id: UUID,
        is_deleted_first: bool,
    ) -> None:
        reservation_id = new_id()
        await reserve(tenant_id, reservation_id=str(reservation_id))
        use, end = stored(tenant_id, 1500, reservation_id), deleted(tenant_id, reservation_id)
        if is_deleted_first:
            await deliver(end)
        await ingest([use])
        await ingest([use])
        await deliver(end)
        meter = await usage(tenant_id, "storage_bytes")
        assert (meter["used"], meter["reserved"]) == (1500, 0)
        await ingest([stored(tenant_id, -1500)])
        assert (await usage(tenant_id, "storage_bytes"))["used"] == 0


class TestLimit:
    async def test_what_does_not_fit_is_refused(
        self, reserve: Reserve, ingest: Ingest, tenant_id: UUID
    ) -> None:
        await ingest([stored(tenant_id, FREE - 2000)])
        assert (await reserve(tenant_id)).status_code == 201
        answer = await reserve(tenant_id, quantity=1001)
        body = answer.json()
        assert (answer.status_code, body["code"]) == (402, "quota_exceeded")
        shown = {k: body[k] for k in ("meter", "used", "reserved", "limit", "resets_at")}
        assert shown == {
            "meter": "storage_bytes",
            "used": FREE - 2000,
            "reserved": 1000,
            "limit": FREE,
            "resets_at": None,
        }
        assert (await reserve(tenant_id, quantity=1000)).status_code == 201

    async def test_what_is_deleted_makes_room(
        self, reserve: Reserve, ingest: Ingest, tenant_id: UUID
    ) -> None:
        await ingest([stored(tenant_id, FREE)])
        assert (await reserve(tenant_id)).status_code == 402
        await ingest([stored(tenant_id, -1000)])
        assert (await reserve(tenant_id)).status_code == 201


class TestPhotosWhileStorageIsFull:
    async def test_full_to_the_last_byte_is_not_over(
        self, reserve: Reserve, ingest: Ingest, tenant_id: UUID
    ) -> None:
        await ingest([stored(tenant_id, FREE - 1000)])
        await reserve(tenant_id)
        assert (await reserve(tenant_id, **PHOTO)).status_code == 201

    async def test_none_is_accepted_over_the_limit(
        self, reserve: Reserve, usage: Usage, ingest: Ingest, tenant_id: UUID
    ) -> None:
        accepted = str(new_id())
        await reserve(tenant_id, reservation_id=accepted, **PHOTO)
        await reserve(tenant_id)
        await ingest([stored(tenant_id, FREE - 999)])
        answer = await reserve(tenant_id, **PHOTO)
        body = answer.json()
        assert (answer.status_code, body["code"]) == (402, "quota_exceeded")
        shown = {k: body[k] for k in ("meter", "used", "reserved", "limit", "resets_at")}
        assert shown == {
            "meter": "storage_bytes",
            "used": FREE - 999,
            "reserved": 1000,
            "limit": FREE,
            "resets_at": None,
        }
        # What was accepted stays so.
        again = await reserve(tenant_id, reservation_id=accepted, **PHOTO)
        assert again.status_code == 201
        assert (await usage(tenant_id, "staging"))["reserved"] == 1
        await ingest([stored(tenant_id, -1)])
        assert (await reserve(tenant_id, **PHOTO)).status_code == 201

    async def test_plan_without_a_limit_is_never_full(
        self, reserve: Reserve, ingest: Ingest, subscribe: Subscribe, tenant_id: UUID
    ) -> None:
        await ingest([stored(tenant_id, 2 * FREE)])
        assert (await reserve(tenant_id, **PHOTO)).status_code == 402
        await subscribe(tenant_id, "enterprise")
        assert (await reserve(tenant_id, **PHOTO)).status_code == 201

    async def test_another_tenants_storage_does_not_matter(
        self, reserve: Reserve, ingest: Ingest, tenant_id: UUID, other_tenant_id: UUID
    ) -> None:
        await ingest([stored(other_tenant_id, 2 * FREE)])
        assert (await reserve(tenant_id, **PHOTO)).status_code == 201


@pytest.mark.parametrize("quantity", [True, "1", 1.5])
async def test_quantity_is_a_whole_number(
    reserve: Reserve, tenant_id: UUID, quantity: object
) -> None:
    answer = await reserve(tenant_id, quantity=quantity)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

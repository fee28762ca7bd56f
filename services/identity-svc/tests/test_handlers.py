"""Each handler: once, twice, and in the wrong order."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from identity_svc.handlers import HANDLERS
from identity_svc.tenants.service import NewTenant, find_tenant, get_tenant, record_owner
from identity_testing import Caller, Events, Member, SignUpBegun, TenantService, Visitor, refusal
from stagify import inbox
from stagify.database import Database
from stagify.events import Event, TenantEvent
from stagify.events.receipts import IdentityReceiptIssued
from stagify.events.tenant import (
    SignInRulesChanged,
    TenantActivated,
    TenantCreated,
    TenantDirectoryEntry,
    TenantExpired,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.ids import new_id

Consume = Callable[[Event], Awaitable[None]]


@pytest.fixture
def consume(database: Database) -> Consume:
    """Handles an event as the consumer does."""

    async def run(event: Event) -> None:
        assert event.tenant_id is not None
        async with database.tenant(event.tenant_id) as session:
            if await inbox.claim(session, event, "identity-svc"):
                await HANDLERS[type(event)](session, event)

    return run


def created(tenant_id: UUID, slug: str = "acme") -> TenantCreated:
    """A tenant was made."""
    return TenantCreated(
        tenant_id=tenant_id,
        slug=slug,
        name="Acme Homes",
        type="organization",
        plan="free",
        region="eu",
        owner_user_id=new_id(),
    )


def updated(tenant_id: UUID, name: str) -> TenantUpdated:
    """A tenant has another name."""
    return TenantUpdated(tenant_id=tenant_id, slug="acme", name=name, plan="pro", region="eu")


def directory_entry(tenant_id: UUID) -> TenantDirectoryEntry:
    """What the gateway's directory tells of the tenant."""
    return TenantDirectoryEntry(
        tenant_id=tenant_id,
        slug="acme",
        name="Acme Homes",
        type="organization",
        status="active",
        plan="free",
        region="eu",
        hosts=["acme.localhost"],
    )


def new_rules(tenant_id: UUID) -> SignInRulesChanged:
    """The tenant asks for no second factor."""
    return SignInRulesChanged(tenant_id=tenant_id, mfa_due_at=None)


async def copy_of(database: Database, tenant_id: UUID) -> Any:
    """What identity-svc knows of the tenant."""
    async with database.system() as session:
        rows = await session.execute(
            text("SELECT * FROM tenants WHERE id = :id"), {"id": tenant_id}
        )
        return rows.mappings().one()


async def owner_joins(database: Database, tenant_id: UUID) -> bool:
    """What confirming a sign-up does to the tenant."""
    new = NewTenant(id=tenant_id, slug="acme", name="Acme Homes", type="organization")
    async with database.tenant(tenant_id) as session:
        return await record_owner(session, new)


async def receipts(events: Events, tenant_id: UUID) -> list[tuple[str, UUID]]:
    """The receipts issued about the tenant."""
    return [
        (event.action, event.of_event_id)
        for event in await events(tenant_id)
        if isinstance(event, IdentityReceiptIssued)
    ]


class TestCreatedReceipt:
    async def test_it_waits_for_the_owner(
        self, database: Database, consume: Consume, events: Events, tenant_id: UUID
    ) -> None:
        event = created(tenant_id)
        await consume(event)
        assert await receipts(events, tenant_id) == []
        assert await owner_joins(database, tenant_id)
        assert await receipts(events, tenant_id) == [("created", event.event_id)]

    async def test_it_waits_for_the_event(
        self, database: Database, consume: Consume, events: Events, tenant_id: UUID
    ) -> None:
        assert await owner_joins(database, tenant_id)
        assert await receipts(events, tenant_id) == []
        event = created(tenant_id)
        await consume(event)
        await consume(event)
        assert await receipts(events, tenant_id) == [("created", event.event_id)]

    async def test_both_at_once_issue_one(
        self, database: Database, consume: Consume, events: Events
    ) -> None:
        tenants = [new_id() for _ in range(20)]
        pairs = ((consume(created(id_)), owner_joins(database, id_)) for id_ in tenants)
        await asyncio.gather(*(job for pair in pairs for job in pair))
        assert [len(await receipts(events, id_)) for id_ in tenants] == [1] * 20

    async def test_a_whole_sign_up_issues_it(
        self,
        visitor: Visitor,
        begun: SignUpBegun,
        consume: Consume,
        events: Events,
        slug: str,
    ) -> None:
        confirmed = await visitor.confirm(*begun)
        event = created(UUID(confirmed.json()["tenant"]["id"]), slug)
        await consume(event)
        assert await receipts(events, event.tenant_id) == [("created", event.event_id)]


class TestCopy:
    async def test_it_holds_what_the_event_says(
        self, database: Database, consume: Consume, tenant_id: UUID
    ) -> None:
        await consume(created(tenant_id))
        copy = await copy_of(database, tenant_id)
        assert (copy["slug"], copy["name"], copy["type"]) == ("acme", "Acme Homes", "organization")
        assert (copy["plan"], copy["region"], copy["status"]) == ("free", "eu", "provisioning")

    async def test_words_not_known_here_are_kept_and_shown(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, consume: Consume
    ) -> None:
        unheard_of = {"type": "franchise", "plan": "platinum", "region": "moon"}
        await consume(created(member.tenant_id, member.slug).model_copy(update=unheard_of))
        visitor = caller.anonymous(member.tenant_id)
        answer = await client.post("/v1/session", json=member.login, headers=visitor)
        assert answer.status_code == 201
        assert answer.json()["tenant"]["type"] == "franchise"

    @pytest.mark.parametrize("first", [directory_entry, new_rules, TenantActivated])
    async def test_sign_up_tells_what_the_first_event_did_not(
        self,
        database: Database,
        consume: Consume,
        tenant_id: UUID,
        first: Callable[..., TenantEvent],
    ) -> None:
        await consume(first(tenant_id=tenant_id))
        assert await owner_joins(database, tenant_id)
        async with database.tenant(tenant_id) as session:
            known = await get_tenant(session, tenant_id)
        assert (known.slug, known.name, known.type) == ("acme", "Acme Homes", "organization")

    async def test_a_tenant_is_none_until_enough_is_known_of_it(
        self, database: Database, consume: Consume, tenant_id: UUID
    ) -> None:
        await consume(updated(tenant_id, "Acme 2"))
        async with database.tenant(tenant_id) as session:
            assert await find_tenant(session, tenant_id) is None

    async def test_sign_up_does_not_undo_what_events_told(
        self, database: Database, consume: Consume, tenant_id: UUID
    ) -> None:
        await consume(updated(tenant_id, "Acme 2"))
        assert await owner_joins(database, tenant_id)
        copy = await copy_of(database, tenant_id)
        assert (copy["name"], copy["type"]) == ("Acme 2", "organization")

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
    async def test_newest_details_win_in_any_order(
        self,
        database: Database,
        consume: Consume,
        tenant_id: UUID,
        order: tuple[int, ...],
    ) -> None:
        happened = [created(tenant_id), updated(tenant_id, "Acme 2"), updated(tenant_id, "Acme 3")]
        for index in (*order, *order):
            await consume(happened[index])
        copy = await copy_of(database, tenant_id)
        assert (copy["name"], copy["plan"], copy["type"]) == ("Acme 3", "pro", "organization")

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
    async def test_newest_status_wins_and_every_step_has_its_receipt(
        self,
        database: Database,
        consume: Consume,
        events: Events,
        tenant_id: UUID,
        order: tuple[int, ...],
    ) -> None:
        happened = [
            TenantActivated(tenant_id=tenant_id),
            TenantReactivated(tenant_id=tenant_id),
            TenantSuspended(tenant_id=tenant_id, reason="unpaid"),
        ]
        for index in (*order, *order):
            await consume(happened[index])
        assert (await copy_of(database, tenant_id))["status"] == "suspended"
        assert sorted(await receipts(events, tenant_id)) == [
            ("reactivated", happened[1].event_id),
            ("suspended", happened[2].event_id),
        ]


class TestExpiry:
    async def test_expired_tenant_gets_no_owner(
        self, database: Database, consume: Consume, events: Events, tenant_id: UUID
    ) -> None:
        await consume(created(tenant_id))
        await consume(TenantExpired(tenant_id=tenant_id, slug="acme"))
        assert not await owner_joins(database, tenant_id)
        assert await receipts(events, tenant_id) == []

    async def test_confirming_too_late_makes_no_account(
        self,
        visitor: Visitor,
        begun: SignUpBegun,
        tenant_service: TenantService,
        consume: Consume,
        events: Events,
        slug: str,
    ) -> None:
        # The first try reaches tenant-svc and no further; then the tenant expires.
        tenant_service.refusal = (500, "internal_error")
        assert (await visitor.confirm(*begun)).status_code == 503
        tenant_service.refusal = None
        made = UUID(tenant_service.calls[-1][1].rpartition("/")[2])
        await consume(TenantExpired(tenant_id=made, slug=slug))
        answer = await visitor.confirm(*begun)
        assert refusal(answer) == (410, "signup_expired")
        assert await events(made) == []

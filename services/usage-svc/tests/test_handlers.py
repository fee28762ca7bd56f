"""How usage-svc reacts to events of tenants and projects: once, twice, out of order."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from stagify.consumer import BatchHandlers
from stagify.database import Database
from stagify.events import Event
from stagify.events.billing import PlanChanged
from stagify.events.receipts import UsageReceiptIssued
from stagify.events.staging import (
    ProjectCreated,
    ProjectDeleted,
    StagingFailed,
    StagingStarted,
)
from stagify.events.tenant import (
    TenantCreated,
    TenantReactivated,
    TenantSuspended,
    TenantUpdated,
)
from stagify.ids import new_id
from stagify.testing import ContextKeys
from usage_svc.cli import change_plan
from usage_svc.parts import Parts
from usage_svc.plans.errors import SubscriptionNotFoundError, UnknownPlanError

Deliver = Callable[[Event], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]
Usage = Callable[..., Awaitable[dict[str, Any]]]


def created(tenant_id: UUID, plan: str = "free") -> TenantCreated:
    return TenantCreated(
        tenant_id=tenant_id,
        slug=f"t{tenant_id.hex[-12:]}",
        name="Acme Homes",
        type="organization",
        plan=plan,
        region="eu",
        owner_user_id=new_id(),
    )


class TestTenants:
    async def test_creation_is_answered_with_a_receipt(
        self, deliver: Deliver, published: Published, tenant_id: UUID
    ) -> None:
        event = created(tenant_id)
        await deliver(event)
        (receipt,) = await published(tenant_id)
        assert isinstance(receipt, UsageReceiptIssued)
        assert (receipt.action, receipt.of_event_id) == ("created", event.event_id)

    async def test_second_delivery_keeps_the_plan(
        self, deliver: Deliver, usage: Usage, tenant_id: UUID
    ) -> None:
        await deliver(created(tenant_id, "pro"))
        await deliver(created(tenant_id))
        assert (await usage(tenant_id))["limit"] == 200

    async def test_unknown_plan_becomes_the_default(
        self, deliver: Deliver, usage: Usage, tenant_id: UUID
    ) -> None:
        await deliver(created(tenant_id, "gold"))
        assert (await usage(tenant_id))["limit"] == 10

    async def test_tenant_of_a_kind_not_known_here_is_a_tenant(
        self, deliver: Deliver, usage: Usage, tenant_id: UUID
    ) -> None:
        unheard_of = {"type": "franchise", "region": "moon"}
        await deliver(created(tenant_id, "pro").model_copy(update=unheard_of))
        assert (await usage(tenant_id))["limit"] == 200

    async def test_suspension_and_return_are_answered(
        self, deliver: Deliver, published: Published, tenant_id: UUID
    ) -> None:
        await deliver(created(tenant_id))
        await deliver(TenantSuspended(tenant_id=tenant_id, reason="unpaid"))
        await deliver(TenantReactivated(tenant_id=tenant_id))
        receipts = await published(tenant_id)
        actions = [e.action for e in receipts if isinstance(e, UsageReceiptIssued)]
        assert actions == ["created", "suspended", "reactivated"]

    @pytest.mark.parametrize("is_late", [False, True])
    async def test_the_newest_name_counts_whatever_comes_first(
        self,
        deliver: Deliver,
        parts: Parts,
        usage: Usage,
        tenant_id: UUID,
        is_late: bool,
    ) -> None:
        slug = f"renamed-{tenant_id.hex[-12:]}"
        new = created(tenant_id)
        renamed = TenantUpdated(
            tenant_id=tenant_id, slug=slug, name="Acme", plan="free", region="eu"
        )
        for event in (renamed, new) if is_late else (new, renamed):
            await deliver(event)
        await change_plan(parts, slug, "pro")
        assert (await usage(tenant_id))["limit"] == 200


class TestSetPlan:
    async def test_by_slug_or_id(
        self,
        deliver: Deliver,
        published: Published,
        usage: Usage,
        parts: Parts,
        tenant_id: UUID,
    ) -> None:
        await deliver(created(tenant_id))
        slug = f"renamed-{tenant_id.hex[-12:]}"
        renamed = TenantUpdated(
            tenant_id=tenant_id, slug=slug, name="Acme", plan="free", region="eu"
        )
        await deliver(renamed)
        await change_plan(parts, slug, "pro")
        assert (await usage(tenant_id))["limit"] == 200
        await change_plan(parts, str(tenant_id), "enterprise")
        await change_plan(parts, str(tenant_id), "enterprise")
        assert (await usage(tenant_id))["limit"] is None
        changes = [e for e in await published(tenant_id) if isinstance(e, PlanChanged)]
        assert [(e.previous_plan, e.plan, e.mfa_required) for e in changes] == [
            ("free", "pro", False),
            ("pro", "enterprise", True),
        ]

    async def test_unknown_tenant_or_plan_is_refused(
        self,
        deliver: Deliver,
        parts: Parts,
        tenant_id: UUID,
    ) -> None:
        for tenant in (str(tenant_id), f"t{tenant_id.hex[-12:]}"):
            with pytest.raises(SubscriptionNotFoundError):
                await change_plan(parts, tenant, "pro")
        await deliver(created(tenant_id))
        with pytest.raises(UnknownPlanError):
            await change_plan(parts, str(tenant_id), "gold")


class TestProjects:
    """The handlers' part; `test_quotas_orders` has what the reservations do."""

    @pytest.fixture
    def project(self, tenant_id: UUID) -> dict[str, Any]:
        return {"tenant_id": tenant_id, "project_id": new_id(), "reservation_id": new_id()}

    @pytest.fixture
    async def reserved(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        tenant_id: UUID,
        project: dict[str, Any],
    ) -> None:
        """The project's reservation, as staging-svc makes it."""
        headers = context_keys.service_headers("usage-svc", "staging-svc", tenant_id=tenant_id)
        body = {
            "reservation_id": str(project["reservation_id"]),
            "meter": "staging",
            "quantity": 1,
        }
        answer = await client.post("/internal/reservations", json=body, headers=headers)
        assert answer.status_code == 201

    @pytest.mark.usefixtures("reserved")
    async def test_creation_or_start_make_it_last(
        self, deliver: Deliver, database: Database, tenant_id: UUID, project: dict[str, Any]
    ) -> None:
        query = "SELECT expires_at > now() + interval '23 hours' AS is_long FROM reservations"
        assert not (await database.fetch(tenant_id, query))[0]["is_long"]
        await deliver(StagingStarted(job_id=new_id(), **project))
        assert (await database.fetch(tenant_id, query))[0]["is_long"]
        await deliver(ProjectCreated(room_type="bedroom", style="modern", **project))
        assert (await database.fetch(tenant_id, query))[0]["is_long"]

    async def test_projects_of_several_tenants_take_theirs_over_at_once(
        self,
        batch_handlers: BatchHandlers,
        database: Database,
        tenant_id: UUID,
        other_tenant_id: UUID,
    ) -> None:
        events = [
            ProjectCreated(
                tenant_id=tenant,
                project_id=new_id(),
                reservation_id=new_id(),
                room_type="bedroom",
                style="modern",
            )
            for tenant in (tenant_id, other_tenant_id, tenant_id)
        ]
        await batch_handlers[ProjectCreated]([*events, *events])
        for tenant in (tenant_id, other_tenant_id):
            rows = await database.fetch(tenant, "SELECT id, project_id FROM reservations")
            assert {tuple(row) for row in rows} == {
                (event.reservation_id, event.project_id)
                for event in events
                if event.tenant_id == tenant
            }

    @pytest.mark.usefixtures("reserved")
    async def test_second_delivery_of_its_start_changes_nothing(
        self,
        batch_handlers: BatchHandlers,
        database: Database,
        tenant_id: UUID,
        project: dict[str, Any],
    ) -> None:
        event = StagingStarted(job_id=new_id(), **project)
        query = "SELECT expires_at FROM reservations"
        await batch_handlers[StagingStarted]([event])
        first = await database.fetch(tenant_id, query)
        await batch_handlers[StagingStarted]([event])
        assert await database.fetch(tenant_id, query) == first

    @pytest.mark.usefixtures("reserved")
    async def test_released_one_is_not_taken_over(
        self, deliver: Deliver, usage: Usage, tenant_id: UUID, project: dict[str, Any]
    ) -> None:
        await deliver(ProjectDeleted(**project))
        await deliver(ProjectCreated(room_type="bedroom", style="modern", **project))
        assert (await usage(tenant_id))["reserved"] == 0

    @pytest.mark.usefixtures("reserved")
    @pytest.mark.parametrize("repeats", [1, 3])
    async def test_failure_releases_it_once(
        self, deliver: Deliver, usage: Usage, tenant_id: UUID, project: dict[str, Any], repeats: int
    ) -> None:
        assert (await usage(tenant_id))["reserved"] == 1
        for _ in range(repeats):
            await deliver(StagingFailed(job_id=new_id(), code="cannot_place", **project))
            await deliver(ProjectDeleted(**project))
        assert (await usage(tenant_id))["reserved"] == 0

    @pytest.mark.usefixtures("reserved")
    async def test_another_tenants_event_changes_nothing(
        self,
        deliver: Deliver,
        usage: Usage,
        tenant_id: UUID,
        other_tenant_id: UUID,
        project: dict[str, Any],
    ) -> None:
        await deliver(ProjectDeleted(**(project | {"tenant_id": other_tenant_id})))
        assert (await usage(tenant_id))["reserved"] == 1

    async def test_project_without_reservation_changes_nothing(
        self, deliver: Deliver, database: Database, tenant_id: UUID
    ) -> None:
        event = ProjectCreated(
            tenant_id=tenant_id, project_id=new_id(), room_type="bedroom", style="modern"
        )
        await deliver(event)
        async with database.tenant(tenant_id) as session:
            count = await session.execute(text("SELECT count(*) FROM quotas"))
            assert count.scalar_one() == 0

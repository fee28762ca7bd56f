"""Shared by the test modules of tenant-svc: callers, answers and the types of fixtures."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from stagify.database import Database
from stagify.events import Event
from stagify.events.receipts import (
    IdentityReceiptIssued,
    ReceiptIssued,
    StagingReceiptIssued,
    UsageReceiptIssued,
)
from stagify.events.tenant import TenantDirectoryEntry
from stagify.ids import new_id
from stagify.testing import ContextKeys

Deliver = Callable[[Event], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]
AskForTenant = Callable[..., Awaitable[httpx.Response]]
AskForSlug = Callable[..., Awaitable[httpx.Response]]
CreateTenant = Callable[..., Awaitable[dict[str, Any]]]
Upkeep = Callable[[], Awaitable[None]]

# Of the services that a tenant waits for.
RECEIPTS = (IdentityReceiptIssued, StagingReceiptIssued, UsageReceiptIssued)


def receipt(cls: type[ReceiptIssued], tenant_id: UUID, action: str = "created") -> ReceiptIssued:
    """A service has done this step."""
    return cls.model_validate({"tenant_id": tenant_id, "action": action, "of_event_id": new_id()})


@dataclass(frozen=True)
class Tenant:
    """A tenant that identity-svc has created."""

    id: UUID
    database: Database
    deliver: Deliver
    published: Published

    async def receive(self, *services: type[ReceiptIssued], action: str = "created") -> None:
        """Handle the receipts of these services, one after the other."""
        for cls in services:
            await self.deliver(receipt(cls, self.id, action))

    async def events(self) -> list[Event]:
        """What has been published about it."""
        return await self.published(self.id)

    async def statuses(self) -> list[str]:
        """Its status in each of its directory entries."""
        return [
            each.status for each in await self.events() if isinstance(each, TenantDirectoryEntry)
        ]

    async def age(self, by: timedelta) -> None:
        """Let it have been created earlier."""
        async with self.database.system() as session:
            await session.execute(
                text(
                    "UPDATE provisionings SET started_at = started_at - CAST(:by AS interval),"
                    " expires_at = expires_at - CAST(:by AS interval) WHERE tenant_id = :tenant"
                ),
                {"by": by, "tenant": self.id},
            )


def member(
    keys: ContextKeys, tenant_id: UUID, permissions: Iterable[str] = ("tenant:read",)
) -> dict[str, str]:
    """The headers of a member of the tenant."""
    return keys.headers(
        "tenant-svc", tenant_id=tenant_id, permissions=permissions, user_id=new_id()
    )


def anonymous(keys: ContextKeys, tenant_id: UUID) -> dict[str, str]:
    """The headers of a visitor of the tenant's host."""
    return keys.headers("tenant-svc", kind="anonymous", tenant_id=tenant_id)


def code(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]

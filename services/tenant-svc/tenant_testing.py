"""Shared by the test modules of tenant-svc: callers, answers and the types of fixtures."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import httpx

from stagify.events import Event
from stagify.ids import new_id
from stagify.testing import ContextKeys

Deliver = Callable[[Event], Awaitable[None]]
Published = Callable[[UUID], Awaitable[list[Event]]]
CreateTenant = Callable[..., Awaitable[dict[str, Any]]]


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

"""What sign-up asks of tenant-svc, and how its refusals read here."""

import logging
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from pydantic import JsonValue

from identity_svc.signup.errors import (
    SignupExpiredError,
    SlugInvalidError,
    SlugReservedError,
    SlugTakenError,
)
from identity_svc.signup.models import Signup
from stagify.errors import StagifyError
from stagify.internal import InternalAnswer, InternalCallError, InternalClient

logger = logging.getLogger(__name__)

REFUSALS: dict[str, type[StagifyError]] = {
    "slug_taken": SlugTakenError,
    "slug_reserved": SlugReservedError,
    "slug_invalid": SlugInvalidError,
    # It waited too long for our receipt: this sign-up can no longer become anything.
    "tenant_expired": SignupExpiredError,
}


class TenantClient:
    """tenant-svc, as far as sign-up needs it. Every call may be repeated."""

    def __init__(self, client: InternalClient) -> None:
        self._client = client

    async def hold_slug(self, slug: str, signup_id: UUID, expires_at: datetime) -> None:
        """Keep the slug for this sign-up until `expires_at`."""
        body = {"signup_id": str(signup_id), "expires_at": expires_at.isoformat()}
        path = f"/internal/slugs/{quote(slug, safe='')}"
        _checked(await self._client.request("PUT", path, json=body))

    async def create_tenant(self, signup: Signup) -> dict[str, JsonValue]:
        """The tenant of a confirmed sign-up, as tenant-svc describes it."""
        body = {
            "signup_id": str(signup.id),
            "slug": signup.slug,
            "name": signup.tenant_name,
            "type": signup.tenant_type,
            "owner_user_id": str(signup.user_id),
        }
        path = f"/internal/tenants/{signup.tenant_id}"
        answer = _checked(await self._client.request("PUT", path, json=body))
        tenant: dict[str, JsonValue] = answer.body
        return tenant

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _checked(answer: InternalAnswer) -> InternalAnswer:
    if answer.is_success:
        return answer
    refusal = REFUSALS.get(answer.code or "")
    if refusal is not None:
        raise refusal
    # Not something a visitor did: the two services disagree about their contract.
    logger.error("signup.tenant_call_refused", extra={"status": answer.status, "code": answer.code})
    raise InternalCallError(service="tenant-svc")

"""A stand-in for identity-svc that knows the credentials a test gives it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from gateway.testing.service import FakeService, Received, Wire
from stagify.testing.context import ContextKeys
from stagify.tokens import TokenVerifier


class Identity:
    """A stand-in for identity-svc: credentials by tenant and value."""

    def __init__(self, service: FakeService, keys: ContextKeys) -> None:
        self.known: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.asked = 0
        self._verifier = TokenVerifier("identity-svc", keys.public)
        # Runs while a look-up is under way, after its answer has been decided.
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        service.handlers["/internal/credentials"] = self._answer

    def add(self, tenant_id: UUID, value: str, **changes: Any) -> dict[str, Any]:
        """Make `value` a credential of the tenant."""
        found: dict[str, Any] = {
            "kind": "api_key" if value.startswith("stg_") else "user",
            "subject": str(uuid4()),
            "user_id": str(uuid4()),
            "credential_id": str(uuid4()),
            "role": "member",
            "permissions": ["projects:read"],
            "organization_id": None,
            "expires_at": None,
            **changes,
        }
        self.known[tenant_id, value] = found
        return found

    async def _answer(self, received: Received, wire: Wire) -> None:
        self.asked += 1
        (token,) = received.values("x-stagify-context")
        caller = self._verifier.verify(token)
        assert (caller.kind, caller.issuer) == ("service", "gateway")
        assert caller.tenant_id is not None
        found = self.known.get((caller.tenant_id, json.loads(received.body)["value"]))
        if self.meanwhile is not None:
            await self.meanwhile()
        if found is None:
            await wire.respond(b'{"code":"unknown_credential"}', "404 Not Found")
        else:
            await wire.respond(json.dumps(found).encode())

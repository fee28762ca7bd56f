"""The collaborators of the HTTP process, made once in `app.py` and handed to the routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.accounts.tenant_client import TenantClient
from identity_svc.api_keys.keyring import KeyRing
from identity_svc.credentials.service import Credentials
from identity_svc.digests import Digester
from identity_svc.passwords import Passwords
from identity_svc.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """What use cases are given beside a session."""

    settings: Settings
    digester: Digester
    passwords: Passwords
    keys: KeyRing
    tenants: TenantClient
    credentials: Credentials


async def request_context(request: Request) -> Context:
    """The collaborators this app was composed with."""
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(request_context)]

"""The collaborators of the HTTP process, made once in `app.py` and handed to the routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from identity_svc.api_keys.keyring import KeyRing
from identity_svc.credentials.service import Credentials
from identity_svc.digests.service import Digester
from identity_svc.people.passwords import Passwords
from identity_svc.settings import Settings
from stagify.calls.client import InternalClient
from stagify.database import Database


@dataclass(frozen=True, slots=True)
class Parts:
    """What use cases are given beside a session."""

    settings: Settings
    database: Database
    digester: Digester
    passwords: Passwords
    keys: KeyRing
    tenant_svc: InternalClient
    credentials: Credentials


async def request_parts(request: Request) -> Parts:
    """The collaborators this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(request_parts)]

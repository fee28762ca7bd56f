"""Two processes change one thing of identity-svc at the same moment: each lock, and what follows it."""

import asyncio
from uuid import UUID

import httpx

from identity_svc.api_keys import service as api_keys
from identity_svc.signup import queries as signups
from identity_svc.tenants import service as tenants
from identity_testing import Caller, Events, Member, SignUpBegun, Visitor
from stagify.database import Database
from stagify.events.identity import ApiKeyRevoked
from stagify.testing import comes_to_wait

URL = "/v1/api-keys"


async def new_key(client: httpx.AsyncClient, headers: dict[str, str]) -> UUID:
    answer = await client.post(URL, json={"name": "importer"}, headers=headers)
    return UUID(answer.json()["id"])


async def test_a_key_that_two_revoke_is_revoked_once(
    client: httpx.AsyncClient, caller: Caller, member: Member, database: Database, events: Events
) -> None:
    key_id = await new_key(client, caller.user(member))
    async with database.tenant(member.tenant_id) as session:
        await api_keys.revoke_api_key(session, tenant_id=member.tenant_id, api_key_id=key_id)
        await session.flush()
        second = asyncio.create_task(client.delete(f"{URL}/{key_id}", headers=caller.user(member)))
        assert await comes_to_wait(database, second)
    assert (await second).status_code == 204
    told = [each for each in await events(member.tenant_id) if isinstance(each, ApiKeyRevoked)]
    assert [each.api_key_id for each in told] == [key_id]


async def test_keys_of_one_tenant_are_made_one_after_the_other(
    client: httpx.AsyncClient, caller: Caller, member: Member, database: Database
) -> None:
    async with database.tenant(member.tenant_id) as session:
        await tenants.lock_tenant(session, member.tenant_id)
        second = asyncio.create_task(new_key(client, caller.user(member)))
        assert await comes_to_wait(database, second)
    assert await second


async def test_a_guess_waits_for_the_one_before_it(
    visitor: Visitor, begun: SignUpBegun, database: Database
) -> None:
    async with database.system() as session:
        signup = await signups.lock_signup(session, UUID(begun.id))
        assert signup is not None
        second = asyncio.create_task(visitor.confirm(begun.id, "000000"))
        assert await comes_to_wait(database, second)
        signup.failed_attempts = 5
    assert (await second).json()["code"] == "code_exhausted"

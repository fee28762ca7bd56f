"""Idempotency-Key: the same request has one effect and one answer."""

import asyncio
from uuid import UUID

import httpx
import pytest

from kit_testing import SERVICE, code
from stagify.database import Database
from stagify.testing import ContextKeys


async def names(database: Database, tenant: UUID) -> list[str]:
    return [row["name"] for row in await database.fetch(tenant, "SELECT name FROM widgets")]


async def test_the_first_answer_is_replayed_without_its_secret(
    client: httpx.AsyncClient,
    member: dict[str, str],
    database: Database,
    tenant_id: UUID,
) -> None:
    headers = {**member, "idempotency-key": "key-1"}
    first = await client.post("/widgets", json={"name": "a"}, headers=headers)
    again = await client.post("/widgets", json={"name": "a"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == {"name": "a", "secret": "shown once"}
    assert again.json() == {"name": "a"}
    assert again.headers["idempotent-replayed"] == "true"
    # Nothing between us and the caller may keep the secret.
    assert {answer.headers["cache-control"] for answer in (first, again)} == {"no-store"}
    assert await names(database, tenant_id) == ["a"]


async def test_another_body_is_refused(client: httpx.AsyncClient, member: dict[str, str]) -> None:
    headers = {**member, "idempotency-key": "key-1"}
    await client.post("/widgets", json={"name": "a"}, headers=headers)
    response = await client.post("/widgets", json={"name": "b"}, headers=headers)
    assert code(response) == (422, "idempotency_key_reused")


async def test_twenty_at_once_have_one_effect(
    client: httpx.AsyncClient,
    member: dict[str, str],
    database: Database,
    tenant_id: UUID,
) -> None:
    headers = {**member, "idempotency-key": "key-2"}
    answers = await asyncio.gather(
        *(client.post("/widgets", json={"name": "slow"}, headers=headers) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await names(database, tenant_id) == ["slow"]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert {answer.json()["code"] for answer in refused} <= {"idempotency_in_progress"}


async def test_a_failure_is_not_stored(
    client: httpx.AsyncClient,
    member: dict[str, str],
    database: Database,
    tenant_id: UUID,
) -> None:
    headers = {**member, "idempotency-key": "key-3"}
    for _ in range(2):
        response = await client.post("/widgets", json={"name": "taken"}, headers=headers)
        assert code(response) == (409, "widget_taken")
        assert "idempotent-replayed" not in response.headers
    assert await names(database, tenant_id) == []


async def test_a_key_belongs_to_its_tenant_and_caller(
    client: httpx.AsyncClient,
    context_keys: ContextKeys,
    member: dict[str, str],
    tenant_id: UUID,
    other_tenant_id: UUID,
) -> None:
    foreign = context_keys.headers(
        SERVICE, tenant_id=other_tenant_id, subject="user-1", permissions={"projects:write"}
    )
    colleague = context_keys.headers(
        SERVICE, tenant_id=tenant_id, subject="user-2", permissions={"projects:write"}
    )
    for number, caller in enumerate((member, foreign, colleague)):
        headers = {**caller, "idempotency-key": "shared"}
        response = await client.post("/widgets", json={"name": str(number)}, headers=headers)
        assert response.json()["name"] == str(number)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "a\x7fb"])
async def test_an_invalid_key_is_refused(
    client: httpx.AsyncClient, member: dict[str, str], key: str
) -> None:
    headers = {**member, "idempotency-key": key}
    response = await client.post("/widgets", json={"name": "a"}, headers=headers)
    assert code(response) == (422, "invalid_idempotency_key")


@pytest.mark.parametrize("key", ["ключ", "鍵", "a b", "\u00a0x"], ids=ascii)
async def test_a_key_in_any_script_is_taken(
    client: httpx.AsyncClient, member: dict[str, str], key: str
) -> None:
    sent = {**member, "idempotency-key": key}
    headers = [(name.encode(), value.encode()) for name, value in sent.items()]
    first = await client.post("/widgets", json={"name": "a"}, headers=headers)
    again = await client.post("/widgets", json={"name": "a"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"

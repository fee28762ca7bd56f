"""Pages of lists: cursors and limits."""

from uuid import UUID

import httpx
import pytest

from kit_testing import code
from stagify.pagination import decode_cursor, encode_cursor


async def test_cursor_and_limit(
    client: httpx.AsyncClient, member: dict[str, str], tenant_id: UUID
) -> None:
    assert decode_cursor(encode_cursor(tenant_id)) == tenant_id
    query = f"/page?limit=5&cursor={encode_cursor(tenant_id)}"
    response = await client.get(query, headers=member)
    assert response.json() == {"limit": 5, "after": str(tenant_id)}


@pytest.mark.parametrize("cursor", ["x", "!!!!", "a" * 22 + "b", "%00", "é"])
async def test_a_foreign_cursor(
    client: httpx.AsyncClient, member: dict[str, str], cursor: str
) -> None:
    response = await client.get("/page", params={"cursor": cursor}, headers=member)
    assert code(response) == (422, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
async def test_a_limit_out_of_range(
    client: httpx.AsyncClient, member: dict[str, str], limit: str
) -> None:
    response = await client.get("/page", params={"limit": limit}, headers=member)
    assert code(response) == (422, "invalid_request")

"""Where a request came from, as limits count it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from kit_testing import SERVICE, kit_client
from stagify.source import Source, SourceDep
from stagify.testing import ContextKeys, DatabaseUrls


@pytest.mark.parametrize(
    ("address", "prefixes"),
    [
        ("192.0.2.7", ("192.0.2.7",)),
        ("2001:db8:1:2:3:4:5:6", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("2001:DB8:1:2:ffff::", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("fe80::1%eth0", ("fe80::/64", "fe80::/48")),
        # One IPv4 address, written as IPv6: mapped, 6to4, Teredo.
        ("::ffff:192.0.2.7", ("192.0.2.7",)),
        ("2002:c000:207:1::1", ("192.0.2.7",)),
        ("2001:0:4136:e378:8000:63bf:3fff:fdf8", ("192.0.2.7",)),
        ("", ("unknown",)),
        ("unknown", ("unknown",)),
        ("192.0.2.7, 192.0.2.8", ("unknown",)),
    ],
)
def test_an_address_is_counted_by_its_line(address: str, prefixes: tuple[str, ...]) -> None:
    assert Source.of(address).prefixes == prefixes


def add_routes(app: FastAPI) -> None:
    @app.get("/source")
    async def source(source: SourceDep) -> list[str]:
        return list(source.prefixes)


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


async def test_the_gateways_header_counts_beside_its_token_only(
    client: httpx.AsyncClient, context_keys: ContextKeys
) -> None:
    header = {"x-forwarded-for": "192.0.2.7"}
    assert (await client.get("/source", headers=header)).status_code == 401
    token = context_keys.headers(SERVICE, kind="platform")
    assert (await client.get("/source", headers=token | header)).json() == ["192.0.2.7"]


async def test_no_header_or_two_are_nobodys_address(
    client: httpx.AsyncClient, context_keys: ContextKeys
) -> None:
    token = context_keys.headers(SERVICE, kind="platform")
    for addresses in ([], ["192.0.2.7", "192.0.2.8"]):
        headers = [*token.items(), *(("x-forwarded-for", each) for each in addresses)]
        assert (await client.get("/source", headers=headers)).json() == ["unknown"]

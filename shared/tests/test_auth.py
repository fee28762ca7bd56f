"""Who may call a route: each dependency against each kind of caller."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import Depends, FastAPI

from kit_testing import SERVICE, kit_client
from stagify.auth import (
    PlatformDep,
    TenantHostDep,
    requires,
    service_for_tenant,
    service_only,
)
from stagify.permissions import ALL_PERMISSIONS
from stagify.principal import Principal, TenantPrincipal
from stagify.testing import ContextKeys, DatabaseUrls


def add_routes(app: FastAPI) -> None:
    @app.get("/written")
    async def written(
        principal: Annotated[TenantPrincipal, Depends(requires("projects:write"))],
    ) -> UUID:
        return principal.tenant_id

    @app.get("/both")
    async def both(
        principal: Annotated[TenantPrincipal, Depends(requires("projects:read", "projects:write"))],
    ) -> UUID:
        return principal.tenant_id

    @app.get("/signed-in")
    async def signed_in(principal: Annotated[TenantPrincipal, Depends(requires())]) -> UUID:
        return principal.tenant_id

    @app.get("/platform")
    async def platform(principal: PlatformDep) -> None:
        return None

    @app.get("/tenant-host")
    async def tenant_host(principal: TenantHostDep) -> UUID:
        return principal.tenant_id

    @app.get("/internal/thing")
    async def internal(principal: Annotated[Principal, Depends(service_only("usage-svc"))]) -> None:
        return None

    @app.get("/internal/of-a-tenant")
    async def of_a_tenant(
        principal: Annotated[TenantPrincipal, Depends(service_for_tenant("usage-svc"))],
    ) -> UUID:
        return principal.tenant_id


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


@pytest.fixture
def callers(context_keys: ContextKeys, tenant_id: UUID) -> dict[str, dict[str, str]]:
    def caller(kind: str, **fields: Any) -> dict[str, str]:
        return context_keys.headers(SERVICE, kind=kind, **fields)

    return {
        "member": caller("user", tenant_id=tenant_id, subject="u", permissions={"projects:write"}),
        "viewer": caller("user", tenant_id=tenant_id, subject="u", permissions={"projects:read"}),
        "key": caller("api_key", tenant_id=tenant_id, permissions={"projects:write"}),
        "anonymous": caller("anonymous", tenant_id=tenant_id),
        "share link": caller("share_link", tenant_id=tenant_id, subject="s"),
        "platform": caller("platform"),
        "operator": caller("operator", subject="o"),
        "user of no tenant": caller("user", subject="u", permissions=ALL_PERMISSIONS),
        "usage-svc": context_keys.service_headers(SERVICE, "usage-svc"),
        "usage-svc for a tenant": context_keys.service_headers(
            SERVICE, "usage-svc", tenant_id=tenant_id
        ),
        "tenant-svc": context_keys.service_headers(SERVICE, "tenant-svc", tenant_id=tenant_id),
    }


NOBODY = (401, "authentication_required")
MAY_NOT = (403, "permission_denied")
NO_TENANT = (403, "tenant_required")
WRONG_HOST = (403, "wrong_host")
OK = (200, None)

# Path → the answer for each caller; callers that are not named get that of "others".
ANSWERS: dict[str, dict[str, tuple[int, str | None]]] = {
    "/written": {
        "member": OK,
        "key": OK,
        "viewer": MAY_NOT,
        "user of no tenant": NO_TENANT,
        "others": NOBODY,
    },
    "/signed-in": {
        "member": OK,
        "viewer": OK,
        "key": OK,
        "user of no tenant": NO_TENANT,
        "others": NOBODY,
    },
    "/platform": {"platform": OK, "others": WRONG_HOST},
    "/tenant-host": {
        "member": OK,
        "viewer": OK,
        "key": OK,
        "anonymous": OK,
        "share link": OK,
        "others": WRONG_HOST,
    },
    "/internal/thing": {"usage-svc": OK, "usage-svc for a tenant": OK, "others": MAY_NOT},
    "/internal/of-a-tenant": {
        "usage-svc for a tenant": OK,
        "usage-svc": NO_TENANT,
        "others": MAY_NOT,
    },
}


def told(response: httpx.Response) -> tuple[int, str | None]:
    if response.status_code == 200:
        return OK
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("path", ANSWERS)
async def test_who_may(
    path: str, client: httpx.AsyncClient, callers: dict[str, dict[str, str]]
) -> None:
    expected = ANSWERS[path]
    answers = {
        name: told(await client.get(path, headers=headers)) for name, headers in callers.items()
    }
    assert answers == {name: expected.get(name, expected["others"]) for name in callers}


@pytest.mark.parametrize("path", ANSWERS)
async def test_nobody_without_context(path: str, client: httpx.AsyncClient) -> None:
    assert told(await client.get(path)) == (401, "invalid_context")


async def test_nobody_with_two_contexts(
    client: httpx.AsyncClient, callers: dict[str, dict[str, str]]
) -> None:
    headers = [*callers["member"].items(), *callers["member"].items()]
    assert told(await client.get("/written", headers=headers)) == (401, "invalid_context")


async def test_the_refusal_names_what_is_needed(
    client: httpx.AsyncClient, callers: dict[str, dict[str, str]]
) -> None:
    response = await client.get("/written", headers=callers["viewer"])
    assert response.json()["needed"] == ["projects:write"]


async def test_each_of_the_permissions_is_needed(
    client: httpx.AsyncClient, callers: dict[str, dict[str, str]]
) -> None:
    for caller, lacking in {"member": "projects:read", "viewer": "projects:write"}.items():
        response = await client.get("/both", headers=callers[caller])
        assert told(response) == (403, "permission_denied")
        assert response.json()["needed"] == [lacking]


async def test_the_tenant_is_the_callers(
    client: httpx.AsyncClient, callers: dict[str, dict[str, str]], tenant_id: UUID
) -> None:
    paths = {"/written": "member", "/internal/of-a-tenant": "usage-svc for a tenant"}
    for path, caller in paths.items():
        response = await client.get(path, headers=callers[caller])
        assert response.json() == str(tenant_id)

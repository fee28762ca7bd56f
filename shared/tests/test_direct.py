"""A DirectRoute answers, refuses and is documented as any other route."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute

from kit_testing import WidgetCreate, kit_client
from stagify.auth import requires
from stagify.direct import DirectRoute
from stagify.idempotency import IDEMPOTENCY_ERRORS, IdempotencyDep, idempotent
from stagify.pagination import PageParamsDep
from stagify.principal import TenantPrincipal
from stagify.problems import problems
from stagify.testing import ContextKeys, DatabaseUrls

KINDS = {"/plain": APIRoute, "/direct": DirectRoute}
KEY = {"idempotency-key": "key"}
BODIES: dict[str, tuple[dict[str, str], bytes]] = {
    "good": (KEY, b'{"name": "a"}'),
    "good without a key": ({}, b'{"name": "a"}'),
    "in another encoding": (KEY, b'\xef\xbb\xbf{"name": "\\u00e4"}'),
    "half a pair": (KEY, b'{"name": "\\ud800"}'),
    "wrong": (KEY, b'{"name": ""}'),
    "a list": (KEY, b"[]"),
    "null": (KEY, b"null"),
    "nothing": (KEY, b""),
    "a member twice": (KEY, b'{"name": "a", "name": "b"}'),
    "no JSON": (KEY, b'{"name": '),
    "a wrong key": ({"idempotency-key": "a\tb"}, b'{"name": "a"}'),
    "no context": ({"x-stagify-context": ""}, b'{"name": "a"}'),
    "no context and no JSON": ({"x-stagify-context": ""}, b"{"),
}


def add_routes(app: FastAPI) -> None:
    """The same route in both kinds."""
    for path, kind in KINDS.items():
        router = APIRouter(route_class=kind)

        @router.post(
            path,
            status_code=202,
            responses=problems(*IDEMPOTENCY_ERRORS) | {202: idempotent({})},
            operation_id=path,
        )
        async def make(
            request: Request,
            body: WidgetCreate,
            principal: Annotated[TenantPrincipal, Depends(requires("projects:write"))],
            idempotency: IdempotencyDep,
        ) -> Response:
            told = [body.name, principal.subject, vars(idempotency)["_scope"] is None]
            return Response(json.dumps(told), 202, media_type="application/json")

        app.include_router(router)


@pytest.fixture
async def client(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


async def test_it_answers_as_any_other(client: httpx.AsyncClient, member: dict[str, str]) -> None:
    statuses = set()
    for case, (headers, content) in BODIES.items():
        sent = {**member, "content-type": "application/json", **headers}
        plain, direct = [await client.post(path, content=content, headers=sent) for path in KINDS]
        assert direct.status_code == plain.status_code, case
        assert told(direct) == told(plain), case
        statuses.add(plain.status_code)
    assert statuses == {202, 401, 422}


def told(answer: httpx.Response) -> Any:
    """The answer without what is different each time."""
    body = answer.json()
    return {**body, "request_id": None} if isinstance(body, dict) else body


async def test_it_is_documented_as_any_other(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    plain, direct = (paths[path]["post"] for path in KINDS)
    assert {**direct, "operationId": ""} == {**plain, "operationId": ""}


async def test_parameters_that_it_does_not_take_are_refused_at_the_start() -> None:
    router = APIRouter(route_class=DirectRoute)

    async def with_page(page: PageParamsDep) -> None: ...

    async def with_query(q: str) -> None: ...

    for endpoint in (with_page, with_query):
        with pytest.raises(TypeError, match=endpoint.__name__):
            router.add_api_route("/direct", endpoint)

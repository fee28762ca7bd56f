"""A tenant chooses what it looks like."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from stagify.database import Database
from stagify.events.tenant import BrandingUpdated, TenantDirectoryEntry
from stagify.ids import new_id
from stagify.testing import ContextKeys, comes_to_wait
from tenant_svc.branding import service as branding
from tenant_svc.branding.schemas import BrandingUpdate
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.parts import Parts
from tenant_svc.tenants import service as tenants
from tenant_testing import RECEIPTS, Tenant, anonymous, code, member

YELLOW = {"primary": "#ffe14d", "accent": "#0000ff"}

Change = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def manager(context_keys: ContextKeys, tenant: Tenant) -> dict[str, str]:
    user_id = new_id()
    return context_keys.headers(
        "tenant-svc",
        tenant_id=tenant.id,
        permissions=["tenant:read", "tenant:manage"],
        user_id=user_id,
        subject=str(user_id),
    )


@pytest.fixture
def change(client: httpx.AsyncClient, manager: dict[str, str]) -> Change:
    """The answer to a change of the branding."""

    async def ask(body: Any, headers: dict[str, str] = manager, **more: str) -> httpx.Response:
        return await client.patch("/v1/branding", json=body, headers=headers | more)

    return ask


@pytest.fixture
def read(
    client: httpx.AsyncClient, context_keys: ContextKeys, tenant: Tenant
) -> Callable[[], Awaitable[httpx.Response]]:
    """The branding as a visitor reads it."""

    async def ask() -> httpx.Response:
        return await client.get("/v1/branding", headers=anonymous(context_keys, tenant.id))

    return ask


def told(events: list[Any]) -> list[TenantDirectoryEntry]:
    return [each for each in events if isinstance(each, TenantDirectoryEntry)]


class TestWhoMayNot:
    async def test_call_without_context(self, client: httpx.AsyncClient) -> None:
        answer = await client.patch("/v1/branding", json={})
        assert code(answer) == (401, "invalid_context")

    async def test_visitor(self, change: Change, context_keys: ContextKeys, tenant: Tenant) -> None:
        answer = await change({"name": "Mine"}, anonymous(context_keys, tenant.id))
        assert code(answer) == (401, "authentication_required")

    async def test_member_who_may_not_manage(
        self, change: Change, context_keys: ContextKeys, tenant: Tenant
    ) -> None:
        headers = member(context_keys, tenant.id, ["tenant:read", "projects:write"])
        answer = await change({"name": "Mine"}, headers)
        assert code(answer) == (403, "permission_denied")
        assert answer.json()["needed"] == ["tenant:manage"]

    async def test_key_without_the_scope(
        self, change: Change, context_keys: ContextKeys, tenant: Tenant
    ) -> None:
        headers = context_keys.headers("tenant-svc", kind="api_key", tenant_id=tenant.id)
        assert code(await change({"name": "Mine"}, headers)) == (403, "permission_denied")

    async def test_visitor_of_the_platform(
        self, change: Change, platform_headers: dict[str, str]
    ) -> None:
        answer = await change({"name": "Mine"}, platform_headers)
        assert code(answer) == (401, "authentication_required")

    async def test_manager_of_another_tenant_changes_only_that(
        self, change: Change, context_keys: ContextKeys, tenant: Tenant, other_tenant_id: UUID
    ) -> None:
        headers = member(context_keys, other_tenant_id, ["tenant:manage"])
        assert code(await change({"name": "Mine"}, headers)) == (404, "tenant_not_found")
        assert not any(isinstance(each, BrandingUpdated) for each in await tenant.events())


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"colors": {"primary": "green", "accent": "#000000"}}, "body.colors.primary"),
            ({"colors": {"primary": "#0000000", "accent": "#000000"}}, "body.colors.primary"),
            ({"colors": {"primary": "#000000"}}, "body.colors.accent"),
            ({"colors": {**YELLOW, "third": "#000000"}}, "body.colors.third"),
            ({"name": "  "}, "body.name"),
            ({"name": "x" * 121}, "body.name"),
            ({"logo_url": "https://example.com/x.svg"}, "body.logo_url"),
            ({"tokens": {}}, "body.tokens"),
        ],
    )
    async def test_the_answer_says_what_is_wrong(
        self, change: Change, tenant: Tenant, body: Any, field: str
    ) -> None:
        answer = await change(body)
        assert code(answer) == (422, "invalid_request")
        assert [each["field"] for each in answer.json()["errors"]] == [field]
        assert not any(isinstance(each, BrandingUpdated) for each in await tenant.events())


class TestAChange:
    async def test_the_answer_is_what_visitors_read(
        self, change: Change, read: Callable[[], Awaitable[httpx.Response]]
    ) -> None:
        answer = await change({"name": " Acme ", "colors": {"primary": "FFE14D", "accent": "#00F"}})
        assert answer.status_code == 200
        body = answer.json()
        assert (body["name"], body["colors"]) == ("Acme", YELLOW)
        assert body["tokens"]["light"] == {
            "brand": "#fadc47",
            "on_brand": "#1e1a16",
            "brand_text": "#837000",
            "brand_ring": "#0000ff",
        }
        found = await read()
        assert found.json() == body
        assert found.headers["etag"] == answer.headers["etag"]

    async def test_the_gateway_is_told_in_the_same_transaction(
        self, change: Change, tenant: Tenant
    ) -> None:
        before = told(await tenant.events())[-1]
        assert before.branding is not None
        assert before.branding.name == "Acme Homes"
        assert before.branding.tokens.light.brand == "#1f4d3a"
        await change({"name": "Acme", "colors": YELLOW})
        updated, entry = (await tenant.events())[-2:]
        assert isinstance(updated, BrandingUpdated)
        assert updated.changed == ["name", "colors"]
        assert updated.colors.model_dump() == YELLOW
        assert updated.actor is not None
        assert updated.actor.startswith("user:")
        assert "Acme" not in updated.model_dump_json()
        assert isinstance(entry, TenantDirectoryEntry)
        assert entry.name == "Acme Homes"
        assert entry.branding is not None
        assert entry.branding.name == "Acme"
        assert entry.branding.tokens.dark.brand_ring == "#1d5aff"

    async def test_what_is_left_out_stays(self, change: Change) -> None:
        await change({"name": "Acme"})
        body = (await change({"colors": YELLOW})).json()
        assert (body["name"], body["colors"]) == ("Acme", YELLOW)
        body = (await change({"name": "Acme & Sons"})).json()
        assert (body["name"], body["colors"]) == ("Acme & Sons", YELLOW)

    async def test_null_gives_back_what_the_platform_has(
        self, change: Change, tenant: Tenant, read: Callable[[], Awaitable[httpx.Response]]
    ) -> None:
        first = (await read()).json()
        await change({"name": "Acme", "colors": YELLOW})
        assert (await change({"name": None, "colors": None})).json() == first
        changes = [each for each in await tenant.events() if isinstance(each, BrandingUpdated)]
        assert [each.changed for each in changes] == [["name", "colors"]] * 2

    @pytest.mark.parametrize("body", [{}, {"name": "Acme"}, {"name": "Acme", "colors": YELLOW}])
    async def test_what_changes_nothing_is_not_told(
        self, change: Change, tenant: Tenant, body: Any
    ) -> None:
        await change({"name": "Acme", "colors": YELLOW})
        count = len(await tenant.events())
        assert (await change(body)).status_code == 200
        assert len(await tenant.events()) == count

    async def test_it_stays_when_something_else_of_the_tenant_changes(
        self, change: Change, tenant: Tenant, database: Database
    ) -> None:
        await change({"name": "Acme", "colors": YELLOW})
        await tenant.receive(*RECEIPTS)
        async with database.tenant(tenant.id) as session:
            await lifecycle.suspend_tenant(session, tenant_id=tenant.id, reason="unpaid")
        entries = told(await tenant.events())
        assert [each.status for each in entries[-2:]] == ["active", "suspended"]
        assert [each.branding and each.branding.name for each in entries[-2:]] == ["Acme"] * 2


class TestTwoAtOnce:
    async def test_who_has_seen_the_newest_may_change_it(self, change: Change) -> None:
        tag = (await change({"name": "One"})).headers["etag"]
        answer = await change({"name": "Two"}, **{"If-Match": f'"other", {tag}'})
        assert (answer.status_code, answer.json()["name"]) == (200, "Two")
        assert (await change({"name": "Three"}, **{"If-Match": "*"})).status_code == 200

    @pytest.mark.parametrize("form", ['"other"', "W/{}", "{}"])
    async def test_who_has_not_is_refused(self, change: Change, tenant: Tenant, form: str) -> None:
        old = (await change({"name": "One"})).headers["etag"]
        newest = (await change({"name": "Two"})).headers["etag"]
        tag = form.format(newest if form == "W/{}" else old)
        count = len(await tenant.events())
        assert code(await change({"name": "Three"}, **{"If-Match": tag})) == (
            412,
            "branding_changed",
        )
        assert len(await tenant.events()) == count

    async def test_the_second_sees_what_the_first_has_done(
        self,
        change: Change,
        tenant: Tenant,
        database: Database,
        read: Callable[[], Awaitable[httpx.Response]],
    ) -> None:
        tag = (await read()).headers["etag"]
        async with database.tenant(tenant.id) as session:
            await branding.change_branding(
                session,
                tenant_id=tenant.id,
                wanted=BrandingUpdate(name="First"),
                is_expected=lambda _: True,
            )
            await session.flush()
            second = asyncio.ensure_future(change({"name": "Second"}, **{"If-Match": tag}))
            assert await comes_to_wait(database, second)
        assert code(await second) == (412, "branding_changed")
        assert (await read()).json()["name"] == "First"


async def test_publishing_again_shows_what_this_release_makes_of_the_colours(
    change: Change, tenant: Tenant, database: Database, parts: Parts
) -> None:
    await change({"colors": YELLOW})
    async with database.tenant(tenant.id) as session:
        # As an older release may have written it.
        await session.execute(
            text("UPDATE brands SET tokens = jsonb_set(tokens, '{light,brand}', '\"#ffe14d\"')")
        )
    await tenants.republish_tenants(parts)
    entry = told(await tenant.events())[-1]
    assert entry.branding is not None
    assert entry.branding.tokens.light.brand == "#fadc47"


async def test_another_tenant_can_neither_see_nor_change_it(
    change: Change, database: Database, other_tenant_id: UUID
) -> None:
    await change({"name": "Acme"})
    async with database.tenant(other_tenant_id) as session:
        assert (await session.execute(text("SELECT * FROM brands"))).all() == []
        changed = await session.execute(text("UPDATE brands SET name = 'x' RETURNING tenant_id"))
        assert changed.all() == []
    async with database.system() as session:
        assert (await session.execute(text("SELECT * FROM brands"))).all() == []

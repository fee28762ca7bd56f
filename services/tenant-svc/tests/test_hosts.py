"""Names over HTTP: looked up and asked for."""

from urllib.parse import quote
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.permissions import ALL_PERMISSIONS
from stagify.testing import ContextKeys
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.parts import Parts
from tenant_testing import AskForSlug, CreateTenant, code, member


class TestLookUpSlug:
    async def test_tenant_host_is_refused(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, tenant_id: UUID
    ) -> None:
        headers = member(context_keys, tenant_id, ALL_PERMISSIONS)
        answer = await client.get("/v1/slugs/acme", headers=headers)
        assert code(answer) == (403, "wrong_host")

    async def test_free_name_is_available(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], slug: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert answer.json() == {"available": True, "reason": None, "suggestion": None}

    @pytest.mark.parametrize(
        ("asked", "reason"), [("admin", "slug_reserved"), ("x", "slug_invalid")]
    )
    async def test_invalid_or_reserved_name_is_refused(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], asked: str, reason: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{asked}", headers=platform_headers)
        assert answer.json()["reason"] == reason
        assert not answer.json()["available"]

    async def test_misspelt_name_brings_the_nearest(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str], slug: str
    ) -> None:
        answer = await client.get(f"/v1/slugs/{slug.upper()}--Höme", headers=platform_headers)
        assert answer.json() == {
            "available": False,
            "reason": "slug_invalid",
            "suggestion": f"{slug}-home",
        }

    async def test_taken_name_brings_a_free_one(
        self,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        create_tenant: CreateTenant,
        tenant_id: UUID,
        other_tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        await create_tenant(other_tenant_id, slug=f"{slug}-2", signup_id=str(new_id()))
        answer = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert answer.json() == {
            "available": False,
            "reason": "slug_taken",
            "suggestion": f"{slug}-3",
        }


class TestAskForSlug:
    async def test_gateway_is_refused(
        self, ask_for_slug: AskForSlug, context_keys: ContextKeys, slug: str
    ) -> None:
        headers = context_keys.service_headers("tenant-svc", "gateway")
        answer = await ask_for_slug(slug, headers)
        assert code(answer) == (403, "permission_denied")

    async def test_member_is_refused(
        self, ask_for_slug: AskForSlug, context_keys: ContextKeys, slug: str, tenant_id: UUID
    ) -> None:
        headers = member(context_keys, tenant_id, ALL_PERMISSIONS)
        answer = await ask_for_slug(slug, headers)
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize(
        ("asked", "reason"), [("admin", "slug_reserved"), ("a--b", "slug_invalid")]
    )
    async def test_invalid_or_reserved_name_is_refused(
        self, ask_for_slug: AskForSlug, asked: str, reason: str
    ) -> None:
        answer = await ask_for_slug(asked)
        assert code(answer) == (422, reason)

    @pytest.mark.parametrize(
        ("spelling", "nearest"),
        [
            ("{slug}", None),
            ("{SLUG}", "{slug}"),
            (" {Slug}\n", "{slug}"),
            ("{slug} Homes", "{slug}-homes"),
            ("{slug}_homes!", "{slug}-homes"),
            ("{slug}/homes", "{slug}-homes"),
            ("{slug}?homes#1", "{slug}-homes-1"),
            ("{slug}--Höme", "{slug}-home"),
            ("{slug}-Straße", "{slug}-strasse"),
            ("{slug}" + "x" * 60, "{slug}" + "x" * 23),
        ],
    )
    async def test_misspelt_name_is_refused_with_the_nearest(
        self, ask_for_slug: AskForSlug, slug: str, spelling: str, nearest: str | None
    ) -> None:
        forms = {"slug": slug, "SLUG": slug.upper(), "Slug": slug.title()}
        answer = await ask_for_slug(quote(spelling.format(**forms), safe=""))
        if nearest is None:
            assert answer.json()["slug"] == slug
        else:
            assert code(answer) == (422, "slug_invalid")
            assert answer.json()["suggestion"] == nearest.format(**forms)

    async def test_taken_name_is_refused_with_a_free_one(
        self,
        ask_for_slug: AskForSlug,
        create_tenant: CreateTenant,
        tenant_id: UUID,
        other_tenant_id: UUID,
        slug: str,
    ) -> None:
        await create_tenant(tenant_id)
        await create_tenant(other_tenant_id, slug=f"{slug}-2", signup_id=str(new_id()))
        answer = await ask_for_slug(slug)
        assert code(answer) == (409, "slug_taken")
        assert answer.json()["suggestion"] == f"{slug}-3"

    async def test_there_may_be_nothing_near(self, ask_for_slug: AskForSlug) -> None:
        answer = await ask_for_slug(quote("アクメ"))
        assert code(answer) == (422, "slug_invalid")
        assert answer.json()["suggestion"] is None

    async def test_many_sign_ups_may_ask_for_one_name(
        self,
        ask_for_slug: AskForSlug,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        slug: str,
    ) -> None:
        for _ in range(2):
            answer = await ask_for_slug(slug)
            assert answer.status_code == 200
            assert answer.json()["slug"] == slug
        # To look it up does not show that somebody has asked for it.
        found = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        assert found.json()["available"]


async def test_lapsed_holds_are_forgotten(parts: Parts, database: Database, slug: str) -> None:
    async with database.system() as session:
        await session.execute(
            text("INSERT INTO slugs (slug, signup_id, expires_at) VALUES (:slug, :id, :at)"),
            {"slug": slug, "id": new_id(), "at": utc_now()},
        )
    await lifecycle.end_unfinished(parts)
    async with database.system() as session:
        count = text("SELECT count(*) FROM slugs WHERE slug = :slug")
        assert (await session.execute(count, {"slug": slug})).scalar_one() == 0

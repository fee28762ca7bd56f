"""Names over HTTP: looked up and held."""

import asyncio
from datetime import timedelta
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
from tenant_svc.hosts import service as hosts
from tenant_svc.lifecycle import service as lifecycle
from tenant_svc.parts import Parts
from tenant_testing import CreateTenant, HoldSlug, code, member


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


class TestHoldSlug:
    async def test_gateway_is_refused(
        self, hold_slug: HoldSlug, context_keys: ContextKeys, slug: str
    ) -> None:
        headers = context_keys.service_headers("tenant-svc", "gateway")
        answer = await hold_slug(slug, headers)
        assert code(answer) == (403, "permission_denied")

    async def test_member_is_refused(
        self, hold_slug: HoldSlug, context_keys: ContextKeys, slug: str, tenant_id: UUID
    ) -> None:
        headers = member(context_keys, tenant_id, ALL_PERMISSIONS)
        answer = await hold_slug(slug, headers)
        assert code(answer) == (403, "permission_denied")

    @pytest.mark.parametrize(
        ("asked", "reason"), [("admin", "slug_reserved"), ("a--b", "slug_invalid")]
    )
    async def test_invalid_or_reserved_name_is_refused(
        self, hold_slug: HoldSlug, asked: str, reason: str
    ) -> None:
        answer = await hold_slug(asked)
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
        self, hold_slug: HoldSlug, slug: str, spelling: str, nearest: str | None
    ) -> None:
        forms = {"slug": slug, "SLUG": slug.upper(), "Slug": slug.title()}
        answer = await hold_slug(quote(spelling.format(**forms), safe=""))
        if nearest is None:
            assert answer.json()["slug"] == slug
        else:
            assert code(answer) == (422, "slug_invalid")
            assert answer.json()["suggestion"] == nearest.format(**forms)

    async def test_taken_name_is_refused_with_a_free_one(
        self, hold_slug: HoldSlug, slug: str
    ) -> None:
        await hold_slug(slug)
        await hold_slug(f"{slug}-2", signup_id=str(new_id()))
        answer = await hold_slug(slug, signup_id=str(new_id()))
        assert code(answer) == (409, "slug_taken")
        assert answer.json()["suggestion"] == f"{slug}-3"

    async def test_there_may_be_nothing_near(self, hold_slug: HoldSlug) -> None:
        answer = await hold_slug(quote("アクメ"))
        assert code(answer) == (422, "slug_invalid")
        assert answer.json()["suggestion"] is None

    async def test_same_sign_up_may_hold_again(self, hold_slug: HoldSlug, slug: str) -> None:
        for _ in range(2):
            answer = await hold_slug(slug)
            assert answer.status_code == 200
            assert answer.json()["slug"] == slug

    async def test_one_of_many_sign_ups_gets_it(self, hold_slug: HoldSlug, slug: str) -> None:
        answers = await asyncio.gather(
            *(hold_slug(slug, signup_id=str(new_id())) for _ in range(20))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert {code(a) for a in answers if a.status_code == 409} == {(409, "slug_taken")}

    async def test_lapsed_hold_is_free(self, hold_slug: HoldSlug, slug: str) -> None:
        past = utc_now() - timedelta(seconds=1)
        await hold_slug(slug, expires_at=past.isoformat())
        answer = await hold_slug(slug, signup_id=str(new_id()))
        assert answer.status_code == 200

    async def test_sign_up_that_takes_another_name_releases_the_first(
        self,
        hold_slug: HoldSlug,
        client: httpx.AsyncClient,
        platform_headers: dict[str, str],
        slug: str,
    ) -> None:
        for name in (slug, f"{slug}-x"):
            await hold_slug(name)
        first = await client.get(f"/v1/slugs/{slug}", headers=platform_headers)
        second = await client.get(f"/v1/slugs/{slug}-x", headers=platform_headers)
        assert first.json()["available"]
        assert second.json()["reason"] == "slug_taken"


async def test_lapsed_holds_are_forgotten(parts: Parts, database: Database, slug: str) -> None:
    async with database.system() as session:
        await hosts.hold_slug(session, slug=slug, signup_id=new_id(), expires_at=utc_now())
    await lifecycle.end_unfinished(parts)
    async with database.system() as session:
        count = text("SELECT count(*) FROM slugs WHERE slug = :slug")
        assert (await session.execute(count, {"slug": slug})).scalar_one() == 0

"""Branding as visitors see it."""

from uuid import UUID

import httpx
import pytest

from stagify.testing import ContextKeys
from tenant_testing import CreateTenant, anonymous, code


class TestGetBranding:
    async def test_platform_host_has_none(
        self, client: httpx.AsyncClient, platform_headers: dict[str, str]
    ) -> None:
        answer = await client.get("/v1/branding", headers=platform_headers)
        assert code(answer) == (403, "wrong_host")

    async def test_visitor_of_another_host_does_not_see_it(
        self, client: httpx.AsyncClient, context_keys: ContextKeys, other_tenant_id: UUID
    ) -> None:
        headers = anonymous(context_keys, other_tenant_id)
        answer = await client.get("/v1/branding", headers=headers)
        assert code(answer) == (404, "tenant_not_found")

    async def test_anyone_on_the_host_reads_it(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        create_tenant: CreateTenant,
        tenant_id: UUID,
    ) -> None:
        await create_tenant(tenant_id)
        answer = await client.get("/v1/branding", headers=anonymous(context_keys, tenant_id))
        assert answer.json() == {
            "name": "Acme Homes",
            "colors": {"primary": "#1f4d3a", "accent": "#c98a3c"},
            "tokens": {
                "light": {
                    "brand": "#1f4d3a",
                    "on_brand": "#ffffff",
                    "brand_text": "#1f4d3a",
                    "brand_ring": "#bf8132",
                },
                "dark": {
                    "brand": "#477560",
                    "on_brand": "#ffffff",
                    "brand_text": "#63927c",
                    "brand_ring": "#c98a3c",
                },
            },
            "logo_url": None,
        }

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
    async def test_who_has_it_gets_no_body(
        self,
        client: httpx.AsyncClient,
        context_keys: ContextKeys,
        create_tenant: CreateTenant,
        tenant_id: UUID,
        form: str,
    ) -> None:
        await create_tenant(tenant_id)
        headers = anonymous(context_keys, tenant_id)
        whole = await client.get("/v1/branding", headers=headers)
        # It may change at any time, and then shows at once.
        assert whole.headers["cache-control"] == "no-cache"
        tag = whole.headers["etag"]
        answer = await client.get(
            "/v1/branding", headers=headers | {"If-None-Match": form.format(tag)}
        )
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag

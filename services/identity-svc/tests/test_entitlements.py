"""What a session shows of the tenant's plan, and that no session depends on usage-svc."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
import pytest

from identity_svc.app import create_app
from identity_svc.entitlements.service import FRESH, PAUSE
from identity_testing import Browser, Caller, MakeSettings, Member
from stagify.testing import Clock, app_client

PRO = {"plan": "pro", "features": ["custom_domains"], "limits": {"staging": 200, "seats": None}}
FREE = {"plan": "free", "features": [], "limits": {"staging": 10}}


@dataclass
class UsageService:
    """usage-svc as identity-svc sees it."""

    # What it answers: a status and a body, or nothing at all.
    answer: tuple[int, Any] | None = (200, PRO)
    heads: list[str] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
                if self.answer is None:
                    continue
                status, body = self.answer
                content = orjson.dumps(body)
                writer.write(
                    b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n%s"
                    % (status, len(content), content)
                )
        except asyncio.IncompleteReadError:
            writer.close()


@pytest.fixture
async def usage_service() -> AsyncIterator[UsageService]:
    """A usage-svc of this test."""
    service = UsageService()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.port = server.sockets[0].getsockname()[1]
    yield service
    server.close()


@pytest.fixture
async def mine(
    make_settings: MakeSettings, usage_service: UsageService, caller: Caller, member: Member
) -> AsyncIterator[Browser]:
    """The member's browser, at an identity-svc that has this usage-svc."""
    settings = make_settings(usage_svc_url=f"http://127.0.0.1:{usage_service.port}")
    async with app_client(create_app(settings)) as client:
        yield Browser(client, caller, member.tenant_id)


async def shown(browser: Browser) -> Any:
    """What the session shows of the plan."""
    answer = await browser.request("GET", "/v1/session")
    assert answer.status_code == 200, answer.text
    return answer.json()["entitlements"]


async def test_a_session_shows_what_the_plan_includes(
    mine: Browser, member: Member, usage_service: UsageService
) -> None:
    made = await mine.log_in(member.email)
    assert made.json()["entitlements"] == PRO
    assert await shown(mine) == PRO
    # Asked once, as this service, for this tenant.
    (head,) = usage_service.heads
    assert head.startswith("GET /internal/entitlements HTTP/1.1")
    assert "x-stagify-context: " in head


async def test_a_new_plan_is_shown_after_a_short_while(
    mine: Browser, member: Member, usage_service: UsageService, clock: Clock
) -> None:
    await mine.log_in(member.email)
    usage_service.answer = (200, FREE)
    assert await shown(mine) == PRO
    clock.advance(FRESH)
    assert await shown(mine) == FREE


@pytest.mark.parametrize(
    "answer", [None, (500, {}), (404, {"code": "not_found"}), (200, {"plan": 7}), (200, [])]
)
async def test_a_usage_svc_in_trouble_keeps_nobody_out(
    mine: Browser, member: Member, usage_service: UsageService, clock: Clock, answer: Any
) -> None:
    usage_service.answer = answer
    assert (await mine.log_in(member.email)).json()["entitlements"] is None
    asked = len(usage_service.heads)
    assert await shown(mine) is None
    # It is left alone for a moment.
    assert len(usage_service.heads) == asked
    usage_service.answer = (200, PRO)
    clock.advance(PAUSE)
    assert await shown(mine) == PRO
    usage_service.answer = answer
    clock.advance(FRESH + timedelta(minutes=5))
    # What was known is better than nothing.
    assert await shown(mine) == PRO


async def test_without_a_usage_svc_there_is_a_session_all_the_same(
    make_settings: MakeSettings, caller: Caller, member: Member
) -> None:
    async with app_client(create_app(make_settings())) as client:
        browser = Browser(client, caller, member.tenant_id)
        assert (await browser.log_in(member.email)).json()["entitlements"] is None
        assert await shown(browser) is None

"""A new password for somebody who knows the old one: what ends, what stays, and who wins."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.parts import Parts
from identity_svc.password_resets.service import reset_hash
from identity_testing import (
    PASSWORD,
    Browser,
    Caller,
    Events,
    Join,
    MailServer,
    MakeSettings,
    Member,
    OpenBrowser,
    SignUp,
    cookies_of,
    refusal,
)
from stagify.database import Database
from stagify.events.identity import PasswordChanged, SessionRevoked
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, app_client, comes_to_wait

URL = "/v1/me/password"
NEW = "an entirely different one"


async def change(browser: Browser, current: str = PASSWORD, wanted: str = NEW) -> httpx.Response:
    """The answer to a change of the password."""
    body = {"current_password": current, "password": wanted}
    return await browser.request("POST", URL, json=body)


@pytest.fixture
async def mine(browser: OpenBrowser, member: Member) -> Browser:
    """The member's browser, logged in."""
    opened = browser(member)
    assert (await opened.log_in(member.email)).status_code == 201
    return opened


async def test_the_new_password_works_and_the_old_one_does_not(
    mine: Browser, member: Member, browser: OpenBrowser
) -> None:
    answer = await change(mine)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert refusal(await browser(member).log_in(member.email)) == (401, "invalid_credentials")
    assert (await browser(member).log_in(member.email, NEW)).status_code == 201


async def test_all_other_sessions_end_and_this_one_goes_on_under_a_new_token(
    mine: Browser,
    member: Member,
    browser: OpenBrowser,
    sign_up: SignUp,
    join: Join,
    events: Events,
    client: httpx.AsyncClient,
    caller: Caller,
) -> None:
    elsewhere = await sign_up()
    await join(member, elsewhere)
    others = [browser(member), browser(elsewhere)]
    for each in others:
        await each.log_in(member.email)
    strangers = browser(elsewhere)
    await strangers.log_in(elsewhere.email)
    key = (await mine.request("POST", "/v1/api-keys", json={"name": "importer"})).json()["key"]
    # Whoever has stolen the cookie is out too.
    thief = replace(mine, cookies=dict(mine.cookies))
    before = await mine.look_up()
    answer = await change(mine)
    lines = answer.headers.get_list("set-cookie")
    assert [sorted(line.split("; ")[1:]) for line in lines] == [
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=lax", "Secure"],
        ["HttpOnly", "Max-Age=31536000", "Path=/", "SameSite=strict", "Secure"],
    ]
    assert [await each.look_up() for each in (*others, thief)] == [None] * 3
    after = await mine.look_up()
    assert before is not None
    assert after is not None
    assert before.pop("credential_id") != after.pop("credential_id")
    assert before == after
    assert await strangers.look_up() is not None
    (left,) = (await mine.request("GET", "/v1/me/sessions")).json()["items"]
    assert left["is_current"] is True
    for tenant, count in ((member, 2), (elsewhere, 1)):
        told = [e for e in await events(tenant.tenant_id) if isinstance(e, SessionRevoked)]
        assert [(e.user_id, e.actor) for e in told] == [
            (member.user_id, f"user:{member.user_id}")
        ] * count
    known = await client.post(
        "/internal/credentials",
        json={"type": "api_key", "value": key},
        headers=caller.service("gateway", member.tenant_id),
    )
    assert known.status_code == 200


async def test_it_is_an_event_and_a_note(
    mine: Browser, member: Member, events: Events, runner: TaskRunner, mail_server: MailServer
) -> None:
    await change(mine)
    (told,) = [e for e in await events(member.user_id) if isinstance(e, PasswordChanged)]
    assert (told.means, told.actor) == ("change", f"user:{member.user_id}")
    await runner.run_due()
    assert mail_server.to(member.email)[-1]["Subject"] == "Your StagifyAI password was changed"


async def test_open_links_for_a_new_password_end(
    mine: Browser,
    member: Member,
    client: httpx.AsyncClient,
    caller: Caller,
    parts: Parts,
    database: Database,
    runner: TaskRunner,
) -> None:
    await client.post(
        "/v1/password-resets", json={"email": member.email}, headers=caller.platform()
    )
    await runner.run_due()
    async with database.system() as session:
        await session.execute(
            text("UPDATE password_resets SET token_hash = :hash WHERE user_id = :id"),
            {"hash": reset_hash(parts.digester, "mine"), "id": member.user_id},
        )
    await change(mine)
    answer = await client.post(
        "/v1/password-resets/confirm",
        json={"token": "mine", "password": "yet another one"},
        headers=caller.platform(),
    )
    assert refusal(answer) == (410, "reset_link_invalid")


async def test_the_browser_is_a_known_device_again(
    mine: Browser, member: Member, browser: OpenBrowser
) -> None:
    old = dict(mine.cookies)
    await change(mine)
    for cookies, code in ((old, 429), (mine.cookies, 201)):
        attacked = browser(member, address=mine.address, cookies=dict(cookies))
        attacked.cookies.pop("__Host-stagify_session")
        stranger = browser(member, address=mine.address)
        for _ in range(5):
            await stranger.log_in(member.email, "wrong!!!")
        assert (await attacked.log_in(member.email, NEW)).status_code == code


class TestRefusals:
    async def test_a_wrong_password_changes_nothing(
        self, mine: Browser, member: Member, browser: OpenBrowser
    ) -> None:
        other = browser(member)
        await other.log_in(member.email)
        answer = await change(mine, current="not the password")
        assert refusal(answer) == (403, "wrong_password")
        assert "set-cookie" not in answer.headers
        assert await mine.look_up() is not None
        assert await other.look_up() is not None
        assert (await browser(member).log_in(member.email)).status_code == 201

    async def test_a_session_is_no_way_to_guess(
        self, mine: Browser, member: Member, browser: OpenBrowser, clock: Clock
    ) -> None:
        for _ in range(5):
            assert refusal(await change(mine, current="wrong!!!")) == (403, "wrong_password")
        answer = await change(mine)
        assert refusal(answer) == (429, "too_many_attempts")
        assert int(answer.headers["retry-after"]) > 0
        # It has used up what this device may try, and nobody else's.
        assert (await browser(member).log_in(member.email)).status_code == 201
        clock.advance(timedelta(seconds=int(answer.headers["retry-after"])))
        assert (await change(mine)).status_code == 204

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            ("12345678", "weak_password"),
            ("short", "invalid_request"),
            ("a" * 257, "invalid_request"),
        ],
    )
    async def test_a_bad_one_is_refused(self, mine: Browser, wanted: str, code: str) -> None:
        assert refusal(await change(mine, wanted=wanted)) == (422, code)

    async def test_ones_address_is_no_password(self, mine: Browser, member: Member) -> None:
        assert refusal(await change(mine, wanted=member.email)) == (422, "weak_password")

    async def test_whoever_was_logged_out_meanwhile_changes_nothing(
        self, mine: Browser, member: Member, browser: OpenBrowser
    ) -> None:
        known = await mine.look_up()
        assert known is not None
        await mine.request("DELETE", "/v1/session")
        body = {"current_password": PASSWORD, "password": NEW}
        # The gateway had looked before.
        answer = await mine.request_as(known, "POST", URL, json=body)
        assert refusal(answer) == (401, "authentication_required")
        assert (await browser(member).log_in(member.email)).status_code == 201


class TestRaces:
    async def test_of_two_changes_one_wins_and_no_other_session_survives(
        self, mine: Browser, member: Member, parts: Parts, browser: OpenBrowser, events: Events
    ) -> None:
        other = browser(member)
        await other.log_in(member.email)
        wishes = {"the first of two": mine, "the second of two": other}
        async with parts.person_database.person(member.user_id) as session:
            await session.execute(
                text("SELECT 1 FROM users WHERE id = :id FOR UPDATE"), {"id": member.user_id}
            )
            both = [asyncio.create_task(change(who, wanted=new)) for new, who in wishes.items()]
            assert await comes_to_wait(parts.person_database, both[0])
        answers = [await each for each in both]
        assert sorted(each.status_code for each in answers) == [204, 403]
        for (new, who), answer in zip(wishes.items(), answers, strict=True):
            won = answer.status_code == 204
            assert (await who.look_up() is not None) == won
            code = (await browser(member).log_in(member.email, new)).status_code
            assert code == (201 if won else 401)
        told = [e for e in await events(member.user_id) if isinstance(e, PasswordChanged)]
        assert len(told) == 1

    async def test_a_log_in_under_way_does_not_survive(
        self,
        mine: Browser,
        member: Member,
        make_settings: MakeSettings,
        caller: Caller,
        database: Database,
    ) -> None:
        app = create_app(make_settings())
        async with app_client(app) as client:
            passwords = app.state.parts.passwords
            verify = passwords.verify

            async def verify_and_change(*args: Any) -> bool:
                right: bool = await verify(*args)
                assert right
                assert (await change(mine)).status_code == 204
                return right

            passwords.verify = verify_and_change
            late = Browser(client, caller, member.tenant_id)
            answer = await late.log_in(member.email)
        assert refusal(answer) == (401, "invalid_credentials")
        assert cookies_of(answer) == {}
        async with database.tenant(member.tenant_id) as session:
            left = await session.execute(text("SELECT count(*) FROM sessions"))
            assert left.scalar_one() == 1
        assert await mine.look_up() is not None

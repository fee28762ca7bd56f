"""A new password by mail: who is told what, what a link does, and what ends with the old password."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import Message as EmailMessage
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.parts import Parts
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import (
    PASSWORD,
    Begin,
    Browser,
    Caller,
    Events,
    Join,
    MailServer,
    MakeSettings,
    Member,
    OpenBrowser,
    SignUp,
    Visitor,
    as_json,
    new_address,
    refusal,
    statements,
    text_of,
)
from stagify.database import Database
from stagify.events.identity import PasswordChanged, SessionRevoked
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, app_client, comes_to_wait, next_turn

URL = "/v1/password-resets"
NEW = "an entirely different one"
LINK = re.compile(r"^http://app\.localhost:8080/reset#token=([A-Za-z0-9_-]{24})$", re.MULTILINE)


class Forgetful:
    """Somebody on the platform's host who has forgotten their password."""

    def __init__(
        self, client: httpx.AsyncClient, caller: Caller, runner: TaskRunner, mails: MailServer
    ) -> None:
        self.client = client
        self._caller = caller
        self._runner = runner
        self._mails = mails

    async def ask(self, email: object, address: str | None = None) -> httpx.Response:
        """The answer to the wish for a mail."""
        headers = self._caller.platform(address)
        return await self.client.post(URL, **as_json(headers, {"email": email}))

    async def mails_to(self, email: str) -> list[EmailMessage]:
        """The mails that `email` has got about it, once all that are due were sent."""
        await self._runner.run_due()
        return [mail for mail in self._mails.to(email) if "new password" in str(mail["Subject"])]

    async def link_of(self, email: str) -> str:
        """The token of the link in a new mail."""
        assert (await self.ask(email)).status_code == 202
        return token_in((await self.mails_to(email))[-1])

    async def choose(
        self, token: str, password: str = NEW, address: str | None = None
    ) -> httpx.Response:
        """The answer to a new password with a link."""
        return await self.client.post(
            f"{URL}/confirm",
            json={"token": token, "password": password},
            headers=self._caller.platform(address),
        )


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail."""
    return str(LINK.findall(text_of(mail))[0])


@pytest.fixture
def forgetful(
    client: httpx.AsyncClient, caller: Caller, runner: TaskRunner, mail_server: MailServer
) -> Forgetful:
    """Somebody who has forgotten their password."""
    return Forgetful(client, caller, runner, mail_server)


async def stored(database: Database, email: str) -> int:
    """How many wishes are stored for an address."""
    async with database.system() as session:
        found = await session.execute(
            text("SELECT count(*) FROM password_resets WHERE email_key = :key"), {"key": email}
        )
        return int(found.scalar_one())


class TestAsking:
    async def test_a_tenants_host_does_not_serve_it(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        for headers in (caller.anonymous(member.tenant_id), caller.user(member)):
            answer = await client.post(URL, json={"email": member.email}, headers=headers)
            assert refusal(answer) == (403, "wrong_host")

    async def test_known_and_unknown_addresses_are_one(
        self, forgetful: Forgetful, member: Member, email: str
    ) -> None:
        seen = []
        for address in (email, member.email):
            with statements() as executed:
                answer = await forgetful.ask(address)
            headers = sorted(set(answer.headers) - {"x-request-id"})
            seen.append((answer.status_code, answer.content, headers, executed))
        assert seen[0] == seen[1]
        assert seen[0][:2] == (202, b"")

    async def test_only_an_account_gets_a_mail(
        self, forgetful: Forgetful, member: Member, email: str, mail_server: MailServer
    ) -> None:
        await forgetful.ask(email)
        assert await forgetful.mails_to(email) == []
        await forgetful.ask(member.email.upper())
        (mail,) = await forgetful.mails_to(member.email)
        # To the address as it is stored, however it was written in the request.
        assert mail["To"] == member.email
        assert mail_server.recipients.count(member.email) == len(mail_server.to(member.email))

    async def test_a_look_alike_leads_to_the_address_that_is_stored(
        self, forgetful: Forgetful, begin: Begin, visitor: Visitor, email: str, slug: str
    ) -> None:
        stored = email.replace("ada.", "kim.")
        await visitor.confirm(*await begin(stored, slug))
        # The Kelvin sign is another character that stands for a K.
        await forgetful.ask(stored.replace("kim.", "\u212aim."))
        (mail,) = await forgetful.mails_to(stored)
        assert mail["To"] == stored

    async def test_a_mail_server_that_is_away_changes_nothing(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> None:
        async with app_client(create_app(make_settings(smtp_port=1))) as client:
            answer = await client.post(URL, json={"email": member.email}, headers=caller.platform())
        assert answer.status_code == 202

    @pytest.mark.parametrize(
        "wrong",
        [
            ["{0}"],
            ["{0}", "mallory@example.com"],
            {"email": "{0}"},
            "{0},mallory@example.com",
            "{0}, mallory@example.com",
            "{0};mallory@example.com",
            "{0} mallory@example.com",
            "{0}\nmallory@example.com",
            "{0}\r\nBcc: mallory@example.com",
            "{0}\x00",
            '"{0}"@example.com',
            "<{0}>",
            "Ada <{0}>",
            "ad\u0131@example.com",
            "",
            None,
            True,
            7,
        ],
    )
    async def test_anything_but_one_address_is_refused(
        self, forgetful: Forgetful, member: Member, wrong: Any, mail_server: MailServer
    ) -> None:
        def fill(value: Any) -> Any:
            if isinstance(value, str):
                return value.replace("{0}", member.email)
            if isinstance(value, list):
                return [fill(each) for each in value]
            return {k: fill(v) for k, v in value.items()} if isinstance(value, dict) else value

        before = len(mail_server.received)
        assert refusal(await forgetful.ask(fill(wrong))) == (422, "invalid_request")
        assert await forgetful.mails_to(member.email) == []
        assert len(mail_server.received) == before

    @pytest.mark.parametrize(
        "body",
        [
            '{"email": "%s", "email": "mallory@example.com"}',
            '{"email": "mallory@example.com", "email": "%s"}',
        ],
    )
    async def test_a_member_twice_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, body: str
    ) -> None:
        answer = await client.post(
            URL,
            content=body % member.email,
            headers=caller.platform() | {"content-type": "application/json"},
        )
        assert refusal(answer) == (422, "malformed_json")

    @pytest.mark.parametrize(
        "header", ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "origin"]
    )
    async def test_no_header_leads_the_link_elsewhere(
        self,
        forgetful: Forgetful,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        header: str,
    ) -> None:
        headers = caller.platform() | {header: "host=evil.example"}
        answer = await client.post(URL, json={"email": member.email}, headers=headers)
        assert answer.status_code == 202
        (mail,) = await forgetful.mails_to(member.email)
        assert "evil" not in text_of(mail)
        assert token_in(mail)


class TestMails:
    async def test_a_link_stands_on_a_short_line_of_its_own(
        self, forgetful: Forgetful, member: Member, client: httpx.AsyncClient, caller: Caller
    ) -> None:
        for locale in ("en", "de"):
            await client.patch(
                "/v1/me",
                json={"locale": locale},
                headers=caller.user(member, credential_id=member.user_id),
            )
            await forgetful.ask(member.email)
            (mail,) = [
                each
                for each in await self.about_passwords(forgetful, member)
                if ("Passwort" in text_of(each)) == (locale == "de")
            ]
            (line,) = [each for each in text_of(mail).splitlines() if "://" in each]
            assert LINK.fullmatch(line)
            assert len(line) <= 70
            assert "Ada" not in mail["Subject"]
            assert member.email not in mail["Subject"]
            assert token_in(mail) not in mail["Subject"]

    @staticmethod
    async def about_passwords(forgetful: Forgetful, member: Member) -> list[EmailMessage]:
        await forgetful.mails_to(member.email)
        return [m for m in forgetful._mails.to(member.email) if LINK.search(text_of(m))]

    async def test_asking_often_sends_few_and_their_links_go_on_working(
        self, forgetful: Forgetful, member: Member, clock: Clock
    ) -> None:
        for _ in range(3):
            for _ in range(20):
                # From everywhere: nobody can use up what the owner needs.
                assert (await forgetful.ask(member.email)).status_code == 202
            mails = await forgetful.mails_to(member.email)
            clock.advance(timedelta(minutes=20))
        assert 3 <= len(mails) <= 6
        await forgetful.ask(member.email)
        newest = (await forgetful.mails_to(member.email))[-1]
        assert (await forgetful.choose(token_in(newest))).status_code == 204

    async def test_a_second_mail_leaves_the_first_link_as_it_is(
        self, forgetful: Forgetful, member: Member
    ) -> None:
        first = await forgetful.link_of(member.email)
        second = await forgetful.link_of(member.email)
        assert first != second
        assert (await forgetful.choose(first)).status_code == 204
        assert refusal(await forgetful.choose(second)) == (410, "reset_link_invalid")

    @pytest.mark.usefixtures("new_hour")
    async def test_a_source_has_only_so_many(
        self, make_settings: MakeSettings, caller: Caller, clock: Clock, email: str
    ) -> None:
        settings = make_settings(password_resets_per_source_hour=3)
        source = new_address()
        async with app_client(create_app(settings)) as client:

            async def ask(n: int, address: str) -> int:
                answer = await client.post(
                    URL, json={"email": f"{n}.{email}"}, headers=caller.platform(address)
                )
                return answer.status_code

            assert [await ask(n, source) for n in range(5)] == [202, 202, 202, 429, 429]
            assert await ask(5, new_address()) == 202
            clock.advance(timedelta(hours=2))
            assert await ask(6, source) == 202


class TestChoosing:
    async def test_the_new_password_works_and_the_old_one_does_not(
        self, forgetful: Forgetful, member: Member, browser: OpenBrowser
    ) -> None:
        answer = await forgetful.choose(await forgetful.link_of(member.email))
        assert (answer.status_code, answer.content) == (204, b"")
        # No session: whoever has the link still has to log in.
        assert "set-cookie" not in answer.headers
        assert refusal(await browser(member).log_in(member.email)) == (401, "invalid_credentials")
        assert (await browser(member).log_in(member.email, NEW)).status_code == 201

    async def test_all_sessions_end_everywhere_and_keys_stay(
        self,
        forgetful: Forgetful,
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
        theirs = [browser(member), browser(elsewhere)]
        for each in theirs:
            await each.log_in(member.email)
        strangers = browser(elsewhere)
        await strangers.log_in(elsewhere.email)
        made = await theirs[0].request("POST", "/v1/api-keys", json={"name": "importer"})
        await forgetful.choose(await forgetful.link_of(member.email))
        assert [await each.look_up() for each in theirs] == [None, None]
        assert await strangers.look_up() is not None
        for tenant in (member, elsewhere):
            told = [e for e in await events(tenant.tenant_id) if isinstance(e, SessionRevoked)]
            assert [e.user_id for e in told] == [member.user_id]
            assert told[0].actor == f"user:{member.user_id}"
        key = await client.post(
            "/internal/credentials",
            json={"type": "api_key", "value": made.json()["key"]},
            headers=caller.service("gateway", member.tenant_id),
        )
        assert key.status_code == 200

    async def test_it_is_an_event_and_a_note(
        self, forgetful: Forgetful, member: Member, events: Events, mail_server: MailServer
    ) -> None:
        await forgetful.choose(await forgetful.link_of(member.email))
        (told,) = [e for e in await events(member.user_id) if isinstance(e, PasswordChanged)]
        assert (told.means, told.actor) == ("reset", f"user:{member.user_id}")
        await forgetful.mails_to(member.email)
        note = mail_server.to(member.email)[-1]
        assert note["Subject"] == "Your StagifyAI password was changed"
        assert "http://app.localhost:8080/reset\n" in text_of(note)

    async def test_a_link_works_once(self, forgetful: Forgetful, member: Member) -> None:
        token = await forgetful.link_of(member.email)
        assert (await forgetful.choose(token)).status_code == 204
        again = await forgetful.choose(token, "yet another password")
        assert refusal(again) == (410, "reset_link_invalid")

    async def test_a_mail_scanner_uses_up_no_link(
        self, forgetful: Forgetful, caller: Caller, member: Member
    ) -> None:
        """It opens what a mail leads to, and whatever the page there would call, as often as it likes."""
        token = await forgetful.link_of(member.email)
        for path in (URL, f"{URL}/confirm", f"{URL}/{token}", f"/reset?token={token}"):
            for method in ("GET", "HEAD"):
                for _ in range(5):
                    answer = await forgetful.client.request(
                        method, path, headers=caller.platform(), params={"token": token}
                    )
                    assert answer.status_code in (404, 405)
                    assert not answer.headers.get_list("set-cookie")
        assert (await forgetful.choose(token)).status_code == 204

    async def test_what_a_page_was_left_with_is_no_token(
        self, forgetful: Forgetful, caller: Caller, member: Member, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The secret stands in the fragment, which no browser sends; if one did, it would be worth nothing in
        a header, and would not be kept."""
        token = await forgetful.link_of(member.email)
        link = f"http://app.localhost:8080/reset#token={token}"
        caplog.set_level("DEBUG")
        answer = await forgetful.client.post(
            f"{URL}/confirm",
            json={"token": "x" * 24, "password": NEW},
            headers=caller.platform() | {"referer": link, "cookie": f"token={token}"},
        )
        assert refusal(answer) == (410, "reset_link_invalid")
        assert token not in answer.text + caplog.text
        assert (await forgetful.choose(token)).status_code == 204

    async def test_a_link_ends_after_half_an_hour(
        self, forgetful: Forgetful, member: Member, clock: Clock
    ) -> None:
        token = await forgetful.link_of(member.email)
        clock.advance(timedelta(minutes=30))
        assert refusal(await forgetful.choose(token)) == (410, "reset_link_invalid")

    async def test_a_refused_password_leaves_the_link_as_it_is(
        self, forgetful: Forgetful, member: Member
    ) -> None:
        token = await forgetful.link_of(member.email)
        for password, code in (("12345678", "weak_password"), ("short", "invalid_request")):
            assert refusal(await forgetful.choose(token, password)) == (422, code)
        assert refusal(await forgetful.choose(token, member.email)) == (422, "weak_password")
        assert (await forgetful.choose(token)).status_code == 204

    @pytest.mark.parametrize("token", ["x", "A" * 24, "A" * 256, "\u00fc", "' OR true --"])
    async def test_a_wrong_link_is_worth_nothing(
        self, forgetful: Forgetful, member: Member, token: str
    ) -> None:
        await forgetful.link_of(member.email)
        assert refusal(await forgetful.choose(token)) == (410, "reset_link_invalid")

    async def test_without_a_mail_no_link_works(
        self, forgetful: Forgetful, member: Member, database: Database
    ) -> None:
        await forgetful.ask(member.email)
        async with database.system() as session:
            found = await session.execute(
                text("SELECT id, token_hash FROM password_resets WHERE email_key = :key"),
                {"key": member.email},
            )
            ((reset_id, token_hash),) = found.all()
        assert token_hash is None
        assert refusal(await forgetful.choose(str(reset_id))) == (410, "reset_link_invalid")

    async def test_one_whose_mail_was_not_sent_yet_ends_too(
        self, forgetful: Forgetful, member: Member, database: Database
    ) -> None:
        token = await forgetful.link_of(member.email)
        await forgetful.ask(member.email)
        await forgetful.choose(token)
        assert await stored(database, member.email) == 0
        assert len(await forgetful.mails_to(member.email)) == 1

    @pytest.mark.usefixtures("new_hour")
    async def test_wrong_links_are_limited_by_source(
        self, make_settings: MakeSettings, caller: Caller
    ) -> None:
        source, codes = new_address(), []
        async with app_client(
            create_app(make_settings(password_resets_per_source_hour=1))
        ) as client:
            for address in (*[source] * 7, new_address()):
                answer = await client.post(
                    f"{URL}/confirm",
                    json={"token": "A" * 24, "password": NEW},
                    headers=caller.platform(address),
                )
                codes.append(answer.status_code)
        assert codes == [410] * 5 + [429] * 2 + [410]

    async def test_tokens_are_not_stored(
        self, forgetful: Forgetful, member: Member, database: Database
    ) -> None:
        token = await forgetful.link_of(member.email)
        async with database.system() as session:
            found = await session.execute(text("SELECT r::text FROM password_resets r"))
            assert token not in "\n".join(found.scalars())


class TestRaces:
    async def test_of_two_who_use_a_link_one_is_late(
        self,
        forgetful: Forgetful,
        member: Member,
        parts: Parts,
        browser: OpenBrowser,
        events: Events,
    ) -> None:
        token = await forgetful.link_of(member.email)
        passwords = ["the first of two", "the second of two"]
        async with parts.person_database.person(member.user_id) as session:
            await session.execute(
                text("SELECT 1 FROM users WHERE id = :id FOR UPDATE"), {"id": member.user_id}
            )
            both = [asyncio.create_task(forgetful.choose(token, each)) for each in passwords]
            # Both have a valid link and have hashed their password.
            assert await comes_to_wait(parts.person_database, both[0])
        answers = [await each for each in both]
        assert sorted(each.status_code for each in answers) == [204, 410]
        (winner,) = [
            password
            for password, answer in zip(passwords, answers, strict=True)
            if answer.status_code == 204
        ]
        for password in (*passwords, PASSWORD):
            code = (await browser(member).log_in(member.email, password)).status_code
            assert code == (201 if password == winner else 401)
        told = [e for e in await events(member.user_id) if isinstance(e, PasswordChanged)]
        assert len(told) == 1

    async def test_of_two_links_of_one_person_one_is_late(
        self, forgetful: Forgetful, member: Member
    ) -> None:
        links = [await forgetful.link_of(member.email) for _ in range(2)]
        answers = await asyncio.gather(*(forgetful.choose(each) for each in links))
        assert sorted(each.status_code for each in answers) == [204, 410]

    @pytest.fixture
    async def slow(
        self, make_settings: MakeSettings, caller: Caller, member: Member
    ) -> AsyncIterator[tuple[Browser, asyncio.Event, asyncio.Event]]:
        """A browser whose next log-in stops after its password was found right, until it may go on."""
        app = create_app(make_settings())
        checked, may_go_on = asyncio.Event(), asyncio.Event()
        async with app_client(app) as client:
            passwords = app.state.parts.passwords
            verify = passwords.verify

            async def stop(*args: Any) -> bool:
                right: bool = await verify(*args)
                checked.set()
                await may_go_on.wait()
                return right

            passwords.verify = stop
            yield Browser(client, caller, member.tenant_id), checked, may_go_on

    async def test_a_log_in_under_way_does_not_survive(
        self,
        forgetful: Forgetful,
        member: Member,
        slow: tuple[Browser, asyncio.Event, asyncio.Event],
        database: Database,
    ) -> None:
        token = await forgetful.link_of(member.email)
        browser, checked, may_go_on = slow
        old = asyncio.create_task(browser.log_in(member.email))
        await checked.wait()
        assert (await forgetful.choose(token)).status_code == 204
        may_go_on.set()
        assert refusal(await old) == (401, "invalid_credentials")
        assert await browser.look_up() is None
        async with database.tenant(member.tenant_id) as session:
            left = await session.execute(text("SELECT count(*) FROM sessions"))
            assert left.scalar_one() == 0

    async def test_a_log_in_that_opens_its_session_meanwhile_ends_with_the_others(
        self, forgetful: Forgetful, member: Member, database: Database, browser: OpenBrowser
    ) -> None:
        token = await forgetful.link_of(member.email)
        first = browser(member)
        await first.log_in(member.email)
        async with database.tenant(member.tenant_id) as session:
            # As a log-in does, whose session is not committed yet.
            await session.execute(
                text("SELECT 1 FROM users WHERE id = :id FOR SHARE"), {"id": member.user_id}
            )
            await session.execute(
                text(
                    "INSERT INTO sessions (tenant_id, id, user_id, token_hash, created_at,"
                    " last_seen_at, expires_at) SELECT tenant_id, gen_random_uuid(), user_id, 'x',"
                    " created_at, last_seen_at, expires_at FROM sessions"
                )
            )
            change = asyncio.create_task(forgetful.choose(token))
            assert await comes_to_wait_somewhere(database, change)
        assert (await change).status_code == 204
        async with database.tenant(member.tenant_id) as session:
            left = await session.execute(text("SELECT count(*) FROM sessions"))
            assert left.scalar_one() == 0

    async def test_a_newer_hash_of_the_old_password_does_not_bring_it_back(
        self,
        forgetful: Forgetful,
        member: Member,
        make_settings: MakeSettings,
        caller: Caller,
        browser: OpenBrowser,
    ) -> None:
        token = await forgetful.link_of(member.email)
        app = create_app(make_settings(argon2_memory_kib=64))
        async with app_client(app) as client:
            passwords = app.state.parts.passwords
            make = passwords.hash

            async def change_and_hash(*args: Any) -> str:
                assert (await forgetful.choose(token)).status_code == 204
                made: str = await make(*args)
                return made

            passwords.hash = change_and_hash
            answer = await Browser(client, caller, member.tenant_id).log_in(member.email)
        assert refusal(answer) == (401, "invalid_credentials")
        assert (await browser(member).log_in(member.email)).status_code == 401
        assert (await browser(member).log_in(member.email, NEW)).status_code == 201


async def comes_to_wait_somewhere(database: Database, work: "asyncio.Task[Any]") -> bool:
    """Whether `work` waits for a lock of another role's transaction: `pg_locks` shows all of them."""
    for _ in range(2_000):
        if work.done():
            return False
        async with database.tenant_connection(None) as connection:
            if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                return True
        await next_turn()
    return False


async def test_wishes_that_are_over_are_deleted(
    forgetful: Forgetful, email: str, parts: Parts, database: Database, clock: Clock
) -> None:
    await forgetful.ask(email)
    await upkeep(parts, Turn())
    assert await stored(database, email) == 1
    clock.advance(timedelta(minutes=31))
    await upkeep(parts, Turn())
    assert await stored(database, email) == 0

"""Sign-up over HTTP, with real mail."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_testing import (
    PASSWORD,
    Caller,
    Events,
    MailServer,
    MakeSettings,
    Member,
    TenantService,
    as_json,
    signup_body,
)
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import MemberJoined, UserRegistered
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner
from stagify.testing import app_client

URL = "/v1/signup"


async def ask(client: httpx.AsyncClient, caller: Caller, email: str, slug: str) -> str:
    """The id of a new sign-up."""
    answer = await client.post(URL, json=signup_body(email, slug), headers=caller.platform())
    assert answer.status_code == 202, answer.text
    signup_id: str = answer.json()["id"]
    return signup_id


async def confirm(
    client: httpx.AsyncClient, caller: Caller, signup_id: str, code: str, password: str = PASSWORD
) -> httpx.Response:
    """The answer to a confirmation."""
    return await client.post(
        f"{URL}/{signup_id}/confirm",
        json={"code": code, "password": password},
        headers=caller.platform(),
    )


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def expire(database: Database, signup_id: str) -> None:
    """Make a sign-up expire."""
    async with database.system() as session:
        await session.execute(
            text("UPDATE signups SET expires_at = :past WHERE id = :id"),
            {"past": utc_now() - timedelta(seconds=1), "id": signup_id},
        )


class TestSignUp:
    async def test_without_context_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(URL, json=signup_body("a@example.com", "acme"))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_context")

    async def test_tenant_host_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        body = signup_body("a@example.com", "acme")
        for headers in (caller.anonymous(member.tenant_id), caller.user(member)):
            answer = await client.post(URL, json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "wrong_host")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "not an address"),
            ("email", "a" * 250 + "@example.com"),
            ("email", "ädä@example.com"),
            ("name", ""),
            ("name", "Ada\r\nBcc: x@example.com"),
            ("tenant", {"type": "club", "name": "Acme", "slug": "acme"}),
            ("tenant", {"type": "individual", "name": "Acme"}),
            ("tenant", {"type": "individual", "name": "Acme", "slug": "ac\x00me"}),
            ("tenant", {"type": "individual", "name": "Acme", "slug": "ac\ud800me"}),
            ("name", "Ada\ud800"),
            ("plan", "enterprise"),
        ],
    )
    async def test_malformed_input_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, field: str, value: object
    ) -> None:
        body = {**signup_body("a@example.com", "acme"), field: value}
        answer = await client.post(URL, **as_json(caller.platform(), body))
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            ((409, "slug_taken"), 409),
            ((422, "slug_reserved"), 422),
            ((422, "slug_invalid"), 422),
        ],
    )
    async def test_refused_slug_is_passed_on(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        tenant_service: TenantService,
        email: str,
        slug: str,
        refusal: tuple[int, str],
        status: int,
    ) -> None:
        tenant_service.refusal = refusal
        answer = await client.post(URL, json=signup_body(email, slug), headers=caller.platform())
        assert (answer.status_code, answer.json()["code"]) == (status, refusal[1])

    @pytest.mark.parametrize("refusal", [(500, "internal_error"), (403, "permission_denied")])
    async def test_tenant_svc_in_trouble_is_503(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        tenant_service: TenantService,
        email: str,
        slug: str,
        refusal: tuple[int, str],
    ) -> None:
        tenant_service.refusal = refusal
        answer = await client.post(URL, json=signup_body(email, slug), headers=caller.platform())
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0

    async def test_code_arrives_by_mail(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        await ask(client, caller, email, slug)
        await runner.run_due()
        (mail,) = mail_server.to(email)
        assert mail["Subject"] == f"{mail_server.code(email)} is your StagifyAI code"
        assert slug in str(mail.get_payload())
        # What a visitor types freely is never mailed to an address that is not confirmed.
        assert "Ada" not in mail.as_string()
        assert "Acme" not in mail.as_string()

    async def test_known_address_gets_the_same_answer_and_another_mail(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        member: Member,
        email: str,
    ) -> None:
        unknown, known = [
            await client.post(
                URL,
                json=signup_body(address, f"acme-{uuid4().hex[:12]}"),
                headers=caller.platform(),
            )
            for address in (email, member.email.upper())
        ]
        assert known.status_code == unknown.status_code == 202
        assert known.json().keys() == unknown.json().keys()
        assert known.headers.keys() == unknown.headers.keys()
        await runner.run_due()
        mails = mail_server.to(member.email)[1:]
        assert [mail["Subject"] for mail in mails] == ["You already have a StagifyAI account"]
        assert "code" not in str(mails[0].get_payload()).lower()

    async def test_known_address_fails_to_confirm_like_an_unknown_one(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        member: Member,
        email: str,
    ) -> None:
        unknown = await ask(client, caller, email, f"acme-{uuid4().hex[:12]}")
        known = await ask(client, caller, member.email, f"acme-{uuid4().hex[:12]}")
        await runner.run_due()
        guess = wrong(mail_server.code(email))
        for _ in range(6):
            answers = [await confirm(client, caller, id_, guess) for id_ in (unknown, known)]
            codes = {(answer.status_code, answer.json()["code"]) for answer in answers}
            assert len(codes) == 1
        assert codes == {(410, "code_exhausted")}

    async def test_asking_again_kills_the_old_code(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        first = await ask(client, caller, email, slug)
        await runner.run_due()
        old = mail_server.code(email)
        second = await ask(client, caller, email.upper(), slug)
        assert second == first
        assert (await confirm(client, caller, first, old)).json()["code"] == "invalid_code"
        await runner.run_due()
        code = mail_server.code(email)
        assert (await confirm(client, caller, first, code)).status_code == 201

    async def test_parallel_requests_are_one_sign_up(
        self, client: httpx.AsyncClient, caller: Caller, email: str, slug: str
    ) -> None:
        ids = await asyncio.gather(*(ask(client, caller, email, slug) for _ in range(8)))
        assert len(set(ids)) == 1

    async def test_slug_held_by_another_address_is_taken(
        self, client: httpx.AsyncClient, caller: Caller, email: str, slug: str
    ) -> None:
        await ask(client, caller, email, slug)
        answer = await client.post(
            URL, json=signup_body(f"x.{email}", slug), headers=caller.platform()
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")

    async def test_too_many_mails_to_one_address_are_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member, email: str, slug: str
    ) -> None:
        # Known or not, the eleventh within the hour is one too many. The fixture has used one.
        answers = {}
        for address, first in ((email, 0), (member.email, 1)):
            statuses = [
                (
                    await client.post(
                        URL, json=signup_body(address, f"{slug}-{first}"), headers=caller.platform()
                    )
                )
                for _ in range(first, 11)
            ]
            assert [answer.status_code for answer in statuses[:-1]] == [202] * (10 - first)
            answers[address] = statuses[-1]
        for answer in answers.values():
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
            assert 0 < int(answer.headers["retry-after"]) <= 7200

    async def test_sign_ups_of_all_addresses_are_limited(
        self, make_settings: MakeSettings, caller: Caller, email: str, slug: str
    ) -> None:
        async with app_client(create_app(make_settings(signups_per_hour=1))) as client:
            statuses = [
                (
                    await client.post(
                        URL, json=signup_body(f"{n}.{email}", slug), headers=caller.platform()
                    )
                ).status_code
                for n in range(2)
            ]
        assert statuses[-1] == 429


class TestConfirm:
    async def test_tenant_host_is_refused(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await client.post(
            f"{URL}/{member.signup_id}/confirm",
            json={"code": member.code, "password": PASSWORD},
            headers=caller.anonymous(member.tenant_id),
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_host")

    async def test_unknown_sign_up_is_404(self, client: httpx.AsyncClient, caller: Caller) -> None:
        answer = await confirm(client, caller, str(new_id()), "123456")
        assert (answer.status_code, answer.json()["code"]) == (404, "signup_not_found")

    async def test_no_code_is_right_before_the_mail_is_sent(
        self, client: httpx.AsyncClient, caller: Caller, email: str, slug: str
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        answer = await confirm(client, caller, signup_id, "000000")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")

    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("short", "invalid_request"),
            ("ü" * 513, "invalid_request"),
            ("Password123", "weak_password"),
            ("aaaaaaaaaaaa", "weak_password"),
            ("{email}", "weak_password"),
        ],
    )
    async def test_bad_password_is_refused_and_costs_no_try(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
        password: str,
        code: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        right = mail_server.code(email)
        for _ in range(6):
            answer = await confirm(client, caller, signup_id, right, password.format(email=email))
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert (await confirm(client, caller, signup_id, right)).status_code == 201

    async def test_expired_sign_up_is_gone(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        database: Database,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        await expire(database, signup_id)
        answer = await confirm(client, caller, signup_id, mail_server.code(email))
        assert (answer.status_code, answer.json()["code"]) == (410, "signup_expired")

    async def test_account_tenant_and_events_come_together(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        tenant_service: TenantService,
        events: Events,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        answer = await confirm(client, caller, signup_id, mail_server.code(email))
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        user, tenant = answer.json()["user"], answer.json()["tenant"]
        assert user == {"id": user["id"], "email": email, "name": "Ada Lovelace"}
        assert tenant == tenant_service.tenants[tenant["id"]]
        assert tenant["slug"] == slug
        joined = [event for event in await events(tenant["id"]) if isinstance(event, MemberJoined)]
        assert [(str(event.user_id), event.role) for event in joined] == [(user["id"], "owner")]
        registered = await events(user["id"])
        assert [type(event) for event in registered].count(UserRegistered) == 1
        # The caller, who had the code, is the actor as the new person, also at tenant-svc.
        person = f"user:{user['id']}"
        assert {event.actor for event in (*joined, *registered)} == {person}
        assert tenant_service.actors[tenant["id"]] == person

    async def test_five_wrong_codes_end_it(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        right = mail_server.code(email)
        for _ in range(5):
            answer = await confirm(client, caller, signup_id, wrong(right))
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")
        answer = await confirm(client, caller, signup_id, right)
        assert (answer.status_code, answer.json()["code"]) == (410, "code_exhausted")

    async def test_parallel_guesses_get_five_tries(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        guess = wrong(mail_server.code(email))
        answers = await asyncio.gather(
            *(confirm(client, caller, signup_id, guess) for _ in range(50))
        )
        codes = Counter(answer.json()["code"] for answer in answers)
        assert codes == {"invalid_code": 5, "code_exhausted": 45}

    async def test_parallel_confirmations_make_one_account(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        tenant_service: TenantService,
        events: Events,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        code = mail_server.code(email)
        answers = await asyncio.gather(
            *(confirm(client, caller, signup_id, code) for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [201] * 5
        assert len({answer.text for answer in answers}) == 1
        assert len(tenant_service.tenants) == 1
        assert len(await events(answers[0].json()["user"]["id"])) == 2

    async def test_repeating_answers_the_same(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        member: Member,
        tenant_service: TenantService,
    ) -> None:
        # Even with tenant-svc away: the answer is kept.
        tenant_service.refusal = (500, "internal_error")
        answer = await confirm(client, caller, member.signup_id, member.code)
        assert answer.status_code == 201
        assert answer.json()["tenant"]["id"] == str(member.tenant_id)

    async def test_repeating_with_another_password_is_a_conflict(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await confirm(client, caller, member.signup_id, member.code, "another password")
        assert (answer.status_code, answer.json()["code"]) == (409, "already_confirmed")

    async def test_repeating_with_a_wrong_code_shows_nothing(
        self, client: httpx.AsyncClient, caller: Caller, member: Member
    ) -> None:
        answer = await confirm(client, caller, member.signup_id, wrong(member.code))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")

    async def test_tenant_svc_away_leaves_nothing_half_done(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        tenant_service: TenantService,
        email: str,
        slug: str,
    ) -> None:
        signup_id = await ask(client, caller, email, slug)
        await runner.run_due()
        code = mail_server.code(email)
        tenant_service.refusal = (500, "internal_error")
        for _ in range(6):
            answer = await confirm(client, caller, signup_id, code)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        tenant_service.refusal = None
        asked_before = {path for _, path in tenant_service.calls if "/tenants/" in path}
        answer = await confirm(client, caller, signup_id, code)
        assert answer.status_code == 201
        # It went on with the same id as before.
        assert asked_before == {f"/internal/tenants/{answer.json()['tenant']['id']}"}

    async def test_second_tenant_of_one_address_is_refused(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        tenant_service: TenantService,
        email: str,
        slug: str,
    ) -> None:
        codes = {}
        for name in (f"{slug}-a", f"{slug}-b"):
            signup_id = await ask(client, caller, email, name)
            await runner.run_due()
            codes[signup_id] = mail_server.code(email)
        first, second = codes.items()
        assert (await confirm(client, caller, *first)).status_code == 201
        answer = await confirm(client, caller, *second)
        assert (answer.status_code, answer.json()["code"]) == (409, "account_exists")
        assert len(tenant_service.tenants) == 1

    async def test_two_sign_ups_of_one_address_at_once_make_one_account(
        self,
        client: httpx.AsyncClient,
        caller: Caller,
        runner: TaskRunner,
        mail_server: MailServer,
        email: str,
        slug: str,
    ) -> None:
        codes = {}
        for name in (f"{slug}-a", f"{slug}-b"):
            signup_id = await ask(client, caller, email, name)
            await runner.run_due()
            codes[signup_id] = mail_server.code(email)
        answers = await asyncio.gather(
            *(confirm(client, caller, id_, code) for id_, code in codes.items())
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]

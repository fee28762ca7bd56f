"""Asking for a sign-up: what is refused, and what comes by mail."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.signup import limits
from identity_testing import (
    Caller,
    MailServer,
    MakeSettings,
    Member,
    TenantService,
    Visitor,
    as_json,
    new_address,
    refusal,
    signup_body,
    text_of,
)
from stagify.database import Database
from stagify.tasks.runner import TaskRunner
from stagify.testing import app_client

URL = "/v1/signup"


async def test_without_context_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json=signup_body("a@example.com", "acme"))
    assert refusal(answer) == (401, "invalid_context")


async def test_tenant_host_is_refused(
    client: httpx.AsyncClient, caller: Caller, member: Member
) -> None:
    body = signup_body("a@example.com", "acme")
    for headers in (caller.anonymous(member.tenant_id), caller.user(member)):
        answer = await client.post(URL, json=body, headers=headers)
        assert refusal(answer) == (403, "wrong_host")


async def test_refusal_says_what_is_wrong_in_our_words(visitor: Visitor) -> None:
    answer = await visitor.request("a@example.com", "acme", name="Ada\x00")
    assert [(each["field"], each["message"]) for each in answer.json()["errors"]] == [
        ("body.name", "must not contain control characters")
    ]


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
    client: httpx.AsyncClient, caller: Caller, field: str, value: object
) -> None:
    body = {**signup_body("a@example.com", "acme"), field: value}
    answer = await client.post(URL, **as_json(caller.platform(), body))
    assert refusal(answer) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        ((409, "slug_taken"), 409),
        ((422, "slug_reserved"), 422),
        ((422, "slug_invalid"), 422),
    ],
)
async def test_refused_slug_is_passed_on(
    visitor: Visitor,
    tenant_service: TenantService,
    email: str,
    slug: str,
    trouble: tuple[int, str],
    status: int,
) -> None:
    tenant_service.refusal, tenant_service.suggestion = trouble, f"{slug}-2"
    answer = await visitor.request(email, slug)
    assert refusal(answer) == (status, trouble[1])
    assert answer.json()["suggestion"] == f"{slug}-2"


@pytest.mark.parametrize("trouble", [(500, "internal_error"), (403, "permission_denied")])
async def test_tenant_svc_in_trouble_is_503(
    visitor: Visitor, tenant_service: TenantService, email: str, slug: str, trouble: tuple[int, str]
) -> None:
    tenant_service.refusal = trouble
    answer = await visitor.request(email, slug)
    assert refusal(answer) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_code_arrives_by_mail(
    visitor: Visitor, runner: TaskRunner, mail_server: MailServer, email: str, slug: str
) -> None:
    await visitor.ask(email, slug)
    await runner.run_due()
    (mail,) = mail_server.to(email)
    assert mail["Subject"] == f"{mail_server.code(email)} is your StagifyAI code"
    assert slug in text_of(mail)
    # What a visitor types freely is never mailed to an address that is not confirmed.
    assert "Ada" not in mail.as_string()
    assert "Acme" not in mail.as_string()


async def test_each_request_is_a_sign_up_of_its_own(
    visitor: Visitor, email: str, slug: str
) -> None:
    ids = await asyncio.gather(*(visitor.ask(email, slug) for _ in range(8)))
    assert len(set(ids)) == 8


async def test_slug_that_others_asked_for_may_be_asked_for(
    visitor: Visitor, email: str, slug: str
) -> None:
    # Also after a mistyped address, or somebody who only wanted to be in the way.
    for address in (f"mistyped.{email}", email):
        assert (await visitor.request(address, slug)).status_code == 202


@pytest.mark.usefixtures("new_hour")
async def test_too_many_mails_to_one_address_are_refused(
    client: httpx.AsyncClient, caller: Caller, member: Member, email: str, slug: str
) -> None:
    # Known or not, the sixth from one source within the hour is one too many.
    visitor, answers = Visitor(client, caller, new_address()), []
    for address in (email, member.email):
        accepted = [await visitor.request(address, slug) for _ in range(5)]
        assert [answer.status_code for answer in accepted] == [202] * 5
        answers.append(await visitor.request(address, slug))
    for answer in answers:
        assert refusal(answer) == (429, "too_many_attempts")
        assert 0 < int(answer.headers["retry-after"]) <= 7200
    # Whoever else has that address may still sign up.
    assert (await Visitor(client, caller).request(email, slug)).status_code == 202


@pytest.mark.usefixtures("new_hour")
async def test_spellings_of_one_mailbox_get_no_more_mails(
    client: httpx.AsyncClient, caller: Caller, slug: str
) -> None:
    visitor, name = Visitor(client, caller, new_address()), uuid4().hex
    spellings = [
        f"{name}@bücher.example",
        f"{name}+a@bücher.example",
        f"{name}+b@xn--bcher-kva.example",
    ]
    spellings += [f"{name.upper()}@BÜCHER.example", f"{name[:3]}.{name[3:]}@xn--bcher-kva.example"]
    for spelling in spellings:
        assert (await visitor.request(spelling, slug)).status_code == 202
    answer = await visitor.request(f"{name}+c@bücher.example", slug)
    assert refusal(answer) == (429, "too_many_attempts")


@pytest.mark.usefixtures("new_hour")
async def test_mailbox_gets_only_so_many_mails_from_everywhere(
    visitor: Visitor, email: str, slug: str
) -> None:
    answers = [await visitor.request(email, slug) for _ in range(limits.MAILS_PER_HOUR + 1)]
    assert [answer.status_code for answer in answers] == [202] * limits.MAILS_PER_HOUR + [429]


async def test_refused_slug_uses_up_no_mails(
    client: httpx.AsyncClient, caller: Caller, tenant_service: TenantService, email: str, slug: str
) -> None:
    visitor = Visitor(client, caller, new_address())
    tenant_service.refusal = (409, "slug_taken")
    for _ in range(8):
        assert refusal(await visitor.request(email, slug)) == (409, "slug_taken")
    tenant_service.refusal = None
    assert (await visitor.request(email, slug)).status_code == 202


@pytest.mark.usefixtures("new_hour")
async def test_source_is_limited_and_others_are_not(
    caller: Caller, make_settings: MakeSettings, email: str, slug: str
) -> None:
    app = create_app(make_settings(signups_per_source_hour=3))
    network = new_address().rpartition(":")[0]
    async with app_client(app) as client:
        # The addresses of one IPv6 line are one source.
        visitors = [Visitor(client, caller, f"{network}:{n:x}") for n in range(5)]
        answers = [
            await visitor.request(f"{n}.{email}", slug) for n, visitor in enumerate(visitors)
        ]
        elsewhere = await Visitor(client, caller).request(email, slug)
    assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 2
    assert refusal(answers[-1]) == (429, "too_many_attempts")
    assert elsewhere.status_code == 202


@pytest.mark.usefixtures("new_hour")
async def test_one_source_cannot_use_up_everybodys_sign_ups(
    caller: Caller, make_settings: MakeSettings, email: str, slug: str, database: Database
) -> None:
    # Nothing counts that other tests have asked for, some of them in hours to come.
    async with database.system() as session:
        await session.execute(text("DELETE FROM throttles"))
    settings = make_settings(signups_per_hour=20, signups_per_source_hour=1_000)
    async with app_client(create_app(settings)) as client:
        greedy = Visitor(client, caller, new_address())
        answers = [await greedy.request(f"{n}.{email}", slug) for n in range(40)]
        assert answers[-1].status_code == 429
        answer = await Visitor(client, caller).request(email, slug)
    assert answer.status_code == 202


@pytest.mark.usefixtures("new_hour")
async def test_sign_ups_of_all_addresses_are_limited(
    caller: Caller, make_settings: MakeSettings, email: str, slug: str
) -> None:
    async with app_client(create_app(make_settings(signups_per_hour=1))) as client:
        visitor = Visitor(client, caller)
        answers = [await visitor.request(f"{n}.{email}", slug) for n in range(2)]
    assert answers[-1].status_code == 429

"""One address has one account, and a sign-up does not show which addresses have one."""

import asyncio
from uuid import uuid4

from identity_testing import (
    Begin,
    Events,
    MailServer,
    Member,
    TenantService,
    Visitor,
    refusal,
    wrong,
)
from stagify.events.identity import MemberJoined, UserRegistered
from stagify.tasks.runner import TaskRunner
from traveller_testing import Traveller


async def test_known_address_gets_the_same_answer_and_another_mail(
    visitor: Visitor, runner: TaskRunner, mail_server: MailServer, member: Member, email: str
) -> None:
    unknown, known = [
        await visitor.request(address, f"acme-{uuid4().hex[:12]}")
        for address in (email, member.email.upper())
    ]
    assert known.status_code == unknown.status_code == 202
    assert known.json().keys() == unknown.json().keys()
    assert known.headers.keys() == unknown.headers.keys()
    await runner.run_due()
    # Only who reads the mails learns of the account.
    for address, has_account in ((email, False), (member.email, True)):
        mail = mail_server.to(address)[-1]
        assert mail["Subject"] == f"{mail_server.code(address)} is your StagifyAI code"
        text = mail.as_string()
        assert ("a StagifyAI account already" in text) == has_account


async def test_known_address_fails_to_confirm_like_an_unknown_one(
    visitor: Visitor, runner: TaskRunner, mail_server: MailServer, member: Member, email: str
) -> None:
    unknown = await visitor.ask(email, f"acme-{uuid4().hex[:12]}")
    known = await visitor.ask(member.email, f"acme-{uuid4().hex[:12]}")
    await runner.run_due()
    guess = wrong(mail_server.code(email))
    for _ in range(6):
        answers = [await visitor.confirm(id_, guess) for id_ in (unknown, known)]
        codes = {refusal(answer) for answer in answers}
        assert len(codes) == 1
    assert codes == {(410, "code_exhausted")}


async def test_person_opens_a_second_workspace_with_their_password(
    visitor: Visitor,
    begin: Begin,
    member: Member,
    traveller: Traveller,
    tenant_service: TenantService,
    events: Events,
    slug: str,
) -> None:
    begun = await begin(member.email.upper(), slug)
    # Not even a new password that would be refused tells more.
    for password in ("another password", "aaaaaaaaaaaa"):
        answer = await visitor.confirm(*begun, password)
        assert refusal(answer) == (409, "account_exists")
        assert "set-cookie" not in answer.headers
    assert len(tenant_service.tenants) == 1
    answer = await visitor.confirm(*begun)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["user"]["id"] == str(member.user_id)
    assert (await visitor.confirm(*begun)).json() == body
    tenant = tenant_service.tenants[body["tenant"]["id"]]
    assert (tenant["slug"], tenant_service.actors[tenant["id"]]) == (slug, f"user:{member.user_id}")
    joined = [each for each in await events(tenant["id"]) if isinstance(each, MemberJoined)]
    assert [(each.user_id, each.role) for each in joined] == [(member.user_id, "owner")]
    registered = [each for each in await events(member.user_id) if isinstance(each, UserRegistered)]
    assert len(registered) == 1
    # The old password still opens the account, and both workspaces are in it.
    await traveller.log_in(member)
    listed = (await traveller.call("GET", "/v1/me/tenants", None)).json()["items"]
    assert sorted((each["slug"], each["role"]) for each in listed) == sorted(
        [(member.slug, "owner"), (slug, "owner")]
    )


async def test_password_of_an_account_is_guessed_no_more_than_the_code_allows(
    visitor: Visitor, begin: Begin, member: Member, slug: str
) -> None:
    begun = await begin(member.email, slug)
    answers = [await visitor.confirm(*begun, f"not the password {n}") for n in range(21)]
    assert [refusal(each) for each in answers[:20]] == [(409, "account_exists")] * 20
    assert refusal(answers[20]) == (410, "code_exhausted")
    assert refusal(await visitor.confirm(*begun)) == (410, "code_exhausted")


async def test_address_that_got_an_account_meanwhile_goes_on_with_its_password(
    visitor: Visitor, begin: Begin, tenant_service: TenantService, email: str, slug: str
) -> None:
    first, second = [await begin(email, name) for name in (f"{slug}-a", f"{slug}-b")]
    one, two = [await visitor.confirm(*each) for each in (first, second)]
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["user"] == two.json()["user"]
    assert len(tenant_service.tenants) == 2


async def test_two_sign_ups_of_one_address_at_once_make_one_account(
    visitor: Visitor, begin: Begin, email: str, slug: str
) -> None:
    both = [await begin(email, name) for name in (f"{slug}-a", f"{slug}-b")]
    answers = await asyncio.gather(*(visitor.confirm(*each) for each in both))
    # The second finds the account, or comes too early to find it and too late to make one.
    statuses = {answer.status_code for answer in answers}
    assert {201} <= statuses <= {201, 409}
    made = {answer.json()["user"]["id"] for answer in answers if answer.status_code == 201}
    assert len(made) == 1

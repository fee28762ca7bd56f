"""One address has one account, and a sign-up does not show which addresses have one."""

import asyncio
from uuid import uuid4

from identity_testing import Begin, MailServer, Member, TenantService, Visitor, refusal, wrong
from stagify.tasks.runner import TaskRunner


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
    mails = mail_server.to(member.email)[1:]
    assert [mail["Subject"] for mail in mails] == ["You already have a StagifyAI account"]
    assert "code" not in str(mails[0].get_payload()).lower()


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


async def test_second_tenant_of_one_address_is_refused(
    visitor: Visitor, begin: Begin, tenant_service: TenantService, email: str, slug: str
) -> None:
    first, second = [await begin(email, name) for name in (f"{slug}-a", f"{slug}-b")]
    assert (await visitor.confirm(*first)).status_code == 201
    answer = await visitor.confirm(*second)
    assert refusal(answer) == (409, "account_exists")
    assert len(tenant_service.tenants) == 1


async def test_two_sign_ups_of_one_address_at_once_make_one_account(
    visitor: Visitor, begin: Begin, email: str, slug: str
) -> None:
    both = [await begin(email, name) for name in (f"{slug}-a", f"{slug}-b")]
    answers = await asyncio.gather(*(visitor.confirm(*each) for each in both))
    assert sorted(answer.status_code for answer in answers) == [201, 409]

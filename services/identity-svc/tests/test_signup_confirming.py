"""Confirming a sign-up makes an account and a tenant, once."""

import asyncio
import unicodedata

import httpx
import pytest
from prometheus_client import REGISTRY

from identity_testing import (
    PASSWORD,
    Begin,
    Caller,
    Events,
    MailServer,
    Member,
    SignUpBegun,
    TenantService,
    Visitor,
    refusal,
    wrong,
)
from stagify.events.identity import MemberJoined, UserRegistered
from stagify.ids import new_id
from stagify.tasks.runner import TaskRunner


async def test_tenant_host_is_refused(
    client: httpx.AsyncClient, caller: Caller, member: Member
) -> None:
    answer = await client.post(
        f"/v1/signup/{member.signup_id}/confirm",
        json={"code": member.code, "password": PASSWORD},
        headers=caller.anonymous(member.tenant_id),
    )
    assert refusal(answer) == (403, "wrong_host")


async def test_unknown_sign_up_is_404(visitor: Visitor) -> None:
    answer = await visitor.confirm(str(new_id()), "123456")
    assert refusal(answer) == (404, "signup_not_found")


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
    visitor: Visitor, begun: SignUpBegun, email: str, password: str, code: str
) -> None:
    for _ in range(6):
        answer = await visitor.confirm(begun.id, begun.code, password.format(email=email))
        assert refusal(answer) == (422, code)
    assert (await visitor.confirm(*begun)).status_code == 201


@pytest.mark.parametrize("form", ["{0}{1} {2}", " {0}-{1}{2}\n", "{0}\N{EN DASH}{1}\u3000{2}"])
@pytest.mark.parametrize("zero", ["0", "\N{FULLWIDTH DIGIT ZERO}", "\N{ARABIC-INDIC DIGIT ZERO}"])
async def test_code_is_taken_as_people_type_it(
    visitor: Visitor, begun: SignUpBegun, form: str, zero: str
) -> None:
    digits = "".join(chr(ord(zero) + int(digit)) for digit in begun.code)
    typed = form.format(digits[:2], digits[2:3], digits[3:])
    assert (await visitor.confirm(begun.id, typed)).status_code == 201


async def test_password_is_the_same_from_every_keyboard(
    visitor: Visitor, begun: SignUpBegun
) -> None:
    forms = [unicodedata.normalize(form, "größe 한글") for form in ("NFC", "NFD")]
    assert forms[0] != forms[1]
    for password in forms:
        answer = await visitor.confirm(*begun, password)
        assert answer.status_code == 201, answer.text


async def test_length_of_a_password_is_counted_in_characters(
    visitor: Visitor, begun: SignUpBegun
) -> None:
    answer = await visitor.confirm(*begun, "größe ä")
    assert refusal(answer) == (422, "invalid_request")
    assert "at least 8 characters" in answer.json()["errors"][0]["message"]
    assert (await visitor.confirm(*begun, "größe äö")).status_code == 201


@pytest.mark.parametrize(
    "name", ["山田　太郎", "خانه‌های زیبا", "Villa 👨‍👩‍👧", "\U0001e6c0", "\u0344" * 60], ids=ascii
)
async def test_names_of_the_world_come_through_to_the_tenant(
    client: httpx.AsyncClient,
    caller: Caller,
    visitor: Visitor,
    runner: TaskRunner,
    mail_server: MailServer,
    email: str,
    slug: str,
    name: str,
) -> None:
    tenant = {"type": "individual", "name": name, "slug": slug}
    body = {"email": email, "name": name, "tenant": tenant}
    asked = await client.post("/v1/signup", json=body, headers=caller.platform())
    await runner.run_due()
    confirmed = (await visitor.confirm(asked.json()["id"], mail_server.code(email))).json()
    kept = unicodedata.normalize("NFC", name)
    assert (confirmed["user"]["name"], confirmed["tenant"]["name"]) == (kept, kept)


async def test_account_tenant_and_events_come_together(
    visitor: Visitor,
    begun: SignUpBegun,
    tenant_service: TenantService,
    events: Events,
    email: str,
    slug: str,
) -> None:
    answer = await visitor.confirm(*begun)
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


async def test_parallel_confirmations_make_one_account(
    visitor: Visitor, begun: SignUpBegun, tenant_service: TenantService, events: Events
) -> None:
    answers = await asyncio.gather(*(visitor.confirm(*begun) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.text for answer in answers}) == 1
    assert len(tenant_service.tenants) == 1
    assert len(await events(answers[0].json()["user"]["id"])) == 2


async def test_repeating_answers_the_same(
    visitor: Visitor, member: Member, tenant_service: TenantService
) -> None:
    # Even with tenant-svc away: the answer is kept.
    tenant_service.refusal = (500, "internal_error")
    answer = await visitor.confirm(member.signup_id, member.code)
    assert answer.status_code == 201
    assert answer.json()["tenant"]["id"] == str(member.tenant_id)


async def test_repeating_with_another_password_is_a_conflict(
    visitor: Visitor, member: Member
) -> None:
    answer = await visitor.confirm(member.signup_id, member.code, "another password")
    assert refusal(answer) == (409, "already_confirmed")


def hashes() -> float:
    """How many password hashes were computed so far."""
    return REGISTRY.get_sample_value("stagify_identity_password_hash_seconds_count") or 0


async def test_only_a_code_that_is_right_and_new_costs_a_hash(
    visitor: Visitor, begun: SignUpBegun, tenant_service: TenantService
) -> None:
    before = hashes()
    assert (await visitor.confirm(begun.id, wrong(begun.code))).status_code == 401
    assert (await visitor.confirm(str(new_id()), begun.code)).status_code == 404
    tenant_service.refusal = (409, "slug_taken")
    assert refusal(await visitor.confirm(*begun)) == (409, "slug_taken")
    tenant_service.refusal = None
    assert hashes() == before
    assert (await visitor.confirm(*begun)).status_code == 201
    assert hashes() == before + 1
    for password in (PASSWORD, "another password"):
        for _ in range(3):
            await visitor.confirm(*begun, password)
    assert hashes() == before + 1


async def test_right_code_can_be_sent_only_so_often(
    visitor: Visitor, begun: SignUpBegun, tenant_service: TenantService
) -> None:
    tenant_service.refusal = (500, "internal_error")
    for _ in range(20):
        assert refusal(await visitor.confirm(*begun)) == (503, "unavailable")
    assert refusal(await visitor.confirm(*begun)) == (410, "code_exhausted")


async def test_slug_goes_to_whoever_confirms_first(
    visitor: Visitor, begin: Begin, email: str, slug: str
) -> None:
    first, second = await begin(f"a.{email}", slug), await begin(f"b.{email}", slug)
    assert (await visitor.confirm(*second)).status_code == 201
    assert refusal(await visitor.confirm(*first)) == (409, "slug_taken")
    assert refusal(await visitor.request(email, slug)) == (409, "slug_taken")


async def test_tenant_svc_away_leaves_nothing_half_done(
    visitor: Visitor, begun: SignUpBegun, tenant_service: TenantService
) -> None:
    tenant_service.refusal = (500, "internal_error")
    for _ in range(6):
        answer = await visitor.confirm(*begun)
        assert refusal(answer) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    tenant_service.refusal = None
    asked_before = {path for _, path in tenant_service.calls if "/tenants/" in path}
    answer = await visitor.confirm(*begun)
    assert answer.status_code == 201
    # It went on with the same id as before.
    assert asked_before == {f"/internal/tenants/{answer.json()['tenant']['id']}"}

"""Log-outs that a provider tells us: what they end, and what is no such word."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from identity_svc.parts import Parts
from identity_svc.sso.log_out_tokens import EVENT
from identity_svc.sso.log_outs import KEPT, MINUTE, PER_SOURCE_MINUTE
from identity_svc.throttling.service import Limit
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import Browser, Events, refusal
from sso_testing import Company, Idp, public_jwk, rsa_key, use_up
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import SessionRevoked
from stagify.events.sso import SsoLogOutReceived
from stagify.ids import new_id
from stagify.testing import Clock


def now(seconds: int = 0) -> int:
    return int(utc_now().timestamp()) + seconds


@pytest.fixture
async def open_company(company: Company) -> Company:
    """A company whose people become members by logging in."""
    await company.open(is_just_in_time=True)
    return company


async def logged_in(company: Company, subject: str, sid: str | None = None) -> Browser:
    """A browser in which that person has logged in, in a session of that name at the provider."""
    browser = company.browser()
    claims: dict[str, Any] = {"email": f"{subject}.{company.owner.slug}@example.com"}
    if sid is not None:
        claims["sid"] = sid
    answer = await company.enter(browser, subject, **claims)
    assert answer.status_code == 201, answer.text
    return browser


async def are_in(*browsers: Browser) -> list[bool]:
    """In which of them somebody is logged in."""
    return [await each.look_up() is not None for each in browsers]


class TestWhatEnds:
    async def test_a_subject_is_logged_out_of_everything_that_the_provider_let_in(
        self, open_company: Company, events: Events, clock: Clock
    ) -> None:
        company = open_company
        grace = [await logged_in(company, "grace", "one"), await logged_in(company, "grace")]
        ada = await logged_in(company, "ada")
        owner = await company.owner_browser()
        (known,) = {each["user_id"] for each in [await b.look_up() for b in grace] if each}

        answer = await company.told(company.idp.log_out_token(sub="grace"))
        assert (answer.status_code, answer.json()) == (200, {})
        assert answer.headers["cache-control"] == "no-store"

        assert await are_in(*grace, ada, owner) == [False, False, True, True]
        told = await events(company.owner.tenant_id)
        (received,) = [each for each in told if isinstance(each, SsoLogOutReceived)]
        assert (str(received.user_id), received.ended) == (known, 2)
        assert sum(isinstance(each, SessionRevoked) for each in told) == 2
        # They log in again as always.
        clock.advance(timedelta(seconds=2))
        again = await logged_in(company, "grace", "two")
        assert await are_in(again) == [True]

    async def test_a_session_there_ends_what_began_in_it(self, open_company: Company) -> None:
        company = open_company
        here, there = (
            await logged_in(company, "grace", "one"),
            await logged_in(company, "grace", "two"),
        )
        ada = await logged_in(company, "ada", "three")
        assert (await company.told(company.idp.log_out_token(sid="one"))).status_code == 200
        assert await are_in(here, there, ada) == [False, True, True]
        # Named both ways: also what is not known to belong to another session.
        unnamed = await logged_in(company, "ada")
        token = company.idp.log_out_token(sub="ada", sid="three")
        assert (await company.told(token)).status_code == 200
        assert await are_in(there, ada, unnamed) == [True, False, False]

    async def test_a_session_is_nobody_elses(self, open_company: Company) -> None:
        company = open_company
        grace = await logged_in(company, "grace", "one")
        token = company.idp.log_out_token(sub="ada", sid="one")
        assert (await company.told(token)).status_code == 200
        token = company.idp.log_out_token(sub="nobody-here")
        assert (await company.told(token)).status_code == 200
        assert await are_in(grace) == [True]

    async def test_a_password_is_not_the_providers(self, open_company: Company) -> None:
        company = open_company
        at_work, own = await logged_in(company, "the-owner"), await company.owner_browser()
        assert (await company.told(company.idp.log_out_token(sub="the-owner"))).status_code == 200
        assert await are_in(at_work, own) == [False, True]

    async def test_a_log_in_under_way_comes_too_late(self, open_company: Company) -> None:
        """The provider has let somebody in, and logs them out before they are back here."""
        company = open_company
        browser = company.browser()
        begun = await company.start(browser)
        email = f"grace.{company.owner.slug}@example.com"
        back = company.idp.authorize(begun.json()["url"], "grace", email=email, sid="one")
        await logged_in(company, "grace")
        assert (await company.told(company.idp.log_out_token(sid="one"))).status_code == 200
        assert refusal(await company.finish(browser, back)) == (403, "sso_attempt_invalid")
        # The same by the subject, where sessions have no names.
        begun = await company.start(browser)
        back = company.idp.authorize(begun.json()["url"], "grace", email=email)
        told = company.idp.log_out_token(sub="grace", iat=now(30))
        assert (await company.told(told)).status_code == 200
        assert refusal(await company.finish(browser, back)) == (403, "sso_attempt_invalid")
        assert await are_in(browser) == [False]

    async def test_at_the_same_moment_nobody_stays_in(self, open_company: Company) -> None:
        company = open_company
        await logged_in(company, "grace", "first")
        email = f"grace.{company.owner.slug}@example.com"
        for turn in range(5):
            browser, sid = company.browser(), f"sid-{turn}"
            begun = await company.start(browser)
            back = company.idp.authorize(begun.json()["url"], "grace", email=email, sid=sid)
            finished, told = await asyncio.gather(
                company.finish(browser, back), company.told(company.idp.log_out_token(sid=sid))
            )
            assert told.status_code == 200
            assert finished.status_code == 201 or refusal(finished) == (403, "sso_attempt_invalid")
            assert await are_in(browser) == [False]

    async def test_a_proof_that_is_asked_for_comes_too_late(
        self, open_company: Company, sign_up: Any, join: Any
    ) -> None:
        company = open_company
        person = await sign_up()
        await join(person, company.owner)
        browser = company.browser()
        asked = await company.enter(browser, "grace", email=person.email, sid="one")
        assert asked.status_code == 202
        assert (await company.told(company.idp.log_out_token(sid="one"))).status_code == 200
        answer = await company.confirm(browser, asked)
        assert refusal(answer) == (403, "sso_attempt_invalid")


REFUSED: dict[str, Callable[[Idp], str]] = {
    "issuer": lambda idp: idp.log_out_token(sub="grace", iss="https://evil.example"),
    "no issuer": lambda idp: idp.log_out_token(sub="grace", iss=None),
    "audience": lambda idp: idp.log_out_token(sub="grace", aud="somebody-else"),
    "audiences": lambda idp: idp.log_out_token(sub="grace", aud=["a", "b"]),
    "no audience": lambda idp: idp.log_out_token(sub="grace", aud=None),
    "old": lambda idp: idp.log_out_token(sub="grace", iat=now(-700), exp=now(60)),
    "from the future": lambda idp: idp.log_out_token(sub="grace", iat=now(120)),
    "no time": lambda idp: idp.log_out_token(sub="grace", iat=None),
    "expired": lambda idp: idp.log_out_token(sub="grace", exp=now(-61)),
    "no end": lambda idp: idp.log_out_token(sub="grace", exp=None),
    "time as a text": lambda idp: idp.log_out_token(sub="grace", iat=str(now())),
    "no event": lambda idp: idp.log_out_token(sub="grace", events=None),
    "another event": lambda idp: idp.log_out_token(sub="grace", events={"x": {}}),
    "event as a text": lambda idp: idp.log_out_token(sub="grace", events=EVENT),
    "event without an object": lambda idp: idp.log_out_token(sub="grace", events={EVENT: True}),
    "nonce": lambda idp: idp.log_out_token(sub="grace", nonce="x"),
    "no id": lambda idp: idp.log_out_token(sub="grace", jti=None),
    "id as a number": lambda idp: idp.log_out_token(sub="grace", jti=1),
    "nobody": lambda idp: idp.log_out_token(),
    "empty subject": lambda idp: idp.log_out_token(sub=""),
    "session as a list": lambda idp: idp.log_out_token(sid=["one"]),
    "long subject": lambda idp: idp.log_out_token(sub="g" * 300),
    "another type": lambda idp: idp.log_out_token({"typ": "at+jwt"}, sub="grace"),
    "critical": lambda idp: idp.log_out_token({"crit": ["x"], "x": 1}, sub="grace"),
    "unsigned": lambda idp: idp.log_out_token(sub="grace").rpartition(".")[0] + ".",
    "another's signature": lambda idp: (
        idp.log_out_token(sub="grace").rpartition(".")[0]
        + "."
        + idp.log_out_token(sub="ada").rpartition(".")[2]
    ),
    "no token": lambda idp: "nothing",
    "empty": lambda idp: "",
}


class TestWhatIsRefused:
    async def test_nothing_ends_but_by_its_own_word(self, open_company: Company) -> None:
        company, idp = open_company, open_company.idp
        grace = await logged_in(company, "grace", "one")
        for what, forge in REFUSED.items():
            answer = await company.told(forge(idp))
            assert refusal(answer) == (400, "sso_log_out_invalid"), what
        # The ID token of a log-in is none.
        answer = await company.told(idp.signed(idp.last_claims))
        assert refusal(answer) == (400, "sso_log_out_invalid")
        # Neither is what somebody else has signed, with whatever name of a key.
        idp.key_name = "second"
        idp.jwks = [public_jwk(rsa_key("first"), "first")]
        for header in ({"kid": "first"}, {"kid": "second"}):
            answer = await company.told(idp.log_out_token(header, sub="grace"))
            assert refusal(answer) == (400, "sso_log_out_invalid"), header
        assert await are_in(grace) == [True]

    async def test_it_is_told_once(self, open_company: Company, clock: Clock) -> None:
        company = open_company
        token = company.idp.log_out_token(sub="grace")
        clock.advance(timedelta(seconds=2))
        await logged_in(company, "grace")
        answers = await asyncio.gather(*(company.told(token) for _ in range(20)))
        assert [each.status_code for each in answers].count(200) == 1
        assert {refusal(each) for each in answers if each.is_error} == {
            (400, "sso_log_out_invalid")
        }
        clock.advance(timedelta(seconds=2))
        again = await logged_in(company, "grace")
        assert refusal(await company.told(token)) == (400, "sso_log_out_invalid")
        assert await are_in(again) == [True]

    async def test_each_connection_has_its_own(
        self, open_company: Company, database: Database
    ) -> None:
        """Another tenant's connection to the same provider, and what does not exist, look alike."""
        company = open_company
        grace = await logged_in(company, "grace")
        own = company.connection["log_out_uri"]
        tenant, connection = str(company.owner.tenant_id), company.id
        for uri in (
            own.replace(tenant, str(new_id())),
            own.replace(connection, str(new_id())),
            own.replace(connection, tenant).replace(tenant, connection, 1),
        ):
            answer = await company.told_at(uri, company.idp.log_out_token(sub="grace"))
            assert refusal(answer) == (400, "sso_log_out_invalid")
        assert (await company.connect(client_id="another")).status_code == 201
        answer = await company.told(company.idp.log_out_token(sub="grace"))
        assert refusal(answer) == (400, "sso_log_out_invalid")
        # Its own word for its own client counts there, and ends nothing elsewhere.
        answer = await company.told(company.idp.log_out_token(sub="grace", aud="another"))
        assert answer.status_code == 200
        assert await are_in(grace) == [True]

    async def test_it_is_a_form_with_one_token(self, open_company: Company) -> None:
        company = open_company
        path = f"/v1/sso/log-outs/{company.owner.tenant_id}/{company.id}"
        client, headers = company.seats.client, company.caller.platform()
        token = company.idp.log_out_token(sub="grace")
        answer = await client.post(path, json={"logout_token": token}, headers=headers)
        assert refusal(answer) == (415, "unsupported_media_type")
        assert answer.headers["accept"] == "application/x-www-form-urlencoded"
        form = {"content-type": "application/x-www-form-urlencoded", **headers}
        for body in (
            f"logout_token={token}&logout_token={token}",
            f"other={token}",
            "&".join(f"a{number}=1" for number in range(20)) + f"&logout_token={token}",
            "logout_token=\xff",
            "",
        ):
            answer = await client.post(path, content=body.encode("latin-1"), headers=form)
            assert refusal(answer) == (400, "sso_log_out_invalid"), body[:20]
        # At the workspace's own address there is no such thing.
        answer = await client.post(
            path,
            content=f"logout_token={token}",
            headers={**form, **company.caller.anonymous(company.owner.tenant_id)},
        )
        assert refusal(answer) == (403, "wrong_host")

    async def test_while_the_provider_is_away_it_can_be_told_again(
        self, open_company: Company, clock: Clock
    ) -> None:
        company, idp = open_company, open_company.idp
        grace = await logged_in(company, "grace")
        idp.key_name = "second"
        idp.raw["/keys"] = (503, b"")
        clock.advance(timedelta(minutes=1))
        token = idp.log_out_token(sub="grace")
        assert refusal(await company.told(token)) == (400, "sso_log_out_invalid")
        idp.raw.clear()
        clock.advance(timedelta(minutes=1))
        assert (await company.told(token)).status_code == 200
        assert await are_in(grace) == [False]

    async def test_a_provider_that_nobody_answers_for_looks_like_none(
        self, open_company: Company, clock: Clock
    ) -> None:
        company, idp = open_company, open_company.idp
        grace = await logged_in(company, "grace")
        token = idp.log_out_token(sub="grace")
        idp.raw["/.well-known/openid-configuration"] = (503, b"")
        clock.advance(timedelta(minutes=11))
        assert refusal(await company.told(token)) == (400, "sso_log_out_invalid")
        assert await are_in(grace) == [True]

    async def test_a_source_cannot_ask_for_ever(self, open_company: Company, parts: Parts) -> None:
        company = open_company
        address = "2001:db8:77::1"
        await use_up(
            parts,
            Limit(
                "sso_log_out_source_minute",
                parts.digester.digest("throttle", "source", "2001:db8:77::/64"),
                PER_SOURCE_MINUTE,
                MINUTE,
            ),
        )
        answer = await company.seats.client.post(
            f"/v1/sso/log-outs/{uuid4()}/{uuid4()}",
            data={"logout_token": "x"},
            headers=company.caller.platform(address),
        )
        assert refusal(answer) == (429, "too_many_attempts")


async def test_it_is_forgotten_when_nothing_can_follow_from_it(
    open_company: Company, parts: Parts, database: Database, clock: Clock
) -> None:
    company = open_company
    assert (await company.told(company.idp.log_out_token(sub="grace"))).status_code == 200

    async def kept() -> int:
        await upkeep(parts, Turn(), tenants_per_round=100_000)
        async with database.tenant_connection(company.owner.tenant_id) as connection:
            found: int = await connection.fetchval("SELECT count(*) FROM sso_log_outs")
            return found

    assert await kept() == 1
    clock.advance(KEPT)
    assert await kept() == 0

"""Passkeys: made and used by a software authenticator with real signatures, on the platform's host alone."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from identity_svc.parts import Parts
from identity_svc.sessions.cookies import CHALLENGE_COOKIE_NAME
from identity_svc.upkeep.service import Turn, upkeep
from identity_testing import Events, Member, SignUp, refusal, statements
from mfa_testing import MFA, STEP, set_up_totp, verify
from passkeys_testing import INVALID, KEYS, WRONG, answer_to, asked, keep, log_in, make
from proof.authenticator import PRESENT, VERIFIED, Authenticator, decoded, encoded
from stagify.database import Database
from stagify.events.identity import FactorAdded, FactorRemoved
from stagify.ids import new_id
from stagify.testing import Clock
from traveller_testing import MakeTraveller, Traveller, activate, code_in


class TestMaking:
    async def test_what_a_browser_is_asked(
        self, traveller: Traveller, device: Authenticator
    ) -> None:
        started = await traveller.call("POST", f"{KEYS}/start", None)
        options = started.json()["options"]
        assert options["rp"] == {"id": "app.localhost", "name": "StagifyAI"}
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["attestation"] == "none"
        assert len(decoded(options["user"]["id"])) == 64
        # The same name for the person, and no second passkey in the same device.
        assert decoded(options["user"]["id"]) == device.keys[0].handle
        with pytest.raises(ValueError, match="InvalidStateError"):
            device.create(options)

    async def test_the_name_of_the_person_outlives_their_passkeys(
        self, traveller: Traveller, device: Authenticator, member: Member
    ) -> None:
        (mine,) = (await traveller.call("GET", MFA, None)).json()["passkeys"]
        await traveller.call("DELETE", f"{KEYS}/{mine['id']}", None)
        started = await traveller.call("POST", f"{KEYS}/start", None)
        assert decoded(started.json()["options"]["user"]["id"]) == device.keys[0].handle
        assert str(member.user_id).encode() not in device.keys[0].handle

    async def test_it_ends_other_sessions_and_is_an_event(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, events: Events
    ) -> None:
        other = make_traveller()
        await other.log_in(member, member.tenant_id)
        await traveller.log_in(member)
        assert (await make(traveller, Authenticator())).status_code == 201
        assert (await other.session(member.tenant_id)).status_code == 401
        assert (await traveller.session()).json()["proof"]["amr"] == ["mfa", "pop", "pwd"]
        (told,) = [e for e in await events(member.user_id) if isinstance(e, FactorAdded)]
        assert told.factor == "passkey"

    @pytest.mark.parametrize(
        "changed",
        [
            {"origin": "http://acme.localhost:8080"},
            {"origin": "http://app.localhost"},
            {"origin": "https://app.localhost:8080"},
            {"rp_id": "localhost"},
            {"rp_id": "acme.localhost"},
            {"type": "webauthn.get"},
            {"challenge": encoded(b"another nonce of thirty-two bytes")},
            {"flags": VERIFIED},
        ],
        ids=str,
    )
    async def test_what_is_not_for_this_host_and_nonce_is_not_kept(
        self, traveller: Traveller, member: Member, changed: dict[str, Any]
    ) -> None:
        await traveller.log_in(member)
        assert refusal(await make(traveller, Authenticator(), **changed)) == WRONG
        assert (await traveller.call("GET", MFA, None)).json()["passkeys"] == []

    async def test_rubbish_is_refused(self, traveller: Traveller, member: Member) -> None:
        await traveller.log_in(member)
        for member_ in ("clientDataJSON", "attestationObject"):
            for rubbish in ("AA", "e30", encoded(b"\xa1\x63fmt"), encoded(b"[" * 900), "_" * 1001):
                started = await traveller.call("POST", f"{KEYS}/start", None)
                credential = Authenticator().create(started.json()["options"])
                credential["response"][member_] = rubbish
                assert refusal(await keep(traveller, started, credential)) == WRONG

    async def test_a_challenge_makes_one_for_one_person_in_one_browser(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        sign_up: SignUp,
    ) -> None:
        await traveller.log_in(member)
        started = await traveller.call("POST", f"{KEYS}/start", None)
        credential = Authenticator().create(started.json()["options"])
        other = make_traveller()
        await other.log_in(await sign_up())
        assert refusal(await keep(other, started, credential)) == INVALID
        # Not even with the browser's half.
        other.cookies[None][CHALLENGE_COOKIE_NAME] = traveller.cookies[None][CHALLENGE_COOKIE_NAME]
        assert refusal(await keep(other, started, credential)) == INVALID
        assert (await keep(traveller, started, credential)).status_code == 201
        assert refusal(await keep(traveller, started, credential)) == INVALID

    async def test_a_credential_is_one_persons(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        sign_up: SignUp,
    ) -> None:
        other = make_traveller()
        await other.log_in(await sign_up())
        started = await other.call("POST", f"{KEYS}/start", None)
        # An authenticator that makes up the id of somebody else's passkey.
        credential = Authenticator().create(started.json()["options"], id=device.keys[0].id)
        assert refusal(await keep(other, started, credential)) == (409, "passkey_exists")

    async def test_only_on_the_platforms_host(self, traveller: Traveller, member: Member) -> None:
        await traveller.log_in(member, member.tenant_id)
        answer = await traveller.call("POST", f"{KEYS}/start", member.tenant_id)
        assert refusal(answer) == (403, "wrong_host")
        answer = await traveller.call("POST", "/v1/session/passkey", member.tenant_id)
        assert refusal(answer) == (403, "wrong_host")

    async def test_only_after_a_step_up(
        self, traveller: Traveller, device: Authenticator, clock: Clock
    ) -> None:
        clock.advance(timedelta(minutes=11))
        answer = await traveller.call("POST", f"{KEYS}/start", None)
        assert refusal(answer) == (403, "step_up_required")


class TestUsing:
    async def test_it_is_a_whole_log_in(
        self,
        make_traveller: MakeTraveller,
        device: Authenticator,
        member: Member,
        database: Database,
    ) -> None:
        other = make_traveller()
        answer = await log_in(other, device)
        assert answer.status_code == 201, answer.text
        assert answer.json()["user"]["id"] == str(member.user_id)
        assert answer.json()["proof"]["amr"] == ["mfa", "pop"]
        # And from there into a workspace.
        await activate(database, member.tenant_id)
        entered = await other.enter(
            member.tenant_id, code_in(await other.hand_off(member.tenant_id))
        )
        assert entered.json()["proof"]["amr"] == ["mfa", "pop"]

    async def test_the_password_alone_still_logs_in_unless_its_owner_wants_more(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        member: Member,
    ) -> None:
        assert (await make_traveller().log_in(member)).status_code == 201
        answer = await traveller.call("PATCH", MFA, None, {"is_always_asked": True})
        assert answer.status_code == 204
        other = make_traveller()
        waiting = await other.log_in(member)
        assert waiting.status_code == 202
        assert waiting.json()["methods"] == ["passkey", "recovery_code"]
        credential = device.get(waiting.json()["passkey"])
        answer = await answer_to(other, waiting, credential)
        assert answer.status_code == 201, answer.text
        assert answer.json()["proof"]["amr"] == ["mfa", "pop", "pwd"]
        # On a workspace's host there is only the way to the platform's.
        at_tenant = await other.log_in(member, member.tenant_id)
        assert at_tenant.json()["passkey"] is None
        assert "passkey" in at_tenant.json()["methods"]

    async def test_it_gets_in_alone_where_there_is_an_app_too(
        self, traveller: Traveller, make_traveller: MakeTraveller, device: Authenticator
    ) -> None:
        await set_up_totp(traveller)
        assert (await log_in(make_traveller(), device)).status_code == 201

    async def test_without_a_finger_it_is_one_factor(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        clock: Clock,
    ) -> None:
        device.verifies = False
        answer = await log_in(make_traveller(), device)
        assert (answer.status_code, answer.json()["proof"]["amr"]) == (201, ["pop"])
        phone = await set_up_totp(traveller)
        clock.advance(timedelta(seconds=2 * STEP))
        other = make_traveller()
        waiting = await log_in(other, device)
        assert waiting.status_code == 202, waiting.text
        answer = await verify(other, waiting, code=phone.code())
        assert answer.json()["proof"]["amr"] == ["mfa", "otp", "pop"]

    @pytest.mark.parametrize(
        "changed",
        [
            {"origin": "http://acme.localhost:8080"},
            {"rp_id": "localhost"},
            {"type": "webauthn.create"},
            {"challenge": encoded(b"another nonce of thirty-two bytes")},
            {"flags": 0},
            {"handle": b"somebody else"},
        ],
        ids=str,
    )
    async def test_what_is_not_for_this_host_and_nonce_gets_nobody_in(
        self, make_traveller: MakeTraveller, device: Authenticator, changed: dict[str, Any]
    ) -> None:
        assert refusal(await log_in(make_traveller(), device, **changed)) == WRONG

    async def test_a_claim_of_a_finger_that_is_not_signed_counts_for_nothing(
        self, make_traveller: MakeTraveller, device: Authenticator
    ) -> None:
        device.verifies = False
        other = make_traveller()
        started = await asked(other)
        credential = device.get(started.json()["options"])
        data = bytearray(decoded(credential["response"]["authenticatorData"]))
        data[32] |= VERIFIED | PRESENT
        credential["response"]["authenticatorData"] = encoded(bytes(data))
        assert refusal(await answer_to(other, started, credential)) == WRONG

    async def test_an_answer_is_used_once_in_one_browser(
        self, make_traveller: MakeTraveller, device: Authenticator
    ) -> None:
        mine, thief = make_traveller(), make_traveller()
        started = await asked(mine)
        credential = device.get(started.json()["options"])
        await asked(thief)
        assert refusal(await answer_to(thief, started, credential)) == INVALID
        answers = await asyncio.gather(*(answer_to(mine, started, credential) for _ in range(10)))
        assert sum(answer.status_code == 201 for answer in answers) == 1
        again = await asked(mine)
        assert refusal(await answer_to(mine, again, credential)) == WRONG

    async def test_many_looks_at_the_page_leave_nothing(
        self,
        make_traveller: MakeTraveller,
        device: Authenticator,
        database: Database,
        parts: Parts,
        clock: Clock,
    ) -> None:
        async def rows() -> int:
            async with database.system() as session:
                found = await session.execute(text("SELECT count(*) FROM challenges"))
                return int(found.scalar_one())

        visitor = make_traveller()
        before = await rows()
        with statements() as executed:
            names = {(await asked(visitor)).json()["challenge_id"] for _ in range(200)}
        assert (len(names), executed) == (200, [])
        # Each of them can be answered, and only an answer leaves something, for as long as it could be repeated.
        started = await asked(visitor)
        credential = device.get(started.json()["options"])
        assert await rows() == before
        thief = make_traveller()
        thief.cookies[None] = dict(visitor.cookies[None])
        assert (await answer_to(visitor, started, credential)).status_code == 201
        assert await rows() == before + 1
        assert refusal(await answer_to(thief, started, credential)) == INVALID
        clock.advance(timedelta(minutes=6))
        await upkeep(parts, Turn())
        assert await rows() <= before
        assert refusal(await answer_to(thief, started, credential)) == INVALID

    async def test_nobody_makes_up_what_they_are_asked(
        self, make_traveller: MakeTraveller, device: Authenticator, member: Member
    ) -> None:
        mine = make_traveller()
        started = await asked(mine)
        name = started.json()["challenge_id"]
        credential = device.get(started.json()["options"])
        packed = decoded(name)
        later = (int.from_bytes(packed[16:22]) + 3600).to_bytes(6)
        forged = [
            encoded(packed[:16] + later + packed[22:]),
            encoded(new_id().bytes + packed[16:]),
            encoded(packed[:-1] + bytes([packed[-1] ^ 1])),
            encoded(packed[:-1]),
            encoded(packed[:16] + b"\xff" * 38),
            name[:-1],
            name + "A",
        ]
        for each in forged:
            path = f"/v1/session/{each}/verify"
            answer = await mine.call("POST", path, None, {"passkey": credential})
            assert refusal(answer) == INVALID
        # One of this browser on a workspace's host, which its cookie could be copied to.
        mine.cookies[member.tenant_id] = dict(mine.cookies[None])
        path = f"/v1/session/{name}/verify"
        answer = await mine.call("POST", path, member.tenant_id, {"passkey": credential})
        assert refusal(answer) == INVALID
        assert (await answer_to(mine, started, credential)).status_code == 201

    async def test_it_is_late_after_five_minutes(
        self, make_traveller: MakeTraveller, device: Authenticator, clock: Clock
    ) -> None:
        other = make_traveller()
        started = await asked(other)
        clock.advance(timedelta(minutes=5, seconds=1))
        credential = device.get(started.json()["options"])
        assert refusal(await answer_to(other, started, credential)) == INVALID

    async def test_nobody_answers_for_somebody_else(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        member: Member,
        sign_up: SignUp,
    ) -> None:
        await traveller.call("PATCH", MFA, None, {"is_always_asked": True})
        stranger, theirs = make_traveller(), Authenticator()
        await stranger.log_in(await sign_up())
        assert (await make(stranger, theirs)).status_code == 201
        thief = make_traveller()
        waiting = await thief.log_in(member)
        options = {**waiting.json()["passkey"], "allowCredentials": []}
        assert refusal(await answer_to(thief, waiting, theirs.get(options))) == WRONG
        # Nor does a code answer a question for any passkey.
        started = await asked(thief)
        assert refusal(await verify_any(thief, started, code="123456")) == INVALID

    async def test_a_counter_that_does_not_rise_is_kept_and_refuses_nobody(
        self,
        make_traveller: MakeTraveller,
        device: Authenticator,
        member: Member,
        database: Database,
    ) -> None:
        for counts in (True, True, False, False):
            device.counts = counts
            assert (await log_in(make_traveller(), device)).status_code == 201
        device.keys[0].count = 1
        assert (await log_in(make_traveller(), device)).status_code == 201
        async with database.system() as session:
            kept = await session.execute(
                text("SELECT sign_count, last_used_at FROM passkeys WHERE user_id = :id"),
                {"id": member.user_id},
            )
        count, used = kept.one()
        assert (count, used is not None) == (1, True)

    async def test_one_that_was_taken_away_is_told_so(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        events: Events,
        member: Member,
    ) -> None:
        (mine,) = (await traveller.call("GET", MFA, None)).json()["passkeys"]
        removed = await traveller.call("DELETE", f"{KEYS}/{mine['id']}", None)
        assert removed.status_code == 204
        assert refusal(await log_in(make_traveller(), device)) == WRONG
        assert (await traveller.call("GET", MFA, None)).json()["recovery_codes"] == 0
        (told,) = [e for e in await events(member.user_id) if isinstance(e, FactorRemoved)]
        assert told.factor == "passkey"


async def verify_any(traveller: Traveller, started: httpx.Response, **proof: Any) -> httpx.Response:
    """The answer to something else than a passkey."""
    path = f"/v1/session/{started.json()['challenge_id']}/verify"
    return await traveller.call("POST", path, None, proof)


class TestStepUp:
    async def test_it_is_one_on_the_platforms_host(
        self, traveller: Traveller, device: Authenticator, clock: Clock, member: Member
    ) -> None:
        clock.advance(timedelta(minutes=11))
        started = await asked(traveller)
        body = {
            "challenge_id": started.json()["challenge_id"],
            "passkey": device.get(started.json()["options"]),
        }
        answer = await traveller.call("POST", "/v1/session/step-up", None, body)
        assert answer.status_code == 200, answer.text
        assert (await traveller.call("POST", f"{KEYS}/start", None)).status_code == 201
        again = await traveller.call("POST", "/v1/session/step-up", None, body)
        assert refusal(again) == INVALID
        await traveller.log_in(member, member.tenant_id)
        answer = await traveller.call("POST", "/v1/session/step-up", member.tenant_id, body)
        assert refusal(answer) == (403, "wrong_host")

    async def test_somebody_elses_is_none(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        device: Authenticator,
        sign_up: SignUp,
    ) -> None:
        stranger, theirs = make_traveller(), Authenticator()
        await stranger.log_in(await sign_up())
        await make(stranger, theirs)
        started = await asked(traveller)
        body = {
            "challenge_id": started.json()["challenge_id"],
            "passkey": theirs.get(started.json()["options"]),
        }
        answer = await traveller.call("POST", "/v1/session/step-up", None, body)
        assert refusal(answer) == WRONG


class TestSeveral:
    async def test_they_have_names_and_go_one_by_one(
        self,
        traveller: Traveller,
        device: Authenticator,
        member: Member,
        make_traveller: MakeTraveller,
        sign_up: SignUp,
    ) -> None:
        phone = Authenticator(counts=False)
        added = await make(traveller, phone, "My phone")
        assert added.json()["recovery_codes"] is None
        first, second = (await traveller.call("GET", MFA, None)).json()["passkeys"]
        assert [first["name"], second["name"]] == ["My laptop", "My phone"]
        assert [first["is_backed_up"], second["is_backed_up"]] == [False, True]
        renamed = await traveller.call("PATCH", f"{KEYS}/{second['id']}", None, {"name": "Pocket"})
        assert renamed.json()["name"] == "Pocket"
        stranger = make_traveller()
        await stranger.log_in(await sign_up())
        for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
            answer = await stranger.call(method, f"{KEYS}/{second['id']}", None, body)
            assert refusal(answer) == (404, "passkey_not_found")
        await traveller.call("DELETE", f"{KEYS}/{first['id']}", None)
        assert refusal(await log_in(make_traveller(), device)) == WRONG
        assert (await log_in(make_traveller(), phone)).status_code == 201
        assert (await traveller.call("GET", MFA, None)).json()["recovery_codes"] == 10

"""Log-ins with a second factor: who is asked, what gets in, and what does not."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.sessions.cookies import CHALLENGE_COOKIE_NAME, COOKIE_NAME, DEVICE_COOKIE_NAME
from identity_testing import (
    PASSWORD,
    Caller,
    Events,
    MailServer,
    MakeSettings,
    Member,
    refusal,
    statements,
    text_of,
)
from mfa_testing import MFA, STEP, TOTP, Phone, confirm, set_up_totp, verify
from stagify.clock import utc_now
from stagify.database import Database
from stagify.events.identity import FactorAdded, FactorRemoved, RecoveryCodeUsed
from stagify.tasks.runner import TaskRunner
from stagify.testing import Clock, app_client
from traveller_testing import MakeTraveller, Traveller, activate, code_in

STEP_UP = "/v1/session/step-up"
NEXT = timedelta(seconds=STEP)
WRONG, INVALID = (403, "wrong_code"), (410, "challenge_invalid")


@pytest.fixture
async def phone(traveller: Traveller, member: Member, clock: Clock) -> Phone:
    """The member's app for codes, set up two steps ago; they are still logged in on the platform's host."""
    await traveller.log_in(member)
    made = await set_up_totp(traveller)
    clock.advance(2 * NEXT)
    return made


class TestLogIn:
    @pytest.mark.parametrize("is_platform", [True, False])
    async def test_the_password_is_half_a_log_in(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone, is_platform: bool
    ) -> None:
        host = None if is_platform else member.tenant_id
        other = make_traveller()
        asked = await other.log_in(member, host)
        assert asked.status_code == 202, asked.text
        assert asked.json()["methods"] == ["totp", "recovery_code"]
        assert asked.headers["cache-control"] == "no-store"
        assert [*other.cookies[host]] == [CHALLENGE_COOKIE_NAME]
        assert (await other.session(host)).status_code == 401
        answer = await verify(other, asked, host, code=phone.code())
        assert answer.status_code == 201, answer.text
        assert {*other.cookies[host]} == {COOKIE_NAME, DEVICE_COOKIE_NAME}
        session = (await other.session(host)).json()
        assert session["proof"]["amr"] == ["mfa", "otp", "pwd"]
        assert session["proof"] == answer.json()["proof"]

    async def test_a_wrong_password_tells_nothing_of_the_factor(
        self, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        wrong = {"email": member.email, "password": "not the right one"}
        answer = await traveller.call("POST", "/v1/session", None, wrong)
        assert refusal(answer) == (401, "invalid_credentials")

    async def test_no_answer_gets_in_from_another_browser_or_host(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        mine, thief = make_traveller(), make_traveller()
        asked = await mine.log_in(member, member.tenant_id)
        code = phone.code()
        assert refusal(await verify(thief, asked, member.tenant_id, code=code)) == INVALID
        # Another browser that waits for a factor too is not this one.
        await thief.log_in(member, member.tenant_id)
        assert refusal(await verify(thief, asked, member.tenant_id, code=code)) == INVALID
        assert refusal(await verify(mine, asked, None, code=code)) == INVALID
        assert (await verify(mine, asked, member.tenant_id, code=code)).status_code == 201

    async def test_a_challenge_is_used_once_and_not_for_long(
        self, traveller: Traveller, member: Member, phone: Phone, clock: Clock
    ) -> None:
        asked = await traveller.log_in(member)
        assert (await verify(traveller, asked, code=phone.code())).status_code == 201
        clock.advance(NEXT)
        assert refusal(await verify(traveller, asked, code=phone.code())) == INVALID
        late = await traveller.log_in(member)
        clock.advance(timedelta(minutes=5, seconds=1))
        assert refusal(await verify(traveller, late, code=phone.code())) == INVALID
        assert (
            refusal(
                await traveller.call(
                    "POST", f"/v1/session/{uuid4()}/verify", None, {"code": "123456"}
                )
            )
            == INVALID
        )

    async def test_it_takes_five_answers(
        self, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        asked = await traveller.log_in(member)
        for _ in range(5):
            assert refusal(await verify(traveller, asked, code=phone.wrong_code())) == WRONG
        assert refusal(await verify(traveller, asked, code=phone.code())) == INVALID

    async def test_a_new_password_ends_it(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        other = make_traveller()
        asked = await other.log_in(member)
        body = {"current_password": PASSWORD, "password": "an entirely different one"}
        assert (await traveller.call("POST", "/v1/me/password", None, body)).status_code == 204
        assert refusal(await verify(other, asked, code=phone.code())) == INVALID

    async def test_two_pages_of_one_browser_do_not_get_into_each_others_way(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        mine = make_traveller()
        first = await mine.log_in(member)
        await mine.log_in(member)
        assert (await verify(mine, first, code=phone.code())).status_code == 201

    async def test_a_hand_off_brings_the_proof_along(
        self, traveller: Traveller, member: Member, phone: Phone, database: Database
    ) -> None:
        await activate(database, member.tenant_id)
        code = code_in(await traveller.hand_off(member.tenant_id))
        entered = await traveller.enter(member.tenant_id, code)
        assert entered.status_code == 201, entered.text
        assert "mfa" in entered.json()["proof"]["amr"]


class TestCodes:
    async def test_fifty_at_once_with_one_code_are_one_success(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        travellers = [make_traveller() for _ in range(50)]
        asked = [await each.log_in(member) for each in travellers]
        code = phone.code()
        answers = await asyncio.gather(
            *(verify(each, one, code=code) for each, one in zip(travellers, asked, strict=True))
        )
        assert sum(answer.status_code == 201 for answer in answers) == 1
        assert {answer.status_code for answer in answers} <= {201, 403, 429}

    async def test_fifty_at_once_of_one_challenge_are_one_success(
        self, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        asked = await traveller.log_in(member)
        code = phone.code()
        answers = await asyncio.gather(*(verify(traveller, asked, code=code) for _ in range(50)))
        assert sum(answer.status_code == 201 for answer in answers) == 1

    async def test_one_that_set_up_the_app_does_not_work_again(
        self, traveller: Traveller, member: Member
    ) -> None:
        await traveller.log_in(member)
        phone = await set_up_totp(traveller)
        asked = await traveller.log_in(member)
        assert refusal(await verify(traveller, asked, code=phone.code())) == WRONG

    async def test_none_older_than_the_last_works(
        self, traveller: Traveller, member: Member, phone: Phone, clock: Clock
    ) -> None:
        asked = await traveller.log_in(member)
        assert (await verify(traveller, asked, code=phone.code(1))).status_code == 201
        asked = await traveller.log_in(member)
        for steps in (-1, 0, 1):
            assert refusal(await verify(traveller, asked, code=phone.code(steps))) == WRONG
        # Neither if our clock is set back.
        clock.advance(-4 * NEXT)
        assert refusal(await verify(traveller, asked, code=phone.code(4))) == WRONG

    @pytest.mark.parametrize("steps", [-1, 0, 1])
    async def test_one_step_off_is_right(
        self, traveller: Traveller, member: Member, phone: Phone, clock: Clock, steps: int
    ) -> None:
        clock.advance(4 * NEXT)
        asked = await traveller.log_in(member)
        answer = await verify(traveller, asked, code=phone.code(steps))
        assert answer.status_code == 201, answer.text

    @pytest.mark.parametrize("steps", [-3, -2, 2, 3])
    async def test_more_is_wrong(
        self, traveller: Traveller, member: Member, phone: Phone, clock: Clock, steps: int
    ) -> None:
        clock.advance(4 * NEXT)
        asked = await traveller.log_in(member)
        assert refusal(await verify(traveller, asked, code=phone.code(steps))) == WRONG

    @pytest.mark.parametrize("minutes", [0, 2])
    async def test_one_may_have_to_be_of_its_own_step(
        self,
        make_settings: MakeSettings,
        caller: Caller,
        member: Member,
        clock: Clock,
        minutes: int,
    ) -> None:
        async with app_client(create_app(make_settings(totp_steps_off=0))) as client:
            mine = Traveller(client, caller)
            await mine.log_in(member)
            phone = await set_up_totp(mine, seconds_ahead=60 * minutes)
            # A step has just begun, so that it does not end meanwhile.
            clock.advance(8 * NEXT + timedelta(seconds=STEP - utc_now().timestamp() % STEP))
            asked = await mine.log_in(member)
            for steps in (-1, 1, -2 * minutes - 1):
                assert refusal(await verify(mine, asked, code=phone.code(steps))) == WRONG
            assert (await verify(mine, asked, code=phone.code())).status_code == 201

    @pytest.mark.parametrize("minutes", [-2, 2])
    async def test_a_phone_with_a_wrong_clock_works(
        self, traveller: Traveller, member: Member, clock: Clock, minutes: int
    ) -> None:
        await traveller.log_in(member)
        phone = await set_up_totp(traveller, seconds_ahead=minutes * 60)
        clock.advance(6 * NEXT)
        for _ in range(2):
            asked = await traveller.log_in(member)
            assert (await verify(traveller, asked, code=phone.code())).status_code == 201
            clock.advance(NEXT)
        # And once its clock has been set.
        phone.seconds_ahead = 0
        clock.advance(10 * NEXT)
        asked = await traveller.log_in(member)
        assert (await verify(traveller, asked, code=phone.code())).status_code == 201

    @pytest.mark.usefixtures("new_hour")
    async def test_the_eleventh_try_in_an_hour_is_not_looked_at(
        self, make_traveller: MakeTraveller, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        thief = make_traveller()
        for _ in range(2):
            asked = await thief.log_in(member)
            for _ in range(5):
                assert refusal(await verify(thief, asked, code=phone.wrong_code())) == WRONG
        asked = await make_traveller().log_in(member)
        elsewhere = make_traveller()
        asked = await elsewhere.log_in(member)
        answer = await verify(elsewhere, asked, code=phone.code())
        assert refusal(answer) == (429, "too_many_attempts")
        # The owner's own browser is not kept out by that.
        asked = await traveller.log_in(member)
        assert (await verify(traveller, asked, code=phone.code())).status_code == 201

    async def test_a_right_one_does_not_count(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone, clock: Clock
    ) -> None:
        for _ in range(12):
            other = make_traveller()
            asked = await other.log_in(member)
            assert (await verify(other, asked, code=phone.code())).status_code == 201
            clock.advance(NEXT)

    @pytest.mark.usefixtures("new_hour")
    async def test_the_password_does_not_clear_the_count(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        thief = make_traveller()
        codes = []
        for _ in range(12):
            asked = await thief.log_in(member)
            codes.append(refusal(await verify(thief, asked, code=phone.wrong_code()))[1])
        assert codes == ["wrong_code"] * 10 + ["too_many_attempts"] * 2


class TestRecoveryCodes:
    async def test_each_works_once_and_is_told_of(
        self,
        traveller: Traveller,
        member: Member,
        phone: Phone,
        events: Events,
        runner: TaskRunner,
        mail_server: MailServer,
    ) -> None:
        assert len({*phone.recovery_codes}) == 10
        code = phone.recovery_codes[3]
        asked = await traveller.log_in(member)
        # As people type it.
        typed = code.lower().replace("-", " ")
        answer = await verify(traveller, asked, recovery_code=typed)
        assert answer.status_code == 201, answer.text
        assert answer.json()["proof"]["amr"] == ["mfa", "pwd", "recovery"]
        (told,) = [e for e in await events(member.user_id) if isinstance(e, RecoveryCodeUsed)]
        assert told.actor == f"user:{member.user_id}"
        await runner.run_due()
        [mail] = [
            each for each in mail_server.to(member.email) if "recovery code" in each["Subject"]
        ]
        assert mail["Subject"] == "A recovery code of your StagifyAI account was used"
        assert "http://app.localhost:8080/reset" in text_of(mail)
        asked = await traveller.log_in(member)
        assert refusal(await verify(traveller, asked, recovery_code=code)) == WRONG
        assert (await traveller.call("GET", MFA, member.tenant_id)).status_code == 401
        # The codes that the app shows at this moment are used up with it.
        assert refusal(await verify(traveller, asked, code=phone.code())) == WRONG

    async def test_those_of_a_phone_that_is_ahead_are_used_up_too(
        self, traveller: Traveller, member: Member, clock: Clock
    ) -> None:
        await traveller.log_in(member)
        phone = await set_up_totp(traveller, seconds_ahead=120)
        clock.advance(8 * NEXT)
        asked = await traveller.log_in(member)
        answer = await verify(traveller, asked, recovery_code=phone.recovery_codes[0])
        assert answer.status_code == 201
        asked = await traveller.log_in(member)
        for steps in (0, -1):
            assert refusal(await verify(traveller, asked, code=phone.code(steps))) == WRONG

    async def test_one_at_once_ten_times_is_one_success(
        self, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        travellers = [make_traveller() for _ in range(10)]
        asked = [await each.log_in(member) for each in travellers]
        answers = await asyncio.gather(
            *(
                verify(each, one, recovery_code=phone.recovery_codes[0])
                for each, one in zip(travellers, asked, strict=True)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [403] * 9

    async def test_they_have_120_bits_and_are_kept_as_hashes(
        self, member: Member, phone: Phone, database: Database
    ) -> None:
        assert all(len(code.replace("-", "")) * 5 == 120 for code in phone.recovery_codes)
        async with database.system() as session:
            rows = (
                await session.execute(
                    text("SELECT code_hash FROM recovery_codes WHERE user_id = :id"),
                    {"id": member.user_id},
                )
            ).scalars()
        assert {len(each) for each in rows} == {32}

    async def test_new_ones_replace_all(
        self, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        answer = await traveller.call("POST", f"{MFA}/recovery-codes", None)
        assert answer.status_code == 201, answer.text
        new = answer.json()["recovery_codes"]
        assert not {*new} & {*phone.recovery_codes}
        asked = await traveller.log_in(member)
        assert (
            refusal(await verify(traveller, asked, recovery_code=phone.recovery_codes[0])) == WRONG
        )
        assert (await verify(traveller, asked, recovery_code=new[0])).status_code == 201

    async def test_there_are_none_without_a_factor(
        self, traveller: Traveller, member: Member
    ) -> None:
        await traveller.log_in(member)
        answer = await traveller.call("POST", f"{MFA}/recovery-codes", None)
        assert refusal(answer) == (409, "no_second_factor")

    async def test_how_long_it_takes_tells_nothing(
        self, traveller: Traveller, member: Member, phone: Phone, database: Database
    ) -> None:
        """One that was used and one that never was: the same statements."""

        async def cost(code: str) -> int:
            asked = await traveller.log_in(member)
            with statements() as seen:
                await verify(traveller, asked, recovery_code=code)
            return len(seen)

        used, never = phone.recovery_codes[0], "0000-0000-0000-0000-0000-0000"
        await cost(used)
        assert await cost(used) == await cost(never)


class TestSetUp:
    async def test_the_secret_is_shown_in_three_forms_and_stays_the_same(
        self, traveller: Traveller, member: Member, database: Database
    ) -> None:
        await traveller.log_in(member)
        first = await traveller.call("POST", TOTP, None)
        again = await traveller.call("POST", TOTP, None)
        assert first.json() == again.json()
        assert first.headers["cache-control"] == "no-store"
        secret, uri = first.json()["secret"], first.json()["uri"]
        label = member.email.replace("@", "%40")
        assert uri.startswith(f"otpauth://totp/StagifyAI:{label}?secret={secret}")
        assert "issuer=StagifyAI" in uri
        assert "+" not in uri
        assert first.json()["qr_svg"].startswith("<svg")
        assert "<script" not in first.json()["qr_svg"]
        async with database.system() as session:
            kept = (
                await session.execute(
                    text("SELECT secret FROM pending_totps WHERE user_id = :id"),
                    {"id": member.user_id},
                )
            ).scalar_one()
        assert secret.encode() not in kept

    async def test_a_wrong_code_changes_nothing(self, traveller: Traveller, member: Member) -> None:
        await traveller.log_in(member)
        secret = (await traveller.call("POST", TOTP, None)).json()["secret"]
        phone = Phone(secret)
        assert refusal(await confirm(traveller, phone.wrong_code())) == WRONG
        assert (await traveller.call("POST", TOTP, None)).json()["secret"] == secret
        assert (await traveller.call("GET", MFA, None)).json()["totp"] is None
        assert (await confirm(traveller, phone.code())).status_code == 200

    @pytest.mark.usefixtures("new_hour")
    async def test_guessing_is_counted(self, traveller: Traveller, member: Member) -> None:
        await traveller.log_in(member)
        phone = Phone((await traveller.call("POST", TOTP, None)).json()["secret"])
        for _ in range(10):
            assert refusal(await confirm(traveller, phone.wrong_code())) == WRONG
        assert refusal(await confirm(traveller, phone.code())) == (429, "too_many_attempts")

    async def test_it_is_over_after_a_while_and_in_another_session(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, clock: Clock
    ) -> None:
        await traveller.log_in(member)
        assert refusal(await confirm(traveller, "123456")) == (410, "set_up_expired")
        phone = Phone((await traveller.call("POST", TOTP, None)).json()["secret"])
        other = make_traveller()
        await other.log_in(member)
        assert refusal(await confirm(other, phone.code())) == (410, "set_up_expired")
        clock.advance(timedelta(minutes=9))
        await traveller.call("POST", STEP_UP, None, {"current_password": PASSWORD})
        assert refusal(await confirm(traveller, phone.code())) == (410, "set_up_expired")

    async def test_the_old_app_works_until_the_new_one_does(
        self, traveller: Traveller, make_traveller: MakeTraveller, member: Member, phone: Phone
    ) -> None:
        started = await traveller.call("POST", TOTP, None)
        assert started.json()["secret"] != phone.secret
        other = make_traveller()
        asked = await other.log_in(member)
        assert (await verify(other, asked, code=phone.code())).status_code == 201

    async def test_it_ends_everything_else(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        clock: Clock,
        database: Database,
        events: Events,
        runner: TaskRunner,
        mail_server: MailServer,
    ) -> None:
        other, thief = make_traveller(), make_traveller()
        await other.log_in(member, member.tenant_id)
        await traveller.log_in(member)
        thief.cookies[None] = dict(traveller.cookies[None])
        await traveller.call("POST", "/v1/password-resets", None, {"email": member.email})
        await runner.run_due()
        phone = await set_up_totp(traveller)
        assert (await other.session(member.tenant_id)).status_code == 401
        assert (await thief.session()).status_code == 401
        session = (await traveller.session()).json()
        assert session["proof"]["amr"] == ["mfa", "otp", "pwd"]
        async with database.system() as session_:
            left = await session_.execute(
                text("SELECT count(*) FROM password_resets WHERE user_id = :id"),
                {"id": member.user_id},
            )
        assert left.scalar_one() == 0
        (told,) = [e for e in await events(member.user_id) if isinstance(e, FactorAdded)]
        assert (told.factor, told.actor) == ("totp", f"user:{member.user_id}")
        await runner.run_due()
        mail = mail_server.to(member.email)[-1]
        assert mail["Subject"] == "How you log in to StagifyAI was changed"
        # A log-in that waits ends with the next change.
        clock.advance(2 * NEXT)
        asked = await other.log_in(member)
        assert (await traveller.call("DELETE", TOTP, None)).status_code == 204
        assert refusal(await verify(other, asked, code=phone.code())) == INVALID
        (gone,) = [e for e in await events(member.user_id) if isinstance(e, FactorRemoved)]
        assert (gone.factor, gone.means) == ("totp", "change")
        mine = (await traveller.call("GET", MFA, None)).json()
        assert (mine["totp"], mine["recovery_codes"], mine["is_asked"]) == (None, 0, False)
        assert refusal(await traveller.call("DELETE", TOTP, None)) == (404, "totp_not_found")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PATCH", MFA, {"is_always_asked": True}),
            ("POST", TOTP, None),
            ("POST", f"{TOTP}/confirm", {"code": "123456"}),
            ("DELETE", TOTP, None),
            ("POST", f"{MFA}/recovery-codes", None),
        ],
    )
    async def test_every_change_needs_a_step_up(
        self, traveller: Traveller, member: Member, clock: Clock, method: str, path: str, body: Any
    ) -> None:
        for host in (None, member.tenant_id):
            await traveller.log_in(member, host)
            clock.advance(timedelta(minutes=10, seconds=1))
            answer = await traveller.call(method, path, host, body)
            assert refusal(answer) == (403, "step_up_required")
            await traveller.call("DELETE", "/v1/session", host)
            answer = await traveller.call(method, path, host, body)
            assert answer.status_code == 401


class TestStepUp:
    async def test_a_password_is_not_enough_for_whoever_has_a_factor(
        self, traveller: Traveller, phone: Phone, clock: Clock
    ) -> None:
        clock.advance(timedelta(minutes=11))
        answer = await traveller.call("POST", STEP_UP, None, {"current_password": PASSWORD})
        assert refusal(answer) == (403, "second_factor_needed")
        answer = await traveller.call("POST", STEP_UP, None, {"code": phone.wrong_code()})
        assert refusal(answer) == WRONG
        answer = await traveller.call("POST", STEP_UP, None, {"code": phone.code()})
        assert answer.status_code == 200, answer.text
        # The same code is no log-in.
        again = await traveller.call("POST", STEP_UP, None, {"code": phone.code()})
        assert refusal(again) == WRONG

    async def test_a_recovery_code_is_enough_to_replace_a_lost_phone(
        self, traveller: Traveller, phone: Phone, clock: Clock
    ) -> None:
        clock.advance(timedelta(minutes=11))
        body = {"recovery_code": phone.recovery_codes[0]}
        assert (await traveller.call("POST", STEP_UP, None, body)).status_code == 200
        assert (await traveller.call("DELETE", TOTP, None)).status_code == 204

    @pytest.mark.usefixtures("new_hour")
    async def test_its_guesses_count_with_those_of_log_ins(
        self, traveller: Traveller, member: Member, phone: Phone
    ) -> None:
        asked = await traveller.log_in(member)
        for _ in range(5):
            assert refusal(await verify(traveller, asked, code=phone.wrong_code())) == WRONG
        for _ in range(5):
            answer = await traveller.call("POST", STEP_UP, None, {"code": phone.wrong_code()})
            assert refusal(answer) == WRONG
        answer = await traveller.call("POST", STEP_UP, None, {"code": phone.code()})
        assert refusal(answer) == (429, "too_many_attempts")


class TestWaysAround:
    async def test_a_new_password_by_mail_keeps_the_factor(
        self,
        traveller: Traveller,
        make_traveller: MakeTraveller,
        member: Member,
        phone: Phone,
        runner: TaskRunner,
        mail_server: MailServer,
    ) -> None:
        await traveller.call("POST", "/v1/password-resets", None, {"email": member.email})
        await runner.run_due()
        body = text_of(mail_server.to(member.email)[-1])
        token = body.partition("#token=")[2].split()[0]
        new = "an entirely different one"
        answer = await traveller.call(
            "POST", "/v1/password-resets/confirm", None, {"token": token, "password": new}
        )
        assert answer.status_code == 204
        assert COOKIE_NAME not in str(answer.headers.get_list("set-cookie"))
        for browser in (traveller, make_traveller()):
            asked = await browser.call(
                "POST", "/v1/session", None, {"email": member.email, "password": new}
            )
            assert asked.status_code == 202

    async def test_another_workspace_by_sign_up_logs_nobody_in(
        self,
        member: Member,
        phone: Phone,
        begin: Any,
        visitor: Any,
        runner: TaskRunner,
    ) -> None:
        # The note about the app goes first: the code is in the newest mail.
        await runner.run_due()
        begun = await begin(member.email, f"other-{uuid4().hex[:12]}")
        answer: httpx.Response = await visitor.confirm(*begun)
        assert answer.status_code == 201, answer.text
        assert answer.headers.get_list("set-cookie") == []
        # Neither does its repetition.
        again: httpx.Response = await visitor.confirm(*begun)
        assert again.status_code == 201
        assert again.headers.get_list("set-cookie") == []

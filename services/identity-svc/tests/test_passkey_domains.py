"""Passkeys belong to a domain. With another one the API does not start, unless its operator gives them up by name;
and then nobody is asked for what they cannot show any more."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from identity_svc.app import create_app
from identity_svc.factors.models import Passkey
from identity_svc.factors.queries import PASSKEY_HOSTS
from identity_svc.factors.service import LostPasskeysError
from identity_svc.people.models import User
from identity_svc.settings import Settings
from identity_testing import Caller, MakeSettings, Member, refusal
from mfa_testing import MFA, set_up_totp, verify
from passkeys_testing import answer_to, log_in, make
from proof.authenticator import Authenticator
from stagify.clock import utc_now
from stagify.database import Database
from stagify.migrations.runner import upgrade
from stagify.testing import DatabaseUrls, TestDatabases, app_client
from traveller_testing import MakeTraveller, Traveller

MOVED = "moved.test:8080"


async def start(settings: Settings) -> None:
    """Start the API, and stop it."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        pass


def at(urls: DatabaseUrls) -> dict[str, str]:
    """The settings that lead to another database."""
    return {"database_url": urls.app, "person_database_url": urls.extra["person"]}


@pytest.mark.usefixtures("device")
class TestStart:
    async def test_another_domain_is_refused_with_what_can_be_done(
        self, make_settings: MakeSettings
    ) -> None:
        with pytest.raises(LostPasskeysError) as refused:
            await start(make_settings(base_domain=MOVED))
        assert str(refused.value) == (
            "there are passkeys of localhost, which nobody can use at moved.test:"
            " set BASE_DOMAIN back, or give them up with LOST_PASSKEY_DOMAINS=localhost"
        )

    @pytest.mark.parametrize("same", ["localhost", "LOCALHOST:9090"])
    async def test_a_port_is_not_another_domain(
        self, make_settings: MakeSettings, same: str
    ) -> None:
        await start(make_settings(base_domain=same))

    @pytest.mark.parametrize("names", ["localhost", "older.test, LOCALHOST:8080,"])
    async def test_they_can_be_given_up_by_name(
        self, make_settings: MakeSettings, names: str
    ) -> None:
        await start(make_settings(base_domain=MOVED, lost_passkey_domains=names))

    async def test_those_of_one_domain_are_not_given_up_with_those_of_another(
        self, make_settings: MakeSettings
    ) -> None:
        settings = make_settings(base_domain=MOVED, lost_passkey_domains="older.test")
        with pytest.raises(LostPasskeysError, match=r"=localhost,older\.test$"):
            await start(settings)

    @pytest.mark.parametrize("names", ["moved.test", "older.test,Moved.test:80"])
    def test_those_of_the_domain_itself_are_not_given_up(
        self, make_settings: MakeSettings, names: str
    ) -> None:
        with pytest.raises(ValidationError, match="must not name BASE_DOMAIN"):
            make_settings(base_domain=MOVED, lost_passkey_domains=names)

    async def test_all_people_and_all_domains_are_looked_at(
        self, make_settings: MakeSettings, test_databases: TestDatabases
    ) -> None:
        urls = await test_databases.empty("identity")
        # Before the first migration there are no passkeys.
        await start(make_settings(**at(urls)))
        await asyncio.to_thread(upgrade, "identity_svc", urls.owner)
        await start(make_settings(**at(urls)))
        for number, domain in enumerate(("c.test", "b.test", "a.test", "b.test")):
            await add(urls, number, f"app.{domain}")
        with pytest.raises(LostPasskeysError, match=r"^there are passkeys of a\.test, c\.test,"):
            await start(make_settings(**at(urls), base_domain="b.test"))
        await start(
            make_settings(**at(urls), base_domain="b.test", lost_passkey_domains="c.test,a.test")
        )

    async def test_a_start_does_not_read_all_passkeys(self, database: Database) -> None:
        async with database.system() as session:
            # So few rows are read faster otherwise.
            for way in ("seqscan", "bitmapscan"):
                await session.execute(text(f"SET LOCAL enable_{way} = off"))
            plan = await session.execute(text(f"EXPLAIN ANALYZE {PASSKEY_HOSTS.text}"))
            steps = "\n".join(plan.scalars())
        assert steps.count("using ix_passkeys_rp_id on passkeys") == 2


async def add(urls: DatabaseUrls, number: int, host: str) -> None:
    """Keep a passkey of that host, of somebody new."""
    database = Database(urls.app, service="identity-svc")
    try:
        async with database.system() as session:
            address = f"ada.{number}@example.com"
            user = User(
                email=address, email_key=address, name="Ada", password_hash="", created_at=utc_now()
            )
            session.add(user)
            await session.flush()
            passkey = Passkey(
                user_id=user.id,
                rp_id=host,
                credential_id=bytes([number]),
                public_key=b"",
                sign_count=0,
                transports=[],
                name="My laptop",
            )
            session.add(passkey)
    finally:
        await database.close()


@pytest.fixture
async def moved(
    make_settings: MakeSettings, database: Database, device: Authenticator
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the platform after it has moved, without the passkeys of its people, the member's among
    them. Their workspaces ask for a second factor."""
    settings = make_settings(
        base_domain=MOVED, lost_passkey_domains="localhost", mfa_due_at=utc_now()
    )
    async with app_client(create_app(settings)) as client:
        yield client
    # The other tests have not moved.
    async with database.system() as session:
        await session.execute(text("DELETE FROM passkeys WHERE rp_id = 'app.moved.test'"))


@pytest.fixture
def there(moved: httpx.AsyncClient, caller: Caller) -> MakeTraveller:
    """Opens browsers that go from host to host after the move."""
    return lambda: Traveller(moved, caller)


async def codes_of(traveller: Traveller) -> list[str]:
    """New recovery codes."""
    made = await traveller.call("POST", f"{MFA}/recovery-codes", None)
    codes: list[str] = made.json()["recovery_codes"]
    return codes


async def want_more(traveller: Traveller) -> None:
    """Have a log-in with the password ask for a passkey."""
    answer = await traveller.call("PATCH", MFA, None, {"is_always_asked": True})
    assert answer.status_code == 204, answer.text


class TestWithoutThem:
    async def test_the_password_still_logs_in_who_wanted_no_more(
        self,
        there: MakeTraveller,
        make_traveller: MakeTraveller,
        member: Member,
        device: Authenticator,
    ) -> None:
        mine = there()
        assert (await mine.log_in(member)).status_code == 201
        own = (await mine.call("GET", MFA, None)).json()
        assert (own["passkeys"], own["is_asked"]) == ([], False)
        # If the domain is set back, they are all there.
        assert (await log_in(make_traveller(), device)).status_code == 201

    async def test_a_recovery_code_stands_for_them_until_there_is_another(
        self, traveller: Traveller, there: MakeTraveller, member: Member
    ) -> None:
        await want_more(traveller)
        code, *_ = await codes_of(traveller)
        mine, laptop = there(), Authenticator(origin=f"http://app.{MOVED}")
        waiting = await mine.log_in(member)
        assert (waiting.status_code, waiting.json()["methods"]) == (202, ["recovery_code"])
        assert waiting.json()["passkey"] is None
        assert (await verify(mine, waiting, recovery_code=code)).status_code == 201
        # Codes alone are not renewed: they stand for something else.
        answer = await mine.call("POST", f"{MFA}/recovery-codes", None)
        assert refusal(answer) == (409, "no_second_factor")
        assert (await make(mine, laptop)).json()["recovery_codes"] is None
        other = there()
        waiting = await other.log_in(member)
        assert waiting.json()["methods"] == ["passkey", "recovery_code"]
        assert len(waiting.json()["passkey"]["allowCredentials"]) == 1
        answer = await answer_to(other, waiting, laptop.get(waiting.json()["passkey"]))
        assert answer.status_code == 201, answer.text

    async def test_an_app_for_codes_goes_on_alone(
        self, traveller: Traveller, there: MakeTraveller, member: Member
    ) -> None:
        await set_up_totp(traveller)
        waiting = await there().log_in(member)
        assert waiting.json()["methods"] == ["totp", "recovery_code"]

    async def test_nobody_is_asked_for_what_they_cannot_show(
        self, traveller: Traveller, there: MakeTraveller, member: Member, database: Database
    ) -> None:
        await want_more(traveller)
        async with database.system() as session:
            await session.execute(
                text("DELETE FROM recovery_codes WHERE user_id = :id"), {"id": member.user_id}
            )
        assert (await there().log_in(member)).status_code == 201

    async def test_the_password_alone_does_not_replace_them_in_a_workspace_that_asks(
        self, traveller: Traveller, there: MakeTraveller, member: Member
    ) -> None:
        code, *_ = await codes_of(traveller)
        mine = there()
        waiting = await mine.log_in(member, member.tenant_id)
        assert (waiting.status_code, waiting.json()["methods"]) == (202, ["recovery_code"])
        answer = await verify(mine, waiting, member.tenant_id, recovery_code=code)
        assert answer.status_code == 201, answer.text

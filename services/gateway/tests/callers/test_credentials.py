"""How long a verdict is believed."""

import asyncio
from datetime import timedelta
from time import monotonic
from uuid import UUID

from gateway.callers.credentials import Credentials, CredentialSettings, LookUp, Verdict
from gateway.callers.lasting import LastingAnswers
from gateway.callers.uses import Uses
from gateway.testing.client import SESSION
from gateway.wire.refusals import Refusal
from stagify.calls.identity import ApiKeyUse, CredentialLookUp, CredentialRead
from stagify.clock import utc_now
from stagify.ids import new_id

TENANT = new_id()
KEY = TENANT.bytes + SESSION.encode()
SETTINGS = CredentialSettings(lifetime=300, lifetime_without_feed=5)


async def known(*, session_seconds: float) -> Credentials:
    """A cache with the verdict on a session that ends after so long."""

    async def ask(tenant_id: UUID, shown: CredentialLookUp) -> CredentialRead:
        user_id = new_id()
        return CredentialRead(
            kind="user",
            credential_id=new_id(),
            subject=user_id,
            user_id=user_id,
            role="member",
            permissions=[],
            expires_at=utc_now() + timedelta(seconds=session_seconds),
        )

    async def tell(uses: list[ApiKeyUse]) -> None:
        raise AssertionError("sessions are not told")

    credentials = Credentials(ask, SETTINGS, LastingAnswers(), Uses(tell))
    credentials.follow_feed(is_current=True)
    look_up = credentials.look_up(KEY)
    assert isinstance(look_up, LookUp)
    found: asyncio.Future[Verdict | Refusal] = asyncio.get_running_loop().create_future()
    look_up.wait(found.set_result)
    assert isinstance(await found, Verdict)
    return credentials


async def test_no_longer_than_the_session() -> None:
    credentials = await known(session_seconds=60)
    now = monotonic()
    assert credentials.get(KEY, now + 59) is not None
    assert credentials.get(KEY, now + 61) is None


async def test_for_some_minutes_while_revocations_arrive() -> None:
    credentials = await known(session_seconds=3_600)
    now = monotonic()
    assert credentials.get(KEY, now + SETTINGS.lifetime - 1) is not None
    assert credentials.get(KEY, now + SETTINGS.lifetime + 1) is None


async def test_for_seconds_while_none_can_arrive() -> None:
    credentials = await known(session_seconds=3_600)
    credentials.follow_feed(is_current=False)
    now = monotonic()
    assert credentials.get(KEY, now + SETTINGS.lifetime_without_feed - 1) is not None
    assert credentials.get(KEY, now + SETTINGS.lifetime_without_feed + 1) is None

"""What the look-up of a cached credential costs the gateway: CPU-microseconds each.

Run with `python bench/credentials.py`. As many credentials are known as the gateway keeps, of sessions and of API keys
in turns, and each is looked up in an order of its own, so that hardly any is in the processor's caches.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from gateway.callers.credentials import MAX_KNOWN, Credentials, CredentialSettings, LookUp
from gateway.callers.lasting import LastingAnswers
from gateway.callers.uses import Uses
from proof.figures import Bar, median, report
from stagify.calls.identity import ApiKeyUse, CredentialLookUp, CredentialRead
from stagify.ids import new_id

ROUNDS = 5
FIGURE = "look-up of a cached credential, CPU-µs"
BARS = [Bar(FIGURE, at_most=15)]


async def ask(_: UUID, shown: CredentialLookUp) -> CredentialRead:
    """What identity-svc says of each."""
    user_id = new_id()
    return CredentialRead(
        kind="user" if shown.type == "session" else "api_key",
        subject=user_id,
        user_id=user_id,
        credential_id=new_id(),
        role="member",
        permissions=["projects:read"],
        expires_at=None,
    )


async def tell(_: Sequence[ApiKeyUse]) -> None:
    """That keys are in use is told beside the look-ups."""


def shown(number: int) -> bytes:
    """What a caller sends."""
    if number % 2:
        return secrets.token_urlsafe(32).encode()
    return b"Bearer stg_live_" + secrets.token_hex(28).encode()


async def known(credentials: Credentials) -> list[bytes]:
    """As many as are kept, all looked up once."""
    keys = [new_id().bytes + shown(number) for number in range(MAX_KNOWN)]
    for start in range(0, len(keys), 200):
        waiting = []
        for key in keys[start : start + 200]:
            look_up = credentials.look_up(key)
            assert isinstance(look_up, LookUp)
            answered: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            look_up.wait(answered.set_result)
            waiting.append(answered)
        await asyncio.gather(*waiting)
    return keys


def cost(credentials: Credentials, keys: list[bytes]) -> float:
    """Microseconds of CPU for each look-up."""
    random.shuffle(keys)
    now = monotonic()
    begun = time.process_time()
    for key in keys:
        if credentials.get(key, now) is None:
            raise RuntimeError("not known any more")
    return (time.process_time() - begun) / len(keys) * 1e6


async def main() -> None:
    """Several rounds, of which the median counts."""
    settings = CredentialSettings(lifetime=3_600)
    credentials = Credentials(ask, settings, LastingAnswers(), Uses(tell))
    credentials.follow_feed(is_current=True)
    keys = await known(credentials)
    costs = [cost(credentials, keys) for _ in range(ROUNDS)]
    await credentials.close()
    report("credentials", {FIGURE: median(costs)}, {"rounds": costs, "known": len(keys)}, bars=BARS)


if __name__ == "__main__":
    asyncio.run(main())

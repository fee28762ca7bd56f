"""What the tests of identity-svc share about second factors: an app for codes, and people who have one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx
import pyotp

from stagify.clock import utc_now
from traveller_testing import Traveller

MFA = "/v1/me/mfa"
TOTP = f"{MFA}/totp"
STEP = 30


@dataclass
class Phone:
    """Somebody's app for codes, whose clock may be wrong."""

    secret: str
    seconds_ahead: float = 0
    recovery_codes: Sequence[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """The code of this moment, or of so many steps later."""
        at = utc_now().timestamp() + self.seconds_ahead + steps * STEP
        return pyotp.TOTP(self.secret).at(int(at))

    def wrong_code(self) -> str:
        """A code that is not right now, nor was or will be a few minutes away."""
        near = {self.code(steps) for steps in range(-12, 13)}
        return next(code for code in map("{:06d}".format, range(1000)) if code not in near)


async def set_up_totp(
    traveller: Traveller, host: UUID | None = None, *, seconds_ahead: float = 0
) -> Phone:
    """A new app for codes of the person who is logged in there a short while ago."""
    started = await traveller.call("POST", TOTP, host)
    assert started.status_code == 201, started.text
    phone = Phone(started.json()["secret"], seconds_ahead)
    confirmed = await confirm(traveller, phone.code(), host)
    assert confirmed.status_code == 200, confirmed.text
    phone.recovery_codes = confirmed.json()["recovery_codes"] or []
    return phone


async def confirm(traveller: Traveller, code: str, host: UUID | None = None) -> httpx.Response:
    """The answer to the confirmation of an app for codes."""
    return await traveller.call("POST", f"{TOTP}/confirm", host, {"code": code})


async def verify(
    traveller: Traveller, asked: httpx.Response, host: UUID | None = None, **proof: object
) -> httpx.Response:
    """The answer to the second half of a log-in."""
    assert asked.status_code == 202, asked.text
    path = f"/v1/session/{asked.json()['challenge_id']}/verify"
    return await traveller.call("POST", path, host, proof)

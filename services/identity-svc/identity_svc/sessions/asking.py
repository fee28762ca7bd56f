"""A log-in that waits for a second factor.

Whoever has shown the first factor gets no session, but a challenge: for a few minutes, for this host, and
for this browser alone, which has the other half of it in a cookie.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity_svc.digests.service import new_token
from identity_svc.factors.service import CHALLENGE_LIFE, Asked, Factors, Method, begin_challenge
from identity_svc.parts import Parts
from identity_svc.people.service import Account
from identity_svc.sessions.cookies import CHALLENGE_COOKIE_NAME, Cookie, cookie
from stagify.database import Session

LOG_IN = "log_in"

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SecondFactorDue:
    """What a browser is told whose log-in waits; `secret` is its half of the challenge."""

    challenge_id: UUID
    methods: tuple[Method, ...]
    expires_at: datetime
    secret: str

    @property
    def cookie(self) -> Cookie:
        """What the browser keeps meanwhile."""
        return cookie(CHALLENGE_COOKIE_NAME, self.secret, CHALLENGE_LIFE)


def browser_hash(parts: Parts, secret: str) -> bytes:
    """The hash that is stored of a browser's half."""
    return parts.digester.digest("challenge", secret)


def ask(
    session: Session,
    parts: Parts,
    *,
    account: Account,
    factors: Factors,
    amr: tuple[str, ...],
    tenant_id: UUID | None,
    secret: str,
) -> SecondFactorDue:
    """Have the log-in of somebody who has shown `amr` wait for one of their factors. `secret` is what
    the browser has in its cookie: two pages of it do not get into each other's way."""
    kept = secret if _SECRET.fullmatch(secret) else new_token()
    made = begin_challenge(
        session,
        purpose=LOG_IN,
        tenant_id=tenant_id,
        browser_hash=browser_hash(parts, kept),
        asked=Asked(account.id, account.password_version, amr),
    )
    return SecondFactorDue(made.id, factors.methods, made.expires_at, kept)

"""A log-in that waits for a second factor.

Whoever has shown the first factor gets no session, but a challenge: for a few minutes, for this host, and
for this browser alone, which has the other half of it in a cookie.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from identity_svc.digests.service import new_token
from identity_svc.factors.service import (
    CHALLENGE_LIFE,
    Asked,
    Factors,
    Method,
    ask_anybody,
    begin_challenge,
    credentials_of,
    new_nonce,
    passkey_options,
)
from identity_svc.parts import Parts
from identity_svc.people.service import Account
from identity_svc.sessions.cookies import CHALLENGE_COOKIE_NAME, Cookie, cookie
from stagify.database import Session

# A log-in that waits for a second factor.
LOG_IN = "log_in"

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SecondFactorDue:
    """What a browser is told whose log-in waits; `secret` is its half of the challenge."""

    challenge_id: str
    methods: tuple[Method, ...]
    expires_at: datetime
    secret: str
    # What the browser is asked to show a passkey with, where it can.
    passkey: dict[str, Any] | None

    @property
    def cookie(self) -> Cookie:
        """What the browser keeps meanwhile."""
        return cookie(CHALLENGE_COOKIE_NAME, self.secret, CHALLENGE_LIFE)


def browser_hash(parts: Parts, secret: str) -> bytes:
    """The hash that is stored of a browser's half."""
    return parts.digester.digest("challenge", secret)


async def ask(
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
    kept = secret_for(secret)
    is_for_passkey = tenant_id is None and "passkey" in factors.methods
    made = begin_challenge(
        session,
        purpose=LOG_IN,
        tenant_id=tenant_id,
        browser_hash=browser_hash(parts, kept),
        asked=Asked(account.id, account.password_version, amr),
        nonce=new_nonce() if is_for_passkey else None,
    )
    options = None
    if is_for_passkey:
        options = passkey_options(parts, made, await credentials_of(session, parts, account.id))
    return SecondFactorDue(str(made.id), factors.methods, made.expires_at, kept, options)


def ask_for_passkey(parts: Parts, secret: str) -> SecondFactorDue:
    """Ask a browser on the platform's host for any passkey, of whoever uses it. Nothing is kept of that."""
    kept = secret_for(secret)
    name, asked = ask_anybody(parts.digester, browser_hash(parts, kept))
    return SecondFactorDue(
        name, ("passkey",), asked.expires_at, kept, passkey_options(parts, asked, ())
    )


def secret_for(secret: str) -> str:
    """A browser's half of a challenge: the one that it has, or a new one."""
    return secret if _SECRET.fullmatch(secret) else new_token()

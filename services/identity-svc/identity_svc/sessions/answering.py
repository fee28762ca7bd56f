"""The answer to a challenge: the second half of a log-in.

The try is counted, and the challenge with it, in a transaction of its own before anything is compared.
Then one transaction looks at the code, uses it up together with the challenge, and makes the session: so
of many answers at once one gets in, and whatever about the person has changed since the first half ends
the log-in.
"""

from dataclasses import dataclass
from uuid import UUID

from identity_svc.factors.service import (
    PROVED,
    ChallengeInvalidError,
    CodeProof,
    count_try,
    get_challenge,
    prove_code,
    take_challenge,
    withdraw_try,
)
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions.asking import LOG_IN, browser_hash
from identity_svc.sessions.opening import (
    Browser,
    LogIn,
    PersonLogIn,
    Shown,
    enter,
    owner_of,
    sign_in,
)
from identity_svc.sessions.service import LOG_INS
from identity_svc.throttling.service import Limit
from stagify import cause
from stagify.database import Session


@dataclass(frozen=True, slots=True)
class Answer:
    """Which challenge is answered with what, on which host, by which browser; and the session that is
    replaced: in a tenant by its id, on the platform's host by its token."""

    challenge_id: str
    tenant_id: UUID | None
    proof: CodeProof
    browser: Browser
    replaces: UUID | None = None
    replaces_token: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The log-in that waits, and how this try was counted."""

    challenge_id: UUID
    account: people.Account
    amr: tuple[str, ...]
    limit: Limit


async def answer(parts: Parts, request: Answer) -> LogIn | PersonLogIn:
    """A session for the person whose log-in waits; ChallengeInvalidError if none does, or no longer, or
    for another browser or host; WrongCodeError if this is not what it waits for."""
    waiting = await _find(parts, request)
    account = waiting.account
    shown = Shown(account, tuple(sorted({*waiting.amr, *PROVED[request.proof.method]})))
    with cause.named(f"user:{account.id}"):
        made = await _finish(parts, request, waiting, shown)
    if made is None:
        raise ChallengeInvalidError
    LOG_INS.labels("accepted").inc()
    return made


async def _finish(
    parts: Parts, request: Answer, waiting: _Waiting, shown: Shown
) -> LogIn | PersonLogIn | None:
    browser, tenant_id = request.browser, request.tenant_id
    if tenant_id is None:
        async with parts.database.system() as session:
            await _prove(session, parts, request, waiting)
            return await sign_in(
                session, parts, browser, shown=shown, replaces=request.replaces_token
            )
    async with parts.database.tenant(tenant_id) as session:
        await _prove(session, parts, request, waiting)
        return await enter(
            session,
            parts,
            browser,
            tenant_id=tenant_id,
            shown=shown,
            replaces=request.replaces,
        )


async def _find(parts: Parts, request: Answer) -> _Waiting:
    async with parts.database.system() as session:
        challenge = await get_challenge(
            session,
            request.challenge_id,
            tenant_id=request.tenant_id,
            browser_hash=browser_hash(parts, request.browser.challenge_secret),
        )
        if challenge.purpose != LOG_IN or challenge.user_id is None:
            raise ChallengeInvalidError
        account = await people.get_account(session, challenge.user_id)
        if account.password_version != challenge.password_version:
            raise ChallengeInvalidError
        device = parts.devices.find(request.browser.device_cookie, owner_of(account))
        limit = await count_try(session, parts, account.id, request.proof.method, device)
        return _Waiting(challenge.id, account, tuple(challenge.amr), limit)


async def _prove(session: Session, parts: Parts, request: Answer, waiting: _Waiting) -> None:
    if not await people.hold_password(session, waiting.account):
        raise ChallengeInvalidError
    await prove_code(session, parts, waiting.account.id, request.proof)
    await take_challenge(session, waiting.challenge_id)
    await withdraw_try(session, waiting.limit)

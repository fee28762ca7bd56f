"""The answer to a challenge: the second half of a log-in, or a log-in with a passkey.

The try is counted, and the challenge with it, in a transaction of its own before anything is compared.
Then one transaction looks at what is shown, uses it up together with the challenge, and makes the session:
so of many answers at once one gets in, and whatever about the person has changed since the first half
ends the log-in.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from identity_svc.factors.service import (
    PASSKEY,
    PROVED,
    ChallengeInvalidError,
    CodeProof,
    PasskeyProof,
    WrongPasskeyError,
    count_try,
    find_factors,
    get_challenge,
    is_multi_factor,
    prove_code,
    prove_passkey,
    take_challenge,
    whose_passkey,
    withdraw_try,
)
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions.asking import LOG_IN, SecondFactorDue, ask, browser_hash
from identity_svc.sessions.mail import tell_of_device
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

if TYPE_CHECKING:
    from identity_svc.factors.models import Challenge


@dataclass(frozen=True, slots=True)
class Answer:
    """Which challenge is answered with what, on which host, by which browser; and the session that is
    replaced: in a tenant by its id, on the platform's host by its token."""

    challenge_id: str
    tenant_id: UUID | None
    proof: CodeProof | PasskeyProof
    browser: Browser
    replaces: UUID | None = None
    replaces_token: str = ""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The log-in that waits, what was shown for it so far, and how this try was counted, if it was: nobody
    can guess what a passkey signs."""

    challenge: "Challenge"
    account: people.Account
    limit: Limit | None

    @property
    def amr(self) -> tuple[str, ...]:
        return tuple(self.challenge.amr)


Made = LogIn | PersonLogIn | SecondFactorDue


async def answer(parts: Parts, request: Answer) -> Made:
    """A session for the person whose log-in waits, or whose passkey this is; ChallengeInvalidError if
    none waits, or no longer, or for another browser or host; WrongCodeError or WrongPasskeyError if this
    is not what it waits for. Who has shown a passkey alone, without a finger or a PIN, may be asked for
    another factor."""
    waiting = await _find(parts, request)
    with cause.named(f"user:{waiting.account.id}"):
        made = await _finish(parts, request, waiting)
    if made is None:
        raise ChallengeInvalidError
    LOG_INS.labels("challenged" if isinstance(made, SecondFactorDue) else "accepted").inc()
    return made


async def _find(parts: Parts, request: Answer) -> _Waiting:
    proof = request.proof
    async with parts.database.system() as session:
        challenge = await get_challenge(
            session,
            parts.digester,
            request.challenge_id,
            tenant_id=request.tenant_id,
            browser_hash=browser_hash(parts, request.browser.challenge_secret),
        )
        user_id = challenge.user_id
        if challenge.purpose == PASSKEY and isinstance(proof, PasskeyProof):
            user_id = await whose_passkey(session, proof)
        elif challenge.purpose != LOG_IN or user_id is None:
            raise ChallengeInvalidError
        if user_id is None:
            raise WrongPasskeyError
        account = await people.get_account(session, user_id)
        if challenge.password_version not in (None, account.password_version):
            raise ChallengeInvalidError
        limit = None
        if isinstance(proof, CodeProof):
            device = parts.devices.find(request.browser.device_cookie, owner_of(account))
            limit = await count_try(session, parts, account.id, proof.method, device)
        return _Waiting(challenge, account, limit)


async def _finish(parts: Parts, request: Answer, waiting: _Waiting) -> Made | None:
    account, browser, tenant_id = waiting.account, request.browser, request.tenant_id
    database = parts.database
    async with database.system() if tenant_id is None else database.tenant(tenant_id) as session:
        amr = await _prove(session, parts, request, waiting)
        factors = await find_factors(session, parts, account.id)
        if factors.is_asked and not is_multi_factor(amr):
            return await ask(
                session,
                parts,
                account=account,
                factors=factors,
                amr=amr,
                tenant_id=tenant_id,
                secret=browser.challenge_secret,
            )
        shown = Shown(account, amr)
        made: LogIn | PersonLogIn | None
        if tenant_id is None:
            made = await sign_in(
                session, parts, browser, shown=shown, replaces=request.replaces_token
            )
        else:
            made = await enter(
                session, parts, browser, tenant_id=tenant_id, shown=shown, replaces=request.replaces
            )
        if made is not None:
            await tell_of_device(session, parts, browser, account)
        return made


async def _prove(
    session: Session, parts: Parts, request: Answer, waiting: _Waiting
) -> tuple[str, ...]:
    """What the person has shown by now."""
    account, proof = waiting.account, request.proof
    if not await people.hold_password(session, account):
        raise ChallengeInvalidError
    if isinstance(proof, CodeProof):
        await prove_code(session, parts, account.id, proof)
        proved = PROVED[proof.method]
    else:
        proved = await prove_passkey(
            session, parts, account.id, waiting.challenge.nonce, proof, before=waiting.amr
        )
    await take_challenge(session, waiting.challenge)
    if waiting.limit is not None:
        await withdraw_try(session, waiting.limit)
    return tuple(sorted({*waiting.amr, *proved}))

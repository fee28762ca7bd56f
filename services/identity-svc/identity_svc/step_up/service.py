"""A step-up: somebody who is logged in proves once more who they are.

What must not be done with a stolen session asks for it (`callers.SteppedUpDep`, and `requires(…,
step_up=True)` in every service). The session goes on under another id and token, so whoever had got hold
of it does not step up with its person.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from identity_svc.factors import service as factors
from identity_svc.factors.service import CodeProof, PasskeyProof, prove_passkey
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions.service import (
    BY_PASSWORD,
    OpenSession,
    Person,
    PlatformPerson,
    WrongPasswordError,
    browser_hash,
    owner_of,
    prove_password,
    renew_session,
)
from identity_svc.step_up.errors import SecondFactorNeededError
from stagify.auth import WrongHostError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.source import Source


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """What somebody says is their password, and from where; and the value of the device cookie, whatever
    it is worth."""

    password: str
    source: Source
    device_cookie: str = ""


async def by_password(parts: Parts, person: Person, proof: PasswordProof) -> OpenSession:
    """The session in which the person calls, under another token, with the proof in it. Whoever has a
    second factor shows that: SecondFactorNeededError."""
    async with parts.person_database.person(person.user_id) as session:
        account = await people.get_account(session, person.user_id)
        if (await factors.find_factors(session, parts, person.user_id)).is_asked:
            raise SecondFactorNeededError
    if not await prove_password(
        parts,
        account,
        password=proof.password,
        source=proof.source,
        device_cookie=proof.device_cookie,
    ):
        raise WrongPasswordError
    async with parts.person_database.person(person.user_id) as session:
        now = await people.lock_account(session, person.user_id)
        if now.password_version != account.password_version:
            raise WrongPasswordError
        return await _renew(session, parts, person, BY_PASSWORD)


async def by_code(
    parts: Parts, person: Person, proof: CodeProof, *, device_cookie: str
) -> OpenSession:
    """The same by a code of an app, or by a recovery code."""
    async with parts.database.system() as session:
        account = await people.get_account(session, person.user_id)
        device = parts.devices.find(device_cookie, owner_of(account))
        limit = await factors.count_try(session, parts, person.user_id, proof.method, device)
    async with parts.person_database.person(person.user_id) as session:
        await people.lock_account(session, person.user_id)
        await factors.prove_code(session, parts, person.user_id, proof)
        renewed = await _renew(session, parts, person, factors.PROVED[proof.method])
    async with parts.database.system() as session:
        await factors.withdraw_try(session, limit)
    return renewed


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey's answer, the challenge that it belongs to, and the browser's half of that."""

    proof: PasskeyProof
    challenge_id: str
    secret: str


async def by_passkey(parts: Parts, person: Person, shown: Shown) -> OpenSession:
    """The same by a passkey, on the platform's host."""
    if not isinstance(person, PlatformPerson):
        raise WrongHostError("A passkey can be used on the platform's own host only.")
    async with parts.database.system() as session:
        challenge = await factors.get_challenge(
            session,
            parts.digester,
            shown.challenge_id,
            tenant_id=None,
            browser_hash=browser_hash(parts, shown.secret),
        )
        if challenge.purpose != factors.PASSKEY:
            raise factors.ChallengeInvalidError
    async with parts.person_database.person(person.user_id) as session:
        await people.lock_account(session, person.user_id)
        proved = await prove_passkey(
            session, parts, person.user_id, challenge.nonce, shown.proof, before=person.amr
        )
        await factors.take_challenge(session, challenge)
        return await _renew(session, parts, person, proved)


async def _renew(
    session: Session, parts: Parts, person: Person, proved: Sequence[str]
) -> OpenSession:
    renewed = await renew_session(
        session, person, digester=parts.digester, proved=proved, proved_at=utc_now()
    )
    if renewed is None:
        # It was ended meanwhile.
        raise UnauthorizedError
    return renewed

"""A step-up: somebody who is logged in proves once more who they are.

What must not be done with a stolen session asks for it (`callers.SteppedUpDep`, and `requires(…,
step_up=True)` in every service). The session goes on under another id and token, so whoever had got hold
of it does not step up with its person.
"""

from dataclasses import dataclass

from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions.service import (
    BY_PASSWORD,
    OpenSession,
    Person,
    WrongPasswordError,
    prove_password,
    renew_session,
)
from stagify.clock import utc_now
from stagify.errors import UnauthorizedError
from stagify.source import Source


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """What somebody says is their password, and from where; and the value of the device cookie, whatever
    it is worth."""

    password: str
    source: Source
    device_cookie: str = ""


async def step_up(parts: Parts, person: Person, proof: PasswordProof) -> OpenSession:
    """The session in which the person calls, under another token, with the proof in it."""
    async with parts.person_database.person(person.user_id) as session:
        account = await people.get_account(session, person.user_id)
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
        renewed = await renew_session(
            session, person, digester=parts.digester, proved=BY_PASSWORD, proved_at=utc_now()
        )
    if renewed is None:
        # It was ended meanwhile.
        raise UnauthorizedError
    return renewed

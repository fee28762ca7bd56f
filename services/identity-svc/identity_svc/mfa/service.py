"""One's own second factors.

Everything here that changes how its person logs in asks for a step-up, and ends their other sessions and
whatever was begun before: log-ins that wait for a factor, links for a new password, changes of the
address. The session of the call goes on under another id and token.

A factor goes only in the transaction in which its successor is confirmed, or when its person takes it
away.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from identity_svc.factors import service as factors
from identity_svc.factors.service import Factors, OwnPasskey, TotpTimes, WrongCodeError
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.mfa.errors import NoFactorError, NoTotpError, SetUpExpiredError
from identity_svc.parts import Parts
from identity_svc.password_resets.service import end_resets
from identity_svc.people import service as people
from identity_svc.people.service import Account
from identity_svc.sessions.service import (
    OpenSession,
    Person,
    PlatformPerson,
    SecondFactorDue,
    browser_hash,
    end_own_sessions,
    owner_of,
    renew_session,
    secret_for,
)
from stagify.auth import WrongHostError
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import UnauthorizedError
from stagify.events.identity import FactorAdded, FactorRemoved, UserUpdated
from stagify.outbox import publish

# The note that the factors were changed is worth sending for this long.
NOTE_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Own:
    """One's second factors."""

    factors: Factors
    totp: TotpTimes | None
    passkeys: list[OwnPasskey]


@dataclass(frozen=True, slots=True)
class Changed:
    """The session in which the factors were changed, as it goes on; and new recovery codes, if there are
    any."""

    session: OpenSession
    recovery_codes: list[str] | None = None


async def read_own(session: Session, parts: Parts, user_id: UUID) -> Own:
    """What the person has."""
    return Own(
        await factors.find_factors(session, parts, user_id),
        await factors.find_totp(session, user_id),
        await factors.list_passkeys(session, parts, user_id),
    )


async def begin_totp(session: Session, parts: Parts, person: Person) -> factors.NewTotp:
    """What an app for codes is set up with in this session. The one that the person has stays until the
    new one works; whoever asks again gets the same."""
    account = await people.lock_account(session, person.user_id)
    return await factors.begin_totp(
        session, parts, person.user_id, person.session_id, account=account.email
    )


async def confirm_totp(parts: Parts, person: Person, code: str, *, device_cookie: str) -> Changed:
    """Keep the app that is being set up in this session, because it shows the right code."""
    async with parts.database.system() as session:
        account = await people.get_account(session, person.user_id)
        device = parts.devices.find(device_cookie, owner_of(account))
        limit = await factors.count_try(session, parts, person.user_id, "totp", device)
    async with parts.person_database.person(person.user_id) as session:
        account = await people.lock_account(session, person.user_id)
        is_right = await factors.confirm_totp(
            session, parts, person.user_id, person.session_id, code
        )
        if is_right is None:
            raise SetUpExpiredError
        if not is_right:
            raise WrongCodeError
        publish(session, FactorAdded(user_id=person.user_id, factor="totp"))
        changed = await _added(session, parts, person, account, factors.PROVED["totp"])
    async with parts.database.system() as session:
        await factors.withdraw_try(session, limit)
    return changed


async def remove_totp(session: Session, parts: Parts, person: Person) -> Changed:
    """Take the person's app for codes away."""
    account = await people.lock_account(session, person.user_id)
    if not await factors.remove_totp(session, person.user_id):
        raise NoTotpError
    publish(session, FactorRemoved(user_id=person.user_id, factor="totp", means="change"))
    await _drop_useless_codes(session, parts, person.user_id)
    return Changed(await _settle(session, parts, person, account))


async def renew_recovery_codes(session: Session, parts: Parts, person: Person) -> Changed:
    """Ten new recovery codes instead of those that the person has."""
    account = await people.lock_account(session, person.user_id)
    if not (await factors.find_factors(session, parts, person.user_id)).is_set_up:
        raise NoFactorError
    codes = await factors.renew_recovery_codes(session, parts, person.user_id)
    publish(session, FactorAdded(user_id=person.user_id, factor="recovery_codes"))
    return Changed(await _settle(session, parts, person, account), codes)


async def begin_passkey(parts: Parts, person: Person, secret: str) -> SecondFactorDue:
    """What a browser needs to make a passkey, on the platform's host."""
    if not isinstance(person, PlatformPerson):
        raise WrongHostError("A passkey can be made on the platform's own host only.")
    kept = secret_for(secret)
    async with parts.person_database.person(person.user_id) as session:
        account = await people.lock_account(session, person.user_id)
        made, options = await factors.begin_passkey(
            session,
            parts,
            factors.Asked(account.id, account.password_version, person.amr),
            account=account.email,
            name=account.name,
            browser_hash=browser_hash(parts, kept),
        )
    return SecondFactorDue(str(made.id), ("passkey",), made.expires_at, kept, options)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as a browser has made it, for which challenge, with its half of that; and its name."""

    challenge_id: str
    secret: str
    credential: dict[str, Any]
    name: str


async def add_passkey(parts: Parts, person: Person, new: NewPasskey) -> tuple[OwnPasskey, Changed]:
    """Keep a new passkey of the person."""
    if not isinstance(person, PlatformPerson):
        raise WrongHostError("A passkey can be made on the platform's own host only.")
    async with parts.database.system() as session:
        challenge = await factors.get_challenge(
            session,
            parts.digester,
            new.challenge_id,
            tenant_id=None,
            browser_hash=browser_hash(parts, new.secret),
        )
    async with parts.person_database.person(person.user_id) as session:
        account = await people.lock_account(session, person.user_id)
        made, is_verified = await factors.keep_passkey(
            session,
            parts,
            challenge,
            factors.Asked(account.id, account.password_version, person.amr),
            credential=new.credential,
            name=new.name,
        )
        await factors.take_challenge(session, challenge)
        publish(session, FactorAdded(user_id=person.user_id, factor="passkey"))
        proved = factors.proved_by_passkey(person.amr, is_user_verified=is_verified)
        return made, await _added(session, parts, person, account, proved)


async def rename_passkey(
    session: Session, person: Person, passkey_id: UUID, name: str
) -> OwnPasskey:
    """Call one of the person's passkeys something else."""
    renamed = await factors.rename_passkey(session, person.user_id, passkey_id, name)
    publish(session, UserUpdated(user_id=person.user_id, changed=["passkeys"]))
    return renamed


async def remove_passkey(
    session: Session, parts: Parts, person: Person, passkey_id: UUID
) -> Changed:
    """Take one of the person's passkeys away."""
    account = await people.lock_account(session, person.user_id)
    await factors.remove_passkey(session, person.user_id, passkey_id)
    publish(session, FactorRemoved(user_id=person.user_id, factor="passkey", means="change"))
    await _drop_useless_codes(session, parts, person.user_id)
    return Changed(await _settle(session, parts, person, account))


async def set_always_asked(
    session: Session, parts: Parts, person: Person, *, is_always_asked: bool
) -> Changed | None:
    """Have log-ins with the password ask for a passkey too, or not; None if it was so already."""
    account = await people.lock_account(session, person.user_id)
    if not await factors.set_always_asked(session, person.user_id, is_always_asked=is_always_asked):
        return None
    publish(session, UserUpdated(user_id=person.user_id, changed=["is_always_asked"]))
    return Changed(await _settle(session, parts, person, account))


async def _drop_useless_codes(session: Session, parts: Parts, user_id: UUID) -> None:
    """Recovery codes stand for another factor: with the last one they go too."""
    if not (await factors.find_factors(session, parts, user_id)).is_set_up:
        await factors.drop_recovery_codes(session, user_id)


async def _added(
    session: Session, parts: Parts, person: Person, account: Account, proved: tuple[str, ...]
) -> Changed:
    """After a factor was added: with the first, there are recovery codes."""
    codes = None
    if not (await factors.find_factors(session, parts, person.user_id)).recovery_codes:
        codes = await factors.renew_recovery_codes(session, parts, person.user_id)
    return Changed(await _settle(session, parts, person, account, proved), codes)


async def _settle(
    session: Session,
    parts: Parts,
    person: Person,
    account: Account,
    proved: tuple[str, ...] = (),
) -> OpenSession:
    """End what was begun before the change; UnauthorizedError if this session was, and nothing changes."""
    await end_own_sessions(session, person.user_id, keep=person.session_id)
    renewed = await renew_session(session, person, digester=parts.digester, proved=proved)
    if renewed is None:
        raise UnauthorizedError
    await people.end_attempts(session, person.user_id)
    await end_resets(session, account)
    await queue_mail(
        session,
        kind=MailKind.FACTORS_CHANGED,
        subject_id=person.user_id,
        give_up_at=utc_now() + NOTE_LIFE,
    )
    return renewed

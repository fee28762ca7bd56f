"""Passkeys of people: made, kept, used, named and taken away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from identity_svc.factors import passkeys, queries
from identity_svc.factors.errors import (
    ChallengeInvalidError,
    PasskeyExistsError,
    PasskeyNotFoundError,
    WrongPasskeyError,
)
from identity_svc.factors.models import Challenge, Passkey
from identity_svc.factors.passkeys import Site, new_nonce
from identity_svc.factors.proving import (
    SECOND_FACTORS,
    Asked,
    PasskeyProof,
    begin_challenge,
    passkey_handle,
)
from identity_svc.parts import Parts
from stagify.clock import utc_now
from stagify.database import Session

ENROL = "enrol"
# More than anybody has devices.
MOST_PASSKEYS = 50


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey, as its person sees it."""

    id: UUID
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


def proved_by_passkey(before: tuple[str, ...], *, is_user_verified: bool) -> tuple[str, ...]:
    """What somebody has proved by a passkey who has shown `before`: two factors if the authenticator has
    asked for a finger or a PIN, or if there was a password."""
    return ("mfa", "pop") if is_user_verified or "pwd" in before else ("pop",)


async def list_passkeys(session: Session, parts: Parts, user_id: UUID) -> list[OwnPasskey]:
    """The person's passkeys, oldest first."""
    return [_own(each) for each in await _list(session, parts, user_id)]


async def credentials_of(session: Session, parts: Parts, user_id: UUID) -> list[bytes]:
    """By which authenticators know the person's passkeys."""
    return [each.credential_id for each in await _list(session, parts, user_id)]


def passkey_options(parts: Parts, challenge: Challenge, known: Sequence[bytes]) -> dict[str, Any]:
    """What a browser is asked for a passkey with: one of those that are `known`, or any that it has."""
    assert challenge.nonce is not None
    return passkeys.to_use(_site(parts), challenge.nonce, known)


async def whose_passkey(session: Session, proof: PasskeyProof) -> UUID | None:
    """Whose passkey this says it is; nothing is proved by that."""
    found = await _find(session, proof)
    return None if found is None else found.user_id


async def prove_passkey(
    session: Session,
    parts: Parts,
    user_id: UUID,
    nonce: bytes | None,
    proof: PasskeyProof,
    *,
    before: tuple[str, ...],
) -> tuple[str, ...]:
    """What the person, who is locked and has shown `before`, proves by one of their passkeys;
    WrongPasskeyError if it is none, or has signed something else."""
    found = await _find(session, proof)
    used = None
    if found is not None and found.user_id == user_id and nonce is not None:
        used = passkeys.check_used(_site(parts), nonce, proof.credential, found.public_key)
    is_right = used is not None and await _is_named(session, user_id, proof)
    SECOND_FACTORS.labels("passkey", "accepted" if is_right else "refused").inc()
    if found is None or used is None or not is_right:
        raise WrongPasskeyError
    await queries.note_use(session, found, used.sign_count, utc_now())
    return proved_by_passkey(before, is_user_verified=used.is_user_verified)


async def begin_passkey(
    session: Session,
    parts: Parts,
    asked: Asked,
    *,
    account: str,
    name: str,
    browser_hash: bytes,
) -> tuple[Challenge, dict[str, Any]]:
    """Ask a browser to make a passkey of the person, who is locked."""
    owner = await queries.get_owner(session, asked.user_id, passkey_handle())
    known = await credentials_of(session, parts, asked.user_id)
    nonce = new_nonce()
    challenge = begin_challenge(
        session,
        purpose=ENROL,
        tenant_id=None,
        browser_hash=browser_hash,
        asked=asked,
        nonce=nonce,
    )
    options = passkeys.to_make(
        _site(parts),
        nonce,
        handle=owner.handle,
        account=account,
        name=name,
        known=known,
    )
    return challenge, options


async def keep_passkey(
    session: Session,
    parts: Parts,
    challenge: Challenge,
    asked: Asked,
    *,
    credential: dict[str, Any],
    name: str,
) -> tuple[OwnPasskey, bool]:
    """Keep the passkey that a browser was asked to make for the person, who is locked; and whether it has
    asked for a finger or a PIN."""
    if (challenge.purpose, challenge.user_id) != (ENROL, asked.user_id):
        raise ChallengeInvalidError
    if challenge.password_version != asked.password_version or challenge.nonce is None:
        raise ChallengeInvalidError
    site = _site(parts)
    made = passkeys.check_made(site, challenge.nonce, credential)
    if made is None:
        raise WrongPasskeyError
    if len(await _list(session, parts, asked.user_id)) >= MOST_PASSKEYS:
        raise PasskeyExistsError("You have too many passkeys: remove one first.")
    passkey = Passkey(
        user_id=asked.user_id,
        rp_id=site.rp_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=credential["response"].get("transports", []),
        is_backed_up=made.is_backed_up,
        name=name,
    )
    if not await queries.add_passkey(session, passkey):
        raise PasskeyExistsError
    return _own(passkey), made.is_user_verified


async def rename_passkey(
    session: Session, user_id: UUID, passkey_id: UUID, name: str
) -> OwnPasskey:
    """Call one of the person's passkeys something else."""
    found = await _get(session, user_id, passkey_id)
    found.name = name
    return _own(found)


async def remove_passkey(session: Session, user_id: UUID, passkey_id: UUID) -> None:
    """Take one of the person's passkeys away."""
    await session.delete(await _get(session, user_id, passkey_id))
    await session.flush()


async def _list(session: Session, parts: Parts, user_id: UUID) -> list[Passkey]:
    return await queries.list_passkeys(session, user_id, _site(parts).rp_id)


async def _get(session: Session, user_id: UUID, passkey_id: UUID) -> Passkey:
    found = await queries.find_own_passkey(session, user_id, passkey_id)
    if found is None:
        raise PasskeyNotFoundError
    return found


async def _find(session: Session, proof: PasskeyProof) -> Passkey | None:
    credential_id = passkeys.bytes_of(proof.credential["rawId"])
    return None if credential_id is None else await queries.find_passkey(session, credential_id)


async def _is_named(session: Session, user_id: UUID, proof: PasskeyProof) -> bool:
    """Whether the authenticator, if it says whose passkey it is, says that it is this person's."""
    said = proof.credential["response"].get("userHandle")
    if said is None:
        return True
    owner = await queries.find_owner(session, user_id)
    return owner is not None and passkeys.bytes_of(said) == owner.handle


def _site(parts: Parts) -> Site:
    return Site(*parts.settings.passkey_site)


def _own(passkey: Passkey) -> OwnPasskey:
    return OwnPasskey(
        id=passkey.id,
        name=passkey.name,
        is_backed_up=passkey.is_backed_up,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )

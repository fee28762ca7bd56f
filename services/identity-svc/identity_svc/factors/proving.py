"""What people show besides a password, and log-ins that wait for it.

A code of an app works once, and no older one after it; a recovery code works once. Of many tries at once
with the same code, one is right. Tries are counted by person and kind, over all log-ins and calls that
take a code, before anything is compared; by the known devices of the person apart, so that somebody who
has only got hold of the password cannot keep the owner from logging in.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from prometheus_client import Counter

from identity_svc.digests.service import Digester
from identity_svc.factors import queries, recovery, totp
from identity_svc.factors.errors import (
    ChallengeInvalidError,
    WrongCodeError,
    WrongPasskeyError,
)
from identity_svc.factors.models import Challenge, PendingTotp, Totp
from identity_svc.factors.questions import PASSKEY, find_question, new_question
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.parts import Parts
from identity_svc.throttling.service import Limit, count_attempt, uncount_attempt
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import RecoveryCodeUsed
from stagify.outbox import publish

SECOND_FACTORS = Counter(
    "stagify_identity_second_factors", "Second factors that were shown.", ["method", "outcome"]
)

Method = Literal["totp", "passkey", "recovery_code"]

# As in a session's `amr` (RFC 8176; `recovery` is ours): what was shown, and that it was more than one factor.
PROVED: dict[Method, tuple[str, ...]] = {
    "totp": ("otp", "mfa"),
    "recovery_code": ("mfa", "recovery"),
}
TRIES_WINDOW = timedelta(hours=1)
# How long a log-in waits for the second factor, and how many answers it takes.
CHALLENGE_LIFE = timedelta(minutes=5)
CHALLENGE_TRIES = 5
# How long an app for codes can be set up.
PENDING_LIFE = timedelta(minutes=15)
# As many as WebAuthn allows.
HANDLE_BYTES = 64
# The mail that a recovery code was used is worth sending for this long.
NOTE_LIFE = timedelta(days=1)

CHALLENGE_ERRORS = (ChallengeInvalidError, WrongCodeError, WrongPasskeyError)


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has, besides a password. A passkey of a former domain is none."""

    has_totp: bool = False
    passkeys: int = 0
    recovery_codes: int = 0
    is_always_asked: bool = False

    @property
    def is_set_up(self) -> bool:
        """Whether there is more than recovery codes, which stand for another factor."""
        return self.has_totp or self.passkeys > 0

    @property
    def methods(self) -> tuple[Method, ...]:
        """What they can show. Whose passkeys were lost with their domain has recovery codes alone."""
        found: list[tuple[Method, bool]] = [
            ("totp", self.has_totp),
            ("passkey", self.passkeys > 0),
            ("recovery_code", self.recovery_codes > 0),
        ]
        return tuple(method for method, is_there in found if is_there)

    @property
    def is_asked(self) -> bool:
        """Whether a log-in with the password asks for one of them. A passkey alone is another way to log
        in, and turns the password into half a log-in only for those who want that."""
        return self.has_totp or (self.is_always_asked and bool(self.methods))


@dataclass(frozen=True, slots=True)
class CodeProof:
    """A code of an app, or a recovery code, as it was typed."""

    method: Literal["totp", "recovery_code"]
    code: str


@dataclass(frozen=True, slots=True)
class PasskeyProof:
    """What a browser answers that was asked for a passkey."""

    credential: dict[str, Any]


def is_multi_factor(amr: Sequence[str]) -> bool:
    """Whether somebody who has shown this has shown more than one factor."""
    return "mfa" in amr


async def find_factors(session: Session, parts: Parts, user_id: UUID) -> Factors:
    """What the person has."""
    rp_id, _ = parts.settings.passkey_site
    apps, passkeys, codes, is_always_asked = await queries.count_factors(session, user_id, rp_id)
    return Factors(apps > 0, passkeys, codes, is_always_asked)


async def count_try(
    session: Session, parts: Parts, user_id: UUID, method: Method, device: bytes | None
) -> Limit:
    """Count a try, in a transaction of its own, before it is looked at; TooManyAttemptsError if there
    were too many. `device` is the id of the person's known device that it comes from."""
    who = "" if device is None else device.hex()
    subject = parts.digester.digest("throttle", "factor", str(user_id), method, who)
    tries = parts.settings.factor_tries_per_hour
    limit = Limit("second_factor_hour", subject, tries, TRIES_WINDOW)
    await count_attempt(session, limit)
    return limit


async def withdraw_try(session: Session, limit: Limit) -> None:
    """The try was right, so it does not count."""
    await uncount_attempt(session, limit)


async def prove_code(session: Session, parts: Parts, user_id: UUID, proof: CodeProof) -> None:
    """Use up a code of the person, who is locked against a change of their factors; WrongCodeError if it
    is not right, or was used."""
    if proof.method == "totp":
        is_right = await _use_totp(session, parts, user_id, proof.code)
    else:
        is_right = await _use_recovery_code(session, parts, user_id, proof.code)
    SECOND_FACTORS.labels(proof.method, "accepted" if is_right else "refused").inc()
    if not is_right:
        raise WrongCodeError


async def _use_totp(session: Session, parts: Parts, user_id: UUID, code: str) -> bool:
    app = await queries.find_totp(session, user_id)
    if app is None:
        return False
    now = utc_now()
    secret = parts.sealer.open(user_id, app.secret)
    step = totp.find_step(secret, code, _steps_of(parts, app, now))
    return step is not None and await queries.use_step(session, user_id, step, now)


async def _use_recovery_code(session: Session, parts: Parts, user_id: UUID, code: str) -> bool:
    if not await queries.use_recovery_code(session, user_id, recovery_hash(parts, user_id, code)):
        return False
    # Whoever looks over the person's shoulder may have seen the codes of the app too.
    app = await queries.find_totp(session, user_id)
    if app is not None:
        await queries.burn_steps(session, user_id, _steps_of(parts, app, utc_now())[-1])
    publish(session, RecoveryCodeUsed(user_id=user_id))
    await queue_mail(
        session,
        kind=MailKind.RECOVERY_CODE_USED,
        subject_id=user_id,
        give_up_at=utc_now() + NOTE_LIFE,
    )
    return True


def recovery_hash(parts: Parts, user_id: UUID, code: str) -> bytes:
    """The hash that is stored of a recovery code; it is valid for nobody else."""
    return parts.digester.digest("recovery_code", str(user_id), recovery.canonical(code))


def _steps_of(parts: Parts, app: Totp, now: datetime) -> list[int]:
    return totp.steps_around(now, app.offset, parts.settings.totp_steps_off)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose log-in it is, with which of their passwords, and what they have shown so far."""

    user_id: UUID
    password_version: int
    amr: tuple[str, ...]


def begin_challenge(
    session: Session,
    *,
    purpose: str,
    tenant_id: UUID | None,
    browser_hash: bytes,
    asked: Asked | None = None,
    nonce: bytes | None = None,
) -> Challenge:
    """Have a log-in wait for a factor, on this host, in this browser."""
    challenge = Challenge(
        purpose=purpose,
        tenant_id=tenant_id,
        browser_hash=browser_hash,
        user_id=None if asked is None else asked.user_id,
        password_version=None if asked is None else asked.password_version,
        amr=[] if asked is None else list(asked.amr),
        nonce=nonce,
        expires_at=utc_now() + CHALLENGE_LIFE,
    )
    session.add(challenge)
    return challenge


def ask_anybody(digester: Digester, browser_hash: bytes) -> tuple[str, Challenge]:
    """Ask a browser on the platform's host for any passkey, of whoever uses it: the challenge, and its name."""
    return new_question(digester, browser_hash, utc_now() + CHALLENGE_LIFE)


async def get_challenge(
    session: Session,
    digester: Digester,
    challenge_id: str,
    *,
    tenant_id: UUID | None,
    browser_hash: bytes,
) -> Challenge:
    """A challenge of this host and browser, and one answer more to it; ChallengeInvalidError otherwise."""
    found = find_question(digester, challenge_id, browser_hash)
    if found is None:
        found = await _find_row(session, challenge_id)
    if (
        found is None
        or found.expires_at <= utc_now()
        or found.tenant_id != tenant_id
        or found.browser_hash != browser_hash
        or found.tries >= CHALLENGE_TRIES
    ):
        raise ChallengeInvalidError
    found.tries += 1
    return found


async def _find_row(session: Session, challenge_id: str) -> Challenge | None:
    try:
        return await queries.lock_challenge(session, UUID(challenge_id))
    except ValueError:
        return None


async def take_challenge(session: Session, challenge: Challenge) -> None:
    """Use up a challenge; ChallengeInvalidError if that has been done."""
    take = queries.keep_answered if challenge.purpose == PASSKEY else queries.take_challenge
    if not await take(session, challenge):
        raise ChallengeInvalidError


@dataclass(frozen=True, slots=True)
class TotpTimes:
    """When a person's app for codes was set up, and last used."""

    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewTotp:
    """What an app for codes is set up with, and until when."""

    secret: str
    uri: str
    qr_svg: str
    expires_at: datetime


async def find_totp(session: Session, user_id: UUID) -> TotpTimes | None:
    """The person's app for codes."""
    found = await queries.find_totp(session, user_id)
    return None if found is None else TotpTimes(found.created_at, found.last_used_at)


async def begin_totp(
    session: Session, parts: Parts, user_id: UUID, session_id: UUID, *, account: str
) -> NewTotp:
    """What an app for codes of the person, who is locked, is set up with in this session; the same as
    before, as long as that can be confirmed."""
    now = utc_now()
    pending = await queries.find_pending_totp(session, user_id, session_id, now)
    if pending is None:
        await queries.delete_pending_totps(session, user_id)
        pending = PendingTotp(
            user_id=user_id,
            session_id=session_id,
            secret=parts.sealer.seal(user_id, totp.new_secret()),
            expires_at=now + PENDING_LIFE,
        )
        session.add(pending)
    secret = parts.sealer.open(user_id, pending.secret)
    uri = totp.uri(secret, account)
    return NewTotp(totp.as_text(secret), uri, totp.picture(uri), pending.expires_at)


async def confirm_totp(
    session: Session, parts: Parts, user_id: UUID, session_id: UUID, code: str
) -> bool | None:
    """Keep the app that the person, who is locked, is setting up in this session, if it shows this code,
    which is used up by that; None if none is being set up."""
    now = utc_now()
    pending = await queries.find_pending_totp(session, user_id, session_id, now)
    if pending is None:
        return None
    secret = parts.sealer.open(user_id, pending.secret)
    step = totp.find_step(secret, code, totp.steps_to_learn(now))
    if step is None:
        return False
    made = Totp(
        user_id=user_id,
        secret=pending.secret,
        offset=step - totp.step_at(now),
        last_step=step,
        last_used_at=now,
    )
    await queries.delete_pending_totps(session, user_id)
    await queries.replace_totp(session, made)
    return True


async def remove_totp(session: Session, user_id: UUID) -> bool:
    """Take the person's app for codes away; False if there is none."""
    return await queries.delete_totp(session, user_id)


async def renew_recovery_codes(session: Session, parts: Parts, user_id: UUID) -> list[str]:
    """New recovery codes of the person, instead of those that they have; the only copy of them."""
    codes = recovery.new_codes()
    hashes = [recovery_hash(parts, user_id, code) for code in codes]
    await queries.replace_recovery_codes(session, user_id, hashes)
    return codes


async def drop_recovery_codes(session: Session, user_id: UUID) -> None:
    """Take the person's recovery codes away."""
    await queries.replace_recovery_codes(session, user_id, [])


async def set_always_asked(session: Session, user_id: UUID, *, is_always_asked: bool) -> bool:
    """Whether log-ins with the password of the person ask for a passkey; False if it was so already."""
    owner = await queries.get_owner(session, user_id, passkey_handle())
    if owner.is_always_asked == is_always_asked:
        return False
    owner.is_always_asked = is_always_asked
    return True


def passkey_handle() -> bytes:
    """A new name of a person for authenticators: random, and not their id (WebAuthn, 14.6.1)."""
    return secrets.token_bytes(HANDLE_BYTES)


async def remove_all_factors(session: Session, user_id: UUID) -> None:
    """Take all second factors of a person away."""
    await queries.delete_all(session, user_id)


async def forget_challenges(session: Session, limit: int) -> None:
    """Delete up to `limit` challenges that are over."""
    await queries.delete_over(session, now=utc_now(), limit=limit)

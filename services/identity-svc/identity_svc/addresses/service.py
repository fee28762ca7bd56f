"""Another address: a code of a mail to the new one confirms it, and for seven days the old one can take it
back.

Asking looks at no account: whether the new address has one, the worker finds out when it writes the mail,
so neither the answer nor its time tells. The mails to the old address go out before and after, with the
same link. It works without a session, because whoever has got hold of an account ends those first.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from identity_svc.addresses import queries
from identity_svc.addresses.errors import (
    EmailChangeInvalidError,
    EmailCodeInvalidError,
    EmailTakenError,
    EmailUnchangedError,
    UndoLinkInvalidError,
)
from identity_svc.addresses.models import EmailChange
from identity_svc.digests.service import Digester
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.parts import Parts
from identity_svc.password_resets.service import end_resets
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.sessions.service import OpenSession, Person, end_own_sessions, renew_session
from identity_svc.throttling.service import Limit, count_attempt, limits_of_source, mailbox_of
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import StagifyError, UnauthorizedError
from stagify.events.identity import EmailChanged
from stagify.outbox import publish
from stagify.source import Source

CODE_LIFE = timedelta(minutes=30)
MAX_FAILED_ATTEMPTS = 5
# How long somebody at the old address can take the change back.
UNDO_LIFE = timedelta(days=7)
# Mails that one mailbox gets because of one person's wishes, and links that one source may try.
PER_MAILBOX_DAY, PER_SOURCE_HOUR = 5, 60
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TOKEN_CHARACTERS = 24


def code_hash(digester: Digester, change_id: UUID, code: str) -> bytes:
    """The hash that is stored of a code; it is valid for no other change."""
    return digester.digest("email_code", str(change_id), code)


def undo_token(digester: Digester, change_id: UUID) -> str:
    """What takes a change back: the same in all mails about it, and stored nowhere."""
    digest = digester.digest("email_undo_token", str(change_id))
    return base64.urlsafe_b64encode(digest).decode()[:TOKEN_CHARACTERS]


def _undo_hash(digester: Digester, token: str) -> bytes:
    return digester.digest("email_undo", token)


@dataclass(frozen=True, slots=True)
class Begun:
    """A change that waits for its code."""

    id: UUID
    expires_at: datetime


async def begin_change(parts: Parts, person: Person, email: str) -> Begun:
    """Mail a code to the new address, if it has no account, and a note to the old one."""

    def digest(*named: str) -> bytes:
        return parts.digester.digest("throttle", "email_change", *named)

    # By person too, so that nobody can use up a mailbox for its owner.
    mailbox = digest(str(person.user_id), mailbox_of(email))
    per_person = parts.settings.email_changes_per_day
    async with parts.database.system() as session:
        await count_attempt(
            session,
            Limit("email_change_person_day", digest(str(person.user_id)), per_person, DAY),
            Limit("email_change_mailbox_day", mailbox, PER_MAILBOX_DAY, DAY),
        )
    async with parts.person_database.person(person.user_id) as session:
        account = await people.lock_account(session, person.user_id)
        if email_key(email) == email_key(account.email):
            raise EmailUnchangedError
        await queries.delete_open(session, person.user_id)
        now = utc_now()
        change = EmailChange(
            user_id=person.user_id,
            password_version=account.password_version,
            old_email=account.email,
            new_email=email,
            expires_at=now + CODE_LIFE,
            undo_hash=b"",
            undo_until=now + UNDO_LIFE,
        )
        change.undo_hash = _undo_hash(parts.digester, undo_token(parts.digester, change.id))
        session.add(change)
        await queue_mail(
            session,
            kind=MailKind.EMAIL_CODE,
            subject_id=change.id,
            give_up_at=change.expires_at,
        )
        await _tell_old(session, MailKind.EMAIL_CHANGING, change)
    return Begun(change.id, change.expires_at)


async def confirm_change(parts: Parts, person: Person, change_id: str, code: str) -> OpenSession:
    """Give the person the new address, because they have the code of the mail there. All their sessions
    end but the one in which they call, which goes on under another token."""
    async with parts.database.system() as session:
        change, problem = await _judge(session, parts, person, change_id, code)
    # Outside of the block, because the count of wrong codes has to be committed.
    if problem is not None or change is None:
        raise problem or EmailChangeInvalidError
    async with parts.person_database.person(person.user_id) as session:
        account = await people.lock_account(session, person.user_id)
        locked = await queries.lock_change(session, change.id)
        if locked is None or locked.confirmed_at is not None:
            raise EmailChangeInvalidError
        if account.password_version != locked.password_version:
            raise EmailChangeInvalidError
        await end_own_sessions(session, person.user_id, keep=person.session_id)
        renewed = await renew_session(session, person, digester=parts.digester)
        if renewed is None:
            raise UnauthorizedError
        await _move(session, person.user_id, locked.old_email, locked.new_email)
        locked.confirmed_at = utc_now()
        locked.undo_until = utc_now() + UNDO_LIFE
        await _tell_old(session, MailKind.EMAIL_CHANGED, locked)
        return renewed


async def _judge(
    session: Session, parts: Parts, person: Person, change_id: str, code: str
) -> tuple[EmailChange | None, StagifyError | None]:
    """The change, or what is wrong with it. The row is locked, so parallel guesses are checked one by
    one."""
    try:
        change = await queries.lock_change(session, UUID(change_id))
    except ValueError:
        change = None
    if change is None or change.user_id != person.user_id or change.confirmed_at is not None:
        return None, EmailChangeInvalidError()
    if change.expires_at <= utc_now() or change.failed_attempts >= MAX_FAILED_ATTEMPTS:
        return None, EmailChangeInvalidError()
    if not hmac.compare_digest(change.code_hash or b"", code_hash(parts.digester, change.id, code)):
        change.failed_attempts += 1
        return None, EmailCodeInvalidError()
    return change, None


async def undo_change(parts: Parts, token: str, source: Source) -> None:
    """Give the person back the address to which the link was mailed. All their sessions end: somebody had
    got hold of one."""
    limits = limits_of_source(
        parts.digester, "email_undo_source_hour", source, PER_SOURCE_HOUR, HOUR
    )
    async with parts.database.system() as session:
        await count_attempt(session, *limits)
        found = await queries.find_undo(session, _undo_hash(parts.digester, token), utc_now())
    # Outside of the block, because the count has to be committed.
    if found is None:
        raise UndoLinkInvalidError
    user_id = found.user_id
    # Whoever has the link acts as the person.
    with cause.named(f"user:{user_id}"):
        async with parts.person_database.person(user_id) as session:
            await people.lock_account(session, user_id)
            change = await queries.lock_change(session, found.id)
            if change is None:
                raise UndoLinkInvalidError
            if change.confirmed_at is not None:
                account = await people.get_account(session, user_id)
                await _move(session, user_id, account.email, change.old_email)
            await people.end_attempts(session, user_id)
            await queries.delete_all(session, user_id)
            await end_own_sessions(session, user_id)


async def _move(session: Session, user_id: UUID, old: str, new: str) -> None:
    """Give the person, who is locked, another address; nobody else gets the old one for a while."""
    account = await people.get_account(session, user_id)
    await end_resets(session, account)
    if not await people.set_email(session, user_id, new):
        raise EmailTakenError
    await people.rest_address(session, old, until=utc_now() + people.REST, of=user_id)
    await people.end_attempts(session, user_id)
    publish(session, EmailChanged(user_id=user_id))


async def _tell_old(session: Session, kind: MailKind, change: EmailChange) -> None:
    await queue_mail(session, kind=kind, subject_id=change.id, give_up_at=change.undo_until)


async def forget_changes(session: Session, limit: int) -> None:
    """Delete up to `limit` changes that nobody can take back any more."""
    await queries.delete_over(session, now=utc_now(), limit=limit)

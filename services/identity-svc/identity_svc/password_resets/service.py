"""A new password by mail: the same work and the same answer for every address, and a link that works once.

A request never looks at the accounts; the worker does, when it writes the mail. So neither the answer nor
how long it takes tells who has an account, and no mail server is waited for.
"""

from datetime import timedelta
from uuid import UUID

from identity_svc.digests.service import Digester
from identity_svc.mail.service import MailKind, queue_mail
from identity_svc.parts import Parts
from identity_svc.password_resets import queries
from identity_svc.password_resets.errors import ResetLinkInvalidError
from identity_svc.password_resets.models import PasswordReset
from identity_svc.people import service as people
from identity_svc.people.schemas import email_key
from identity_svc.people.service import Account, Standing, check_password, require_unbreached
from identity_svc.sessions.service import end_own_sessions
from identity_svc.throttling.service import (
    Limit,
    TooManyAttemptsError,
    count_attempt,
    limits_of_source,
    uncount_attempt,
)
from stagify import cause
from stagify.clock import utc_now
from stagify.database import Session
from stagify.events.identity import PasswordChanged
from stagify.outbox import publish
from stagify.source import Source

# How long a link works.
LINK_LIFE = timedelta(minutes=30)
# So many mails go to one account in any twenty minutes. Whoever asks for more gets none, and needs none: a
# link of the last twenty minutes still works. So nobody can keep the owner of an account from a new
# password by asking for it often, and nobody's mailbox is flooded.
MAILS, MAILS_WINDOW = 2, timedelta(minutes=20)
# The note that a password was changed is worth sending for this long.
NOTE_LIFE = timedelta(days=1)
# Wrong links that one source may try for each mail that it may ask for.
TRIES_PER_MAIL = 5

HOUR = timedelta(hours=1)


def reset_hash(digester: Digester, token: str) -> bytes:
    """The hash that is stored of a link's token."""
    return digester.digest("password_reset", token)


async def request_reset(parts: Parts, *, email: str, source: Source) -> None:
    """Queue a mail with a link for the account of this address, if there is one."""
    per_source = parts.settings.password_resets_per_source_hour
    async with parts.database.system() as session:
        await count_attempt(
            session,
            *limits_of_source(parts.digester, "reset_source_hour", source, per_source, HOUR),
        )
    key = email_key(email)
    account = parts.digester.digest("throttle", "reset", key)
    reset = PasswordReset(email_key=key, expires_at=utc_now() + LINK_LIFE)
    try:
        async with parts.database.system() as session:
            await count_attempt(
                session, Limit("reset_account_minutes", account, MAILS, MAILS_WINDOW)
            )
            session.add(reset)
            await queue_mail(
                session,
                kind=MailKind.PASSWORD_RESET,
                subject_id=reset.id,
                give_up_at=reset.expires_at,
            )
    except TooManyAttemptsError:
        return


async def confirm_reset(parts: Parts, *, token: str, password: str, source: Source) -> None:
    """Give the person whose link this is another password, once; all their sessions end."""
    offered = reset_hash(parts.digester, token)
    account = await _owner_of(parts, offered, source)
    check_password(password, account.email)
    await require_unbreached(parts.breaches, password)
    password_hash = await parts.passwords.hash(password, Standing())
    # Whoever has the link acts as the person.
    with cause.named(f"user:{account.id}"):
        async with parts.person_database.person(account.id) as session:
            await people.lock_account(session, account.id)
            if not await queries.delete_used(session, offered, utc_now()):
                raise ResetLinkInvalidError
            await replace_password(session, account.id, password_hash, means="reset")
            await end_own_sessions(session, account.id)


async def _owner_of(parts: Parts, offered: bytes, source: Source) -> Account:
    """Whose link this is; a wrong one is counted before it is answered."""
    per_source = parts.settings.password_resets_per_source_hour * TRIES_PER_MAIL
    limits = limits_of_source(parts.digester, "reset_link_source_hour", source, per_source, HOUR)
    async with parts.database.system() as session:
        # Before anything is compared: who is over the limit learns nothing.
        await count_attempt(session, *limits)
        user_id = await queries.find_owner(session, offered, utc_now())
        if user_id is not None:
            await uncount_attempt(session, *limits)
            return await people.get_account(session, user_id)
    # Outside of the block, because the count has to be committed.
    raise ResetLinkInvalidError


async def replace_password(
    session: Session, user_id: UUID, password_hash: str, *, means: str
) -> Account:
    """Give the person, who is locked, another password, in a transaction of theirs; no link that was
    asked for before works afterwards. They get a note by mail. What becomes of their sessions, the
    caller decides."""
    account = await people.set_password(session, user_id, password_hash)
    await end_resets(session, account)
    publish(session, PasswordChanged(user_id=user_id, means=means))
    await queue_mail(
        session,
        kind=MailKind.PASSWORD_CHANGED,
        subject_id=user_id,
        give_up_at=utc_now() + NOTE_LIFE,
    )
    return account


async def end_resets(session: Session, account: Account) -> None:
    """Let no link work that was asked for until now."""
    await queries.delete_of(session, email_key(account.email))


async def forget_resets(session: Session, limit: int) -> None:
    """Delete up to `limit` wishes that are over."""
    await queries.delete_expired(session, before=utc_now(), limit=limit)

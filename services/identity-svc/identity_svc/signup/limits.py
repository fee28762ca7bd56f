"""How many mails sign-ups may cause: by mailbox and source first, so that nobody is shut out by others."""

from dataclasses import dataclass
from datetime import timedelta

from identity_svc.parts import Parts
from identity_svc.throttling.service import (
    Limit,
    Scope,
    count_attempt,
    limits_of_source,
    mailbox_of,
    share_of,
)
from stagify.database import Session
from stagify.source import Source

# For one mailbox because of one source, which cannot keep others from signing up with that address, and
# for one mailbox in all, which cannot be flooded. Each code can be guessed five times, so strangers who
# sign up with somebody's address have at most 200 guesses a day, a chance of 1 in 5,000.
MAILS_PER_SOURCE_HOUR, MAILS_PER_SOURCE_DAY = 5, 10
MAILS_PER_HOUR, MAILS_PER_DAY = 20, 40
# A source that signs up more often in an hour counts as frequent.
SELDOM = 3

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """How many mails one mailbox gets: because of one source, and of all."""

    narrow: tuple[Limit, ...]
    wide: tuple[Limit, ...]


def mailbox_limits(parts: Parts, email: str, source: Source) -> MailboxLimits:
    """Those of the mailbox that an address belongs to."""
    mailbox = mailbox_of(email)
    everyones = parts.digester.digest("throttle", "mailbox", mailbox)
    # The widest prefix, because whoever has many lines could use up the mails of all.
    own = parts.digester.digest("throttle", "mailbox", mailbox, source.prefixes[-1])
    return MailboxLimits(
        narrow=(
            Limit("signup_mailbox_source_hour", own, MAILS_PER_SOURCE_HOUR, HOUR),
            Limit("signup_mailbox_source_day", own, MAILS_PER_SOURCE_DAY, DAY),
        ),
        wide=(
            Limit("signup_mailbox_hour", everyones, MAILS_PER_HOUR, HOUR),
            Limit("signup_mailbox_day", everyones, MAILS_PER_DAY, DAY),
        ),
    )


async def count_mail(
    session: Session, parts: Parts, mailbox: MailboxLimits, source: Source
) -> None:
    """Count a mail that somebody at `source` asks for; TooManyAttemptsError if it is one too many."""
    await count_attempt(session, *mailbox.narrow)
    per_source = parts.settings.signups_per_source_hour
    by_source = await count_attempt(
        session,
        *limits_of_source(parts.digester, "signup_source_hour", source, per_source, HOUR),
    )
    await count_attempt(session, *mailbox.wide)
    # Those who ask often have a limit of their own, so that they cannot use up everybody else's.
    is_frequent = any(
        counted > SELDOM * share_of(position) for position, counted in enumerate(by_source)
    )
    scope: Scope = "signup_frequent_hour" if is_frequent else "signup_all_hour"
    everyone = parts.digester.digest("throttle", "")
    await count_attempt(session, Limit(scope, everyone, parts.settings.signups_per_hour, HOUR))

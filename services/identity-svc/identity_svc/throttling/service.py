"""How often something may be tried: counted in the database, shared by all processes.

There are two kinds of limits. A `Limit` is a sliding window with two counters: this period's, and the
last one's, which counts in proportion to how much of that period still overlaps the window. A
`Guesser` waits longer after each failure at one account, and starts anew once it is right.

One statement counts or refuses, or a locked row decides, so parallel attempts cannot exceed a limit
together; a refused attempt is not counted, so waiting always helps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from prometheus_client import Counter

from identity_svc.digests.service import Digester
from identity_svc.throttling import queries
from identity_svc.throttling.models import Throttle
from identity_svc.throttling.rules import WIDER, mailbox_of, wait_after
from stagify.clock import utc_now
from stagify.database import Session
from stagify.errors import RateLimitedError
from stagify.source import Source

__all__ = [
    "Guess",
    "Guesser",
    "Limit",
    "Scope",
    "TooManyAttemptsError",
    "count_attempt",
    "count_guess",
    "forget_old_attempts",
    "forgive",
    "limits_of_source",
    "mailbox_of",
    "share_of",
    "uncount_attempt",
    "withdraw_guess",
]

THROTTLED = Counter(
    "stagify_identity_throttled",
    "Attempts that were refused, by the limit that refused.",
    ["limit"],
)

SECOND = timedelta(seconds=1)
# Longer than any window and any wait, so older rows no longer count.
MEMORY = timedelta(days=2)
# More than anybody counts.
_UNLIMITED = 2**40

Scope = Literal[
    # Sign-ups for one mailbox from one source, from one source, for one mailbox; of sources that asked
    # seldom, and of those that asked often; in an hour or a day.
    "signup_mailbox_source_hour",
    "signup_mailbox_source_day",
    "signup_source_hour",
    "signup_mailbox_hour",
    "signup_mailbox_day",
    "signup_all_hour",
    "signup_frequent_hour",
    # Codes that one source has tried.
    "code_source_hour",
    # Mails for a new password: asked for by one source, and sent to one account in twenty minutes; links
    # that one source has tried.
    "reset_source_hour",
    "reset_account_minutes",
    "reset_link_source_hour",
    # Keys that one source has reported.
    "key_report_source_hour",
    # Log-ins from one source; by one known device, and by all of an account.
    "login_source_minute",
    "login_source_hour",
    "login_device_minute",
    "login_known_minute",
    # Hand-offs that one person has asked for, and those that one source has tried to use.
    "handoff_person_minute",
    "handoff_source_minute",
    # Second factors of one kind that were tried at one person, by strangers or by one known device.
    "second_factor_hour",
    "new_device_hour",
    # Changes of the address that one person has asked for, and to one mailbox, and links to take one back
    # that one source has tried.
    "email_change_person_day",
    "email_change_mailbox_day",
    "email_undo_source_hour",
    # Invitations: of one, mails again in ten minutes and a day; all mails to one mailbox; wrong secrets of
    # one source; mails by links, asked for by one source and caused by one link.
    "invitation_resend_minutes",
    "invitation_resend_day",
    "invitation_mailbox_day",
    "invitation_token_source_hour",
    "invitation_ask_source_hour",
    "invitation_link_day",
    # Log-ins by single sign-on that one source has begun, and all of a tenant; and looks at the DNS of a
    # domain that a tenant has asked for.
    "sso_source_minute",
    "sso_tenant_minute",
    "sso_domain_minute",
    # Log-outs that one source has told in a provider's name.
    "sso_log_out_source_minute",
    # Log-ins at one account by strangers: nobody is refused by this, it makes them wait longer.
    "login_strangers_day",
]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `maximum` attempts by `subject` in any `window`; None counts without refusing."""

    scope: Scope
    subject: bytes
    maximum: int | None
    window: timedelta


@dataclass(frozen=True, slots=True)
class Guesser:
    """Somebody who tries passwords of one account: a known device or a prefix of addresses.

    Of a prefix that contains others, so many failures count as one: see `share`.
    """

    subject: bytes
    share: int = 1


@dataclass(frozen=True, slots=True)
class Guess:
    """A try of a guesser, counted as a failure until it turns out right; and what was before."""

    guesser: Guesser
    failures: int
    last_failed_at: datetime


class TooManyAttemptsError(RateLimitedError):
    """Too many attempts: wait before you try again."""

    code = "too_many_attempts"


def share_of(position: int) -> int:
    """How many times as much as the narrowest the prefix at `position` of a source may do."""
    return int(WIDER**position)


def limits_of_source(
    digester: Digester, scope: Scope, source: Source, maximum: int, window: timedelta
) -> list[Limit]:
    """What each prefix of a source may do, `maximum` the narrowest, from that to the widest."""
    return [
        Limit(
            scope,
            digester.digest("throttle", "source", prefix),
            maximum * share_of(position),
            window,
        )
        for position, prefix in enumerate(source.prefixes)
    ]


async def count_attempt(session: Session, *limits: Limit, now: datetime | None = None) -> list[int]:
    """Count one attempt under each of `limits`, or raise TooManyAttemptsError. The result is how many
    each of them counts now.

    The error has to leave the transaction, so that a refused attempt counts under none of them.
    Always name the limits from the narrowest to the widest: rows are locked in that order.
    """
    now = now or utc_now()
    counts = []
    for limit in limits:
        period = _period(now, limit.window)
        counted = await queries.count(
            session,
            scope=limit.scope,
            subject=limit.subject,
            period=period,
            last_period=period - limit.window,
            overlap=1 - (now - period) / limit.window,
            maximum=_UNLIMITED if limit.maximum is None else limit.maximum,
        )
        if counted is None:
            THROTTLED.labels(limit.scope).inc()
            raise TooManyAttemptsError(retry_after=await _wait_seconds(session, limit, now))
        counts.append(counted)
    return counts


async def uncount_attempt(session: Session, *limits: Limit) -> None:
    """Take back one attempt under each of `limits`, counted a moment ago."""
    now = utc_now()
    for limit in limits:
        period = _period(now, limit.window)
        await queries.uncount(session, limit.scope, limit.subject, period)


async def count_guess(
    session: Session, guessers: Sequence[Guesser], *limits: Limit, strangers: Limit | None = None
) -> tuple[list[Guess], list[int]]:
    """Count one try of somebody whom `guessers` describe, narrowest first, and one attempt under
    `limits`; or raise TooManyAttemptsError, which has to leave the transaction.

    `strangers` counts the failures that others add to how long all of them have to wait.
    """
    now = utc_now()
    guesses = [
        Guess(
            each, *await queries.add_failure(session, each.subject, now=now, forgotten=now - MEMORY)
        )
        for each in guessers
    ]
    counts = await count_attempt(session, *limits, now=now)
    others = 0 if strangers is None else (await count_attempt(session, strangers, now=now))[0] - 1
    wait = max(
        each.last_failed_at + wait_after(each.failures // each.guesser.share, others) - now
        for each in guesses
    )
    if wait > timedelta(0):
        THROTTLED.labels("login_guesser").inc()
        # Rounded up: a second too few would be refused again.
        raise TooManyAttemptsError(retry_after=-(-wait // SECOND))
    return guesses, counts


async def withdraw_guess(session: Session, guesses: Sequence[Guess], *limits: Limit) -> None:
    """Take back a try that was not answered, as if it had not been made."""
    for each in guesses:
        await queries.put_back(session, each.guesser.subject, each.failures, each.last_failed_at)
    await uncount_attempt(session, *limits)


async def forgive(session: Session, guesses: Sequence[Guess], strangers: Limit | None) -> None:
    """Forget the failures of a guesser who was right, at this account alone."""
    await queries.delete_failures(session, [each.guesser.subject for each in guesses])
    if strangers is not None:
        await uncount_attempt(session, strangers)


async def forget_old_attempts(session: Session, limit: int) -> None:
    """Delete up to `limit` counts, and as many failures, that are older than any window or wait."""
    await queries.delete_old(session, before=utc_now() - MEMORY, limit=limit)


def _period(now: datetime, window: timedelta) -> datetime:
    seconds = window.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


async def _wait_seconds(session: Session, limit: Limit, now: datetime) -> int:
    assert limit.maximum is not None
    row = await session.get_one(Throttle, (limit.scope, limit.subject))
    started = row.period_started_at
    old, new = row.previous_count, row.count
    if now - started >= limit.window:
        started, old, new = started + limit.window, row.count, 0
    if new >= limit.maximum:
        # This period alone reaches the limit, so it has to fade during the next one.
        started, old, new = started + limit.window, new, 0
    # Solve old * (1 - elapsed / window) + new < maximum for the elapsed time; not in floats, which
    # would make 719.99 seconds of 720, a second too few.
    elapsed = limit.window * (old + new - limit.maximum) / old
    # At that very moment the limit is still exactly reached, so wait one second more.
    return max(1, (started - now + elapsed) // SECOND + 1)

"""What an attempt to log in costs, and whom it can hurt
(docs/decisions/0014-limits-by-account-and-source.md).

A known device is a guesser of its own, so nobody else's failures touch it. A stranger is counted by
account and source, so a failure makes only that source wait, and only at that account; the more
strangers fail there, the longer they wait. And a source has only so many attempts at all accounts
together. Nothing is counted by account or tenant alone that could refuse somebody else.
"""

from dataclasses import dataclass
from datetime import timedelta

from identity_svc.digests.service import Digester
from identity_svc.people.service import Standing
from identity_svc.throttling.service import (
    Guess,
    Guesser,
    Limit,
    count_guess,
    forgive,
    share_of,
    withdraw_guess,
)
from stagify.database import Session
from stagify.source import Source

# A device cannot use up what the account's other devices have. Each log-in can make one more device, but
# nobody makes any for somebody else's account.
PER_DEVICE_MINUTE = 20
PER_ACCOUNT_MINUTE = 60
# A source may do as much in an hour as in so many minutes.
BUSY_MINUTES = 10

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Guessing:
    """Which account is tried, from where, and by which of its known devices."""

    account: str
    source: Source
    device: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted, and where it stands among those who wait for a hash."""

    guesses: list[Guess]
    limits: list[Limit]
    strangers: Limit | None
    standing: Standing


async def begin(
    session: Session, guessing: Guessing, *, digester: Digester, per_minute: int
) -> Attempt:
    """Count an attempt as a failure until `succeed`; TooManyAttemptsError if it comes too early.

    `per_minute` is how many attempts one source has in a minute.
    """

    def digest(*parts: str) -> bytes:
        return digester.digest("throttle", *parts)

    if guessing.device is not None:
        device = digest("device", guessing.account, guessing.device.hex())
        guessers, strangers = [Guesser(device)], None
        known = digest("known", guessing.account)
        limits = [
            Limit("login_known_minute", known, PER_ACCOUNT_MINUTE, MINUTE),
            Limit("login_device_minute", device, PER_DEVICE_MINUTE, MINUTE),
        ]
    else:
        prefixes = list(enumerate(guessing.source.prefixes))
        guessers = [
            Guesser(digest("guesser", guessing.account, prefix), share_of(position))
            for position, prefix in prefixes
        ]
        limits = [
            limit
            for position, prefix in prefixes
            for limit in _source_limits(digest("source", prefix), per_minute * share_of(position))
        ]
        strangers = Limit("login_strangers_day", digest("account", guessing.account), None, DAY)
    guesses, counts = await count_guess(session, guessers, *limits, strangers=strangers)
    # The first of the limits counts the account's own devices, or the narrowest prefix in this minute.
    standing = Standing(is_stranger=guessing.device is None, attempts=counts[0])
    return Attempt(guesses, limits, strangers, standing)


def _source_limits(source: bytes, per_minute: int) -> tuple[Limit, Limit]:
    return (
        Limit("login_source_minute", source, per_minute, MINUTE),
        Limit("login_source_hour", source, per_minute * BUSY_MINUTES, HOUR),
    )


async def succeed(session: Session, attempt: Attempt) -> None:
    """The password was right: forget the failures of this guesser at this account. What its source has
    tried elsewhere stays, or somebody with an account could guess at others without end."""
    await forgive(session, attempt.guesses, attempt.strangers)


async def withdraw(session: Session, attempt: Attempt) -> None:
    """Nobody looked at the password: the attempt does not count for the account."""
    strangers = [attempt.strangers] if attempt.strangers is not None else []
    await withdraw_guess(session, attempt.guesses, *strangers)

"""The note about a log-in in a browser that its person has not used before."""

from contextlib import suppress
from datetime import timedelta

from identity_svc.mail.service import Mail, MailKind, queue_mail
from identity_svc.parts import Parts
from identity_svc.people import service as people
from identity_svc.sessions.opening import Browser, owner_of
from identity_svc.throttling.service import Limit, TooManyAttemptsError, count_attempt
from stagify.clock import utc_now
from stagify.database import Session

NEW_DEVICE = Mail("new_device", {"link": "https://app.stagify.example/reset"})
# The note is worth sending for this long.
NOTE_LIFE = timedelta(days=1)
# A program that keeps no cookies is new at each log-in; more notes than these help nobody.
PER_PERSON_HOUR = 3
HOUR = timedelta(hours=1)


async def tell_of_device(
    session: Session,
    parts: Parts,
    browser: Browser,
    account: people.Account,
    *,
    kind: MailKind = MailKind.NEW_DEVICE,
) -> None:
    """Queue the note, of this kind, if somebody has just logged in whom this browser is not known to."""
    if parts.devices.find(browser.device_cookie, owner_of(account)) is not None:
        return
    subject = parts.digester.digest("throttle", "new_device", str(account.id))
    with suppress(TooManyAttemptsError):
        await count_attempt(session, Limit("new_device_hour", subject, PER_PERSON_HOUR, HOUR))
        await queue_mail(
            session,
            kind=kind,
            subject_id=account.id,
            give_up_at=utc_now() + NOTE_LIFE,
        )

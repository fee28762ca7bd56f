"""That somebody who is logged in knows the password too, and what their browser keeps after a new one."""

from identity_svc.parts import Parts
from identity_svc.people.schemas import email_key
from identity_svc.people.service import Account, BusyError
from identity_svc.sessions import attempts, devices
from identity_svc.sessions.cookies import COOKIE_NAME, DEVICE_COOKIE_NAME, Cookie, cookie
from identity_svc.sessions.devices import DeviceOwner
from identity_svc.sessions.own import OpenSession
from identity_svc.sessions.tokens import LIFE
from stagify.source import Source


async def prove_password(
    parts: Parts, account: Account, *, password: str, source: Source, device_cookie: str
) -> bool:
    """Whether this is the person's password. A try counts as one at log-in: whoever has got hold of a
    session can guess no faster than a stranger."""
    owner = DeviceOwner(account.id, account.password_hash)
    guessing = attempts.Guessing(
        account=email_key(account.email),
        source=source,
        device=parts.devices.find(device_cookie, owner),
    )
    async with parts.database.system() as session:
        attempt = await attempts.begin(
            session,
            guessing,
            digester=parts.digester,
            per_minute=parts.settings.logins_per_source_minute,
        )
    try:
        is_right = await parts.passwords.verify(password, account.password_hash, attempt.standing)
    except BusyError:
        async with parts.database.system() as session:
            await attempts.withdraw(session, attempt)
        raise
    if is_right:
        async with parts.database.system() as session:
            await attempts.succeed(session, attempt)
    return is_right


def renewed_cookie(renewed: OpenSession) -> Cookie:
    """The cookie that the browser keeps of a session that goes on under a new token."""
    return cookie(COOKIE_NAME, renewed.token, LIFE)


def renewed_cookies(
    parts: Parts, renewed: OpenSession, account: Account, device_cookie: str
) -> tuple[Cookie, Cookie]:
    """The cookies that the browser keeps of a session that goes on after a new password: with the old
    one, the browser is no known device any more."""
    known = parts.devices.renew(device_cookie, DeviceOwner(account.id, account.password_hash))
    return (
        renewed_cookie(renewed),
        cookie(DEVICE_COOKIE_NAME, known, devices.LIFE, samesite="strict"),
    )

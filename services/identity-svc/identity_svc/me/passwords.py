"""A new password for somebody who knows the old one.

The password is checked and the new one hashed between transactions. The one in which it changes sees
whether another change came first: of two at the same time, one wins and the other is told that its
password is not the present one.
"""

from dataclasses import dataclass

from identity_svc.parts import Parts
from identity_svc.password_resets.service import replace_password
from identity_svc.people import service as people
from identity_svc.people.service import check_password, require_unbreached
from identity_svc.sessions.service import (
    Cookie,
    Person,
    WrongPasswordError,
    end_own_sessions,
    prove_password,
    renew_session,
    renewed_cookies,
)
from stagify.errors import UnauthorizedError
from stagify.source import Source


@dataclass(frozen=True, slots=True)
class PasswordWish:
    """What somebody knows as their password and what they want, from where, in which browser."""

    current: str
    wanted: str
    source: Source
    # The value of the device cookie, whatever it is worth.
    device_cookie: str = ""


async def change_password(parts: Parts, person: Person, wish: PasswordWish) -> tuple[Cookie, ...]:
    """Give the person another password. All their sessions end but the one in which they call, which goes
    on under a new token: the cookies that name it, and the browser."""
    async with parts.person_database.person(person.user_id) as session:
        account = await people.get_account(session, person.user_id)
    check_password(wish.wanted, account.email)
    if not await prove_password(
        parts,
        account,
        password=wish.current,
        source=wish.source,
        device_cookie=wish.device_cookie,
    ):
        raise WrongPasswordError
    await require_unbreached(parts.breaches, wish.wanted)
    password_hash = await parts.passwords.hash(wish.wanted, people.Standing())
    async with parts.person_database.person(person.user_id) as session:
        now = await people.lock_account(session, person.user_id)
        if now.password_version != account.password_version:
            raise WrongPasswordError
        await end_own_sessions(session, person.user_id, keep=person.session_id)
        renewed = await renew_session(session, person, digester=parts.digester)
        if renewed is None:
            # It was ended meanwhile, and whoever was logged out changes nothing.
            raise UnauthorizedError
        account = await replace_password(session, person.user_id, password_hash, means="change")
    return renewed_cookies(parts, renewed, account, wish.device_cookie)

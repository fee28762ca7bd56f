"""The mails of sign-up, and the code in them.

The code is made here, while the mail is written, so that it is never stored in plain text. The worker
also checks only here whether the address has an account: the request does the same work for everyone,
so neither its answer nor its duration reveals that.
"""

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from identity_svc.digests.service import Digester, new_code
from identity_svc.mail.service import Brand, Mail, Message
from identity_svc.people import service as people
from identity_svc.people.schemas import Locale
from identity_svc.signup import queries
from identity_svc.signup.service import code_hash
from stagify.clock import utc_now
from stagify.database import Session

# These mails contain nothing that the visitor could type freely: they go to an address that is not
# confirmed, and nobody must be able to use them to write to strangers in our name.
_EXAMPLE = {
    "code": "204816",
    "host": "lakeside.stagify.example",
    "begun": datetime(2026, 11, 27, 9, 30, tzinfo=UTC),
    "end": datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
}
CODE = Mail("signup_code", _EXAMPLE)
# For somebody who has an account: the workspace becomes one more of theirs.
KNOWN = Mail("signup_known", _EXAMPLE)


class SignupMail:
    """Writes the mail of a sign-up, with a fresh code that replaces any older one."""

    def __init__(self, digester: Digester, base_domain: str, brand: Brand) -> None:
        self._digester = digester
        self._brand = brand
        self._base_domain = base_domain

    async def __call__(self, session: Session, signup_id: UUID) -> Message | None:
        signup = await queries.lock_signup(session, signup_id)
        if signup is None or signup.confirmed_at is not None or signup.expires_at <= utc_now():
            return None
        account = await people.find_account(session, signup.email)
        if account is None and not await people.is_free(session, signup.email, by=signup.id):
            return None
        code = new_code()
        signup.code_hash = code_hash(self._digester, signup.id, code)
        signup.failed_attempts = 0
        language = cast(Locale | None, signup.locale)
        mail = CODE if account is None else KNOWN
        return mail.write(
            signup.email if account is None else account.email,
            language if account is None else account.locale or language,
            self._brand,
            code=code,
            host=f"{signup.slug}.{self._base_domain}",
            begun=signup.created_at,
            end=signup.expires_at,
        )

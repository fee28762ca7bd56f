"""The mails of sign-up, and the code in them.

The code is made here, while the mail is written, so that it is never stored in plain text. The worker
also checks only here whether the address has an account: the request does the same work for everyone,
so neither its answer nor its duration reveals that.
"""

from typing import cast
from uuid import UUID

from identity_svc.digests.service import Digester, new_code
from identity_svc.mail.service import Message, Text, Texts, write
from identity_svc.people import service as people
from identity_svc.people.schemas import Locale
from identity_svc.signup import queries
from identity_svc.signup.service import code_hash
from stagify.clock import utc_now
from stagify.database import Session

# These texts contain nothing that the visitor could type freely: they go to an address that is not
# confirmed, and nobody must be able to use them to write to strangers in our name.

CODE: Texts = {
    "en": Text(
        subject="{code} is your StagifyAI code",
        text=(
            "Your code is {code}\n\n"
            "It confirms your address and opens {host}.\n"
            "It is for the sign-up that began at {begun:%H:%M:%S} UTC, and for no "
            "other; it is valid until {end:%H:%M} UTC.\n\n"
            "If you did not sign up, ignore this mail: without the code nothing happens.\n"
        ),
    ),
    "de": Text(
        subject="{code} ist Ihr Code für StagifyAI",
        text=(
            "Ihr Code ist {code}\n\n"
            "Er bestätigt Ihre Adresse und öffnet {host}.\n"
            "Er gehört zu der Registrierung, die um {begun:%H:%M:%S} UTC begann, und zu keiner "
            "anderen; er gilt bis {end:%H:%M} UTC.\n\n"
            "Wenn Sie sich nicht registriert haben, ignorieren Sie diese Mail: Ohne den Code "
            "geschieht nichts.\n"
        ),
    ),
}
# For somebody who has an account: the workspace becomes one more of theirs.
KNOWN: Texts = {
    "en": Text(
        subject="{code} is your StagifyAI code",
        text=(
            "Your code is {code}\n\n"
            "You have a StagifyAI account already. The code opens {host} as another workspace in "
            "it: confirm with the password that you have.\n"
            "It is for the sign-up that began at {begun:%H:%M:%S} UTC, and for no "
            "other; it is valid until {end:%H:%M} UTC.\n\n"
            "If it was not you, ignore this mail: without the code nothing happens.\n"
        ),
    ),
    "de": Text(
        subject="{code} ist Ihr Code für StagifyAI",
        text=(
            "Ihr Code ist {code}\n\n"
            "Sie haben schon ein Konto bei StagifyAI. Der Code öffnet {host} als weiteren "
            "Arbeitsbereich darin: Bestätigen Sie mit dem Passwort, das Sie haben.\n"
            "Er gehört zu der Registrierung, die um {begun:%H:%M:%S} UTC begann, und zu keiner "
            "anderen; er gilt bis {end:%H:%M} UTC.\n\n"
            "Wenn Sie es nicht waren, ignorieren Sie diese Mail: Ohne den Code geschieht nichts.\n"
        ),
    ),
}


class SignupMail:
    """Writes the mail of a sign-up, with a fresh code that replaces any older one."""

    def __init__(self, digester: Digester, base_domain: str) -> None:
        self._digester = digester
        self._base_domain = base_domain

    async def __call__(self, session: Session, signup_id: UUID) -> Message | None:
        signup = await queries.lock_signup(session, signup_id)
        if signup is None or signup.confirmed_at is not None or signup.expires_at <= utc_now():
            return None
        account = await people.find_account(session, signup.email)
        code = new_code()
        signup.code_hash = code_hash(self._digester, signup.id, code)
        signup.failed_attempts = 0
        language = cast(Locale | None, signup.locale)
        return write(
            signup.email if account is None else account.email,
            CODE if account is None else KNOWN,
            language if account is None else account.locale or language,
            code=code,
            host=f"{signup.slug}.{self._base_domain}",
            begun=signup.created_at,
            end=signup.expires_at,
        )

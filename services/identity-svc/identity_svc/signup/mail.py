"""The mails of sign-up, and the code in them.

The code is made here, while the mail is written, so that it is never stored in plain text. The worker
also checks only here whether the address has an account: the request does the same work for everyone,
so neither its answer nor its duration reveals that.
"""

from uuid import UUID

from identity_svc.digests.service import Digester, new_code, new_token
from identity_svc.mail.service import Message
from identity_svc.people import service as people
from identity_svc.signup import queries
from identity_svc.signup.models import Signup
from identity_svc.signup.service import code_hash
from stagify.clock import utc_now
from stagify.database import Session


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
        # For a known address the row changes in the same way, but no code will ever be right.
        secret = code if account is None else new_token()
        signup.code_hash = code_hash(self._digester, signup.id, secret)
        signup.failed_attempts = 0
        if account is not None:
            return self._known(account.email)
        return self._code(signup, code)

    # These texts contain nothing that the visitor could type freely: they go to an address that is
    # not confirmed, and nobody must be able to use them to write to strangers in our name.

    def _code(self, signup: Signup, code: str) -> Message:
        return Message(
            to=signup.email,
            subject=f"{code} is your StagifyAI code",
            text=(
                f"Your code is {code}\n\n"
                f"It confirms your address and opens {signup.slug}.{self._base_domain}.\n"
                f"It is for the sign-up that began at {signup.created_at:%H:%M:%S} UTC, and for no "
                f"other; it is valid until {signup.expires_at:%H:%M} UTC.\n\n"
                "If you did not sign up, ignore this mail: without the code nothing happens.\n"
            ),
        )

    def _known(self, to: str) -> Message:
        return Message(
            to=to,
            subject="You already have a StagifyAI account",
            text=(
                "Someone, probably you, tried to sign up with this address.\n\n"
                "It has an account already: log in at the address of your workspace "
                f"(<name>.{self._base_domain}).\n\n"
                "If it was not you, ignore this mail: nothing has changed.\n"
            ),
        )

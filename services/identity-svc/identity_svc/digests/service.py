"""Keyed hashes of short secrets, and new random ones.

A code of six digits has only 10^6 values, so its plain hash would give it away. With HMAC-SHA-256
under a secret of the server, the database alone reveals nothing. `purpose` separates the uses of the
secret.
"""

import hmac
import secrets
from typing import Literal

Purpose = Literal[
    "signup_code",
    "signup_answer",
    "session",
    "person_session",
    "handoff",
    "throttle",
    "device",
    "password_reset",
    "challenge",
    "recovery_code",
    "passkey_question",
    "email_code",
    "email_undo",
    "email_undo_token",
    "invitation",
    "sso_state",
    "sso_nonce",
    "sso_verifier",
    "sso_browser",
    "sso_domain",
    "sso_log_out",
    "sso_session",
    "sso_subject",
]

CODE_DIGITS = 6
TOKEN_BYTES = 32


class Digester:
    """Hashes under the service's secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def digest(self, purpose: Purpose, *parts: str) -> bytes:
        """A hash of `parts`, 32 bytes long; a NUL between them keeps ("a", "bc") from ("ab", "c")."""
        message = "\0".join((purpose, *parts)).encode()
        return hmac.digest(self._secret, message, "sha256")


def new_code() -> str:
    """A code a person types: six digits, each value equally likely."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_token() -> str:
    """An opaque 256-bit token, 43 characters of base64url."""
    return secrets.token_urlsafe(TOKEN_BYTES)

"""What people type, checked the same way everywhere."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, EmailStr, Field, SecretStr

MIN_PASSWORD_BYTES = 8
# Long enough for any passphrase; bounds what one request can make us hash.
MAX_PASSWORD_BYTES = 1_024


def email_key(email: str) -> str:
    """The form in which all spellings of one address are equal. Dots in the local part make a
    difference."""
    return unicodedata.normalize("NFC", email).lower()


def _password(secret: SecretStr) -> SecretStr:
    # NFKC, as NIST SP 800-63B advises: keyboards differ in how they write the same character.
    password = unicodedata.normalize("NFKC", secret.get_secret_value())
    if len(password.encode()) > MAX_PASSWORD_BYTES:
        raise ValueError(f"must not be longer than {MAX_PASSWORD_BYTES} bytes")
    return SecretStr(password)


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < MIN_PASSWORD_BYTES:
        raise ValueError(f"must be at least {MIN_PASSWORD_BYTES} bytes long")
    return secret


def _reachable(email: str) -> str:
    # Few mail servers accept others (RFC 6531), and an address that gets no mail cannot be confirmed.
    if not email.partition("@")[0].isascii():
        raise ValueError("must be in ASCII before the @")
    return email


# RFC 5321 allows no longer path.
Email = Annotated[
    EmailStr, AfterValidator(_reachable), Field(max_length=254, examples=["ada@example.com"])
]
Password = Annotated[
    SecretStr, AfterValidator(_password), Field(examples=["correct horse battery staple"])
]
NewPassword = Annotated[Password, AfterValidator(_long_enough)]

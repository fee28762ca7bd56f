"""Addresses as they are compared, and what people may choose for themselves."""

import unicodedata
from typing import Literal

# The languages that mails and pages are written in.
Locale = Literal["en", "de"]
Theme = Literal["light", "dark"]


def email_key(email: str) -> str:
    """The form in which all spellings of one address are equal. Dots in the local part make a
    difference."""
    return unicodedata.normalize("NFC", email).lower()

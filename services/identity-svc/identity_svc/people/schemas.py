"""Addresses as they are compared."""

import unicodedata


def email_key(email: str) -> str:
    """The form in which all spellings of one address are equal. Dots in the local part make a
    difference."""
    return unicodedata.normalize("NFC", email).lower()

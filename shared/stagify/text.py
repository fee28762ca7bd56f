"""Text that people type, checked the same way everywhere."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic.config import JsonDict


def printable(text: str) -> str:
    """The text in Unicode's normal form C; ValueError if it has characters that nobody can see."""
    if not text.isprintable():
        raise ValueError("must not contain control characters")
    return unicodedata.normalize("NFC", text)


def _not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be blank")
    return text


# For clients to read. The functions above check it: not every client's pattern knows all spaces.
_AT_LEAST_ONE: JsonDict = {"minLength": 1, "pattern": r"\S"}

# What a person calls something.
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120),
    AfterValidator(printable),
    AfterValidator(_not_blank),
    Field(json_schema_extra=_AT_LEAST_ONE),
]

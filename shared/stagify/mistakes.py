"""What can be wrong with a value, for clients that have words of their own for it."""

from typing import Literal

Mistake = Literal[
    "blank",
    "characters",
    "code",
    "color",
    "email",
    "file_name",
    "instant",
    "link",
    "network",
    "number",
    "too_long",
    "too_short",
]


class RuleError(ValueError):
    """A value breaks a rule; the message says how, for people."""

    def __init__(self, mistake: Mistake, message: str) -> None:
        super().__init__(message)
        self.mistake = mistake


def too_long(limit: int) -> RuleError:
    """A text has more than `limit` characters."""
    return RuleError("too_long", f"must not be longer than {limit} characters")

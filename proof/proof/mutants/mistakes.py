"""The list of mistakes, in mistakes.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
LIST = Path(__file__).with_name("mistakes.toml")


class StaleMistakeError(Exception):
    """The code has changed, so that the mistake cannot be made any more: update the list."""


@dataclass(frozen=True)
class Mistake:
    """One change that must not pass: in `file`, `was` becomes `becomes`.

    `file` and `tests` are paths in the repository; `tests` belong to the member that `file`
    belongs to, and one of them has to fail.
    """

    what: str
    file: str
    was: str
    becomes: str
    tests: tuple[str, ...]

    def made_in(self, text: str) -> str:
        """The text of `file` with the mistake; StaleMistakeError unless `was` occurs exactly once."""
        if text.count(self.was) != 1:
            raise StaleMistakeError(
                f"{self.what} ({self.file}): found {text.count(self.was)} times"
            )
        return text.replace(self.was, self.becomes)


def read_mistakes() -> list[Mistake]:
    """All of them, in the order of the list."""
    return [
        Mistake(**{**each, "tests": tuple(each["tests"])})
        for each in tomllib.loads(LIST.read_text("utf-8"))["mistake"]
    ]

"""Which names a tenant may have. Pure rules; who has which name is in the database."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from stagify.calls.tenant import SlugInvalidError, SlugReservedError

MIN_LENGTH = 3
MAX_LENGTH = 40
# One DNS label of letters, digits and single inner hyphens that starts with a letter. Single
# hyphens also rule out `xn--`, the prefix of internationalised names (RFC 5890).
_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
SUGGESTIONS = 20


@cache
def reserved_slugs() -> frozenset[str]:
    """The names no tenant may take."""
    text = files("tenant_svc.hosts").joinpath("reserved_slugs.txt").read_text("utf-8")
    return frozenset(line for line in text.split("\n") if line and not line.startswith("#"))


def check_slug(slug: str) -> None:
    """Raise SlugInvalidError or SlugReservedError unless a tenant may be called `slug`."""
    if not MIN_LENGTH <= len(slug) <= MAX_LENGTH or not _PATTERN.fullmatch(slug):
        raise SlugInvalidError
    if slug in reserved_slugs():
        raise SlugReservedError


def normalize(text: str) -> str | None:
    """The valid slug nearest to `text`, or None if nothing of it can be used."""
    folded = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    slug = _SEPARATORS.sub("-", folded).strip("-").lstrip("0123456789-")[:MAX_LENGTH].strip("-")
    return slug if len(slug) >= MIN_LENGTH else None


def candidates(text: str) -> Iterator[str]:
    """Allowed names near `text`, best first."""
    stem = normalize(text)
    if stem is None:
        return
    if stem != text and stem not in reserved_slugs():
        yield stem
    for number in range(2, SUGGESTIONS + 2):
        suffix = f"-{number}"
        yield stem[: MAX_LENGTH - len(suffix)].rstrip("-") + suffix

"""What of an answer the client wants: its coding, its language, and whether a person will look at it."""

import re
from collections.abc import Iterable
from typing import Literal

from gateway.wire.request import Request

Locale = Literal["en", "de"]
LOCALES: tuple[Locale, ...] = ("en", "de")
# What a person has chosen goes before what the browser says; scripts may set it.
LOCALE_COOKIE = b"stagify_locale"
IDENTITY = b"identity"

_WEIGHT = re.compile(rb"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_BLANKS = re.compile(rb"[ \t]+")


def header(request: Request, name: bytes) -> bytes:
    """The value of a header that is passed on to services as it is; empty if it is not there. Only
    documents need these, so that the parser does not look for them."""
    values = []
    for line in request.lines:
        found, _, value = line.partition(b":")
        if found.lower() == name:
            values.append(value.strip(b" \t"))
    return b",".join(values)


def weights(value: bytes) -> dict[bytes, float]:
    """The members of a list with weights (RFC 9110, 12.4.2), in lower case and in their order; a
    member whose weight is none is left out, and of a repeated one the first counts."""
    found: dict[bytes, float] = {}
    for member in _BLANKS.sub(b"", value.lower()).split(b","):
        name, _, parameter = member.partition(b";")
        weight = _WEIGHT.fullmatch(parameter) if parameter else None
        if name and (weight is not None or not parameter):
            found.setdefault(name, 1.0 if weight is None else float(weight[1]))
    return found


def coding_of(request: Request, available: Iterable[bytes]) -> bytes:
    """The coding among `available`, the best first, that the client likes best (RFC 9110, 12.5.3).
    It is IDENTITY if it takes none of them; also if it takes nothing at all, as nobody means that."""
    accepted = weights(header(request, b"accept-encoding"))
    others = accepted.get(b"*", 0.0)
    # A client that says nothing of it takes it, but would rather have any other that it names.
    best, most = IDENTITY, accepted.get(IDENTITY, 0.0)
    for coding in available:
        weight = accepted.get(coding)
        if weight is None:
            weight = accepted.get(b"x-" + coding, others)
        if weight > 0 and (weight > most or (weight == most and best == IDENTITY)):
            best, most = coding, weight
    return best


def locale_of(request: Request) -> Locale:
    """The language for whoever sends `request`."""
    for pair in header(request, b"cookie").split(b";"):
        name, _, value = pair.partition(b"=")
        if name.strip(b" \t") == LOCALE_COOKIE and (chosen := _known(value.strip(b" \t"))):
            return chosen
    wanted = weights(header(request, b"accept-language"))
    for language, weight in sorted(wanted.items(), key=lambda item: -item[1]):
        found = _known(language.partition(b"-")[0])
        if found is not None and weight > 0:
            return found
    return "en"


def is_navigation(request: Request) -> bool:
    """Whether a person will look at the answer, in a browser."""
    return (
        b"text/html" in request.accept.lower() or header(request, b"sec-fetch-dest") == b"document"
    )


def _known(language: bytes) -> Locale | None:
    return next((locale for locale in LOCALES if locale.encode() == language), None)

"""What people and programs may send: one rule for each kind of value, for the requests of all services.

A rule takes whatever PostgreSQL and JSON can hold and a person may mean, brings all spellings of one
value into one form, and refuses the rest with a sentence that says why (422). A value that has passed
passes again unchanged. Every text, number and time in a request has one of these types;
`tests/test_inputs.py` finds those that do not.

Characters are Unicode code points, counted in the form that is kept. No rule asks the standard library
whether a character is printable or assigned: it knows only the Unicode of its own release.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    SecretStr,
)
from pydantic.config import JsonDict

from stagify.mistakes import RuleError, too_long

MAX_NAME = 120
# What file systems allow.
MAX_FILE_NAME = 255
# RFC 5321 allows no longer path, with the domain in ASCII.
MAX_EMAIL = 254
# NIST SP 800-63B.
MIN_PASSWORD = 8
MAX_PASSWORD = 256
MAX_NOTE = 300
# No password needs more bytes; bounds what a log-in can make us hash.
MAX_PASSWORD_BYTES = 4 * MAX_PASSWORD
CODE_DIGITS = 6
MAX_SLUG = MAX_NAME  # People try their name first.
# Both can be held by Python and PostgreSQL. (The last microsecond of 9999 is asyncpg's infinity.)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


class Rule:
    """Marks the types of this module."""


@dataclass(frozen=True, slots=True)
class Whole(Rule):
    """`Annotated[int, Whole(least, most)]` is a whole number in these bounds."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        # In this order: bounds around the function would not be `minimum` and `maximum` in the schema.
        bounded = Annotated[source, Field(ge=self.least, le=self.most)]
        return BeforeValidator(_number).__get_pydantic_core_schema__(bounded, handler)


@dataclass(frozen=True, slots=True)
class Real(Rule):
    """`Annotated[float, Real(least, most)]` is a number in these bounds."""

    least: float
    most: float

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        bounded = Annotated[source, Field(ge=self.least, le=self.most, allow_inf_nan=False)]
        return BeforeValidator(_real).__get_pydantic_core_schema__(bounded, handler)


# C0, DEL and C1. PostgreSQL's text has no NUL, and the others do harm in logs, mails and terminals.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# No text in UTF-8 has them.
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Embeddings, overrides and isolates: they reorder what stands around a name (CVE-2021-42574). The marks
# that Arabic and Hebrew are written with (U+200E, U+200F, U+061C) only concern their neighbours.
_REORDERING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# Default_Ignorable_Code_Point of Unicode, white space, and the empty Braille cell.
INVISIBLE = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
_ONLY_INVISIBLE = re.compile(f"[{INVISIBLE}]*")
_AROUND = re.compile(f"^[{INVISIBLE}]+|[{INVISIBLE}]+$")
_PATH_SEPARATORS = re.compile(r"[/\\]")
# What mail programs make a link of, whether it says so or not.
_LINK = re.compile(r"://|www\.|mailto:", re.IGNORECASE)
_YEAR = re.compile(r"[0-9]{4}-")
# Without alpha: what is under a colour would decide what it looks like.
_COLOR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
# What people and mail programs put between the digits of a code: spaces, dashes, invisible characters.
_BETWEEN_DIGITS = re.compile(rf"[{INVISIBLE}\u002d\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")


def _clean(text: str) -> None:
    """ValueError if the text has characters that must not be in one."""
    if _SURROGATES.search(text):
        raise RuleError("characters", "must be valid Unicode, without half a surrogate pair")
    if _CONTROLS.search(text):
        raise RuleError("characters", "must not contain control characters")


def _line(limit: int) -> Callable[[str], str]:
    """The rule for one line of text of up to `limit` characters."""

    def check(text: str) -> str:
        # Normalization takes quadratic time, and joins at most four characters to one.
        if len(text) > 4 * limit:
            raise too_long(limit)
        text = text.strip()
        _clean(text)
        if _REORDERING.search(text):
            raise RuleError(
                "characters", "must not contain characters that change the direction of writing"
            )
        text = unicodedata.normalize("NFC", text)
        if len(text) > limit:
            raise too_long(limit)
        if _ONLY_INVISIBLE.fullmatch(text):
            raise RuleError("blank", "must not be blank")
        return text

    return check


def _no_path(name: str) -> str:
    if _PATH_SEPARATORS.search(name):
        raise RuleError("file_name", "must be the name of a file, without its folders")
    return name


def _no_link(text: str) -> str:
    if _LINK.search(text):
        raise RuleError("link", "must not contain a link")
    return text


def _domain(text: str) -> str:
    # An address of it is what has a rule.
    return _email(f"a@{text.strip().removeprefix('@')}").partition("@")[2].lower()


def _email(text: str) -> str:
    if len(text) > 4 * MAX_EMAIL:
        raise too_long(MAX_EMAIL)
    text = _AROUND.sub("", text)
    _clean(text)
    try:
        # The domain in its normal form, however it was written (IDNA 2008, UTS 46).
        valid = validate_email(text, check_deliverability=False)
    except EmailNotValidError as error:
        raise RuleError("email", f"must be an email address: {error}") from error
    # Few mail servers accept others (RFC 6531), and an address that gets no mail cannot be confirmed.
    if valid.ascii_email is None:
        raise RuleError("email", "must be in ASCII before the @")
    if max(len(valid.ascii_email), len(valid.normalized)) > MAX_EMAIL:
        raise too_long(MAX_EMAIL)
    return valid.normalized


def _password(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    has_too_many = RuleError("too_long", f"must not be longer than {MAX_PASSWORD_BYTES:,} bytes")
    # Before the normalization, as in a line; what is joined to fewer characters loses fewer bytes.
    if len(text) > 2 * MAX_PASSWORD_BYTES:
        raise has_too_many
    if _SURROGATES.search(text):
        raise RuleError("characters", "must be valid Unicode, without half a surrogate pair")
    # NFKC, as NIST SP 800-63B advises: keyboards differ in how they write the same character. (NFC, as
    # in RFC 8265, would lock out those whose hash was made of the NFKC form.)
    text = unicodedata.normalize("NFKC", text)
    if len(text.encode()) > MAX_PASSWORD_BYTES:
        raise has_too_many
    return SecretStr(text)


def _new_password(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    _clean(text)
    if len(text) < MIN_PASSWORD:
        raise RuleError("too_short", f"must be at least {MIN_PASSWORD} characters long")
    if len(text) > MAX_PASSWORD:
        raise too_long(MAX_PASSWORD)
    return secret


def _secret(secret: SecretStr) -> SecretStr:
    _clean(secret.get_secret_value())
    return secret


def _code(text: str) -> str:
    digits = [unicodedata.decimal(each, None) for each in _BETWEEN_DIGITS.sub("", text)]
    if len(digits) != CODE_DIGITS or None in digits:
        raise RuleError("code", f"must be the {CODE_DIGITS} digits of the code")
    return "".join(map(str, digits))


def _color(text: str) -> str:
    digits = _COLOR.fullmatch(text.strip())
    if digits is None:
        raise RuleError("color", "must be a colour in hexadecimal digits, such as #1f4d3a")
    hexadecimal = digits[1].lower()
    return "#" + (
        hexadecimal if len(hexadecimal) == 6 else "".join(2 * each for each in hexadecimal)
    )


def _network(text: str) -> str:
    try:
        # A zone (%) means something on one machine only.
        return str(ip_network(text.strip().replace("%", "!"), strict=False))
    except ValueError:
        raise RuleError("network", "must be an address or network, as 203.0.113.0/24") from None


def _choice(text: str) -> str:
    _clean(text)
    return text


def _written_out(value: object) -> object:
    # Pydantic takes numbers, also as text, for seconds since 1970.
    if not isinstance(value, datetime) and not (isinstance(value, str) and _YEAR.match(value)):
        raise RuleError("instant", "must be a date and time as in RFC 3339")
    return value


def _instant(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = moment.replace(tzinfo=UTC)
        is_held = False
    else:
        is_held = EARLIEST <= moment <= LATEST
    if not is_held:
        raise RuleError("instant", f"must be between {_rfc3339(EARLIEST)} and {_rfc3339(LATEST)}")
    return moment


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: object) -> object:
    # Pydantic takes true for 1, and text for the number in it. (It lets a TypeError through.)
    if isinstance(value, bool | str | bytes):
        raise RuleError("number", "must be a number")
    return value


def _real(value: object) -> object:
    value = _number(value)
    if not isinstance(value, int | float):
        return value
    try:
        # The database knows no negative zero.
        return float(value) + 0.0
    except OverflowError:
        raise RuleError("number", "must be a number of a usual size") from None


def _schema(**keywords: Any) -> Any:
    """What OpenAPI says about a rule. It is for clients to read; the functions above decide."""
    return Field(json_schema_extra=keywords)


# Not every client's pattern knows all spaces and all invisible characters, so this one says less.
_NOT_BLANK: JsonDict = {"minLength": 1, "pattern": r"\S"}

# What a person calls something: themselves, a tenant, a project, a key.
Name = Annotated[
    str, Rule(), AfterValidator(_line(MAX_NAME)), _schema(**_NOT_BLANK, maxLength=MAX_NAME)
]
FileName = Annotated[
    str,
    Rule(),
    AfterValidator(_line(MAX_FILE_NAME)),
    AfterValidator(_no_path),
    _schema(**_NOT_BLANK, maxLength=MAX_FILE_NAME),
]
# A sentence or two to somebody who gets it by mail.
Note = Annotated[
    str,
    Rule(),
    AfterValidator(_line(MAX_NOTE)),
    AfterValidator(_no_link),
    _schema(**_NOT_BLANK, maxLength=MAX_NOTE),
]
# What stands behind the @ of addresses, its name in Unicode.
Domain = Annotated[
    str,
    Rule(),
    Field(max_length=MAX_EMAIL),
    AfterValidator(_domain),
    _schema(examples=["example.com"]),
]
# In the form in which it is kept and mailed to: without space around it, its domain in Unicode.
Email = Annotated[
    str,
    Rule(),
    AfterValidator(_email),
    _schema(format="email", maxLength=MAX_EMAIL, examples=["ada@example.com"]),
]
# At a log-in: whatever may have been chosen at any time.
Password = Annotated[
    SecretStr,
    Rule(),
    AfterValidator(_password),
    _schema(examples=["correct horse battery staple"]),
]
NewPassword = Annotated[
    Password,
    AfterValidator(_new_password),
    _schema(
        minLength=MIN_PASSWORD,
        maxLength=MAX_PASSWORD,
        examples=["correct horse battery staple"],
    ),
]
# What a program shows, such as a token: nobody types it, so it has no form to be brought into.
Secret = Annotated[SecretStr, Rule(), AfterValidator(_secret)]
# One that our services make (`secrets.token_urlsafe(32)`); others are simply not known.
Token = Annotated[
    Secret,
    Field(min_length=1, max_length=256),
    _schema(examples=["t3kLr0nYpA2mVZcQ8h1sXwE5uJdGf7iBoT9KqN4RyHM"]),
]
# A SHA-256 hash in base64url without padding, of a secret that only whoever sends it has.
Challenge = Annotated[
    str,
    Rule(),
    Field(pattern=r"^[A-Za-z0-9_-]{43}$"),
    _schema(examples=["47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"]),
]
# Bytes in base64url without padding, as browsers write those of WebAuthn.
Base64Url = Annotated[
    str, Rule(), Field(pattern="^[A-Za-z0-9_-]+$", max_length=16_384, examples=["YWxnb3JpdGhtcw"])
]
# The code of a mail in plain digits; people may write it in groups and with the digits of their script.
Code = Annotated[
    str,
    Rule(),
    Field(max_length=64),
    AfterValidator(_code),
    _schema(minLength=CODE_DIGITS, examples=["493027"]),
]
# What somebody would like as a slug; tenant-svc decides what a slug may look like, and suggests one.
Slug = Annotated[
    str, Rule(), AfterValidator(_line(MAX_SLUG)), _schema(**_NOT_BLANK, maxLength=MAX_SLUG)
]
# As `#rrggbb`; people may leave out the #, and write each of the three digits once.
Color = Annotated[
    str,
    Rule(),
    Field(max_length=64),
    AfterValidator(_color),
    _schema(pattern="^#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})$", examples=["#1f4d3a"]),
]
# One of the keys of a list that is compared elsewhere, such as a style of the catalog.
Choice = Annotated[str, Rule(), Field(min_length=1, max_length=64), AfterValidator(_choice)]
# What another system calls something, as it is: a group, a client.
Word = Annotated[str, Rule(), Field(min_length=1, max_length=255), AfterValidator(_choice)]
# The address of a server; whoever calls it decides whether it may be called.
Url = Annotated[str, Rule(), Field(min_length=1, max_length=2_048), AfterValidator(_choice)]
# Text that its reader checks as a whole, and refuses with a code of its own: a cursor, a key of a header.
Opaque = Annotated[str, Rule()]
# Internet addresses: a network, or one of them, as CIDR.
Network = Annotated[
    str,
    Rule(),
    Field(max_length=64),
    AfterValidator(_network),
    _schema(minLength=2, examples=["203.0.113.0/24"]),
]
# A point in time, in UTC.
Instant = Annotated[
    AwareDatetime,
    Rule(),
    BeforeValidator(_written_out),
    AfterValidator(_instant),
    # The two keywords are those of ajv-formats: JSON Schema has none for times.
    _schema(
        description=f"From {_rfc3339(EARLIEST)} to {_rfc3339(LATEST)}.",
        formatMinimum=_rfc3339(EARLIEST),
        formatMaximum=_rfc3339(LATEST),
    ),
]
Flag = Annotated[bool, Rule(), Field(strict=True)]

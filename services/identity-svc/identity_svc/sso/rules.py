"""Decisions about what a provider has said of somebody."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from identity_svc.people.schemas import email_key
from stagify.inputs import Email, Name

_EMAIL: TypeAdapter[str] = TypeAdapter(Email)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider has said of somebody, and signed. `groups` is None if it leaves open which they are
    in: some name the groups of people who are in many nowhere in the token."""

    issuer: str
    subject: str
    email: str | None
    # As it was sent: only true itself means yes.
    email_verified: object
    name: str | None
    groups: tuple[str, ...] | None
    # When it said so, and the session there that the log-in belongs to, if it has a name.
    issued_at: datetime
    session_id: str | None = None


def claims_of(told: Mapping[str, Any], group_claim: str) -> Claims:
    """What we take of it."""
    return Claims(
        issuer=told["iss"],
        subject=told["sub"],
        email=_valid(_EMAIL, told.get("email")),
        email_verified=told.get("email_verified"),
        name=_valid(_NAME, told.get("name")),
        groups=_groups(told, group_claim),
        issued_at=datetime.fromtimestamp(told["iat"], UTC),
        session_id=_session_id(told.get("sid")),
    )


def _valid(rule: TypeAdapter[str], value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return rule.validate_python(value)
    except ValidationError:
        return None


def _session_id(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _groups(told: Mapping[str, Any], claim: str) -> tuple[str, ...] | None:
    elsewhere = told.get("_claim_names")
    if (isinstance(elsewhere, dict) and claim in elsewhere) or told.get("hasgroups"):
        return None
    found = told.get(claim, [])
    if isinstance(found, str):
        return (found,)
    if not isinstance(found, list):
        return None
    return tuple(each for each in found if isinstance(each, str))


def trusted_email(claims: Claims, proved_domains: Collection[str]) -> str | None:
    """The address, if the connection may speak for it: its domain is proved to be the tenant's, and the
    provider does not say that it is not verified. Some say nothing about that (Entra); what says anything but
    true says no."""
    if claims.email is None or domain_of(claims.email) not in proved_domains:
        return None
    # Not by comparing: 1 equals True.
    return claims.email if claims.email_verified is None or claims.email_verified is True else None


def domain_of(email: str) -> str:
    """What stands behind the @, in the form in which it is compared."""
    return email_key(email).rpartition("@")[2]


def mapped_role(groups: Collection[str], group_roles: Sequence[Mapping[str, str]]) -> str | None:
    """The role that the first fitting line of the table leads to."""
    return next((each["role"] for each in group_roles if each["group"] in groups), None)


def name_of(claims: Claims, email: str) -> str:
    """What to call somebody new."""
    return claims.name or email.partition("@")[0]

"""Every table of identity-svc, collected for migrations and for the architecture test."""

from identity_svc.addresses.models import EmailChange
from identity_svc.api_keys.models import ApiKey, ApiKeyTenant
from identity_svc.factors.models import (
    Challenge,
    FactorOwner,
    Passkey,
    PendingTotp,
    RecoveryCode,
    Totp,
)
from identity_svc.invitations.models import (
    Invitation,
    InvitationAsk,
    InvitationLink,
    InvitationToken,
)
from identity_svc.lost_factors.models import FactorReset
from identity_svc.members.models import FormerMember, Membership
from identity_svc.ownership.models import OwnershipTransfer
from identity_svc.password_resets.models import PasswordReset
from identity_svc.people.models import RestingAddress, User
from identity_svc.roles.models import CustomRole
from identity_svc.service_accounts.models import ServiceAccount
from identity_svc.sessions.models import Handoff, PersonSession, Session
from identity_svc.signup.models import Signup
from identity_svc.sso.models import (
    SsoAttempt,
    SsoConnection,
    SsoDomain,
    SsoIdentity,
    SsoLogOut,
)
from identity_svc.tables import ServiceTable
from identity_svc.tenants.models import Tenant
from identity_svc.throttling.models import Backoff, Throttle

__all__ = [
    "ApiKey",
    "ApiKeyTenant",
    "Backoff",
    "Challenge",
    "CustomRole",
    "EmailChange",
    "FactorOwner",
    "FactorReset",
    "FormerMember",
    "Handoff",
    "Invitation",
    "InvitationAsk",
    "InvitationLink",
    "InvitationToken",
    "Membership",
    "OwnershipTransfer",
    "Passkey",
    "PasswordReset",
    "PendingTotp",
    "PersonSession",
    "RecoveryCode",
    "RestingAddress",
    "ServiceAccount",
    "Session",
    "Signup",
    "SsoAttempt",
    "SsoConnection",
    "SsoDomain",
    "SsoIdentity",
    "SsoLogOut",
    "Tenant",
    "Throttle",
    "Totp",
    "User",
]

METADATA = ServiceTable.metadata

# Tables without row-level security, each with its reason.
NOT_TENANT_TABLES: dict[str, str] = {
    "api_key_tenants": "who reports a key does not know whose it is; holds public ids of keys only",
    "users": "a person may belong to several tenants, and an address has one account",
    "email_changes": "a person has one address in all their tenants",
    "resting_addresses": "an address has one account, whichever tenants its person belonged to",
    "factor_owners": "a person has the same factors in all their tenants",
    "totps": "a person has the same factors in all their tenants",
    "pending_totps": "a person has the same factors in all their tenants",
    "passkeys": "a person has the same factors in all their tenants",
    "recovery_codes": "a person has the same factors in all their tenants; holds keyed hashes",
    "challenges": "before a passkey nobody is known; holds keyed hashes and ids",
    "password_resets": "whoever asks for one is not known, and may belong to several tenants",
    "person_sessions": "a person on the platform's host is in no tenant; holds keyed hashes and ids",
    "invitation_tokens": "whoever shows one is in no tenant yet; holds keyed hashes and ids",
    "sso_attempts": "providers send people back to the platform's host; holds keyed hashes and ids",
    "signups": "a sign-up has no tenant until it is confirmed",
    "backoffs": "attempts fail before anyone is known; holds keyed hashes only",
    "throttles": "attempts are counted before anyone is known; holds keyed hashes only",
    "tenants": "the upkeep lists all tenants; a row holds names, plan, region and status, and no work",
}

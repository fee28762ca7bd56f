"""Events of identity-svc."""

from uuid import UUID

from stagify.events.base import Event, TenantEvent
from stagify.topology import Topic


class UserRegistered(Event):
    """A person has got an account."""

    event_type = "stagify.user.registered.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class UserUpdated(Event):
    """A person has changed what they say about themselves; `changed` names the facts."""

    event_type = "stagify.user.updated.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    changed: list[str]


class PasswordChanged(Event):
    """A person has got another password: by knowing the old one (`change`) or by a mail (`reset`)."""

    event_type = "stagify.user.password_changed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    means: str


class UserDeleted(Event):
    """A person has ended their account: their id leads to nobody any more."""

    event_type = "stagify.user.deleted.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class EmailChanged(Event):
    """A person has another address."""

    event_type = "stagify.user.email_changed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class FactorAdded(Event):
    """A person has another second factor: `totp` (an app for codes), `passkey` or `recovery_codes`, which
    replace all that there were."""

    event_type = "stagify.user.factor_added.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    factor: str


class FactorRemoved(Event):
    """A person has a second factor less. `means` says how: by the person (`change`), or because they had
    lost it (`reset`)."""

    event_type = "stagify.user.factor_removed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    factor: str
    means: str


class RecoveryCodeUsed(Event):
    """A person has shown a recovery code instead of another second factor."""

    event_type = "stagify.user.recovery_code_used.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class MemberJoined(TenantEvent):
    """A person has become a member of the tenant."""

    event_type = "stagify.member.joined.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    role: str


class MemberRoleChanged(TenantEvent):
    """A member has another role, or theirs has other permissions; `role` is a built-in name or an id."""

    event_type = "stagify.member.role_changed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    role: str
    previous_role: str


class MemberRemoved(TenantEvent):
    """A person is no member any more: somebody has `removed` them, or they have `left`. Nothing of theirs
    gives access to the tenant."""

    event_type = "stagify.member.removed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    means: str


class MemberLoggedOut(TenantEvent):
    """Somebody has ended all of a member's sessions in the tenant; they are a member as before, and log in
    anew."""

    event_type = "stagify.member.logged_out.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class MemberRestored(TenantEvent):
    """Somebody who had been removed is a member again, under the same id."""

    event_type = "stagify.member.restored.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    role: str


class FactorResetRequested(TenantEvent):
    """An owner has asked to take the second factors of a member away, who has lost them; it happens a day
    later."""

    event_type = "stagify.member.factor_reset_requested.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class FactorResetCancelled(TenantEvent):
    """The member has refused that, and keeps their second factors."""

    event_type = "stagify.member.factor_reset_cancelled.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class MemberRulesChanged(TenantEvent):
    """What a member's sessions in the tenant are worth has to be asked again: the tenant's rules of how
    people sign in have changed."""

    event_type = "stagify.member.rules_changed.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID


class SessionRevoked(TenantEvent):
    """A session has ended; it no longer gives access to anyone."""

    event_type = "stagify.session.revoked.v1"
    topic = Topic.IDENTITY
    key_field = "session_id"
    session_id: UUID
    user_id: UUID


class ServiceAccountCreated(TenantEvent):
    """The tenant has a member without a person; `role` is a built-in name or an id."""

    event_type = "stagify.service_account.created.v1"
    topic = Topic.IDENTITY
    key_field = "service_account_id"
    service_account_id: UUID
    role: str


class ServiceAccountUpdated(TenantEvent):
    """Something about a service account has changed; `changed` names it: `name`, `role`, or the
    `permissions` of its role."""

    event_type = "stagify.service_account.updated.v1"
    topic = Topic.IDENTITY
    key_field = "service_account_id"
    service_account_id: UUID
    role: str
    changed: list[str]


class ServiceAccountRemoved(TenantEvent):
    """A service account is gone; `ApiKeyRevoked` says so of each of its keys."""

    event_type = "stagify.service_account.removed.v1"
    topic = Topic.IDENTITY
    key_field = "service_account_id"
    service_account_id: UUID


class ApiKeyCreated(TenantEvent):
    """An API key was created; it acts for whoever created it, or for a service account."""

    event_type = "stagify.api_key.created.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID
    created_by: UUID
    service_account_id: UUID | None = None


class ApiKeyRevoked(TenantEvent):
    """An API key was revoked; it no longer gives access to anyone. `means` says how, if it was not a member
    who took it back: `rotation`, a `report` of somebody who has found it, or the end of its
    `service_account`."""

    event_type = "stagify.api_key.revoked.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID
    means: str | None = None


class ApiKeyRotated(TenantEvent):
    """An API key has a successor with another secret; both are valid for so many hours."""

    event_type = "stagify.api_key.rotated.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID
    successor_id: UUID
    overlap_hours: int


class ApiKeyChanged(TenantEvent):
    """Something about an API key that this user has created has changed; `changed` names it: `name`,
    `addresses`, `expires_at`."""

    event_type = "stagify.api_key.changed.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID
    user_id: UUID
    service_account_id: UUID | None = None
    changed: list[str]


class ApiKeySuspended(TenantEvent):
    """An API key is refused from now on, because whoever created it was removed."""

    event_type = "stagify.api_key.suspended.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID


class ApiKeyResumed(TenantEvent):
    """An API key that was suspended counts again, because whoever created it was restored."""

    event_type = "stagify.api_key.resumed.v1"
    topic = Topic.IDENTITY
    key_field = "api_key_id"
    api_key_id: UUID


class InvitationCreated(TenantEvent):
    """Somebody was asked to become a member; `role` is a built-in name or an id."""

    event_type = "stagify.invitation.created.v1"
    topic = Topic.IDENTITY
    key_field = "invitation_id"
    invitation_id: UUID
    role: str


class InvitationResent(TenantEvent):
    """An invitation was mailed once more; what was mailed before is worth nothing."""

    event_type = "stagify.invitation.resent.v1"
    topic = Topic.IDENTITY
    key_field = "invitation_id"
    invitation_id: UUID


class InvitationRevoked(TenantEvent):
    """An invitation was taken back."""

    event_type = "stagify.invitation.revoked.v1"
    topic = Topic.IDENTITY
    key_field = "invitation_id"
    invitation_id: UUID


class InvitationAccepted(TenantEvent):
    """An invitation was accepted; if its person was no member yet, `MemberJoined` is beside it."""

    event_type = "stagify.invitation.accepted.v1"
    topic = Topic.IDENTITY
    key_field = "invitation_id"
    invitation_id: UUID
    user_id: UUID


class InvitationDeclined(TenantEvent):
    """Somebody has said no to an invitation."""

    event_type = "stagify.invitation.declined.v1"
    topic = Topic.IDENTITY
    key_field = "invitation_id"
    invitation_id: UUID


class InvitationLinkCreated(TenantEvent):
    """There is a link by which several people may become members."""

    event_type = "stagify.invitation_link.created.v1"
    topic = Topic.IDENTITY
    key_field = "link_id"
    link_id: UUID
    role: str


class InvitationLinkRevoked(TenantEvent):
    """Nobody comes in by this link any more."""

    event_type = "stagify.invitation_link.revoked.v1"
    topic = Topic.IDENTITY
    key_field = "link_id"
    link_id: UUID


class RoleCreated(TenantEvent):
    """The tenant has made a role of its own."""

    event_type = "stagify.role.created.v1"
    topic = Topic.IDENTITY
    key_field = "role_id"
    role_id: UUID
    permissions: list[str]


class RoleUpdated(TenantEvent):
    """A role of the tenant's own has another name or other permissions; for those who have it, there is
    `MemberRoleChanged` if it may do something else."""

    event_type = "stagify.role.updated.v1"
    topic = Topic.IDENTITY
    key_field = "role_id"
    role_id: UUID
    permissions: list[str]


class RoleDeleted(TenantEvent):
    """A role of the tenant's own is gone; nobody had it."""

    event_type = "stagify.role.deleted.v1"
    topic = Topic.IDENTITY
    key_field = "role_id"
    role_id: UUID


class OwnershipTransferRequested(TenantEvent):
    """An owner wants another member to be the owner in their place."""

    event_type = "stagify.ownership_transfer.requested.v1"
    topic = Topic.IDENTITY
    key_field = "transfer_id"
    transfer_id: UUID
    from_user_id: UUID
    to_user_id: UUID


class OwnershipTransferCancelled(TenantEvent):
    """Nothing comes of a transfer: an owner has taken it back, or the other has said no."""

    event_type = "stagify.ownership_transfer.cancelled.v1"
    topic = Topic.IDENTITY
    key_field = "transfer_id"
    transfer_id: UUID


class OwnershipTransferred(TenantEvent):
    """The one who was asked is an owner now, and whoever asked is an admin."""

    event_type = "stagify.ownership.transferred.v1"
    topic = Topic.IDENTITY
    key_field = "transfer_id"
    transfer_id: UUID
    from_user_id: UUID
    to_user_id: UUID

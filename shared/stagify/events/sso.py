"""Events of single sign-on, which identity-svc publishes."""

from uuid import UUID

from stagify.events.base import TenantEvent
from stagify.topology import Topic


class SsoConnectionCreated(TenantEvent):
    """The tenant has named a provider at which its people log in; it is not used yet."""

    event_type = "stagify.sso_connection.created.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID


class SsoConnectionChanged(TenantEvent):
    """Something about such a connection has changed; `changed` names it: `is_enabled`, `is_enforced`,
    `issuer`, `client_id`, `client_secret`, `domains`, `group_roles` …"""

    event_type = "stagify.sso_connection.changed.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID
    changed: list[str]


class SsoConnectionTested(TenantEvent):
    """Somebody who may change the connection has logged in with it for a test."""

    event_type = "stagify.sso_connection.tested.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID
    user_id: UUID


class SsoConnectionDeleted(TenantEvent):
    """The tenant has a connection less; what it had let in has ended."""

    event_type = "stagify.sso_connection.deleted.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID


class SsoIdentityLinked(TenantEvent):
    """A connection knows a person from now on."""

    event_type = "stagify.sso_identity.linked.v1"
    topic = Topic.IDENTITY
    key_field = "user_id"
    user_id: UUID
    connection_id: UUID


class SsoLogOutReceived(TenantEvent):
    """A provider has told us that somebody has logged out there; `ended` is how many sessions that has ended
    here. `user_id` is whose they were, if it is known."""

    event_type = "stagify.sso_log_out.received.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID
    user_id: UUID | None = None
    ended: int


class SsoLogInRefused(TenantEvent):
    """Somebody has come back from a provider and was not let in; `code` says why."""

    event_type = "stagify.sso_log_in.refused.v1"
    topic = Topic.IDENTITY
    key_field = "connection_id"
    connection_id: UUID
    code: str

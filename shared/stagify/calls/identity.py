"""What the gateway asks of identity-svc, whose credential this is, and what it tells: which keys are in use."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_serializer

from stagify.calls.client import InternalClient
from stagify.errors import NotFoundError
from stagify.inputs import Secret

CREDENTIALS = "/internal/credentials"
USES = "/internal/api-key-uses"
# How many uses one call may tell.
MAX_USES = 1000

# Longer than any credential of ours; bounds what is hashed.
MAX_CREDENTIAL_CHARACTERS = 256

CredentialType = Literal["session", "api_key"]


class CredentialLookUp(BaseModel):
    """The credential that a caller sent to the gateway on a tenant's host."""

    model_config = ConfigDict(extra="forbid")

    type: CredentialType
    value: Annotated[Secret, Field(min_length=1, max_length=MAX_CREDENTIAL_CHARACTERS)]

    @field_serializer("value", when_used="json")
    def _on_the_wire(self, value: SecretStr) -> str:
        return value.get_secret_value()


class CredentialRead(BaseModel):
    """Whose credential it is, and what it allows now. An API key acts for `user_id`, the person who
    created it, or for a service account, and has no role of its own: its permissions are those of its
    scopes that the role of that person or account allows."""

    kind: Literal["user", "api_key"]
    subject: UUID
    # One of the two: the person that it acts for, or the service account.
    user_id: UUID | None
    service_account_id: UUID | None = None
    credential_id: UUID
    # Not a closed list: an older gateway must let people in whose role it does not know.
    role: str | None
    permissions: list[str]
    organization_id: UUID | None = None
    expires_at: AwareDatetime | None
    # The networks from which an API key may be used, as CIDR; none means from everywhere.
    addresses: list[str] = []
    # When the person of a session last proved who they are.
    auth_time: AwareDatetime | None = None
    # What the session is for and nothing else: `second_factor`. It then has no permissions.
    restriction: str | None = None

    @property
    def member_id(self) -> UUID:
        """Whom it acts for, a person or a service account."""
        found = self.service_account_id or self.user_id
        assert found is not None
        return found


class ApiKeyUse(BaseModel):
    """An API key that has been used within the last minute."""

    tenant_id: UUID
    api_key_id: UUID


class ApiKeyUses(BaseModel):
    """Keys in use, of any tenants."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ApiKeyUse], Field(max_length=MAX_USES)]


class UnknownCredentialError(NotFoundError):
    """This credential is not known here."""

    code = "unknown_credential"


async def look_up_credential(
    identity: InternalClient, tenant_id: UUID, shown: CredentialLookUp
) -> CredentialRead:
    """Whose credential it is at this tenant; UnknownCredentialError if it is not valid here, for
    whatever reason."""
    return await identity.ask(
        CredentialRead,
        "POST",
        CREDENTIALS,
        body=shown,
        tenant_id=tenant_id,
        refusals=(UnknownCredentialError,),
    )


async def tell_uses(identity: InternalClient, uses: list[ApiKeyUse]) -> None:
    """Say which API keys are in use, at most MAX_USES of them."""
    await identity.call("POST", USES, body=ApiKeyUses(items=uses))

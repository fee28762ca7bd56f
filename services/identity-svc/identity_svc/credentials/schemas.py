"""The contract of the gateway's question."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from identity_svc.credentials.usage import CredentialType
from identity_svc.roles.schemas import Role

# Longer than any credential of ours; bounds what is hashed.
MAX_CREDENTIAL_CHARACTERS = 256


class CredentialLookUp(BaseModel):
    """What a caller showed to the gateway on a tenant's host."""

    model_config = ConfigDict(extra="forbid")

    type: CredentialType
    value: Annotated[SecretStr, Field(min_length=1, max_length=MAX_CREDENTIAL_CHARACTERS)]


class CredentialRead(BaseModel):
    """Whose it is and what it allows now. An API key acts for `user_id`, who created it, and has
    no role of its own: its permissions are its scopes as far as that person's role covers them."""

    kind: Literal["user", "api_key"]
    subject: UUID
    user_id: UUID
    credential_id: UUID
    role: Role | None
    permissions: list[str]
    organization_id: UUID | None = None
    expires_at: datetime | None

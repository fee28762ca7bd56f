"""`UsageRecorded`, the only event that several services publish; analytics consumers read its topic."""

from uuid import UUID

from pydantic import Field

from stagify.events.base import TenantEvent
from stagify.topology import Topic


class UsageRecorded(TenantEvent):
    """A tenant used something. This version of the event is never replaced.

    `quantity` is a signed count of the meter's unit; `dimensions` may hold organization_id,
    user_id, api_key_id, project_id and other strings, never names; `reservation_id` names the
    reservation that this use commits; `corrects_id` names the record this one corrects.
    """

    event_type = "stagify.usage.recorded.v1"
    topic = Topic.USAGE
    meter: str
    quantity: int
    dimensions: dict[str, str] = Field(default_factory=dict)
    reservation_id: UUID | None = None
    corrects_id: UUID | None = None

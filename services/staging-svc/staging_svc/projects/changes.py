"""What every change of a project brings with it: a version, a wake-up call, storage metering."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from stagify.clock import utc_now
from stagify.events.usage import UsageRecorded
from stagify.outbox import publish
from staging_svc.projects.models import Project

# Channel of NOTIFY: this project changed.
CHANGED = "staging_projects_changed"

NOTIFY = text("SELECT pg_notify(:channel, :payload)")


async def touch(session: AsyncSession, project: Project) -> None:
    """Give the project its next version and wake whoever watches it, on commit."""
    project.version += 1
    project.updated_at = utc_now()
    await announce(session, project)


async def announce(session: AsyncSession, project: Project) -> None:
    """Wake whoever watches the project, on commit."""
    payload = f"{project.tenant_id}/{project.id}"
    await session.execute(NOTIFY, {"channel": CHANGED, "payload": payload})


def storage_changed(session: AsyncSession, project: Project, byte_delta: int) -> None:
    """Report what the project's images came to take up, or gave back."""
    if byte_delta:
        publish(
            session,
            UsageRecorded(
                tenant_id=project.tenant_id,
                meter="storage_bytes",
                quantity=byte_delta,
                dimensions=dimensions(project),
            ),
        )


def dimensions(project: Project) -> dict[str, str]:
    """What a usage record of this project is about."""
    return {**project.usage_dimensions, "project_id": str(project.id)}

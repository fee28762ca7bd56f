"""Rows that look like staged projects in lists; nothing was staged and no object is stored."""

from uuid import UUID

from stagify.database import Session
from stagify.ids import new_id
from staging_svc.models import Image, Project

KINDS = ("source", "original", "staged")


async def add_staged_projects(session: Session, tenant_id: UUID, count: int) -> list[UUID]:
    """Projects with all their images; their ids, oldest first."""
    projects = [_project(tenant_id, number) for number in range(count)]
    session.add_all(projects)
    await session.flush()
    session.add_all(_image(project, kind) for project in projects for kind in KINDS)
    return [project.id for project in projects]


def _project(tenant_id: UUID, number: int) -> Project:
    return Project(
        tenant_id=tenant_id,
        id=new_id(),
        name=f"Room {number}",
        room_type="living_room",
        style="modern",
        options={"quality": "standard", "seed": 0, "label": True},
        status="staged",
        progress=1.0,
        reservation_id=new_id(),
        is_reserved=True,
    )


def _image(project: Project, kind: str) -> Image:
    return Image(
        tenant_id=project.tenant_id,
        project_id=project.id,
        kind=kind,
        filename="room.jpg",
        bucket="stagify-eu",
        object_key=f"tenants/{project.tenant_id}/projects/{project.id}/{kind}",
        content_type="image/jpeg",
        width=1600,
        height=1067,
        size=350_000,
        sha256="0" * 64,
        placeholder="1QcSHQRnh493V4dIh4eXh1h4kJUI",
    )

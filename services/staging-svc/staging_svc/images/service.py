"""The use cases of images."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from staging_svc.images.errors import ImageNotFoundError
from staging_svc.images.models import Image
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.objects.store import Storage, disposition

ImageKind = Literal["source", "original", "staged"]

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
# What a project's name may lend to a file name; the rest becomes a hyphen.
UNSAFE = re.compile(r"[^\w.-]+")


def add_image(
    session: AsyncSession,
    *,
    tenant_id: UUID,
    image_id: UUID,
    project_id: UUID,
    project_name: str,
    kind: ImageKind,
    stored: StoredObject,
    content_type: str,
    width: int,
    height: int,
    size: int,
    sha256: str,
) -> Image:
    """Let a row own a stored object."""
    image = Image(
        tenant_id=tenant_id,
        id=image_id,
        project_id=project_id,
        kind=kind,
        filename=make_filename(project_name, kind, content_type),
        bucket=stored.bucket,
        object_key=stored.key,
        content_type=content_type,
        width=width,
        height=height,
        size=size,
        sha256=sha256,
    )
    session.add(image)
    return image


async def image_of_project(
    session: AsyncSession, project_id: UUID, kind: ImageKind
) -> Image | None:
    """The project's image of this kind, if there is one yet."""
    query = select(Image).where(Image.project_id == project_id, Image.kind == kind)
    return (await session.exec(query)).one_or_none()


async def stored_bytes(session: AsyncSession, project_id: UUID) -> int:
    """What the project's images take up in the store."""
    query = select(func.coalesce(func.sum(Image.size), 0)).where(Image.project_id == project_id)
    return int((await session.exec(query)).one())


async def delete_images(session: AsyncSession, project_id: UUID, *, due_at: datetime) -> None:
    """Remove the rows of a project's images and intend to remove what they own.

    The source's object belongs to the upload, which goes its own way.
    """
    query = select(Image).where(Image.project_id == project_id)
    images: Sequence[Image] = (await session.exec(query)).all()
    for image in images:
        if image.kind != "source":
            target = StoredObject(image.bucket, image.object_key)
            objects.intend(session, image.tenant_id, target, due_at=due_at)
    await session.exec(delete(Image).where(col(Image.project_id) == project_id))


async def link_to(
    session: AsyncSession, image_id: UUID, *, download: bool, storage: Storage, ttl_seconds: int
) -> str:
    """A short-lived link to an image; the untouched source is only ever an attachment."""
    image = (await session.exec(select(Image).where(Image.id == image_id))).one_or_none()
    if image is None:
        raise ImageNotFoundError
    as_attachment = download or image.kind == "source"
    return storage.sign_download(
        image.bucket,
        image.object_key,
        content_type=image.content_type,
        disposition=disposition(image.filename, as_attachment=as_attachment),
        ttl_seconds=ttl_seconds,
    )


def make_filename(project_name: str, kind: ImageKind, content_type: str) -> str:
    """A name for the file that a person recognises and any file system takes."""
    stem = UNSAFE.sub("-", project_name).strip("-.")[:80] or "photo"
    return f"{stem}-{kind}.{EXTENSIONS[content_type]}"

"""The use cases of images."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stagify.database import Session
from staging_svc.images import queries
from staging_svc.images.errors import ImageNotFoundError
from staging_svc.images.models import Image
from staging_svc.images.rules import ImageKind, ascii_filename, make_filename
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.parts import Parts


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that is in the store, and what was measured of it."""

    id: UUID
    stored: StoredObject
    content_type: str
    width: int
    height: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The project whose images these are; files are named after it."""

    tenant_id: UUID
    project_id: UUID
    name: str


def add_image(session: Session, owner: Owner, kind: ImageKind, photo: StoredPhoto) -> None:
    """Let a row own a stored photo."""
    session.add(
        Image(
            tenant_id=owner.tenant_id,
            id=photo.id,
            project_id=owner.project_id,
            kind=kind,
            filename=make_filename(owner.name, kind, photo.content_type),
            bucket=photo.stored.bucket,
            object_key=photo.stored.key,
            content_type=photo.content_type,
            width=photo.width,
            height=photo.height,
            size=photo.size,
            sha256=photo.sha256,
        )
    )


async def image_of_project(session: Session, project_id: UUID, kind: ImageKind) -> Image | None:
    """The project's image of this kind, if there is one yet."""
    return await queries.find_image_of_kind(session, project_id, kind)


async def stored_bytes(session: Session, project_id: UUID) -> int:
    """What the project's images take up in the store."""
    return await queries.sum_sizes(session, project_id)


async def delete_images(session: Session, project_id: UUID, *, due_at: datetime) -> None:
    """Remove the rows of a project's images and intend to remove what they own.

    The source's object belongs to the upload, which goes its own way.
    """
    for image in await queries.find_images(session, project_id):
        if image.kind != "source":
            target = StoredObject(image.bucket, image.object_key)
            await objects.intend(session, target, due_at=due_at)
    await queries.delete_images(session, project_id)


async def link_to(session: Session, image_id: UUID, *, parts: Parts, download: bool) -> str:
    """A short-lived link to an image; the untouched source is only ever an attachment."""
    image = await queries.find_image(session, image_id)
    if image is None:
        raise ImageNotFoundError
    as_attachment = download or image.kind == "source"
    return parts.storage.sign_download(
        image.bucket,
        image.object_key,
        content_type=image.content_type,
        filename=image.filename,
        ascii_filename=ascii_filename(image.filename),
        as_attachment=as_attachment,
        ttl_seconds=parts.settings.image_link_ttl_seconds,
    )


async def owned_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` whose object belongs to an image of this tenant."""
    return await queries.find_keys(session, keys)


async def expected_keys(
    session: Session, bucket: str, *, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys after `after` and up to `to` at which `bucket` must have an object, because an image has it
    that was made before `before`."""
    return await queries.find_keys_between(session, bucket, after, to, before)

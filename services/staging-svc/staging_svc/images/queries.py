"""SQL of images."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import collate
from sqlmodel import col, delete, select

from stagify.database import Session
from staging_svc.images.models import Image, Rendition


async def find_image(session: Session, image_id: UUID) -> Image | None:
    """The image of this id."""
    return (await session.exec(select(Image).where(Image.id == image_id))).one_or_none()


async def find_image_of_kind(session: Session, project_id: UUID, kind: str) -> Image | None:
    """The project's image of this kind."""
    query = select(Image).where(Image.project_id == project_id, Image.kind == kind)
    return (await session.exec(query)).one_or_none()


async def find_images(session: Session, project_id: UUID) -> Sequence[Image]:
    """All images of the project."""
    return (await session.exec(select(Image).where(Image.project_id == project_id))).all()


async def find_smaller(session: Session, image_id: UUID, width: int) -> Rendition | None:
    """The narrowest smaller form of the image that is at least `width` wide."""
    query = (
        select(Rendition)
        .where(
            Rendition.image_id == image_id, Rendition.kind == "smaller", Rendition.width >= width
        )
        .order_by(col(Rendition.width))
        .limit(1)
    )
    return (await session.exec(query)).one_or_none()


async def find_other_label(session: Session, image_id: UUID) -> Rendition | None:
    """The image with the other choice of label."""
    query = select(Rendition).where(Rendition.image_id == image_id, Rendition.kind == "other_label")
    return (await session.exec(query)).one_or_none()


async def find_renditions(session: Session, image_ids: Collection[UUID]) -> Sequence[Rendition]:
    """All other forms of these images."""
    query = select(Rendition).where(col(Rendition.image_id).in_(image_ids))
    return (await session.exec(query)).all()


async def delete_images(session: Session, image_ids: Collection[UUID]) -> None:
    """Delete the rows of these images and of their other forms."""
    await session.exec(delete(Rendition).where(col(Rendition.image_id).in_(image_ids)))
    await session.exec(delete(Image).where(col(Image.id).in_(image_ids)))


async def find_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` that a row has."""
    found: set[str] = set()
    for table in (Image, Rendition):
        query = select(table.object_key).where(col(table.object_key).in_(keys))
        found.update((await session.exec(query)).all())
    return found


async def find_keys_between(
    session: Session, bucket: str, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys in `bucket` after `after` and up to `to`, byte by byte, of the images and of their other
    forms, if made before `before`."""
    found: list[str] = []
    for table in (Image, Rendition):
        key = collate(col(table.object_key), "C")
        query = select(table.object_key).where(
            table.bucket == bucket, key > after, key <= to, table.created_at < before
        )
        found.extend((await session.exec(query)).all())
    return found

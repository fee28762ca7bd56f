"""SQL of images."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import collate
from sqlmodel import col, delete, func, select

from stagify.database import Session
from staging_svc.images.models import Image


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


async def sum_sizes(session: Session, project_id: UUID) -> int:
    """The sizes of the project's images together."""
    query = select(func.coalesce(func.sum(Image.size), 0)).where(Image.project_id == project_id)
    return int((await session.exec(query)).one())


async def delete_images(session: Session, project_id: UUID) -> None:
    """Delete the rows of the project's images."""
    await session.exec(delete(Image).where(col(Image.project_id) == project_id))


async def find_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` that a row has."""
    query = select(Image.object_key).where(col(Image.object_key).in_(keys))
    return set((await session.exec(query)).all())


async def find_keys_between(
    session: Session, bucket: str, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys in `bucket` after `after` and up to `to`, byte by byte, of the images made
    before `before`."""
    key = collate(col(Image.object_key), "C")
    query = select(Image.object_key).where(
        Image.bucket == bucket, key > after, key <= to, Image.created_at < before
    )
    return (await session.exec(query)).all()

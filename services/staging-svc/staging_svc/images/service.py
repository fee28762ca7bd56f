"""The use cases of images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from stagify.clock import utc_now
from stagify.database import Session
from staging_svc.images import queries
from staging_svc.images.errors import ImageFormNotFoundError, ImageNotFoundError
from staging_svc.images.models import Image, Rendition
from staging_svc.images.rules import (
    PHOTO_KINDS,
    ImageKind,
    ascii_filename,
    make_filename,
    name_form,
    window_at,
)
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.parts import Parts


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that is in the store, and what was measured of it; `focal_35mm` is what it was taken with,
    if its file said so."""

    id: UUID
    stored: StoredObject
    content_type: str
    width: int
    height: int
    size: int
    sha256: str
    focal_35mm: float | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """What is kept beside a photo: smaller forms for screens, the whole photo with the other choice of
    label, whether the photo itself has the label, and its placeholder."""

    smaller: tuple[StoredPhoto, ...] = ()
    other_label: StoredPhoto | None = None
    has_label: bool | None = None
    placeholder: str | None = None

    @property
    def photos(self) -> tuple[StoredPhoto, ...]:
        """All that have an object."""
        return self.smaller if self.other_label is None else (*self.smaller, self.other_label)


@dataclass(frozen=True, slots=True)
class Owner:
    """The project whose images these are; files are named after it."""

    tenant_id: UUID
    project_id: UUID
    name: str
    style: str


@dataclass(frozen=True, slots=True)
class Link:
    """A short-lived link, and for how many seconds it will be the one that is given."""

    url: str
    seconds: int


NO_FORMS = Forms()


async def add_image(
    session: Session,
    owner: Owner,
    kind: ImageKind,
    photo: StoredPhoto,
    forms: Forms = NO_FORMS,
) -> None:
    """Let a row own a stored photo, and rows beside it own its other forms."""
    session.add(
        Image(
            tenant_id=owner.tenant_id,
            id=photo.id,
            project_id=owner.project_id,
            kind=kind,
            filename=_filename(owner, kind, photo.content_type),
            bucket=photo.stored.bucket,
            object_key=photo.stored.key,
            content_type=photo.content_type,
            width=photo.width,
            height=photo.height,
            size=photo.size,
            sha256=photo.sha256,
            has_label=forms.has_label,
            placeholder=forms.placeholder,
            focal_35mm=photo.focal_35mm,
        )
    )
    # Its other forms refer to it.
    await session.flush()
    session.add_all(_rendition(owner, photo.id, "smaller", each) for each in forms.smaller)
    if forms.other_label is not None:
        session.add(_rendition(owner, photo.id, "other_label", forms.other_label))


def _filename(owner: Owner, kind: str, content_type: str) -> str:
    is_staged = kind == "staged"
    return make_filename(owner.name, kind, content_type, style=owner.style if is_staged else None)


def _rendition(
    owner: Owner, image_id: UUID, kind: Literal["smaller", "other_label"], photo: StoredPhoto
) -> Rendition:
    return Rendition(
        tenant_id=owner.tenant_id,
        id=photo.id,
        image_id=image_id,
        kind=kind,
        bucket=photo.stored.bucket,
        object_key=photo.stored.key,
        content_type=photo.content_type,
        width=photo.width,
        height=photo.height,
        size=photo.size,
    )


async def rename(session: Session, owner: Owner) -> None:
    """Name the files of a project's images after its new name."""
    for image in await queries.find_images(session, owner.project_id):
        image.filename = _filename(owner, image.kind, image.content_type)


async def image_of_project(session: Session, project_id: UUID, kind: ImageKind) -> Image | None:
    """The project's image of this kind, if there is one yet."""
    return await queries.find_image_of_kind(session, project_id, kind)


async def delete_images(
    session: Session, project_id: UUID, *, due_at: datetime, is_photo_kept: bool = False
) -> int:
    """Remove the rows of a project's images, and intend to remove what they own; those of the photo
    itself may be kept for other projects.

    Returns what they took up of the quota: their other forms are not counted, because nobody asked for
    them and nobody can delete them alone. The source's object belongs to the upload, which goes its
    own way.
    """
    keep = PHOTO_KINDS if is_photo_kept else ()
    images = [
        each for each in await queries.find_images(session, project_id) if each.kind not in keep
    ]
    ids = [each.id for each in images]
    owned = [
        *(StoredObject(each.bucket, each.object_key) for each in images if each.kind != "source"),
        *(
            StoredObject(each.bucket, each.object_key)
            for each in await queries.find_renditions(session, ids)
        ),
    ]
    for target in owned:
        await objects.intend(session, target, due_at=due_at)
    await queries.delete_images(session, ids)
    return sum(each.size for each in images)


async def link_to(
    session: Session,
    image_id: UUID,
    *,
    parts: Parts,
    download: bool,
    width: int | None,
    label: bool | None,
) -> Link:
    """A short-lived link to an image, the same for everybody who asks within a window of time.

    `width` asks for a form for screens, `label` for the staged photo with or without the label; there
    are no smaller forms of the one that the project's options did not choose. What there is only in
    full is given in full. The untouched source is only ever an attachment.
    """
    image = await queries.find_image(session, image_id)
    if image is None:
        raise ImageNotFoundError
    form, filename = await _find_form(session, image, width, label)
    now, seconds = utc_now(), parts.settings.image_link_ttl_seconds
    window = window_at(now, seconds)
    url = parts.storage.sign_download(
        form.bucket,
        form.object_key,
        content_type=form.content_type,
        filename=filename,
        ascii_filename=ascii_filename(filename),
        as_attachment=download or image.kind == "source",
        signed_at=window.start,
        # Whoever gets it last has it for a whole window.
        valid_seconds=2 * seconds,
        # Longer than the link is given.
        cached_seconds=seconds,
    )
    return Link(url, seconds=int((window.end - now).total_seconds()))


async def _find_form(
    session: Session, image: Image, width: int | None, label: bool | None
) -> tuple[Image | Rendition, str]:
    """What to show of an image, and the name of that file."""
    if image.kind == "staged" and label is not None and label is not image.has_label:
        other = await queries.find_other_label(session, image.id)
        if other is None:
            raise ImageFormNotFoundError
        return other, name_form(image.filename, other.content_type, has_label=label)
    smaller = None
    if width is not None:
        smaller = await queries.find_smaller(session, image.id, min(width, image.width))
    if smaller is None:
        return image, name_form(image.filename, image.content_type, has_label=image.has_label)
    name = name_form(
        image.filename, smaller.content_type, width=smaller.width, has_label=image.has_label
    )
    return smaller, name


async def owned_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` whose object belongs to an image of this tenant."""
    return await queries.find_keys(session, keys)


async def expected_keys(
    session: Session, bucket: str, *, after: str, to: str, before: datetime
) -> Sequence[str]:
    """The keys after `after` and up to `to` at which `bucket` must have an object, because an image has it
    that was made before `before`."""
    return await queries.find_keys_between(session, bucket, after, to, before)

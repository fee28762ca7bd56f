"""The steps of one job: reserve, check and clean the photo, furnish it, keep the result.

The order of effects and what a crash between them costs:
1. An intent to delete the object is committed. Nothing is lost.
2. The object is put. A crash leaves the intent, and the object is deleted when it falls due.
3. One transaction, bound to the lease, lets a row own the object and withdraws the intent.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagify.calls.usage import QuotaExceededError
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from staging_engine.port import (
    LayoutHint,
    Point,
    StagingEngine,
    StagingRefusedError,
    StagingRequest,
    StagingResult,
)
from staging_svc.furnishing import service as furnishing
from staging_svc.furnishing.errors import NotYetError, RefusedError
from staging_svc.furnishing.progress import ProgressWriter
from staging_svc.images import service as images
from staging_svc.images.service import Forms, StoredPhoto
from staging_svc.objects import service as objects
from staging_svc.objects.service import StoredObject
from staging_svc.photos import service as photos
from staging_svc.photos.service import CleanedPhoto, Smaller
from staging_svc.queue.service import Lease
from staging_svc.quota.service import Quota
from staging_svc.uploads import service as uploads

if TYPE_CHECKING:
    from staging_svc.images.models import Image
    from staging_svc.objects.store import Storage
    from staging_svc.projects.models import Project
    from staging_svc.uploads.models import Upload

# Much longer than any attempt, so that no object is deleted while an attempt needs it.
UNOWNED_OBJECT_TTL = timedelta(hours=2)
# Of the photos that we make ourselves.
CONTENT_TYPE = "image/jpeg"
# No event prolongs a reservation that is made here, so it has to last for a long queue.
RESERVATION_TTL_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is to be stored."""

    path: Path
    content_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        return self.path.suffix.removeprefix(".")


class Pipeline:
    """Carries out jobs with one engine."""

    def __init__(
        self, database: Database, storage: Storage, quota: Quota, engine: StagingEngine
    ) -> None:
        self._database = database
        self._storage = storage
        self._quota = quota
        self._engine = engine

    async def run(self, lease: Lease) -> None:
        """Stage the project of `lease`; `runner` decides what becomes of the job after an error."""
        project = await self._begin(lease)
        with tempfile.TemporaryDirectory(prefix="staging-") as name:
            folder = Path(name)
            photo = await self._original(lease, project, folder)
            staged, forms, result = await self._furnish(lease, project, photo, folder)
        async with self._database.tenant(lease.tenant_id) as session:
            await furnishing.complete(
                session,
                lease,
                staged=staged,
                forms=forms,
                record=dict(result.record),
                confidence=result.confidence,
                checks=result.checks,
                hints=result.hints,
            )

    async def _begin(self, lease: Lease) -> Project:
        async with self._database.tenant(lease.tenant_id) as session:
            project = await furnishing.locked_project(session, lease)
            if project.is_reserved:
                await furnishing.begin(session, lease, project)
                return project
            upload = await uploads.upload_of_project(session, project.photo_id)
        if upload is None:
            raise _photo_missing()
        await self._reserve(project, upload)
        async with self._database.tenant(lease.tenant_id) as session:
            project = await furnishing.locked_project(session, lease)
            project.is_reserved = True
            await uploads.note_reserved(session, upload.id)
            await furnishing.begin(session, lease, project)
            return project

    async def _reserve(self, project: Project, upload: Upload) -> None:
        """Make the reservations that usage-svc did not confirm when the project was created."""
        try:
            is_stored = await uploads.ensure_reserved(self._quota, upload)
        except QuotaExceededError as error:
            # There is no room for the photo, so it cannot stay.
            raise RefusedError(error.code, error.detail, is_photo_useless=True) from error
        if not is_stored:
            raise NotYetError
        try:
            is_reserved = await self._quota.reserve(
                project.tenant_id, project.reservation_id, ttl_seconds=RESERVATION_TTL_SECONDS
            )
        except QuotaExceededError as error:
            raise RefusedError(error.code, error.detail) from error
        if not is_reserved:
            raise NotYetError

    async def _original(self, lease: Lease, project: Project, folder: Path) -> Path:
        """The cleaned photo as a file; an earlier attempt, or another project of the photo, may have
        made it already."""
        async with self._database.tenant(lease.tenant_id) as session:
            original = await images.image_of_project(session, project.photo_id, "original")
            upload = await uploads.upload_of_project(session, project.photo_id)
        path = folder / "original.jpg"
        if original is not None:
            await self._fetch(original, path)
        elif upload is not None:
            await self._clean(lease, upload, folder, path)
        else:
            raise _photo_missing()
        return path

    async def _fetch(self, image: Image, path: Path) -> None:
        limit = image.size
        if await self._storage.download(image.bucket, image.object_key, path, limit=limit) is None:
            raise _photo_missing()

    async def _clean(self, lease: Lease, upload: Upload, folder: Path, path: Path) -> None:
        source = folder / "source"
        content = await self._storage.download(
            upload.bucket, upload.object_key, source, limit=upload.size
        )
        if content is None:
            raise _photo_missing()
        try:
            cleaned = await photos.clean_photo(source, path)
        except photos.PhotoRefusedError as error:
            raise RefusedError(error.code, error.message, is_photo_useless=True) from error
        files = [_photo(path, cleaned), *map(_form, cleaned.smaller)]
        stored, *smaller = await self._store(lease, upload.bucket, files)
        measured = StoredPhoto(
            id=new_id(),
            stored=uploads.stored(upload),
            content_type=cleaned.content_type,
            width=cleaned.source_width,
            height=cleaned.source_height,
            size=upload.size,
            sha256=content.sha256,
        )
        async with self._database.tenant(lease.tenant_id) as session:
            await furnishing.keep_original(
                session,
                lease,
                source=measured,
                cleaned=replace(stored, focal_35mm=cleaned.focal_35mm),
                forms=Forms(smaller=tuple(smaller), placeholder=cleaned.placeholder),
                hints=cleaned.hints,
            )

    async def _furnish(
        self, lease: Lease, project: Project, photo: Path, folder: Path
    ) -> tuple[StoredPhoto, Forms, StagingResult]:
        async def write(share: float) -> None:
            async with self._database.tenant(lease.tenant_id) as session:
                await furnishing.report_progress(session, lease, share)

        async with self._database.tenant(lease.tenant_id) as session:
            original = await images.image_of_project(session, project.photo_id, "original")
        assert original is not None
        output, other_output = folder / "staged.jpg", folder / "other.jpg"
        options = project.options
        request = StagingRequest(
            photo=photo,
            output=output,
            room_type=project.room_type,
            style=project.style,
            quality=options["quality"],
            seed=options["seed"],
            label=options["label"],
            other_output=other_output,
            layout=_layout(options.get("layout")),
            ceiling_height_m=options.get("ceiling_height_m"),
            focal_35mm=original.focal_35mm,
        )
        progress = ProgressWriter(write)
        try:
            async with progress.running():
                result = await self._engine.stage(request, progress=progress)
        except StagingRefusedError as error:
            raise RefusedError(
                error.code, error.message, checks=error.checks, hints=error.hints
            ) from error
        made, placeholder = await photos.make_smaller(output, result.width, result.height)
        files = [_photo(output, result), _photo(other_output, result), *map(_form, made)]
        stored, other, *smaller = await self._store(lease, original.bucket, files)
        forms = Forms(
            smaller=tuple(smaller),
            other_label=other,
            has_label=options["label"],
            placeholder=placeholder,
        )
        return stored, forms, result

    async def _store(self, lease: Lease, bucket: str, files: Sequence[_File]) -> list[StoredPhoto]:
        ids = [new_id() for _ in files]
        targets = [
            StoredObject(
                bucket,
                objects.image_key(lease.tenant_id, lease.project_id, file_id, file.extension),
            )
            for file_id, file in zip(ids, files, strict=True)
        ]
        async with self._database.tenant(lease.tenant_id) as session:
            due_at = utc_now() + UNOWNED_OBJECT_TTL
            for target in targets:
                await objects.intend_unless_owned(session, target, due_at=due_at)
        stored = await asyncio.gather(
            *(
                self._storage.upload(
                    target.bucket, target.key, file.path, content_type=file.content_type
                )
                for target, file in zip(targets, files, strict=True)
            )
        )
        return [
            StoredPhoto(
                id=file_id,
                stored=target,
                content_type=file.content_type,
                width=file.width,
                height=file.height,
                size=content.size,
                sha256=content.sha256,
            )
            for file_id, target, file, content in zip(ids, targets, files, stored, strict=True)
        ]


def _photo(path: Path, made: CleanedPhoto | StagingResult) -> _File:
    return _File(path, CONTENT_TYPE, made.width, made.height)


def _form(made: Smaller) -> _File:
    return _File(made.path, made.content_type, made.width, made.height)


def _layout(given: dict[str, Any] | None) -> LayoutHint | None:
    """What a person has marked, as the engine takes it."""
    if given is None:
        return None
    near_left, far_left, far_right, near_right = map(_point, given["floor_corners"])
    door = given.get("door")
    return LayoutHint(
        (near_left, far_left, far_right, near_right),
        door_height=None if door is None else (_point(door["foot"]), _point(door["head"])),
    )


def _point(given: dict[str, float]) -> Point:
    return given["x"], given["y"]


def _photo_missing() -> RefusedError:
    return RefusedError("photo_missing", photos.MESSAGES["photo_missing"])

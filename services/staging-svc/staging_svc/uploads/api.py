"""The routes of uploads."""

from uuid import UUID

from fastapi import APIRouter

from stagify.calls.usage import QuotaExceededError
from stagify.dependencies import SessionDep
from stagify.links import link
from stagify.problems import problems
from staging_svc.parts import PartsDep, WriterDep
from staging_svc.uploads import service
from staging_svc.uploads.errors import (
    NoBucketError,
    PhotoTooFewPixelsError,
    PhotoTooManyPixelsError,
    PhotoTooNarrowError,
    QuotaUnavailableError,
    TooManyOpenUploadsError,
    UnsupportedPhotoTypeError,
    UploadAlreadyUsedError,
    UploadNotFoundError,
    UploadTooLargeError,
)
from staging_svc.uploads.schemas import UploadCreate, UploadRead

router = APIRouter(tags=["uploads"])

UPLOAD_LINKS = link("create_project", body={"upload_id": "/id"}) | link(
    "delete_upload", upload_id="/id"
)


@router.post(
    "/v1/uploads",
    status_code=201,
    responses=problems(
        UnsupportedPhotoTypeError,
        UploadTooLargeError,
        PhotoTooManyPixelsError,
        PhotoTooFewPixelsError,
        PhotoTooNarrowError,
        TooManyOpenUploadsError,
        QuotaExceededError,
        QuotaUnavailableError,
        NoBucketError,
    )
    | {201: {"links": UPLOAD_LINKS}},
)
async def create_upload(body: UploadCreate, principal: WriterDep, parts: PartsDep) -> UploadRead:
    """A URL to upload one photo to, straight into the object store, within five minutes.

    The photo is stored once. A PUT that is repeated, because its answer was lost, is answered with
    412 Precondition Failed: the photo is stored already, so go on with it.

    Its bytes are reserved at once and count as storage until the photo is deleted; an upload that no
    project uses is deleted after a day.
    """
    return await service.create_upload(
        parts, tenant_id=principal.tenant_id, region=principal.region, wanted=body
    )


@router.delete(
    "/v1/uploads/{upload_id}",
    status_code=204,
    responses=problems(UploadNotFoundError, UploadAlreadyUsedError),
)
async def delete_upload(upload_id: UUID, _: WriterDep, session: SessionDep) -> None:
    """Delete an upload that no project uses, and its photo."""
    await service.delete_upload(session, upload_id)

"""The routes of uploads."""

from fastapi import APIRouter

from stagify.dependencies import SessionDep
from stagify.links import link
from stagify.problems import problems
from staging_svc.parts import PartsDep, WriterDep
from staging_svc.uploads import service
from staging_svc.uploads.schemas import UploadCreate, UploadRead

router = APIRouter(tags=["uploads"])


@router.post(
    "/v1/uploads",
    status_code=201,
    responses=problems(413, 429)
    | {201: {"links": link("create_project", body={"upload_id": "/id"})}},
)
async def create_upload(
    body: UploadCreate, session: SessionDep, principal: WriterDep, parts: PartsDep
) -> UploadRead:
    """A URL to upload one photo to, straight into the object store, within five minutes."""
    return await service.create_upload(
        session, parts=parts, tenant_id=principal.tenant_id, region=principal.region, wanted=body
    )

"""The collaborators of staging-svc: made once in each process and passed down; and who may call."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stagify.auth import requires
from stagify.database import Database
from stagify.principal import TenantPrincipal
from staging_engine.port import Catalog
from staging_svc.furnishing.engines import make_engine
from staging_svc.objects.store import Storage
from staging_svc.projects.feed import ProjectFeed
from staging_svc.quota.service import Quota
from staging_svc.settings import Settings

NAME = "staging-svc"


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of the use cases."""

    settings: Settings
    database: Database
    storage: Storage
    quota: Quota
    feed: ProjectFeed
    # What the engine of this installation can do.
    catalog: Catalog

    async def aclose(self) -> None:
        """Close everything; whoever made the parts does this last."""
        await self.quota.close()
        self.storage.close()
        await self.database.close()


def make_parts(settings: Settings) -> Parts:
    """The parts that these settings describe."""
    return Parts(
        settings=settings,
        database=Database.from_settings(settings, service=NAME),
        storage=Storage(settings),
        quota=Quota.from_settings(settings),
        feed=ProjectFeed(max_streams_per_tenant=settings.max_streams_per_tenant),
        catalog=make_engine(settings).catalog(),
    )


def parts_of(request: Request) -> Parts:
    """The parts this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


async def request_parts(request: Request) -> Parts:
    """The same as a dependency: a coroutine, because FastAPI runs plain functions in a thread."""
    return parts_of(request)


PartsDep = Annotated[Parts, Depends(request_parts)]
ReaderDep = Annotated[TenantPrincipal, Depends(requires("projects:read"))]
WriterDep = Annotated[TenantPrincipal, Depends(requires("projects:write"))]

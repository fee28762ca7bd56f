"""What routes ask for: the parts this app was composed with, and who may call.

Dependencies are coroutines although they wait for nothing: FastAPI runs plain functions in a
thread, which costs more than all they do.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stagify.auth import requires
from stagify.database import Database
from stagify.principal import TenantPrincipal
from staging_engine.port import Catalog
from staging_svc.objects.store import Storage
from staging_svc.quota.service import Quota
from staging_svc.settings import Settings


async def request_settings(request: Request) -> Settings:
    """The settings this app was composed with."""
    settings: Settings = request.app.state.settings
    return settings


async def request_storage(request: Request) -> Storage:
    """The object store this app was composed with."""
    storage: Storage = request.app.state.storage
    return storage


async def request_catalog(request: Request) -> Catalog:
    """What the engine of this installation can do."""
    catalog: Catalog = request.app.state.catalog
    return catalog


@dataclass(frozen=True, slots=True)
class Parts:
    """What making a project takes."""

    database: Database
    catalog: Catalog
    storage: Storage
    quota: Quota


def parts_of(request: Request) -> Parts:
    """Those this app was composed with. No dependency: FastAPI's work for one costs more."""
    state = request.app.state
    return Parts(state.database, state.catalog, state.storage, state.quota)


SettingsDep = Annotated[Settings, Depends(request_settings)]
StorageDep = Annotated[Storage, Depends(request_storage)]
CatalogDep = Annotated[Catalog, Depends(request_catalog)]
ReaderDep = Annotated[TenantPrincipal, Depends(requires("projects:read"))]
WriterDep = Annotated[TenantPrincipal, Depends(requires("projects:write"))]

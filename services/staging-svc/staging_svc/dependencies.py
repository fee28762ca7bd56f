"""What routes ask for: the parts this app was composed with, and who may call."""

from typing import Annotated

from fastapi import Depends, Request

from stagify.auth import Principal, requires
from staging_svc.settings import Settings
from staging_svc.storage import Storage


def request_settings(request: Request) -> Settings:
    """The settings this app was composed with."""
    settings: Settings = request.app.state.settings
    return settings


def request_storage(request: Request) -> Storage:
    """The object store this app was composed with."""
    storage: Storage = request.app.state.storage
    return storage


SettingsDep = Annotated[Settings, Depends(request_settings)]
StorageDep = Annotated[Storage, Depends(request_storage)]
ReaderDep = Annotated[Principal, Depends(requires("projects:read"))]
WriterDep = Annotated[Principal, Depends(requires("projects:write"))]

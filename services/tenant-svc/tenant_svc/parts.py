"""The collaborators of tenant-svc: made once in each process and passed down."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stagify.database import Database
from tenant_svc.settings import Settings

NAME = "tenant-svc"


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of the use cases."""

    settings: Settings
    database: Database

    async def aclose(self) -> None:
        """Close everything; whoever made the parts does this last."""
        await self.database.close()


def make_parts(settings: Settings) -> Parts:
    """The parts that these settings describe."""
    return Parts(settings, Database.from_settings(settings, service=NAME))


async def request_parts(request: Request) -> Parts:
    """The parts this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(request_parts)]

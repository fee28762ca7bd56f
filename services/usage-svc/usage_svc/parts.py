"""The collaborators of usage-svc: made once in each process and passed down."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stagify.database import Database
from usage_svc.plans.schemas import PlanCatalog, load_plans
from usage_svc.quotas.admission import Admission
from usage_svc.settings import Settings

NAME = "usage-svc"
# Partitions of a topic are ingested in parallel; two transactions keep a core busy.
INGEST_POOL_SIZE = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of the use cases."""

    settings: Settings
    database: Database
    # The same database as the role that sees all tenants. Routes leave it alone, so that the api never
    # connects as this role.
    ingest_database: Database
    plans: PlanCatalog
    admission: Admission

    async def aclose(self) -> None:
        """Close everything; whoever made the parts does this last."""
        await self.admission.close()
        await self.ingest_database.close()
        await self.database.close()


def make_parts(settings: Settings) -> Parts:
    """The parts that these settings describe; a wrong plans file stops the process here."""
    plans = load_plans(settings.plans_file)
    database = Database.from_settings(settings, service=NAME)
    return Parts(
        settings=settings,
        database=database,
        ingest_database=Database(
            settings.ingest_database_url.get_secret_value(),
            service=NAME,
            pool_size=INGEST_POOL_SIZE,
        ),
        plans=plans,
        admission=Admission(
            database, plans, ttl=settings.reservation_ttl, attached_ttl=settings.attached_ttl
        ),
    )


async def request_parts(request: Request) -> Parts:
    """The parts this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(request_parts)]

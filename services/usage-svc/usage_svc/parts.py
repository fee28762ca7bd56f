"""The collaborators of usage-svc: made once in each process and passed down."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stagify.database import Database
from usage_svc.plans.schemas import PlanCatalog, load_plans
from usage_svc.settings import Settings

NAME = "usage-svc"


@dataclass(frozen=True, slots=True)
class Parts:
    """The collaborators of the use cases."""

    settings: Settings
    database: Database
    plans: PlanCatalog


def make_parts(settings: Settings) -> Parts:
    """The parts that these settings describe; a wrong plans file stops the process here.

    The caller closes the database.
    """
    plans = load_plans(settings.plans_file)
    return Parts(settings, Database.from_settings(settings, service=NAME), plans)


async def request_parts(request: Request) -> Parts:
    """The parts this app was composed with."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(request_parts)]

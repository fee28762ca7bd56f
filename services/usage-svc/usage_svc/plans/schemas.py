"""The plans: read once from a file, and checked before the process starts."""

import logging
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from stagify.calls.usage import EntitlementsRead
from usage_svc.meters import METERS
from usage_svc.plans.errors import UnknownPlanError

logger = logging.getLogger(__name__)

PlanCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
# What a plan may include besides quantities. A name that is none of these stops the process, so a plan
# cannot lack a feature because of a typing error.
Feature = Literal["custom_domains", "custom_roles", "hide_platform_brand", "sso"]
Limit = Annotated[int, Field(ge=0)] | Literal["unlimited"]


class Plan(BaseModel):
    """A plan: a limit for every meter, so that a new meter cannot be forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    features: list[Feature] = []
    # Whether a tenant that gets this plan asks people for a second factor from then on, after the usual
    # grace, until its owner decides otherwise.
    mfa_required: bool = False
    limits: dict[str, Limit]

    @model_validator(mode="after")
    def _has_every_meter(self) -> Self:
        if self.limits.keys() != METERS.keys():
            raise ValueError(f"limits must name exactly {sorted(METERS)}")
        return self


class PlanCatalog(BaseModel):
    """All plans. `default` is the plan of tenants that are not known here yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: PlanCode
    plans: dict[PlanCode, Plan]

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default not in self.plans:
            raise ValueError(f"the default plan {self.default!r} is not among the plans")
        return self

    def require(self, code: str) -> None:
        """Raise UnknownPlanError unless there is a plan `code`."""
        if code not in self.plans:
            raise UnknownPlanError(plan=code, plans=[*sorted(self.plans)])

    def limit(self, code: str | None, meter: str) -> int | None:
        """How much of `meter` the plan `code` includes; None means that there is no limit.

        A tenant whose plan is unknown (its creation has not reached us, or the plan has left
        the file) has the default plan's limits.
        """
        return _quantity(self._plan(code)[1].limits[meter])

    def entitlements(self, code: str | None) -> EntitlementsRead:
        """All that the plan `code` includes; if it is unknown, what the default plan does."""
        known, plan = self._plan(code)
        limits = {meter: _quantity(limit) for meter, limit in plan.limits.items()}
        return EntitlementsRead(plan=known, features=[*plan.features], limits=limits)

    def _plan(self, code: str | None) -> tuple[PlanCode, Plan]:
        if code is not None and code not in self.plans:
            logger.warning("plans.unknown", extra={"plan": code})
        known = code if code in self.plans else self.default
        assert known is not None
        return known, self.plans[known]


def _quantity(limit: Limit) -> int | None:
    return None if limit == "unlimited" else limit


def load_plans(path: Path | None) -> PlanCatalog:
    """The plans in `path`, or those of the package; ValidationError if they make no sense."""
    source = files("usage_svc.plans").joinpath("plans.toml") if path is None else path
    return PlanCatalog.model_validate(tomllib.loads(source.read_text("utf-8")))

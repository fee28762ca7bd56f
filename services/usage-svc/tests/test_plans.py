"""The plans file."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from usage_svc.plans.errors import UnknownPlanError
from usage_svc.plans.schemas import PlanCatalog, load_plans

LIMITS = '{ staging = 5, storage_bytes = 1, api_calls = "unlimited", seats = 1 }'


def written(folder: Path, text: str) -> Path:
    path = folder / "plans.toml"
    path.write_text(text)
    return path


class TestPlans:
    def test_packaged_plans_load(self, plans: PlanCatalog) -> None:
        assert set(plans.plans) == {"free", "pro", "enterprise"}
        assert plans.limit("enterprise", "staging") is None

    def test_tenant_without_a_known_plan_has_the_default(self, plans: PlanCatalog) -> None:
        assert plans.limit(None, "staging") == plans.limit("free", "staging")
        assert plans.limit("gone", "staging") == plans.limit("free", "staging")

    def test_own_file_is_used(self, tmp_path: Path) -> None:
        text = f'default = "solo"\n[plans.solo]\nname = "Solo"\nlimits = {LIMITS}'
        plans = load_plans(written(tmp_path, text))
        assert plans.limit("solo", "staging") == 5

    @pytest.mark.parametrize(
        "text",
        [
            f'default = "none"\n[plans.solo]\nname = "Solo"\nlimits = {LIMITS}',
            'default = "solo"\n[plans.solo]\nname = "Solo"\nlimits = { staging = 5 }',
            f'default = "solo"\n[plans.solo]\nname = "Solo"\nlimits = {LIMITS.replace("5", "-5")}',
            f'default = "solo"\n[plans.solo]\nname = "Solo"\nlimits = {LIMITS}\nprice = 3',
            f'default = "solo"\n[plans.solo]\nname = "Solo"\nfeatures = ["saml"]\nlimits = {LIMITS}',
        ],
    )
    def test_wrong_file_stops_the_start(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ValidationError):
            load_plans(written(tmp_path, text))

    def test_unknown_plan_is_refused_with_the_known_ones(self, plans: PlanCatalog) -> None:
        with pytest.raises(UnknownPlanError) as error:
            plans.require("gold")
        assert error.value.extra["plans"] == ["enterprise", "free", "pro"]

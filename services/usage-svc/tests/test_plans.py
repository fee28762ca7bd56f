"""Plans, meters and periods."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from usage_svc.errors import UnknownPlanError
from usage_svc.meters import ALWAYS, METERS, month_start, next_month
from usage_svc.partitions import months_from
from usage_svc.plans import PlanCatalog, load_plans
from usage_svc.thresholds import reached

LIMITS = '{ staging = 5, storage_bytes = 1, api_calls = "unlimited" }'


def written(folder: Path, text: str) -> Path:
    path = folder / "plans.toml"
    path.write_text(text)
    return path


class TestPlans:
    def test_packaged_ones_load(self, plans: PlanCatalog) -> None:
        assert set(plans.plans) == {"free", "pro", "enterprise"}
        assert plans.limit("enterprise", "staging") is None

    def test_tenant_without_a_known_plan_has_the_default(self, plans: PlanCatalog) -> None:
        assert plans.limit(None, "staging") == plans.limit("free", "staging")
        assert plans.limit("gone", "staging") == plans.limit("free", "staging")

    def test_own_file_counts(self, tmp_path: Path) -> None:
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
        ],
    )
    def test_wrong_file_stops_the_start(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ValidationError):
            load_plans(written(tmp_path, text))

    def test_unknown_plan_is_refused_with_the_known_ones(self, plans: PlanCatalog) -> None:
        with pytest.raises(UnknownPlanError) as error:
            plans.require("gold")
        assert error.value.extra["plans"] == ["enterprise", "free", "pro"]


class TestPeriods:
    def test_months_are_those_of_utc(self) -> None:
        new_year_in_auckland = datetime(2027, 1, 1, 5, tzinfo=timezone(timedelta(hours=13)))
        assert month_start(new_year_in_auckland) == datetime(2026, 12, 1, tzinfo=UTC)
        assert next_month(new_year_in_auckland) == datetime(2027, 1, 1, tzinfo=UTC)

    def test_level_never_resets(self) -> None:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        assert METERS["storage_bytes"].period_start(now) == ALWAYS
        assert METERS["storage_bytes"].resets_at(now) is None
        assert METERS["staging"].resets_at(now) == datetime(2026, 12, 1, tzinfo=UTC)

    def test_partitions_ahead_cross_the_year(self) -> None:
        months = months_from(datetime(2026, 11, 30, tzinfo=UTC), ahead=3)
        assert [str(month) for month in months] == [
            "2026-11-01",
            "2026-12-01",
            "2027-01-01",
            "2027-02-01",
        ]


class TestThresholds:
    @pytest.mark.parametrize(
        ("used", "limit", "percent"),
        [
            (0, 10, 0),
            (4, 10, 0),
            (5, 10, 50),
            (7, 10, 50),
            (8, 10, 80),
            (10, 10, 100),
            (99, 10, 100),
            (1, 0, 100),
            (0, 0, 0),
            (10**9, None, 0),
            (-5, 10, 0),
        ],
    )
    def test_highest_one_counts(self, used: int, limit: int | None, percent: int) -> None:
        assert reached(used, limit) == percent

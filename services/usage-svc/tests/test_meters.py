"""Meters and their periods."""

from datetime import UTC, datetime, timedelta, timezone

from usage_svc.meters import ALWAYS, METERS, month_start, next_month


def test_months_are_those_of_utc() -> None:
    new_year_in_auckland = datetime(2027, 1, 1, 5, tzinfo=timezone(timedelta(hours=13)))
    assert month_start(new_year_in_auckland) == datetime(2026, 12, 1, tzinfo=UTC)
    assert next_month(new_year_in_auckland) == datetime(2027, 1, 1, tzinfo=UTC)


def test_level_never_resets() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert METERS["storage_bytes"].period_start(now) == ALWAYS
    assert METERS["storage_bytes"].resets_at(now) is None
    assert METERS["staging"].resets_at(now) == datetime(2026, 12, 1, tzinfo=UTC)

"""Which threshold a use has reached."""

import pytest

from usage_svc.quotas.thresholds import reached


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
def test_highest_one_counts(used: int, limit: int | None, percent: int) -> None:
    assert reached(used, limit) == percent

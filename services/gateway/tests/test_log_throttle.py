"""A flood of failures does not flood the log."""

from gateway.log_throttle import LogThrottle


def test_flood_of_failures_is_logged_once_a_second() -> None:
    now = 100.0
    throttle = LogThrottle(1.0, lambda: now)
    assert [throttle.is_due() for _ in range(5)] == [True, False, False, False, False]
    now = 101.0
    assert throttle.is_due()
    assert (throttle.take_skipped(), throttle.take_skipped()) == (4, 0)

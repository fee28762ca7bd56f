"""What the verdict says of given signals, and which signals a room gives."""

import pytest

from staging_engine.verdict import LIMITS, judge, look

GOOD = {
    "camera": 0.8,
    "room": 0.95,
    "floor": 0.3,
    "parts": 0.97,
    "free": 0.96,
    "things": 0.01,
    "furniture": 0.005,
    "steady": 0.97,
    "covered": 0.02,
    "hole": 0.01,
    "width": 4.2,
    "depth": 5.0,
    "area": 21.0,
    "scale_spread": 0.04,
    "is_empty_room": 0.95,
}
_BIT = 1e-6


def failed(signals: dict[str, float]) -> list[str]:
    return [check.code for check in look(signals)[0] if not check.passed]


def test_good_room_passes_every_check() -> None:
    verdict = judge(GOOD)
    assert verdict.refusal is None
    assert verdict.confidence > 0.8
    assert all(check.passed for check in verdict.checks)


@pytest.mark.parametrize(
    ("signal", "check", "code"),
    [
        ("camera", "room_shape", "room_not_found"),
        ("room", "room_shape", "room_not_found"),
        ("floor", "room_shape", "room_not_found"),
        ("parts", "room_shape", "room_not_found"),
        ("free", "clear_view", "cannot_place"),
        ("steady", "steady", "room_not_found"),
        ("width", "room_size", "cannot_place"),
    ],
)
def test_less_than_the_limit_is_refused_and_the_limit_is_not(
    signal: str, check: str, code: str
) -> None:
    assert check not in failed(GOOD | {signal: LIMITS[signal]})
    low = GOOD | {signal: LIMITS[signal] - _BIT}
    assert failed(low) == [check]
    refusal = judge(low).refusal
    assert refusal is not None
    assert refusal.code == code
    assert [each.code for each in refusal.checks if not each.passed] == [check]


@pytest.mark.parametrize(
    ("signal", "check", "code"),
    [
        ("depth", "room_size", "room_not_found"),
        ("area", "room_size", "room_not_found"),
        ("furniture", "is_empty", "already_furnished"),
    ],
)
def test_more_than_the_limit_is_refused_and_the_limit_is_not(
    signal: str, check: str, code: str
) -> None:
    assert check not in failed(GOOD | {signal: LIMITS[signal]})
    high = GOOD | {signal: LIMITS[signal] + _BIT}
    assert failed(high) == [check]
    refusal = judge(high).refusal
    assert refusal is not None
    assert refusal.code == code


def test_unknown_scale_is_told_but_refuses_nothing() -> None:
    verdict = judge(GOOD | {"scale_spread": 0.4})
    assert verdict.refusal is None
    assert [check.code for check in verdict.checks if not check.passed] == ["known_scale"]


def test_spots_on_the_floor_need_both_signs() -> None:
    signs = ({"covered": LIMITS["covered"] * 1.1}, {"hole": LIMITS["hole"] * 1.1})
    thing = {"furniture": LIMITS["spotted"]}
    for sign in signs:
        assert judge(GOOD | sign | thing).refusal is None
    assert failed(GOOD | signs[0] | signs[1] | thing) == ["is_empty"]


def test_sun_on_a_floor_without_things_is_none() -> None:
    sun = {"covered": LIMITS["covered"] * 2, "hole": LIMITS["large_hole"], "furniture": 0.01}
    assert judge(GOOD | sun).refusal is None
    assert failed(GOOD | sun | {"hole": LIMITS["large_hole"] + _BIT}) == ["is_empty"]


def test_room_that_is_hardly_likely_gets_the_likeliest_reason() -> None:
    limit = LIMITS["is_empty_room"]
    kinds = {"is_furnished_room": 0.4, "is_kitchen": 0.5}
    assert judge(GOOD | kinds | {"is_empty_room": limit}).refusal is None
    refusal = judge(GOOD | kinds | {"is_empty_room": limit - _BIT}).refusal
    assert refusal is not None
    assert "kitchen" in refusal.message


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        ("outdoors", "not_a_room", "outdoors"),
        ("drawing", "not_a_room", "drawing"),
        ("person", "not_a_room", "somebody"),
        ("bathroom", "not_a_room", "bathroom"),
        ("kitchen", "cannot_place", "kitchen"),
        ("corridor", "cannot_place", "corridor"),
        ("stairs", "not_a_room", "staircase"),
        ("furnished_room", "already_furnished", "furniture"),
        ("other", "not_a_room", "empty room"),
    ],
)
def test_each_kind_is_named_with_what_to_do(kind: str, code: str, says: str) -> None:
    refusal = judge(GOOD | {"is_empty_room": 0.02, f"is_{kind}": 0.97}).refusal
    assert refusal is not None
    assert refusal.code == code
    assert says in refusal.message
    assert "Use a photo of " in refusal.message
    assert refusal.checks[0].code == "shows_room"
    assert not refusal.checks[0].passed


def test_kind_is_the_reason_even_where_the_room_is_odd_too() -> None:
    refusal = judge(GOOD | {"is_bathroom": 0.9, "width": 1.4, "free": 0.2}).refusal
    assert refusal is not None
    assert "bathroom" in refusal.message


def test_missing_signals_say_nothing() -> None:
    known = ("camera", "room", "floor", "covered", "hole", "width", "depth", "scale_spread")
    assert judge({name: GOOD[name] for name in known}).refusal is None


@pytest.mark.parametrize("signal", ["room", "parts", "free"])
def test_confidence_rises_with_what_speaks_for_the_room(signal: str) -> None:
    chances = [judge(GOOD | {signal: value}).confidence for value in (0.7, 0.8, 0.9, 1.0)]
    assert chances == sorted(chances)
    assert chances[0] < chances[-1]


def test_furniture_takes_confidence_before_it_refuses() -> None:
    little, more = (judge(GOOD | {"furniture": share}) for share in (0.0, 0.08))
    assert more.refusal is None
    assert more.confidence < little.confidence


def test_many_small_doubts_refuse_with_the_likeliest_reason() -> None:
    doubtful = GOOD | {"room": 0.35, "parts": 0.82, "free": 0.6, "furniture": 0.12}
    refusal = judge(doubtful | {"is_empty_room": 0.4}).refusal
    assert refusal is not None
    assert refusal.code == "room_not_found"
    named = judge(doubtful | {"is_empty_room": 0.2, "is_kitchen": 0.5}).refusal
    assert named is not None
    assert "kitchen" in named.message

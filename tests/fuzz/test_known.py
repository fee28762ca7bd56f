"""The fuzzer notices another tenant's things in an answer."""

from proof.fuzz.known import Known

OURS, THEIRS = "01a20796-68cf-776b-99d7-1dbbe564cdb6", "01a20796-6ad8-77b0-943e-2514b07bf517"


def made() -> Known:
    known = Known()
    known.add("second", "their-slug")
    known.learn("first", {"id": OURS})
    known.learn("second", {"items": [{"id": THEIRS, "name": "x"}]})
    return known


def test_an_id_of_another_is_foreign() -> None:
    answer = f'{{"a": "{OURS}", "b": "{THEIRS}"}}'
    assert made().foreign("first", answer, asked="GET /") == {THEIRS}
    assert made().foreign("second", answer, asked="GET /") == {OURS}


def test_a_name_of_another_is_foreign() -> None:
    assert made().foreign("first", "https://their-slug.example", asked="") == {"their-slug"}
    assert made().foreign("second", "https://their-slug.example", asked="") == set()


def test_an_echo_is_not() -> None:
    assert made().foreign("first", f"no {THEIRS} here", asked=f"GET /{THEIRS}") == set()


def test_an_id_stays_whose_it_was_first() -> None:
    known = made()
    known.learn("first", {"id": THEIRS})
    assert known.foreign("first", THEIRS, asked="") == {THEIRS}

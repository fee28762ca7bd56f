"""Which names a tenant may have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagify.calls.tenant import SlugInvalidError, SlugReservedError
from tenant_svc.hosts import rules


@pytest.mark.parametrize("slug", ["abc", "acme-homes", "a1b2c3", "a" * 40, "a-b-c"])
def test_good_names_pass(slug: str) -> None:
    rules.check_slug(slug)


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "ab",
        "a" * 41,
        "1abc",
        "-abc",
        "abc-",
        "a--b",
        "xn--acme",
        "Acme",
        "ac me",
        "ac.me",
        "ac_me",
        "acmé",
        "acme\n",
        "аcme",  # noqa: RUF001 - a Cyrillic letter on purpose
        "acme\x00",
    ],
)
def test_other_names_are_invalid(slug: str) -> None:
    with pytest.raises(SlugInvalidError):
        rules.check_slug(slug)


@pytest.mark.parametrize(
    "slug", ["app", "ops", "www", "api", "admin", "mail", "status", "docs", "objects"]
)
def test_names_of_the_platform_are_reserved(slug: str) -> None:
    with pytest.raises(SlugReservedError):
        rules.check_slug(slug)


def test_every_reserved_name_would_else_be_a_dns_label() -> None:
    assert all(name == name.lower().strip() and " " not in name for name in rules.reserved_slugs())


@given(st.text(max_size=60))
def test_every_candidate_is_allowed(text: str) -> None:
    for candidate in rules.candidates(text):
        rules.check_slug(candidate)


@given(st.text(max_size=60))
def test_a_name_that_passes_is_one_dns_label(text: str) -> None:
    try:
        rules.check_slug(text)
    except (SlugInvalidError, SlugReservedError):
        return
    assert text.isascii()
    assert text == text.lower()
    assert text.encode("idna").decode() == text

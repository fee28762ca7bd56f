"""Pages are rendered once for each version of a site's record, and only the latest are kept."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.fairness.limits import Limits, LimitSettings
from gateway.hosts.directory import Directory
from gateway.hosts.sites import Site
from gateway.pages.rendered import Rendered


@pytest.fixture
def site() -> Site:
    """A site."""
    found = Directory("stagify.test", Limits(LimitSettings())).find(b"app.stagify.test")
    assert isinstance(found, Site)
    return found


def counted() -> tuple[list[int], Callable[[], int]]:
    """What has been made, and what makes it."""
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    return made, make


def test_a_page_is_made_once_for_each_form_and_version(site: Site) -> None:
    kept: Rendered[int] = Rendered()
    made, make = counted()
    assert [kept.get(site, form, make) for form in ("en", "de", "en", "de")] == [0, 1, 0, 1]
    newer = replace(site, name="Newer")
    assert kept.get(newer, "en", make) == 2
    assert kept.get(newer, "en", make) == 2
    # The older version is not kept beside it.
    assert (len(kept), len(made)) == (2, 3)


def test_those_that_were_asked_for_last_are_kept(site: Site) -> None:
    kept: Rendered[int] = Rendered(most=2)
    made, make = counted()
    sites = [replace(site, key=bytes([number]) * 16) for number in range(3)]
    for each in (sites[0], sites[1], sites[0], sites[2], sites[0]):
        kept.get(each, "en", make)
    assert (len(kept), len(made)) == (2, 3)
    kept.get(sites[1], "en", make)
    assert (len(kept), len(made)) == (2, 4)

"""Which service a path leads to."""

import pytest

from gateway.hosts.routes import Routes


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (b"/v1/signup", "identity-svc"),
        (b"/v1/signup/1/confirm", "identity-svc"),
        (b"/v1/api-keys?limit=1", "identity-svc"),
        (b"/v1/slugs/acme?x=/v1/projects", "tenant-svc"),
        (b"/v1/tenant", "tenant-svc"),
        (b"/v1/projects/1/events", "staging-svc"),
        (b"/v1/images/1?download=1", "staging-svc"),
        (b"/v1/usage", "usage-svc"),
        (b"/v1/usage/x", "usage-svc"),
    ],
)
def test_first_segments_name_the_service(routes: Routes, target: bytes, name: str) -> None:
    service = routes.find(target)
    assert service is not None
    assert service.name == name


@pytest.mark.parametrize(
    "target",
    [
        b"/",
        b"/v1",
        b"/v1/",
        b"/v1?x=/v1/projects",
        b"/v2/projects",
        b"/V1/projects",
        b"/v1/Projects",
        b"/v1/project",
        b"/v1/projectss",
        b"/v1/%70rojects",
        b"/internal/credentials",
        b"/v1/internal",
        b"/metrics",
    ],
)
def test_other_paths_lead_to_no_service(routes: Routes, target: bytes) -> None:
    assert routes.find(target) is None

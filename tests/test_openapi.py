"""services/*/openapi.json match the services."""

import orjson
import pytest

from gateway.hosts.routes import PREFIXES, ServiceName
from proof.openapi import SERVICES, document_of, path_of


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_that_of_the_service(service: str) -> None:
    assert path_of(service).read_bytes() == document_of(service), "make contract writes it anew"


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_routes_what_the_service_serves(service: ServiceName) -> None:
    paths = orjson.loads(path_of(service).read_bytes())["paths"]
    served = {path.split("/")[2] for path in paths if path.startswith("/v1/")}
    assert set(PREFIXES[service]) == served

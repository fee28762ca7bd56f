"""services/*/openapi.json say what the services serve."""

import pytest

from proof.openapi import SERVICES, document_of, path_of


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_that_of_the_service(service: str) -> None:
    assert path_of(service).read_bytes() == document_of(service), "make contract writes it anew"

"""The OpenAPI document of each service, as it is committed: services/*/openapi.json; and the public
one.

`python -m proof.openapi` writes them anew; a test compares them with the services.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

import identity_svc.app
import identity_svc.settings
import staging_svc.app
import staging_svc.settings
import tenant_svc.app
import tenant_svc.settings
import usage_svc.app
import usage_svc.settings
from gateway.hosts.routes import PREFIXES
from gateway.pages.openapi import merge
from stagify.openapi import Document
from stagify.testing import ContextKeys

ROOT = Path(__file__).parents[2]


def _tenant(base: dict[str, Any]) -> FastAPI:
    return tenant_svc.app.create_app(tenant_svc.settings.Settings(**base))


def _identity(base: dict[str, Any]) -> FastAPI:
    settings = identity_svc.settings.Settings(
        **base,
        person_database_url="postgresql://unused",
        tenant_svc_url="http://unused:1",
        usage_svc_url="http://unused:1",
        identity_hash_secret="h" * 32,
        api_key_secrets="k" * 32,
        device_cookie_secrets="d" * 32,
        factor_secrets="f" * 32,
        smtp_host="unused",
        mail_from="nobody@example.test",
    )
    return identity_svc.app.create_app(settings)


def _staging(base: dict[str, Any]) -> FastAPI:
    settings = staging_svc.settings.Settings(
        **base,
        engine="fast",
        claim_database_url="postgresql://unused",
        usage_svc_url="http://unused:1",
        s3_endpoint="http://unused:1",
        s3_public_url="http://unused:1",
        s3_access_key_id="unused",
        s3_secret_access_key="unused",
        s3_buckets='{"eu": "unused"}',
    )
    return staging_svc.app.create_app(settings)


def _usage(base: dict[str, Any]) -> FastAPI:
    settings = usage_svc.settings.Settings(**base, ingest_database_url="postgresql://unused")
    return usage_svc.app.create_app(settings)


SERVICES: dict[str, Callable[[dict[str, Any]], FastAPI]] = {
    "tenant-svc": _tenant,
    "identity-svc": _identity,
    "staging-svc": _staging,
    "usage-svc": _usage,
}


def app_of(service: str) -> FastAPI:
    """The app of a service, which makes no connections before the first request."""
    settings: dict[str, Any] = {
        "environment": "test",
        "kafka_bootstrap_servers": "unused:1",
        "database_url": "postgresql://unused",
        "relay_database_url": "postgresql://unused",
        "tasks_database_url": "postgresql://unused",
        "idempotency_secret": "only-for-tests",
        **ContextKeys().settings(service),
    }
    return SERVICES[service](settings)


def routes_of(service: str) -> Iterator[APIRoute]:
    """The routes that the capabilities of a service serve."""
    package = import_module(service.replace("-", "_"))
    for path in Path(str(package.__file__)).parent.glob("*/api.py"):
        module = import_module(f"{package.__name__}.{path.parent.name}.api")
        for router in vars(module).values():
            if isinstance(router, APIRouter):
                yield from (route for route in router.routes if isinstance(route, APIRoute))


def document_of(service: str) -> bytes:
    """The OpenAPI document of a service as it is written to its file."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(app_of(service).openapi(), option=options)


def path_of(service: str) -> Path:
    """Where the document of a service is kept."""
    return ROOT / "services" / service / "openapi.json"


def public_document() -> Document:
    """What the gateway makes of the documents as they are committed."""
    return merge({service: orjson.loads(path_of(service).read_bytes()) for service in PREFIXES})


def main() -> None:
    """Write every document anew."""
    for service in SERVICES:
        path_of(service).write_bytes(document_of(service))


if __name__ == "__main__":
    main()

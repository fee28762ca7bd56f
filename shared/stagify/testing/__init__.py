"""The pytest plugin (`-p stagify.testing`): real servers, migrated databases, genuine tokens.

Servers are those that the environment names; otherwise they are started in Docker, or, without
Docker, from the embedded parts. If a server cannot be started, the tests fail. All tests of a session
share the servers, and each test has its own `tenant_id`: so nothing is truncated, and every test also
tests isolation.
"""

from stagify.testing.clients import app_client
from stagify.testing.clock import Clock, clock
from stagify.testing.context import ContextKeys, context_keys
from stagify.testing.databases import (
    DatabaseUrls,
    TestDatabases,
    check_migrations,
    test_databases,
)
from stagify.testing.locks import start_blocked
from stagify.testing.object_store import ObjectStoreServer
from stagify.testing.reports import pytest_terminal_summary
from stagify.testing.servers import (
    kafka_server,
    object_store,
    postgres_admin_url,
    server_stack,
)
from stagify.testing.tenants import other_tenant_id, tenant_id
from stagify.testing.waiting import comes_to_wait, eventually, next_turn, running

__all__ = [
    "Clock",
    "ContextKeys",
    "DatabaseUrls",
    "ObjectStoreServer",
    "TestDatabases",
    "app_client",
    "check_migrations",
    "clock",
    "comes_to_wait",
    "context_keys",
    "eventually",
    "kafka_server",
    "next_turn",
    "object_store",
    "other_tenant_id",
    "postgres_admin_url",
    "pytest_terminal_summary",
    "running",
    "server_stack",
    "start_blocked",
    "tenant_id",
    "test_databases",
]

"""Shared by the benchmarks of staging-svc: its parts on loopback, and environments of processes."""

import asyncio
import contextlib
import json
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx

from stagify.bootstrap import create_databases
from stagify.ids import new_id
from stagify.migrations.runner import upgrade
from stagify.principal import Principal
from stagify.settings import PublicKey
from stagify.tokens import TokenSigner, generate_seed, public_key_of
from stagify.topology import DATABASES
from stagify_local.guardian import Guardian
from stagify_local.objectstore import ObjectStore
from stagify_local.ports import free_port
from stagify_local.postgres import Postgres

BIN = Path(sys.executable).parent
START_SECONDS = 30
BUCKET = "stagify-bench"
REGION = "eu"
DEPLOYABLES = ("gateway", "staging-svc", "usage-svc")
NOWHERE = "http://127.0.0.1:9"
PLANS = 'default = "bench"\n[plans.bench]\nname = "Bench"\nlimits = { staging = "unlimited", storage_bytes = "unlimited", api_calls = "unlimited", seats = "unlimited" }\n'


@dataclass
class Installation:
    """A PostgreSQL with migrated databases, an object store if asked for, and keys for tokens."""

    admin_url: str
    folder: Path
    store: ObjectStore | None = None
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    seeds: dict[str, str] = field(
        default_factory=lambda: {name: generate_seed() for name in DEPLOYABLES}
    )

    @property
    def public(self) -> dict[str, PublicKey]:
        """Everyone's public keys."""
        return {
            name: PublicKey(issuer=name, key=public_key_of(seed), audiences=frozenset({"*"}))
            for name, seed in self.seeds.items()
        }

    def url(self, role: str) -> str:
        """The database of a role, such as `staging_app`, as that role."""
        address = self.admin_url.rpartition("@")[2].rpartition("/")[0]
        return f"postgresql://{role}:{self.password}@{address}/{role.partition('_')[0]}"

    def database_url(self, name: str) -> str:
        """A database as the superuser."""
        return f"{self.admin_url.rpartition('/')[0]}/{name}"

    def member_token(self, tenant_id: UUID) -> str:
        """A member's context, as the gateway signs it."""
        member = Principal(
            kind="user",
            issuer="gateway",
            subject=str(new_id()),
            user_id=new_id(),
            tenant_id=tenant_id,
            tenant_status="active",
            region=REGION,
            role="member",
            permissions=frozenset({"tenant:read", "projects:read", "projects:write", "usage:read"}),
        )
        return TokenSigner(self.seeds["gateway"], self.public).token("staging-svc", member)

    def environment(self, service: str, **other: str) -> dict[str, str]:
        """The environment of a service; the addresses of unused parts lead nowhere."""
        public = {kid: key.model_dump(mode="json") for kid, key in self.public.items()}
        name = service.removesuffix("-svc")
        store = self.store
        plans = self.folder / "plans.toml"
        plans.write_text(PLANS)
        return {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "ENVIRONMENT": "test",
            "LOG_LEVEL": "WARNING",
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
            "CONTEXT_PRIVATE_KEY": self.seeds[service],
            "CONTEXT_PUBLIC_KEYS": json.dumps(public),
            "DATABASE_URL": self.url(f"{name}_app"),
            "RELAY_DATABASE_URL": self.url(f"{name}_relay"),
            "TASKS_DATABASE_URL": self.url(f"{name}_tasks"),
            "CLAIM_DATABASE_URL": self.url("staging_claim"),
            "INGEST_DATABASE_URL": self.url("usage_ingest"),
            "IDEMPOTENCY_SECRET": self.password,
            "S3_ENDPOINT": store.endpoint if store else NOWHERE,
            "S3_PUBLIC_URL": store.endpoint if store else NOWHERE,
            "S3_REGION": ObjectStore.region,
            "S3_ACCESS_KEY_ID": store.access_key_id if store else "none",
            "S3_SECRET_ACCESS_KEY": store.secret_access_key if store else "none",
            "S3_BUCKETS": json.dumps({REGION: BUCKET}),
            "USAGE_SVC_URL": NOWHERE,
            "PLANS_FILE": str(plans),
            "ENGINE": "fast",
            **other,
        }

    def process(self, command: str, port: int, **other: str) -> AbstractContextManager[int]:
        """A process such as `staging-svc api` while it serves at `port`; yields its process id."""
        service, _, kind = command.partition(" ")
        variable = "HTTP_PORT" if kind == "api" else "WORKER_HTTP_PORT"
        environment = self.environment(service, **{variable: str(port)}, **other)
        ready = f"http://127.0.0.1:{port}/readyz"
        return running([str(BIN / service), kind], environment, ready)


@contextlib.contextmanager
def installation(*services: str, with_store: bool = False) -> Iterator[Installation]:
    """The running servers, with the databases of `services` (import names) migrated."""
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="stagify-bench-", ignore_cleanup_errors=True)
            )
        )
        folder.chmod(0o755)
        guardian = stack.enter_context(Guardian())
        postgres = Postgres(
            folder / "postgres",
            guardian,
            log=folder / "postgres.log",
            password=secrets.token_urlsafe(12),
        )
        postgres.start()
        stack.callback(postgres.stop)
        made = Installation(postgres.admin_url, folder)
        if with_store:
            made.store = _store(folder, guardian, stack)
        roles = {role: made.password for each in DATABASES for role in each.roles}
        asyncio.run(create_databases(postgres.admin_url, roles))
        for service in services:
            upgrade(service, made.url(f"{service.removesuffix('_svc')}_owner"))
        yield made


def _store(folder: Path, guardian: Guardian, stack: contextlib.ExitStack) -> ObjectStore:
    store = ObjectStore(
        folder / "objects",
        guardian,
        log=folder / "objects.log",
        access_key_id="bench",
        secret_access_key=secrets.token_urlsafe(12),
    )
    store.start()
    stack.callback(store.stop)
    return store


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], ready: str) -> Iterator[int]:
    """A process that runs once the address `ready` answers; yields its process id."""
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent)
    try:
        _wait_until_ready(ready)
        yield process.pid
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=START_SECONDS) as client:
        while not (answer := client.get(address)).is_success:
            if time.monotonic() > deadline:
                answer.raise_for_status()
            time.sleep(0.1)


__all__ = ["BIN", "BUCKET", "Installation", "free_port", "installation", "running"]

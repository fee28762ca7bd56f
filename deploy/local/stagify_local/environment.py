"""The environment of every process: the deployables, and the variables that each one gets."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stagify.topology import KAFKA_OPERATOR
from stagify_local.ports import LOOPBACK
from stagify_local.state import State

Engine = Literal["blender", "fast"]

S3_REGION = "us-east-1"
S3_BUCKETS = {"eu": "stagify-eu"}
MAIL_FROM = "StagifyAI <no-reply@stagify.localhost>"


@dataclass(frozen=True)
class Deployable:
    """A service or the gateway: its processes, its database, whom it may call."""

    name: str
    processes: tuple[str, ...]
    audiences: tuple[str, ...] = ()
    database: str | None = None
    # Roles besides owner, app, relay and tasks, and the variable for the address of each.
    extra_roles: tuple[str, ...] = ()


SERVICES = (
    Deployable("tenant-svc", ("api", "worker"), database="tenant"),
    Deployable(
        "identity-svc", ("api", "worker"), ("tenant-svc", "usage-svc"), "identity", ("person",)
    ),
    Deployable("staging-svc", ("api", "worker", "jobs"), ("usage-svc",), "staging", ("claim",)),
    Deployable("usage-svc", ("api", "worker"), (), "usage", ("ingest",)),
)
GATEWAY = Deployable("gateway", ("gateway",), tuple(service.name for service in SERVICES))
DEPLOYABLES = (*SERVICES, GATEWAY)


@dataclass(frozen=True)
class Addresses:
    """Where everything listens."""

    postgres_port: int
    kafka: str
    objectstore: str
    smtp_port: int
    gateway_port: int
    access_log: Path
    # The folder of the web app, in which its builds lie.
    web: Path

    @property
    def base_domain(self) -> str:
        """The domain of the tenants' hosts."""
        return f"localhost:{self.gateway_port}"


class Environments:
    """Makes the environment of each process from the state and the addresses."""

    def __init__(
        self, state: State, addresses: Addresses, *, engine: Engine, engine_python: Path | None
    ) -> None:
        self._state = state
        self._addresses = addresses
        self._engine = engine
        self._engine_python = engine_python
        self._ports = {
            (deployable.name, process): state.port(f"{deployable.name}.{process}")
            for deployable in DEPLOYABLES
            for process in deployable.processes
        }

    def port(self, service: str, process: str) -> int:
        """The port that answers /readyz of this process."""
        return self._ports[service, process]

    def bootstrap(self, admin_url: str) -> dict[str, str]:
        """For `stagify bootstrap`, the only command that gets the superuser's address."""
        passwords = {
            f"{service.database}_{role}".upper() + "_PASSWORD": (
                database_password(self._state, service, role)
            )
            for service in SERVICES
            for role in ("owner", "app", "relay", "tasks", *service.extra_roles)
        }
        return {
            "ADMIN_DATABASE_URL": admin_url,
            **self.kafka(KAFKA_OPERATOR),
            **self._objectstore(),
            **passwords,
        }

    def kafka(self, user: str) -> dict[str, str]:
        """Where Kafka is, and how `user` connects to it."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self._addresses.kafka,
            "KAFKA_USERNAME": user,
            "KAFKA_PASSWORD": kafka_password(self._state, user),
            # On loopback only.
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_MECHANISM": "PLAIN",
        }

    def migration(self, service: Deployable) -> dict[str, str]:
        """For `migrate`, the only command that gets the owner's address."""
        return migration_environment(self._state, self._addresses.postgres_port, service)

    def process(self, service: Deployable, process: str) -> dict[str, str]:
        """For one long-running process."""
        environment = self._common(service)
        port = str(self.port(service.name, process))
        if service is GATEWAY:
            return environment | {
                "GATEWAY_PORT": str(self._addresses.gateway_port),
                "OBJECTSTORE_URL": self._addresses.objectstore,
                "ADMIN_PORT": port,
                "WEB_FOLDER": str(self._addresses.web / "dist"),
                "WEB_PREVIOUS_FOLDER": str(self._addresses.web / "dist.previous"),
                "ACCESS_LOG": str(self._addresses.access_log),
            }
        environment |= self._service(service)
        environment |= {"HTTP_PORT" if process == "api" else "WORKER_HTTP_PORT": port}
        return environment | self._particular(service)

    def _common(self, service: Deployable) -> dict[str, str]:
        keys = {
            deployable.name: self._state.key_pair(deployable.name) for deployable in DEPLOYABLES
        }
        public = {
            f"{deployable.name}-1": {
                "issuer": deployable.name,
                "key": keys[deployable.name].public,
                "audiences": list(deployable.audiences),
            }
            for deployable in DEPLOYABLES
        }
        return {
            "ENVIRONMENT": "test" if self._engine == "fast" else "development",
            "BASE_DOMAIN": self._addresses.base_domain,
            "PUBLIC_SCHEME": "http",
            **self.kafka(service.name),
            "CONTEXT_PRIVATE_KEY": keys[service.name].seed,
            "CONTEXT_PUBLIC_KEYS": json.dumps(public),
            **self._service_urls(),
        }

    def _service_urls(self) -> dict[str, str]:
        return {
            f"{service.name.upper().replace('-', '_')}_URL": (
                f"http://{LOOPBACK}:{self.port(service.name, 'api')}"
            )
            for service in SERVICES
        }

    def _service(self, service: Deployable) -> dict[str, str]:
        return {
            "DATABASE_URL": self._database_url(service, "app"),
            "RELAY_DATABASE_URL": self._database_url(service, "relay"),
            "TASKS_DATABASE_URL": self._database_url(service, "tasks"),
            **{
                f"{role.upper()}_DATABASE_URL": self._database_url(service, role)
                for role in service.extra_roles
            },
            "IDEMPOTENCY_SECRET": self._state.secret(f"{service.name}.idempotency"),
        }

    def _particular(self, service: Deployable) -> dict[str, str]:
        if service.name == "identity-svc":
            return {
                "API_KEY_SECRETS": self._state.secret("identity-svc.api_keys"),
                "DEVICE_COOKIE_SECRETS": self._state.secret("identity-svc.devices"),
                "FACTOR_SECRETS": self._state.secret("identity-svc.factors"),
                "IDENTITY_HASH_SECRET": self._state.secret("identity-svc.hashes"),
                "SMTP_HOST": LOOPBACK,
                "SMTP_PORT": str(self._addresses.smtp_port),
                "MAIL_FROM": MAIL_FROM,
                "SSO_LOCAL_PROVIDERS": "true",
            }
        if service.name == "staging-svc":
            return self._objectstore() | {
                "S3_PUBLIC_URL": f"http://objects.{self._addresses.base_domain}",
                "ENGINE": self._engine,
                **({"ENGINE_PYTHON": str(self._engine_python)} if self._engine_python else {}),
            }
        return {}

    def _objectstore(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT": self._addresses.objectstore,
            "S3_REGION": S3_REGION,
            "S3_ACCESS_KEY_ID": "stagify",
            "S3_SECRET_ACCESS_KEY": self._state.secret("objectstore"),
            "S3_BUCKETS": json.dumps(S3_BUCKETS),
        }

    def _database_url(self, service: Deployable, role: str) -> str:
        return database_url(self._state, self._addresses.postgres_port, service, role)


def migration_environment(state: State, postgres_port: int, service: Deployable) -> dict[str, str]:
    """What `migrate` of a service reads."""
    return {"OWNER_DATABASE_URL": database_url(state, postgres_port, service, "owner")}


def database_url(state: State, port: int, service: Deployable, role: str) -> str:
    """The database of a service, as one of its roles."""
    user = f"{service.database}_{role}"
    password = database_password(state, service, role)
    return f"postgresql://{user}:{password}@{LOOPBACK}:{port}/{service.database}"


def database_password(state: State, service: Deployable, role: str) -> str:
    return state.secret(f"postgres.{service.database}_{role}")


def kafka_password(state: State, user: str) -> str:
    return state.secret(f"kafka.{user}")

"""Settings: one frozen class per service, read once where a process is composed.

A variable has the name of its field in upper case. Secrets have no default, so a process that lacks
one does not start; pydantic lists all problems at once.
"""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, BaseModel, Field, Json, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from stagify.brokers import KafkaSettings

Port = Annotated[int, Field(ge=0, le=65535)]


class PublicKey(BaseModel, frozen=True):
    """A deployable's public key: who signs with it and whom it may speak to."""

    issuer: str
    key: str
    audiences: frozenset[str]


class ProcessSettings(KafkaSettings):
    """What every process of the platform reads, the gateway included."""

    # Where this runs; test doubles such as the fast engine are allowed anywhere but in production.
    environment: Literal["production", "development", "test"] = "production"
    # The domain of all tenants' hosts, with the port if it is not the default of the scheme.
    base_domain: str = "localhost:8080"
    # The scheme of public links.
    public_scheme: Literal["http", "https"] = "https"
    # This deployable's Ed25519 seed, base64url without padding; signs context tokens.
    context_private_key: SecretStr
    # Every deployable's public key: {kid: {issuer, key, audiences}}.
    context_public_keys: Json[dict[str, PublicKey]]
    # Seconds a process may take after SIGTERM to finish its work.
    shutdown_grace_seconds: float = Field(default=20, gt=0)
    # Lowest level that is logged.
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Where traces are sent (OTLP over HTTP); without it there are no traces.
    otel_exporter_otlp_endpoint: AnyHttpUrl | None = None

    @model_validator(mode="after")
    def _is_somebody_at_kafka(self) -> Self:
        if self.environment == "production" and self.kafka_username is None:
            raise ValueError("KAFKA_USERNAME and KAFKA_PASSWORD are required in production")
        return self

    @cached_property
    def base_host(self) -> str:
        """The base domain without its port."""
        return self.base_domain.partition(":")[0].lower()

    @property
    def app_url(self) -> str:
        """The address of the platform's own host, where people sign up and see to their account."""
        return f"{self.public_scheme}://{self.platform_host}"

    @property
    def platform_host(self) -> str:
        """The platform's own host, with the port if it is not the default of the scheme."""
        return self.tenant_host("app")

    def tenant_host(self, slug: str) -> str:
        """A tenant's own host, with the port if it is not the default of the scheme."""
        return f"{slug}.{self.base_domain}"

    def tenant_url(self, slug: str) -> str:
        """The address of a tenant's own host."""
        return f"{self.public_scheme}://{self.tenant_host(slug)}"


class ServiceSettings(ProcessSettings):
    """What every service with a database reads."""

    # Address the HTTP process listens on.
    http_host: str = "127.0.0.1"
    # Port of the HTTP process.
    http_port: Port = 8000
    # Processes that serve HTTP.
    http_workers: int = Field(default=1, ge=1, le=64)
    # Requests that one such process handles at a time; more are refused with 503. Gateways keep
    # well below it.
    http_max_running: int = Field(default=64, ge=1)
    # Port of a background process for health and metrics.
    worker_http_port: Port = 8001
    # The database as the app role: row-level security applies to it.
    database_url: SecretStr
    # The database as the relay role: it sees the outbox and nothing else.
    relay_database_url: SecretStr
    # The database as the tasks role: it sees the tasks of all tenants and nothing else.
    tasks_database_url: SecretStr
    # Connections the process may hold to its database.
    database_pool_size: int = Field(default=5, ge=1, le=50)
    # Secret key for the fingerprints of idempotent requests.
    idempotency_secret: SecretStr


class MigrationSettings(BaseSettings):
    """What `migrate` reads, and nothing else does."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    # The database as its owner: creates and changes tables.
    owner_database_url: SecretStr

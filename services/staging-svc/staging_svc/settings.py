"""What staging-svc reads from its environment."""

from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, Json, SecretStr, model_validator

from stagify.settings import ServiceSettings


class Settings(ServiceSettings):
    """The settings of staging-svc, besides those of every service."""

    # URL of the object store for this service.
    s3_endpoint: AnyHttpUrl
    # URL of the object store for clients; links are signed for it.
    s3_public_url: AnyHttpUrl
    # Region named in signatures.
    s3_region: str = "auto"
    # Credentials for the buckets.
    s3_access_key_id: SecretStr
    s3_secret_access_key: SecretStr
    # Bucket of each region: {"eu": "stagify-eu"}.
    s3_buckets: Json[dict[str, str]] = Field(min_length=1)
    # Where usage-svc answers internal calls.
    usage_svc_url: AnyHttpUrl
    # Seconds to wait for a quota reservation before a project is accepted without it.
    usage_svc_timeout_seconds: float = Field(default=1.0, gt=0, le=10)
    # The database as the claim role: it finds jobs of all tenants and sees nothing else.
    claim_database_url: SecretStr

    # Largest photo a client may upload.
    upload_max_bytes: int = Field(default=25 * 1024 * 1024, gt=0)
    # Seconds that an upload's URL is valid.
    upload_ttl_seconds: int = Field(default=300, gt=0, le=300)
    # Uploads that a tenant may have at a time that no project uses, filled or not.
    max_open_uploads: int = Field(default=100, gt=0)
    # Bytes that those may have together.
    max_open_bytes: int = Field(default=2 * 1024**3, gt=0)
    # Bytes of uploads that a tenant may have while usage-svc does not answer and cannot reserve them.
    max_unreserved_bytes: int = Field(default=256 * 1024**2, gt=0)
    # Hours after which an upload that no project used is deleted.
    abandoned_upload_hours: int = Field(default=24, ge=1)
    # Days that a project stays in the trash before it is deleted for good.
    trash_days: int = Field(default=30, ge=1)
    # Hours between two comparisons of a bucket with the rows that own its objects.
    reconcile_interval_hours: float = Field(default=24, gt=0)
    # Seconds that a link to an image stays the same. It is valid at least as long, and at most twice.
    image_link_ttl_seconds: int = Field(default=300, gt=0, le=300)
    # Live streams that a tenant may have open on one process.
    max_streams_per_tenant: int = Field(default=50, gt=0)
    # Seconds between heart-beats of a live stream.
    stream_heartbeat_seconds: float = Field(default=15.0, gt=0)
    # Seconds after which a live stream ends; the client reconnects and is authorised again.
    stream_max_seconds: float = Field(default=600.0, gt=0)

    # The engine that furnishes photos: `blender`, or `fast` for tests.
    engine: Literal["blender", "fast"] = "blender"
    # Python of the engine's own environment.
    engine_python: Path | None = None
    # Seconds one photo may take.
    engine_timeout_seconds: float = Field(default=180.0, gt=0)
    # Memory that the engine's child may use.
    engine_memory_limit_bytes: int = Field(default=2 * 1024**3, gt=0)
    # Photos that one jobs process stages at a time.
    job_concurrency: int = Field(default=1, ge=1, le=16)
    # Seconds that a job stays with a process that gives no sign of life.
    job_lease_seconds: float = Field(default=8.0, gt=0)
    # Failed attempts, not counting those due to the photo itself, after which a job is given up.
    job_max_attempts: int = Field(default=3, ge=1)
    # Seconds between looks for new jobs when nothing wakes the process.
    job_poll_seconds: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _engine_is_usable(self) -> Self:
        if self.engine == "fast" and self.environment == "production":
            raise ValueError("ENGINE=fast is a test double and refused in production")
        if self.engine == "blender" and self.engine_python is None:
            raise ValueError("ENGINE=blender needs ENGINE_PYTHON")
        return self

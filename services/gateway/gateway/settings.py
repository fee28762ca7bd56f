"""The settings of the gateway, and the groups of them that its modules get."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, PositiveFloat, field_validator

from gateway.fairness.limits import LimitSettings
from gateway.fairness.turns import TurnSettings
from gateway.store.host import LABEL
from gateway.wire.request import HeadLimits
from gateway.wire.sources import SourceLimits
from gateway.wire.timeouts import Pace, Timeouts
from stagify.settings import Port, ProcessSettings


class Settings(ProcessSettings):
    """The gateway's settings; what it shares with every process is in `ProcessSettings`."""

    # Address and port of the public side.
    gateway_host: str = "127.0.0.1"
    gateway_port: Port = 8080
    # Socket file of a doorman that opens that port and lends it (deploy/doorman.py).
    gateway_door: Path | None = None
    # Port for health and metrics; never public.
    admin_port: Port = 8081
    # The services that requests are routed to.
    tenant_svc_url: AnyHttpUrl
    identity_svc_url: AnyHttpUrl
    staging_svc_url: AnyHttpUrl
    usage_svc_url: AnyHttpUrl
    # An S3 API that clients reach through the gateway, at `objects.<base>`; unset if signed links
    # lead to the store directly.
    objectstore_url: AnyHttpUrl | None = None
    # The web app as it was built, and the build before, whose assets are served to pages that are still
    # open; without it there is a landing page.
    web_folder: Path | None = None
    web_previous_folder: Path | None = None
    # Where browsers reach the store, if not at `objects.<base>`: pages may connect to nothing else.
    s3_public_url: AnyHttpUrl | None = None
    # Where the access log goes: `stdout`, a file in a folder that exists, or `off`.
    access_log: Literal["stdout", "off"] | Path = "stdout"
    # Networks of proxies in front of the gateway, whose X-Forwarded-For and X-Forwarded-Proto are
    # believed (JSON list).
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    # For how many seconds browsers shall use only https after an answer (RFC 6797); said only in
    # production, if PUBLIC_SCHEME is https. 0 takes it back.
    hsts_seconds: int = Field(default=365 * 24 * 3600, ge=0)

    # Largest head of a request, in bytes and header lines, and largest target. The services take
    # 100 header lines, of which the gateway adds up to 9.
    max_head_bytes: int = Field(default=32 * 1024, gt=0)
    max_headers: int = Field(default=90, gt=0, le=91)
    max_target_bytes: int = Field(default=8 * 1024, gt=0)
    # Largest body, in bytes; photos are not limited by this.
    max_body_bytes: int = Field(default=1024 * 1024, gt=0)

    # Connections of clients at a time: all together, and of one address. An address is here always
    # an IPv4 address or an IPv6 network of 64 bits, and a trusted proxy is none.
    max_connections: int = Field(default=10_000, gt=0)
    address_max_connections: int = Field(default=1024, gt=0)
    # Requests of one address of which a part is still missing; the oldest is given up for a new one.
    address_max_arriving: int = Field(default=64, gt=0)
    # Bodies of more than 64 KiB that are kept until they are complete: all together, and of one
    # address.
    max_large_bodies: int = Field(default=64, gt=0)
    address_max_large_bodies: int = Field(default=8, gt=0)
    # Requests running at one time: all together, of one tenant's members, and of one address without
    # a valid credential. All without a credential get half of the first.
    max_in_flight: int = Field(default=1024, gt=0)
    tenant_max_in_flight: int = Field(default=128, gt=0)
    address_max_in_flight: int = Field(default=32, gt=0)
    # Requests one service works on at one time; the others wait for their turn. The default keeps
    # one api process busy; raise it if there are more of them.
    service_max_running: int = Field(default=8, ge=2)
    # Event streams that one tenant may have open at a time.
    tenant_max_streams: int = Field(default=256, gt=0)
    # Requests a second and at once: of one tenant's members, and of one address without a valid
    # credential, refusals and pages among them.
    tenant_requests_per_second: float = Field(default=500, gt=0)
    tenant_burst: float = Field(default=1000, ge=1)
    # The rate of the tenants of a plan, where it differs (JSON): {"enterprise": 2000}.
    plan_requests_per_second: dict[str, PositiveFloat] = Field(default_factory=dict)
    address_requests_per_second: float = Field(default=100, gt=0)
    address_burst: float = Field(default=300, ge=1)
    # Bytes of the web app's assets, a second and at once, of one address.
    address_asset_bytes_per_second: float = Field(default=4 * 1024 * 1024, gt=0)
    address_asset_burst_bytes: float = Field(default=64 * 1024 * 1024, ge=1024 * 1024)

    # Transfers of photos at a time: all together, and of one address. The store has a thread for
    # each, so there must be fewer of them than of its threads.
    max_transfers: int = Field(default=160, ge=4)
    address_max_transfers: int = Field(default=32, gt=0)
    # Slowest transfer in bytes a second, measured over so many seconds; and longest transfer, which
    # must be less than the 15 minutes for which staging-svc expects late uploads.
    transfer_min_bytes_per_second: int = Field(default=16 * 1024, gt=0)
    transfer_span_seconds: float = Field(default=10, gt=0)
    transfer_timeout_seconds: float = Field(default=840, gt=0, lt=900)

    # Time for a client to start its next request, to send a whole head, and a whole body.
    idle_timeout_seconds: float = Field(default=75, gt=0)
    head_timeout_seconds: float = Field(default=10, gt=0)
    body_timeout_seconds: float = Field(default=60, gt=0)
    # Longest wait for a turn at a service: usually, and once a tenant's queue has been standing for
    # that long.
    turn_timeout_seconds: float = Field(default=2, gt=0)
    busy_turn_timeout_seconds: float = Field(default=0.1, gt=0)
    # Time for a service to accept a connection, and to start its answer.
    connect_timeout_seconds: float = Field(default=2, gt=0)
    response_timeout_seconds: float = Field(default=30, gt=0)
    # Longest pause within an answer, in seconds; event streams send a heart-beat every 15 seconds.
    stream_idle_timeout_seconds: float = Field(default=75, gt=0)
    # Seconds after which idle connections to a service are closed, before the service closes them.
    upstream_idle_seconds: float = Field(default=15, gt=0)

    # How long a verdict is kept without asking again while revocations arrive …
    credential_lifetime_seconds: float = Field(default=300, gt=0)
    # … and while they may not, because Kafka does not answer.
    credential_lifetime_without_kafka_seconds: float = Field(default=5, gt=0)
    # For how many seconds an unknown credential is refused without asking again.
    unknown_credential_seconds: float = Field(default=5, gt=0)
    # Seconds for identity-svc to answer.
    credential_timeout_seconds: float = Field(default=2, gt=0)

    @field_validator("access_log")
    @classmethod
    def _has_a_folder(cls, access_log: str | Path) -> str | Path:
        if isinstance(access_log, Path) and not access_log.parent.is_dir():
            raise ValueError("is not `stdout`, `off` or a file in a folder that exists")
        return access_log

    @property
    def app_url(self) -> str:
        """The platform's own host."""
        return f"{self.public_scheme}://app.{self.base_domain}"

    @property
    def upload_origin(self) -> str:
        """The origin to which browsers bring photos."""
        if self.s3_public_url is None:
            return f"{self.public_scheme}://{LABEL}.{self.base_domain}"
        return str(self.s3_public_url).removesuffix(self.s3_public_url.path or "")

    def hsts(self) -> int | None:
        """The seconds of HSTS, if it is to be sent."""
        is_public = self.environment == "production" and self.public_scheme == "https"
        return self.hsts_seconds if is_public else None

    def head_limits(self) -> HeadLimits:
        """The limits on the head of a request."""
        return HeadLimits(self.max_head_bytes, self.max_headers, self.max_target_bytes)

    def limits(self) -> LimitSettings:
        """The limits on what runs."""
        return LimitSettings(
            max_in_flight=self.max_in_flight,
            tenant_max_in_flight=self.tenant_max_in_flight,
            tenant_max_streams=self.tenant_max_streams,
            tenant_rate=self.tenant_requests_per_second,
            tenant_burst=self.tenant_burst,
            plan_rates=self.plan_requests_per_second,
            source=SourceLimits(
                rate=self.address_requests_per_second,
                burst=self.address_burst,
                bytes_rate=self.address_asset_bytes_per_second,
                bytes_burst=self.address_asset_burst_bytes,
                max_connections=self.address_max_connections,
                max_arriving=self.address_max_arriving,
                max_in_flight=self.address_max_in_flight,
                max_large=self.address_max_large_bodies,
                max_large_of_all=self.max_large_bodies,
            ),
        )

    def turns(self) -> TurnSettings:
        """The limits of each service."""
        return TurnSettings(
            max_running=self.service_max_running,
            # One service that hangs must not keep requests from the others.
            max_waiting=self.max_in_flight // 2,
            patience_seconds=self.turn_timeout_seconds,
            busy_patience_seconds=self.busy_turn_timeout_seconds,
        )

    def timeouts(self) -> Timeouts:
        """The time-outs of the connections."""
        return Timeouts(
            idle_seconds=self.idle_timeout_seconds,
            head_seconds=self.head_timeout_seconds,
            body_seconds=self.body_timeout_seconds,
            turn_seconds=self.turn_timeout_seconds,
            response_seconds=self.response_timeout_seconds,
            stream_idle_seconds=self.stream_idle_timeout_seconds,
        )

    def pace(self) -> Pace:
        """How fast the bytes of transfers must come."""
        return Pace(
            min_bytes_per_second=self.transfer_min_bytes_per_second,
            span_seconds=self.transfer_span_seconds,
            total_seconds=self.transfer_timeout_seconds,
        )

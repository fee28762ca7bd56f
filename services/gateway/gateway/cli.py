"""The command `gateway`: one process."""

import gc

from gateway.app import Gateway
from gateway.settings import Settings
from stagify import logs, telemetry
from stagify.cli import run
from stagify.worker import run_worker


def main() -> None:
    """Serve until SIGTERM."""
    # Nothing on the hot path makes cycles, so the collector may look less often.
    gc.set_threshold(20_000, 20, 50)
    run(serve(Settings()))


async def serve(settings: Settings) -> None:
    """Serve the public side, and health and metrics on the admin port."""
    logs.configure("gateway", settings.log_level)
    tracer = telemetry.tracer() if telemetry.configure("gateway", settings) else None
    gateway = Gateway(settings, tracer=tracer)
    await run_worker(
        {"gateway": gateway.run},
        checks={"gateway": gateway.check_ready},
        host=settings.gateway_host,
        port=settings.admin_port,
        grace_seconds=settings.shutdown_grace_seconds,
    )


if __name__ == "__main__":
    main()

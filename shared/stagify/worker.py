"""The background process: named jobs side by side, health and metrics on a port, a clean stop."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping

import orjson
from prometheus_client import CONTENT_TYPE_LATEST

from stagify import metrics
from stagify.clock import sleep
from stagify.transient import is_transient

logger = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]
Check = Callable[[], Awaitable[None]]
CHECK_SECONDS = 2.0


class JobEndedError(RuntimeError):
    """A job that should run for ever returned."""


async def run_worker(
    jobs: Mapping[str, Job],
    *,
    checks: Mapping[str, Check],
    host: str,
    port: int,
    grace_seconds: float,
) -> None:
    """Run `jobs` until SIGTERM or SIGINT, or until one of them fails, which ends the process.

    On a signal every job is cancelled, and has `grace_seconds` to hand back what it holds.
    /healthz says that the process is alive, /readyz that every check passes.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await asyncio.start_server(_Health(checks).answer, host, port)
    tasks = {asyncio.create_task(_forever(name, job), name=name) for name, job in jobs.items()}
    stopping = asyncio.create_task(stop.wait())
    logger.info("worker.started", extra={"jobs": sorted(jobs)})
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        server.close()
        await _stop(tasks, grace_seconds)
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()):
            raise error
    logger.info("worker.stopped")


async def every(seconds: float, work: Job, *, name: str) -> None:
    """Run `work` again and again, with a pause between. Failures are logged; the next run tries again."""
    while True:
        try:
            await work()
        except Exception as error:
            if is_transient(error):
                reason = type(error).__name__
                logger.warning("worker.periodic_postponed", extra={"job": name, "reason": reason})
            else:
                logger.exception("worker.periodic_failed", extra={"job": name})
        await sleep(seconds)


async def _forever(name: str, job: Job) -> None:
    await job()
    raise JobEndedError(f"job {name!r} ended")


async def _stop(tasks: set[asyncio.Task[None]], grace_seconds: float) -> None:
    for task in tasks:
        task.cancel()
    _, pending = await asyncio.wait(tasks, timeout=grace_seconds)
    for task in pending:
        logger.error("worker.stop_timed_out", extra={"job": task.get_name()})


class _Health:
    """Health and metrics in a few lines of HTTP: they are not worth the cost of a web framework."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                request = await reader.readuntil(b"\r\n\r\n")
                status, kind, body = await self._route(request.split(b" ", 2)[1])
                writer.write(
                    b"HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %d\r\n"
                    b"connection: close\r\n\r\n%s" % (status, kind, len(body), body)
                )
                await writer.drain()
        except (OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError):
            logger.debug("worker.bad_health_request")
        finally:
            writer.close()

    async def _route(self, path: bytes) -> tuple[bytes, bytes, bytes]:
        if path == b"/healthz":
            return b"200 OK", b"application/json", b'{"status":"ok"}'
        if path == b"/metrics":
            return b"200 OK", CONTENT_TYPE_LATEST.encode(), metrics.render()
        if path == b"/readyz":
            failing = await failing_checks(self._checks)
            status = b"503 Service Unavailable" if failing else b"200 OK"
            return status, b"application/json", orjson.dumps(readiness(failing))
        return b"404 Not Found", b"application/json", b"{}"


async def failing_checks(checks: Mapping[str, Check]) -> list[str]:
    """The names of the checks that do not pass within CHECK_SECONDS."""

    async def passes(check: Check) -> bool:
        try:
            await asyncio.wait_for(check(), CHECK_SECONDS)
        # Any error means that the check does not pass.
        except Exception:  # noqa: BLE001
            return False
        return True

    results = await asyncio.gather(*(passes(check) for check in checks.values()))
    return [name for name, passed in zip(checks, results, strict=True) if not passed]


def readiness(failing: list[str]) -> dict[str, object]:
    """The body of /readyz."""
    return {"status": "failing" if failing else "ok", "failing": failing}

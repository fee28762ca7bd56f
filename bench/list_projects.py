"""GET projects, 20 rows under row-level security: requests per CPU-second of our app process as a
multiple of a plain FastAPI + SQLModel application's (`plain_app.py`), in the same run.

Run with `python bench/list_projects.py [--requests N]`. Both are served by Granian with one
worker from the same tables, take turns, and must give the same projects.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from uuid import UUID

import httpx
import orjson
from staging_parts import BIN, Installation, free_port, installation, running

from proof.figures import Bar, cpu_seconds, median, report
from proof.staged_rows import add_staged_projects
from stagify.database import Database
from stagify.ids import new_id
from stagify.tokens import CONTEXT_HEADER

ROUNDS = 3
CONNECTIONS = 8
PROJECTS = 200
ROWS = 20


@dataclass
class App:
    """One of the two."""

    name: str
    port: int
    pid: int
    headers: dict[str, str]

    @property
    def request(self) -> bytes:
        lines = [f"GET /v1/projects?limit={ROWS} HTTP/1.1", "Host: bench"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def fill(made: Installation, tenant_id: UUID) -> None:
    """Staged projects with their images."""
    database = Database(made.url("staging_app"), service="staging-svc")
    async with database.tenant(tenant_id) as session:
        await add_staged_projects(session, tenant_id, PROJECTS)
    await database.close()


async def measure(app: App, requests: int) -> float:
    """Requests per CPU-second."""
    before = cpu_seconds([app.pid])
    share = requests // CONNECTIONS
    await asyncio.gather(*(ask(app, share) for _ in range(CONNECTIONS)))
    return share * CONNECTIONS / (cpu_seconds([app.pid]) - before)


async def ask(app: App, times: int) -> None:
    """One keep-alive connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    for _ in range(times):
        writer.write(app.request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{app.name}: {head!r}")
        length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


def check_same(apps: list[App]) -> None:
    """Both must give the same projects."""
    bodies = []
    for app in apps:
        answer = httpx.get(f"http://127.0.0.1:{app.port}/v1/projects", headers=app.headers)
        body = orjson.loads(answer.raise_for_status().content)
        bodies.append([{**item, "created_at": "", "updated_at": ""} for item in body["items"]])
    if bodies[0] != bodies[1] or len(bodies[0]) != ROWS:
        raise RuntimeError("the two applications do not give the same projects")


async def compare(made: Installation, apps: list[App], tenant_id: UUID, requests: int) -> None:
    rates: dict[str, list[float]] = {app.name: [] for app in apps}
    for number in range(ROUNDS + 1):
        # A token is valid for a minute, so each round has a new one.
        apps[0].headers[CONTEXT_HEADER] = made.member_token(tenant_id)
        for app in apps:
            rate = await measure(app, requests)
            # The first round warms up.
            if number:
                rates[app.name].append(rate)
    ratios = [ours / plain for ours, plain in zip(*rates.values(), strict=True)]
    report(
        "list_projects",
        {
            "stagify requests/CPU-second": median(rates["stagify"]),
            "plain requests/CPU-second": median(rates["plain"]),
            "ratio": median(ratios),
        },
        {**rates, "ratios": ratios, "requests": requests, "rows": ROWS},
        bars=[Bar("ratio", at_least=2.0)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=4_000)
    requests = parser.parse_args().requests
    tenant_id, ours, plain = new_id(), free_port(), free_port()
    plain_command = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop"]
    plain_command += ["--no-ws", "--host", "127.0.0.1", "--port", str(plain)]
    plain_command += ["--factory", "plain_app:make_app"]
    with installation("staging_svc") as made:
        asyncio.run(fill(made, tenant_id))
        plain_environment = {"PLAIN_DATABASE_URL": made.database_url("staging"), "PATH": str(BIN)}
        with (
            running(
                [str(BIN / "staging-svc"), "api"],
                made.environment("staging-svc", HTTP_PORT=str(ours)),
                f"http://127.0.0.1:{ours}/healthz",
            ) as our_pid,
            running(
                plain_command, plain_environment, f"http://127.0.0.1:{plain}/openapi.json"
            ) as plain_pid,
        ):
            apps = [
                App("stagify", ours, our_pid, {CONTEXT_HEADER: made.member_token(tenant_id)}),
                App("plain", plain, plain_pid, {"X-Tenant-Id": str(tenant_id)}),
            ]
            check_same(apps)
            asyncio.run(compare(made, apps, tenant_id, requests))


if __name__ == "__main__":
    main()

"""The time from accepting a project to starting its job, on an idle system.

Run with `python bench/accept_to_start.py [--projects N]`. staging-svc's api and staging process,
usage-svc's api, PostgreSQL with fsync, and the object store run as they do in production; the
engine is the fast one. The clock runs from the moment the job's row is made, inside the
transaction that accepts the project, to `started_at`, which the staging process writes when it
has claimed the job; both are read from the same machine's clock.
"""

import argparse
import asyncio
import contextlib
import io
import time
from typing import TYPE_CHECKING

import asyncpg
import boto3
import httpx
from botocore.config import Config
from PIL import Image
from staging_parts import BUCKET, Installation, free_port, installation

from proof.figures import Bar, median, percentile, report
from stagify.ids import new_id
from stagify.tokens import CONTEXT_HEADER

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 20
WAITED = """
SELECT extract(epoch FROM started_at - created_at)::float8 * 1000
FROM jobs WHERE state = 'done' ORDER BY id
"""


def make_bucket(made: Installation) -> "S3Client":
    """The bucket, and a client of its store."""
    assert made.store is not None
    client = boto3.client(
        "s3",
        endpoint_url=made.store.endpoint,
        region_name=made.store.region,
        aws_access_key_id=made.store.access_key_id,
        aws_secret_access_key=made.store.secret_access_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=BUCKET)
    return client


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((800, 600)).convert("RGB").save(buffer, "JPEG")
    return buffer.getvalue()


async def stage(made: Installation, port: int, projects: int) -> list[float]:
    """Projects one after the other; milliseconds of the whole POST."""
    tenant_id, content, taken = new_id(), photo(), []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as api:
        for _ in range(projects):
            headers = {CONTEXT_HEADER: made.member_token(tenant_id)}
            body = {"filename": "room.jpg", "content_type": "image/jpeg", "size": len(content)}
            answer = await api.post("/v1/uploads", json=body, headers=headers)
            upload = answer.raise_for_status().json()
            stored = await api.put(upload["url"], content=content, headers=upload["headers"])
            stored.raise_for_status()
            wanted = {"upload_id": upload["id"], "room_type": "bedroom", "style": "modern"}
            before = time.perf_counter()
            answer = await api.post("/v1/projects", json=wanted, headers=headers)
            taken.append((time.perf_counter() - before) * 1000)
            await finished(api, answer.raise_for_status().json()["id"], headers)
    return taken


async def finished(api: httpx.AsyncClient, project_id: str, headers: dict[str, str]) -> None:
    """Wait until the system is idle again."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await api.get(f"/v1/projects/{project_id}", headers=headers)
            status = answer.raise_for_status().json()["status"]
            if status == "staged":
                return
            if status == "failed":
                raise RuntimeError(f"project failed: {answer.text}")
            await asyncio.sleep(PAUSE_SECONDS)


async def waited(made: Installation) -> list[float]:
    """Milliseconds that each job waited for a worker."""
    connection = await asyncpg.connect(made.database_url("staging"))
    try:
        return [row[0] for row in await connection.fetch(WAITED)]
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=150)
    projects = parser.parse_args().projects
    api, jobs, usage = free_port(), free_port(), free_port()
    with (
        installation("staging_svc", "usage_svc", with_store=True) as made,
        contextlib.ExitStack() as processes,
    ):
        make_bucket(made)
        usage_url = f"http://127.0.0.1:{usage}"
        processes.enter_context(made.process("usage-svc api", usage))
        processes.enter_context(made.process("staging-svc api", api, USAGE_SVC_URL=usage_url))
        processes.enter_context(made.process("staging-svc jobs", jobs, USAGE_SVC_URL=usage_url))
        taken = asyncio.run(stage(made, api, projects))
        waits = asyncio.run(waited(made))
    report(
        "accept_to_start",
        {
            "projects": len(waits),
            "accepted → started, median ms": median(waits),
            "accepted → started, p99 ms": percentile(waits, 0.99),
            "POST /v1/projects, median ms": median(taken),
            "POST /v1/projects, p99 ms": percentile(taken, 0.99),
        },
        {"waited_ms": waits, "post_ms": taken},
        bars=[Bar("accepted → started, p99 ms", at_most=150)],
    )


if __name__ == "__main__":
    main()

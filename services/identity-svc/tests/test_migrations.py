"""The revisions build what the models say, go both ways, and lose nothing."""

import asyncio
from uuid import UUID

import asyncpg
from alembic import command

from identity_svc.signup.models import Signup
from stagify.clock import utc_now
from stagify.database import Database
from stagify.ids import new_id
from stagify.migrations.runner import alembic_config
from stagify.testing import DatabaseUrls, TestDatabases, check_migrations

# Statements of the release that still had a table of mails.
INSERT = (
    "INSERT INTO mails (id, kind, subject_id, attempts, due_at, give_up_at, created_at)"
    " VALUES ($1, 'signup', $2, 0, now(), now() + interval '30 minutes', now())"
)
REPLACE = "DELETE FROM mails WHERE kind = 'signup' AND subject_id = $1"
CLAIM = """
UPDATE mails SET attempts = attempts + 1, due_at = now() + interval '30 seconds'
WHERE id = ANY (ARRAY(
    SELECT id FROM mails WHERE due_at <= now() ORDER BY due_at LIMIT 10 FOR UPDATE SKIP LOCKED))
RETURNING id, kind, subject_id, attempts, due_at, give_up_at, created_at
"""

# Of the release in which asking again for a slug renewed the sign-up.
FIND_OR_ADD = """
INSERT INTO signups (id, email, email_key, name, tenant_type, tenant_name, slug, failed_attempts,
    expires_at, created_at)
VALUES ($1, $2, $2, 'Ada', 'individual', 'Ada', $3, 0, now() + interval '30 minutes', now())
ON CONFLICT (email_key, slug) WHERE confirmed_at IS NULL DO UPDATE SET email_key = $2
RETURNING id
"""


async def test_migrations_go_up_and_down_without_drift(test_databases: TestDatabases) -> None:
    await check_migrations(test_databases, "identity", "identity_svc")


async def test_mails_of_the_last_release_become_tasks(test_databases: TestDatabases) -> None:
    urls = await test_databases.empty("identity")
    config = alembic_config("identity_svc", urls.owner)
    await asyncio.to_thread(command.upgrade, config, "5c1e8d60b2f4")
    app = await asyncpg.connect(urls.app)
    tasks = await asyncpg.connect(urls.tasks)

    async def waiting() -> set[tuple[str, UUID]]:
        rows = await tasks.fetch("SELECT kind, key, payload->>'subject_id' AS about FROM tasks")
        assert all(row["key"] == row["about"] for row in rows)
        return {(row["kind"], UUID(row["key"])) for row in rows}

    try:
        before, after = new_id(), new_id()
        await app.execute(INSERT, new_id(), before)
        await asyncio.to_thread(command.upgrade, config, "head")
        assert await waiting() == {("mail.signup", before)}
        # A process of that release still runs: it queues, replaces, takes and deletes.
        for _ in range(2):
            await app.execute(REPLACE, after)
            await app.execute(INSERT, new_id(), after)
        assert await waiting() == {("mail.signup", before), ("mail.signup", after)}
        claimed = await app.fetch(CLAIM)
        assert {(row["kind"], row["subject_id"]) for row in claimed} == {
            ("signup", before),
            ("signup", after),
        }
        await app.execute("DELETE FROM mails WHERE id = $1", claimed[0]["id"])
        (left,) = await waiting()
        await asyncio.to_thread(command.downgrade, config, "5c1e8d60b2f4")
        assert [row["subject_id"] for row in await app.fetch("SELECT * FROM mails")] == [left[1]]
    finally:
        await app.close()
        await tasks.close()


async def test_sign_ups_of_the_last_release_go_on_beside_ours(
    urls: DatabaseUrls, database: Database, email: str, slug: str
) -> None:
    app = await asyncpg.connect(urls.app)
    try:
        theirs = await app.fetchval(FIND_OR_ADD, new_id(), email, slug)
        ours = [
            Signup(
                email=email,
                name="Ada",
                tenant_type="individual",
                tenant_name="Ada",
                slug=slug,
                expires_at=utc_now(),
            )
            for _ in range(2)
        ]
        async with database.system() as session:
            session.add_all(ours)
        # It still finds its own, and none of ours.
        assert await app.fetchval(FIND_OR_ADD, new_id(), email, slug) == theirs
        count = "SELECT count(*) FROM signups WHERE slug = $1"
        assert await app.fetchval(count, slug) == 3
    finally:
        await app.close()

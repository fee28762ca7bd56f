"""Delete objects by tasks.

Intents become tasks. Until the next release `object_deletions` is a view of them, for processes
of the last one that still run: their intents reach the new worker, and uploads opened by either
can be used through either. A worker of the last release can no longer look for what is due (it
did so as the claim role); what it leaves, the new one does a moment later.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import allow_across_tenants, enable_tenant_rls, grant

revision: str = "9a52c1a4f6d8"
down_revision: str | None = "6d2f9e71c3a5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = """
INSERT INTO tasks (tenant_id, id, created_at, kind, key, concurrency_key, payload, state, due_at,
                   attempts)
"""
# The intent `{0}` as a task.
VALUES = """
    {0}.tenant_id, {0}.id, {0}.created_at, 'object.delete', {0}.upload_id::text, '',
    jsonb_strip_nulls(jsonb_build_object(
        'bucket', {0}.bucket, 'object_key', {0}.object_key, 'upload_id', {0}.upload_id)),
    'waiting', {0}.due_at, {0}.attempts
"""
VIEW = """
CREATE VIEW object_deletions WITH (security_invoker = true) AS
SELECT tenant_id, id, created_at, payload->>'bucket' AS bucket,
       payload->>'object_key' AS object_key, due_at,
       (payload->>'upload_id')::uuid AS upload_id, attempts
FROM tasks WHERE kind = 'object.delete'
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("LOCK TABLE object_deletions")
    _see_all_tenants("object_deletions")
    _see_all_tenants("tasks")
    op.execute(f"{COLUMNS} SELECT {VALUES.format('o')} FROM object_deletions o")
    op.execute("ALTER TABLE tasks FORCE ROW LEVEL SECURITY")
    op.drop_table("object_deletions")
    op.execute(VIEW)
    op.execute(
        f"""
        CREATE FUNCTION insert_object_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {COLUMNS} VALUES ({VALUES.format("NEW")});
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER insert_object_deletion INSTEAD OF INSERT ON object_deletions"
        " FOR EACH ROW EXECUTE FUNCTION insert_object_deletion()"
    )
    grant(op, "object_deletions", "SELECT, INSERT, UPDATE, DELETE")


def _see_all_tenants(table: str) -> None:
    """Let the owner see all rows until the end of this transaction or until it is forced again."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER VIEW object_deletions RENAME TO deletion_tasks")
    op.create_table(
        "object_deletions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_object_deletions"),
    )
    op.create_index("ix_object_deletions_due_at", "object_deletions", ["due_at"])
    op.create_index(
        "ix_object_deletions_tenant_id_upload_id", "object_deletions", ["tenant_id", "upload_id"]
    )
    _see_all_tenants("tasks")
    op.execute(
        "INSERT INTO object_deletions (tenant_id, id, created_at, bucket, object_key, due_at,"
        " upload_id, attempts) SELECT tenant_id, id, created_at, bucket, object_key, due_at,"
        " upload_id, least(attempts, 1000) FROM deletion_tasks"
    )
    op.execute("DELETE FROM tasks WHERE kind = 'object.delete'")
    op.execute("ALTER TABLE tasks FORCE ROW LEVEL SECURITY")
    op.execute("DROP VIEW deletion_tasks")
    op.execute("DROP FUNCTION insert_object_deletion")
    enable_tenant_rls(op, "object_deletions")
    grant(op, "object_deletions", "SELECT, INSERT, UPDATE (due_at, attempts), DELETE")
    allow_across_tenants(op, "object_deletions", "claim")
    grant(op, "object_deletions", "SELECT (tenant_id, id, due_at)", role="claim")

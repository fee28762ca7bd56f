"""Send mails by tasks.

Unsent mails become tasks. Until the next release `mails` is a view of them, for processes of the
last one that still run: an api's INSERT and DELETE reach the tasks that the new worker does, and
a worker of the last release goes on sending.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import grant

revision: str = "8f41b093e5c7"
down_revision: str | None = "5c1e8d60b2f4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = """
INSERT INTO tasks (tenant_id, id, created_at, kind, key, concurrency_key, payload, state, due_at,
                   give_up_at, attempts)
"""
# The mail `{0}` as a task of no tenant.
VALUES = """
    '00000000-0000-0000-0000-000000000000', {0}.id, {0}.created_at, 'mail.' || {0}.kind,
    {0}.subject_id::text, '', jsonb_build_object('subject_id', {0}.subject_id), {1}, {0}.due_at,
    {0}.give_up_at, {0}.attempts
"""
VIEW = """
CREATE VIEW mails WITH (security_invoker = true) AS
SELECT id, substr(kind, 6)::varchar AS kind, key::uuid AS subject_id, attempts, due_at,
       give_up_at, created_at
FROM tasks WHERE kind LIKE 'mail.%'
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("LOCK TABLE mails")
    values = VALUES.format("mails", "'waiting'")
    op.execute(
        f"{COLUMNS} SELECT DISTINCT ON (kind, subject_id) {values}"
        " FROM mails ORDER BY kind, subject_id, created_at DESC"
    )
    op.drop_table("mails")
    op.execute(VIEW)
    op.execute(
        f"""
        CREATE FUNCTION insert_mail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {COLUMNS} VALUES ({VALUES.format("NEW", "'ready'")});
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER insert_mail INSTEAD OF INSERT ON mails"
        " FOR EACH ROW EXECUTE FUNCTION insert_mail()"
    )
    grant(op, "mails", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER VIEW mails RENAME TO mail_tasks")
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
    )
    op.create_index("ix_mails_due_at", "mails", ["due_at"])
    op.create_index("ix_mails_kind_subject_id", "mails", ["kind", "subject_id"])
    grant(op, "mails", "SELECT, INSERT, UPDATE, DELETE")
    op.execute(
        "INSERT INTO mails (id, kind, subject_id, attempts, due_at, give_up_at, created_at)"
        " SELECT id, kind, subject_id, attempts, due_at, give_up_at, created_at FROM mail_tasks"
        " WHERE give_up_at > now()"
    )
    op.execute("DELETE FROM tasks WHERE kind LIKE 'mail.%'")
    op.execute("DROP VIEW mail_tasks")
    op.execute("DROP FUNCTION insert_mail")

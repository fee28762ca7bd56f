"""Initial tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from stagify.migrations.rls import (
    allow_across_tenants,
    create_idempotency,
    create_inbox,
    create_outbox,
    drop_kit_tables,
    enable_tenant_rls,
    grant,
)

revision: str = "c3f8a1d94e20"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_tenants()
    _create_projects()
    _create_uploads()
    _create_images()
    _create_jobs()
    _create_object_deletions()
    create_outbox(op)
    create_inbox(op)
    create_idempotency(op)


def _key() -> tuple[sa.Column[object], ...]:
    """The columns every tenant table begins with."""
    return (
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )


def _project_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "project_id"],
        ["projects.tenant_id", "projects.id"],
        name=f"fk_{table}_tenant_id_project_id",
    )


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        *_key(),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenants"),
        sa.CheckConstraint(
            "status IN ('active', 'suspended', 'deleted')", name="ck_tenants_status"
        ),
    )
    enable_tenant_rls(op, "tenants")
    grant(op, "tenants", "SELECT, INSERT, UPDATE")


def _create_projects() -> None:
    op.create_table(
        "projects",
        *_key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("room_type", sa.Text(), nullable=False),
        sa.Column("style", sa.Text(), nullable=False),
        sa.Column("options", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("reservation_id", sa.Uuid(), nullable=False),
        sa.Column("is_reserved", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("usage_dimensions", JSONB(), nullable=False),
        sa.Column("record", JSONB(), nullable=True),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_projects"),
        sa.CheckConstraint(
            "status IN ('queued', 'processing', 'staged', 'failed', 'cancelled')",
            name="ck_projects_status",
        ),
    )
    op.create_index("ix_projects_tenant_id_status_id", "projects", ["tenant_id", "status", "id"])
    enable_tenant_rls(op, "projects")
    grant(op, "projects", "SELECT, INSERT, UPDATE, DELETE")


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        *_key(),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_uploads"),
        _project_key("uploads"),
    )
    op.create_index(
        "uq_uploads_tenant_id_project_id", "uploads", ["tenant_id", "project_id"], unique=True
    )
    op.create_index(
        "ix_uploads_open",
        "uploads",
        ["tenant_id", "expires_at"],
        postgresql_where=sa.text("project_id IS NULL"),
    )
    enable_tenant_rls(op, "uploads")
    grant(op, "uploads", "SELECT, INSERT, UPDATE (project_id), DELETE")


def _create_images() -> None:
    op.create_table(
        "images",
        *_key(),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_images"),
        _project_key("images"),
        sa.CheckConstraint("kind IN ('source', 'original', 'staged')", name="ck_images_kind"),
    )
    op.create_index(
        "uq_images_tenant_id_project_id_kind",
        "images",
        ["tenant_id", "project_id", "kind"],
        unique=True,
    )
    enable_tenant_rls(op, "images")
    grant(op, "images", "SELECT, INSERT, DELETE")


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        *_key(),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("is_held", sa.Boolean(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_expires_at", INSTANT, nullable=True),
        sa.Column("served_at", INSTANT, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_jobs"),
        _project_key("jobs"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed')", name="ck_jobs_state"
        ),
        sa.CheckConstraint("(state = 'running') = (lease_token IS NOT NULL)", name="ck_jobs_lease"),
    )
    _index_jobs()
    enable_tenant_rls(op, "jobs")
    grant(op, "jobs", "SELECT, INSERT, UPDATE, DELETE")
    # The claim role picks the next job of all tenants: the queue's columns, nothing it names.
    allow_across_tenants(op, "jobs", "claim")
    grant(op, "jobs", "SELECT", role="claim")
    grant(
        op,
        "jobs",
        "UPDATE (state, attempts, lease_token, lease_expires_at, served_at)",
        role="claim",
    )


def _index_jobs() -> None:
    op.create_index(
        "uq_jobs_tenant_id_project_id", "jobs", ["tenant_id", "project_id"], unique=True
    )
    for name, columns, condition in (
        ("ix_jobs_queued", ["tenant_id", "id"], "state = 'queued'"),
        ("ix_jobs_running", ["tenant_id", "lease_expires_at"], "state = 'running'"),
        ("ix_jobs_served", ["tenant_id", "served_at"], "served_at IS NOT NULL"),
    ):
        op.create_index(name, "jobs", columns, postgresql_where=sa.text(condition))


def _create_object_deletions() -> None:
    op.create_table(
        "object_deletions",
        *_key(),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_object_deletions"),
    )
    op.create_index("ix_object_deletions_due_at", "object_deletions", ["due_at"])
    op.create_index(
        "ix_object_deletions_tenant_id_upload_id", "object_deletions", ["tenant_id", "upload_id"]
    )
    enable_tenant_rls(op, "object_deletions")
    grant(op, "object_deletions", "SELECT, INSERT, UPDATE (due_at, attempts), DELETE")
    # The claim role learns which tenant has something due; the work is done as that tenant.
    allow_across_tenants(op, "object_deletions", "claim")
    grant(op, "object_deletions", "SELECT (tenant_id, id, due_at)", role="claim")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_kit_tables(op)
    for table in ("object_deletions", "jobs", "images", "uploads", "projects", "tenants"):
        op.drop_table(table)

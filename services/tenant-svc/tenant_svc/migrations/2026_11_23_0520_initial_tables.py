"""Initial tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import (
    create_idempotency,
    create_inbox,
    create_outbox,
    drop_kit_tables,
    enable_tenant_rls,
    grant,
)

revision: str = "a5d1f0c2b7e4"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_tenants()
    _create_receipts()
    _create_slugs()
    _create_provisionings()
    create_outbox(op)
    create_inbox(op)
    create_idempotency(op)


def _create_tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("owner_user_id", sa.Uuid(), nullable=False),
        sa.Column("signup_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("activated_at", INSTANT, nullable=True),
        sa.Column("suspended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenants"),
        sa.CheckConstraint("type IN ('individual', 'organization')", name="ck_tenants_type"),
        sa.CheckConstraint(
            "status IN ('provisioning', 'active', 'suspended', 'expired')",
            name="ck_tenants_status",
        ),
    )
    enable_tenant_rls(op, "tenants")
    grant(op, "tenants", "SELECT, INSERT, UPDATE")


def _create_receipts() -> None:
    op.create_table(
        "tenant_receipts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("of_event_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "of_event_id", "service", name="pk_tenant_receipts"),
    )
    enable_tenant_rls(op, "tenant_receipts")
    grant(op, "tenant_receipts", "SELECT, INSERT")


def _create_slugs() -> None:
    op.create_table(
        "slugs",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("signup_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("slug", name="pk_slugs"),
    )
    op.create_index("ix_slugs_signup_id", "slugs", ["signup_id"])
    op.create_index("ix_slugs_tenant_id", "slugs", ["tenant_id"])
    op.create_index(
        "ix_slugs_expires_at",
        "slugs",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    grant(op, "slugs", "SELECT, INSERT, UPDATE, DELETE")


def _create_provisionings() -> None:
    op.create_table(
        "provisionings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_provisionings"),
    )
    op.create_index("ix_provisionings_expires_at", "provisionings", ["expires_at"])
    grant(op, "provisionings", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_kit_tables(op)
    op.drop_table("provisionings")
    op.drop_table("slugs")
    op.drop_table("tenant_receipts")
    op.drop_table("tenants")

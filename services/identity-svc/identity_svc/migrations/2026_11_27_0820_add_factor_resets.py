"""Add wishes to take the second factors of a member away."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import allow_own_rows, enable_tenant_rls, grant

revision: str = "e8a3417c06d9"
down_revision: str | None = "e35a9d7c0b62"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "factor_resets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_factor_resets"),
        sa.UniqueConstraint("tenant_id", "user_id", name="uq_factor_resets_tenant_id_user_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["memberships.tenant_id", "memberships.user_id"],
            name="fk_factor_resets_tenant_id_user_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_factor_resets_user_id", "factor_resets", ["user_id"])
    enable_tenant_rls(op, "factor_resets")
    # FOR UPDATE needs the privilege to update something.
    grant(op, "factor_resets", "SELECT, INSERT, UPDATE (due_at), DELETE")
    allow_own_rows(op, "factor_resets", "person")
    grant(op, "factor_resets", "SELECT, DELETE", role="person")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("factor_resets")

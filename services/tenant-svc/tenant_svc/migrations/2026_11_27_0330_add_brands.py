"""Add brands."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from stagify.migrations.rls import enable_tenant_rls, grant

revision: str = "c7e21f94b0d8"
down_revision: str | None = "4b0d9c7fa1e3"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "brands",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("primary_color", sa.Text(), nullable=True),
        sa.Column("accent_color", sa.Text(), nullable=True),
        sa.Column("tokens", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nulls(primary_color, accent_color, tokens) IN (0, 3)", name="ck_brands_colors"
        ),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_brands"),
    )
    enable_tenant_rls(op, "brands")
    grant(op, "brands", "SELECT, INSERT, UPDATE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("brands")

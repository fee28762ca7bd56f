"""Add how tenants present themselves."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

revision: str = "b81f6c20d9a4"
down_revision: str | None = "6d08c5e1f2a9"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("brand_name", AutoString(), nullable=True))
    op.add_column(
        "tenants",
        sa.Column("brand_tokens", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column("tenants", sa.Column("logo_url", AutoString(), nullable=True))
    op.add_column("tenants", sa.Column("brand_event_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in ("brand_event_id", "logo_url", "brand_tokens", "brand_name"):
        op.drop_column("tenants", column)

"""Add the tenants' rules of how people sign in."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "1f9c0b7d52e8"
down_revision: str | None = "8d2e6b91c47a"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("mfa_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tenants", sa.Column("sign_in_event_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("tenants", "sign_in_event_id")
    op.drop_column("tenants", "mfa_due_at")

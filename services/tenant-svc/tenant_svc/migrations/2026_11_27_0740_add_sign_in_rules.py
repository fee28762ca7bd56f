"""Add the rules of how people sign in to a tenant."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d40f6a8e7b25"
down_revision: str | None = "c7e21f94b0d8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("mfa_due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("tenants", "mfa_due_at")

"""Remember when all of a member's sessions were ended."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import grant

revision: str = "c4d81f6a20b7"
down_revision: str | None = "5a90e4b7d1c2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "memberships", sa.Column("logged_out_at", sa.DateTime(timezone=True), nullable=True)
    )
    grant(op, "memberships", "UPDATE (logged_out_at)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("memberships", "logged_out_at")

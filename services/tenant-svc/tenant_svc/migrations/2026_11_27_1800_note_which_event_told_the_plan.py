"""Note which event told the plan of a tenant."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b0e93d7a16c"
down_revision: str | None = "d40f6a8e7b25"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("plan_event_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("tenants", "plan_event_id")

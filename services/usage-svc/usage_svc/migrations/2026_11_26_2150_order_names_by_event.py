"""Order tenants' names by the event that told them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a1630b25c7e9"
down_revision: str | None = "7e30af82d4b6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("subscriptions", sa.Column("slug_event_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("subscriptions", "slug_event_id")

"""Keep who caused a job, and under which request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b7e20c4d813"
down_revision: str | None = "c3f8a1d94e20"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("jobs", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("jobs", sa.Column("request_id", sa.Text(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("jobs", "request_id")
    op.drop_column("jobs", "actor")

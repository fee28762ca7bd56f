"""Keep how sure the engine is of a picture and what it looked at, and what a photo was taken with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "a94d6f02c1b7"
down_revision: str | None = "e7a3c95d10b4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("projects", sa.Column("confidence", sa.Float(), nullable=True))
    op.add_column("projects", sa.Column("checks", JSONB(), nullable=False, server_default="[]"))
    op.add_column("images", sa.Column("focal_35mm", sa.Float(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("images", "focal_35mm")
    op.drop_column("projects", "checks")
    op.drop_column("projects", "confidence")

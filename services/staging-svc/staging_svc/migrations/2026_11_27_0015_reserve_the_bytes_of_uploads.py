"""Reserve the bytes of uploads.

Uploads of the last release count as reserved: they end within a day, or are counted when their
project's photo is checked.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import grant

revision: str = "d08f5b6e21c7"
down_revision: str | None = "b2741c36d8fa"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FLAGS = ("awaits_reservation", "is_counted_alone")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("uploads", sa.Column("discarded_at", sa.DateTime(timezone=True), nullable=True))
    for flag in FLAGS:
        op.add_column(
            "uploads", sa.Column(flag, sa.Boolean(), server_default="false", nullable=False)
        )
    op.create_index(
        "ix_uploads_awaiting",
        "uploads",
        ["tenant_id"],
        postgresql_where=sa.text("awaits_reservation"),
    )
    grant(op, "uploads", f"UPDATE (discarded_at, {', '.join(FLAGS)})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_uploads_awaiting", "uploads")
    for column in (*FLAGS, "discarded_at"):
        op.drop_column("uploads", column)

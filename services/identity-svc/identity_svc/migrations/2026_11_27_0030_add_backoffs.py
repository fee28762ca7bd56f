"""Add backoffs, and what recognizes a repeated confirmation of a sign-up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from stagify.migrations.rls import grant

revision: str = "d27a5f1c8e04"
down_revision: str | None = "8f41b093e5c7"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "backoffs",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_backoffs"),
    )
    op.create_index("ix_backoffs_last_failed_at", "backoffs", ["last_failed_at"])
    grant(op, "backoffs", "SELECT, INSERT, UPDATE, DELETE")
    # The last release does not write this one.
    op.add_column(
        "signups",
        sa.Column("confirmations", sa.SmallInteger(), nullable=False, server_default="0"),
    )
    op.add_column("signups", sa.Column("answer_hash", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("signups", "answer_hash")
    op.drop_column("signups", "confirmations")
    op.drop_table("backoffs")

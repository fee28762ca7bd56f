"""Add tasks."""

from collections.abc import Sequence

from alembic import op

from stagify.migrations.rls import create_tasks, drop_tasks

revision: str = "6d2f9e71c3a5"
down_revision: str | None = "5b7e20c4d813"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    create_tasks(op)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    drop_tasks(op)

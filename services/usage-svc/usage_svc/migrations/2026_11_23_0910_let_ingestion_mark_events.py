"""Let ingestion mark events as handled: it takes up projects of all tenants in one transaction."""

from collections.abc import Sequence

from alembic import op

from stagify.migrations.rls import grant, revoke

revision: str = "7d1f0a64b2c9"
down_revision: str | None = "c3e8a1b94d60"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    grant(op, "inbox", "SELECT, INSERT", role="ingest")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    revoke(op, "inbox", "SELECT, INSERT", role="ingest")

"""Find the hosts that there are passkeys of, however many there are."""

from collections.abc import Sequence

from alembic import op

revision: str = "c5f1d80e3b96"
down_revision: str | None = "3ad7e05c91f4"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_passkeys_rp_id", "passkeys", ["rp_id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_passkeys_rp_id", "passkeys")

"""Remember when the record of a domain was last seen, and since when it is missing."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "3ad7e05c91f4"
down_revision: str | None = "9f27b3d5e814"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("seen_at", "missing_since"):
        op.add_column("sso_domains", sa.Column(name, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("missing_since", "seen_at"):
        op.drop_column("sso_domains", name)

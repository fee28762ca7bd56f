"""Order what is known of tenants by the event that told it.

`changed_at` did so before. It stays, empty in new rows, until no process of the last release
that writes it is left: the next release drops it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b2741c36d8fa"
down_revision: str | None = "9a52c1a4f6d8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The first UUIDv7 of the moment: an event's id begins with its time in milliseconds.
FILL = """
UPDATE tenants SET status_event_id = (
    lpad(to_hex((extract(epoch FROM changed_at) * 1000)::bigint), 12, '0')
    || '70008000000000000000')::uuid
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tenants", sa.Column("status_event_id", sa.Uuid(), nullable=True))
    op.alter_column("tenants", "changed_at", nullable=True)
    op.execute("ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY")
    op.execute(FILL)
    op.execute("ALTER TABLE tenants FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE tenants SET changed_at = now() WHERE changed_at IS NULL")
    op.execute("ALTER TABLE tenants FORCE ROW LEVEL SECURITY")
    op.alter_column("tenants", "changed_at", nullable=False)
    op.drop_column("tenants", "status_event_id")

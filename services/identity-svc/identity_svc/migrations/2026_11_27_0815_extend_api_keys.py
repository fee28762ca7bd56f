"""Let API keys be replaced, bound to networks, and reported."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel.sql.sqltypes import AutoString

from stagify.migrations.rls import grant

revision: str = "e35a9d7c0b62"
down_revision: str | None = "b7e41c20d935"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Under row-level security the owner too sees one tenant at a time.
FIND_TENANTS = """
DO $$
DECLARE each uuid;
BEGIN
    FOR each IN SELECT id FROM tenants LOOP
        PERFORM set_config('app.tenant_id', each::text, true);
        INSERT INTO api_key_tenants (public_id, tenant_id) SELECT public_id, tenant_id FROM api_keys;
    END LOOP;
    PERFORM set_config('app.tenant_id', '', true);
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "api_keys",
        sa.Column(
            "addresses", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column("api_keys", sa.Column("successor_id", sa.Uuid(), nullable=True))
    grant(op, "api_keys", "UPDATE (name, expires_at, addresses, successor_id)")
    op.create_table(
        "api_key_tenants",
        sa.Column("public_id", AutoString(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("public_id", "tenant_id", name="pk_api_key_tenants"),
    )
    grant(op, "api_key_tenants", "SELECT, INSERT, DELETE")
    op.execute(FIND_TENANTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("api_key_tenants")
    op.drop_column("api_keys", "successor_id")
    op.drop_column("api_keys", "addresses")

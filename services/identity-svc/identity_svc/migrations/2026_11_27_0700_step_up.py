"""Let people prove once more who they are in a session."""

from collections.abc import Sequence

from alembic import op

from stagify.migrations.rls import grant, revoke

revision: str = "5c1f7ad0e934"
down_revision: str | None = "3e9b52d07f16"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SESSIONS, PERSON_SESSIONS = "UPDATE (amr, auth_time, parent_id)", "UPDATE (amr, auth_time)"


def upgrade() -> None:
    grant(op, "sessions", SESSIONS, role="person")
    grant(op, "person_sessions", PERSON_SESSIONS, role="person")


def downgrade() -> None:
    revoke(op, "person_sessions", PERSON_SESSIONS, role="person")
    revoke(op, "sessions", SESSIONS, role="person")

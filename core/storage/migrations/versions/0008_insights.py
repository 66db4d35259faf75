"""Find the events of a workspace by time, for insights"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Events come in the order of time, so a few pages of ranges do in PostgreSQL, which cost a hit next to nothing.
    op.create_index("ix_events_workspace_at", "events", ["workspace_id", "at"], postgresql_using="brin")


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_events_workspace_at", table_name="events")

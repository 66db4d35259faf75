"""Find the events of a workspace by time, for insights"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_events_workspace_at", "events", ["workspace_id", "at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_events_workspace_at", table_name="events")

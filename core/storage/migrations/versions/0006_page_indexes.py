"""Find what pages list by its order: mail in one state, and what just happened"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_messages_user_status_sent", "messages", ["user_id", "status", "sent_at", "id"])
    op.create_index(
        "ix_messages_shared_status_sent",
        "messages",
        ["workspace_id", "status", "sent_at", "id"],
        postgresql_where=sa.text("is_shared"),
        sqlite_where=sa.text("is_shared = 1"),
    )
    op.create_index(
        "ix_messages_samples",
        "messages",
        ["user_id"],
        postgresql_where=sa.text("is_sample"),
        sqlite_where=sa.text("is_sample = 1"),
    )
    op.create_index("ix_events_workspace_at", "events", ["workspace_id", "at"])
    # Nothing asks by it, and it made each visit a change of every index of the table.
    op.drop_index("ix_messages_workspace_active", "messages")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_messages_workspace_active", "messages", ["workspace_id", "last_event_at"])
    op.drop_index("ix_events_workspace_at", "events")
    op.drop_index("ix_messages_samples", "messages")
    op.drop_index("ix_messages_shared_status_sent", "messages")
    op.drop_index("ix_messages_user_status_sent", "messages")

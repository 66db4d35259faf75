"""Find sample mail without looking through all mail"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_messages_samples",
        "messages",
        ["user_id"],
        postgresql_where=sa.text("is_sample"),
        sqlite_where=sa.text("is_sample = 1"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_messages_samples", "messages")

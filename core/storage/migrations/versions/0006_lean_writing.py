"""Make storing hits write less: no index that nobody reads, no foreign key that another one implies

A message's update then keeps to its page (PostgreSQL's heap-only tuples), which is the greater part of storing a hit.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FILLED = ("messages", "recipients", "links")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_index("ix_messages_workspace_active")
    for table in ("events", "alerts"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(f"fk_{table}_workspace_id_workspaces", type_="foreignkey")
    if op.get_bind().dialect.name == "postgresql":
        for table in _FILLED:
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")


def downgrade() -> None:
    """Undo."""
    if op.get_bind().dialect.name == "postgresql":
        for table in _FILLED:
            op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    for table in ("events", "alerts"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.create_foreign_key(
                f"fk_{table}_workspace_id_workspaces", "workspaces", ["workspace_id"], ["id"], ondelete="CASCADE"
            )
    with op.batch_alter_table("messages") as batch_op:
        batch_op.create_index("ix_messages_workspace_active", ["workspace_id", "last_event_at"])

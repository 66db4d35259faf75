"""Runs migrations on the connection that `core.storage.schema` hands in; Alembic loads this by path."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from core.storage.models import Base


def _render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain types that they are made of."""
    name = type(item).__name__
    return f"columns.{name}()" if kind == "type" and name in ("UtcDateTime", "Unsigned64") else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_render_item,
    compare_type=True,
)
context.run_migrations()

"""Tokens that were made before there were scopes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from core.accounts.api_tokens import verify_api_token
from core.accounts.scopes import ALL, read_scopes
from core.accounts.secrets import digest_secret
from core.storage import schema
from core.storage.engine import open_engine, open_sessions
from core.storage.identifiers import create_id
from core.storage.models import User, Workspace

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def test_a_token_from_before_may_go_on_doing_everything(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    schema.upgrade(engine)
    with open_sessions(engine).begin() as session:
        workspace = Workspace(name="Home", created_at=NOW)
        session.add(workspace)
        session.flush()
        user = User(workspace_id=workspace.id, email="owner@example.com", role="owner", created_at=NOW)
        session.add(user)
        session.flush()
        ids = {"workspace": workspace.id, "user": user.id}
    schema.downgrade(engine, "0006")
    token = "mpx_" + "a" * 43
    with engine.begin() as connection:
        now = "0" if engine.dialect.name == "sqlite" else "now()"
        connection.execute(
            text(
                "INSERT INTO api_tokens (id, workspace_id, user_id, name, digest, created_at)"
                f" VALUES (:id, :workspace, :user, 'old', :digest, {now})"
            ),
            ids | {"id": create_id(), "digest": digest_secret(token)},
        )
    schema.upgrade(engine)
    with open_sessions(engine)() as session:
        row = verify_api_token(session, token, NOW)
        assert row is not None
        assert read_scopes(row.scopes) == ALL
    engine.dispose()

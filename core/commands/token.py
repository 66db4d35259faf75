"""`token create`: a token for the REST API, shown once."""

from __future__ import annotations

from pathlib import Path

import click

from core.commands.running import data_dir_option, open_installation, say


@click.group()
def token() -> None:
    """Tokens of the REST API."""


@token.command()
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "wanted", multiple=True, help="What it may do, such as messages:read; all without this.")
@data_dir_option
def create(name: str, wanted: tuple[str, ...], data_dir: Path | None) -> None:
    """Make a token that acts for the owner, and print it."""
    from datetime import UTC, datetime

    from core.accounts.api_tokens import create_api_token
    from core.accounts.audit import COMMAND_LINE, AuditAction, record_audit
    from core.accounts.owner import find_or_name_owner
    from core.accounts.scopes import ALL, parse_scopes

    scopes = parse_scopes(wanted) if wanted else ALL
    installation = open_installation(data_dir)
    with installation.sessions.begin() as session:
        owner, now = find_or_name_owner(session, None), datetime.now(UTC)
        made = create_api_token(session, owner, name, now, scopes=scopes)
        record_audit(
            session,
            workspace_id=owner.workspace_id,
            actor_id=None,
            action=AuditAction.TOKEN_CREATED,
            now=now,
            detail=f"{name}, {COMMAND_LINE}",
        )
    print(made)
    say("Keep it now: it is not shown again. Send it as `Authorization: Bearer <token>`.")

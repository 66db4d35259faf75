"""`export` and `erase`: what is held on a recipient's address, and its erasure."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.commands.running import data_dir_option, open_installation, say


@click.command()
@click.argument("address")
@data_dir_option
def export(address: str, data_dir: Path | None) -> None:
    """Print everything that is held on the recipient ADDRESS, as JSON."""
    from datetime import UTC, datetime

    import orjson

    from core.accounts.audit import COMMAND_LINE, AuditAction, record_audit
    from core.accounts.owner import find_or_name_owner
    from core.accounts.sight import see_whole
    from core.messages.draft import clean_address
    from core.privacy.held import describe_recipient

    cleaned = clean_address(address)
    installation = open_installation(data_dir)
    with installation.reading_sessions() as session:
        workspace_id = find_or_name_owner(session, None).workspace_id
        held = describe_recipient(session, see_whole(workspace_id), cleaned)
    with installation.sessions.begin() as session:
        record_audit(
            session,
            workspace_id=workspace_id,
            actor_id=None,
            action=AuditAction.EXPORT,
            now=datetime.now(UTC),
            detail=COMMAND_LINE,
            address=cleaned if held["messages"] else None,
        )
    sys.stdout.buffer.write(orjson.dumps(held, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
    if not held["messages"]:
        say("Nothing is held on this address.")


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_dir_option
def erase(address: str, yes: bool, data_dir: Path | None) -> None:
    """Erase everything that is held on the recipient ADDRESS. This cannot be undone."""
    from datetime import UTC, datetime

    from core.accounts.audit import COMMAND_LINE, AuditAction, record_audit
    from core.accounts.owner import find_or_name_owner
    from core.accounts.sight import see_whole
    from core.messages.draft import clean_address
    from core.privacy.erasure import erase_recipient
    from core.privacy.scrubbing import finish_erasures

    cleaned = clean_address(address)
    installation = open_installation(data_dir)
    if not yes and sys.stdin.isatty():  # a script has said what it wants
        question = f"Erase all that is held on {cleaned}? On copies shared with others, all visits go."
        click.confirm(question, abort=True, err=True)
    with installation.sessions.begin() as session:
        workspace_id = find_or_name_owner(session, None).workspace_id
        now = datetime.now(UTC)
        gone = erase_recipient(session, see_whole(workspace_id), cleaned, installation.current_ring, now)
        record_audit(
            session,
            workspace_id=workspace_id,
            actor_id=None,
            action=AuditAction.ERASURE,
            now=now,
            detail=COMMAND_LINE,
        )
    is_scrubbed = finish_erasures(installation.engine, installation.sessions, installation.reading_sessions)
    say(f"Erased: recipients {gone.recipients}, messages {gone.messages}, events {gone.events}, alerts {gone.alerts}.")
    if not is_scrubbed:
        say("A reader holds the database's log; the scheduler empties it within a minute, if it runs.")

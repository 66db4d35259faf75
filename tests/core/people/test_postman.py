"""Mailing invitations by a real server: what the mail says, and that a bad or slow server keeps nobody waiting."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest

from core.accounts.roles import Role
from core.alerts.channels import PermanentError
from core.alerts.letter import Letterhead
from core.alerts.smtp import parse_smtp_url
from core.people.invitations import MadeInvitation
from core.people.letter import write_invitation
from core.people.postman import Delivery, SmtpPostman, create_postman, hand_out
from core.settings import Settings
from tests.fakes.smtp import run_smtp
from tests.support.ports import free_port

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HEAD = Letterhead("box@example.com", "MailerPlex", "https://t.example.com", "t.example.com", "t.example.com")


def made(
    email: str = "nina@example.com", inviter: str = "Olga <Owner>", workspace: str = "Müller & Söhne"
) -> MadeInvitation:
    """Make an invitation."""
    return MadeInvitation("0" * 32, email, Role.MEMBER, workspace, inviter, NOW + timedelta(days=7), "secret-1")


def test_the_mail_says_who_invites_in_text_and_html_and_holds_nothing_remote() -> None:
    letter = message_from_bytes(bytes(write_invitation(made(), HEAD, NOW)), policy=policy.default)
    assert letter["Subject"] == "Olga <Owner> invites you to Müller & Söhne on MailerPlex"
    assert letter["To"] == "nina@example.com"
    assert letter["Auto-Submitted"] == "auto-generated"
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    written = text.get_content().replace("\r\n", "\n")
    assert 'Olga <Owner> invites you to the workspace "Müller & Söhne"' in written
    assert "https://t.example.com/join/secret-1\n" in written
    marked_up = html.get_content()
    assert "Olga &lt;Owner&gt;" in marked_up
    assert "<img" not in marked_up
    assert {part.split('"')[0] for part in marked_up.split('href="')[1:]} == {"https://t.example.com/join/secret-1"}


def test_words_of_people_end_no_header() -> None:
    letter = write_invitation(made(inviter="Eve\r\nBcc: all@example.com", workspace="x\ny"), HEAD, NOW)
    assert "Bcc" not in letter
    assert "\n" not in letter["Subject"]


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(PermanentError):
        write_invitation(made("nina@[bad"), HEAD, NOW)


def test_a_mail_goes_out_by_the_server() -> None:
    with run_smtp() as server:
        postman = SmtpPostman(parse_smtp_url(f"smtp://127.0.0.1:{server.port}"), HEAD)
        assert postman(made(), NOW) is Delivery.MAILED
        postman.close()
        assert len(server.mailbox.wait(1)) == 1


def test_a_server_that_is_not_there_fails_at_once() -> None:
    postman = SmtpPostman(parse_smtp_url(f"smtp://127.0.0.1:{free_port()}"), HEAD)
    assert postman(made(), NOW) is Delivery.FAILED
    postman.close()


def test_a_silent_server_keeps_nobody_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        postman = SmtpPostman(parse_smtp_url(f"smtp://127.0.0.1:{silent.getsockname()[1]}"), HEAD, wait_seconds=0.2)
        began = time.monotonic()
        assert postman(made(), NOW) is Delivery.SLOW
        assert time.monotonic() - began < 3
        silent.close()
    postman.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_a_server_links_are_handed_out(settings: Settings) -> None:
    assert create_postman(settings) is hand_out
    assert hand_out(made(), NOW) is Delivery.NO_SERVER

"""The way of a notice from the table to a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.accounts.owner import PLACEHOLDER_EMAIL
from core.alerts.email import create_letterhead
from core.alerts.outbox import BACKOFF_SECONDS, SENDING_LEASE
from core.alerts.smtp import SmtpClient, parse_smtp_url
from core.alerts.states import State
from core.notices.kinds import TEXTS, NoticeKind
from core.notices.letter import NoticeMail, write_notice
from core.notices.outbox import (
    OutgoingNotice,
    deliver_notice,
    has_due_notices,
    purge_notices,
    queue_notice,
    release_due_notices,
)
from core.settings import Settings
from core.storage.engine import Sessions
from core.storage.models import Notice, User
from tests.fakes.smtp import FakeSmtp, run_smtp

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FACTS = {"Browser": "Firefox on Linux", "Place": "Graz, AT", "Network": None}


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with run_smtp() as server:
        yield server


@pytest.fixture
def mail(smtp: FakeSmtp, settings: Settings) -> NoticeMail:
    server = parse_smtp_url(smtp.url)
    return NoticeMail(SmtpClient(server), create_letterhead(replace(settings, smtp_url=smtp.url), server))


def queue(sessions: Sessions, owner: User, key: str = "signin:1", kind: NoticeKind = NoticeKind.NEW_DEVICE) -> bool:
    with sessions.begin() as session:
        return queue_notice(session, session.get_one(User, owner.id), kind, FACTS, key, NOW)


def release(sessions: Sessions, now: datetime = NOW) -> list[str]:
    with sessions.begin() as session:
        return release_due_notices(session, now)


def read(sessions: Sessions) -> list[Notice]:
    with sessions() as session:
        return list(session.scalars(select(Notice).order_by(Notice.id)))


def test_a_notice_is_written_with_what_causes_it_or_not_at_all(sessions: Sessions, owner: User) -> None:
    def fail() -> None:
        with sessions.begin() as session:
            queue_notice(session, session.get_one(User, owner.id), NoticeKind.NEW_DEVICE, FACTS, "signin:1", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert read(sessions) == []


def test_the_same_cause_is_told_of_once_and_nobody_without_an_address_is(sessions: Sessions, owner: User) -> None:
    assert queue(sessions, owner)
    assert not queue(sessions, owner)
    with sessions.begin() as session:
        session.execute(update(User).values(email=PLACEHOLDER_EMAIL))
    assert not queue(sessions, owner, "signin:2")
    assert len(read(sessions)) == 1


def test_a_notice_goes_out_as_mail_once(sessions: Sessions, owner: User, mail: NoticeMail, smtp: FakeSmtp) -> None:
    queue(sessions, owner)
    assert has_due_notices_now(sessions)
    (notice_id,) = release(sessions)
    assert release(sessions) == []
    assert deliver_notice(sessions, notice_id, mail, NOW) is State.SENT
    assert deliver_notice(sessions, notice_id, mail, NOW) is None
    (letter,) = smtp.mailbox.wait(1)
    assert letter["To"] == "Olga Owner <owner@example.com>"
    assert letter["Subject"] == "New sign-in to MailerPlex"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert "Browser: Firefox on Linux" in text
    assert "Place: Graz, AT" in text
    assert "Network" not in text
    assert "http://127.0.0.1:8000/settings/security" in text
    (notice,) = read(sessions)
    assert (notice.state, notice.sent_at) == ("sent", NOW)


def has_due_notices_now(sessions: Sessions) -> bool:
    with sessions() as session:
        return has_due_notices(session, NOW)


def test_a_server_that_is_busy_is_asked_again_later(
    sessions: Sessions, owner: User, mail: NoticeMail, smtp: FakeSmtp
) -> None:
    queue(sessions, owner)
    smtp.mailbox.answer_to_recipient = "451 later"
    (notice_id,) = release(sessions)
    assert deliver_notice(sessions, notice_id, mail, NOW) is State.DUE
    assert release(sessions, NOW + timedelta(seconds=BACKOFF_SECONDS[0] - 1)) == []
    later = NOW + timedelta(seconds=BACKOFF_SECONDS[0] * 1.2 + 1)
    assert release(sessions, later) == [notice_id]
    smtp.mailbox.answer_to_recipient = None
    assert deliver_notice(sessions, notice_id, mail, later) is State.SENT


@pytest.mark.parametrize("has_server", [True, False])
def test_what_can_never_be_sent_ends_with_its_reason(
    sessions: Sessions, owner: User, mail: NoticeMail, smtp: FakeSmtp, has_server: bool
) -> None:
    queue(sessions, owner)
    smtp.mailbox.answer_to_recipient = "550 no such user"
    (notice_id,) = release(sessions)
    assert deliver_notice(sessions, notice_id, mail if has_server else None, NOW) is State.FAILED
    (notice,) = read(sessions)
    assert ("550" if has_server else "SMTP_URL") in (notice.last_error or "")
    assert "owner@example.com" not in (notice.last_error or "")


def test_a_worker_that_died_after_sending_doubles_the_mail_under_the_same_name(
    sessions: Sessions, owner: User, mail: NoticeMail, smtp: FakeSmtp
) -> None:
    queue(sessions, owner)
    (notice_id,) = release(sessions)

    class Dying:
        def send(self, notice: OutgoingNotice) -> None:
            mail.send(notice)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver_notice(sessions, notice_id, Dying(), NOW)
    later = NOW + SENDING_LEASE
    assert release(sessions, later) == [notice_id]
    assert deliver_notice(sessions, notice_id, mail, later) is State.SENT
    first, second = smtp.mailbox.wait(2)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


def test_notices_go_after_ninety_days(sessions: Sessions, owner: User) -> None:
    queue(sessions, owner)
    with sessions.begin() as session:
        assert purge_notices(session, NOW + timedelta(days=89)) == 0
        assert purge_notices(session, NOW + timedelta(days=91)) == 1


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_has_words_and_takes_what_strangers_write(kind: NoticeKind, settings: Settings) -> None:
    facts = {"Provider": "Google", "Browser": "Evil {x}\r\nBcc: everyone@example.com"}
    server = parse_smtp_url("smtp://127.0.0.1")
    notice = OutgoingNotice("1", kind, "ann@example.com", "Ann\r\nBcc: x", "Europe/Vienna", facts, NOW, NOW)
    letter = write_notice(notice, create_letterhead(settings, server))
    assert letter["Bcc"] is None
    assert "{" not in letter["Subject"]
    assert "2026" in letter.get_content()
    assert TEXTS[kind].path in letter.get_content()

"""The mail server that SMTP_URL names."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.channels import PassingError, PermanentError
from core.alerts.smtp import SmtpClient, SmtpServer, Tls, parse_smtp_url
from core.errors import SettingsError
from tests.fakes.smtp import FakeSmtp, make_certificate, run_smtp
from tests.support.ports import free_port


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with run_smtp() as server:
        yield server


def mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Hello"
    message.set_content("Hello.")
    return message


def send(client: SmtpClient, recipient: str = "ann@example.com") -> None:
    client.send(mail(), "alerts@example.com", recipient)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 25, Tls.OPPORTUNISTIC)),
        (
            "smtp://ann:s%40f%2Fe@mail.example.com/",
            SmtpServer("mail.example.com", 587, Tls.OPPORTUNISTIC, "ann", "s@f/e"),
        ),
        (
            "smtps://ann%40example.com:x@mail.example.com?from=a@b.example",
            SmtpServer("mail.example.com", 465, Tls.IMPLICIT, "ann@example.com", "x", "a@b.example"),
        ),
        ("smtp://[::1]:2525/?tls=off", SmtpServer("::1", 2525, Tls.OFF)),
        ("smtp://mail.example.com/?tls=required", SmtpServer("mail.example.com", 25, Tls.REQUIRED)),
    ],
)
def test_a_url_says_server_login_and_sender(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com:0",
        "smtp://mail.example.com/inbox",
        "smtp://mail.example.com/?form=a@b.example",
        "smtp://mail.example.com/?tls=maybe",
        "smtps://mail.example.com/?tls=off",
        "smtp://mail.example.com/?from=nobody",
        "smtp://mail.example.com/?from=a@b%0d%0aBcc:x@y.example",
        "smtp://[::1",
    ],
)
def test_a_wrong_url_is_refused_by_the_settings_name(url: str) -> None:
    with pytest.raises(SettingsError, match="SMTP_URL") as caught:
        parse_smtp_url(url)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_url_is_read_or_refused_without_showing_its_secret(text: str) -> None:
    url = f"smtp://ann:topsecret{text}"
    try:
        said = repr(parse_smtp_url(url))
    except SettingsError as error:
        said = str(error)
    assert "topsecret" not in said
    assert "\n" not in said


def test_a_password_does_not_show() -> None:
    assert "topsecret" not in repr(parse_smtp_url("smtp://ann:topsecret@mail.example.com"))


def test_several_mails_take_one_connection(smtp: FakeSmtp) -> None:
    client = SmtpClient(parse_smtp_url(smtp.url))
    for _ in range(3):
        send(client)
    client.close()
    assert len(smtp.mailbox.raw) == 3
    assert smtp.mailbox.connections == 1
    assert smtp.mailbox.recipients == ["ann@example.com"] * 3


def test_a_connection_that_died_is_replaced(smtp: FakeSmtp) -> None:
    client = SmtpClient(parse_smtp_url(smtp.url))
    send(client)
    assert client._connection is not None
    assert client._connection.sock is not None
    client._connection.sock.shutdown(2)
    send(client)
    client.close()
    assert len(smtp.mailbox.raw) == 2


@pytest.mark.parametrize(
    ("where", "answer", "error"),
    [
        ("recipient", "451 4.7.1 ann@example.com: try later", PassingError),
        ("recipient", "550 5.1.1 ann@example.com: no such user", PermanentError),
        ("data", "452 4.3.1 full", PassingError),
        ("data", "554 5.7.1 spam", PermanentError),
        ("recipient", "drop", PassingError),
        ("data", "drop", PassingError),
    ],
)
def test_the_servers_answer_says_whether_to_try_again(
    smtp: FakeSmtp, where: str, answer: str, error: type[Exception]
) -> None:
    client = SmtpClient(parse_smtp_url(smtp.url))
    setattr(smtp.mailbox, f"answer_to_{where}", answer)
    with pytest.raises(error) as caught:
        send(client)
    text = str(caught.value)
    assert "@" not in text
    assert "\n" not in text
    if answer != "drop":
        assert answer[:9] in text
    setattr(smtp.mailbox, f"answer_to_{where}", None)
    send(client)
    client.close()
    assert len(smtp.mailbox.raw) == 1


def test_a_server_that_is_not_there_may_come_back() -> None:
    client = SmtpClient(parse_smtp_url(f"smtp://127.0.0.1:{free_port()}"))
    with pytest.raises(PassingError, match="cannot be used"):
        send(client)


def test_starttls_is_used_where_it_is_offered(tmp_path: Path) -> None:
    context, _ = make_certificate(tmp_path)
    with run_smtp(tls=context) as smtp:
        client = SmtpClient(parse_smtp_url(smtp.url))
        send(client)
        client.close()
        assert smtp.mailbox.was_encrypted == [True]


def test_starttls_that_is_required_is_not_done_without(smtp: FakeSmtp) -> None:
    client = SmtpClient(parse_smtp_url(smtp.url + "&tls=required"))
    with pytest.raises(PassingError, match="STARTTLS"):
        send(client)
    assert smtp.mailbox.raw == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # as the test wants it
def test_a_certificate_that_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    context, trusted = make_certificate(tmp_path)
    with run_smtp(tls=context, login=("ann", "secret")) as smtp:
        server = SmtpServer("127.0.0.1", smtp.port, Tls.REQUIRED, "ann", "secret")
        strict = SmtpClient(server, tls_context=ssl.create_default_context())
        with pytest.raises(PassingError, match=r"(?i)certificate"):
            send(strict)
        assert smtp.mailbox.logins == []
        trusting = SmtpClient(server, tls_context=ssl.create_default_context(cafile=str(trusted)))
        send(trusting)
        trusting.close()
        assert smtp.mailbox.logins == [(b"ann", b"secret")]
        assert smtp.mailbox.was_encrypted == [True]


def test_a_password_is_not_sent_in_the_clear_to_another_machine(
    smtp: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SmtpServer, "is_loopback", property(lambda self: False))
    client = SmtpClient(SmtpServer("127.0.0.1", smtp.port, Tls.OPPORTUNISTIC, "ann", "secret"))
    with pytest.raises(PassingError, match="clear"):
        send(client)
    assert smtp.mailbox.logins == []


def test_only_this_machine_counts_as_loopback() -> None:
    loopback = [SmtpServer(host, 25, Tls.OFF).is_loopback for host in ("127.0.0.1", "::1", "localhost")]
    others = [SmtpServer(host, 25, Tls.OFF).is_loopback for host in ("10.0.0.1", "localhost.example.com", "1.1.1.1")]
    assert all(loopback)
    assert not any(others)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # as the test wants it
def test_a_wrong_password_is_the_installations_fault_not_the_mails() -> None:
    with run_smtp(login=("ann", "secret")) as smtp:
        client = SmtpClient(SmtpServer("127.0.0.1", smtp.port, Tls.OFF, "ann", "wrong"))
        with pytest.raises(PassingError, match="535"):
            send(client)


def test_an_address_that_the_server_cannot_take_fails_for_good(smtp: FakeSmtp) -> None:
    client = SmtpClient(parse_smtp_url(smtp.url))
    with pytest.raises(PermanentError) as caught:
        send(client, "jürgen@example.com")
    assert "jürgen" not in str(caught.value)

"""An alert as an e-mail."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.channels import OutgoingAlert, PermanentError
from core.alerts.email import create_letterhead
from core.alerts.letter import Letterhead, write_letter
from core.alerts.smtp import parse_smtp_url
from core.alerts.wording import clean_text, format_time, word_alert
from core.settings import Settings
from core.signal.evidence import Kind, Verdict

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LONG_HOST = "https://" + "a-long-label-in-a-host-name." * 4 + "example.com"
HEAD = Letterhead("alerts@example.com", "MailerPlex", LONG_HOST, "track.example.com", "track.example.com")
TOKEN = "1" + "Ab-_" * 12
ALERT = OutgoingAlert(
    id="a" * 32,
    rule="first_open",
    kind=Kind.OPEN,
    user_id="b" * 32,
    to_address="owner@example.com",
    to_name="Olga Owner",
    timezone="Europe/Berlin",
    message_id="c" * 32,
    subject="Offer",
    recipient="Ann Example",
    recipient_address="ann@example.com",
    recipient_count=1,
    at=AT,
    verdict=Verdict.HUMAN,
    confidence=0.95,
    reasons=("browser_open", "follows_open"),
    client="Firefox, Windows",
    place="Berlin, DE",
    link=None,
    repeats=1,
    is_correction=False,
    provider_id=None,
)


class Words(HTMLParser):
    """Reads the words of a page, with the targets of its links, and the names of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._target: str | None = None
        self._is_hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._is_hidden = tag in ("style", "title")
        self._target = dict(attrs).get("href") if tag == "a" else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target:
            self.parts.append(f": {self._target}")
        self._is_hidden = False

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.parts.append(data)


def write(alert: OutgoingAlert) -> tuple[EmailMessage, bytes]:
    raw = write_letter(alert, HEAD, TOKEN, AT).as_bytes()
    return message_from_bytes(raw, policy=policy.default), raw


def read_parts(letter: EmailMessage) -> tuple[str, str]:
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return text.get_content(), html.get_content()


def read_name(raw: bytes) -> str:
    """Read the addressee's name by the older parser: the newer one puts spaces where a name's parts are joined."""
    header = message_from_bytes(raw)["To"]
    name: str = parseaddr(header)[0]
    return str(make_header(decode_header(name)))


def squeeze(text: str) -> str:
    return "".join(re.sub(r"^- ", "", text, flags=re.MULTILINE).split())


def test_a_letter_says_what_it_is_to_programs() -> None:
    letter, _ = write(ALERT)
    assert letter["Subject"] == "Ann Example opened “Offer”"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Id"] == "MailerPlex alerts <alerts.track.example.com>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"] == f"<alert.{'a' * 32}@track.example.com>"
    assert letter["References"] == f"<message.{'c' * 32}@track.example.com>"
    assert letter["Date"].datetime == AT
    assert letter.get_content_type() == "multipart/alternative"
    assert letter["MIME-Version"] == "1.0"


def test_the_link_to_leave_stays_plain_however_long() -> None:
    _, raw = write(ALERT)
    line = f"List-Unsubscribe: <{LONG_HOST}/alerts/unsubscribe/{TOKEN}>\r\n".encode()
    assert len(line) > 160
    assert line in raw


def test_no_line_is_longer_than_mail_allows_and_encoded_words_keep_to_theirs() -> None:
    _, raw = write(replace(ALERT, subject="Ünïcödé 😀 " * 40, recipient="名前" * 60))
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^ ]*\?=", raw))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()


@pytest.mark.parametrize(
    "alert",
    [
        ALERT,
        replace(ALERT, kind=Kind.CLICK, link="https://shop.example/?a=1&b=<2>", repeats=4),
        replace(ALERT, recipient=None, recipient_address=None, recipient_count=3, place=None, client=None),
        replace(ALERT, is_correction=True, verdict=Verdict.SCANNER, reasons=("many_links_at_once",)),
        replace(ALERT, subject='<b>&amp; "q"\'', reasons=()),
    ],
)
def test_both_parts_say_the_same(alert: OutgoingAlert) -> None:
    letter, _ = write(alert)
    text, html = read_parts(letter)
    assert squeeze("".join(Words(html).parts)) == squeeze(text)


def test_the_html_is_accessible_and_fetches_nothing() -> None:
    _, html = read_parts(write(ALERT)[0])
    elements = Words(html).elements
    assert ("html", {"lang": "en"}) in elements
    assert {"title", "h1"} <= {name for name, _ in elements}
    assert not {"img", "script", "link", "iframe", "video", "object"} & {name for name, _ in elements}
    targets = [attributes["href"] for name, attributes in elements if name == "a"]
    assert targets == [f"{LONG_HOST}/messages/{'c' * 32}", f"{LONG_HOST}/alerts/unsubscribe/{TOKEN}"]
    assert "url(" not in html
    assert "/o/" not in html


def test_a_hostile_subject_is_only_text() -> None:
    _, html = read_parts(write(replace(ALERT, subject="<script>alert(1)</script>"))[0])
    assert "<script" not in html


@pytest.mark.parametrize(
    ("alert", "subject"),
    [
        (replace(ALERT, verdict=Verdict.HUMAN_VIA_PROXY), "Ann Example likely opened “Offer”"),
        (replace(ALERT, confidence=0.5), "Ann Example likely opened “Offer”"),
        (replace(ALERT, recipient=None, recipient_count=3), "Someone among 3 recipients opened “Offer”"),
        (replace(ALERT, recipient=None), "The recipient opened “Offer”"),
        (replace(ALERT, kind=Kind.CLICK), "Ann Example clicked a link in “Offer”"),
        (replace(ALERT, subject=" \r\n "), "Ann Example opened “(no subject)”"),
        (replace(ALERT, repeats=3), "Ann Example opened “Offer” 3 times"),
        (
            replace(ALERT, is_correction=True, verdict=Verdict.SELF, kind=Kind.CLICK),
            "Correction: the click of “Offer” was you",
        ),
    ],
)
def test_the_subject_says_who_did_what(alert: OutgoingAlert, subject: str) -> None:
    assert word_alert(alert).summary == subject


def test_the_body_says_when_by_the_readers_clock_and_why() -> None:
    text, _ = read_parts(write(ALERT)[0])
    for words in (
        "When: Sunday 22 November 2026, 10:30 (Europe/Berlin)",
        "Recipient: Ann Example <ann@example.com>",
        "Seen with: Firefox, Windows",
        "Place: Berlin, DE",
        "A person (95 % sure)",
        "A browser showed the picture, as webmail does when a person reads.",
    ):
        assert words in text


@pytest.mark.parametrize("timezone", [None, "Mars/Olympus", "../../etc/passwd", "\x00", ""])
def test_an_unknown_time_zone_is_utc(timezone: str | None) -> None:
    assert format_time(AT, timezone) == "Sunday 22 November 2026, 09:30 (UTC)"


EXPECTED_HEADERS = [name.lower() for name in write_letter(ALERT, HEAD, TOKEN, AT)]
HOSTILE = st.text(max_size=200) | st.from_regex(
    r"[a-z]{0,5}(\r\n|\n|\r)(Bcc|Subject|X-Evil): [a-z@]{1,9}", fullmatch=True
)


@given(subject=HOSTILE, name=HOSTILE, to_name=HOSTILE, link=HOSTILE, client=HOSTILE)
def test_no_text_can_add_a_header_or_break_the_mail(
    subject: str, name: str, to_name: str, link: str, client: str
) -> None:
    alert = replace(
        ALERT, subject=subject, recipient=name, recipient_address=name, to_name=to_name, link=link, client=client
    )
    letter, raw = write(alert)
    assert [header.lower() for header in letter] == EXPECTED_HEADERS
    assert letter["To"].addresses[0].addr_spec == "owner@example.com"
    assert len(letter["To"].addresses) == 1
    assert read_name(raw) == clean_text(to_name, 80)
    assert letter["Subject"] == word_alert(alert).summary
    assert not letter.defects
    text, html = read_parts(letter)
    assert squeeze("".join(Words(html).parts)) == squeeze(text)
    assert raw.isascii()


def test_spaces_between_words_beyond_ascii_survive() -> None:
    alert = replace(ALERT, subject="000000000¡¡ 0", recipient="000000 0000¡¡¡", to_name="Ö " * 30 + "Ä")
    letter, raw = write(alert)
    assert letter["Subject"] == "000000 0000¡¡¡ opened “000000000¡¡ 0”"
    assert read_name(raw) == "Ö " * 30 + "Ä"


@given(st.text(max_size=60))
def test_a_hostile_account_address_is_refused_or_stays_one_address(address: str) -> None:
    try:
        letter, _ = write(replace(ALERT, to_address=address))
    except PermanentError:
        return
    assert [header.lower() for header in letter] == EXPECTED_HEADERS


@pytest.mark.parametrize(
    ("changes", "sender", "domain"),
    [
        ({"smtp_url": "smtp://h.example/?from=a@b.example"}, "a@b.example", "track.example.com"),
        ({"smtp_url": "smtp://me%40b.example:x@h.example"}, "me@b.example", "track.example.com"),
        ({"smtp_url": "smtp://me:x@h.example", "privacy_email": "p@b.example"}, "p@b.example", "track.example.com"),
        ({"smtp_url": "smtp://h.example"}, "mailerplex@track.example.com", "track.example.com"),
        (
            {"smtp_url": "smtp://h.example", "public_url": "http://127.0.0.1:8000"},
            "mailerplex@[127.0.0.1]",
            "[127.0.0.1]",
        ),
        ({"smtp_url": "smtp://h.example", "public_url": "http://[::1]:8000"}, "mailerplex@[IPv6:::1]", "[IPv6:::1]"),
    ],
)
def test_the_sender_is_the_best_address_known(
    changes: dict[str, Any], sender: str, domain: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = replace(
        Settings(data_dir=tmp_path_factory.getbasetemp(), public_url="https://track.example.com"), **changes
    )
    head = create_letterhead(settings, parse_smtp_url(settings.smtp_url or ""))
    assert (head.sender, head.domain) == (sender, domain)
    letter = message_from_bytes(write_letter(ALERT, head, TOKEN, AT).as_bytes(), policy=policy.default)
    assert letter["From"].addresses[0].addr_spec == sender
    assert letter["Message-ID"] == f"<alert.{'a' * 32}@{domain}>"


def test_text_is_cleaned_of_what_controls_and_keeps_what_joins() -> None:
    assert clean_text("a\x00b\x1b[31mc\u202ed\u2028e\ufeff", 50) == "a b [31mc d e"
    assert clean_text("👩\u200d💻", 50) == "👩\u200d💻"
    assert clean_text("a" * 60, 50) == "a" * 49 + "…"

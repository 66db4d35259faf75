from __future__ import annotations

from collections.abc import Callable

import pytest

from core.instrument import SENTENCES, Tracking, instrument_message
from tests.core.instrument import mails
from tests.core.instrument.hrefs import html_of, parse_mail, read_hrefs, read_images
from tests.core.instrument.mails import HEAD, simple, wire
from tests.core.instrument.tracked import OLD, PIXEL, FakeTracking, tracked


def changed_lines(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the lines that only one of two messages has."""
    old, new = before.split(b"\n"), after.split(b"\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_gmail_message_changes_only_in_the_lines_that_hold_an_edit() -> None:
    raw = wire(mails.GMAIL_WEB)
    result = instrument_message(raw, FakeTracking())
    assert result.tracked
    assert result.links == ("https://shop.example/a?x=1&y=2",)
    gone, _ = changed_lines(raw, result.raw)
    assert len(gone) == 5
    html = html_of(result.raw)
    assert read_hrefs(html) == [tracked("https://shop.example/a?x=1&y=2")]
    assert read_images(html) == [FakeTracking.pixel_url]
    assert "Grüße, see" in html
    assert all(len(line) <= 77 for line in result.raw.split(b"\n"))


def test_an_outlook_message_keeps_its_vml_and_gets_tracked_in_both_versions_of_a_button() -> None:
    raw = wire(mails.OUTLOOK_VML)
    result = instrument_message(raw, FakeTracking())
    target = tracked("https://shop.example/buy?a=1&b=2")
    html = html_of(result.raw)
    assert f'<v:roundrect href="{target}" arcsize="5%">' in html
    assert f'<!--[if !mso]><!--><a href="{target}">Buy</a><!--<![endif]-->' in html
    assert read_images(html) == ["cid:image001.png@01DA", FakeTracking.pixel_url]
    assert OLD not in html
    assert result.raw.endswith(raw[raw.index(b"--_004_AM0PR_\r\nContent-Type: image/png") :])


def test_html_around_an_attachment_is_tracked_in_both_pieces_with_one_pixel() -> None:
    raw = wire(mails.APPLE_MAIL)
    result = instrument_message(raw, FakeTracking())
    expected = raw.replace(b"</a></body>", b"</a>" + PIXEL.encode() + b"</body>", 1)
    for link in ("https://shop.example/1", "https://shop.example/2"):
        expected = expected.replace(link.encode(), tracked(link).encode())
    assert result.raw == expected
    assert result.links == ("https://shop.example/1", "https://shop.example/2")


def test_a_forwarded_message_and_attached_html_are_left_alone() -> None:
    raw = wire(mails.FORWARD_INSIDE)
    result = instrument_message(raw, FakeTracking())
    assert result.links == ("https://shop.example/new",)
    cut = raw.index(b"--outer\r\nContent-Type: message/rfc822")
    assert result.raw.endswith(raw[cut:])


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (mails.SMIME_SIGNED, "smime_signed"),
        (mails.SMIME_ENCRYPTED, "smime_encrypted"),
        (mails.SMIME_ENCRYPTED.replace("enveloped-data", "signed-data"), "smime_signed"),
        (mails.SMIME_ENCRYPTED.replace("application/pkcs7-mime", "application/octet-stream"), "smime_encrypted"),
        (mails.PGP_SIGNED, "pgp"),
        (mails.PGP_ENCRYPTED, "pgp"),
        (mails.PGP_INLINE, "pgp"),
        (mails.PGP_INLINE_PLAIN, "pgp"),
        (mails.PLAIN, "no_html_part"),
        (mails.ATTACHED_HTML, "no_html_part"),
        (mails.RIGHTS, "rights_protected"),
        (mails.REPORT, "delivery_report"),
        (mails.DKIM, "dkim_signed"),
        (mails.UUENCODED, "transfer_encoding"),
        (mails.BROKEN_BASE64, "transfer_encoding"),
        (mails.UTF7, "charset"),
        (mails.MARKED_OFF, "marked_off"),
        (HEAD + "Content-Type: multipart/mixed; boundary=x\n\n" + "--x\n\n\n" * 1_100, "too_complex"),
        (HEAD + "Content-Type: text/html\n\n" + "x" * (8 * 1024 * 1024 + 1), "html_too_large"),
    ],
)
def test_what_cannot_be_tracked_passes_unchanged_and_says_why(mail: str, reason: str) -> None:
    raw = wire(mail)
    result = instrument_message(raw, FakeTracking())
    assert (result.raw, result.tracked, result.reason, result.links) == (raw, False, reason, ())
    assert SENTENCES[reason].endswith(".")


def test_deep_nesting_is_refused_as_too_complex() -> None:
    opening = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n" for i in range(60))
    result = instrument_message(wire(HEAD + opening), FakeTracking())
    assert result.reason == "too_complex"


TRACKABLE = [mails.GMAIL_WEB, mails.OUTLOOK_VML, mails.APPLE_MAIL, mails.FORWARD_INSIDE]


@pytest.mark.parametrize("mail", TRACKABLE)
@pytest.mark.parametrize("form", [wire, str.encode])
def test_tracking_a_tracked_message_again_adds_nothing(mail: str, form: Callable[[str], bytes]) -> None:
    once = instrument_message(form(mail), FakeTracking())
    again = instrument_message(once.raw, FakeTracking())
    assert (again.raw, again.tracked, again.reason) == (once.raw, False, "already_tracked")


@pytest.mark.parametrize("mail", TRACKABLE)
def test_line_ends_stay_what_they_were(mail: str) -> None:
    lf = instrument_message(mail.encode(), FakeTracking()).raw
    assert b"\r" not in lf
    assert instrument_message(wire(mail), FakeTracking()).raw == lf.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("mail", TRACKABLE)
def test_every_part_but_the_html_body_is_the_same_to_a_parser(mail: str) -> None:
    raw = wire(mail)
    before, after = parse_mail(raw), parse_mail(instrument_message(raw, FakeTracking()).raw)
    parts = list(zip(before.walk(), after.walk(), strict=True))
    for old, new in parts:
        assert old.items() == new.items()
        if not old.is_multipart() and old.get_content_type() != "text/html":
            assert old.get_payload() == new.get_payload()


def test_unsubscribe_targets_stay_as_the_sender_wrote_them() -> None:
    body = b'<a href="https://list.example/u?t=1&amp;x">leave</a> <a href="https://shop.example/">x</a>'
    raw = simple(
        body,
        "List-Unsubscribe: <mailto:leave@list.example>,\n <https://list.example/u?t=1\n &x>",
        "Content-Type: text/html",
    )
    result = instrument_message(raw, FakeTracking())
    assert result.links == ("https://shop.example/",)
    assert b'href="https://list.example/u?t=1&amp;x"' in result.raw


def test_tracking_is_made_only_for_a_message_that_can_be_tracked() -> None:
    made: list[Tracking] = []

    def make() -> Tracking:
        made.append(FakeTracking())
        return made[-1]

    instrument_message(wire(mails.PLAIN), make)
    assert made == []
    assert instrument_message(wire(mails.APPLE_MAIL), make).tracked
    assert len(made) == 1


def test_the_related_root_that_start_names_is_the_letter() -> None:
    mail = (
        HEAD
        + """Content-Type: multipart/related; start="<root>"; boundary=r

--r
Content-Type: text/html
Content-ID: <frame>

<p>frame</p>
--r
Content-Type: text/html
Content-ID: <root>

<p>root</p>
--r--
"""
    )
    html = instrument_message(wire(mail), FakeTracking()).raw.decode()
    assert "<p>frame</p>\r\n--r" in html
    assert f"<p>root</p>{PIXEL}\r\n--r--" in html


def test_a_boundary_that_begins_with_another_one_does_not_end_it() -> None:
    mail = (
        HEAD
        + """Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=b2

--b2
Content-Type: text/html

<p>x</p>
--b2--
--b--
"""
    )
    assert f"<p>x</p>{PIXEL}\r\n--b2--\r\n--b--" in instrument_message(wire(mail), FakeTracking()).raw.decode()


@pytest.mark.parametrize(
    "tail", ["Content-Type: text/html", "Content-Type: text/html\n", "Content-Type: text/html\n\n"]
)
def test_a_part_without_a_body_gets_one_behind_a_blank_line(tail: str) -> None:
    result = instrument_message(wire(HEAD + tail), FakeTracking())
    assert result.raw == wire(HEAD + "Content-Type: text/html\n\n" + PIXEL)


def test_an_mbox_separator_line_is_kept() -> None:
    raw = b"From ann@sender.example Sun Nov 22 10:00:00 2026\n" + simple(b"<p>x", "Content-Type: text/html", eol=b"\n")
    assert instrument_message(raw, FakeTracking()).raw == raw + PIXEL.encode()

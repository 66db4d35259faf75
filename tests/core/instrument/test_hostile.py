"""Whatever anyone sends: nothing but InputError, nothing but the edits, and linear time."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.instrument import instrument_html, instrument_message, parse_envelope, split_recipients
from core.instrument.addresses import parse_addresses
from core.instrument.destinations import web_destination
from core.instrument.encoded_words import decode_words
from core.instrument.references import decode_attribute
from core.instrument.rewrite import Source, Wish, plan_edits
from tests.core.instrument import mails
from tests.core.instrument.hrefs import html_of, read_hrefs
from tests.core.instrument.tracked import OLD, PIXEL, FakeTracking, tracked

LINK = "https://x.example/?a=1&amp;b"
MARKUP = [
    "<", ">", "</", "/>", "<!", "<?", "<!--", "-->", "--!>", "<!-->", "<!--[if mso]>", "<![endif]-->", '"',
    "'", "=", "&", " ", "\n", "<a ", "<A", "<area ", "<v:rect ", "href=", f'"{LINK}"', LINK, f"'{LINK}",
    "</a>", "<body>", "</body>", "<html>", "<head>", "<title>", "</title>", "<style>", "</style>", "<script>",
    "</script>", "<textarea>", "<table>", "</table>", "<td>", "<tr>", "</tr>", "<p>", "<li>", "<div>",
    "</div>", "<blockquote>", "</blockquote>", "<div class=gmail_quote>", "<hr id=appendonsend>",
    f"<img src={OLD}/o/1>", f'<img src="{FakeTracking.pixel_url}">', "data-mailerplex=off",
    '<div data-mailerplex="off">', "<span>", "</span>", "\ufeff", "ü", "\x00", "text", "<plaintext>",
    "<!doctype html>",
]  # fmt: skip
HTML = st.lists(st.sampled_from(MARKUP) | st.text(max_size=5), max_size=25).map("".join)


class Refusing(FakeTracking):
    """Tracks no link."""

    def track(self, url: str) -> str | None:
        return None


@given(HTML)
@settings(max_examples=300)
def test_only_hrefs_pixels_and_nothing_else_change_in_any_html(html: str) -> None:
    plan = plan_edits(Source(html, lambda a, b: html[a:b], len(html)), FakeTracking(), Wish())
    destinations = []
    for edit in plan.edits:
        old = html[edit.start : edit.end]
        if edit.replacement == "":
            assert old.startswith("<img")
            assert "/o/1" in old
        elif edit.start < edit.end:
            destinations.append(web_destination(decode_attribute(old)))
            assert edit.replacement.strip('"').startswith("https://t.example/c/")
    assert [edit.replacement for edit in plan.edits if edit.start == edit.end] == [PIXEL] * plan.pixel_inserted
    assert set(destinations) == set(plan.links)
    assert plan.pixel_inserted or not plan.edits


@given(HTML)
@settings(max_examples=300)
@example("<blockquote><body>")
@example("<table><body></body>")
def test_taking_the_pixel_out_gives_any_html_back(html: str) -> None:
    html = html.replace("<img", "<i")
    result = instrument_html(html, Refusing())
    if result.pixel_inserted:
        assert PIXEL in result.html
        assert html in {result.html[:i] + result.html[i + len(PIXEL) :] for i in _places(result.html)}


def _places(html: str) -> Iterable[int]:
    at = html.find(PIXEL)
    while at >= 0:
        yield at
        at = html.find(PIXEL, at + 1)


@given(HTML)
@settings(max_examples=400)
def test_any_html_is_tracked_once_only(html: str) -> None:
    once = instrument_html(html, FakeTracking())
    again = instrument_html(once.html, FakeTracking())
    assert again.html == once.html
    if once.reason is None:
        assert again.reason == "already_tracked"


@given(HTML, st.sampled_from(["utf-8", "iso-2022-jp", "utf-16", "shift_jis", "nonsense"]), st.booleans())
@settings(max_examples=200)
def test_any_html_in_a_mail_gives_what_it_gives_as_text(html: str, charset: str, base64: bool) -> None:
    data = html.encode(charset if charset != "nonsense" else "utf-8", "replace")
    encoding = "Content-Transfer-Encoding: " + ("base64" if base64 else "8bit")
    body = mails.encode_base64(data) if base64 else data
    raw = mails.simple(body, f"Content-Type: text/html; charset={charset}", encoding)
    result = instrument_message(raw, FakeTracking())
    again = instrument_message(result.raw, FakeTracking())
    assert again.raw == result.raw
    if result.tracked:
        assert again.reason == "already_tracked"
    if charset in ("utf-8", "nonsense") and data.decode("utf-8") == html:
        assert result.links == instrument_html(html, FakeTracking()).links


HEADERS = [
    b"From: a@b.example\r\n", b"Content-Type: text/html\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"\n", b"--b\r\n", b"--b--\r\n", b"--b",
    b"Content-Transfer-Encoding: base64\r\n", b"PHA+eA==", b"=", b"\r", b"\0", b"\xff",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Type: multipart/alternative; boundary*=utf-8''c\r\n", b"--c\r\n",
    b"Content-Type: text/html; charset=", b"utf-16\r\n", b" folded\r\n", b"Date: x\r\n",
    b"Subject: =?q?b?x?=\r\n", b"To: <<\r\n", b"Content-Disposition: attachment; filename*0=\"x\r\n",
    b"<a href=https://x.example/>", b"</body>", b":", b"From ", b"List-Unsubscribe: <https://x.example/>\r\n",
    b"Content-Type: multipart/related; boundary=b; start=x\r\n",
]  # fmt: skip
MAIL = st.lists(st.sampled_from(HEADERS) | st.binary(max_size=6), max_size=20).map(b"".join)


@given(MAIL | st.binary(max_size=200))
@settings(max_examples=400)
def test_any_bytes_give_a_result_or_an_input_error(raw: bytes) -> None:
    try:
        parse_envelope(raw)
        split_recipients(raw)
        result = instrument_message(raw, FakeTracking())
    except InputError:
        return
    assert result.tracked is (result.reason is None)
    assert result.tracked or result.raw == raw
    again = instrument_message(result.raw, FakeTracking())
    assert again.raw == result.raw


SIZE = 400_000
HOSTILE = [
    "<a href=", "<a href='", '<a href="', "<!--", "<!--[if mso]>", "<a ", "<a =", "</", "<!", "<", "&",
    "<div>", "<p><li>", "<table><td>", "<blockquote>", "<div data-mailerplex=off>", "<div class=gmail_quote>",
    "<style>", "<body>", "<a href=https://x/&>", "<b><span></b>", f"<blockquote><img src={OLD}/o/1>",
    "<head><title></title>", "<!--[if mso]><a href=https://x.example/><![endif]-->",
    "<img src=https://ci3.googleusercontent.com/#>", "\ufeff", "<v:rect href=https://x.example/>", "=?a?q?",
    "</div></td></span>",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_much_hostile_html_takes_linear_time(piece: str) -> None:
    html = (piece * (SIZE // len(piece)))[:SIZE]
    started = time.perf_counter()
    instrument_html(html, FakeTracking())
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "html",
    [
        "<b><div>" + "<span>" * 30_000 + "</b>" * 30_000,
        "<table><td>" * 20_000 + "</table>" * 20_000,
        "<div><td>" + "<p>" * 40_000 + "</div>" * 40_000,
        "<a" + " a=b" * 100_000,
        "<a" + " a=b" * 100_000 + "><a href=http://x.example/>",
        "<a" + " " * SIZE,
        "<a href=https://x/" + "a" * SIZE + ">",
        "<a href='https://x/" + "&" * SIZE + "'>",
    ],
)
def test_much_crafted_html_takes_linear_time(html: str) -> None:
    started = time.perf_counter()
    instrument_html(html, FakeTracking())
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "raw",
    [
        mails.simple(b"--b\r\n\r\n" * 120_000, "Content-Type: multipart/mixed; boundary=b"),
        mails.simple(b"--b" * 300_000, "Content-Type: multipart/mixed; boundary=b"),
        mails.simple(b"=\r\n" * 300_000, "Content-Type: text/html", "Content-Transfer-Encoding: quoted-printable"),
        mails.simple(
            b"<a href=3Dhttp://x.example/>" * 30_000,
            "Content-Type: text/html",
            "Content-Transfer-Encoding: quoted-printable",
        ),
        mails.simple(b"<a href=http://x.example/>" * 30_000, "Content-Type: text/html"),
        mails.simple(b"\x1b$B" * 300_000, "Content-Type: text/html; charset=iso-2022-jp"),
        mails.simple(b"~{" * 400_000, "Content-Type: text/html; charset=hz"),
        b"From: " + b"(" * 900_000 + b"\n\n",
        b"From: " + b'"' * 900_000 + b"\n\n",
        b"From: " + b"<" * 900_000 + b"\n\n",
        b"Subject: " + b"=?a?q?" * 150_000 + b"\n\n",
        b"Subject: x\nContent-Type: text/html;" + b'a="' * 300_000 + b"\n\n",
        b"Subject: x\nContent-Type: text/html;" + b"; " * 400_000 + b"\n\n",
        b"Date: " + b"1 " * 400_000 + b"\n\n",
        b"Subject: x\n" + b"a" * 1_000_000,
    ],
    ids=range(15),
)
def test_much_hostile_mail_takes_linear_time(raw: bytes) -> None:
    started = time.perf_counter()
    try:
        parse_envelope(raw)
        instrument_message(raw, FakeTracking())
    except InputError:
        pass
    assert time.perf_counter() - started < 5


@given(st.text())
@settings(max_examples=200)
def test_address_lists_and_encoded_words_never_fail(text: str) -> None:
    decode_words(text)
    for mailbox in parse_addresses(text):
        assert "@" in mailbox.address
        assert not set(mailbox.address) & set("\r\n\0<>")


def test_a_newsletter_of_100_kilobytes_is_rewritten_quickly() -> None:
    html = mails.newsletter()
    assert 100_000 < len(html) < 110_000
    fields = "Content-Type: text/html", "Content-Transfer-Encoding: quoted-printable"
    raw = mails.simple(mails.quote_printable(html.encode()), *fields)
    times = []
    for _ in range(7):
        started = time.perf_counter()
        result = instrument_message(raw, FakeTracking())
        times.append(time.perf_counter() - started)
    assert result.links[7] == "https://shop.example/p/7?utm_source=news&utm_campaign=may"
    assert len(result.links) == 60
    assert read_hrefs(html_of(result.raw)) == [tracked(link) for link in result.links]
    assert min(times) < 0.1


@pytest.mark.parametrize("attributes", [0, 1, 199, 200, 201, 400, 1_000])
def test_a_link_is_found_among_any_number_of_attributes(attributes: int) -> None:
    html = "<a" + ' x=">"' * attributes + f" href='{LINK}'" + " y" * attributes + "/>text"
    link = "https://x.example/?a=1&b"
    assert instrument_html(html, FakeTracking(), pixel=False).html == html.replace(LINK, tracked(link))


def test_a_tag_of_absurd_length_takes_little_memory() -> None:
    html = "<a" + " a=b" * 150_000 + ">"
    tracemalloc.start()
    try:
        instrument_html(html, FakeTracking())
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()

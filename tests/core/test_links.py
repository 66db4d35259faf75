"""Tests of `core.links`."""

from __future__ import annotations

import re
import string
from contextlib import suppress
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.errors import InputError, VerificationError
from core.keys import create_key, parse_keys
from core.links import (
    MAXIMUM_URL_CHARACTERS,
    CopyTracking,
    build_link,
    build_pixel_url,
    denote,
    is_own_url,
    is_trackable,
    parse_destination,
    verify_link,
)
from core.tokens import TokenSigner

BASE = "https://t.example.com"
SIGNER = TokenSigner(parse_keys(create_key()))

# Everything after the host, as people and mail programs write it: any text, lone surrogates and controls among it.
tails = st.text(st.characters(codec=None), max_size=80)
hrefs = st.builds(
    "{}{}://{}{}".format,
    st.sampled_from(["", " ", "\r\n\t", "\x00 "]),
    st.sampled_from(["http", "https", "HTTPS", "ht\ntp"]),
    st.sampled_from(["example.com", "user:pw@example.com:8080", "bücher.example", "[::1]", "xn--bcher-kva.example"]),
    tails,
)
ACCEPTED = [
    "https://example.com/?a=1&b=2&amp;c=3",
    "https://example.com/a%2Fb%20c%3Fd",
    "https://example.com/#fragment?not=query",
    "https://example.com/search?q=a+b%2Bc",
    "https://example.com/{{ first_name }}/{campaign}/*|FNAME|*",
    "https://example.com/наука/日本語?q=é#ü",
    "https://example.com/" + "x" * 4000,
    "https://example.com/\ud800/\udfff",
    "https://example.com/a\r\nSet-Cookie: b=c",
    "https://example.com/%0d%0aSet-Cookie:%20b=c",
    "https://example.com/%zz%",
    "https://example.com/?u=https://other.example/?u=3",
    "https://example.com?x='\"<>`\\^|~",
    " https://example.com/blanks \t",
]


def carry(href: str) -> tuple[bytes, str, str]:
    """Build the tracked link to an href; return what it denotes, and the request's token and query."""
    destination = denote(href)
    parts = urlsplit(build_link(BASE, SIGNER, 7, 3, destination))
    return destination, parts.path.removeprefix("/c/"), parts.query


@given(hrefs)
def test_any_url_comes_back_as_it_was_denoted(href: str) -> None:
    destination, token, query = carry(href)
    assert verify_link(SIGNER, token, query) == (7, 3, destination)


@pytest.mark.parametrize("href", ACCEPTED)
def test_urls_that_mail_clients_accept_come_back_as_denoted(href: str) -> None:
    destination, token, query = carry(href)
    assert is_trackable(destination)
    assert verify_link(SIGNER, token, query) == (7, 3, destination)


@given(hrefs)
@example("https://example.com/a\r\nSet-Cookie: b=c")
def test_nothing_that_could_split_a_header_is_ever_denoted(href: str) -> None:
    assert re.fullmatch(rb"[\x20-\x7e]*", denote(href))


@given(st.text(string.ascii_letters + string.digits + string.punctuation + " ", max_size=80))
def test_ascii_stays_byte_for_byte(tail: str) -> None:
    url = f"https://example.com/{tail}".rstrip(" ")
    assert denote(url) == url.encode("ascii")


@given(st.text(st.characters(min_codepoint=0x80, codec="utf-8"), max_size=40))
def test_what_is_not_ascii_is_percent_encoded_utf_8(tail: str) -> None:
    assert denote(f"https://example.com/{tail}") == b"https://example.com/" + quote(tail, safe="").encode()


def test_blanks_around_go_and_embedded_line_ends_and_tabs_too() -> None:
    assert denote(" \x00\t https://exa\r\nmple.com/\ta b\x1f ") == b"https://example.com/a b"


def test_other_controls_are_encoded_and_a_lone_surrogate_is_the_replacement_character() -> None:
    assert denote("https://example.com/\x00\x0b\x7f") == b"https://example.com/%00%0B%7F"
    assert denote("https://example.com/\ud800\udc00\ud800x") == b"https://example.com/%F0%90%80%80%EF%BF%BDx"


@given(hrefs, st.data())
def test_no_altered_destination_verifies(href: str, data: st.DataObject) -> None:
    destination, token, _ = carry(href)
    other = data.draw(hrefs.map(denote).filter(lambda value: value != destination))
    with pytest.raises(VerificationError):
        verify_link(SIGNER, token, f"u={quote(other, safe='')}")


@given(hrefs, st.data())
def test_one_altered_character_of_the_query_never_redirects_elsewhere(href: str, data: st.DataObject) -> None:
    destination, token, query = carry(href)
    place = data.draw(st.integers(0, len(query) - 1))
    altered = query[:place] + data.draw(st.sampled_from(string.printable)) + query[place + 1 :]
    with suppress(VerificationError):
        assert verify_link(SIGNER, token, altered)[2] == destination


@given(hrefs)
def test_parameters_that_others_appended_are_ignored(href: str) -> None:
    destination, token, query = carry(href)
    for appended in ("&utm_source=mail", "&u=https://evil.example/", "&", "&fbclid=%zz", "&u"):
        assert verify_link(SIGNER, token, query + appended)[2] == destination
    assert verify_link(SIGNER, token, "utm_source=mail&" + query)[2] == destination


@given(hrefs)
def test_a_link_that_a_rewriter_decoded_and_encoded_again_still_verifies(href: str) -> None:
    destination, token, query = carry(href)
    assert verify_link(SIGNER, token, f"u={quote(destination, safe='')}")[2] == destination
    rewritten = urlencode(parse_qsl(query, keep_blank_values=True))
    assert verify_link(SIGNER, token, rewritten)[2] == destination


@pytest.mark.parametrize("query", ["", "u", "x=1", "U=https://example.com/", "u=", "u=%", "=", "&&&", "u=\udcff"])
def test_a_link_without_its_destination_is_refused(query: str) -> None:
    _, token, _ = carry("https://example.com/")
    with pytest.raises(VerificationError):
        verify_link(SIGNER, token, query)


@given(hrefs)
def test_a_tracked_link_is_at_most_64_characters_longer_than_the_encoded_original(href: str) -> None:
    parts = urlsplit(build_link(BASE, SIGNER, (1 << 64) - 1, 65535, denote(href)))
    assert len(parts.path) + 1 + len(parts.query) <= len(quote(denote(href), safe="")) + 64


def test_a_pixels_path_is_under_48_characters() -> None:
    assert len(urlsplit(build_pixel_url(BASE, SIGNER, (1 << 64) - 1)).path) < 48


@given(hrefs)
def test_a_tracked_link_needs_no_escaping_in_html_or_in_a_header(href: str) -> None:
    link = build_link(BASE, SIGNER, 7, 3, denote(href))
    assert re.fullmatch(r"[!#-%'-;=?-Z_a-z~]*", link), link


@pytest.mark.parametrize(
    "url", ["", "example.com", "mailto:a@b", "javascript:alert(1)", "//example.com", "https://", "https:///x", "http:x"]
)
def test_what_is_no_web_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(InputError, match="not an http or https URL"):
        parse_destination(url)


def test_a_url_that_is_too_long_is_refused_in_a_short_line() -> None:
    longest = "https://example.com/".ljust(MAXIMUM_URL_CHARACTERS, "x")
    assert parse_destination(longest) == longest.encode()
    with pytest.raises(InputError) as raised:
        parse_destination(longest + "x")
    assert len(str(raised.value)) < 200


def test_one_destination_of_a_copy_has_one_number() -> None:
    tracking = CopyTracking(BASE, SIGNER, 7)
    first = tracking.track("https://example.com/a")
    assert first is not None
    assert tracking.track(" https://example.com/a\n") == first
    assert tracking.track("https://example.com/b") != first
    assert tracking.track("mailto:ann@example.com") is None
    assert tracking.destinations == ("https://example.com/a", "https://example.com/b")


def test_our_own_urls_are_known_whatever_host_they_were_made_for_and_others_are_not() -> None:
    tracking = CopyTracking("https://old.example.org:8443", SIGNER, 9)
    link = tracking.track("https://example.com/")
    assert link is not None
    page = f"https://x.example/p/{SIGNER.sign_page(9)}"
    for url in (link, tracking.pixel_url, page, f"  {link}\n", f"{link}&utm_source=x"):
        assert is_own_url(SIGNER, url)
        assert tracking.track(url) is None
    stranger = TokenSigner(parse_keys(create_key()))
    for url in (build_pixel_url(BASE, stranger, 9), "https://example.com/o/x.gif", "https://[", "mailto:a@b"):
        assert not is_own_url(SIGNER, url)

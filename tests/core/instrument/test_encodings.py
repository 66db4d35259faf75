from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.instrument import instrument_message
from core.instrument.quoted_printable import QuotedPrintable, encode_body
from core.instrument.splice import ByteEdit, splice
from tests.core.instrument.hrefs import html_of, parse_mail, read_hrefs
from tests.core.instrument.mails import simple
from tests.core.instrument.tracked import PIXEL, FakeTracking, tracked

SAMPLES = {
    "utf-8": "Grüße 漢字 🎈",
    "us-ascii": "plain",
    "iso-8859-1": "Grüße",
    "iso-8859-15": "Grüße €",
    "windows-1252": "Grüße – “x”",
    "windows-1251": "Привет",
    "koi8-r": "Привет",
    "iso-2022-jp": "日本語<b>ボ</b>ソ表示カ",
    "shift_jis": "日本語ソ表示",
    "euc-jp": "日本語ソ表示",
    "gb2312": "汉字",
    "gb18030": "汉字 ü €",
    "big5": "漢字功許",
    "euc-kr": "한국어",
    "iso-2022-kr": "한국어",
    "hz": "汉字",
    "utf-16": "Grüße 漢字 🎈",
    "utf-16-le": "Grüße 漢字ℼ 🎈",
    "utf-16-be": "Grüße 漢字 🎈",
    "utf-32": "Grüße 漢字 🎈",
}


def encode(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return encode_body(data, b"\r\n")
    return data


@pytest.mark.parametrize("encoding", ["8bit", "binary", "quoted-printable", "base64"])
@pytest.mark.parametrize("charset", SAMPLES)
def test_every_charset_in_every_transfer_encoding_keeps_its_text(charset: str, encoding: str) -> None:
    words = SAMPLES[charset]
    page = f'<html><body><p title="{words}">{words}</p>\r\n<a href="https://x.example/?a=1&amp;b">x</a>[]</body></html>\r\n'
    data = page.replace("[]", "").encode(charset)
    raw = simple(
        encode(data, encoding), f"Content-Type: text/html; charset={charset}", f"Content-Transfer-Encoding: {encoding}"
    )
    result = instrument_message(raw, FakeTracking())
    assert result.tracked
    payload = parse_mail(result.raw).get_payload(decode=True)
    assert isinstance(payload, bytes)
    expected = page.replace("[]", PIXEL).replace("https://x.example/?a=1&amp;b", tracked("https://x.example/?a=1&b"))
    assert payload.decode(charset) == expected
    assert instrument_message(result.raw, FakeTracking()).reason == "already_tracked"


@pytest.mark.parametrize(
    "charset", ["utf-8", "windows-1252", "shift_jis", "gb18030", "iso-2022-jp", "utf-16", "koi8-r"]
)
def test_a_destination_in_any_charset_is_read_as_it_is_meant(charset: str) -> None:
    path = SAMPLES[charset].split("<")[0].split()[0]
    data = f"<a href='https://x.example/{path}'>x</a>".encode(charset)
    raw = simple(
        base64.encodebytes(data), f"Content-Type: text/html; charset={charset}", "Content-Transfer-Encoding: base64"
    )
    assert instrument_message(raw, FakeTracking()).links == (f"https://x.example/{path}",)


@pytest.mark.parametrize(
    "charset", ["x-unknown", "", "utf8mb4", "\x01", "unicode_escape", "base64", "utf-8", "utf-16", "big5"]
)
def test_an_unknown_or_wrong_charset_never_fails_and_changes_no_other_byte(charset: str) -> None:
    data = b"<body>\xff\xfe\x00\x81<a href=https://x.example/>\xe4\xf6</a> \\d \xc3</body>"
    if charset == "utf-16":
        data = b"\xff" + data
    raw = simple(data, f'Content-Type: text/html; charset="{charset}"', "Content-Transfer-Encoding: 8bit")
    result = instrument_message(raw, FakeTracking())
    assert result.tracked
    if charset != "utf-16":
        link = f'"{tracked("https://x.example/")}"'.encode()
        assert result.raw == raw.replace(b"https://x.example/", link).replace(b"</body>", PIXEL.encode() + b"</body>")


def test_a_shifted_end_gets_no_pixel_behind_it() -> None:
    body = "日本語".encode("iso-2022-jp").removesuffix(b"\x1b(B")
    raw = simple(body, "Content-Type: text/html; charset=iso-2022-jp")
    assert instrument_message(raw, FakeTracking()).raw == simple(
        PIXEL.encode() + body, "Content-Type: text/html; charset=iso-2022-jp"
    )


@pytest.mark.parametrize("named", [True, False])
def test_a_line_that_would_get_too_long_makes_the_part_quoted_printable(named: bool) -> None:
    line = "<p>" + "wörd " * 145 + '<a href="https://x.example/">x</a> ' + "y" * 75 + " \r\n"
    page = f"<html>\r\n{line}</html>\r\n"
    fields = ["Content-Type: text/html; charset=utf-8", "X-Last: 1"]
    if named:
        fields.insert(0, "Content-Transfer-Encoding: 8bit")
    raw = simple(page.encode(), *fields)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    result = instrument_message(raw, FakeTracking())
    assert max(map(len, result.raw.split(b"\r\n"))) <= 76
    assert parse_mail(result.raw)["Content-Transfer-Encoding"] == "quoted-printable"
    assert parse_mail(result.raw).get_all("X-Last") == ["1"]
    assert read_hrefs(html_of(result.raw)) == [tracked("https://x.example/")]
    payload = parse_mail(result.raw).get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert (
        payload
        == page.replace("https://x.example/", tracked("https://x.example/"))
        .replace("</html>\r\n", f"</html>{PIXEL}\r\n")
        .encode()
    )


def test_lines_within_the_limit_keep_their_encoding() -> None:
    raw = simple(b"<p>" + b"x" * 700 + b"</p>\r\n", "Content-Type: text/html", "Content-Transfer-Encoding: 7bit")
    assert instrument_message(raw, FakeTracking()).raw == raw[:-2] + PIXEL.encode() + b"\r\n"


def test_base64_keeps_its_line_length_and_its_end() -> None:
    body = base64.b64encode(b"<p>x</p>" * 30)
    lines = b"\n".join(body[i : i + 64] for i in range(0, len(body), 64)) + b"\n\n"
    raw = simple(lines, "Content-Type: text/html", "Content-Transfer-Encoding: Base64", eol=b"\n")
    result = instrument_message(raw, FakeTracking()).raw.removeprefix(raw.removesuffix(lines))
    assert [len(line) for line in result.split(b"\n")[:2]] == [64, 64]
    assert result.endswith(b"\n\n")
    assert not result.endswith(b"\n\n\n")


PIECES = b"=|=\r\n|\r\n|\n| |\t|=3D|=C3=BC|=zz|abc|--b|.|From |\r|=0D=0A|\xfc".split(b"|")
LINES = st.lists(st.sampled_from([*PIECES, b"x" * 80]), max_size=30).map(b"".join)


@given(LINES, st.data())
def test_quoted_printable_splices_decode_to_the_spliced_text(body: bytes, data: st.DataObject) -> None:
    lines = QuotedPrintable(body)
    places = [i for i in range(len(lines.data) + 1) if lines.data[i - 1 : i + 1] != b"\r\n" or i == 0]
    cuts = sorted(data.draw(st.sets(st.sampled_from(places), max_size=6)))
    edits = [ByteEdit(a, b, b"New = text") for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    out = lines.splice(edits, b"\r\n")
    assert QuotedPrintable(out).data == splice(lines.data, edits)
    if not edits:
        assert out == body


@given(st.binary(max_size=400))
def test_a_body_encoded_as_quoted_printable_decodes_to_itself_by_the_standard_library(body: bytes) -> None:
    out = encode_body(body, b"\r\n")
    assert quopri.decodestring(out) == body
    assert all(len(line) <= 76 for line in out.split(b"\r\n"))
    assert not any(line.startswith((b"--", b"From ", b".")) for line in out.split(b"\r\n"))

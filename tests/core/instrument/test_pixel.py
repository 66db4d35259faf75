from __future__ import annotations

import pytest

from core.instrument import instrument_html
from tests.core.instrument.tracked import OLD, PIXEL, FakeTracking

HERE = "[pixel]"


@pytest.mark.parametrize(
    "html",
    [
        "[pixel]",
        "Hello[pixel]",
        "Hello[pixel]\r\n",
        "<html><body><p>Hello</p>[pixel]</body></html>\n",
        "<html><body><p>Hello</p>[pixel]</BODY ></html>",
        "<body>one</body><body>two[pixel]</body>",
        "<body>x[pixel]</body><!-- </body> -->",
        "<body>x[pixel]</body><script></body></script>",
        "<body><p title='</body>'>x</p>[pixel]</body>",
        "<body><!--[if mso]></body><![endif]-->x[pixel]</body>",
        "<body><table><tr><td>x</td></tr></table>[pixel]</body>",
        "<body>[pixel]<table><tr><td>x</td></tr></body>",
        "<html><head><title>x</title></head>[pixel]<table><tr>",
        "<table><tr><td>x[pixel]",
        "<body>[pixel]x<!-- never closed </body>",
        "<!DOCTYPE html>\n<html><head><meta x><style>p{}</style></head>[pixel]\nx<textarea>",
        "[pixel]Hello <a href='",
        "[pixel]Hello </",
        "[pixel]<title>never closed",
        "\ufeff[pixel]<title>never closed",
        "\ufeffHello[pixel]",
        "a <[pixel]",
    ],
)
def test_the_pixel_stands_where_it_is_shown(html: str) -> None:
    assert instrument_html(html.replace(HERE, ""), FakeTracking()).html == html.replace(HERE, PIXEL)


def test_the_pixel_is_one_and_not_hidden() -> None:
    html = instrument_html("<body>x</body></html><body>y</body>", FakeTracking()).html
    assert html.count(FakeTracking.pixel_url) == 1
    assert "display" not in html


def test_near_gmails_clip_the_pixel_stands_early() -> None:
    long = "<html><body class=x>" + "<p>word</p>" * 8_500 + "</body></html>"
    assert instrument_html(long, FakeTracking()).html.startswith("<html><body class=x>" + PIXEL)
    assert instrument_html("ü" * 46_000, FakeTracking()).html.startswith(PIXEL)


def test_rewriting_counts_towards_the_clip() -> None:
    html = "<body>" + "<a href=http://x.example/>x</a>" * 2_700 + "</body>"
    assert len(html) < 90_000
    assert instrument_html(html, FakeTracking()).html.startswith("<body>" + PIXEL)


OLD_PIXEL = f'<img width=1 src="{OLD}/o/1old.gif" style="x">'
PROXIED = f'<img src="https://ci3.googleusercontent.com/meips/ADKq_x=s0-d-e1-ft#{OLD}/o/1old.gif">'
QUOTES = [
    '<div class="gmail_quote gmail_quote_container">On Monday<blockquote>old [old]</blockquote></div>',
    '<blockquote type="cite"><div><blockquote>x</blockquote>old [old]</div></blockquote>',
    '<div class="yahoo_quoted"><div>old [old]</div></div>',
    '<div class="moz-forward-container"><table><tr><td>old [old]</td></tr></table></div>',
    '<div name="messageReplySection">old [old]</div>',
    '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From</div><div>old [old]</div>',
    '<div id="x_divRplyFwdMsg">From</div><div>old [old]</div>',
    "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in'><p>From:</p></div><p>old [old]</p>",
]


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("pixel", [OLD_PIXEL, PROXIED, OLD_PIXEL + "x" + PROXIED])
def test_an_older_pixel_in_quoted_text_goes_and_a_new_one_comes(quote: str, pixel: str) -> None:
    html = f"<html><body><p>new</p>{quote.replace('[old]', pixel)}</body></html>"
    result = instrument_html(html, FakeTracking())
    assert OLD not in result.html
    assert result.html.count(FakeTracking.pixel_url) == 1
    assert result.reason is None
    again = instrument_html(result.html, FakeTracking())
    assert (again.html, again.reason) == (result.html, "already_tracked")


def test_before_outlooks_divider_the_pixel_is_told_from_older_ones_whatever_a_client_does_to_it() -> None:
    html = '<body><p>new</p><div id="appendonsend"></div><hr><div>old</div></body>'
    result = instrument_html(html, FakeTracking()).html
    assert result == html.replace("<div id=", PIXEL + "<div id=")
    mangled = result.replace(PIXEL, f'<p><img height="1" src="{FakeTracking.pixel_url}" data-x></p>')
    assert instrument_html(mangled, FakeTracking()).reason == "already_tracked"


def test_tracking_a_tracked_letter_again_adds_nothing() -> None:
    html = f'<body>{OLD_PIXEL}<a href="http://x.example/">x</a></body>'
    result = instrument_html(html, FakeTracking())
    assert (result.html, result.links, result.reason) == (html, (), "already_tracked")


def test_a_pixel_that_gmails_proxy_serves_is_an_old_one_wherever_it_stands() -> None:
    result = instrument_html(f"<p>copied {PROXIED}</p>", FakeTracking())
    assert result.html == f"<p>copied </p>{PIXEL}"


def test_a_strangers_image_stays() -> None:
    html = '<blockquote><img src="https://other.example/o/1.gif"><img><img src=cid:x></blockquote>'
    assert instrument_html(html, FakeTracking(), pixel=False).html == html


def test_taking_a_pixel_away_never_makes_a_tag_of_what_is_left() -> None:
    html = f"<blockquote><{OLD_PIXEL}a href=http://x.example/></blockquote>"
    assert instrument_html(html, FakeTracking(), pixel=False).html == html

from __future__ import annotations

import pytest

from core.instrument import instrument_html, list_links
from tests.core.instrument.hrefs import read_hrefs
from tests.core.instrument.tracked import BASE, OLD, PIXEL, FakeTracking, destination_of, tracked


def rewritten(html: str) -> str:
    return instrument_html(html, FakeTracking(), pixel=False).html


LEFT_ALONE = [
    "mailto:a@b.example",
    "tel:+491234",
    "cid:part1",
    "sms:+491234",
    "javascript:void(0)",
    "data:text/html,x",
    "ftp://x.example/",
    "#top",
    "",
    "/relative",
    "relative/http://x.example",
    "//x.example/path",
    "www.x.example",
    "https:x.example",
    "https:/x.example",
    "https://",
    "{{link}}",
    "httpsx://x.example",
    f"{BASE}/c/1tok?u=x",
    f"{OLD}/p/1tok",
    "https://refuse.example/",
]


@pytest.mark.parametrize("href", LEFT_ALONE)
def test_hrefs_that_lead_to_no_web_page_or_to_us_are_left_alone(href: str) -> None:
    html = f'<p><a href="{href}">x</a></p>'
    result = instrument_html(html, FakeTracking(), pixel=False)
    assert result.html == html
    assert result.links == ()
    assert result.reason == "nothing_to_track"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<a href="https://x.example/">', f'<a href="{tracked("https://x.example/")}">'),
        ("<a href='https://x.example/'>", f"<a href='{tracked('https://x.example/')}'>"),
        ("<a href=https://x.example/ id=1>", f'<a href="{tracked("https://x.example/")}" id=1>'),
        ("<a href=https://x.example/>", f'<a href="{tracked("https://x.example/")}">'),
        ('<A\nHREF\t=\n"HTTPS://x.example/"  >', f'<A\nHREF\t=\n"{tracked("HTTPS://x.example/")}"  >'),
        ('<area href="http://x.example/">', f'<area href="{tracked("http://x.example/")}">'),
        ('<a/href="http://x.example/"/>', f'<a/href="{tracked("http://x.example/")}"/>'),
        ('<a class=">" href="http://x.example/">', f'<a class=">" href="{tracked("http://x.example/")}">'),
        ('<a href="http://x.example/?a=1&amp;b=2">', f'<a href="{tracked("http://x.example/?a=1&b=2")}">'),
        ('<a href="http://x.example/?a=1&copy=2">', f'<a href="{tracked("http://x.example/?a=1&copy=2")}">'),
        ('<a href=" \n http://x.exa\r\nmple/\t">', f'<a href="{tracked("http://x.example/")}">'),
        ('<a href="&#104;ttp://x.example/">', f'<a href="{tracked("http://x.example/")}">'),
        ('<a href="http://x.example/{{a}}?q={{b}}">', f'<a href="{tracked("http://x.example/{{a}}?q={{b}}")}">'),
        ('<a href="http://ö.example/ä">', f'<a href="{tracked("http://ö.example/ä")}">'),
        ('<a href="http://x.example/1" href="http://x.example/2">', f'<a href="{tracked("http://x.example/1")}" href="http://x.example/2">'),
        ('<a "href="http://x.example/" href=\'http://y.example/\'>', f'<a "href="http://x.example/" href=\'{tracked("http://y.example/")}\'>'),
        ("<v:roundrect xmlns:v='urn' href='http://x.example/'>", f"<v:roundrect xmlns:v='urn' href='{tracked('http://x.example/')}'>"),
    ],
)  # fmt: skip
def test_an_href_alone_is_replaced_however_it_is_written(html: str, expected: str) -> None:
    assert rewritten(html) == expected


@pytest.mark.parametrize(
    "html",
    [
        '<!-- <a href="http://x.example/"> -->',
        '<!--><!-- <a href="http://x.example/">',
        "<script>\"<a href='http://x.example/'>\"</script>",
        '<STYLE><a href="http://x.example/"></STYLE >',
        '<textarea><a href="http://x.example/"></textarea>',
        '<title><a href="http://x.example/"></title>',
        "<p title=\"<a href='http://x.example/'>\">",
        "<a title='x' href=\"http://x.example/",
        '<a href="http://x.example/"',
        '</a href="http://x.example/">',
        '<!x <a href="http://x.example/">',
        '<abbr href="http://x.example/">',
        '<link href="http://x.example/">',
        '< a href="http://x.example/">',
        '<plaintext><a href="http://x.example/">',
    ],
)
def test_what_only_looks_like_a_link_is_left_alone(html: str) -> None:
    assert rewritten(html) == html


@pytest.mark.parametrize(
    "html",
    [
        "<!-->%s<!--x-->",
        "<!--->%s",
        "<!--x--!>%s",
        "<!--[if !mso]><!-->%s<!--<![endif]-->",
        "<![if !mso]>%s<![endif]>",
        "<!--[if mso]>%s<![endif]-->",
        "<!--[if (gte mso 9)|(IE)]><table><tr><td>%s</td></tr></table><![endif]-->",
        "<?xml:namespace prefix='o' />%s",
        "</>%s",
        "<>%s",
        "<noscript>%s</noscript>",
        "<title></title>%s",
        "<p a=\"b\"c='d'e>%s",
        "a < b %s",
    ],
)
def test_links_in_conditional_comments_and_behind_odd_markup_are_found(html: str) -> None:
    link = '<a href="http://x.example/">'
    assert rewritten(html % link) == html % f'<a href="{tracked("http://x.example/")}">'


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<a data-mailerplex="off" href="http://x.example/">', True),
        ("<a DATA-Mailerplex=OFF href=http://x.example/>", True),
        ('<div data-mailerplex="off"><b><a href="http://x.example/">', True),
        ('<div data-mailerplex="off"><div></div></div><a href="http://x.example/">', False),
        ('<div data-mailerplex="on"><a href="http://x.example/">', False),
        ('<td data-mailerplex="off"></td><a href="http://x.example/">', False),
        ('<table><tr><td data-mailerplex="off"><td><a href="http://x.example/">', False),
        ('<table><tr data-mailerplex="off"><td><a href="http://x.example/">', True),
        ('<table><tr data-mailerplex="off"><td></table><a href="http://x.example/">', False),
        ('<p data-mailerplex="off">x<p><a href="http://x.example/">', False),
        ('<ul><li data-mailerplex="off">x<li><a href="http://x.example/"></ul>', False),
        ('<ul><li data-mailerplex="off">x<ul><li></li></ul><a href="http://x.example/"></ul>', True),
        ('<ul><li data-mailerplex="off"><blockquote><li><a href="http://x.example/">', True),
        ('<dl><dt data-mailerplex="off">x<dd><a href="http://x.example/">', False),
        ('<table data-mailerplex="off"><a href="http://x.example/">', True),
        ('<br data-mailerplex="off"><a href="http://x.example/">', False),
        ('<div data-mailerplex="off"><table><tr><td></div><a href="http://x.example/">', True),
        ('<b><div data-mailerplex="off"></b><a href="http://x.example/">', True),
        ('<div data-mailerplex="off"><!--[if mso]><v:rect href="http://x.example/"><![endif]-->', True),
        ('<!--[if mso]><p data-mailerplex="off"><a href="http://x.example/"></p><![endif]-->', True),
        ('<div><span data-mailerplex="off"></div><a href="http://x.example/">', False),
    ],
)
def test_an_element_marked_off_keeps_its_links(html: str, left: bool) -> None:
    assert (rewritten(html) == html) is left


def test_a_message_marked_off_as_a_whole_gets_no_pixel_either() -> None:
    html = '<html><body data-mailerplex="off"><a href="http://x.example/">x</a></body></html>'
    result = instrument_html(html, FakeTracking())
    assert (result.html, result.reason, result.pixel_inserted) == (html, "marked_off", False)


def test_links_are_listed_once_each_in_order_of_appearance() -> None:
    html = '<a href="http://b.example/"><a href="http://a.example/?x&amp;y"><a href=http://b.example/>'
    assert instrument_html(html, FakeTracking()).links == ("http://b.example/", "http://a.example/?x&y")
    assert list_links(html) == ("http://b.example/", "http://a.example/?x&y")


def test_untouched_destinations_stay_as_they_are() -> None:
    html = '<a href="http://x.example/u?a&amp;b"><a href="http://y.example/">'
    result = instrument_html(html, FakeTracking(), untouched=["http://x.example/u?a&b"])
    assert result.links == ("http://y.example/",)
    assert 'href="http://x.example/u?a&amp;b"' in result.html


def test_a_parser_sees_the_destinations_that_it_saw_before() -> None:
    html = "".join(f'<p><a href="https://x.example/{i}?a=1&amp;b={i}#f">{i}</a></p>' for i in range(50))
    seen = read_hrefs(instrument_html(html, FakeTracking()).html)
    assert [destination_of(url) for url in seen] == read_hrefs(html)


def test_tracking_is_asked_once_for_each_destination() -> None:
    tracking = FakeTracking()
    instrument_html('<a href="http://x.example/">' * 5, tracking)
    assert tracking.asked == ["http://x.example/"]


def test_links_or_pixel_can_be_left_out() -> None:
    html = '<a href="http://x.example/">x</a>'
    assert instrument_html(html, FakeTracking(), links=False).html == html + PIXEL
    assert instrument_html(html, FakeTracking(), links=False, pixel=False).html == html

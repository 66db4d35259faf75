"""An independent reading of HTML and mail, by the standard library's parsers, to check rewriting against."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.hrefs: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(reversed(attrs))
        if tag in ("a", "area") and values.get("href"):
            self.hrefs.append(values["href"] or "")
        if tag == "img":
            self.images.append(values.get("src") or "")


def read_hrefs(html: str) -> list[str]:
    """Return the hrefs of links, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.hrefs


def read_images(html: str) -> list[str]:
    """Return the sources of images, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.images


def parse_mail(raw: bytes) -> EmailMessage:
    """Parse a message."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def html_of(raw: bytes) -> str:
    """Return the decoded HTML body of a message."""
    body = parse_mail(raw).get_body(("html",))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content

"""Tracked URLs: what an href denotes, how it is carried in a tracked link, and how it comes back.

A link carries its destination and is verified from itself alone, so it outlives every record of it.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from core.errors import InputError, VerificationError
from core.tokens import MAXIMUM_LINKS, TokenSigner

PIXEL_PREFIX = "/o/"
LINK_PREFIX = "/c/"
PAGE_PREFIX = "/p/"
MAXIMUM_URL_CHARACTERS = 8192

_EDGE_BLANKS = "".join(map(chr, range(0x21)))
_REMOVED = {ord(character): None for character in "\t\r\n"}
# In a query value these stand for themselves; "%", "&", "+", "#", blanks and quotes never do.
_KEPT_IN_QUERY = "/:?=@!$'()*,;~"
_HTTP_URL = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_NOT_IN_A_HEADER = re.compile(rb"[\x00-\x1f\x7f-\xff]")


def denote(href: str) -> bytes:
    """Return the URL that `href` (entities decoded) denotes, as ASCII bytes fit for a Location header.

    As the URL Standard does: surrounding C0 controls and blanks and embedded TAB, CR and LF removed; what is not
    ASCII, and other control characters, percent-encoded as UTF-8, a lone surrogate as U+FFFD. All else stays.
    """
    stripped = href.strip(_EDGE_BLANKS).translate(_REMOVED)
    encoded = stripped.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")
    return _NOT_IN_A_HEADER.sub(lambda match: b"%%%02X" % match.group()[0], encoded)


def is_trackable(destination: bytes) -> bool:
    """Say whether a denoted URL is an http or https URL with a host, of a length that mail clients accept."""
    return len(destination) <= MAXIMUM_URL_CHARACTERS and bool(_HTTP_URL.match(destination.decode("latin-1")))


def parse_destination(url: str) -> bytes:
    """Return what `url` denotes. Raises InputError if it is no http or https URL that can be tracked."""
    destination = denote(url)
    if not is_trackable(destination):
        shown = url if len(url) <= 80 else url[:77] + "..."
        raise InputError(f"{shown!r} is not an http or https URL of at most {MAXIMUM_URL_CHARACTERS} characters.")
    return destination


def build_link(base_url: str, signer: TokenSigner, copy_id: int, number: int, destination: bytes) -> str:
    """Build the tracked link to `destination`, as `denote` returned it."""
    token = signer.sign_link(copy_id, number, destination)
    return f"{base_url}{LINK_PREFIX}{token}?u={quote_from_bytes(destination, safe=_KEPT_IN_QUERY)}"


def build_pixel_url(base_url: str, signer: TokenSigner, copy_id: int) -> str:
    """Build the address of a copy's pixel."""
    return f"{base_url}{PIXEL_PREFIX}{signer.sign_pixel(copy_id)}.gif"


def build_page_url(base_url: str, signer: TokenSigner, copy_id: int) -> str:
    """Build the address of the page on which a copy's recipients see what is tracked, and stop it."""
    return f"{base_url}{PAGE_PREFIX}{signer.sign_page(copy_id)}"


def verify_link(signer: TokenSigner, token: str, query: str) -> tuple[int, int, bytes]:
    """Return copy id, link number and destination of a request's token and raw query string.

    Parameters that others appended are ignored. Raises VerificationError for anything not signed by us.
    """
    value = _carried(query)
    destination = unquote_to_bytes(value)
    try:
        copy_id, number = signer.verify_link(token, destination)
    except VerificationError:
        if "+" not in value:
            raise
        # Some rewriters write a blank as a plus sign.
        destination = unquote_to_bytes(value.replace("+", " "))
        copy_id, number = signer.verify_link(token, destination)
    if _NOT_IN_A_HEADER.search(destination):
        raise VerificationError("not a link of this installation")
    return copy_id, number, destination


def _carried(query: str) -> str:
    for part in query.split("&"):
        # What we carried was ASCII throughout.
        if part.startswith("u=") and part.isascii():
            return part[2:]
    raise VerificationError("no destination")


class CopyTracking:
    """Rewrites the URLs of one copy of a message; what instrumenting asks for each href.

    Links are numbered in the order in which they come; `destinations` lists them.
    """

    def __init__(self, base_url: str, signer: TokenSigner, copy_id: int) -> None:
        self._base_url = base_url
        self._signer = signer
        self._copy_id = copy_id
        self._numbers: dict[bytes, int] = {}

    @property
    def pixel_url(self) -> str:
        """The address of this copy's pixel."""
        return build_pixel_url(self._base_url, self._signer, self._copy_id)

    @property
    def page_url(self) -> str:
        """The address of this copy's page for its recipients."""
        return build_page_url(self._base_url, self._signer, self._copy_id)

    @property
    def destinations(self) -> tuple[str, ...]:
        """What was tracked so far, by number."""
        return tuple(destination.decode("ascii") for destination in self._numbers)

    def track(self, url: str) -> str | None:
        """Return the tracked link to `url`, or None where it is to be left alone."""
        destination = denote(url)
        if not is_trackable(destination) or self.is_own(url):
            return None
        number = self._numbers.get(destination)
        if number is None:
            if len(self._numbers) >= MAXIMUM_LINKS:
                return None
            number = self._numbers[destination] = len(self._numbers)
        return build_link(self._base_url, self._signer, self._copy_id, number, destination)

    def is_own(self, url: str) -> bool:
        """Say whether `url` is a pixel, link or page of this installation, on whatever host it was made."""
        return is_own_url(self._signer, url)


def is_own_url(signer: TokenSigner, url: str) -> bool:
    """Say whether `url` carries a token that this installation signed: by its MAC, so old domains count as well."""
    try:
        parts = urlsplit(denote(url).decode("ascii"))
    except ValueError:
        return False
    try:
        if parts.path.startswith(PIXEL_PREFIX):
            signer.verify_pixel(parts.path[len(PIXEL_PREFIX) :].removesuffix(".gif"))
        elif parts.path.startswith(LINK_PREFIX):
            verify_link(signer, parts.path[len(LINK_PREFIX) :], parts.query)
        elif parts.path.startswith(PAGE_PREFIX):
            signer.verify_page(parts.path[len(PAGE_PREFIX) :])
        else:
            return False
    except VerificationError:
        return False
    return True

"""The copies of a message and what each is tracked by: rendered from a draft and copy ids alone, so also again later.

Nothing here touches the database: rewriting HTML takes long and must not happen inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from core.errors import InputError
from core.instrument.document import instrument_html
from core.links import CopyTracking, denote, parse_destination
from core.messages.draft import (
    MAXIMUM_HTML_BYTES,
    MAXIMUM_RENDERED_BYTES,
    MAXIMUM_RENDERED_LINKS,
    DraftRecipient,
    MessageDraft,
    Mode,
)
from core.storage.identifiers import create_copy_id
from core.tokens import MAXIMUM_LINKS, TokenSigner

NO_PIXEL_URL: Final = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One transparent dot in the URL itself (RFC 2397): whoever puts it into a mail, nothing is fetched by it."""


@dataclass(frozen=True, slots=True)
class PlannedCopy:
    """One copy and who gets it."""

    copy_id: int
    recipients: tuple[DraftRecipient, ...]


@dataclass(frozen=True, slots=True)
class RenderedCopy:
    """One copy as its sender needs it: `links` maps each URL as it was given to its tracked link.

    Without a pixel, `pixel_url` is a picture that is in the URL itself. A copy that is not tracked has no id.
    """

    copy_id: int
    recipients: tuple[str, ...]
    pixel_url: str
    page_url: str | None
    links: dict[str, str]
    destinations: tuple[str, ...]
    html: str | None = field(default=None, repr=False)
    is_tracked: bool = True


def plan_copies(recipients: tuple[DraftRecipient, ...], mode: Mode) -> tuple[PlannedCopy, ...]:
    """Plan one copy for all, or one for each. A message without recipients has one copy all the same."""
    if mode is Mode.SHARED or not recipients:
        return (PlannedCopy(create_copy_id(), recipients),)
    return tuple(PlannedCopy(create_copy_id(), (recipient,)) for recipient in recipients)


class CopyRenderer:
    """Renders copies of one draft. The URLs given come first, so a link has the same number in all copies."""

    def __init__(self, signer: TokenSigner, tracking_url: str, draft: MessageDraft) -> None:
        self._signer = signer
        self._tracking_url = tracking_url
        self._draft = draft

    def render(self, copy: PlannedCopy) -> RenderedCopy:
        """Render one copy. Raises InputError for a URL that cannot be tracked."""
        tracking = CopyTracking(self._tracking_url, self._signer, copy.copy_id)
        draft = self._draft
        links = {url: track_given(tracking, url) if draft.tracks_links else url for url in draft.links}
        html = None
        if draft.html is not None:
            result = instrument_html(draft.html, tracking, pixel=draft.tracks_opens, links=draft.tracks_links)
            html = result.html
            for url in result.links:
                tracked = tracking.track(url)
                if tracked is not None:
                    links.setdefault(url, tracked)
        addresses = tuple(recipient.address for recipient in copy.recipients)
        pixel_url = tracking.pixel_url if draft.tracks_opens else NO_PIXEL_URL
        return RenderedCopy(copy.copy_id, addresses, pixel_url, tracking.page_url, links, tracking.destinations, html)


def leave_alone(draft: MessageDraft, recipients: Iterable[DraftRecipient]) -> RenderedCopy:
    """Return a copy as it was written, for recipients who are not tracked."""
    addresses = tuple(recipient.address for recipient in recipients)
    unchanged = {url: url for url in draft.links}
    return RenderedCopy(0, addresses, NO_PIXEL_URL, None, unchanged, (), draft.html, is_tracked=False)


def track_given(tracking: CopyTracking, url: str) -> str:
    """Return the tracked link to a URL that a client listed; one of our own links stays what it is.

    Raises InputError if it is no http or https URL, or there are too many.
    """
    parse_destination(url)
    tracked = tracking.track(url)
    if tracked is not None:
        return tracked
    if tracking.is_own(url):
        return denote(url).decode("ascii")
    raise InputError(f"A message can have at most {MAXIMUM_LINKS} links.")


def check_size(draft: MessageDraft) -> None:
    """Raise InputError if a draft asks for more signing or rewriting than one request may."""
    copies = max(1, len(draft.recipients)) if draft.mode is Mode.PER_RECIPIENT else 1
    if len(draft.links) * copies > MAXIMUM_RENDERED_LINKS:
        raise InputError(
            f"{copies} copies of {len(draft.links)} links are more than the {MAXIMUM_RENDERED_LINKS} tracked links"
            " that one request can have made: send fewer recipients at once."
        )
    if draft.html is None:
        return
    size = len(draft.html.encode("utf-8", "surrogatepass"))
    if size > MAXIMUM_HTML_BYTES:
        raise InputError(f"The HTML has {size} bytes; at most {MAXIMUM_HTML_BYTES} can be tracked.")
    if size * copies > MAXIMUM_RENDERED_BYTES:
        raise InputError(
            f"{copies} copies of {size} bytes are more than the {MAXIMUM_RENDERED_BYTES} bytes that one request"
            " can have rewritten: send fewer recipients at once, or `links` in place of `html`."
        )

"""Opening the test message's pixel as anybody on the Internet would: a real request through the tracking URL.

Where it goes is this installation's own setting, never anything that a request brought; redirects are not followed,
and no more is read than a pixel has.
"""

from __future__ import annotations

from typing import Final

import requests

from core.errors import UnavailableError
from core.links import build_pixel_url
from core.tokens import TokenSigner

USER_AGENT: Final = "MailerPlex-self-test/1.0 (bot)"
"""Says what it is, so that it is judged as the machine that it is."""
TIMEOUT_SECONDS: Final = 8
_GIF: Final = b"GIF89a"
_MOST_BYTES: Final = 1024


def fetch_pixel(tracking_url: str, signer: TokenSigner, copy_id: int) -> None:
    """Fetch a copy's pixel. Raises UnavailableError with one sentence on what is in the way."""
    try:
        with requests.get(
            build_pixel_url(tracking_url, signer, copy_id),
            headers={"User-Agent": USER_AGENT},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as answer:
            start = next(answer.iter_content(_MOST_BYTES), b"")
            status = answer.status_code
    except requests.RequestException as error:
        raise UnavailableError(
            f"Nothing answers at {tracking_url} ({type(error).__name__}): mend DNS, proxy or firewall."
        ) from error
    if status != requests.codes.ok or not start.startswith(_GIF):
        raise UnavailableError(
            f"{tracking_url} answers with {status}, not with a pixel: another program serves this address."
        )

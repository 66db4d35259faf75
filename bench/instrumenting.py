"""Instrumenting a message of 100 kB in this process: the pixel, the links, their signatures."""

from __future__ import annotations

import time
from email.message import EmailMessage
from statistics import median

from bench.figure import Figure
from core.instrument import instrument_message
from core.links import CopyTracking
from core.tokens import TokenSigner

_BYTES = 97_000  # of HTML; with headers and the text part 100 kB
_TARGET_MILLISECONDS = 25
_BASE_URL = "https://track.example.com"


def measure_instrumenting(signer: TokenSigner, rounds: int) -> list[Figure]:
    """Measure one message with tables, styles, Outlook's conditional comments and sixty links."""
    raw = _make_message()
    times = []
    for number in range(1, rounds * 8 + 1):
        began = time.perf_counter()
        result = instrument_message(raw, CopyTracking(_BASE_URL, signer, number))
        times.append((time.perf_counter() - began) * 1000)
        if not (result.tracked and result.pixel_inserted):
            raise RuntimeError("the message was not tracked")
    chunks = tuple(median(times[place::rounds]) for place in range(rounds))
    name = f"instrumenting a message of {len(raw) // 1000} kB with {len(result.links)} links"
    return [Figure(name, chunks, "ms", at_most=_TARGET_MILLISECONDS)]


def _make_message() -> bytes:
    rows: list[str] = []
    while sum(len(row) for row in rows) < _BYTES:
        number = len(rows)
        link = f'<a href="https://shop.example.com/p/{number}?a=1&amp;b=é" style="color:#336699">Look at it</a>'
        rows.append(
            f'<tr><td style="padding:8px;font-family:Arial,sans-serif;font-size:14px">Offer {number}: '
            f"{'a good thing to have at home and on the road, ' * 28}"
            f"<!--[if mso]><p>&nbsp;</p><![endif]-->{link}</td></tr>\r\n"
        )
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ann@example.com", "ben@example.net", "Our offers"
    message.set_content("Our offers, as text.")
    message.add_alternative(f"<html><body><table>{''.join(rows)}</table></body></html>", subtype="html")
    return message.as_bytes()

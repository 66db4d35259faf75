"""Instruments an RFC 5322 message: every byte outside the HTML body stays, and in it all but hrefs and the pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from core.instrument import reasons
from core.instrument.bodies import Body, find_bodies, find_texts, refusal_of
from core.instrument.charset import Skeleton, read_charset
from core.instrument.envelope import check_message
from core.instrument.rewrite import Plan, Source, Wish, plan_edits
from core.instrument.splice import ByteEdit, splice
from core.instrument.structure import Part, TooComplexError, parse_structure
from core.instrument.tracking import Tracking
from core.instrument.transfer import Content, decode_content
from core.instrument.unsubscribe import list_unsubscribe_urls

MAX_HTML_BYTES: Final = 8 * 1024 * 1024
_INLINE_PGP: Final = (b"-----BEGIN PGP MESSAGE-----", b"-----BEGIN PGP SIGNED MESSAGE-----")


@dataclass(frozen=True, slots=True)
class MessageResult:
    """The message and what was tracked in it. Not tracked: `raw` is as it came, and `reason` (reasons.py) says why."""

    raw: bytes
    tracked: bool
    reason: str | None
    links: tuple[str, ...]
    pixel_inserted: bool = False


@dataclass(frozen=True, slots=True)
class _Letter:
    """One HTML body, decoded."""

    part: Part
    pixel: bool
    content: Content
    skeleton: Skeleton


class _Untouchable(Exception):
    """The message must stay as it is; carries the reason's code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def instrument_message(
    raw: bytes, tracking: Tracking | Callable[[], Tracking], *, pixel: bool = True, links: bool = True
) -> MessageResult:
    """Return the message with tracked links and one pixel.

    A callable is asked for the tracking once, and only when there is a body that can be tracked. Raises InputError
    for what is no mail; anything else that cannot be tracked comes back unchanged, with a reason.
    """
    check_message(raw)
    try:
        root, letters = _read_letters(raw)
        ready = tracking() if callable(tracking) else tracking
        untouched = list_unsubscribe_urls(root.header)
        plans = [_plan(letter, ready, Wish(pixel and letter.pixel, links, untouched)) for letter in letters]
    except _Untouchable as refusal:
        return MessageResult(raw, False, refusal.code, ())
    found = tuple(dict.fromkeys(link for plan in plans for link in plan.links))
    inserted = any(plan.pixel_inserted for plan in plans)
    edits = [edit for pair in zip(letters, plans, strict=True) for edit in _edit_part(raw, *pair)]
    reason = None if found or inserted else reasons.NOTHING_TO_TRACK
    return MessageResult(splice(raw, sorted(edits)), reason is None, reason, found, inserted)


def _read_letters(raw: bytes) -> tuple[Part, list[_Letter]]:
    try:
        root = parse_structure(raw)
    except TooComplexError:
        raise _Untouchable(reasons.TOO_COMPLEX) from None
    bodies = find_bodies(root)
    code = refusal_of(root, has_html=bool(bodies))
    if code is None and any(_has_inline_pgp(raw, part) for part in find_texts(root)):
        code = reasons.PGP
    if code is None and not bodies:
        code = reasons.NO_HTML_PART
    if code is not None:
        raise _Untouchable(code)
    return root, [_read_letter(raw, body) for body in bodies]


def _has_inline_pgp(raw: bytes, part: Part) -> bool:
    body = raw[part.body_start : part.body_end]
    if part.encoding == "base64":
        content = decode_content(body, part.encoding)
        body = content.data if content is not None else body
    return any(body.startswith(armour) or b"\n" + armour in body for armour in _INLINE_PGP)


def _read_letter(raw: bytes, body: Body) -> _Letter:
    part = body.part
    content = decode_content(raw[part.body_start : part.body_end], part.encoding)
    if content is None:
        raise _Untouchable(reasons.TRANSFER_ENCODING)
    if len(content.data) > MAX_HTML_BYTES:
        raise _Untouchable(reasons.HTML_TOO_LARGE)
    if any(armour in content.data for armour in _INLINE_PGP):
        raise _Untouchable(reasons.PGP)
    skeleton = read_charset(content.data, part.parameters.get("charset"))
    if skeleton is None:
        raise _Untouchable(reasons.CHARSET)
    return _Letter(part, body.pixel, content, skeleton)


def _plan(letter: _Letter, tracking: Tracking, wish: Wish) -> Plan:
    skeleton = letter.skeleton
    source = Source(skeleton.text, skeleton.denote, len(skeleton.data), skeleton.start, can_append=skeleton.can_append)
    plan = plan_edits(source, tracking, wish)
    if plan.reason in (reasons.ALREADY_TRACKED, reasons.MARKED_OFF):
        raise _Untouchable(plan.reason)
    return plan


def _edit_part(raw: bytes, letter: _Letter, plan: Plan) -> list[ByteEdit]:
    """Return the edits of the message that carry out a plan for one of its parts."""
    if not plan.edits:
        return []
    part, skeleton = letter.part, letter.skeleton
    width = skeleton.width
    edits = [ByteEdit(edit.start * width, edit.end * width, skeleton.encode(edit.replacement)) for edit in plan.edits]
    body, recoded = letter.content.encode(edits, part.header.eol)
    if part.body_start == part.body_end and part.body_start == part.header.fields_end:
        body = _end_header(raw, part) + body
    changes = [ByteEdit(part.body_start, part.body_end, body)]
    return [_name_encoding(part), *changes] if recoded else changes


def _name_encoding(part: Part) -> ByteEdit:
    """Return the edit that makes the part's header say quoted-printable."""
    field, eol = part.encoding_field, part.header.eol
    if field is not None:
        return ByteEdit(field.value_start, field.end, b" quoted-printable" + eol)
    end = part.header.fields_end
    return ByteEdit(end, end, b"Content-Transfer-Encoding: quoted-printable" + eol)


def _end_header(raw: bytes, part: Part) -> bytes:
    """Return what ends the header of a part that has neither a body nor the blank line before one."""
    end = part.header.fields_end
    return part.header.eol * (1 if raw[end - 1 : end] == b"\n" else 2)

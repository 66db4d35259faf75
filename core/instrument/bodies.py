"""Which parts of a message are the letter that its reader sees, and which messages must not be changed at all."""

from __future__ import annotations

from dataclasses import dataclass

from core.instrument import reasons
from core.instrument.structure import Part

_PKCS7 = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_RIGHTS = "application/x-microsoft-rpmsg-message"


@dataclass(frozen=True, slots=True)
class Body:
    """An HTML part that is shown; `pixel` is false for the later ones of several shown one after another."""

    part: Part
    pixel: bool


def find_bodies(root: Part) -> list[Body]:
    """Return the HTML parts that are the letter: every alternative, the root of what is related, nothing attached."""
    return _collect(root, [], pixel=True)


def _collect(part: Part, before: list[Body], *, pixel: bool) -> list[Body]:
    if part.content_type == "text/html":
        attached = part.disposition == "attachment" or (bool(before) and part.filename is not None)
        return [] if attached else [Body(part, pixel)]
    found: list[Body] = []
    if part.content_type == "multipart/alternative":
        for child in part.children:
            found += _collect(child, before, pixel=pixel)
    elif part.content_type == "multipart/related":
        for child in _related_root(part):
            found += _collect(child, before, pixel=pixel)
    else:
        for child in part.children:
            found += _collect(child, before + found, pixel=pixel and not found)
    return found


def _related_root(part: Part) -> tuple[Part, ...]:
    start = part.parameters.get("start")
    for child in part.children:
        identifier = child.header.first("content-id")
        if start and identifier is not None and identifier.text.strip() == start.strip():
            return (child,)
    return part.children[:1]


def find_texts(root: Part) -> list[Part]:
    """Return the plain-text parts that are not attached."""
    return [part for part in root.walk() if part.content_type == "text/plain" and part.disposition != "attachment"]


def refusal_of(root: Part, *, has_html: bool) -> str | None:
    """Return the code why the message's structure forbids any change, None if it does not."""
    if root.header.first("dkim-signature") is not None:
        return reasons.DKIM_SIGNED
    if root.content_type == "multipart/report":
        return reasons.DELIVERY_REPORT
    for part in root.walk():
        code = _protection_of(part)
        if code is not None:
            return code
        if not has_html or part is root:
            code = _envelope_of(part)
            if code is not None:
                return code
    return None


def _protection_of(part: Part) -> str | None:
    if part.content_type == "multipart/signed":
        smime = "pkcs7" in part.parameters.get("protocol", "").lower()
        return reasons.SMIME_SIGNED if smime else reasons.PGP
    if part.content_type in ("multipart/encrypted", "application/pgp-encrypted"):
        return reasons.PGP
    return reasons.RIGHTS_PROTECTED if part.content_type == _RIGHTS else None


def _envelope_of(part: Part) -> str | None:
    """Recognise S/MIME that wraps the whole message; a .p7m among attachments of a readable letter is no reason."""
    opaque = (part.filename or "").lower().endswith(".p7m")
    if part.content_type not in _PKCS7 and not (opaque and part.content_type == "application/octet-stream"):
        return None
    signed = part.parameters.get("smime-type", "").lower() == "signed-data"
    return reasons.SMIME_SIGNED if signed else reasons.SMIME_ENCRYPTED

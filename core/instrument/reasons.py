"""Why a message was left unchanged: stable codes, each with a sentence for people."""

from __future__ import annotations

from typing import Final

ALREADY_TRACKED: Final = "already_tracked"
MARKED_OFF: Final = "marked_off"
NOTHING_TO_TRACK: Final = "nothing_to_track"
NO_HTML_PART: Final = "no_html_part"
SMIME_SIGNED: Final = "smime_signed"
SMIME_ENCRYPTED: Final = "smime_encrypted"
PGP: Final = "pgp"
RIGHTS_PROTECTED: Final = "rights_protected"
DKIM_SIGNED: Final = "dkim_signed"
DELIVERY_REPORT: Final = "delivery_report"
CHARSET: Final = "charset"
TRANSFER_ENCODING: Final = "transfer_encoding"
TOO_COMPLEX: Final = "too_complex"
HTML_TOO_LARGE: Final = "html_too_large"
NEVER_TRACKED: Final = "never_tracked"
TRACKING_OFF: Final = "tracking_off"

SENTENCES: Final[dict[str, str]] = {
    ALREADY_TRACKED: "This message is tracked already; tracking it again would add nothing.",
    MARKED_OFF: 'The message itself is marked data-mailerplex="off", so it is not tracked.',
    NOTHING_TO_TRACK: "There was no link to track, and no pixel was asked for.",
    NO_HTML_PART: "The message has no HTML body; plain text cannot carry a pixel or hidden link targets.",
    SMIME_SIGNED: "The message is signed with S/MIME; any change would break the signature.",
    SMIME_ENCRYPTED: "The message is encrypted with S/MIME; its body cannot be read here.",
    PGP: "The message is signed or encrypted with PGP; any change would break it.",
    RIGHTS_PROTECTED: "The message is protected by rights management; its body cannot be read here.",
    DKIM_SIGNED: "The message already carries a DKIM signature, which any change would break.",
    DELIVERY_REPORT: "This is a delivery report or read receipt, not a letter.",
    CHARSET: "The HTML is in a character set that browsers do not read as HTML.",
    TRANSFER_ENCODING: "The HTML body's transfer encoding is unknown or broken.",
    TOO_COMPLEX: "The message has too many or too deeply nested parts.",
    HTML_TOO_LARGE: "The HTML body is too large to be rewritten.",
    NEVER_TRACKED: "A recipient is on a list of those who are never tracked, see the settings.",
    TRACKING_OFF: "Neither opens nor links are to be tracked, by the sender's settings.",
}

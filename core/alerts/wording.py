"""What an alert says in words, the same for every channel that shows text: who did what, when, and why we think so."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.alerts.channels import OutgoingAlert
from core.signal.evidence import Kind, Verdict
from core.signal.reasons import explain

_NAME_CHARACTERS = 80
_SUBJECT_CHARACTERS = 120
_LINK_CHARACTERS = 200
_SURE = 0.75

# Control characters, bidirectional overrides and the like, lone surrogates, line and paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # part of words in several scripts, and of emoji

_VERDICTS = {
    Verdict.HUMAN: "A person",
    Verdict.HUMAN_VIA_PROXY: "A person, seen through their mail provider's proxy",
    Verdict.PREFETCH: "A machine that fetched it ahead of any reader",
    Verdict.SCANNER: "A scanner or another machine",
    Verdict.SELF: "You, the sender",
    Verdict.UNKNOWN: "Not known: a person or a machine",
}
_NOT_A_PERSON = {
    Verdict.PREFETCH: "a machine that fetched it ahead",
    Verdict.SCANNER: "a scanner",
    Verdict.SELF: "you",
    Verdict.UNKNOWN: "possibly a machine",
}
_DONE = {
    Kind.OPEN: "opened",
    Kind.CLICK: "clicked a link in",
    Kind.REPLY: "replied to",
    Kind.BOUNCE: "could not be reached by",
}
_NOUNS = {Kind.OPEN: "open", Kind.CLICK: "click", Kind.REPLY: "reply", Kind.BOUNCE: "bounce"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class Wording:
    """An alert in words. `summary` is one line; `facts` are (label, value)."""

    summary: str
    explanation: str
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]


def word_alert(alert: OutgoingAlert) -> Wording:
    """Put an alert into words. All text is one line each, without control characters, and of bounded length."""
    return Wording(
        summary=_summarise(alert),
        explanation=_explain(alert),
        facts=tuple((label, value) for label, value in _list_facts(alert) if value),
        reasons=tuple(clean_text(explain(code), 300) for code in alert.reasons),
    )


def clean_text(text: str, most: int) -> str:
    """Make text safe for one line anywhere: nothing that controls, separates lines or turns the writing direction."""
    kept = "".join(
        character if character in _JOINERS or unicodedata.category(character) not in _UNPRINTABLE else " "
        for character in text
    )
    line = " ".join(kept.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def name_recipient(alert: OutgoingAlert) -> str:
    """Name who it was, as far as it can be told."""
    if alert.recipient:
        return clean_text(alert.recipient, _NAME_CHARACTERS) or "A recipient"
    return f"Someone among {alert.recipient_count} recipients" if alert.recipient_count > 1 else "The recipient"


def _summarise(alert: OutgoingAlert) -> str:
    subject = f"“{_subject(alert)}”"
    if alert.is_correction:
        was = _NOT_A_PERSON.get(alert.verdict or Verdict.UNKNOWN, "not a person")
        return f"Correction: the {_NOUNS[alert.kind]} of {subject} was {was}"
    likely = "likely " if _is_unsure(alert) else ""
    times = f" {alert.repeats} times" if alert.repeats > 1 else ""
    return f"{name_recipient(alert)} {likely}{_DONE[alert.kind]} {subject}{times}"


def _explain(alert: OutgoingAlert) -> str:
    if not alert.is_correction:
        return f"{_summarise(alert)}."
    return (
        f"We told you that {_lower_first(name_recipient(alert))} {_DONE[alert.kind]} “{_subject(alert)}”."
        " What came later shows that it was otherwise, so please do not count on it."
    )


def _lower_first(words: str) -> str:
    return words[0].lower() + words[1:] if words.startswith(("Someone ", "The ", "A ")) else words


def _is_unsure(alert: OutgoingAlert) -> bool:
    if alert.verdict is None:
        return False
    return alert.verdict is Verdict.HUMAN_VIA_PROXY or (alert.confidence is not None and alert.confidence < _SURE)


def _subject(alert: OutgoingAlert) -> str:
    return clean_text(alert.subject, _SUBJECT_CHARACTERS) or "(no subject)"


def _list_facts(alert: OutgoingAlert) -> list[tuple[str, str]]:
    return [
        ("Message", _subject(alert)),
        ("Recipient", _describe_recipient(alert)),
        ("When", format_time(alert.at, alert.timezone)),
        ("Link", clean_text(alert.link or "", _LINK_CHARACTERS)),
        ("Seen with", clean_text(alert.client or "", _NAME_CHARACTERS)),
        ("Place", clean_text(alert.place or "", _NAME_CHARACTERS)),
        ("Who it was", _describe_verdict(alert)),
    ]


def _describe_recipient(alert: OutgoingAlert) -> str:
    name = name_recipient(alert)
    address = clean_text(alert.recipient_address or "", _SUBJECT_CHARACTERS)
    return f"{name} <{address}>" if address and address != name else name


def _describe_verdict(alert: OutgoingAlert) -> str:
    if alert.verdict is None:
        return ""
    sure = "" if alert.confidence is None else f" ({round(alert.confidence * 100)} % sure)"
    return _VERDICTS[alert.verdict] + sure


def format_time(at: datetime, timezone: str | None) -> str:
    """Write a time as its reader's clock shows it, in UTC where the zone is not known here."""
    try:
        zone, name = (ZoneInfo(timezone), timezone) if timezone else (UTC, "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone, name = UTC, "UTC"
    local = at.astimezone(zone)
    day = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {local:%H:%M} ({name})"

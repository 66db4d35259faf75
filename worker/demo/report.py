"""What the demonstration prints: the timeline and the alerts, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from typing import Any

from core.signal.evidence import Verdict
from core.signal.reasons import explain

_WORDS = {
    Verdict.HUMAN: "● a person",
    Verdict.HUMAN_VIA_PROXY: "● a person (by proxy)",
    Verdict.PREFETCH: "○ fetched ahead",
    Verdict.SCANNER: "○ a scanner",
    Verdict.SELF: "◌ yourself",
    Verdict.UNKNOWN: "? not known",
}


def describe_timeline(events: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Describe events, oldest first, a line each, with the first reason in plain words below."""
    for event in events:
        verdict = Verdict(event["verdict"])
        who = event["recipient"] or "one of several"
        client = event["client"]["name"] or ""
        what = "clicked" if event["kind"] == "click" else "opened"
        yield (
            f"  {event['at'][11:19]}  {who:<18} {what:<8} {_WORDS[verdict]:<22} {event['confidence']:>4.0%}  {client}"
        ).rstrip()
        if event["reasons"]:
            yield f"            {explain(event['reasons'][0])}"


def describe_alerts(mails: Sequence[EmailMessage]) -> Iterator[str]:
    """Describe the alert mails that came, by their subjects."""
    for mail in mails:
        yield f"  to {mail['To']}: {mail['Subject']}"

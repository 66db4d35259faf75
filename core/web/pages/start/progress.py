"""How the self-test went, step by step, in words; which step failed, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.reach import is_private
from core.selftest.runs import Run, Sighting
from core.selftest.senders import SMTP_WAY
from core.web.pages.words import VERDICTS

_WAYS = {"google": "Gmail", "microsoft": "Microsoft 365 or Outlook.com", SMTP_WAY: "the mail server of SMTP_URL"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the test. `state`: "done", "failed", "skipped", "running" or "waiting"."""

    title: str
    state: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TestView:
    """The test as the page shows it. `headline` says the outcome; `sightings` are what came beside our own fetch."""

    stages: tuple[Stage, ...]
    headline: str
    outcome: str
    message_id: str
    sightings: tuple[tuple[Sighting, str], ...]
    is_sent: bool


def describe_run(run: Run, now: datetime) -> TestView:
    """Put a run into words."""
    overdue = run.is_overdue(now)
    stages = (
        _describe_sending(run, overdue),
        _describe_fetch(run, overdue),
        _describe_hit(run),
        _describe_judging(run),
    )
    others = tuple((seen, VERDICTS[seen.verdict].text) for seen in run.other_sightings)
    outcome, headline = _conclude(run, stages)
    return TestView(stages, headline, outcome, run.message_id, others, run.sent_at is not None)


def _describe_sending(run: Run, overdue: bool) -> Stage:
    title = "Sent to yourself"
    if run.way is None:
        text = "Nothing is connected to send by: connect an account that allows sending, or set SMTP_URL."
        return Stage(title, "skipped", text)
    way = _WAYS.get(run.way, run.way)
    if run.sent_at is not None:
        return Stage(title, "done", f"{way} took it.".replace("the mail", "The mail", 1), run.sent_at)
    if run.send_problem is not None:
        return Stage(title, "failed", f"By {way}: {run.send_problem}")
    if overdue:
        return Stage(title, "failed", _overdue(run))
    return Stage(title, "running" if run.taken_at else "waiting", f"By {way}.")


def _describe_fetch(run: Run, overdue: bool) -> Stage:
    title = "Pixel fetched"
    if run.fetched_at is not None:
        local = is_private(run.tracking_url)
        text = f"Through {run.tracking_url}, " + (
            "which only this machine reaches." if local else "as any reader would."
        )
        return Stage(title, "done", text, run.fetched_at)
    if run.fetch_problem is not None:
        return Stage(title, "failed", run.fetch_problem)
    if overdue:
        return Stage(title, "failed", _overdue(run))
    return Stage(title, "running" if run.sent_at or run.send_problem else "waiting", f"Through {run.tracking_url}.")


def _overdue(run: Run) -> str:
    if run.taken_at is None:
        return "No worker took it up: see that a worker runs, and Redis. Then try again."
    return "The worker that took it up has gone silent. Try again."


def _describe_hit(run: Run) -> Stage:
    title = "Hit stored"
    seen = run.own_sighting
    if seen is not None:
        return Stage(title, "done", "It is on the test message's timeline.", seen.at)
    if run.fetched_at is None:
        return Stage(title, "waiting" if run.ended_at is None else "skipped", "This comes after the fetch.")
    return Stage(title, "running", "Usually within a second. If it stays away, see that shipper and worker run.")


def _describe_judging(run: Run) -> Stage:
    title = "Judged"
    seen = run.own_sighting
    if seen is None:
        state = "skipped" if run.ended_at is not None and run.fetched_at is None else "waiting"
        return Stage(title, state, "This comes with storing.")
    text = f"As “{VERDICTS[seen.verdict].text}”. That is right: this was MailerPlex itself, and no reader."
    return Stage(title, "done", text)


def _conclude(run: Run, stages: tuple[Stage, ...]) -> tuple[str, str]:
    """Return the outcome ("good", "partly", "bad", "running") and its sentence."""
    if any(stage.state == "failed" for stage in stages):
        return "bad", "A step failed. What is written there mends it."
    if any(stage.state in ("running", "waiting") for stage in stages):
        return "running", "The test is under way."
    if is_private(run.tracking_url):
        return "partly", "All works on this machine. Recipients elsewhere cannot reach it: there is no public URL."
    if run.way is None:
        return "partly", "Pixel, storing and judging work over the public URL. Nothing is connected to send by."
    return "good", "The whole way works: sent, opened, stored, judged."

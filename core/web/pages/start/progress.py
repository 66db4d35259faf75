"""How the self-test went, step by step, in words; which step failed, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.reach import is_private
from core.selftest.runs import Run, Sighting
from core.selftest.senders import SMTP_WAY
from core.web.pages.words import VERDICTS
from core.web.translation import gettext, mark

_WAYS = {"google": "Gmail", "microsoft": "Microsoft 365 or Outlook.com", SMTP_WAY: mark("the mail server of SMTP_URL")}


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


_STATES = (mark("done"), mark("failed"), mark("skipped"), mark("running"), mark("waiting"))


def describe_run(run: Run, now: datetime) -> TestView:
    """Put a run into words."""
    overdue = run.is_overdue(now)
    stages = (
        _describe_sending(run, overdue),
        _describe_fetch(run, overdue),
        _describe_hit(run),
        _describe_judging(run),
    )
    others = tuple((seen, gettext(VERDICTS[seen.verdict].text)) for seen in run.other_sightings)
    outcome, headline = _conclude(run, stages)
    return TestView(stages, headline, outcome, run.message_id, others, run.sent_at is not None)


def _describe_sending(run: Run, overdue: bool) -> Stage:
    title = gettext("Sent to yourself")
    if run.way is None:
        text = gettext("Nothing is connected to send by: connect an account that allows sending, or set SMTP_URL.")
        return Stage(title, "skipped", text)
    is_server, way = run.way == SMTP_WAY, gettext(_WAYS.get(run.way, run.way))
    if run.sent_at is not None:
        text = (
            gettext("The mail server of SMTP_URL took it.") if is_server else gettext("%(way)s took it.") % {"way": way}
        )
        return Stage(title, "done", text, run.sent_at)
    if run.send_problem is not None:
        return Stage(
            title, "failed", gettext("By %(way)s: %(problem)s") % {"way": way, "problem": gettext(run.send_problem)}
        )
    if overdue:
        return Stage(title, "failed", _overdue(run))
    return Stage(title, "running" if run.taken_at else "waiting", gettext("By %(way)s.") % {"way": way})


def _describe_fetch(run: Run, overdue: bool) -> Stage:
    title = gettext("Pixel fetched")
    if run.fetched_at is not None:
        sentence = (
            gettext("Through %(url)s, which only this machine reaches.")
            if is_private(run.tracking_url)
            else gettext("Through %(url)s, as any reader would.")
        )
        return Stage(title, "done", sentence % {"url": run.tracking_url}, run.fetched_at)
    if run.fetch_problem is not None:
        return Stage(title, "failed", gettext(run.fetch_problem))
    if overdue:
        return Stage(title, "failed", _overdue(run))
    text = gettext("Through %(url)s.") % {"url": run.tracking_url}
    return Stage(title, "running" if run.sent_at or run.send_problem else "waiting", text)


def _overdue(run: Run) -> str:
    if run.taken_at is None:
        return gettext("No worker took it up: see that a worker runs, and Redis. Then try again.")
    return gettext("The worker that took it up has gone silent. Try again.")


def _describe_hit(run: Run) -> Stage:
    title = gettext("Hit stored")
    seen = run.own_sighting
    if seen is not None:
        return Stage(title, "done", gettext("It is on the test message's timeline."), seen.at)
    if run.fetched_at is None:
        return Stage(title, "waiting" if run.ended_at is None else "skipped", gettext("This comes after the fetch."))
    return Stage(
        title, "running", gettext("Usually within a second. If it stays away, see that shipper and worker run.")
    )


def _describe_judging(run: Run) -> Stage:
    title = gettext("Judged")
    seen = run.own_sighting
    if seen is None:
        state = "skipped" if run.ended_at is not None and run.fetched_at is None else "waiting"
        return Stage(title, state, gettext("This comes with storing."))
    verdict = gettext(VERDICTS[seen.verdict].text)
    text = gettext("As “%(verdict)s”. That is right: this was MailerPlex itself, and no reader.") % {"verdict": verdict}
    return Stage(title, "done", text)


def _conclude(run: Run, stages: tuple[Stage, ...]) -> tuple[str, str]:
    """Return the outcome ("good", "partly", "bad", "running") and its sentence."""
    if any(stage.state == "failed" for stage in stages):
        return "bad", gettext("A step failed. What is written there mends it.")
    if any(stage.state in ("running", "waiting") for stage in stages):
        return "running", gettext("The test is under way.")
    if is_private(run.tracking_url):
        return "partly", gettext(
            "All works on this machine. Recipients elsewhere cannot reach it: there is no public URL."
        )
    if run.way is None:
        return "partly", gettext(
            "Pixel, storing and judging work over the public URL. Nothing is connected to send by."
        )
    return "good", gettext("The whole way works: sent, opened, stored, judged.")
